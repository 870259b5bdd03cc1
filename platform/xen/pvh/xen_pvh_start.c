// SPDX-License-Identifier: MIT
/*
 * Start-up of a PVH guest's vCPUs, in one of two ways: by Xen, which takes the registers that the vCPU
 * is to begin with, so that it is in long mode on the kernel's page tables at once; or by INIT and
 * start-up IPIs, as on a PC, through real mode. Steps `start-code` and `start`. Never a wait for one CPU
 * before the next is started.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start_page.h"
#include "device/local_apic.h"
#include "platform/pc/pc.h"
#include "platform/pc/pc_park.h"
#include "platform/xen/hypercall.h"
#include "platform/xen/pvh/xen_pvh.h"

#include <muster/muster.h>
#include <xen/hvm/hvm_vcpu.h>

_Static_assert(offsetof(struct vcpu_hvm_context, cpu_regs) == 8, "public/hvm/hvm_vcpu.h");
_Static_assert(offsetof(struct vcpu_hvm_x86_64, rsp) == 32, "public/hvm/hvm_vcpu.h");
_Static_assert(offsetof(struct vcpu_hvm_x86_64, rip) == 64, "public/hvm/hvm_vcpu.h");
_Static_assert(offsetof(struct vcpu_hvm_x86_64, cr0) == 80, "public/hvm/hvm_vcpu.h");
_Static_assert(sizeof(struct vcpu_hvm_x86_64) == 112, "public/hvm/hvm_vcpu.h");

#define RFLAGS_ALWAYS 0x2 /* the one bit that is always set: Intel SDM vol. 1, 3.4.3 */

static struct vcpu_hvm_context context;

/* All begin alike; which CPU it is, each finds out by itself. */
static void context_fill(void)
{
	struct vcpu_hvm_x86_64 *registers = &context.cpu_regs.x86_64;

	context = (struct vcpu_hvm_context){ .mode = VCPU_HVM_MODE_64B };
	registers->rip = (uintptr_t)xen_pvh_secondary;
	registers->rsp = (uintptr_t)xen_pvh_secondary_stack;
	registers->rflags = RFLAGS_ALWAYS;
	registers->cr0 = cr0_read();
	registers->cr3 = kernel_cr3;
	registers->cr4 = cr4_read();
	registers->efer = msr_read(MSR_EFER);
}

int xen_pvh_start_code_step(cpu_t cpu)
{
	int error;

	if (xen_pvh_start_by == XEN_PVH_START_BY_APIC)
		return pc_start_code_row(cpu);
	/* What secondary_entry reads is there with the page, which itself only IPIs need. */
	context_fill();
	error = start_page_create(cpu);
	return error ? error : parked_prepare();
}

void xen_pvh_start_code_undo(cpu_t cpu)
{
	if (xen_pvh_start_by == XEN_PVH_START_BY_APIC)
		pc_start_code_undo(cpu);
	else
		start_page_destroy(cpu);
}

static int refused(cpu_t cpu, const char *what, long answer)
{
	console_print("muster: CPU %u, vCPU %u: %s: %s\n", cpu.number, cpu_vcpu_id(cpu).value, what,
		      xen_error_name(answer));
	return xen_error(answer);
}

static int start_by_xen(cpu_t cpu)
{
	vcpu_id_t vcpu = cpu_vcpu_id(cpu);
	long answer = xen_vcpu_op(VCPUOP_initialise, vcpu, &context);

	/* It has been up before: Xen takes new registers only after a reset. */
	if (xen_error(answer) == MUSTER_E_EXISTS) {
		int error = local_apic_send_init(cpu_hwid(cpu));

		if (error)
			return error;
		answer = xen_vcpu_op(VCPUOP_initialise, vcpu, &context);
	}
	if (answer)
		return refused(cpu, "VCPUOP_initialise", answer);
	answer = xen_vcpu_op(VCPUOP_up, vcpu, NULL);
	return answer ? refused(cpu, "VCPUOP_up", answer) : 0;
}

int xen_pvh_start_step(cpu_t cpu)
{
	int parked;

	if (xen_pvh_start_by == XEN_PVH_START_BY_APIC)
		return pc_start_row(cpu);
	parked = parked_start(cpu);
	if (parked)
		return parked < 0 ? parked : 0;
	return cpu.number == STEP_ALL_CPUS ? MUSTER_E_NOT_SUPPORTED : start_by_xen(cpu);
}

void xen_pvh_start_undo(cpu_t cpu)
{
	if (xen_pvh_start_by == XEN_PVH_START_BY_APIC)
		pc_start_undo(cpu);
}

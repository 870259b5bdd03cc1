// SPDX-License-Identifier: MIT
/*
 * The vCPUs of a PV guest: which there are, what each begins with, and starting them. Called by the
 * steps `cpu-ids`, `initialise` and `start` on the boot CPU. Xen's vCPU ids are dense, and a PV guest has
 * no other name for a CPU: vCPU id = hardware id = CPU number, which is looked at and not assumed.
 */
#include "platform/xen/pv/pv.h"

#include "core/cpu_table.h"
#include "core/string.h"
#include "platform/xen/pv/pv_page_table.h"

#include <muster/muster.h>

_Static_assert(sizeof(struct vcpu_guest_context) == 5168, "public/arch-x86/xen.h");

/* More vCPUs than any guest may have: Xen's headers name no number, its largest limit is 8,192. */
#define VCPUS_MAX 8192u

static bool exists(uint32_t id)
{
	return xen_vcpu_op(VCPUOP_is_up, vcpu_id_from_value(id), NULL) >= 0;
}

static struct cpu_description describe(uint32_t id)
{
	return (struct cpu_description){
		.hwid = hwid_from_value(id),
		.fwid = fwid_from_value(FWID_UNKNOWN_VALUE),
		.vcpu_id = vcpu_id_from_value(id),
		.node = NODE_ANY,
		.present = true,
	};
}

int pv_cpu_ids_step(cpu_t cpu)
{
	uint32_t count = 1; /* who runs this */
	uint64_t physical;
	size_t bytes;
	int error;

	(void)cpu;
	while (count < VCPUS_MAX && exists(count))
		count++;
	bytes = cpu_table_bytes(count);
	physical = mem_alloc(bytes, 0, .owner = "cpu table");
	if (!physical)
		return MUSTER_E_NO_MEMORY;
	error = cpu_table_begin(machine_get()->direct(physical), count);
	if (error)
		return error;
	for (uint32_t id = 0; id < count; id++) {
		struct cpu_description description = describe(id);

		(void)cpu_table_add(&description);
	}
	return cpu_table_end();
}

/* What every vCPU begins with: our page tables and traps. The context begins as zeros. */
static void context_fill(struct vcpu_guest_context *context)
{
	context->flags = VGCF_in_kernel;
	context->user_regs.rip = (uintptr_t)xen_pv_secondary_entry;
	context->user_regs.cs = FLAT_KERNEL_CS;
	context->user_regs.ss = FLAT_KERNEL_SS;
	context->kernel_ss = FLAT_KERNEL_SS;
	context->ctrlreg[3] = xen_pfn_to_cr3(pv_root_machine() / MEMORY_PAGE_SIZE);
	pv_traps_into(context);
}

/* And what is its own: base, record, GDT. Upcalls are masked in its vcpu_info. The stack is taken when the record
 * has been claimed. */
static void context_fill_for(struct vcpu_guest_context *context, cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);

	context->user_regs.rsp = record->stack;
	context->user_regs.rbx = (uintptr_t)record;
	context->kernel_sp = record->stack;
	context->gs_base_kernel = record->unit;
	pv_gdt_into(context, cpu);
}

int pv_initialise_step(cpu_t cpu)
{
	/* Too large for a stack, and for filling it again for each; only one CPU prepares. Xen copies it. */
	static struct vcpu_guest_context context;
	long answer;

	if (!context.user_regs.rip)
		context_fill(&context);
	context_fill_for(&context, cpu);
	answer = xen_vcpu_op(VCPUOP_initialise, cpu_vcpu_id(cpu), &context);
	if (answer < 0)
		console_print("muster: CPU %u: VCPUOP_initialise: Xen refuses vCPU %u: %s\n",
			      cpu.number, cpu_vcpu_id(cpu).value, xen_error_name(answer));
	return xen_error(answer);
}

int pv_up_step(cpu_t cpu)
{
	long answer;

	if (cpu.number == STEP_ALL_CPUS)
		return MUSTER_E_NOT_SUPPORTED;
	answer = xen_vcpu_op(VCPUOP_up, cpu_vcpu_id(cpu), NULL);
	if (answer < 0)
		console_print("muster: CPU %u: VCPUOP_up: Xen refuses vCPU %u: %s\n", cpu.number,
			      cpu_vcpu_id(cpu).value, xen_error_name(answer));
	return xen_error(answer);
}

/* A CPU that has said that it is stopped is on its way into VCPUOP_down, and may not be there yet: one
 * that is brought up before would stay down. */
void pv_up_undo(cpu_t cpu)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());

	if (cpu_state(cpu) != CPU_HELD)
		return;
	while (xen_vcpu_op(VCPUOP_is_up, cpu_vcpu_id(cpu), NULL) == 1)
		if (clock_limit_over(&limit)) {
			console_print("muster: CPU %u: it says that it has stopped, and Xen says "
				      "that vCPU %u is up\n",
				      cpu.number, cpu_vcpu_id(cpu).value);
			return;
		}
}

/*
 * struct machine's reset. Down, wherever it is, and from there VCPUOP_up takes it: on its way in again, or
 * to look at its record once more. It may take a moment: VCPUOP_down of another is not waited for.
 */
int pv_reset(cpu_t cpu)
{
	return xen_error(xen_vcpu_op(VCPUOP_down, cpu_vcpu_id(cpu), NULL));
}

int pv_send_nmi(cpu_t cpu)
{
	return xen_error(xen_vcpu_op(VCPUOP_send_nmi, cpu_vcpu_id(cpu), NULL));
}

/* For a panic: the others take an NMI, see that one is under way, and go down. What Xen refuses does not
 * run, or cannot be stopped. */
void pv_stop_others(void)
{
	const cpu_t here = cpu_this();

	for_each_cpu (cpu)
		if (!cpu_equal(cpu, here) && cpu_vcpu_id_known(cpu))
			(void)xen_vcpu_op(VCPUOP_send_nmi, cpu_vcpu_id(cpu), NULL);
}

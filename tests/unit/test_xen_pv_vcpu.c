// SPDX-License-Identifier: MIT
/*
 * The vCPUs of a PV guest against a Xen of our own: which are found, what each begins with, that calls name
 * the vCPU id and never the CPU number, refusals, and the wait for one that goes down.
 */
#include "core/clock_store.h"
#include "core/cpu_table.h"
#include "core/unit.h"
#include "host_machine.h"
#include "platform/xen/pv/pv.h"

#include <muster/error.h>
#include <stdarg.h>
#include <string.h>
#include <xen/errno.h>

#include <cmocka.h>

#define CPUS	3u
#define VCPUS	8u
#define CR3	UINT64_C(0x123456000)
#define NUMBERS 16

/* What of the platform is elsewhere. */
struct pv_boot pv_boot;
static char trap_address[1], gdt_of;
void xen_pv_secondary_entry(void)
{
}
uint64_t pv_root_machine(void)
{
	return CR3;
}
void pv_traps_into(struct vcpu_guest_context *context)
{
	context->event_callback_eip = (uintptr_t)trap_address;
}
void pv_gdt_into(struct vcpu_guest_context *context, cpu_t cpu)
{
	gdt_of = (char)cpu.number;
	context->gdt_ents = 3 + cpu.number;
}

static struct {
	uint32_t exist;		 /* vCPUs 0 ... exist - 1 */
	long refuse[NUMBERS];	 /* by VCPUOP */
	uint32_t asked[NUMBERS]; /* the last vCPU that each was for, plus one */
	uint32_t up_for;	 /* times that VCPUOP_is_up says so */
	uint32_t nmis;		 /* bit n: CPU n had one */
	struct vcpu_guest_context context;
} xen;

long xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	(void)d;
	(void)e;
	assert_int_equal(number, __HYPERVISOR_vcpu_op);
	assert_in_range(a, 0, NUMBERS - 1);
	xen.asked[a] = (uint32_t)b + 1;
	if (a == VCPUOP_send_nmi)
		xen.nmis |= 1u << (b - 100);
	if (xen.refuse[a])
		return xen.refuse[a];
	if (b >= xen.exist)
		return -XEN_ENOENT;
	if (a == VCPUOP_initialise)
		memcpy(&xen.context, (void *)c, sizeof(xen.context));
	if (a == VCPUOP_is_up && xen.up_for) {
		xen.up_for--;
		return 1;
	}
	return 0;
}

static int begin(void **state)
{
	(void)state;
	host_machine_begin();
	memset(&xen, 0, sizeof(xen));
	xen.exist = 200;
	return 0;
}

static int begin_with_cpus(void **state)
{
	begin(state);
	host_begin(CPUS);
	assert_int_equal(unit_move_boot(), 0);
	for (uint32_t i = 1; i < CPUS; i++) {
		cpu_record(cpu_from_number(i))->stack = 0x1000 * i;
		assert_int_equal(unit_create(cpu_from_number(i)), 0);
	}
	return 0;
}

static void test_ids(void **state)
{
	(void)state;
	host_memory_begin();
	xen.exist = VCPUS;
	assert_int_equal(pv_cpu_ids_step(cpu_from_number(0)), 0);
	assert_int_equal(cpu_possible_count(), VCPUS);
	assert_int_equal(cpu_present_count(), VCPUS);
	for (uint32_t i = 0; i < VCPUS; i++) {
		cpu_t cpu = cpu_from_number(i);

		assert_int_equal(cpu_vcpu_id(cpu).value, i);
		assert_int_equal(cpu_hwid(cpu).value, i);
		assert_int_equal(cpu_fwid(cpu).value, FWID_UNKNOWN_VALUE);
		assert_int_equal(cpu_by_vcpu_id(vcpu_id_from_value(i)).number, i);
	}
}

/* A Xen that cannot be asked: the one that runs is there. */
static void test_ids_not_told(void **state)
{
	(void)state;
	host_memory_begin();
	xen.refuse[VCPUOP_is_up] = -XEN_ENOSYS;
	assert_int_equal(pv_cpu_ids_step(cpu_from_number(0)), 0);
	assert_int_equal(cpu_possible_count(), 1);
}

/* A Xen that says yes to anything. */
static void test_ids_without_end(void **state)
{
	(void)state;
	host_memory_begin();
	xen.exist = UINT32_MAX;
	assert_int_equal(pv_cpu_ids_step(cpu_from_number(0)), 0);
	assert_int_equal(cpu_possible_count(), 8192);
}

static void test_context(void **state)
{
	cpu_t cpu = cpu_from_number(2);

	(void)state;
	assert_int_equal(pv_initialise_step(cpu), 0);
	assert_int_equal(xen.asked[VCPUOP_initialise], 102 + 1);
	assert_int_equal(xen.context.gs_base_kernel, percpu_unit(cpu));
	assert_int_equal(xen.context.user_regs.rbx, (uintptr_t)cpu_record(cpu));
	assert_int_equal(xen.context.user_regs.rsp, 0x2000);
	assert_int_equal(xen.context.kernel_sp, 0x2000);
	assert_int_equal(xen.context.user_regs.rip, (uintptr_t)xen_pv_secondary_entry);
	assert_int_equal(xen.context.ctrlreg[3], CR3);
	assert_true(xen.context.flags & VGCF_in_kernel);
	assert_int_equal(xen.context.event_callback_eip, (uintptr_t)trap_address);
	assert_int_equal(gdt_of, 2);
	/* The next one has nothing of it. */
	assert_int_equal(pv_initialise_step(cpu_from_number(1)), 0);
	assert_int_equal(xen.context.gs_base_kernel, percpu_unit(cpu_from_number(1)));
	assert_int_equal(gdt_of, 1);
	assert_int_equal(xen.context.gdt_ents, 3 + 1);
	assert_int_equal(xen.context.user_regs.rbx, (uintptr_t)cpu_record(cpu_from_number(1)));
}

static void test_refused(void **state)
{
	(void)state;
	xen.refuse[VCPUOP_initialise] = -XEN_EEXIST;
	assert_int_equal(pv_initialise_step(cpu_from_number(1)), MUSTER_E_EXISTS);
	assert_true(host_log_has("CPU 1: VCPUOP_initialise: Xen refuses vCPU 101: EEXIST"));
	xen.refuse[VCPUOP_up] = -XEN_ENOSYS;
	assert_int_equal(pv_up_step(cpu_from_number(2)), MUSTER_E_NOT_SUPPORTED);
	assert_true(host_log_has("CPU 2: VCPUOP_up: Xen refuses vCPU 102: ENOSYS"));
	xen.refuse[VCPUOP_down] = -1234;
	assert_int_equal(pv_reset(cpu_from_number(2)), MUSTER_E_INVALID);
}

static void test_start(void **state)
{
	(void)state;
	assert_int_equal(pv_up_step(cpu_from_number(STEP_ALL_CPUS)), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(xen.asked[VCPUOP_up], 0);
	assert_int_equal(pv_up_step(cpu_from_number(1)), 0);
	assert_int_equal(xen.asked[VCPUOP_up], 101 + 1);
	assert_int_equal(pv_reset(cpu_from_number(1)), 0);
	assert_int_equal(xen.asked[VCPUOP_down], 101 + 1);
}

/* It has said that it is stopped, and Xen has yet to see it; or never does. */
static void test_wait_until_down(void **state)
{
	cpu_t cpu = cpu_from_number(1);

	(void)state;
	cpu_state_set(cpu, CPU_HELD);
	xen.up_for = 100;
	pv_up_undo(cpu);
	assert_int_equal(xen.up_for, 0);
	assert_false(host_log_has("Xen says"));
	*clock_cpu_limit_store() = 10;
	xen.up_for = UINT32_MAX;
	pv_up_undo(cpu);
	assert_true(host_log_has("CPU 1: it says that it has stopped, and Xen says that vCPU 101"));
	*clock_cpu_limit_store() = 5000;
	/* One that never came is not waited for. */
	cpu_state_set(cpu, CPU_FAILED);
	xen.up_for = 5;
	pv_up_undo(cpu);
	assert_int_equal(xen.up_for, 5);
}

/* Everybody else, each by its vCPU id. */
static void test_stop_others(void **state)
{
	(void)state;
	pv_stop_others();
	assert_int_equal(xen.nmis, 1u << 1 | 1u << 2);
}

static void test_errors(void **state)
{
	(void)state;
	assert_int_equal(xen_error(0), 0);
	assert_int_equal(xen_error(17), 0);
	assert_int_equal(xen_error(-XEN_ENOSYS), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(xen_error(-XEN_ENOMEM), MUSTER_E_NO_MEMORY);
	assert_int_equal(xen_error(-99999), MUSTER_E_INVALID);
	assert_string_equal(xen_error_name(-XEN_EBUSY), "EBUSY");
	assert_string_equal(xen_error_name(-99999), "an error without a name");
	assert_string_equal(xen_error_name(3), "success");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ids, begin),
		cmocka_unit_test_setup(test_ids_not_told, begin),
		cmocka_unit_test_setup(test_ids_without_end, begin),
		cmocka_unit_test_setup(test_context, begin_with_cpus),
		cmocka_unit_test_setup(test_refused, begin_with_cpus),
		cmocka_unit_test_setup(test_start, begin_with_cpus),
		cmocka_unit_test_setup(test_wait_until_down, begin_with_cpus),
		cmocka_unit_test_setup(test_stop_others, begin_with_cpus),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * H4: a vCPU id was stored by the CPU itself when it started, but what the boot CPU set up for it
 * earlier used that id: it read 0, and so every CPU's event-channel control block was vCPU 0's
 * (2016). Here an id that nobody has told is no number: using it in a PREPARE row dies naming the
 * CPU and the step, and never reaches the hypervisor; known ids are known before the first PREPARE
 * row.
 */
#include "tests/unit/mock_guest.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS 4

static uint32_t told[CPUS];
static unsigned int hypercalls;

/* What the kernel did: register something for a CPU that does not run yet, under its vCPU id. */
static int control_block_run(cpu_t cpu)
{
	told[cpu.number] = cpu_vcpu_id(cpu).value;
	hypercalls++;
	return 0;
}

static void control_block_undo(cpu_t cpu)
{
	(void)cpu;
}

static int begin(void **state)
{
	struct bringup_step *stack;

	(void)state;
	guest_begin(CPUS);
	stack = guest_step("stack");
	memmove(stack + 1, stack,
		sizeof(*stack) * (guest.table.count++ - (size_t)(stack - guest.steps)));
	*stack = (struct bringup_step){
		"control-block",   CAP(CPU_IDS) | CAP(UNIT), 0, WHERE_PREPARE, UNDO_STEP,
		control_block_run, control_block_undo
	};
	memset(told, 0xff, sizeof(told));
	hypercalls = 0;
	return 0;
}

/* Which one is it; and CPU 1 was served before. */
static void unknown_id_is_a_panic(void **state)
{
	const char *message;

	(void)state;
	cpu_record(cpu_from_number(2))->vcpu_id = vcpu_id_from_value(VCPU_ID_UNKNOWN_VALUE);
	message = host_panic_of(guest_bring_up());
	assert_non_null(message);
	assert_string_equal(message, "vCPU id of CPU 2 is unknown and was asked for in step "
				     "control-block");
	assert_int_equal(hypercalls, 1);
	assert_int_equal(told[1], 101);
	assert_int_equal(told[2], UINT32_MAX);
	assert_int_equal(cpu_online_count(), 1);
}

/* On the CPU itself it is the same. */
static int use_own_id(cpu_t cpu)
{
	const char *message = host_panic_of((void)cpu_vcpu_id(cpu));

	if (message)
		guest_trace(cpu, "", message);
	return message ? MUSTER_E_NOT_FOUND : 0;
}

static void unknown_id_of_a_running_cpu(void **state)
{
	(void)state;
	guest_step("control-block")->run = stack_run;
	guest_step("areas")->run = use_own_id;
	guest_step("areas")->needs |= CAP(CPU_IDS);
	cpu_record(cpu_from_number(3))->vcpu_id = vcpu_id_from_value(VCPU_ID_UNKNOWN_VALUE);
	assert_int_equal(guest_bring_up(), 1);
	assert_non_null(strstr(guest.trace[3], "vCPU id of CPU 3 is unknown and was asked for in "
					       "step areas"));
	assert_int_equal(cpu_state(cpu_from_number(3)), CPU_FAILED);
}

/* An unknown id is found by nobody, and 0 is somebody's id like any other. */
static void unknown_is_not_zero(void **state)
{
	(void)state;
	cpu_record(cpu_from_number(2))->vcpu_id = vcpu_id_from_value(VCPU_ID_UNKNOWN_VALUE);
	cpu_record(cpu_from_number(3))->vcpu_id = vcpu_id_from_value(0);
	assert_false(cpu_vcpu_id_known(cpu_from_number(2)));
	assert_true(cpu_is_none(cpu_by_vcpu_id(vcpu_id_from_value(VCPU_ID_UNKNOWN_VALUE))));
	assert_true(cpu_vcpu_id_known(cpu_from_number(3)));
	assert_int_equal(cpu_vcpu_id(cpu_from_number(3)).value, 0);
	assert_int_equal(cpu_by_vcpu_id(vcpu_id_from_value(0)).number, 3);
}

static void known_before_the_first_prepare(void **state)
{
	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	for (uint32_t i = 1; i < CPUS; i++)
		assert_int_equal(told[i], 100 + i);
}

/* The order is proved: a row that uses ids before they are all known is refused. */
static void order_is_proved(void **state)
{
	char message[160];

	(void)state;
	guest_step("memory-map")->needs |= CAP(CPU_IDS);
	assert_int_equal(bringup_check(&guest.table, BRINGUP_GIVEN, message, sizeof(message)),
			 BRINGUP_NEED_LATER);
	assert_string_equal(message, "platform mock: step memory-map: needs what only a later step "
				     "gives: cpu-ids");
	/* And one that does not declare it is found out when it runs. */
	begin(state);
	guest_step("control-block")->needs = 0;
	assert_string_equal(host_panic_of(guest_bring_up()),
			    "step control-block: uses cpu-ids, which it does not declare");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unknown_id_is_a_panic), TEST(unknown_id_of_a_running_cpu),
		TEST(unknown_is_not_zero),   TEST(known_before_the_first_prepare),
		TEST(order_is_proved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * The boot CPU's wait for CPUs that have been started: with a limit, with one more start-up for those
 * that show no sign of life when half of it is over, and with a name for each that is given up on.
 * Called by the runner after START, the first time and at every cpu_up().
 *
 * A CPU is at the boot CPU's disposal only while its record is not claimed: nothing here may reset one
 * that has arrived.
 */
#include "core/machine.h"
#include "core/runner.h"

#include <muster/arch/cpu.h>
#include <muster/clock.h>
#include <muster/console.h>
#include <muster/error.h>
#include <muster/mark.h>

/* An image may leave the records out: core/image_choice.h. */
#pragma weak progress_record_waiting

/* How often the wait for CPUs says whom it waits for, and looks for one that failed by itself. It
 * does not look more often, because looking takes the records' cache lines from the CPUs at work. */
#define WAITING_MILLISECONDS 250
#define LOOKING_MILLISECONDS 1

/* How long a CPU may take to be where a reset puts it: MP specification 1.4, B.4, waits so long behind
 * INIT, and nobody else's reset is slower. */
#define RESET_MILLISECONDS 10

static bool anybody_on_the_way(void)
{
	for_each_other_record (record) {
		enum cpu_state state = record_state(record);

		if (state == CPU_STARTING || state == CPU_ARRIVED)
			return true;
	}
	return false;
}

bool bringup_give_up(cpu_t cpu, enum cpu_state early, enum cpu_state late)
{
	enum cpu_state state;

	do {
		state = cpu_state(cpu);
		if (state != early && state != late)
			return false;
	} while (!cpu_state_claim(cpu, state, CPU_FAILED));
	cpu_record(cpu)->given_up = state == CPU_STARTING ? GIVEN_UP_STARTING : GIVEN_UP_AT_WORK;
	__atomic_store_n(&cpu_record(cpu)->error, MUSTER_E_TIMED_OUT, __ATOMIC_RELAXED);
	return true;
}

/* The limit is over for this CPU, unless it comes online in this very moment. */
static void give_up_on(cpu_t cpu)
{
	bool arrived = cpu_state(cpu) == CPU_ARRIVED;

	if (!bringup_give_up(cpu, CPU_STARTING, CPU_ARRIVED))
		return;
	console_print(
		"muster: CPU %u (hardware id %#llx): %s within %u ms; last finished step: %s%s%s\n",
		cpu.number, (unsigned long long)cpu_hwid(cpu).value,
		arrived ? "not online" : "did not arrive", clock_cpu_limit(),
		bringup_step_finished(cpu), arrived ? ", began: " : "",
		arrived ? bringup_step_now(cpu) : "");
	console_print("@muster 1 failed cpu=%u step=%s error=timed-out\n", cpu.number,
		      bringup_step_now(cpu));
}

/* Put one CPU that may never have heard of its start-up back to where only another one reaches it. */
static bool reset(struct cpu_record *record)
{
	/* From here on it cannot claim its record: if it comes now, it stops, and forgets that. */
	if (!cpu_state_claim(record_cpu(record), CPU_STARTING, CPU_PREPARED))
		return false;
	if (!machine_get()->reset(record_cpu(record)))
		return true;
	/* Not sent. It may be late; if it came in this moment it is lost, and will be named. */
	cpu_state_set(record_cpu(record), CPU_STARTING);
	return false;
}

void bringup_reset_wait(void)
{
	struct clock_limit limit = clock_limit_begin(RESET_MILLISECONDS);

	MARK_WAIT_BEGIN();
	while (!clock_limit_over(&limit))
		cpu_relax();
	MARK_WAIT_END();
}

static int start_again(cpu_t cpu)
{
	int error = 0;

	console_print(
		"muster: CPU %u (hardware id %#llx): no sign of life within %u ms: start-up is sent once more\n",
		cpu.number, (unsigned long long)cpu_hwid(cpu).value, clock_cpu_limit() / 2);
	cpu_state_set(cpu, CPU_STARTING);
	if (injection_lost(cpu))
		return 0;
	for (size_t row = phase_begin(WHERE_START); !error && row < phase_end(WHERE_START); row++)
		error = step_call(row, cpu);
	return error;
}

/*
 * A start-up can get lost. Those that have not arrived are all reset, and then, one by one, started
 * again; never with a broadcast, which would reach the others too.
 */
static void start_lost_again(void)
{
	bool any = false;

	if (!machine_get()->reset)
		return;
	for_each_other_record (record) {
		record->reset = reset(record);
		any |= record->reset;
	}
	if (any)
		bringup_reset_wait();
	for_each_other_record (record) {
		if (!record->reset)
			continue;
		record->reset = false;
		/* What the row says about it has been printed; the limit says the rest. */
		(void)start_again(record_cpu(record));
	}
}

static bool is_finishing(const struct cpu_record *record)
{
	/* Nearly all are through: that is looked at first. */
	return !progress_is_complete(record) && record_state(record) == CPU_ONLINE;
}

void bringup_wait(uint32_t wanted_online)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
	struct clock_limit half = clock_limit_begin(clock_cpu_limit() / 2);
	struct clock_limit quiet = clock_limit_begin(WAITING_MILLISECONDS);
	struct clock_limit look = clock_limit_begin(LOOKING_MILLISECONDS);
	bool again = false;

	progress_boot_waits();
	MARK_WAIT_BEGIN();
	while (cpu_online_count() < wanted_online) {
		if (clock_limit_over(&look)) {
			/* One that failed by its own account is not waited for. */
			if (!anybody_on_the_way())
				break;
			look = clock_limit_begin(LOOKING_MILLISECONDS);
		}
		if (!again && clock_limit_over(&half)) {
			start_lost_again();
			again = true;
		}
		if (clock_limit_over(&limit)) {
			for_each_other_record (record)
				give_up_on(record_cpu(record));
			break;
		}
		if (clock_limit_over(&quiet)) {
			if (progress_record_waiting)
				progress_record_waiting();
			quiet = clock_limit_begin(WAITING_MILLISECONDS);
		}
		if (machine_get()->wait_a_moment)
			machine_get()->wait_a_moment();
		else
			cpu_relax();
	}
	MARK_WAIT_END();
	/* Online is what a CPU says in the middle of its last step: let it write down the end. */
	for_each_other_record (record) {
		if (!is_finishing(record))
			continue;
		MARK_WAIT_BEGIN();
		while (is_finishing(record) && !clock_limit_over(&limit))
			cpu_relax();
		MARK_WAIT_END();
	}
}

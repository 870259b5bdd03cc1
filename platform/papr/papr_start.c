// SPDX-License-Identifier: MIT
/*
 * Starting and stopping CPUs on PAPR: RTAS start-cpu for each, one right after the other, and never a wait
 * for one before the next is started. Steps `start-code` and `start`, on the boot CPU.
 */
#include "arch/ppc64/start.h"
#include "arch/ppc64/trap.h"
#include "core/cpu_table.h"
#include "core/runner.h"
#include "platform/options.h"
#include "platform/papr/papr.h"
#include "platform/papr/papr_park.h"
#include "platform/papr/rtas.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

/* An image may leave these out: core/image_choice.h. */
#pragma weak parked_prepare
#pragma weak parked_start
#pragma weak parked_waits

/* query-cpu-stopped-state: LoPAPR 7.3.8.3. */
#define STATE_STOPPED 0

/* How long a CPU that has said that it stops may take to do so. */
#define STOPPING_MILLISECONDS 100

/* What a CPU that stops calls RTAS with: stop-self, which takes nothing and does not return. All use the
 * same, because nothing in it is written. */
static uint32_t stop_self_arguments[16] __attribute__((aligned(64)));

static bool is_stopped(uint32_t server, uint32_t *state)
{
	return !rtas_call(papr_firmware.rtas.query_cpu_stopped_state, &server, 1, state, 2) &&
	       *state == STATE_STOPPED;
}

/* One that has just been taken down has said so before it stopped. */
int papr_wait_stopped(cpu_t cpu)
{
	uint32_t server = (uint32_t)cpu_hwid(cpu).value;
	struct clock_limit limit = clock_limit_begin(STOPPING_MILLISECONDS);
	uint32_t state = 0;

	while (!is_stopped(server, &state)) {
		cpu_relax();
		if (clock_limit_over(&limit)) {
			console_print(
				"muster: rtas: query-cpu-stopped-state of %#x: %u after %u ms, "
				"not stopped\n",
				server, state, STOPPING_MILLISECONDS);
			return MUSTER_E_BUSY;
		}
	}
	return 0;
}

/* One whose start-up got lost is where only a start-up reaches it. One that was started and did not come is
 * not to be had back: RTAS has no call for that. */
static int reset(cpu_t cpu)
{
	uint32_t server = (uint32_t)cpu_hwid(cpu).value, state;

	/* It is told to come by the page. */
	if (parked_waits && parked_waits(cpu))
		return 0;
	/* One that has left has said so before it stopped. */
	if (cpu_state(cpu) == CPU_HELD)
		return papr_wait_stopped(cpu) ? MUSTER_E_NOT_SUPPORTED : 0;
	return is_stopped(server, &state) ? 0 : MUSTER_E_NOT_SUPPORTED;
}

int papr_start_code_step(cpu_t cpu)
{
	const struct device_tree_rtas *rtas = &papr_firmware.rtas;

	(void)cpu;
	ppc64_machine.reset = reset;
	if (rtas->stop_self == DEVICE_TREE_NO_TOKEN)
		return parked_prepare ? parked_prepare() : 0;
	stop_self_arguments[0] = __builtin_bswap32(rtas->stop_self);
	stop_self_arguments[2] = __builtin_bswap32(1); /* one result, the status */
	stopped_arguments = physical_of(stop_self_arguments);
	stopped_base = rtas->base;
	stopped_entry = rtas->entry;
	return parked_prepare ? parked_prepare() : 0;
}

void papr_start_code_undo(cpu_t cpu)
{
	(void)cpu;
	stopped_entry = 0;
}

static int32_t start_cpu(cpu_t cpu)
{
	const uint32_t in[] = { (uint32_t)cpu_hwid(cpu).value,
				(uint32_t)physical_of((const void *)secondary_entry), cpu.number };

	return rtas_call(papr_firmware.rtas.start_cpu, in, 3, NULL, 1);
}

static int start_one(cpu_t cpu)
{
	int32_t status = start_cpu(cpu);
	int error = 0;

	if (!status)
		return 0;
	error = papr_wait_stopped(cpu);
	if (!error)
		status = start_cpu(cpu);
	if (!status)
		return 0;
	console_print("muster: rtas: start-cpu of %#lx: status %d\n", cpu_hwid(cpu).value, status);
	return error ? error : MUSTER_E_INVALID;
}

/* All are prepared: those that fail are named, and show in the wait. */
static int start_all(void)
{
	for_each_other_record (record)
		if (record_state(record) == CPU_STARTING)
			(void)start_one(record_cpu(record));
	return 0;
}

int papr_start_step(cpu_t cpu)
{
	int parked = parked_start ? parked_start(cpu) : 0;

	if (parked)
		return parked < 0 ? parked : 0;
	return cpu.number == STEP_ALL_CPUS ? start_all() : start_one(cpu);
}

/* A CPU says that it stops before it calls stop-self. Where it has not yet when this ends, a line says so, and
 * what starts it again waits once more. */
void papr_start_undo(cpu_t cpu)
{
	if (stopped_entry && cpu_state(cpu) == CPU_HELD)
		(void)papr_wait_stopped(cpu);
}

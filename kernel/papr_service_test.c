// SPDX-License-Identifier: MIT
/*
 * Rules of the run-time services (LoPAPR, Run-Time Abstraction Services) that start and ask after CPUs, and of some that every
 * machine has. Called by test_papr.c, on the boot CPU. start-cpu is never asked about a CPU that idles: QEMU takes
 * one in H_CEDE for stopped, and would start it a second time.
 */
#include "kernel/papr_test.h"

#define PARAMETER	  (-3)
#define HARDWARE	  (-1)

#define STATE_STOPPED	  0u
#define STATE_NOT_STOPPED 2u

#define SENSOR_ENTITY	  9003u /* is a connector's entity there? */
#define INDICATOR_ISOLATE 9001u
#define CONNECTOR_NONE	  0x1badbad1u
#define PARAMETER_NONE	  0xbadbadu

/* A status that a service is not offered by the tree is a skipped test. */
static bool offered(struct papr_test *test, const char *name, int32_t status)
{
	if (status != PAPR_NO_SERVICE)
		return true;
	papr_skip(test, name, "the device tree does not name it");
	return false;
}

static void test_start_cpu(struct papr_test *test)
{
	static const uint32_t none[] = { SERVER_NONE, 0x7fffffff, UINT32_MAX };
	const uint32_t own[] = { (uint32_t)server_of(test->here), 0x100, 0 };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		const uint32_t arguments[] = { none[i], 0x100, 0 };
		int32_t status = papr_service("start-cpu", arguments, 3, NULL, 0);

		if (!offered(test, "start-cpu", status))
			return;
		papr_rule(test, "start-cpu: no such processor", status, PARAMETER,
			  "start-cpu, CPU %#x, which is none", none[i]);
	}
	papr_rule(test, "start-cpu: one that runs cannot be started",
		  papr_service("start-cpu", own, 3, NULL, 0), ANY_ERROR, "start-cpu, own");
	papr_rule(test, "RTAS arguments: number of arguments",
		  papr_service("start-cpu", own, 2, NULL, 0), PARAMETER,
		  "start-cpu, 2 arguments of 3");
	papr_rule(test, "RTAS arguments: number of arguments",
		  papr_service("start-cpu", own, 0, NULL, 0), PARAMETER, "start-cpu, no arguments");
}

static int32_t stopped_state(uint64_t server, uint32_t *state)
{
	const uint32_t argument = (uint32_t)server;

	*state = UINT32_MAX;
	return papr_service("query-cpu-stopped-state", &argument, 1, state, 1);
}

static void test_query(struct papr_test *test)
{
	uint32_t state;
	int32_t status = stopped_state(server_of(test->here), &state);

	if (!offered(test, "query-cpu-stopped-state", status))
		return;
	papr_rule(test, "query-cpu-stopped-state", status, 0, "query-cpu-stopped-state, own");
	papr_rule(test, "query-cpu-stopped-state: 2, not stopped", state, STATE_NOT_STOPPED,
		  "query-cpu-stopped-state, own: state");
	papr_rule(test, "query-cpu-stopped-state: no such processor",
		  stopped_state(SERVER_NONE, &state), PARAMETER,
		  "query-cpu-stopped-state, CPU %#llx, which is none",
		  (unsigned long long)SERVER_NONE);
	papr_rule(test, "RTAS arguments: number of results",
		  papr_service("query-cpu-stopped-state", (const uint32_t[]){ 0 }, 1, NULL, 0),
		  PARAMETER, "query-cpu-stopped-state, no room for the state");
	if (has_another(test)) {
		papr_rule(test, "query-cpu-stopped-state",
			  stopped_state(server_of(test->other), &state), 0,
			  "query-cpu-stopped-state, another that idles");
		papr_rule_deviates(test, DEVIATION_CEDED_IS_STOPPED,
				   "query-cpu-stopped-state: 2, not stopped", state,
				   STATE_NOT_STOPPED,
				   "query-cpu-stopped-state, another that idles: state");
	}
	if (cpu_is_none(test->spare)) {
		papr_skip(test, "query-cpu-stopped-state, one that never ran",
			  "every CPU was started; fail=unit@CPU leaves one");
		return;
	}
	papr_rule(test, "query-cpu-stopped-state", stopped_state(server_of(test->spare), &state), 0,
		  "query-cpu-stopped-state, one that never ran");
	papr_rule(test, "query-cpu-stopped-state: 0, stopped", state, STATE_STOPPED,
		  "query-cpu-stopped-state, one that never ran: state");
}

/* Year, month, day, hour, minute, second, nanoseconds. */
static void test_time(struct papr_test *test)
{
	uint32_t now[7] = { 0 };
	int32_t status = papr_service("get-time-of-day", NULL, 0, now, 7);

	if (!offered(test, "get-time-of-day", status))
		return;
	papr_rule(test, "get-time-of-day", status, 0, "get-time-of-day");
	papr_holds(test, "get-time-of-day: ranges",
		   now[0] > 1970 && now[1] >= 1 && now[1] <= 12 && now[2] >= 1 && now[2] <= 31 &&
			   now[3] <= 23 && now[4] <= 59 && now[5] <= 59,
		   "get-time-of-day: %u-%u-%u %u:%u:%u", now[0], now[1], now[2], now[3], now[4],
		   now[5]);
	papr_rule_deviates(test, DEVIATION_NANOSECONDS, "get-time-of-day: of the second",
			   now[6] < 1000000000, 1, "get-time-of-day, nanoseconds below 10^9");
}

static void test_others(struct papr_test *test)
{
	const uint32_t sensor[] = { SENSOR_ENTITY, CONNECTOR_NONE };
	const uint32_t indicator[] = { INDICATOR_ISOLATE, CONNECTOR_NONE, 0 };
	const uint32_t parameter[] = { PARAMETER_NONE, 0, 0 };
	int32_t status;
	uint32_t state;

	status = papr_service("get-sensor-state", sensor, 2, &state, 1);
	if (offered(test, "get-sensor-state", status))
		papr_rule(test, "get-sensor-state: no such connector", status, ANY_ERROR,
			  "get-sensor-state, connector %#x, which is none", CONNECTOR_NONE);
	status = papr_service("set-indicator", indicator, 3, NULL, 0);
	if (offered(test, "set-indicator", status))
		papr_rule(test, "set-indicator: no such connector", status, ANY_ERROR,
			  "set-indicator, connector %#x, which is none", CONNECTOR_NONE);
	status = papr_service("ibm,get-system-parameter", parameter, 3, NULL, 0);
	if (offered(test, "ibm,get-system-parameter", status))
		papr_rule(test, "ibm,get-system-parameter: no such parameter", status, ANY_ERROR,
			  "ibm,get-system-parameter, %#x, which is none", PARAMETER_NONE);
	papr_rule(test, "source: the tree names none",
		  papr_service("muster,no-such-service", NULL, 0, NULL, 0), PAPR_NO_SERVICE,
		  "a service that the tree does not name: our own answer");
}

void papr_test_services(struct papr_test *test)
{
	test_start_cpu(test);
	test_query(test);
	test_time(test);
	test_others(test);
}

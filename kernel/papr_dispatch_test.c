// SPDX-License-Identifier: MIT
/*
 * Rules of giving the processor away (LoPAPR H_REGISTER_VPA: H_CEDE, H_PROD, H_CONFER), and of what the VPA and the
 * dispatch trace log tell of it. Called by test_papr.c, on the boot CPU. No wait is without end: another CPU
 * prods this one after a while, and where there is none the call is left out.
 */
#include "kernel/papr_test.h"

#include <muster/arch/cpu.h>

/* Milliseconds. */
#define SOON	    5u
#define LATE	    100u
#define PATIENCE    1000u
#define MILLISECOND UINT64_C(1000000) /* in nanoseconds */

#define CONFER_ALL  UINT64_MAX

static struct {
	uint64_t server;
	uint32_t after; /* milliseconds */
	bool begun;	/* it has prodded */
	bool back;	/* and need not any more */
} prodding;

/* More than once: a prod of a CPU that has not ceded yet may be forgotten. */
static void prod_later(void *unused)
{
	struct clock_limit limit;

	(void)unused;
	papr_wait(prodding.after);
	limit = clock_limit_begin(PATIENCE);
	while (!__atomic_load_n(&prodding.back, __ATOMIC_ACQUIRE) && !clock_limit_over(&limit)) {
		__atomic_store_n(&prodding.begun, true, __ATOMIC_RELEASE);
		(void)papr_hypercall(H_PROD, prodding.server, 0, 0, 0, NULL);
		papr_wait(1);
	}
}

/* Interrupts are on when it comes back; here they are off as before. */
static long cede(void)
{
	uint64_t state = interrupts_save_off();
	long status = papr_hypercall(H_CEDE, 0, 0, 0, 0, NULL);

	interrupts_off();
	interrupts_restore(state);
	return status;
}

/*
 * Away until the other CPU prods, in so many milliseconds. A cede that comes back sooner, as it may for any
 * interrupt, is done again, unless it is meant to: once. away: nanoseconds.
 */
static long cede_until_prodded(struct papr_test *test, uint32_t milliseconds, bool once,
			       uint64_t *away)
{
	static struct cpu_call_request request;
	struct clock_limit limit;
	uint64_t before;
	long status;

	prodding.server = server_of(test->here);
	prodding.after = milliseconds;
	prodding.begun = prodding.back = false;
	before = clock_ticks();
	if (cpu_call_async(test->other, &request, prod_later, NULL))
		return ANY_ERROR;
	do
		status = cede();
	while (!status && !once && !__atomic_load_n(&prodding.begun, __ATOMIC_ACQUIRE));
	*away = clock_nanoseconds(clock_ticks() - before);
	__atomic_store_n(&prodding.back, true, __ATOMIC_RELEASE);
	limit = clock_limit_begin(PATIENCE);
	while (!cpu_call_done(&request) && !clock_limit_over(&limit))
		cpu_relax();
	return status;
}

/* The book remembers a prod until the next cede. */
static void test_prod_before_cede(struct papr_test *test)
{
	uint64_t away = UINT64_MAX;
	long status;

	papr_rule(test, "H_PROD", papr_hypercall(H_PROD, server_of(test->here), 0, 0, 0, NULL),
		  H_SUCCESS, "H_PROD, own");
	status = cede_until_prodded(test, LATE, true, &away);
	papr_rule(test, "H_CEDE", status, H_SUCCESS, "H_CEDE, prodded before");
	papr_rule_deviates(test, DEVIATION_PROD_IS_LOST, "H_PROD: it comes back at once",
			   away < LATE * MILLISECOND / 2, 1,
			   "H_CEDE, prodded before: back at once");
}

static void test_prod(struct papr_test *test)
{
	static const uint64_t none[] = { SERVER_NONE, 0x7fffffff, UINT32_MAX, UINT64_MAX };
	const uint64_t here = server_of(test->here);

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		papr_rule(test, "H_PROD: no such processor",
			  papr_hypercall(H_PROD, none[i], 0, 0, 0, NULL), H_PARAMETER,
			  "H_PROD, CPU %#llx, which is none", (unsigned long long)none[i]);
	papr_rule_deviates(test, DEVIATION_SERVER_CUT, "H_PROD: no such processor",
			   papr_hypercall(H_PROD, UINT64_C(1) << 32 | here, 0, 0, 0, NULL),
			   H_PARAMETER, "H_PROD, own number and bit 32");
	if (!has_another(test)) {
		papr_skip(test, "H_PROD, another CPU", "there is one CPU");
		return;
	}
	papr_rule(test, "H_PROD", papr_hypercall(H_PROD, server_of(test->other), 0, 0, 0, NULL),
		  H_SUCCESS, "H_PROD, another that is online");
	test_prod_before_cede(test);
}

static void test_dispatches(struct papr_test *test)
{
	const volatile struct papr_vpa *vpa = area_ptr(test->here, PAPR_AREA_VPA);
	uint64_t entries = __builtin_bswap64(vpa->log_index);
	struct papr_dispatches before = papr_dispatches(test->here), after;
	uint64_t away = 0;
	long status;

	papr_holds(test, "VPA: even while it runs", !(before.count % 2), "VPA's dispatch count: %u",
		   before.count);
	if (!has_another(test)) {
		papr_skip(test, "H_CEDE", "there is one CPU: nobody would prod it");
		return;
	}
	status = cede_until_prodded(test, SOON, false, &away);
	papr_rule(test, "H_CEDE", status, H_SUCCESS, "H_CEDE until another CPU prods");
	after = papr_dispatches(test->here);
	papr_holds(test, "H_CEDE: until prodded or interrupted", away >= SOON * MILLISECOND / 2,
		   "H_CEDE: away until it was prodded, after %u ms", SOON);
	papr_holds(test, "VPA: counts dispatches and preemptions",
		   after.count != before.count && !(after.count % 2),
		   "VPA's dispatch count after H_CEDE: %u, before: %u", after.count, before.count);
	papr_rule_deviates(test, DEVIATION_LOG_NOT_WRITTEN,
			   "DTL: an entry for each dispatch after a cede",
			   __builtin_bswap64(vpa->log_index) != entries, 1,
			   "dispatch trace log after H_CEDE: entries");
}

/* The other CPU idles, in H_CEDE: its count is odd there. */
static void test_count_of_idle(struct papr_test *test)
{
	uint32_t odd = 0;

	for (uint32_t tries = 0; !odd && tries < 100; tries++) {
		papr_wait(1);
		odd = papr_dispatches(test->other).count % 2;
	}
	papr_holds(test, "VPA: odd while it does not run", odd,
		   "VPA's dispatch count of a CPU in H_CEDE: odd");
}

static void test_confer(struct papr_test *test)
{
	static const uint64_t none[] = { SERVER_NONE, 0x7fffffff };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		papr_rule(test, "H_CONFER: no such processor",
			  papr_hypercall(H_CONFER, none[i], 1, 0, 0, NULL), H_PARAMETER,
			  "H_CONFER, CPU %#llx, which is none", (unsigned long long)none[i]);
	papr_rule_deviates(test, DEVIATION_CONFER_NO_STATUS, "H_CONFER: to all",
			   papr_hypercall(H_CONFER, CONFER_ALL, 0, 0, 0, NULL), H_SUCCESS,
			   "H_CONFER, all");
	if (!has_another(test)) {
		papr_skip(test, "H_CONFER, another CPU", "there is one CPU");
		return;
	}
	papr_rule(test, "H_CONFER: an even count is of one that runs",
		  papr_hypercall(H_CONFER, server_of(test->other), 0, 0, 0, NULL), H_SUCCESS,
		  "H_CONFER, another, an even dispatch count");
	papr_rule(test, "H_CONFER: not if it was dispatched since",
		  papr_hypercall(H_CONFER, server_of(test->other), 0x7fffffff, 0, 0, NULL),
		  H_SUCCESS, "H_CONFER, another, a dispatch count that is not its own");
}

void papr_test_dispatch(struct papr_test *test)
{
	if (!papr_has_areas()) {
		papr_skip(test, "H_CEDE, H_PROD, H_CONFER", "CPUs have no areas");
		return;
	}
	test_prod(test);
	test_dispatches(test);
	if (has_another(test))
		test_count_of_idle(test);
	test_confer(test);
}

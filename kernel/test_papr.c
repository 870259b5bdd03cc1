// SPDX-License-Identifier: MIT
/*
 * test=papr: does the hypervisor above us keep the rules of LoPAPR? The files papr_*_test.c send the calls;
 * this one writes a line for each rule, knows where QEMU is known to differ, and lists that at the end. Everything is
 * put back, so that it can be run twice, and before other tests.
 */
#include "kernel/papr_test.h"

#define LINE_SIZE 160

static const struct known {
	const char *what;
	const char *book;
	const char *why;
	int64_t answer;
} known[PAPR_DEVIATIONS] = {
	[DEVIATION_ADDRESS_0] = { .what = "H_REGISTER_VPA of an area at address 0",
				  .book = "H_REGISTER_VPA: H_Parameter",
				  .why = "0 stands for none in QEMU",
				  .answer = H_HARDWARE },
	[DEVIATION_SHADOW_ALIGNMENT] = { .what = "an SLB shadow that is not on a cache line",
					 .book = "SLB Shadow Buffer: cache line aligned",
					 .why = "QEMU does not look; KVM does",
					 .answer = H_SUCCESS },
	[DEVIATION_LOG_ALIGNMENT] = { .what = "a dispatch trace log that is not on a cache line",
				      .book = "Dispatch Trace Log Buffer: cache line aligned",
				      .why = "QEMU does not look; KVM does",
				      .answer = H_SUCCESS },
	[DEVIATION_LOG_NOT_WRITTEN] = { .what = "entries in the dispatch trace log",
					.book = "Dispatch Trace Log Buffer: one for each dispatch that the mask asks for",
					.why = "QEMU keeps the address, and writes nothing there",
					.answer = 0 },
	[DEVIATION_SERVER_CUT] = { .what = "H_PROD of a server number with a bit above 32",
				   .book = "H_PROD: H_Parameter",
				   .why = "QEMU takes the lower 32 bits",
				   .answer = H_SUCCESS },
	[DEVIATION_CEDED_IS_STOPPED] = { .what = "query-cpu-stopped-state of a CPU in H_CEDE",
					 .book = "query-cpu-stopped-state: 2, not stopped",
					 .why = "QEMU has one flag for both",
					 .answer = 0 },
	[DEVIATION_CONFER_NO_STATUS] = { .what = "the status of an H_CONFER that gives the processor away",
					 .book = "H_CONFER: H_Success",
					 .why = "QEMU leaves without one: r3 keeps the token",
					 .answer = H_CONFER },
	[DEVIATION_PROD_IS_LOST] = { .what = "H_CEDE of a CPU that was prodded while it ran",
				     .book = "H_PROD: the next H_CEDE comes back at once",
				     .why = "QEMU forgets it when the vCPU is next dispatched, and makes that so",
				     .answer = 0 },
	[DEVIATION_NANOSECONDS] = { .what = "nanoseconds of get-time-of-day, below 10^9",
				    .book = "get-time-of-day: nanoseconds of the second",
				    .why = "QEMU gives the lower 32 bits of all nanoseconds",
				    .answer = 0 },
};

/* Run-time services have statuses of their own: numbers. */
static const char *answer_text(const struct papr_test *test, char *buffer, size_t size,
			       int64_t answer)
{
	static const struct {
		int64_t status;
		const char *name;
	} names[] = {
		{ ANY_ERROR, "an error" },
		{ ANY_FLAG_ERROR, "H_UNSUPPORTED_FLAG" },
		{ H_HARDWARE, "H_HARDWARE" },
		{ H_FUNCTION, "H_FUNCTION" },
		{ H_PARAMETER, "H_PARAMETER" },
		{ H_RESOURCE, "H_RESOURCE" },
		{ H_P2, "H_P2" },
		{ H_P3, "H_P3" },
		{ H_P4, "H_P4" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == answer && (answer < INT32_MIN || !test->services))
			return names[i].name;
	format_text(buffer, size, "%lld", (long long)answer);
	return buffer;
}

static bool is_expected(int64_t answer, int64_t expected)
{
	if (expected == ANY_ERROR)
		return answer < 0;
	if (expected == ANY_FLAG_ERROR)
		return answer <= H_UNSUPPORTED_FLAG && answer >= -511;
	return answer == expected;
}

bool papr_rule(struct papr_test *test, const char *rule, int64_t answer, int64_t expected,
	       const char *sent, ...)
{
	char text[LINE_SIZE], got[24], wanted[24];
	bool kept = is_expected(answer, expected);
	va_list arguments;

	va_start(arguments, sent);
	format_text_v(text, sizeof(text), sent, arguments);
	va_end(arguments);
	if (kept)
		ktap_result(test->ktap, true, "papr: %s: %s (%s)", text,
			    answer_text(test, got, sizeof(got), answer), rule);
	else
		ktap_result(test->ktap, false, "papr: %s: %s, expected %s (%s)", text,
			    answer_text(test, got, sizeof(got), answer),
			    answer_text(test, wanted, sizeof(wanted), expected), rule);
	return kept;
}

bool papr_holds(struct papr_test *test, const char *rule, bool holds, const char *what, ...)
{
	char text[LINE_SIZE];
	va_list arguments;

	va_start(arguments, what);
	format_text_v(text, sizeof(text), what, arguments);
	va_end(arguments);
	return ktap_result(test->ktap, holds, "papr: %s (%s)", text, rule);
}

void papr_skip(struct papr_test *test, const char *what, const char *why)
{
	char text[LINE_SIZE];

	format_text(text, sizeof(text), "papr: %s", what);
	ktap_skip(test->ktap, text, why);
}

bool papr_rule_deviates(struct papr_test *test, enum papr_deviation deviation, const char *rule,
			int64_t answer, int64_t expected, const char *sent)
{
	char got[24], wanted[24];

	if (is_expected(answer, expected) || !test->qemu || answer != known[deviation].answer)
		return papr_rule(test, rule, answer, expected, "%s", sent);
	test->known |= 1u << deviation;
	return ktap_result(test->ktap, true, "papr: %s: %s, expected %s # XFAIL known deviation",
			   sent, answer_text(test, got, sizeof(got), answer),
			   answer_text(test, wanted, sizeof(wanted), expected));
}

static void list_known(const struct papr_test *test)
{
	char got[24];

	for (uint32_t i = 0; i < PAPR_DEVIATIONS; i++) {
		if (!(test->known & 1u << i))
			continue;
		ktap_note(test->ktap, "known deviation: %s: %s", known[i].what,
			  answer_text(test, got, sizeof(got), known[i].answer));
		ktap_note(test->ktap, "  LoPAPR %s; %s", known[i].book, known[i].why);
	}
}

void papr_wait(uint32_t milliseconds)
{
	struct clock_limit limit = clock_limit_begin(milliseconds);

	while (!clock_limit_over(&limit))
		;
}

static void begin(struct papr_test *test)
{
	test->qemu = papr_is_qemu();
	test->here = cpu_this();
	test->other = test_last_cpu();
	test->spare.number = CPU_NONE_NUMBER;
	for_each_cpu (cpu)
		if (!cpu_is_online(cpu) && cpu_state(cpu) != CPU_POSSIBLE && !percpu_unit(cpu))
			test->spare = cpu;
	ktap_note(test->ktap, "papr: %s, areas: %s",
		  test->qemu ? "QEMU's machine" : "not QEMU's machine",
		  papr_has_areas() ? "yes" : "none");
}

void test_papr(struct ktap *ktap)
{
	struct papr_test test = { .ktap = ktap };

	if (!papr_guest()) {
		ktap_result(ktap, false, "papr: this is not a PAPR guest: platform %s, on %s",
			    muster_platform(), muster_hypervisor());
		return;
	}
	begin(&test);
	papr_test_areas(&test);
	papr_test_dispatch(&test);
	papr_test_calls(&test);
	test.services = true;
	papr_test_services(&test);
	papr_test_resets(&test);
	test.services = false;
	list_known(&test);
}

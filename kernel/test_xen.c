// SPDX-License-Identifier: MIT
/*
 * test=xen: does the Xen above us keep the rules of its public headers? The files xen_*_test.c send the
 * calls; this one writes a line for each rule, knows where Xen is known to differ from its headers, and
 * lists that at the end. Nothing that is bound stays, so that it can be run twice, and before other tests.
 */
#include "kernel/xen_test.h"

#define LINE_SIZE 160

/* Seen on 4.17; up to 4.22 Xen's code is the same there. For a later one the header is the rule. */
#define KNOWN_UNTIL XEN_VERSION(4, 22)

static const struct known {
	const char *what;
	const char *header;
	const char *why;
	long answer;
	bool pv, hvm;	      /* kinds of guest that see it */
	bool hardware_domain; /* and no other domain */
} known[DEVIATIONS] = {
	[DEVIATION_NO_MEMORY_MAP] = { .what = "XENMEM_memory_map in a PV hardware domain",
				      .header =
					      "memory.h: the map that the domain was started with",
				      .why = "there is none, and no error is named for that",
				      .answer = -(long)XEN_ENOSYS,
				      .pv = true,
				      .hardware_domain = true },
	[DEVIATION_SINGLESHOT_OF_OTHER] = { .what = "VCPUOP_set/stop_singleshot_timer of another vCPU",
					    .header =
						    "vcpu.h: \"a VCPU's\" timer, by the vCPU's id",
					    .why = "Xen takes the caller's own id only",
					    .answer = -(long)XEN_EINVAL,
					    .pv = true,
					    .hvm = true },
	[DEVIATION_EXCHANGE_BY_HVM] = { .what = "XENMEM_exchange by a guest that is not PV",
					.header = "memory.h: \"only PV guests can use this\"",
					.why = "Xen does not look",
					.answer = 0,
					.hvm = true },
	[DEVIATION_NO_TSC_FREQUENCY] = { .what = "CPUID leaf 3, ECX, of a PV hardware domain",
					 .header = "cpuid.h: guest tsc frequency in kHz",
					 .why = "Xen does not set it for that domain",
					 .answer = 0,
					 .pv = true,
					 .hardware_domain = true },
};

static bool is_known(const struct xen_test *test, enum xen_deviation deviation, long answer)
{
	const struct known *row = &known[deviation];

	return answer == row->answer && test->version <= KNOWN_UNTIL &&
	       (test->pv ? row->pv : row->hvm) && (test->privileged || !row->hardware_domain);
}

static const char *answer_text(char *buffer, size_t size, int64_t answer)
{
	if (answer == ANY_ERROR)
		return "an error";
	if (answer == ANY_SUCCESS)
		return "success";
	if (answer < 0 && answer > -4096)
		return xen_error_name((long)answer);
	format_text(buffer, size, "%lld", (long long)answer);
	return buffer;
}

static bool is_expected(long answer, int64_t expected)
{
	if (expected == ANY_ERROR)
		return answer < 0;
	if (expected == ANY_SUCCESS)
		return answer >= 0;
	return answer == expected;
}

bool xen_rule(struct xen_test *test, const char *rule, long answer, int64_t expected,
	      const char *sent, ...)
{
	char text[LINE_SIZE], got[24], wanted[24];
	bool kept = is_expected(answer, expected);
	va_list arguments;

	va_start(arguments, sent);
	format_text_v(text, sizeof(text), sent, arguments);
	va_end(arguments);
	if (kept)
		ktap_result(test->ktap, true, "xen: %s: %s (%s)", text,
			    answer_text(got, sizeof(got), answer), rule);
	else
		ktap_result(test->ktap, false, "xen: %s: %s, expected %s (%s)", text,
			    answer_text(got, sizeof(got), answer),
			    answer_text(wanted, sizeof(wanted), expected), rule);
	return kept;
}

bool xen_holds(struct xen_test *test, const char *rule, bool holds, const char *what, ...)
{
	char text[LINE_SIZE];
	va_list arguments;

	va_start(arguments, what);
	format_text_v(text, sizeof(text), what, arguments);
	va_end(arguments);
	return ktap_result(test->ktap, holds, "xen: %s (%s)", text, rule);
}

void xen_skip(struct xen_test *test, const char *what, const char *why)
{
	char text[LINE_SIZE];

	format_text(text, sizeof(text), "xen: %s", what);
	ktap_skip(test->ktap, text, why);
}

bool xen_rule_deviates(struct xen_test *test, enum xen_deviation deviation, const char *rule,
		       long answer, int64_t expected, const char *sent)
{
	char got[24], wanted[24];

	if (is_expected(answer, expected) || !is_known(test, deviation, answer))
		return xen_rule(test, rule, answer, expected, "%s", sent);
	test->known |= 1u << deviation;
	return ktap_result(test->ktap, true, "xen: %s: %s, expected %s # XFAIL known deviation",
			   sent, answer_text(got, sizeof(got), answer),
			   answer_text(wanted, sizeof(wanted), expected));
}

static void list_known(const struct xen_test *test)
{
	char got[24];

	for (uint32_t i = 0; i < DEVIATIONS; i++) {
		if (!(test->known & 1u << i))
			continue;
		ktap_note(test->ktap, "known deviation: %s: %s", known[i].what,
			  answer_text(got, sizeof(got), known[i].answer));
		ktap_note(test->ktap, "  %s; %s", known[i].header, known[i].why);
	}
}

static bool is_spare(cpu_t cpu)
{
	return !cpu_is_online(cpu) && cpu_vcpu_id_known(cpu) && !percpu_unit(cpu) &&
	       !vcpu_op(VCPUOP_is_up, vcpu_of(cpu), NULL);
}

static void begin(struct xen_test *test)
{
	struct xen_feature_info features = { .submap_idx = 0 };

	test->version = (uint32_t)version_op(XENVER_version, NULL);
	if (!version_op(XENVER_get_features, &features))
		test->privileged = features.submap & 1u << XENFEAT_dom0;
	test->here = cpu_this();
	test->other = test_last_cpu();
	test->spare.number = CPU_NONE_NUMBER;
	for_each_cpu (cpu)
		if (is_spare(cpu))
			test->spare = cpu;
	ktap_note(test->ktap, "xen %u.%u, a %s guest%s, event channels: %s", test->version >> 16,
		  test->version & 0xffff, test->pv ? "PV" : "HVM",
		  test->privileged ? ", the hardware domain" : "",
		  xen_events_are_fifo() ? "FIFO" : "2-level");
}

void test_xen(struct ktap *ktap)
{
	struct xen_test test = { .ktap = ktap, .pv = xen_guest_kind() == XEN_GUEST_PV };

	if (xen_guest_kind() == XEN_GUEST_NONE) {
		ktap_result(ktap, false, "xen: this is not a guest of Xen: platform %s, on %s",
			    muster_platform(), muster_hypervisor());
		return;
	}
	begin(&test);
	xen_test_version(&test);
	xen_test_cpuid(&test);
	xen_test_vcpu(&test);
	xen_test_areas(&test);
	xen_test_ports(&test);
	xen_test_fifo(&test);
	xen_test_delivery(&test);
	xen_test_timers(&test);
	xen_test_sched(&test);
	xen_test_memory(&test);
	xen_test_kind(&test);
	list_known(&test);
}

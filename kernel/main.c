// SPDX-License-Identifier: MIT
/*
 * The muster kernel: brings every CPU up, runs its self-tests, sends its report, and ends. It is a
 * client of the library like any other: nothing here includes more than include/muster.
 *
 * Command line: test=all (default), test=none, test=failures and test=calls (the slow ones too), and test=hotplug,
 * test=hotplug-again, test=nmi, which need a host that does what it is asked; test=xen: Xen's rules
 * only; test=xen-again: these, the others, and these once more; test=papr, test=papr-again: LoPAPR's; test=vmi: what
 * the VMI ROM was asked, too.
 */
#include "kernel/handover.h"
#include "kernel/tests.h"

/* Only where there is a Xen: the build leaves it out of other architectures. */
#pragma weak test_xen
/* The same of a PAPR hypervisor. */
#pragma weak test_papr
/* Only where a kernel can be left for another: the same. */
#pragma weak handover_words
#pragma weak handover_say
#pragma weak handover_is_next
#pragma weak handover_go
#pragma weak test_handover

#define STATUS_CPUS_MISSING 1
#define STATUS_NO_BRING_UP  2
#define STATUS_TESTS_FAILED 3
#define STATUS_NO_HANDOVER  4

enum test_choice {
	TEST_ALL,
	TEST_NONE,
	TEST_FAILURES,
	TEST_PANIC,
	TEST_OVERFLOW,
	TEST_HOTPLUG,
	TEST_HOTPLUG_AGAIN,
	TEST_NMI,
	TEST_XEN,
	TEST_XEN_AGAIN,
	TEST_CALLS,
	TEST_PAPR,
	TEST_PAPR_AGAIN,
	TEST_VMI
};

static uint64_t test_choice;
static uint64_t free_now; /* when bring-up was over; page tables counted as free */

/* A call chain with names that a reader of the backtrace recognises. */
__attribute__((noinline)) static void panic_inner(void)
{
	/* Itself volatile, or a compiler that sees through it warns. */
	volatile uint32_t *volatile wild = (volatile uint32_t *)0x10;

	*wild = 0;
	__asm__ volatile("");
}

static void panic_on_this_cpu(void *unused)
{
	(void)unused;
	panic_inner();
	__asm__ volatile("");
}

/* Runs over its stack; the guard page below it must end that. */
__attribute__((noinline)) static uint64_t overflow(uint64_t depth)
{
	volatile uint64_t block[32];

	block[depth % 32] = depth;
	if (!~depth)
		return 0;
	return overflow(depth + 1) + block[depth % 32];
}

static void overflow_on_this_cpu(void *unused)
{
	(void)unused;
	(void)overflow(0);
}

static void run_test_xen(struct ktap *ktap)
{
	if (test_xen)
		test_xen(ktap);
	else
		ktap_result(ktap, false, "xen: this image has no such test");
}

static void run_test_papr(struct ktap *ktap)
{
	if (test_papr)
		test_papr(ktap);
	else
		ktap_result(ktap, false, "papr: this image has no such test");
}

static void run_tests(struct ktap *ktap)
{
	bool hotplug = test_choice == TEST_HOTPLUG || test_choice == TEST_HOTPLUG_AGAIN;

	ktap_begin(ktap, 0);
	if (test_handover)
		test_handover(ktap, free_now);
	if (hotplug)
		test_hotplug_come(ktap, test_choice == TEST_HOTPLUG);
	if (test_choice == TEST_NMI)
		test_nmi(ktap);
	if (test_choice == TEST_XEN_AGAIN)
		run_test_xen(ktap);
	if (test_choice == TEST_PAPR_AGAIN)
		run_test_papr(ktap);
	test_ids(ktap);
	test_percpu(ktap);
	test_calls(ktap);
	if (test_choice == TEST_CALLS)
		test_many_calls(ktap);
	test_masks(ktap);
	test_memory(ktap);
	test_percpu_alloc(ktap);
	test_nodes(ktap);
	test_protection(ktap);
	test_layout(ktap);
	test_down_up(ktap);
	if (test_choice == TEST_FAILURES)
		test_failures(ktap);
	if (test_choice == TEST_VMI)
		test_vmi(ktap);
	test_stacks(ktap);
	if (hotplug)
		test_hotplug_go(ktap, test_choice == TEST_HOTPLUG_AGAIN);
	if (test_choice == TEST_XEN_AGAIN)
		run_test_xen(ktap);
	if (test_choice == TEST_PAPR_AGAIN)
		run_test_papr(ktap);
	(void)ktap_end(ktap);
}

/* Also with a CPU missing: there are rules for one that was never initialised. */
static void run_rules(struct ktap *ktap)
{
	ktap_begin(ktap, 0);
	if (test_choice == TEST_XEN)
		run_test_xen(ktap);
	else
		run_test_papr(ktap);
	(void)ktap_end(ktap);
}

static int run(struct ktap *ktap)
{
	if (test_choice == TEST_PANIC)
		(void)cpu_call(test_last_cpu(), panic_on_this_cpu, NULL);
	if (test_choice == TEST_OVERFLOW)
		(void)cpu_call(test_last_cpu(), overflow_on_this_cpu, NULL);
	if (test_choice == TEST_XEN || test_choice == TEST_PAPR)
		run_rules(ktap);
	else if (test_choice != TEST_NONE)
		run_tests(ktap);
	return ktap->failed ? STATUS_TESTS_FAILED : 0;
}

int muster_main(void)
{
	static const char *const choices[] = { "all",		"none",	    "failures",
					       "panic",		"overflow", "hotplug",
					       "hotplug-again", "nmi",	    "xen",
					       "xen-again",	"calls",    "papr",
					       "papr-again",	"vmi",	    NULL };
	struct command_line_word words[1 + HANDOVER_WORDS] = {
		{ .name = "test",
		  .kind = COMMAND_LINE_CHOICE,
		  .number = &test_choice,
		  .choices = choices },
	};
	struct muster_options options = { words, 1 };
	struct ktap ktap = { 0 };
	int missing;
	int status;

	for (size_t i = 0; handover_words && i < HANDOVER_WORDS; i++)
		words[options.word_count++] = handover_words[i];
	missing = muster_bring_up(&options);

	if (missing < 0) {
		status = STATUS_NO_BRING_UP;
	} else if (missing > 0) {
		if (test_choice == TEST_XEN || test_choice == TEST_PAPR)
			run_rules(&ktap);
		status = STATUS_CPUS_MISSING;
	} else {
		free_now = mem_free_total() + mem_owned_by("page table");
		if (handover_say)
			handover_say();
		if (handover_is_next && handover_is_next() && handover_go())
			status = STATUS_NO_HANDOVER;
		else
			status = run(&ktap);
	}
	report_send(&ktap, status);
	return status;
}

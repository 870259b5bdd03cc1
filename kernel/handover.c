// SPDX-License-Identifier: MIT
/*
 * Goes on to the kernel in a module, when the command line says so: payload=module; handovers=N, to go on
 * until so many have been made (each of the kernels is muster then); handover-from=boot, second or last: the
 * CPU that asks for it, while the boot CPU waits for that; handover-late=N: CPU N does not leave, and
 * park-late=refuse or go-on, what becomes of the handover then; park-trial=nmi or
 * machine-check: some of these for the CPUs that wait, by the host; send-nmi: by this kernel. Called by main.c.
 */
#include "kernel/handover.h"

#include "kernel/tests.h"

#include <muster/arch/cpu.h>

#define PARK_TEXT	    48
#define TRIALS		    8
#define SETTLE_MILLISECONDS 10

enum trial {
	TRIAL_OFF,
	TRIAL_NMI,
	TRIAL_MACHINE_CHECK,
	TRIAL_SEND_NMI
};

enum from {
	FROM_BOOT,
	FROM_SECOND,
	FROM_LAST
};

static uint64_t payload_choice, from_choice, late_choice, trial_choice;
static uint64_t handovers = 1, late_cpu = CPU_NONE_NUMBER;
static char park_text[PARK_TEXT] = "all";

static const char *const payload_choices[] = { "off", "module", NULL };
static const char *const from_choices[] = { "boot", "second", "last", NULL };
static const char *const trial_choices[] = { "off", "nmi", "machine-check", "send-nmi", NULL };
static const char *const late_choices[] = { "refuse", "go-on", NULL };

const struct command_line_word handover_words[HANDOVER_WORDS] = {
	{ .name = "payload",
	  .kind = COMMAND_LINE_CHOICE,
	  .number = &payload_choice,
	  .choices = payload_choices },
	{ .name = "handovers",
	  .kind = COMMAND_LINE_NUMBER,
	  .number = &handovers,
	  .min = 1,
	  .max = 1000000 },
	{ .name = "handover-from",
	  .kind = COMMAND_LINE_CHOICE,
	  .number = &from_choice,
	  .choices = from_choices },
	{ .name = "handover-late",
	  .kind = COMMAND_LINE_NUMBER,
	  .number = &late_cpu,
	  .min = 1,
	  .max = UINT32_MAX - 1 },
	{ .name = "park-late",
	  .kind = COMMAND_LINE_CHOICE,
	  .number = &late_choice,
	  .choices = late_choices },
	{ .name = "park-trial",
	  .kind = COMMAND_LINE_CHOICE,
	  .number = &trial_choice,
	  .choices = trial_choices },
	{ .name = "park",
	  .kind = COMMAND_LINE_TEXT,
	  .text = park_text,
	  .text_size = sizeof(park_text) },
};

bool handover_is_next(void)
{
	struct handover_arrival arrival;
	bool arrived = handover_arrived(&arrival);

	return payload_choice && (!arrived || (arrival.good && arrival.generation < handovers));
}

static bool asked;

static void ask(void *unused)
{
	(void)unused;
	__atomic_store_n(&asked, true, __ATOMIC_RELEASE);
}

/* From a call on that CPU: it asks the boot CPU, which idles. */
static void ask_the_boot_cpu(void *unused)
{
	static struct cpu_call_request request;

	(void)unused;
	(void)cpu_call_async(cpu_from_number(0), &request, ask, NULL);
}

static void wait_until_asked(void)
{
	cpu_t from = from_choice == FROM_SECOND ? cpu_from_number(1) : test_last_cpu();
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());

	if (from_choice == FROM_BOOT || !from.number || cpu_call(from, ask_the_boot_cpu, NULL))
		return;
	while (!__atomic_load_n(&asked, __ATOMIC_ACQUIRE) && !clock_limit_over(&limit))
		cpu_idle();
	if (asked)
		console_print("muster: CPU %u asks for the handover\n", from.number);
}

/* Deaf for longer than anybody waits. */
static void be_late(void *unused)
{
	struct clock_limit limit = clock_limit_begin(3 * clock_cpu_limit());

	(void)unused;
	while (!clock_limit_over(&limit))
		cpu_relax();
}

/* An NMI comes to all CPUs, this one too, and not at the same time; where nothing keeps a second one away as long as
 * the first is being taken (ppc64) it must not be asked for any earlier. */
static void let_all_take_it(const volatile uint64_t *count)
{
	uint64_t before;

	do {
		struct clock_limit limit = clock_limit_begin(SETTLE_MILLISECONDS);

		before = *count;
		while (!clock_limit_over(&limit))
			cpu_relax();
	} while (*count != before);
}

/* NMIs or machine checks for those that wait, one after the other: each is counted by the page. */
static int try_them(const volatile struct park_page *page)
{
	const volatile uint64_t *count =
		trial_choice == TRIAL_NMI ? &page->nmis : &page->machine_checks;

	for (uint32_t i = 0; i < TRIALS; i++) {
		struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
		uint64_t before = *count;

		if (trial_choice == TRIAL_NMI)
			ask_for_nmi();
		else
			ask_for_machine_check(cpu_from_number(1 + i % (cpu_possible_count() - 1)));
		while (*count == before && !clock_limit_over(&limit))
			cpu_relax();
		if (*count == before) {
			console_print(
				"muster: handover: the page has counted %ju %ss, and not one more "
				"within %u ms\n",
				before, trial_choices[trial_choice], clock_cpu_limit());
			return MUSTER_E_TIMED_OUT;
		}
		let_all_take_it(count);
	}
	return 0;
}

/* Has the page counted one more? */
static bool one_more(const volatile uint64_t *count, uint64_t before)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());

	while (*count == before && !clock_limit_over(&limit))
		cpu_relax();
	return *count == before + 1;
}

/* The same, but this CPU sends them, to one after the other of those that wait: each counts once. */
static int send_them(const volatile struct park_page *page)
{
	for (uint32_t i = 0; i < TRIALS; i++) {
		for_each_cpu (cpu) {
			uint64_t before = page->nmis;
			int error;

			if (cpu_state(cpu) != CPU_HELD)
				continue;
			error = nmi_send(cpu);
			if (!error && !one_more(&page->nmis, before))
				error = MUSTER_E_TIMED_OUT;
			if (!error)
				continue;
			console_print("muster: handover: an NMI to CPU %u: %s: the page has "
				      "counted %ju, and before that %ju\n",
				      cpu.number, muster_error_name(error), page->nmis, before);
			return error;
		}
	}
	return 0;
}

int handover_go(void)
{
	static struct cpu_call_request request;
	struct handover_arrival arrival;
	struct handover_request order = { .module = HANDOVER_LAST_MODULE,
					  .go_on_without = late_choice };
	uint64_t free_before;
	int error;

	if (park_wish_read(park_text, &order.park))
		return MUSTER_E_INVALID;
	(void)handover_arrived(&arrival);
	/* Who goes on needs what to go on to; and all have the same memory then, which is compared. */
	order.hand_on = handovers > 1;
	if (arrival.good && arrival.left != arrival.parked) {
		console_print("muster: handover: of %u CPUs that waited in the park page %u have "
			      "left it\n",
			      arrival.parked, arrival.left);
		return MUSTER_E_BUSY;
	}
	if (trial_choice)
		order.waiting = trial_choice == TRIAL_SEND_NMI ? send_them : try_them;
	if (late_cpu < cpu_possible_count() && !arrival.generation)
		(void)cpu_call_async(cpu_from_number((uint32_t)late_cpu), &request, be_late, NULL);
	wait_until_asked();
	free_before = mem_free_total();
	error = muster_handover(&order);
	if (error == MUSTER_E_TIMED_OUT && late_cpu < cpu_possible_count())
		return error; /* what that CPU has stays */
	if (mem_free_total() != free_before)
		console_print("muster: handover: refused, and %jd bytes of memory are missing\n",
			      (intmax_t)(free_before - mem_free_total()));
	return error;
}

// SPDX-License-Identifier: MIT
/*
 * The order proof: good tables are accepted, every kind of wrong order is refused with a line that
 * names platform, row, and the capability or rule. Tables here are never run.
 */
#include "core/runner.h"

#include <muster/bringup.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS_MAX (BRINGUP_STEPS_MAX + 8)

static struct bringup_step rows[ROWS_MAX];
static struct bringup_table table = { "mock", rows, 0 };
static char message[200];

static int run(cpu_t cpu)
{
	(void)cpu;
	abort();
}

static void undo(cpu_t cpu)
{
	(void)cpu;
	abort();
}

/* The least that brings two CPUs up. */
static const struct bringup_step least[] = {
	{ "console", CAP(PERCPU_BASE) | CAP(EARLY_TRAPS), CAP(CONSOLE), WHERE_BOOT, UNDO_NOTHING,
	  run, NULL },
	{ "cpu-ids", CAP(CONSOLE), CAP(CPU_IDS), WHERE_BOOT, UNDO_NOTHING, run, NULL },
	{ "boot-unit", CAP(CPU_IDS), CAP(UNIT), WHERE_BOOT, UNDO_NONE, run, NULL },
	{ "unit", CAP(CPU_IDS), CAP(UNIT), WHERE_PREPARE, UNDO_STEP, run, undo },
	{ "start", CAP(UNIT), CAP(STARTED), WHERE_START, UNDO_NOTHING, run, NULL },
	{ "call-queue", CAP(UNIT), CAP(CALL_QUEUE), WHERE_ONLINE, UNDO_STEP, run, undo },
	{ "online", CAP(CALL_QUEUE), CAP(ONLINE), WHERE_ONLINE, UNDO_WHOLE_GUEST, run, NULL },
	{ "park", CAP(ONLINE), 0, WHERE_LEAVE, UNDO_NOTHING, run, NULL },
};

static int begin(void **state)
{
	(void)state;
	memset(rows, 0, sizeof(rows));
	memcpy(rows, least, sizeof(least));
	table.count = sizeof(least) / sizeof(least[0]);
	return 0;
}

static struct bringup_step *row(const char *name)
{
	for (size_t i = 0; i < table.count; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	abort();
}

/* Put a row that needs no undo before another; NULL: at the end. */
static void insert(const char *before, struct bringup_step step)
{
	struct bringup_step *at = before ? row(before) : rows + table.count;

	memmove(at + 1, at, sizeof(*at) * (table.count++ - (size_t)(at - rows)));
	*at = step;
	at->run = run;
	at->undo_kind = UNDO_NOTHING;
}

static void remove_row(const char *name)
{
	struct bringup_step *at = row(name);

	memmove(at, at + 1, sizeof(*at) * (--table.count - (size_t)(at - rows)));
}

static enum bringup_fault check(void)
{
	memset(message, 'x', sizeof(message));
	return bringup_check(&table, BRINGUP_GIVEN, message, sizeof(message));
}

static void refused(enum bringup_fault fault, const char *text)
{
	assert_int_equal(check(), fault);
	assert_string_equal(message, text);
}

static void accepted(void)
{
	assert_int_equal(check(), BRINGUP_IN_ORDER);
	assert_string_equal(message, "platform mock: in order");
}

static void good_tables(void **state)
{
	(void)state;
	accepted();
	/* Rows that core does not know stand anywhere; rows that it knows may be missing. */
	insert("start", (struct bringup_step){ .name = "vcpu-context", .where = WHERE_START });
	insert("console", (struct bringup_step){ .name = "zzz-0-9", .where = WHERE_BOOT });
	accepted();
	remove_row("park");
	remove_row("call-queue");
	row("online")->needs = CAP(UNIT);
	accepted();
	/* Both may give what belongs to one CPU, each to its own. */
	row("boot-unit")->gives |= CAP(STACK);
	row("unit")->gives |= CAP(STACK);
	row("online")->needs |= CAP(STACK) | CAP(CPU_IDS) | CAP(PERCPU_BASE);
	accepted();
	/* LEAVE rows run in reverse. */
	insert(NULL, (struct bringup_step){
			     .name = "one", .needs = CAP(SHARED_AREAS), .where = WHERE_LEAVE });
	insert(NULL, (struct bringup_step){
			     .name = "two", .gives = CAP(SHARED_AREAS), .where = WHERE_LEAVE });
	accepted();
}

static void names(void **state)
{
	const char *const bad[] = { "", "Unit", "a b", "a_b", "unit@1", "\303\251" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[100];

		row("cpu-ids")->name = bad[i];
		snprintf(text, sizeof(text),
			 "platform mock: step %s: a name is made of a-z, 0-9 and -", bad[i]);
		refused(BRINGUP_NO_NAME, text);
		rows[1].name = "cpu-ids";
	}
	rows[1].name = NULL;
	refused(BRINGUP_NO_NAME, "platform mock: step (none): a name is made of a-z, 0-9 and -");
	rows[1].name = "cpu-ids";
	row("park")->name = "unit";
	refused(BRINGUP_NAME_TWICE, "platform mock: step unit: two rows have this name");
}

static void phases_in_order(void **state)
{
	(void)state;
	insert("online", (struct bringup_step){ .name = "late", .where = WHERE_PREPARE });
	refused(BRINGUP_WHERE_BACKWARDS,
		"platform mock: step late: its phase is over when it would run: PREPARE");
	begin(NULL);
	insert(NULL, (struct bringup_step){ .name = "late", .where = WHERE_BOOT });
	refused(BRINGUP_WHERE_BACKWARDS,
		"platform mock: step late: its phase is over when it would run: BOOT");
}

static void needs(void **state)
{
	(void)state;
	/* Each phase needs what nobody gives. */
	for (size_t i = 0; i < table.count; i++) {
		char text[100];

		begin(NULL);
		rows[i].needs |= CAP(FIRMWARE);
		snprintf(text, sizeof(text),
			 "platform mock: step %s: needs what no step gives: firmware",
			 rows[i].name);
		refused(BRINGUP_NEED_NEVER, text);
	}
	begin(NULL);
	row("console")->needs |= CAP(CPU_IDS);
	refused(BRINGUP_NEED_LATER,
		"platform mock: step console: needs what only a later step gives: cpu-ids");
	begin(NULL);
	row("unit")->needs |= CAP(CALL_QUEUE);
	refused(BRINGUP_NEED_LATER,
		"platform mock: step unit: needs what only a later step gives: call-queue");
	/* What it gives itself comes too late too. */
	begin(NULL);
	row("call-queue")->needs |= CAP(CALL_QUEUE);
	refused(BRINGUP_NEED_LATER,
		"platform mock: step call-queue: needs what only a later step gives: call-queue");
	/* LEAVE in reverse: the upper row runs later. */
	begin(NULL);
	insert("park", (struct bringup_step){
			       .name = "one", .gives = CAP(SHARED_AREAS), .where = WHERE_LEAVE });
	row("park")->needs |= CAP(SHARED_AREAS);
	refused(BRINGUP_NEED_LATER,
		"platform mock: step park: needs what only a later step gives: shared-areas");
}

static void needs_elsewhere(void **state)
{
	(void)state;
	row("cpu-ids")->needs |= CAP(STARTED);
	refused(BRINGUP_NEED_ELSEWHERE,
		"platform mock: step cpu-ids: BOOT needs what is given to one CPU: started");
	/* Only the other CPUs are started. */
	begin(NULL);
	row("online")->needs |= CAP(STARTED);
	refused(BRINGUP_NEED_ELSEWHERE,
		"platform mock: step online: needs what is given to another "
		"CPU only: started");
	/* Only the boot CPU has a stack. */
	begin(NULL);
	row("boot-unit")->gives |= CAP(STACK);
	row("call-queue")->needs |= CAP(STACK);
	refused(BRINGUP_NEED_ELSEWHERE, "platform mock: step call-queue: needs what is given to "
					"another CPU only: stack");
	begin(NULL);
	row("boot-unit")->gives |= CAP(STACK);
	row("unit")->needs |= CAP(STACK);
	refused(BRINGUP_NEED_ELSEWHERE, "platform mock: step unit: needs what is given to another "
					"CPU only: stack");
	/* Without its own row the boot CPU has no unit. */
	begin(NULL);
	row("boot-unit")->gives = 0;
	refused(BRINGUP_NEED_ELSEWHERE, "platform mock: step call-queue: needs what is given to "
					"another CPU only: unit");
}

static void given_twice(void **state)
{
	(void)state;
	row("cpu-ids")->gives |= CAP(CONSOLE);
	refused(BRINGUP_GIVEN_TWICE,
		"platform mock: step cpu-ids: gives what was given before: console");
	/* By the entry code; by BOOT for all; by PREPARE; by BOOT for the boot CPU. */
	begin(NULL);
	row("cpu-ids")->gives |= CAP(EARLY_TRAPS);
	refused(BRINGUP_GIVEN_TWICE,
		"platform mock: step cpu-ids: gives what was given before: early-traps");
	begin(NULL);
	row("unit")->gives |= CAP(CPU_IDS);
	refused(BRINGUP_GIVEN_TWICE,
		"platform mock: step unit: gives what was given before: cpu-ids");
	begin(NULL);
	row("start")->gives |= CAP(UNIT);
	refused(BRINGUP_GIVEN_TWICE,
		"platform mock: step start: gives what was given before: unit");
	begin(NULL);
	row("call-queue")->gives |= CAP(UNIT);
	refused(BRINGUP_GIVEN_TWICE,
		"platform mock: step call-queue: gives what was given before: unit");
}

static void run_and_undo(void **state)
{
	(void)state;
	row("start")->run = NULL;
	refused(BRINGUP_NO_RUN, "platform mock: step start: it does nothing");
	begin(NULL);
	row("unit")->undo = NULL;
	refused(BRINGUP_NO_UNDO,
		"platform mock: step unit: it can be undone, it says, and has no undo: undo");
	for (enum undo_kind kind = UNDO_WHOLE_GUEST; kind <= UNDO_NOTHING; kind++) {
		char text[100];

		begin(NULL);
		row("unit")->undo_kind = kind;
		snprintf(text, sizeof(text),
			 "platform mock: step unit: its undo would never be called: %s",
			 undo_kind_name(kind));
		refused(BRINGUP_UNDO_UNUSED, text);
	}
}

static void canonical_order(void **state)
{
	static const char *const known[] = {
		"console",     "hypervisor",   "layout",
		"fixmap",      "command-line", "memory-map",
		"page-tables", "firmware",     "nodes",
		"cpu-ids",     "boot-unit",    "boot-stacks",
		"interrupts",  "start-code",   "unit",
		"stack",       "start",	       "descriptor-tables",
		"cpu-check",   "stack-marks",  "call-queue",
		"online",
	};
	const size_t count = sizeof(known) / sizeof(known[0]);

	(void)state;
	/* All of one phase, so that nothing but the names counts. */
	memset(rows, 0, sizeof(rows));
	table.count = count;
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct bringup_step){ .name = known[i],
						 .run = run,
						 .where = WHERE_ONLINE,
						 .undo_kind = UNDO_NOTHING };
	rows[count - 1].gives = CAP(ONLINE);
	accepted();
	for (size_t i = 0; i + 1 < count; i++) {
		char text[100];

		rows[i].name = known[i + 1];
		rows[i + 1].name = known[i];
		snprintf(text, sizeof(text), "platform mock: step %s: core puts it before: %s",
			 known[i], known[i + 1]);
		refused(BRINGUP_CANONICAL_ORDER, text);
		rows[i].name = known[i];
		rows[i + 1].name = known[i + 1];
	}
	/* A CPU that is online has nothing more to do. */
	begin(NULL);
	insert("park", (struct bringup_step){ .name = "behind", .where = WHERE_ONLINE });
	refused(BRINGUP_CANONICAL_ORDER, "platform mock: step behind: core puts it before: online");
}

static void no_online(void **state)
{
	(void)state;
	row("online")->gives = 0;
	row("park")->needs = 0;
	refused(BRINGUP_NO_ONLINE, "platform mock: step (all): no step gives: online");
	table.count = 0;
	refused(BRINGUP_NO_ONLINE, "platform mock: step (all): no step gives: online");
	/* For the boot CPU only. */
	begin(NULL);
	remove_row("online");
	row("park")->needs = 0;
	row("boot-unit")->gives |= CAP(ONLINE);
	refused(BRINGUP_NO_ONLINE, "platform mock: step (all): no step gives: online");
}

static void too_many(void **state)
{
	static char name[ROWS_MAX][8];

	(void)state;
	for (size_t i = 0; table.count < BRINGUP_STEPS_MAX; i++) {
		snprintf(name[i], sizeof(name[i]), "x%zu", i);
		insert("console", (struct bringup_step){ .name = name[i], .where = WHERE_BOOT });
	}
	accepted();
	insert("console", (struct bringup_step){ .name = "y", .where = WHERE_BOOT });
	refused(BRINGUP_TOO_MANY, "platform mock: 65 steps: at most 64");
}

/* What the entry code gives is part of the question. */
static void given_by_entry(void **state)
{
	(void)state;
	assert_int_equal(bringup_check(&table, CAP(PERCPU_BASE), message, sizeof(message)),
			 BRINGUP_NEED_NEVER);
	assert_non_null(strstr(message, "step console: needs what no step gives: early-traps"));
	/* A short buffer is filled and terminated. */
	assert_int_equal(bringup_check(&table, 0, message, 20), BRINGUP_NEED_NEVER);
	assert_string_equal(message, "platform mock: step");
}

static void words(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < CAP_COUNT; i++) {
		const char *name = capability_name((enum capability)i);

		assert_non_null(name);
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(name, capability_name((enum capability)j));
	}
	assert_string_equal(capability_name(CAP_COUNT), "unknown");
	assert_string_equal(step_where_name(WHERE_PREPARE), "PREPARE");
	assert_string_equal(step_where_name(WHERE_COUNT), "unknown");
	assert_string_equal(undo_kind_name(UNDO_WHOLE_GUEST), "undo-whole-guest");
	assert_string_equal(undo_kind_name((enum undo_kind)(UNDO_NOTHING + 1)), "unknown");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_tables),  TEST(names),	   TEST(phases_in_order),
		TEST(needs),	    TEST(needs_elsewhere), TEST(given_twice),
		TEST(run_and_undo), TEST(canonical_order), TEST(no_online),
		TEST(too_many),	    TEST(given_by_entry),  TEST(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

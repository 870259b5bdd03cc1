// SPDX-License-Identifier: MIT
/*
 * The order proof: is a bring-up table in order? Called by the runner before it runs a table, and on
 * the host by a test that builds every platform's table. Pure: it must never run a row.
 *
 * Two CPUs go through a table. The boot CPU: BOOT, then ONLINE. Every other: what BOOT gave to all,
 * then PREPARE, START, ONLINE. A BOOT row that gives what belongs to one CPU gives it to the boot
 * CPU only. Both ways have to be in order.
 */
#include "core/image_choice.h"
#include "core/report_word.h"
#include "core/string.h"

#include <muster/bringup.h>
#include <muster/console.h>

IMAGE_CHOICE(order_proof);

/* Capabilities from this one on belong to one CPU; those before are everybody's. */
#define FIRST_OF_ONE_CPU CAP_UNIT
#define OF_EVERYBODY	 ((UINT64_C(1) << FIRST_OF_ONE_CPU) - 1)

/* The order in which core puts the rows it knows; platforms add rows between them or leave some
 * out, and never reorder. `clock` is not one of them: where it is best read is the platform's to know,
 * and its needs and who needs it are order enough. */
static const char *const canonical[] = {
	"console",     "hypervisor",  "layout",	    "fixmap",  "command-line", "memory-map",
	"page-tables", "firmware",    "nodes",	    "cpu-ids", "boot-unit",    "boot-stacks",
	"interrupts",  "start-code",  "unit",	    "stack",   "start",	       "descriptor-tables",
	"cpu-check",   "stack-marks", "call-queue", "online",
};

struct fault_text {
	char *message;
	size_t size;
	const char *platform;
};

static enum bringup_fault say(const struct fault_text *text, enum bringup_fault fault,
			      const char *row, const char *what, const char *rule)
{
	format_text(text->message, text->size, "platform %s: step %s: %s%s%s", text->platform, row,
		    rule, what[0] ? ": " : "", what);
	return fault;
}

/* Place of a name in the canonical order, or -1. */
static int canonical_place(const char *name)
{
	for (size_t i = 0; i < sizeof(canonical) / sizeof(canonical[0]); i++)
		if (!strcmp(name, canonical[i]))
			return (int)i;
	return -1;
}

static const char *first_name(uint64_t set)
{
	return capability_name((enum capability)__builtin_ctzll(set));
}

static enum bringup_fault check_row_alone(const struct bringup_step *step,
					  const struct fault_text *text)
{
	if (!step->run)
		return say(text, BRINGUP_NO_RUN, step->name, "", "it does nothing");
	if (step->undo_kind == UNDO_STEP && !step->undo)
		return say(text, BRINGUP_NO_UNDO, step->name, undo_kind_name(step->undo_kind),
			   "it can be undone, it says, and has no undo");
	if (step->undo_kind != UNDO_STEP && step->undo)
		return say(text, BRINGUP_UNDO_UNUSED, step->name, undo_kind_name(step->undo_kind),
			   "its undo would never be called");
	return BRINGUP_IN_ORDER;
}

static enum bringup_fault check_names_and_places(const struct bringup_table *table,
						 const struct fault_text *text)
{
	int last_place = -1;

	for (size_t i = 0; i < table->count; i++) {
		const struct bringup_step *step = &table->steps[i];
		int place;

		if (!is_report_word(step->name))
			return say(text, BRINGUP_NO_NAME, step->name ? step->name : "(none)", "",
				   "a name is made of a-z, 0-9 and -");
		for (size_t j = 0; j < i; j++)
			if (!strcmp(step->name, table->steps[j].name))
				return say(text, BRINGUP_NAME_TWICE, step->name, "",
					   "two rows have this name");
		if (i && step->where < table->steps[i - 1].where)
			return say(text, BRINGUP_WHERE_BACKWARDS, step->name,
				   step_where_name(step->where),
				   "its phase is over when it would run");
		place = canonical_place(step->name);
		if (place >= 0 && place < last_place)
			return say(text, BRINGUP_CANONICAL_ORDER, step->name, canonical[last_place],
				   "core puts it before");
		if (place >= 0)
			last_place = place;
		/* A CPU that says so is done: it takes calls, and nobody looks after it any more. */
		if (i && step->where == WHERE_ONLINE && table->steps[i - 1].gives & CAP(ONLINE))
			return say(text, BRINGUP_CANONICAL_ORDER, step->name,
				   table->steps[i - 1].name, "core puts it before");
	}
	return BRINGUP_IN_ORDER;
}

/* The i-th row to run: LEAVE rows run in reverse. */
static const struct bringup_step *nth_to_run(const struct bringup_table *table, size_t i)
{
	size_t leave = table->count;

	while (leave && table->steps[leave - 1].where == WHERE_LEAVE)
		leave--;
	return &table->steps[i < leave ? i : table->count - 1 - (i - leave)];
}

/* Why is `missing` not there when row i needs it? */
static enum bringup_fault why_missing(const struct bringup_table *table, size_t i, uint64_t missing,
				      const struct fault_text *text)
{
	const struct bringup_step *step = nth_to_run(table, i);
	uint64_t one = missing & -missing;

	for (size_t j = i; j < table->count; j++) {
		const struct bringup_step *later = nth_to_run(table, j);

		if (!(later->gives & one))
			continue;
		if (step->where == WHERE_BOOT && later->where != WHERE_BOOT)
			return say(text, BRINGUP_NEED_ELSEWHERE, step->name, first_name(one),
				   "BOOT needs what is given to one CPU");
		return say(text, BRINGUP_NEED_LATER, step->name, first_name(one),
			   "needs what only a later step gives");
	}
	for (size_t j = 0; j < i; j++)
		if (nth_to_run(table, j)->gives & one)
			return say(text, BRINGUP_NEED_ELSEWHERE, step->name, first_name(one),
				   "needs what is given to another CPU only");
	return say(text, BRINGUP_NEED_NEVER, step->name, first_name(one),
		   "needs what no step gives");
}

/* Follow one CPU through the table. */
static enum bringup_fault check_way(const struct bringup_table *table, uint64_t given,
				    bool boot_cpu, const struct fault_text *text)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct bringup_step *step = nth_to_run(table, i);
		bool boot_row = step->where == WHERE_BOOT;
		uint64_t gives = step->gives;

		if (boot_cpu && (step->where == WHERE_PREPARE || step->where == WHERE_START))
			continue;
		if (boot_row && !boot_cpu) {
			given |= gives & OF_EVERYBODY;
			continue;
		}
		if (step->needs & ~given)
			return why_missing(table, i, step->needs & ~given, text);
		if (gives & given)
			return say(text, BRINGUP_GIVEN_TWICE, step->name, first_name(gives & given),
				   "gives what was given before");
		given |= gives;
	}
	if (!(given & CAP(ONLINE)))
		return say(text, BRINGUP_NO_ONLINE, "(all)", capability_name(CAP_ONLINE),
			   "no step gives");
	return BRINGUP_IN_ORDER;
}

enum bringup_fault bringup_check(const struct bringup_table *table, uint64_t given, char *message,
				 size_t size)
{
	const struct fault_text text = { message, size, table->platform };
	enum bringup_fault fault;

	format_text(message, size, "platform %s: in order", table->platform);
	if (table->count > BRINGUP_STEPS_MAX) {
		format_text(message, size, "platform %s: %zu steps: at most %d", table->platform,
			    table->count, BRINGUP_STEPS_MAX);
		return BRINGUP_TOO_MANY;
	}
	fault = check_names_and_places(table, &text);
	for (size_t i = 0; !fault && i < table->count; i++)
		fault = check_row_alone(&table->steps[i], &text);
	if (!fault)
		fault = check_way(table, given, true, &text);
	/* Another CPU has its own base when its code loads it, which is before it joins. */
	if (!fault)
		fault = check_way(table, given, false, &text);
	return fault;
}

// SPDX-License-Identifier: MIT
/*
 * Reads the guest's record into struct guest_report. The console calls it for every line, the
 * fuzzer with any bytes. It must never take a record that breaks docs/report.md, keep more than its
 * limits, or call a report complete of which it has missed a line.
 */
#include "tool/report.h"

#include "tool/report_line.h"
#include "tool/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_words[] = { "possible", "present", "prepared", "starting", "arrived",
					   "online",   "leaving", "held",     "failed",	  NULL };
static const char *const area_words[] = { "made", "shared", "kept", NULL };
static const char *const action_words[] = { "nmi", "machine-check", "cpu-add", "cpu-remove", NULL };
static const char *const where_words[] = { "BOOT", "PREPARE", "START", "ONLINE", "LEAVE", NULL };

/* Where a record may stand: while the guest comes up, as the first of the closing report, in it. */
enum record_place {
	ON_THE_WAY,
	OPENS,
	INSIDE,
	CLOSES,
};

struct record_kind {
	const char *name;
	enum record_place place;
	bool (*take)(struct guest_report *report, struct report_fields *fields);
};

static bool refuse(struct report_fields *fields, const char *fault, const char *name)
{
	fields->fault = fault;
	fields->fault_name = name;
	return false;
}

/*
 * Room for one more row of `size` bytes at *rows, which grows by doubling. NULL, with the fault
 * set, at the limit.
 */
static void *add_row(struct report_fields *fields, void **rows, size_t *count, size_t size,
		     size_t max)
{
	void *row;

	if (*count >= max) {
		refuse(fields, "too many records of kind ", fields->kind);
		return NULL;
	}
	if (!(*count & (*count - 1)))
		*rows = memory_or_end(reallocarray(*rows, *count ? *count * 2 : 1, size));
	row = (char *)*rows + (*count)++ * size;
	memset(row, 0, size);
	return row;
}

static bool take_at(struct guest_report *report, struct report_fields *fields)
{
	struct report_place place = { .known = true };
	struct report_place *row;

	if (!report_take_word(fields, "step", place.step) ||
	    !report_take_choice(fields, "where", where_words, place.where) ||
	    !report_take_cpu(fields, "cpu", &place.cpu))
		return false;
	if (!report->asked) {
		report->at = place;
		report->waiting.known = false;
		return true;
	}
	row = add_row(fields, (void **)&report->answers, &report->answer_count, sizeof(*row),
		      REPORT_CPUS_MAX);
	if (row)
		*row = place;
	return row;
}

static bool take_waiting(struct guest_report *report, struct report_fields *fields)
{
	struct report_place place = { 0 };
	struct report_number cpu;
	uint32_t online, present;

	if (!report_take_maybe(fields, "cpu", &cpu) ||
	    !report_take_word(fields, "step", place.step) ||
	    !report_take_cpu(fields, "online", &online) ||
	    !report_take_cpu(fields, "present", &present))
		return false;
	if (cpu.value > REPORT_CPUS_MAX)
		return refuse(fields, "more CPUs than 4096: ", "cpu");
	place.known = cpu.known;
	place.cpu = (uint32_t)cpu.value;
	report->waiting = place;
	report->waiting_online = online;
	return true;
}

static bool take_failed(struct guest_report *report, struct report_fields *fields)
{
	struct report_failure failure = { 0 };
	struct report_failure *row;

	if (!report_take_cpu(fields, "cpu", &failure.cpu) ||
	    !report_take_word(fields, "step", failure.step) ||
	    !report_take_word(fields, "error", failure.error))
		return false;
	row = add_row(fields, (void **)&report->failures, &report->failure_count, sizeof(*row),
		      REPORT_CPUS_MAX);
	if (row)
		*row = failure;
	return row;
}

static bool take_panic(struct guest_report *report, struct report_fields *fields)
{
	struct report_place place = { .known = true };

	if (!report_take_cpu(fields, "cpu", &place.cpu) ||
	    !report_take_word(fields, "step", place.step))
		return false;
	/* The first one says what happened; what comes after it is what it caused. */
	if (!report->panic.known)
		report->panic = place;
	return true;
}

static bool take_ask(struct guest_report *report, struct report_fields *fields)
{
	struct report_ask ask = { 0 };
	struct report_ask *row;

	if (!report_take_choice(fields, "action", action_words, ask.action) ||
	    !report_take_maybe(fields, "hwid", &ask.hwid) ||
	    !report_take_maybe(fields, "fwid", &ask.fwid))
		return false;
	if (strcmp(ask.action, "nmi") && !ask.fwid.known)
		return refuse(fields, "must say which CPU: ", "fwid");
	row = add_row(fields, (void **)&report->asks, &report->ask_count, sizeof(*row),
		      REPORT_ASKS_MAX);
	if (row)
		*row = ask;
	return row;
}

/* With the one before it, of which only this is kept. */
static void compare_handed(const struct report_handed *before, struct report_handed *now)
{
	if (before->parked_least < now->parked_least)
		now->parked_least = before->parked_least;
	now->free_changed = before->free_changed;
	if (!now->free_changed && before->free.known && now->free.known &&
	    now->generation == before->generation + 1 && now->free.value != before->free.value)
		now->free_changed = now->generation;
}

static bool take_handed(struct guest_report *report, struct report_fields *fields)
{
	struct report_handed handed = { .known = true };

	if (!report_take_number(fields, "generation", &handed.generation) ||
	    !report_take_number(fields, "online", &handed.online) ||
	    !report_take_number(fields, "parked", &handed.parked) ||
	    !report_take_number(fields, "left", &handed.left) ||
	    !report_take_number(fields, "nmis", &handed.nmis) ||
	    !report_take_number(fields, "machine_checks", &handed.machine_checks) ||
	    !report_take_number_if_there(fields, "free", &handed.free))
		return false;
	if (handed.generation <= report->handed.generation)
		return refuse(fields, "not after the one before: ", "generation");
	handed.nmis += report->handed.nmis;
	handed.machine_checks += report->handed.machine_checks;
	handed.parked_least = handed.parked;
	if (report->handed.known)
		compare_handed(&report->handed, &handed);
	report->handed = handed;
	return true;
}

static bool take_guest(struct guest_report *report, struct report_fields *fields)
{
	struct report_guest guest = { 0 };

	if (!report_take_word(fields, "platform", guest.platform) ||
	    !report_take_word(fields, "arch", guest.arch) ||
	    !report_take_word(fields, "hypervisor", guest.hypervisor) ||
	    !report_take_word_if_there(fields, "entry", guest.entry) ||
	    !report_take_cpu(fields, "possible", &guest.possible) ||
	    !report_take_cpu(fields, "present", &guest.present) ||
	    !report_take_cpu(fields, "online", &guest.online) ||
	    !report_take_number(fields, "left_out", &guest.left_out))
		return false;
	if (guest.present > guest.possible || guest.online > guest.present)
		return refuse(fields, "possible >= present >= online does not hold", "");
	report->guest = guest;
	report->has_guest = true;
	return true;
}

static bool take_cpu(struct guest_report *report, struct report_fields *fields)
{
	struct report_cpu cpu = { 0 };
	struct report_cpu *row;

	if (!report_take_cpu(fields, "cpu", &cpu.cpu) ||
	    !report_take_number(fields, "hwid", &cpu.hwid) ||
	    !report_take_maybe(fields, "fwid", &cpu.fwid) ||
	    !report_take_maybe(fields, "vcpu_id", &cpu.vcpu_id) ||
	    !report_take_maybe(fields, "node", &cpu.node) ||
	    !report_take_choice(fields, "state", state_words, cpu.state) ||
	    !report_take_number(fields, "unit", &cpu.unit) ||
	    !report_take_maybe(fields, "online_ns", &cpu.online_ns) ||
	    !report_take_word(fields, "step", cpu.step))
		return false;
	if (cpu.cpu != report->cpu_count || cpu.cpu >= report->guest.possible)
		return refuse(fields, "not the next CPU in ascending order: ", "cpu");
	row = add_row(fields, (void **)&report->cpus, &report->cpu_count, sizeof(*row),
		      REPORT_CPUS_MAX);
	if (row)
		*row = cpu;
	return row;
}

/* The CPU that a row of the closing report is about. A guest that never got as far as its CPU table
 * speaks of its first CPU all the same. */
static bool take_row_cpu(struct guest_report *report, struct report_fields *fields, uint32_t *cpu)
{
	if (!report_take_cpu(fields, "cpu", cpu))
		return false;
	if (*cpu && *cpu >= report->guest.possible)
		return refuse(fields, "no such CPU: ", "cpu");
	return true;
}

static bool take_area(struct guest_report *report, struct report_fields *fields)
{
	struct report_area area = { 0 };
	struct report_area *row;

	if (!take_row_cpu(report, fields, &area.cpu) ||
	    !report_take_word(fields, "kind", area.kind) ||
	    !report_take_number(fields, "addr", &area.addr) ||
	    !report_take_number(fields, "size", &area.size) ||
	    !report_take_number(fields, "told", &area.told) ||
	    !report_take_choice(fields, "state", area_words, area.state))
		return false;
	if (!area.size || area.told < area.size)
		return refuse(fields, "fewer bytes than are used: ", "told");
	row = add_row(fields, (void **)&report->areas, &report->area_count, sizeof(*row),
		      REPORT_ROWS_MAX);
	if (row)
		*row = area;
	return row;
}

static bool take_stack(struct guest_report *report, struct report_fields *fields)
{
	struct report_stack stack = { 0 };
	struct report_stack *row;

	if (!take_row_cpu(report, fields, &stack.cpu) ||
	    !report_take_word(fields, "kind", stack.kind) ||
	    !report_take_number(fields, "size", &stack.size) ||
	    !report_take_number(fields, "used", &stack.used))
		return false;
	row = add_row(fields, (void **)&report->stacks, &report->stack_count, sizeof(*row),
		      REPORT_ROWS_MAX);
	if (row)
		*row = stack;
	return row;
}

static bool take_step(struct guest_report *report, struct report_fields *fields)
{
	struct report_step step = { 0 };
	struct report_step *row;

	if (!take_row_cpu(report, fields, &step.cpu) ||
	    !report_take_word(fields, "name", step.name) ||
	    !report_take_choice(fields, "where", where_words, step.where) ||
	    !report_take_number(fields, "start_ns", &step.start_ns) ||
	    !report_take_maybe(fields, "end_ns", &step.end_ns))
		return false;
	row = add_row(fields, (void **)&report->steps, &report->step_count, sizeof(*row),
		      REPORT_ROWS_MAX);
	if (row)
		*row = step;
	return row;
}

static bool take_memory(struct guest_report *report, struct report_fields *fields)
{
	struct report_memory memory = { 0 };
	struct report_memory *row;

	if (!report_take_word(fields, "owner", memory.owner) ||
	    !report_take_number(fields, "bytes", &memory.bytes))
		return false;
	for (size_t i = 0; i < report->memory_count; i++)
		if (!strcmp(report->memory[i].owner, memory.owner))
			return refuse(fields, "given twice: ", "owner");
	row = add_row(fields, (void **)&report->memory, &report->memory_count, sizeof(*row),
		      REPORT_OWNERS_MAX);
	if (row)
		*row = memory;
	return row;
}

static bool take_layout(struct guest_report *report, struct report_fields *fields)
{
	static const char *const words[] = { "all",	"user",	  "direct", "image",
					     "windows", "fixmap", "hole",   NULL };
	struct report_part part = { 0 };
	struct report_part *row;

	if (!report_take_choice(fields, "part", words, part.part) ||
	    !report_take_number(fields, "first", &part.first) ||
	    !report_take_number(fields, "last", &part.last) ||
	    !report_take_word(fields, "owner", part.owner))
		return false;
	if (part.last < part.first)
		return refuse(fields, "before the first: ", "last");
	row = add_row(fields, (void **)&report->parts, &report->part_count, sizeof(*row),
		      REPORT_PARTS_MAX);
	if (row)
		*row = part;
	return row;
}

static bool take_hypercall(struct guest_report *report, struct report_fields *fields)
{
	struct report_hypercall hypercall = { 0 };
	struct report_hypercall *row;

	if (!report_take_word(fields, "step", hypercall.step) ||
	    !report_take_word(fields, "call", hypercall.call) ||
	    !report_take_number(fields, "count", &hypercall.count))
		return false;
	row = add_row(fields, (void **)&report->hypercalls, &report->hypercall_count, sizeof(*row),
		      REPORT_ROWS_MAX);
	if (row)
		*row = hypercall;
	return row;
}

static bool take_tests(struct guest_report *report, struct report_fields *fields)
{
	if (report->has_tests)
		return refuse(fields, "a second record of kind ", fields->kind);
	if (!report_take_number(fields, "passed", &report->tests_passed) ||
	    !report_take_number(fields, "failed", &report->tests_failed))
		return false;
	report->has_tests = true;
	return true;
}

static uint32_t count_state(const struct guest_report *report, const char *state)
{
	uint32_t count = 0;

	for (size_t i = 0; i < report->cpu_count; i++)
		count += !strcmp(report->cpus[i].state, state);
	return count;
}

static bool take_end(struct guest_report *report, struct report_fields *fields)
{
	uint64_t records, status;

	if (!report_take_number(fields, "records", &records) ||
	    !report_take_number(fields, "status", &status))
		return false;
	if (records != report->records)
		return refuse(fields, "lines are missing: not as many were read as ", "records");
	if (report->cpu_count != report->guest.possible)
		return refuse(fields, "not one record for each possible CPU", "");
	if (count_state(report, "online") != report->guest.online)
		return refuse(fields, "the CPUs that are online are not as many as ", "online");
	report->status = status;
	report->has_end = true;
	return true;
}

static const struct record_kind kinds[] = {
	/* clang-format off */
	{ "at", ON_THE_WAY, take_at },
	{ "waiting", ON_THE_WAY, take_waiting },
	{ "failed", ON_THE_WAY, take_failed },
	{ "panic", ON_THE_WAY, take_panic },
	{ "ask", ON_THE_WAY, take_ask },
	{ "handed", ON_THE_WAY, take_handed },
	{ "guest", OPENS, take_guest },
	{ "cpu", INSIDE, take_cpu },
	{ "area", INSIDE, take_area },
	{ "stack", INSIDE, take_stack },
	{ "step", INSIDE, take_step },
	{ "memory", INSIDE, take_memory },
	{ "layout", INSIDE, take_layout },
	{ "tests", INSIDE, take_tests },
	{ "hypercall", INSIDE, take_hypercall },
	{ "end", CLOSES, take_end },
	/* clang-format on */
};

static bool take_record(struct guest_report *report, struct report_fields *fields)
{
	const struct record_kind *kind = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(kinds[i].name, fields->kind))
			kind = &kinds[i];
	}
	if (kind && kind->place == ON_THE_WAY)
		return kind->take(report, fields);
	if (report->has_end)
		return !kind || refuse(fields, "after the end of the report: ", fields->kind);
	if (kind && (kind->place == OPENS) == report->has_guest)
		return refuse(fields,
			      report->has_guest ? "a second record of kind "
						: "before the record `guest`: ",
			      fields->kind);
	if (kind && !kind->take(report, fields))
		return false;
	/* A kind that is not known counts as read: a later guest may send it. */
	report->records += report->has_guest && !(kind && kind->place == CLOSES);
	return true;
}

static void note_fault(struct guest_report *report, const struct report_fields *fields)
{
	report->refused++;
	if (!report->fault[0])
		snprintf(report->fault, sizeof(report->fault), "record %.20s%srefused: %s%.60s",
			 fields->kind, *fields->kind ? " " : "", fields->fault, fields->fault_name);
}

enum report_line report_read_line(struct guest_report *report, const char *line, size_t length)
{
	struct report_fields fields;
	enum report_line what = report_split(&fields, line, length);

	if (what == REPORT_RECORD && !take_record(report, &fields))
		what = REPORT_REFUSED;
	if (what == REPORT_REFUSED)
		note_fault(report, &fields);
	return what;
}

void report_free(struct guest_report *report)
{
	free(report->answers);
	free(report->failures);
	free(report->asks);
	free(report->cpus);
	free(report->areas);
	free(report->stacks);
	free(report->steps);
	free(report->memory);
	free(report->parts);
	free(report->hypercalls);
	*report = (struct guest_report){ 0 };
}

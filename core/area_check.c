// SPDX-License-Identifier: MIT
/*
 * The contracts of vCPU areas: is a platform's table of kinds in order, and does one area keep what
 * its kind promises? Called before the hypervisor hears of an area, so that a mistake is one line of
 * ours and not its refusal. Pure: it must never call a hook or touch an area.
 */
#include "core/align.h"
#include "core/area_store.h"
#include "core/report_word.h"
#include "core/string.h"

#include <muster/console.h>

struct fault_text {
	char *message;
	size_t size;
	const char *platform;
};

static enum area_fault say(const struct fault_text *text, enum area_fault fault, const char *kind,
			   const char *rule)
{
	format_text(text->message, text->size, "platform %s: area %s: %s", text->platform, kind,
		    rule);
	return fault;
}

static enum area_fault check_size(const struct area_kind *kind, const struct fault_text *text)
{
	if (!kind->size || kind->told < kind->size)
		return say(text, AREA_BAD_SIZE, kind->name,
			   kind->size ? "fewer bytes are told than used" : "it has no bytes");
	if (!is_power_of_two(kind->align))
		return say(text, AREA_BAD_ALIGN, kind->name, "its alignment is no power of two");
	if (kind->no_cross && !is_power_of_two(kind->no_cross))
		return say(text, AREA_BAD_CROSS, kind->name,
			   "what it may not cross is no power of two");
	if (kind->no_cross && kind->told > kind->no_cross)
		return say(text, AREA_BAD_CROSS, kind->name,
			   "it is larger than what it may not cross");
	return AREA_IN_ORDER;
}

static enum area_fault check_given(const struct area_kind *kind, const struct fault_text *text)
{
	if (kind->undo_kind != UNDO_NOTHING || kind->once_only || kind->whole_pages)
		return say(
			text, AREA_BAD_GIVEN, kind->name,
			"the hypervisor gives it: there is nothing to undo, and no page of ours");
	if (!kind->locate || kind->attach || kind->detach)
		return say(text, AREA_BAD_HOOK, kind->name,
			   "the hypervisor gives it: locate, and neither attach nor detach");
	return AREA_IN_ORDER;
}

static enum area_fault check_hooks(const struct area_kind *kind, const struct fault_text *text)
{
	bool at_crash = kind->at_crash != AREA_CRASH_LEAVE;

	if ((unsigned int)kind->at_crash > AREA_CRASH_DETACH_ALL ||
	    at_crash != !!kind->crash_detach)
		return say(text, AREA_BAD_HOOK, kind->name,
			   "crash_detach is there if a crash is to detach it, and only then");
	if (kind->given)
		return check_given(kind, text);
	if (!kind->attach || kind->locate)
		return say(text, AREA_BAD_HOOK, kind->name,
			   "we choose its address: attach, and not locate");
	if ((unsigned int)kind->undo_kind >= UNDO_NOTHING)
		return say(text, AREA_BAD_UNDO, kind->name,
			   "the hypervisor holds it: that is not undone by nothing");
	if ((kind->undo_kind == UNDO_STEP) != !!kind->detach)
		return say(text, AREA_BAD_UNDO, kind->name,
			   kind->detach ? "its detach would never be called"
					: "it can be undone, it says, and has no detach");
	if (kind->once_only && kind->undo_kind == UNDO_STEP)
		return say(text, AREA_ONCE_UNDONE, kind->name,
			   "it is registered once only, and could not come back");
	return AREA_IN_ORDER;
}

/* Against the rows before it. */
static enum area_fault check_place(const struct area_table *table, size_t row,
				   const struct fault_text *text)
{
	const struct area_kind *kind = &table->kinds[row];
	const struct area_kind *after = NULL;

	if (kind->where != WHERE_PREPARE && kind->where != WHERE_ONLINE)
		return say(text, AREA_BAD_WHERE, kind->name,
			   "it is registered in PREPARE or in ONLINE");
	if (row && kind->where < table->kinds[row - 1].where)
		return say(text, AREA_BAD_WHERE, kind->name,
			   "PREPARE is over when it would be registered");
	for (size_t i = 0; i < row; i++) {
		if (!strcmp(kind->name, table->kinds[i].name))
			return say(text, AREA_NAME_TWICE, kind->name, "two rows have this name");
		if (kind->after && !strcmp(kind->after, table->kinds[i].name))
			after = &table->kinds[i];
	}
	if (kind->after && !after)
		return say(text, AREA_BAD_AFTER, kind->name, "no earlier row is what it rests on");
	if (after && after->undo_kind == UNDO_STEP && kind->undo_kind != UNDO_STEP &&
	    kind->undo_kind != UNDO_NOTHING)
		return say(text, AREA_AFTER_STAYS, kind->name,
			   "it stays, and what it rests on could be taken back");
	return AREA_IN_ORDER;
}

enum area_fault areas_check(const struct area_table *table, char *message, size_t size)
{
	const struct fault_text text = { message, size, table->platform };

	if (!table->count || table->count > AREA_KINDS_MAX)
		return say(&text, AREA_TOO_MANY, "(all)",
			   table->count ? "there are too many kinds" : "there are no kinds");
	for (size_t i = 0; i < table->count; i++) {
		const struct area_kind *kind = &table->kinds[i];
		enum area_fault fault;

		if (!is_report_word(kind->name))
			return say(&text, AREA_NO_NAME, kind->name ? kind->name : "(none)",
				   "a name is made of a-z, 0-9 and -");
		fault = check_size(kind, &text);
		if (!fault)
			fault = check_hooks(kind, &text);
		if (!fault)
			fault = check_place(table, i, &text);
		if (fault)
			return fault;
	}
	return AREA_IN_ORDER;
}

const char *area_broken_rule(const struct area_kind *kind, uintptr_t pointer, uint64_t physical)
{
	uint64_t last = physical + (kind->told - 1);

	if (!physical || last < physical)
		return physical ? "wraps" : "address 0 stands for none";
	if (physical & (kind->align - 1))
		return "is not aligned";
	if (kind->no_cross && align_down(last, kind->no_cross) > physical)
		return "crosses what it may not cross";
	if (kind->whole_pages && physical & (MEMORY_PAGE_SIZE - 1))
		return "does not begin a page";
	if (!pointer || pointer + (kind->told - 1) < pointer)
		return "cannot be reached by an address of ours";
	/* Both go to the hook; one that says anything else than the other is wrong. */
	if ((pointer ^ physical) & (MEMORY_PAGE_SIZE - 1))
		return "has another offset in its page than its address of ours";
	return NULL;
}

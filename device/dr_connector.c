// SPDX-License-Identifier: MIT
/*
 * Takes cores from dynamic reconfiguration connectors and gives them back. Called by the PAPR platform when a
 * kernel polls. Trusts nothing in an event or a node that comes: all lengths and offsets are held against the
 * area that they are in. Must never isolate a core whose CPUs may run: that they do not is the caller's word.
 */
#include "device/dr_connector.h"

#include "core/string.h"

#include <muster/clock.h>
#include <muster/console.h>
#include <muster/error.h>
#include <stdbool.h>

/* An event: LoPAPR 1.1, 10.3.2: eight bytes, of which the last of the first four is a type, then an extended
 * part in version 6: a header and sections, each with its length (10.3.2.2.1). */
#define LOG_TYPE	 3u
#define TYPE_HOTPLUG	 0xe5u
#define LOG_LENGTH	 4u /* of the extended part */
#define LOG_HEAD	 8u
#define EXTENDED_HEAD	 16u
#define SECTION_ID	 0u
#define SECTION_LENGTH	 2u
#define SECTION_HEAD	 8u
#define SECTION_HOTPLUG	 0x4850u /* "HP": 10.3.2.2.12 */
#define HOTPLUG_RESOURCE 8u
#define HOTPLUG_ACTION	 9u
#define HOTPLUG_NAMED_BY 10u
#define HOTPLUG_INDEX	 12u
#define HOTPLUG_BYTES	 16u
#define RESOURCE_CPU	 1u
#define ACTION_ADD	 1u
#define ACTION_REMOVE	 2u
#define NAMED_BY_INDEX	 2u

#define EVENTS_MAX	 64u /* that are looked at in one go */

/* Indicators and their states: 13.5.3.4. What dr-entity-sense says: 13.5.3.3. */
#define ISOLATION_STATE	 9001u
#define ISOLATED	 0u
#define NOT_ISOLATED	 1u
#define ALLOCATION_STATE 9003u
#define UNUSABLE	 0u
#define USABLE		 1u
#define SENSE_PRESENT	 1u

/* The work area: words, big-endian, and what ibm,configure-connector returns (13.5.3.5). */
#define WORK_INDEX	   0u
#define WORK_NAME	   2u /* offset of a property's name */
#define WORK_LENGTH	   3u
#define WORK_VALUE	   4u /* offset of its value */
#define CONFIGURE_DONE	   0
#define CONFIGURE_PROPERTY 3
#define CONFIGURE_PARENT   4
#define CONFIGURE_BUSY	   (-2)
#define LONG_BUSY_FIRST	   9900 /* 7.2.8 */
#define LONG_BUSY_LAST	   9905
#define CONFIGURE_MAX	   4096u /* calls for one core */
#define BUSY_MILLISECONDS  1000u

static uint32_t word_at(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t half_at(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static int bad_event(const char *rule, uint32_t value)
{
	console_print("muster: rtas: hot-plug event: %s: %#x\n", rule, value);
	return MUSTER_E_CORRUPT;
}

static int not_for_us(const char *what, uint32_t value)
{
	console_print("muster: rtas: event: %s %#x: left alone\n", what, value);
	return MUSTER_E_NOT_SUPPORTED;
}

static int read_section(const uint8_t *section, struct dr_event *event)
{
	uint32_t action = section[HOTPLUG_ACTION];

	if (section[HOTPLUG_RESOURCE] != RESOURCE_CPU)
		return not_for_us("resource of type", section[HOTPLUG_RESOURCE]);
	if (section[HOTPLUG_NAMED_BY] != NAMED_BY_INDEX)
		return not_for_us("CPU that is named in way", section[HOTPLUG_NAMED_BY]);
	if (action != ACTION_ADD && action != ACTION_REMOVE)
		return bad_event("neither added nor removed", action);
	event->action = action == ACTION_ADD ? DR_ADDED : DR_WANTED;
	event->index = word_at(section + HOTPLUG_INDEX);
	return 0;
}

int dr_event_read(const uint8_t *log, uint32_t size, struct dr_event *event)
{
	uint32_t end, at = LOG_HEAD + EXTENDED_HEAD;

	if (size < LOG_HEAD)
		return bad_event("shorter than its head", size);
	if (log[LOG_TYPE] != TYPE_HOTPLUG)
		return not_for_us("type", log[LOG_TYPE]);
	end = word_at(log + LOG_LENGTH);
	if (end > size - LOG_HEAD)
		return bad_event("longer than there was room for", end);
	end += LOG_HEAD;
	while (at < end && end - at >= SECTION_HEAD) {
		uint32_t length = half_at(log + at + SECTION_LENGTH);
		bool hotplug = half_at(log + at + SECTION_ID) == SECTION_HOTPLUG;

		if (length < (hotplug ? HOTPLUG_BYTES : SECTION_HEAD) || length > end - at)
			return bad_event("a section's length cannot be", length);
		if (hotplug)
			return read_section(log + at, event);
		at += length;
	}
	return bad_event("no section that says what happened; length", end);
}

int dr_event_next(const struct dr_calls *calls, struct dr_event *event)
{
	for (uint32_t i = 0; i < EVENTS_MAX; i++) {
		memset(calls->log, 0, DR_LOG_BYTES);
		if (calls->event(calls->log))
			return 0;
		if (!dr_event_read(calls->log, DR_LOG_BYTES, event))
			return 1;
	}
	return 0;
}

static bool is_busy(int32_t status)
{
	return status == CONFIGURE_BUSY || (status >= LONG_BUSY_FIRST && status <= LONG_BUSY_LAST);
}

static int indicate(const struct dr_calls *calls, uint32_t indicator, uint32_t index,
		    uint32_t state)
{
	struct clock_limit limit = clock_limit_begin(BUSY_MILLISECONDS);
	int32_t status;

	while (is_busy(status = calls->indicate(indicator, index, state)) &&
	       !clock_limit_over(&limit))
		;
	if (!status)
		return 0;
	console_print("muster: rtas: set-indicator %u of connector %#x to %u: status %d\n",
		      indicator, index, state, status);
	return MUSTER_E_TIMED_OUT;
}

/* A list of 32-bit numbers, of which the first `skip` are left out. */
static uint32_t read_list(const uint8_t *value, uint32_t length, uint32_t skip, uint32_t *list,
			  uint32_t max)
{
	uint32_t count = length / 4 > skip ? length / 4 - skip : 0;

	if (count > max)
		count = max;
	for (uint32_t i = 0; i < count; i++)
		list[i] = word_at(value + 4 * (skip + i));
	return count;
}

/* What is where in the work area: offset and length, if it lies in it. NULL: it does not. */
static const uint8_t *part_of(const uint8_t *work, uint32_t word, uint32_t length)
{
	uint32_t offset = word_at(work + 4 * word);

	return offset <= DR_WORK_BYTES && length <= DR_WORK_BYTES - offset ? work + offset : NULL;
}

static const char *name_of(const uint8_t *work)
{
	const uint8_t *name = part_of(work, WORK_NAME, 0);

	for (const uint8_t *end = name; name && end < work + DR_WORK_BYTES; end++)
		if (!*end)
			return (const char *)name;
	return NULL;
}

static int bad_node(uint32_t index, const char *rule, uint32_t value)
{
	console_print("muster: rtas: ibm,configure-connector of %#x: %s: %#x\n", index, rule,
		      value);
	return MUSTER_E_CORRUPT;
}

static int read_property(const uint8_t *work, uint32_t index, struct dr_core *core)
{
	uint32_t length = word_at(work + 4 * WORK_LENGTH);
	const uint8_t *value = part_of(work, WORK_VALUE, length);
	const char *name = name_of(work);

	if (!name)
		return bad_node(index, "a property's name is outside of the work area",
				word_at(work + 4 * WORK_NAME));
	if (!value)
		return bad_node(index, "a property's value is outside of the work area", length);
	if (!strcmp(name, "ibm,ppc-interrupt-server#s"))
		core->server_count = read_list(value, length, 0, core->servers, DR_THREADS_MAX);
	else if (!strcmp(name, "ibm,associativity"))
		core->domain_count = read_list(value, length, 1, core->domains, DR_DOMAINS_MAX);
	return 0;
}

/* The core's node: each call brings a property, or goes on to another node. */
static int configure(const struct dr_calls *calls, uint32_t index, struct dr_core *core)
{
	struct clock_limit limit = clock_limit_begin(BUSY_MILLISECONDS);

	memset(calls->work, 0, DR_WORK_BYTES);
	for (uint32_t i = 0; i < 4; i++)
		calls->work[4 * WORK_INDEX + i] = (uint8_t)(index >> (24 - 8 * i));
	for (uint32_t i = 0; i < CONFIGURE_MAX; i++) {
		int32_t status = calls->configure(calls->work);
		int error = 0;

		if (status == CONFIGURE_DONE)
			return core->server_count
				       ? 0
				       : bad_node(index, "no ibm,ppc-interrupt-server#s", 0);
		if (is_busy(status) && !clock_limit_over(&limit))
			continue;
		if (status < 0 || status > CONFIGURE_PARENT)
			return bad_node(index, "status", (uint32_t)status);
		if (status == CONFIGURE_PROPERTY)
			error = read_property(calls->work, index, core);
		if (error)
			return error;
	}
	return bad_node(index, "a node without an end; calls", CONFIGURE_MAX);
}

int dr_core_give(const struct dr_calls *calls, uint32_t index)
{
	int error = indicate(calls, ISOLATION_STATE, index, ISOLATED);
	uint32_t state = 0;

	if (!error)
		error = indicate(calls, ALLOCATION_STATE, index, UNUSABLE);
	if (error)
		return error;
	/* A connector that is empty may say so, or nothing at all. */
	if (calls->sense(index, &state) || state != SENSE_PRESENT)
		return 0;
	console_print("muster: rtas: connector %#x: it says that the core is there still\n", index);
	return MUSTER_E_TIMED_OUT;
}

int dr_core_take(const struct dr_calls *calls, uint32_t index, struct dr_core *core)
{
	int error = indicate(calls, ALLOCATION_STATE, index, USABLE);

	*core = (struct dr_core){ 0 };
	if (error)
		return MUSTER_E_NOT_FOUND;
	error = indicate(calls, ISOLATION_STATE, index, NOT_ISOLATED);
	if (error) {
		(void)indicate(calls, ALLOCATION_STATE, index, UNUSABLE);
		return MUSTER_E_NOT_FOUND;
	}
	error = configure(calls, index, core);
	if (error)
		(void)dr_core_give(calls, index);
	return error;
}

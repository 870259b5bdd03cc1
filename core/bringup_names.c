// SPDX-License-Identifier: MIT
/*
 * The words for capabilities, phases and undo kinds, for messages and the report. Nothing else.
 */
#include <muster/bringup.h>

static const char *const capability_names[] = {
	[CAP_PERCPU_BASE] = "percpu-base",
	[CAP_EARLY_TRAPS] = "early-traps",
	[CAP_COMMAND_LINE] = "command-line",
	[CAP_CONSOLE] = "console",
	[CAP_CLOCK] = "clock",
	[CAP_MEMORY_MAP] = "memory-map",
	[CAP_LAYOUT] = "layout",
	[CAP_FIXMAP] = "fixmap",
	[CAP_PAGE_TABLES] = "page-tables",
	[CAP_FIRMWARE] = "firmware",
	[CAP_NODES] = "nodes",
	[CAP_CPU_IDS] = "cpu-ids",
	[CAP_INTERRUPTS] = "interrupts",
	[CAP_UNITS] = "units",
	[CAP_START_CODE] = "start-code",
	[CAP_UNIT] = "unit",
	[CAP_STACK] = "stack",
	[CAP_CALL_QUEUE] = "call-queue",
	[CAP_STARTED] = "started",
	[CAP_DESCRIPTORS] = "descriptors",
	[CAP_CPU_CHECKED] = "cpu-checked",
	[CAP_EVENT_QUEUE] = "event-queue",
	[CAP_CPU_INTERRUPT] = "cpu-interrupt",
	[CAP_HYPERVISOR] = "hypervisor",
	[CAP_SHARED_AREAS] = "shared-areas",
	[CAP_ONLINE] = "online",
};
_Static_assert(sizeof(capability_names) / sizeof(capability_names[0]) == CAP_COUNT,
	       "every capability has a name");

const char *capability_name(enum capability capability)
{
	return (unsigned int)capability < CAP_COUNT ? capability_names[capability] : "unknown";
}

const char *step_where_name(enum step_where where)
{
	static const char *const names[WHERE_COUNT] = { "BOOT", "PREPARE", "START", "ONLINE",
							"LEAVE" };

	return (unsigned int)where < WHERE_COUNT ? names[where] : "unknown";
}

const char *undo_kind_name(enum undo_kind kind)
{
	static const char *const names[] = { "undo", "undo-whole-guest", "none", "nothing" };

	return (unsigned int)kind <= UNDO_NOTHING ? names[kind] : "unknown";
}

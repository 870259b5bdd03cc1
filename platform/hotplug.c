// SPDX-License-Identifier: MIT
/*
 * CPUs that come and go, for a kernel that polls (muster/hotplug.h): what the platform hears from the
 * host, held against the CPU table. Must never take a CPU for one of the table's by anything but its
 * hardware id.
 */
#include "core/cpu_table.h"
#include "core/runner.h"
#include "platform/platform.h"

#include <muster/muster.h>

static bool allowed(void)
{
	return bringup_is_over() && !cpu_this().number && !call_queue_is_serving();
}

/* Does it change anything? Then it is an event. */
static bool enter(const struct platform_news *news, struct cpu_hotplug_event *event)
{
	cpu_t cpu = cpu_by_hwid(news->hwid);

	if (cpu_is_none(cpu)) {
		console_print(
			"muster: CPU hotplug: the host speaks of a CPU with hardware id %#llx, which no record has: it is left alone\n",
			(unsigned long long)news->hwid.value);
		return false;
	}
	event->cpu = cpu;
	event->kind = news->appeared ? CPU_HOTPLUG_APPEARED : CPU_HOTPLUG_ASKED_BACK;
	/* One that came before the firmware counted is there already; the news is old. */
	return news->appeared ? !cpu_appear(cpu) : cpu_state(cpu) != CPU_POSSIBLE;
}

int cpu_hotplug_poll(struct cpu_hotplug_event *event)
{
	const struct platform *platform = platform_current();
	struct platform_news news;
	int heard;

	if (!allowed())
		return MUSTER_E_ORDER;
	if (!platform->hotplug_poll)
		return MUSTER_E_NOT_SUPPORTED;
	/* A host that never stops talking is heard again at the next poll. */
	for (uint32_t i = 0; i < cpu_possible_count(); i++) {
		heard = platform->hotplug_poll(&news);
		if (heard <= 0)
			return heard;
		if (enter(&news, event))
			return 1;
	}
	return 0;
}

int cpu_eject(cpu_t cpu)
{
	const struct platform *platform = platform_current();
	int error;

	if (!allowed())
		return MUSTER_E_ORDER;
	if (!cpu.number || cpu.number >= cpu_possible_count())
		return MUSTER_E_INVALID;
	switch (cpu_state(cpu)) {
	case CPU_POSSIBLE:
		return MUSTER_E_NOT_FOUND;
	case CPU_PRESENT:
	case CPU_HELD:
	case CPU_FAILED:
		break;
	default:
		return MUSTER_E_BUSY;
	}
	error = platform->hotplug_eject ? platform->hotplug_eject(cpu) : MUSTER_E_NOT_SUPPORTED;
	if (!error)
		return cpu_vanish(cpu);
	console_print("muster: CPU %u (hardware id %#llx): the host does not take it: %s\n",
		      cpu.number, (unsigned long long)cpu_hwid(cpu).value,
		      muster_error_name(error));
	return error;
}

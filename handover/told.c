// SPDX-License-Identifier: MIT
/*
 * What the payload is told: its command line and modules, and the park region. How that is written down is the
 * platform's (platform/handover.h); where it goes is decided here: where nobody overwrites it. Called by plan.c.
 */
#include "arch/park.h"
#include "core/machine.h"
#include "core/string.h"
#include "handover/plan.h"

#include <muster/muster.h>

static int line_write(const struct handover_plan *plan, char line[HANDOVER_LINE_MAX + 1])
{
	const struct payload_part *append = &plan->payload.append;
	const char *text = plan->request->command_line;
	size_t length = text ? strnlen(text, HANDOVER_LINE_MAX + 1) : append->size;

	if (length > HANDOVER_LINE_MAX) {
		console_print("muster: payload: command line: %zu characters: at most %u\n", length,
			      HANDOVER_LINE_MAX);
		return MUSTER_E_INVALID;
	}
	if (!text && length)
		text = machine_get()->direct(append->base);
	if (length)
		memcpy(line, text, length);
	line[length] = '\0';
	return 0;
}

/* In the region; or, where it has an account of itself, in memory of its own. */
static int place(struct handover_plan *plan, struct handover_telling *telling)
{
	if (PARK_TOLD_PAGE) {
		telling->at = plan->region + PARK_TOLD_PAGE;
		telling->bytes = PARK_TOLD_BYTES;
	} else {
		telling->bytes = plan->platform->told_bytes();
		telling->at = plan_alloc(plan, telling->bytes, park_reach(), "payload");
	}
	plan->told = telling->at;
	return telling->at ? 0 : MUSTER_E_NO_MEMORY;
}

int told_write(struct handover_plan *plan)
{
	static char line[HANDOVER_LINE_MAX + 1];
	const struct payload_part *initrd = &plan->payload.initrd, *module = &plan->module;
	struct handover_telling telling = {
		.command_line = line,
		.initrd = { initrd->base, initrd->size },
		.region = { plan->region, plan->region_size },
	};
	int error = line_write(plan, line);

	if (plan->request->hand_on)
		telling.module = (struct handover_range){ module->base, module->size };
	if (!error)
		error = place(plan, &telling);
	return error ? error : plan->platform->tell(&telling);
}

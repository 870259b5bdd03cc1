// SPDX-License-Identifier: MIT
/* What a kernel can know of the one before it: muster/handover.h. */
#include "core/machine.h"
#include "platform/handover.h"
#include "platform/platform.h"

#include <muster/handover.h>

static const struct handed_over *handed_over(void)
{
	const struct platform *platform = platform_current();

	return platform->handover ? platform->handover->arrived() : NULL;
}

bool handover_arrived(struct handover_arrival *arrival)
{
	const struct handed_over *handed = handed_over();
	const struct park_page *page;

	*arrival = (struct handover_arrival){ 0 };
	if (!handed || !handed->region_size)
		return false;
	if (!handed->good)
		return true;
	page = machine_get()->direct(handed->region);
	*arrival = (struct handover_arrival){
		.good = true,
		.generation = handed->found.record.generation,
		.online = handed->found.record.online,
		.parked = handed->parked,
		.left = handed->again ? handed->parked
				      : __atomic_load_n(&page->left, __ATOMIC_ACQUIRE),
		.nmis = __atomic_load_n(&page->nmis, __ATOMIC_RELAXED),
		.machine_checks = __atomic_load_n(&page->machine_checks, __ATOMIC_RELAXED),
		.free_bytes = handed->found.record.free_bytes,
		.region = handed->region,
		.region_size = handed->region_size,
	};
	return true;
}

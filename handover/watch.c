// SPDX-License-Identifier: MIT
/*
 * Watches memory that the hypervisor had of the kernel before this one and has given back, by that kernel's
 * account (docs/park.md): nobody may write there any more. It was marked as soon as there were page tables, and
 * has been kept from being given out until now.
 * Called by a kernel on the boot CPU.
 */
#include "core/machine.h"
#include "platform/handover.h"
#include "platform/platform.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

static bool is_watched(const struct memory_range *range)
{
	return range->kind == MEMORY_RAM && range->owner &&
	       !__builtin_strcmp(range->owner, HANDED_BACK_OWNER);
}

/* The first byte that is not as it was; 0: all are. */
static uint64_t look(const struct memory_range *range)
{
	const volatile uint64_t *words = machine_get()->direct(range->base);

	for (uint64_t at = 0; at < range->size; at += sizeof(*words))
		if (words[at / sizeof(*words)] != handed_back_pattern(range->base + at))
			return range->base + at;
	return 0;
}

int handover_watch(uint32_t milliseconds, uint64_t *bytes)
{
	struct clock_limit limit = clock_limit_begin(milliseconds);
	const struct memory_range *range;
	const struct handed_over *handed =
		platform_current()->handover ? platform_current()->handover->arrived() : NULL;
	int changed = handed ? (int)__atomic_load_n(&handed->held, __ATOMIC_RELAXED) : 0;

	*bytes = 0;
	/* Others are at work meanwhile, and their vCPUs come and go. */
	while (!clock_limit_over(&limit))
		cpu_relax();
	for (size_t i = 0; (range = mem_at(i));) {
		struct memory_range was = *range;
		uint64_t at = is_watched(range) ? look(range) : 0;

		if (at) {
			console_print(
				"muster: handover: memory at %#jx was given back, and somebody "
				"writes there\n",
				at);
			changed++;
		}
		i++;
		if (!is_watched(&was))
			continue;
		*bytes += was.size;
		(void)mem_free(was.base, was.size);
		i = 0; /* the list has changed */
	}
	return changed;
}

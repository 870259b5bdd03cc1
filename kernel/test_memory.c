// SPDX-License-Identifier: MIT
/* Self-tests of early memory on the real map: wishes are kept, what is freed can be had again. */
#include "kernel/tests.h"

static bool list_is_sound(void)
{
	uint64_t end = 0;

	for (size_t i = 0; i < mem_count(); i++) {
		const struct memory_range *range = mem_at(i);

		if (!range->size || range->base < end)
			return false;
		end = range->base + range->size;
	}
	return true;
}

void test_memory(struct ktap *ktap)
{
	uint64_t free_before = mem_free_total();
	uint64_t low = mem_alloc(4096, 4096, .owner = "test", .limit = 1 << 20);
	uint64_t uncrossed = mem_alloc(640, 128, .owner = "test", .no_cross = 4096);

	ktap_result(ktap, low && low + 4096 <= 1 << 20, "memory: a page below 1 MiB");
	ktap_result(ktap, uncrossed && uncrossed / 4096 == (uncrossed + 639) / 4096,
		    "memory: 640 bytes that do not cross 4 KiB");
	ktap_result(ktap, mem_owned_by("test") == 4096 + 640, "memory: the owner has both");
	ktap_result(ktap, !mem_free(low, 4096) && !mem_free(uncrossed, 640),
		    "memory: both go back");
	ktap_result(ktap, mem_free_total() == free_before, "memory: nothing is lost");
	ktap_result(ktap, list_is_sound(), "memory: the list is in order, without overlaps");
	ktap_result(ktap, !mem_owned_by("boot area"), "memory: the boot area has been given back");
}

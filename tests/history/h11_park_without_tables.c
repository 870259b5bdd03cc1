// SPDX-License-Identifier: MIT
/*
 * H11: CPUs parked without descriptor tables die of the first NMI. The muster kernel once more, with a park
 * region whose interrupt table has no entry, as the published CPU parks had none: linked with
 * --wrap=park_region_fill. Its CPUs wait as well as any others, until an NMI comes: there is no way to take it,
 * and the machine stops. The real one takes eight and counts them (tests/boot/matrix.txt, h11-*).
 */
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/park.h"

void __real_park_region_fill(uint64_t physical, uint64_t size, uint32_t slots);
void __wrap_park_region_fill(uint64_t physical, uint64_t size, uint32_t slots);

void __wrap_park_region_fill(uint64_t physical, uint64_t size, uint32_t slots)
{
	uint8_t *code = page_table_direct(physical + PARK_CODE_PAGE);
	volatile uint16_t *limit = (volatile uint16_t *)(code + PARK_IDT_POINTER);

	__real_park_region_fill(physical, size, slots);
	*limit = 0;
}

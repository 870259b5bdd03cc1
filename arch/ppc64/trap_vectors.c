// SPDX-License-Identifier: MIT
/*
 * Makes the vectors: numbers that are not known when they are linked, the copy at the bottom of memory, and what
 * becomes there of CPUs in a park region. Called by the steps `page-tables` and, before it, `memory-map`, by
 * handovers, and by who begins translation. What is at 0x100 and 0x200 must be whole at every moment: CPUs in a
 * park region may go there at any.
 */
#include "arch/ppc64/offsets.h"
#include "arch/ppc64/page_table.h"
#include "arch/ppc64/registers.h"
#include "arch/ppc64/trap.h"
#include "core/machine.h"
#include "core/string.h"

#include <muster/arch/cpu.h>

extern uint32_t vectors[], vectors_end[], vectors_common[], vectors_msr[], vectors_low[];
extern uint32_t trap_fatal_stack[], trap_fatal_lock[];
extern char fatal_stack_top[];
void trap_common(void);

/* `b` by that many bytes: Power ISA 3.0 B, 2.4. */
#define BRANCH(by) (0x48000000u | ((uint32_t)(by)&0x03fffffcu))

/* The four instructions of a load that take 16 bits of the number each; the third shifts. */
static void number_fill(uint32_t *code, uint64_t number)
{
	static const uint8_t places[] = { 0, 1, 3, 4 };

	for (uint32_t i = 0; i < 4; i++)
		code[places[i]] = (code[places[i]] & 0xffff0000u) |
				  (uint32_t)(number >> (48 - 16 * i) & 0xffff);
}

void trap_vectors_fill(uint64_t translation)
{
	/* The lock is the last word of the stack: nobody else uses that. */
	uint64_t top = (uintptr_t)fatal_stack_top - 16;

	number_fill(vectors_common, (uintptr_t)trap_common);
	number_fill(trap_fatal_lock, top);
	number_fill(trap_fatal_stack, top - TRAP_FRAME_SIZE);
	*vectors_msr = (*vectors_msr & 0xffff0000u) | (uint32_t)translation;
	code_written(vectors, vectors_end);
	code_written(trap_fatal_lock, trap_fatal_stack + 8);
}

/* Both are in use, whatever is done: one copy by whoever is there now, the other is made. */
static void copy_low(char *low)
{
	uint32_t *entries[] = { (uint32_t *)(low + TRAP_SYSTEM_RESET),
				(uint32_t *)(low + TRAP_MACHINE_CHECK) };
	uint32_t place = *entries[0] == BRANCH(VECTORS_LOW_FIRST - TRAP_SYSTEM_RESET)
				 ? VECTORS_LOW_SECOND
				 : VECTORS_LOW_FIRST;

	memcpy(low + place, vectors_low, (size_t)2 * VECTORS_LOW_EACH);
	code_written(low + place, low + place + (size_t)2 * VECTORS_LOW_EACH);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t from = i ? TRAP_MACHINE_CHECK : TRAP_SYSTEM_RESET;

		__atomic_store_n(entries[i], BRANCH(place + i * VECTORS_LOW_EACH - from),
				 __ATOMIC_RELEASE);
	}
	code_written(low + TRAP_SYSTEM_RESET, low + TRAP_DATA_STORAGE);
}

static bool copied;

void trap_vectors_copy(void)
{
	char *low = machine_get()->direct(0);
	size_t size = (size_t)((const char *)vectors_end - (const char *)vectors);

	memcpy(low + TRAP_DATA_STORAGE, (const char *)vectors + TRAP_DATA_STORAGE,
	       size - TRAP_DATA_STORAGE);
	code_written(low, low + size);
	copy_low(low);
	copied = true;
}
_Static_assert(VECTORS_LOW + 2 * VECTORS_LOW_EACH <= VECTORS_LOW_FIRST, "room for the first");
_Static_assert(VECTORS_LOW_FIRST + 2 * VECTORS_LOW_EACH <= VECTORS_LOW_SECOND, "for the second");
_Static_assert(VECTORS_LOW_SECOND + 2 * VECTORS_LOW_EACH <= VECTORS_SIZE, "and no more");

/* The bottom of memory is not mapped, and code is not writable: both are reached without translation, where this
 * CPU must not use its unit. */
static void low_change(const uint64_t numbers[2][3], uint32_t otherwise)
{
	uint64_t flags = interrupts_save_off();
	bool was_on = translation_is_on();

	translation_set(false);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t *code = vectors_low + i * VECTORS_LOW_EACH / sizeof(*code);

		number_fill(code + LOW_REGION, numbers[i][0]);
		number_fill(code + LOW_REGION_SIZE, numbers[i][1]);
		number_fill(code + LOW_HANDLER, numbers[i][2]);
		code[LOW_ELSE] = otherwise;
	}
	if (copied)
		copy_low((char *)KERNEL_VIRTUAL);
	translation_set(was_on);
	interrupts_restore(flags);
}

static uint64_t inside[2][3];

#define NOTHING 0x60000000u /* ori 0,0,0 */

void trap_vectors_inside(uint64_t region, uint64_t size, uint64_t system_reset,
			 uint64_t machine_check)
{
	const uint64_t numbers[2][3] = { { region, size, system_reset },
					 { region, size, machine_check } };

	memcpy(inside, numbers, sizeof(inside));
	low_change(inside, NOTHING);
}

void trap_vectors_leave(void)
{
	low_change(inside, BRANCH(3 * sizeof(uint32_t)));
}

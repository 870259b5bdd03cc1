// SPDX-License-Identifier: MIT
/*
 * Calls of RTAS. Called by who starts and asks after CPUs, and by the way out, maybe after a panic: nothing
 * but the call itself may be needed. Never on two CPUs at once.
 */
#include "platform/papr/rtas.h"

#include "arch/ppc64/start.h"
#include "firmware/device_tree.h"

#include <muster/arch/cpu.h>
#include <stddef.h>

/* LoPAPR 7.2.7, table 7. Big-endian. */
static struct {
	uint32_t token;
	uint32_t in_count;
	uint32_t out_count;
	uint32_t words[RTAS_ARGUMENTS];
} arguments __attribute__((aligned(64)));
_Static_assert(offsetof(typeof(arguments), words) == 12, "LoPAPR 7.2.7");

static uint64_t rtas_entry, rtas_base;

void rtas_set(uint64_t entry, uint64_t base)
{
	rtas_entry = entry;
	rtas_base = base;
}

int32_t rtas_call(uint32_t token, const uint32_t *in, uint32_t in_count, uint32_t *results,
		  uint32_t out_count)
{
	uint64_t flags;

	if (!rtas_entry || token == DEVICE_TREE_NO_TOKEN || in_count + out_count > RTAS_ARGUMENTS)
		return RTAS_PARAMETER;
	flags = interrupts_save_off();
	arguments.token = __builtin_bswap32(token);
	arguments.in_count = __builtin_bswap32(in_count);
	arguments.out_count = __builtin_bswap32(out_count);
	for (uint32_t i = 0; i < in_count; i++)
		arguments.words[i] = __builtin_bswap32(in[i]);
	for (uint32_t i = in_count; i < RTAS_ARGUMENTS; i++)
		arguments.words[i] = 0;
	(void)ppc64_firmware_call(rtas_entry, physical_of(&arguments), rtas_base);
	for (uint32_t i = 1; i < out_count && results; i++)
		results[i - 1] = __builtin_bswap32(arguments.words[in_count + i]);
	interrupts_restore(flags);
	return (int32_t)__builtin_bswap32(arguments.words[in_count]);
}

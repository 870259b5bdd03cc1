// SPDX-License-Identifier: MIT
/* Compares two sets of control registers; pure, so that the host can test it. */
#include "arch/x86_64/cpu_check.h"

__attribute__((noinline)) static const char *find(const struct control_registers *expected,
						  const struct control_registers *found,
						  uint64_t *expected_value, uint64_t *found_value)
{
	const struct {
		const char *name;
		uint64_t expected, found;
	} pairs[] = {
		{ "APIC id", expected->hwid, found->hwid }, { "CR0", expected->cr0, found->cr0 },
		{ "CR4", expected->cr4, found->cr4 },	    { "EFER", expected->efer, found->efer },
		{ "PAT", expected->pat, found->pat },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].expected == pairs[i].found)
			continue;
		*expected_value = pairs[i].expected;
		*found_value = pairs[i].found;
		return pairs[i].name;
	}
	return NULL;
}

const char *control_registers_differ(const struct control_registers *expected,
				     const struct control_registers *found,
				     uint64_t *expected_value, uint64_t *found_value)
{
	/* As a rule all are alike. */
	if (!((expected->hwid ^ found->hwid) | (expected->cr0 ^ found->cr0) |
	      (expected->cr4 ^ found->cr4) | (expected->efer ^ found->efer) |
	      (expected->pat ^ found->pat)))
		return NULL;
	return find(expected, found, expected_value, found_value);
}

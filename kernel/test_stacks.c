// SPDX-License-Identifier: MIT
/* Self-tests of stacks: everybody has them, each has been used, none to the end. Comes last, when
 * the other tests have used them. */
#include "kernel/tests.h"

void test_stacks(struct ktap *ktap)
{
	uint32_t missing = 0, unused = 0, full = 0;
	size_t most = 0;

	for_each_cpu (cpu) {
		size_t used;

		if (!cpu_is_online(cpu) || !cpu.number)
			continue;
		for (unsigned int kind = 0; kind < STACK_KINDS; kind++)
			missing += stack_size((enum stack_kind)kind) &&
				   !stack_top(cpu, (enum stack_kind)kind);
		used = stack_high_water(cpu, STACK_MAIN);
		unused += !used;
		full += used >= stack_size(STACK_MAIN);
		most = used > most ? used : most;
	}
	ktap_result(ktap, !missing, "stacks: every CPU has all of them");
	ktap_note(ktap, "the deepest main stack: %zu of %zu bytes", most, stack_size(STACK_MAIN));
	ktap_result(ktap, !unused && !full, "stacks: high-water marks are between nothing and all");
}

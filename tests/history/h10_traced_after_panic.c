// SPDX-License-Identifier: MIT
/*
 * H10: a crash with tracing on. A kernel (linked with --wrap=papr_hcall --wrap=rtas_call) in which every hypercall of
 * the traced form is seen; a CPU crashes, and says its end by the last call of all, the one that powers off. On
 * that way there may be no traced call, by any CPU.
 */
#include "core/panic.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/rtas.h"

#include <muster/muster.h>

static uint32_t traced_before, traced_after;

long __real_papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		       uint64_t *results);
long __wrap_papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		       uint64_t *results);
int32_t __real_rtas_call(uint32_t token, const uint32_t *in, uint32_t in_count, uint32_t *results,
			 uint32_t out_count);
int32_t __wrap_rtas_call(uint32_t token, const uint32_t *in, uint32_t in_count, uint32_t *results,
			 uint32_t out_count);

long __wrap_papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		       uint64_t *results)
{
	__atomic_add_fetch(panic_is_under_way() ? &traced_after : &traced_before, 1,
			   __ATOMIC_RELAXED);
	return __real_papr_hcall(token, a, b, c, d, results);
}

int32_t __wrap_rtas_call(uint32_t token, const uint32_t *in, uint32_t in_count, uint32_t *results,
			 uint32_t out_count)
{
	if (panic_is_under_way())
		console_print("history: H10: %u traced calls after the panic, %s before\n",
			      traced_after, traced_before ? "some" : "none");
	return __real_rtas_call(token, in, in_count, results, out_count);
}

static void crash(void *unused)
{
	(void)unused;
	__builtin_trap();
}

int muster_main(void)
{
	if (muster_bring_up(NULL))
		return 1;
	(void)cpu_call(cpu_from_number(cpu_possible_count() - 1), crash, NULL);
	return 2;
}

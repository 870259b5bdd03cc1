// SPDX-License-Identifier: MIT
/*
 * A kernel that says that it deregisters its VPAs, and does not (linked with --wrap=papr_hcall). The hypervisor goes on
 * writing there, and the kernel that it hands over to must see that, every time.
 */
#include "platform/papr/hypercall.h"
#include "platform/papr/papr_areas.h"

long __real_papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		       uint64_t *results);
long __wrap_papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		       uint64_t *results);

long __wrap_papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		       uint64_t *results)
{
	if (token == H_REGISTER_VPA && a >> PAPR_AREA_FUNCTION_SHIFT == PAPR_DEREGISTER_VPA)
		return H_SUCCESS;
	return __real_papr_hcall(token, a, b, c, d, results);
}

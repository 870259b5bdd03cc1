/* SPDX-License-Identifier: MIT */
/*
 * A kernel that says that it deregisters an area of each CPU's, KEPT (a PAPR_DEREGISTER_*), and does not; nor that its
 * VPAs, which it then cannot deregister, are still there. Linked with --wrap=papr_hcall. The next kernel must find it, every
 * time.
 */
#ifndef TESTS_BOOT_KEEPS_PAPR_AREA_H
#define TESTS_BOOT_KEEPS_PAPR_AREA_H

#include "platform/papr/hypercall.h"
#include "platform/papr/papr_areas.h"

long __real_papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		       uint64_t *results);
long __wrap_papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		       uint64_t *results);

long __wrap_papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		       uint64_t *results)
{
	uint64_t function = a >> PAPR_AREA_FUNCTION_SHIFT;
	long status;

	if (token == H_REGISTER_VPA && function == KEPT)
		return H_SUCCESS;
	status = __real_papr_hcall(token, a, b, c, d, results);
	return token == H_REGISTER_VPA && function == PAPR_DEREGISTER_VPA ? H_SUCCESS : status;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Run-time abstraction services (LoPAPR 1.1, chapter 7): code of the firmware's, called with translation off,
 * big-endian, in 32 bits, with its arguments in memory below 4 GiB.
 */
#ifndef PLATFORM_PAPR_RTAS_H
#define PLATFORM_PAPR_RTAS_H

#include <stdint.h>

#define RTAS_ARGUMENTS 8u /* of a call, in and out together */

/* Statuses: LoPAPR 7.2.8. */
#define RTAS_SUCCESS   0
#define RTAS_HARDWARE  (-1)
#define RTAS_BUSY      (-2)
#define RTAS_PARAMETER (-3)

/* Where it is, physical, both below 4 GiB. */
void rtas_set(uint64_t entry, uint64_t base);

/*
 * One call. in: in_count words. results: out_count - 1 words, those behind the status; NULL where there are
 * none. Returns the status; RTAS_PARAMETER when there is no RTAS or no such call (token DEVICE_TREE_NO_TOKEN). Boot CPU:
 * one call at a time is the firmware's rule.
 */
int32_t rtas_call(uint32_t token, const uint32_t *in, uint32_t in_count, uint32_t *results,
		  uint32_t out_count);

#endif

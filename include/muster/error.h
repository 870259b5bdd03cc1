/* SPDX-License-Identifier: MIT */
/*
 * Errors. Every function that can fail returns 0 (or a count) on success and one of these, all
 * negative, on failure. No function fails in silence: whoever finds the fault also says so on the
 * console in one line that names the thing, the value and the rule.
 */
#ifndef MUSTER_ERROR_H
#define MUSTER_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

enum muster_error {
	MUSTER_E_NO_MEMORY = -1,     /* no memory that fits the request is left */
	MUSTER_E_INVALID = -2,	     /* an argument or an input breaks its rule */
	MUSTER_E_NOT_FOUND = -3,     /* the thing asked for does not exist */
	MUSTER_E_EXISTS = -4,	     /* it is there already, or taken */
	MUSTER_E_BUSY = -5,	     /* in use; may work later */
	MUSTER_E_TIMED_OUT = -6,     /* a wait reached its limit */
	MUSTER_E_ORDER = -7,	     /* asked too early or too late in bring-up */
	MUSTER_E_NOT_SUPPORTED = -8, /* this platform or machine cannot do it */
	MUSTER_E_INJECTED = -9,	     /* the failure was asked for, by fail= */
	MUSTER_E_MISMATCH = -10,     /* a CPU differs from what was expected of it */
	MUSTER_E_OFFLINE = -11,	     /* the CPU is not online */
	MUSTER_E_CORRUPT = -12,	     /* a table's checksum, signature or length is wrong */
};

/*
 * The name of an error, in words that fit after a colon ("no memory").
 * error: 0 or one of the above; anything else gives "unknown error". Never NULL. Needs no step.
 */
const char *muster_error_name(int error);

#ifdef __cplusplus
}
#endif

#endif

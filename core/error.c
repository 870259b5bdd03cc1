// SPDX-License-Identifier: MIT
/*
 * The words for errors, for messages and the report. Called from everywhere, in any state; it must
 * never do more than look up a constant.
 */
#include <muster/error.h>

const char *muster_error_name(int error)
{
	static const char *const names[] = {
		[0] = "success",
		[-MUSTER_E_NO_MEMORY] = "no memory",
		[-MUSTER_E_INVALID] = "invalid",
		[-MUSTER_E_NOT_FOUND] = "not found",
		[-MUSTER_E_EXISTS] = "exists already",
		[-MUSTER_E_BUSY] = "busy",
		[-MUSTER_E_TIMED_OUT] = "timed out",
		[-MUSTER_E_ORDER] = "out of order",
		[-MUSTER_E_NOT_SUPPORTED] = "not supported",
		[-MUSTER_E_INJECTED] = "injected failure",
		[-MUSTER_E_MISMATCH] = "mismatch",
		[-MUSTER_E_OFFLINE] = "CPU not online",
		[-MUSTER_E_CORRUPT] = "corrupt table",
	};
	const int count = sizeof(names) / sizeof(names[0]);

	/* Not -error: the negative of INT_MIN is none. */
	return error <= 0 && error > -count ? names[-error] : "unknown error";
}

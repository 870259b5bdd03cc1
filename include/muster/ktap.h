/* SPDX-License-Identifier: MIT */
/*
 * Self-tests that report as KTAP, version 1 (Linux documentation, "The Kernel Test Anything
 * Protocol (KTAP), version 1"): one plan, one line a test, diagnostics behind '#'.
 */
#ifndef MUSTER_KTAP_H
#define MUSTER_KTAP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ktap {
	uint32_t planned; /* tests announced; 0: the plan comes at the end */
	uint32_t run;
	uint32_t passed;
	uint32_t failed;
	uint32_t skipped;
};

/* Begin: prints the version line and, if planned is not 0, the plan. Needs: step `console`. */
void ktap_begin(struct ktap *ktap, uint32_t planned);

/* One result. name: what was tested, printed as it is. pass: not 0 for ok. Returns pass. */
int ktap_result(struct ktap *ktap, int pass, const char *name, ...)
	__attribute__((format(printf, 3, 4)));
void ktap_skip(struct ktap *ktap, const char *name, const char *why);

/* A diagnostic line, "# ...", for the test whose result comes next. */
void ktap_note(struct ktap *ktap, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * End: prints the plan if none was printed, and the totals. A run that did not do as many tests as
 * planned counts the missing ones as failed. Returns the number of failed tests.
 */
uint32_t ktap_end(struct ktap *ktap);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The report: what became of the guest, for a program that reads the console. One record a line,
 * the same over every console; docs/report.md is its specification.
 */
#ifndef MUSTER_REPORT_H
#define MUSTER_REPORT_H

#include <muster/ktap.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Send everything: guest, CPUs, areas, stacks, steps, tests, and the closing record with status.
 * tests may be NULL when none were run. status: what the guest will exit with; 0 for success.
 * Needs: step `console`; what is not known yet is left out.
 */
void report_send(const struct ktap *tests, int status);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/* A report for programs (JSON) and for people (a table). */
#ifndef TOOL_REPORT_SHOW_H
#define TOOL_REPORT_SHOW_H

#include "tool/report.h"
#include "tool/vcpu_places.h"

#include <stdio.h>

/*
 * The JSON of `muster run --json`; docs/muster.1 has its shape. vcpus: where they were when the guest was
 * stopped; none for one that ended. Returns 0, or -1 with errno set.
 */
int report_write_json(const struct guest_report *report, const struct vcpu_places *vcpus,
		      FILE *file);

/* The table of CPUs. colour: the file is a terminal that wants it. */
void report_write_table(const struct guest_report *report, FILE *file, bool colour);

/* The address space, drawn from its top down. */
void report_write_layout(const struct guest_report *report, FILE *file);

#endif

/* SPDX-License-Identifier: MIT */
/* muster and Linux in a machine whose clock counts instructions. */
#ifndef TOOL_BENCH_VIRTUAL_H
#define TOOL_BENCH_VIRTUAL_H

#include "tool/bench_guest.h"

/*
 * Boot both once in the machine of setup->profile, with setup->linux_cpus CPUs. The time is that from the first
 * start of another CPU.
 */
void virtual_measure(const struct bench_setup *setup, struct bench_virtual *times);

/* The same as first guests of the hypervisor of setup->profile, and the time from the first C code. */
void virtual_measure_hypervised(const struct bench_setup *setup, struct bench_virtual *times);

/*
 * From the first START of another CPU to the last CPU's being online, ns. Returns 0, or -1 with a line in note
 * (BENCH_NOTE_SIZE bytes); tested by itself.
 */
int virtual_start_to_online(const struct guest_report *report, double *time, char *note);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Chooses the architecture's way to a per-CPU variable: the section it is defined in, and the
 * access through the base register. A hosted program (unit tests) has its own.
 */
#ifndef MUSTER_ARCH_PERCPU_H
#define MUSTER_ARCH_PERCPU_H

#if __STDC_HOSTED__
#include <muster/arch/host/percpu.h>
#elif defined(__x86_64__)
#include <muster/arch/x86_64/percpu.h>
#else
#error "muster: no per-CPU access for this architecture"
#endif

#endif

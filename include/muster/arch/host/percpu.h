/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU access in a hosted program, for unit tests and fuzzers: a thread plays a CPU, and its
 * base is a thread-local variable. Variables keep the addresses the linker gave them, so an offset
 * is the distance from the start of their section.
 */
#ifndef MUSTER_ARCH_HOST_PERCPU_H
#define MUSTER_ARCH_HOST_PERCPU_H

#include <stdint.h>

#define PERCPU_SECTION		     __attribute__((section("percpu")))
#define PERCPU_HEAD_SECTION	     __attribute__((section("percpu_first")))
#define PERCPU_THIS(name)	     (*(__typeof__(name) *)percpu_host_this((uintptr_t) & (name)))
#define PERCPU_LOAD(name)	     __atomic_load_n(&PERCPU_THIS(name), __ATOMIC_RELAXED)
#define PERCPU_OFFSET(name)	     ((uintptr_t) & (name))
#define PERCPU_CANARY_WORD	     5
#define PERCPU_THIS_AT(type, offset) (*(__typeof__(type) *)percpu_host_this_at(offset))

/* Address of the variable in the unit of the CPU this thread plays. */
void *percpu_host_this(uintptr_t address);
/* The same for an offset into the unit. */
void *percpu_host_this_at(uintptr_t offset);

/* Make this thread play the CPU whose unit begins at base; 0 takes the base away again. */
void percpu_host_base_load(uintptr_t base);

#endif

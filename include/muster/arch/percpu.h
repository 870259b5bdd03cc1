/* SPDX-License-Identifier: MIT */
/*
 * Chooses the architecture's way to a per-CPU variable: the section it is defined in, and the
 * access through the base register. A hosted program (unit tests) has its own.
 *
 *   PERCPU_SECTION, PERCPU_HEAD_SECTION   where variables, and the head of every unit, are defined
 *   PERCPU_THIS(name), PERCPU_LOAD(name)  this CPU's variable: an lvalue; read once
 *   PERCPU_THIS_AT(type, offset)          what has an offset and no name
 *   PERCPU_OFFSET(name)                   how far a variable is from percpu_image.link_base (core/unit.h)
 *   PERCPU_CANARY_WORD                    the word of a unit's head, from 0 on, where the architecture's
 *                                         compilers look for the stack protector's canary: 2 to 7
 */
#ifndef MUSTER_ARCH_PERCPU_H
#define MUSTER_ARCH_PERCPU_H

#if __STDC_HOSTED__
#include <muster/arch/host/percpu.h>
#elif defined(__x86_64__)
#include <muster/arch/x86_64/percpu.h>
#elif defined(__i386__)
#include <muster/arch/i386/percpu.h>
#elif defined(__powerpc64__)
#include <muster/arch/ppc64/percpu.h>
#else
#error "muster: no per-CPU access for this architecture"
#endif

#endif

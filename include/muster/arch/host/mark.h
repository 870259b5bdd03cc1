/* SPDX-License-Identifier: MIT */
/* A hosted program has nobody who would count its instructions: see muster/arch/mark.h. */
#ifndef MUSTER_ARCH_HOST_MARK_H
#define MUSTER_ARCH_HOST_MARK_H

#define MARK_EMIT(number) ((void)(number))

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the marks of muster/mark.h say, as numbers of 8 bits: the kind in the upper half, a value in the
 * lower. Macros only, because assembly includes this too.
 */
#ifndef MUSTER_MARK_NUMBER_H
#define MUSTER_MARK_NUMBER_H

#define MARK_NUMBER_WAIT_BEGIN 0x10
#define MARK_NUMBER_WAIT_END   0x11
#define MARK_NUMBER_WAIT_NONE  0x12
#define MARK_NUMBER_PHASE      0x20 /* and the phase */

#define MARK_PHASE_MAX	       15 /* a kernel's own: up to 14, for 15 is MARK_WAKE */

/* Phases that the library marks: enum mark_phase. */
#define MARK_BEFORE  0
#define MARK_PREPARE 1
#define MARK_START   2
#define MARK_ARRIVE  3
#define MARK_ONLINE  4
#define MARK_WAKE    15

#endif

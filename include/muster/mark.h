/* SPDX-License-Identifier: MIT */
/*
 * Marks for measuring: one instruction each that does nothing, and that a counter outside the guest
 * recognises (docs/bench.md: a plugin of QEMU that counts instructions). They stay in the code for
 * good; nobody has to be there to see them, and they may stand anywhere, on any CPU, in any state.
 *
 *   MARK_WAIT_BEGIN(), MARK_WAIT_END()
 *	What this CPU executes between them is waiting, not work: interrupts that it takes there and
 *	functions that it calls there too. Waits may stand in one another; each begin needs its end.
 *   MARK_WAIT_NONE()
 *	No wait is open on this CPU, however many began: for where a CPU stops or starts anew.
 *   MARK_PHASE(phase)
 *	From here on this CPU is in that phase, one of enum mark_phase or a number of the kernel's
 *	own up to MARK_PHASE_MAX; a constant.
 *
 * Assembly has the same as words of muster/arch/ARCH/mark.h.
 */
#ifndef MUSTER_MARK_H
#define MUSTER_MARK_H

#include <muster/arch/mark.h>
#include <muster/mark_number.h>

/* The phases that the library marks, each on the CPU that is in it. The boot CPU is in PREPARE, START
 * and ARRIVE (it waits for the others) and then in ONLINE; each other CPU in ARRIVE from its first
 * instruction, and in ONLINE behind its last ONLINE step. */
enum mark_phase {
	MARK_PHASE_BEFORE =
		MARK_BEFORE, /* whatever runs before the first mark: firmware, loader, BOOT */
	MARK_PHASE_PREPARE = MARK_PREPARE,
	MARK_PHASE_START = MARK_START,
	MARK_PHASE_ARRIVE = MARK_ARRIVE,
	MARK_PHASE_ONLINE = MARK_ONLINE,
	/* within START: from the decision to wake parked CPUs until the store is made */
	MARK_PHASE_WAKE = MARK_WAKE
};

#define MARK_WAIT_BEGIN() MARK_EMIT(MARK_NUMBER_WAIT_BEGIN)
#define MARK_WAIT_END()	  MARK_EMIT(MARK_NUMBER_WAIT_END)
#define MARK_WAIT_NONE()  MARK_EMIT(MARK_NUMBER_WAIT_NONE)
#define MARK_PHASE(phase) MARK_EMIT(MARK_NUMBER_PHASE + (phase))

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The mailbox by which a firmware's Multiprocessor Wakeup structure (ACPI 6.5, 5.2.12.19) hands
 * processors over: one command at a time, for one processor, which the firmware acknowledges by
 * making the command 0.
 */
#ifndef DEVICE_WAKEUP_MAILBOX_H
#define DEVICE_WAKEUP_MAILBOX_H

#include "firmware/acpi_abi.h"

#include <stdbool.h>

struct wakeup_mailbox {
	volatile struct acpi_abi_mailbox *at; /* mapped, read and write */
	/* A command that has not been acknowledged in time, if `stuck`. */
	uint32_t waiting_for; /* the APIC id that it is for */
	uint16_t waiting_command;
	bool stuck;
};

/*
 * Make a processor begin at a physical address, in 64-bit mode on the firmware's identity map. One
 * store, then the wait for the acknowledgement, milliseconds at most. Returns 0;
 * MUSTER_E_TIMED_OUT when it did not come, with a line; MUSTER_E_BUSY, with a line and without a
 * wait, when another command has still not been acknowledged: nothing is ever written over one that
 * somebody may be reading.
 */
int wakeup_mailbox_wake(struct wakeup_mailbox *mailbox, uint32_t apic_id, uint64_t vector,
			uint32_t milliseconds);

/* Is that processor in the firmware's loop? Returns 0, or as above. */
int wakeup_mailbox_test(struct wakeup_mailbox *mailbox, uint32_t apic_id, uint32_t milliseconds);

/*
 * Is a command out that was given up on, and has it been acknowledged meanwhile? Then the mailbox can be
 * used again, *apic_id is the processor that came late, and *command what it took: ACPI_MAILBOX_WAKEUP,
 * it has left the firmware's loop; ACPI_MAILBOX_TEST, it is in it. Told once. Until it has been asked for,
 * wakeup_mailbox_wake() and _test() return MUSTER_E_BUSY, so that nobody who came late is forgotten.
 */
bool wakeup_mailbox_came_late(struct wakeup_mailbox *mailbox, uint32_t *apic_id, uint16_t *command);

#endif

// SPDX-License-Identifier: MIT
/*
 * The wakeup mailbox: giving a command and waiting for its acknowledgement. Called by a platform
 * whose firmware has one, on the boot CPU. Pure but for the memory it is given, so that the host can
 * test it. It must not wait without a limit, nor write while a command is out.
 */
#include "device/wakeup_mailbox.h"

#include <muster/arch/cpu.h>
#include <muster/clock.h>
#include <muster/console.h>
#include <muster/error.h>

static uint16_t command_of(const struct wakeup_mailbox *mailbox)
{
	return __atomic_load_n(&mailbox->at->command, __ATOMIC_ACQUIRE);
}

bool wakeup_mailbox_came_late(struct wakeup_mailbox *mailbox, uint32_t *apic_id, uint16_t *command)
{
	if (!mailbox->stuck || command_of(mailbox) != ACPI_MAILBOX_NONE)
		return false;
	mailbox->stuck = false;
	*apic_id = mailbox->waiting_for;
	*command = mailbox->waiting_command;
	return true;
}

/* May a command be written? */
static int check_free(struct wakeup_mailbox *mailbox, uint32_t apic_id)
{
	if (!mailbox->stuck) {
		uint16_t command = command_of(mailbox);

		if (command == ACPI_MAILBOX_NONE)
			return 0;
		/* Not ours: what the firmware, or a kernel before us, left there. */
		mailbox->stuck = true;
		mailbox->waiting_for = mailbox->at->apic_id;
		mailbox->waiting_command = command;
	}
	console_print("muster: wakeup mailbox: nothing can be sent to APIC id %#x: APIC id %#x has "
		      "not taken its command\n",
		      apic_id, mailbox->waiting_for);
	return MUSTER_E_BUSY;
}

static int send(struct wakeup_mailbox *mailbox, uint32_t apic_id, uint64_t vector,
		enum acpi_abi_mailbox_command command, uint32_t milliseconds)
{
	struct clock_limit limit;
	int error = check_free(mailbox, apic_id);

	if (error)
		return error;
	mailbox->at->apic_id = apic_id;
	mailbox->at->vector = vector;
	/* The one store that counts: whoever sees it sees the two before. */
	__atomic_store_n(&mailbox->at->command, (uint16_t)command, __ATOMIC_RELEASE);
	limit = clock_limit_begin(milliseconds);
	while (command_of(mailbox) != ACPI_MAILBOX_NONE) {
		if (clock_limit_over(&limit)) {
			mailbox->stuck = true;
			mailbox->waiting_for = apic_id;
			mailbox->waiting_command = (uint16_t)command;
			console_print("muster: wakeup mailbox: APIC id %#x has not taken its "
				      "command %u within %u ms\n",
				      apic_id, command, milliseconds);
			return MUSTER_E_TIMED_OUT;
		}
		cpu_relax();
	}
	return 0;
}

int wakeup_mailbox_wake(struct wakeup_mailbox *mailbox, uint32_t apic_id, uint64_t vector,
			uint32_t milliseconds)
{
	return send(mailbox, apic_id, vector, ACPI_MAILBOX_WAKEUP, milliseconds);
}

int wakeup_mailbox_test(struct wakeup_mailbox *mailbox, uint32_t apic_id, uint32_t milliseconds)
{
	return send(mailbox, apic_id, 0, ACPI_MAILBOX_TEST, milliseconds);
}

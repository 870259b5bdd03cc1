// SPDX-License-Identifier: MIT
/*
 * Starting CPUs by the mailbox of a MADT's Multiprocessor Wakeup structure. Called by the steps
 * `start-code` and `start` (pc_start.c).
 *
 * A CPU that the firmware holds is started by the mailbox. Where it waits when it stops depends on what
 * the firmware offers. With a reset vector (version 1) it goes back there, the undo of `start` asks by a
 * test command whether it has arrived, and the mailbox starts it again. Without one the firmware never
 * gets it back. A CPU that is not with the firmware is started by INIT and start-up IPI, like any other;
 * where those do not reach it (some guests have the mailbox because of that) it does not arrive, which
 * is said by name.
 *
 * A CPU that does not take its command fails its step, and those after it fail theirs without a
 * wait: a second command over one that somebody may be reading could send either anywhere.
 */
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start_page.h"
#include "core/cpu_table.h"
#include "core/image_choice.h"
#include "core/memory_map.h"
#include "core/string.h"
#include "device/local_apic.h"
#include "device/wakeup_mailbox.h"
#include "platform/handover.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>

IMAGE_CHOICE(wakeup_mailbox);

static struct wakeup_mailbox mailbox;
static uint64_t reset_vector;
static uint32_t woken;
static bool away[LOCAL_APIC_ID_MAX + 1]; /* by APIC id: it has left the firmware's loop */

/* What the memory map calls ordinary RAM can be given to anybody: the firmware waits elsewhere. */
static bool lies_well(uint64_t physical, const char *what)
{
	uint64_t page = physical & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
	const char *rule = NULL;

	if (physical >= physical_limit())
		rule = "beyond what this CPU can address";
	for (size_t i = 0; i < mem_count() && !rule; i++) {
		const struct memory_range *range = mem_at(i);

		if (range->kind == MEMORY_RAM && page < range->base + range->size &&
		    page + MEMORY_PAGE_SIZE > range->base)
			rule = "in memory that the memory map calls RAM";
	}
	if (rule)
		console_print("muster: acpi: wakeup: %s at %#jx: %s: it is not used\n", what,
			      physical, rule);
	return !rule;
}

int pc_mailbox_begin(void)
{
	const struct acpi_wakeup *told = &pc_firmware.madt.wakeup;

	if (!told->mailbox || !lies_well(told->mailbox, "mailbox"))
		return 0;
	if (told->reset_vector && lies_well(told->reset_vector, "reset vector")) {
		int error = start_page_give_back_begin(told->reset_vector);

		if (error)
			return error;
		reset_vector = told->reset_vector;
	}
	mailbox.at = (volatile struct acpi_abi_mailbox *)fixmap_set(FIXMAP_MAILBOX, told->mailbox,
								    MAP_READ_WRITE);
	return 0;
}

void pc_mailbox_end(void)
{
	if (reset_vector)
		start_page_give_back_end();
	mailbox = (struct wakeup_mailbox){ 0 };
	reset_vector = 0;
	woken = 0;
	memset(away, 0, sizeof(away));
}

bool pc_mailbox_exists(void)
{
	return mailbox.at;
}

/*
 * Has one that was given up on taken its command after all? Woken, it found itself late and stopped: with
 * us, or, where there is a reset vector, back with the firmware. Whoever takes a test is with the firmware.
 */
static void look_for_late_one(void)
{
	uint32_t late;
	uint16_t command;

	if (!wakeup_mailbox_came_late(&mailbox, &late, &command) || late > LOCAL_APIC_ID_MAX)
		return;
	if (command == ACPI_MAILBOX_TEST)
		away[late] = false;
	else if (!reset_vector)
		away[late] = true;
}

bool pc_mailbox_holds(hwid_t hwid)
{
	if (!mailbox.at || hwid.value > LOCAL_APIC_ID_MAX)
		return false;
	look_for_late_one();
	return !away[hwid.value];
}

void pc_mailbox_left_out(hwid_t hwid)
{
	/* Without a reset vector that is the ordinary way. */
	if (reset_vector)
		console_print(
			"muster: wakeup mailbox: APIC id %#jx is not with the firmware: it is "
			"started by INIT\n",
			hwid.value);
}

int pc_mailbox_start(hwid_t hwid)
{
	int error;

	look_for_late_one();
	error = wakeup_mailbox_wake(&mailbox, (uint32_t)hwid.value, start_page_vector(),
				    clock_cpu_limit());
	if (error)
		return error;
	away[hwid.value] = true;
	woken++;
	return 0;
}

void pc_mailbox_released(hwid_t hwid)
{
	if (hwid.value <= LOCAL_APIC_ID_MAX)
		away[hwid.value] = true;
}

void pc_mailbox_took_back(hwid_t hwid)
{
	if (!reset_vector)
		return;
	look_for_late_one();
	/* If it does not answer, a line has said so, and INIT is what is left. */
	if (!wakeup_mailbox_test(&mailbox, (uint32_t)hwid.value, clock_cpu_limit()))
		away[hwid.value] = false;
}

void pc_mailbox_after(const struct handed_over *handed, const struct firmware_reader *reader)
{
	struct handover_entry entry;

	if (!handed->region_size)
		return;
	if (!handed->good)
		for_each_cpu (cpu)
			pc_mailbox_released(cpu_hwid(cpu));
	else
		for (uint32_t i = 0; park_read_entry(reader, &handed->found, i, &entry); i++)
			if (entry.kind == HANDOVER_MAILBOX_CPU)
				pc_mailbox_released(hwid_from_value(entry.hwid));
}

void pc_mailbox_tell(struct handover_list *list)
{
	for_each_cpu (cpu)
		if (mailbox.at && !pc_mailbox_holds(cpu_hwid(cpu)))
			handover_list_add(list, HANDOVER_MAILBOX_CPU, cpu_hwid(cpu).value, 0, 0);
}

/* Whether INIT reaches a CPU nobody says, on a machine that has this; and a test of one that has not left would
 * never be answered. */
int pc_mailbox_put_away(cpu_t cpu)
{
	if (!pc_mailbox_holds(cpu_hwid(cpu)) && cpu_state(cpu) == CPU_HELD)
		pc_mailbox_took_back(cpu_hwid(cpu));
	return pc_mailbox_holds(cpu_hwid(cpu)) ? 0 : MUSTER_E_NOT_SUPPORTED;
}

void pc_mailbox_say(void)
{
	if (woken)
		console_print("muster: %u CPUs were started by the wakeup mailbox at %#jx; %s\n",
			      woken, pc_firmware.madt.wakeup.mailbox,
			      reset_vector ? "the firmware takes them back"
					   : "the firmware does not take them back");
}

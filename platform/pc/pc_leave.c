// SPDX-License-Identifier: MIT
/*
 * How a PC is left for the next kernel: platform/handover.h. Called by a handover, on the boot CPU, but for
 * the way out of each CPU. Nothing of a PC's hypervisor holds memory of ours.
 */
#include "platform/pc/pc_leave.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/park.h"
#include "arch/x86_64/registers.h"
#include "core/cpu_table.h"
#include "core/image_choice.h"
#include "core/machine.h"
#include "device/local_apic.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>

IMAGE_CHOICE(handover);

/* An image may leave the mailbox out: core/image_choice.h. */
#pragma weak pc_mailbox_exists
#pragma weak pc_mailbox_put_away
#pragma weak pc_mailbox_tell

#define LEAF_TOPOLOGY 0xb /* Intel SDM vol. 2A, CPUID, leaf 0Bh */
#define LEAF_SHIFT    0x1f

bool pc_leave_module(uint32_t index, uint64_t *base, uint64_t *size)
{
	if (index >= pc_firmware.boot.module_count)
		return false;
	*base = pc_firmware.boot.modules[index].base;
	*size = pc_firmware.boot.modules[index].size;
	return true;
}

/* What is right of a core's number in an APIC id. */
static uint32_t thread_bits(void)
{
	if (cpuid_read(0, 0).eax < LEAF_TOPOLOGY || !cpuid_read(LEAF_TOPOLOGY, 0).ebx)
		return 0;
	return cpuid_read(LEAF_TOPOLOGY, 0).eax & LEAF_SHIFT;
}

bool pc_leave_is_sibling(cpu_t cpu)
{
	uint32_t bits = thread_bits();
	uint64_t core = cpu_hwid(cpu).value >> bits;

	for_each_cpu (other) {
		if (cpu_equal(other, cpu) || cpu_hwid(other).value >> bits != core)
			continue;
		if (!other.number ||
		    (cpu_is_online(other) && cpu_hwid(other).value < cpu_hwid(cpu).value))
			return true;
	}
	return false;
}

void pc_leave_listen_for_nmis(uint64_t region)
{
	struct local_apic_nmi only =
		local_apic_nmi_only(pc_firmware.madt.nmis, pc_firmware.madt.nmi_count);

	if (cpuid_read(1, 0).ecx & CPUID_1_ECX_MWAIT)
		console_print("muster: handover: this CPU has MONITOR: those that park wait by "
			      "it\n");
	park_region_listen(region, &(struct park_apic){ .base = only.base,
							.spurious = only.spurious,
							.lint0 = only.lint0,
							.lint1 = only.lint1 });
}

static bool holds(uint64_t base, uint64_t size)
{
	(void)base;
	(void)size;
	return false;
}

static bool mailbox_exists(void)
{
	return pc_mailbox_exists && pc_mailbox_exists();
}

static int put_away(cpu_t cpu)
{
	if (mailbox_exists())
		return pc_mailbox_put_away(cpu);
	return machine_reset(cpu);
}

static void undo(struct handover_list *list)
{
	if (mailbox_exists())
		pc_mailbox_tell(list);
}

static void undo_last(struct handover_list *list)
{
	(void)list;
}

static uint32_t entries_max(void)
{
	return mailbox_exists() ? cpu_possible_count() : 0;
}

const struct platform_handover pc_handover = {
	.arrived = parked_handed_over,
	.module = pc_leave_module,
	.reader = &fixmap_reader,
	.tell = pc_tell,
	.is_sibling = pc_leave_is_sibling,
	.listen_for_nmis = pc_leave_listen_for_nmis,
	.put_away = put_away,
	.holds = holds,
	.undo = undo,
	.undo_last = undo_last,
	.entries_max = entries_max,
};

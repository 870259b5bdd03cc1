// SPDX-License-Identifier: MIT
/*
 * The id table of a PC: step `cpu-ids`. Hardware id: the APIC id, which is what INIT and start-up
 * IPIs address. Firmware id: the MADT's processor UID. vCPU id: a PC has no hypercalls; the
 * hardware id stands in, so that a report has one. The boot CPU is the one whose APIC id CPUID
 * gives, wherever it stands in the MADT. Those that are there come first, in MADT order; those that
 * may come one day follow, in that order too, and cost nothing but their records.
 */
#include "arch/x86_64/cpu_check.h"
#include "arch/x86_64/page_table.h"
#include "core/cpu_table.h"
#include "core/machine.h"
#include "device/local_apic.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>

/* An image may leave these out: core/image_choice.h. */
#pragma weak pc_node_of
#pragma weak pc_nodes_compare
#pragma weak pc_spares_see
#pragma weak pc_spares_add

/* What the two walks of the MADT share: the first looks, the second adds. */
struct walk {
	uint32_t count;
	hwid_t boot;
	bool boot_found;
	struct cpu_description boot_cpu;
};

static uint32_t node_of(uint32_t apic_id)
{
	return pc_node_of ? pc_node_of(apic_id) : NODE_ANY;
}

static pc_vcpu_id_function *vcpu_id_of;

/* A PC has no hypercalls; the hardware id stands in, so that a report has one. */
static vcpu_id_t pc_vcpu_id(uint32_t uid, uint32_t apic_id, bool running)
{
	(void)uid;
	(void)running;
	return vcpu_id_from_value(apic_id);
}

static struct cpu_description describe(const struct acpi_processor *processor)
{
	return (struct cpu_description){
		.hwid = hwid_from_value(processor->apic_id),
		.fwid = fwid_from_value(processor->uid),
		.vcpu_id = vcpu_id_of(processor->uid, processor->apic_id, false),
		.node = node_of(processor->apic_id),
		/* One that cannot be addressed can never be started. */
		.present = processor->enabled && processor->apic_id <= LOCAL_APIC_ID_MAX,
	};
}

static void look(void *context, const struct acpi_processor *processor)
{
	struct walk *walk = context;

	walk->count++;
	if (pc_spares_see)
		pc_spares_see(processor);
	if (!processor->enabled && processor->apic_id != walk->boot.value)
		return;
	if (processor->apic_id > LOCAL_APIC_ID_MAX)
		console_print(
			"muster: acpi: MADT: processor with APIC id %#x: at most %#x can be addressed without x2APIC mode; it is left out\n",
			processor->apic_id, LOCAL_APIC_ID_MAX);
	if (walk->boot_found || processor->apic_id != walk->boot.value)
		return;
	walk->boot_found = true;
	walk->boot_cpu = describe(processor);
	walk->boot_cpu.present = true; /* it runs */
	walk->boot_cpu.vcpu_id = vcpu_id_of(processor->uid, processor->apic_id, true);
}

static void add(void *context, const struct acpi_processor *processor)
{
	struct walk *walk = context;
	struct cpu_description description = describe(processor);

	if (!processor->enabled && !hwid_equal(description.hwid, walk->boot))
		return;
	/* The boot CPU is in the table already. A second entry with its id is named, and left out,
	 * like any other double. */
	if (walk->boot_found && hwid_equal(description.hwid, walk->boot))
		walk->boot_found = false;
	else if (processor->apic_id > LOCAL_APIC_ID_MAX)
		cpu_table_leave_out();
	else
		(void)cpu_table_add(&description);
}

/* The MADT does not know the CPU that runs: what it says of itself stands. */
static void boot_cpu_believe(struct walk *walk)
{
	console_print(
		"muster: acpi: MADT: %u processors, and none with APIC id %#jx, which is the one that runs; it is believed\n",
		walk->count, walk->boot.value);
	walk->boot_cpu = (struct cpu_description){
		.hwid = walk->boot,
		.fwid = fwid_from_value(FWID_UNKNOWN_VALUE),
		.vcpu_id = vcpu_id_of(FWID_UNKNOWN_VALUE, (uint32_t)walk->boot.value, true),
		.node = node_of((uint32_t)walk->boot.value),
		.present = true,
	};
}

static int table_create(uint32_t capacity)
{
	size_t bytes = cpu_table_bytes(capacity);
	uint64_t physical = mem_alloc(bytes, 0, .owner = "cpu table");

	if (!physical)
		return MUSTER_E_NO_MEMORY;
	return cpu_table_begin(machine_get()->direct(physical), capacity);
}

int pc_cpu_ids_step(cpu_t cpu)
{
	(void)cpu;
	return pc_cpu_ids_read(pc_vcpu_id);
}

int pc_cpu_ids_read(pc_vcpu_id_function *vcpu_id)
{
	struct walk walk = { .boot = x86_hwid_this() };
	struct acpi_madt *madt = &pc_firmware.madt;
	const struct acpi_table *table = &pc_firmware.madt_table;
	int error;

	vcpu_id_of = vcpu_id;
	/* A MADT that is broken half-way has been named; the processors before that stand. */
	(void)acpi_madt_read(&fixmap_reader, table, madt, look, &walk);
	error = table_create(walk.count + 1);
	if (error)
		return error;
	if (!walk.boot_found)
		boot_cpu_believe(&walk);
	(void)cpu_table_add(&walk.boot_cpu);
	(void)acpi_madt_read(&fixmap_reader, table, madt, add, &walk);
	if (pc_spares_add)
		pc_spares_add(describe, walk.boot);
	error = cpu_table_end();
	if (!error && pc_nodes_compare)
		pc_nodes_compare();
	return error;
}

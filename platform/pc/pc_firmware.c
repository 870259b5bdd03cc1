// SPDX-License-Identifier: MIT
/*
 * What a PC is told: by the boot protocol (command line, memory map) and by ACPI (which tables
 * there are, how to power off). Steps `command-line`, `memory-map`, `firmware`. Believes nothing
 * that the parsers below have not checked.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "core/layout_current.h"
#include "core/memory_map.h"
#include "firmware/pvh.h"
#include "platform/options.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>

/* An image may leave the reader out: core/image_choice.h. */
#pragma weak options_read

/* The page with the BIOS data area, and what lies from video memory to 1 MiB, are nobody's RAM,
 * whatever a map says. */
#define BIOS_DATA_END	 0x1000u
#define UPPER_AREA	 0xa0000u
#define UPPER_AREA_BYTES 0x60000u

struct pc_firmware pc_firmware;
extern char image_start[], image_end[];
extern char percpu_boot_area[], percpu_boot_area_end[];

int pc_command_line_step(cpu_t cpu)
{
	static char line[COMMAND_LINE_MAX + 2];
	const struct pc_boot *boot = &pc_firmware.boot;
	int error = pc_boot_read(&pc_firmware.boot);

	(void)cpu;
	if (error)
		return error;
	if (boot->command_line &&
	    firmware_string_read(&fixmap_reader, boot->command_line, line, sizeof(line)) < 0) {
		console_print(
			"muster: command line at %#jx: longer than %u characters, or not readable\n",
			boot->command_line, COMMAND_LINE_MAX);
		return MUSTER_E_INVALID;
	}
	if (!options_read && line[0])
		console_print(
			"muster: command line: not read: this image has nothing that reads it\n");
	error = options_read ? options_read(line) : 0;
	return error ? error : pc_console_choose();
}

uint64_t pc_ram_limit(void)
{
	uint64_t direct = layout_direct_size(layout_current());

	return direct < physical_limit() ? direct : physical_limit();
}

static void add_range(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	enum memory_kind kind = type == BOOT_RANGE_RAM	  ? MEMORY_RAM
				: type == BOOT_RANGE_ACPI ? MEMORY_FIRMWARE
							  : MEMORY_RESERVED;

	(void)context;
	if (kind != MEMORY_RESERVED && base + size > base && base + size > pc_ram_limit()) {
		console_print(
			"muster: memory map: range at %#jx, %#jx bytes: RAM from %#jx on cannot be reached; it is left out\n",
			base, size, pc_ram_limit());
		if (base >= pc_ram_limit())
			return;
		size = pc_ram_limit() - base;
	}
	/* One that is wrong is named and left out; the others stand. */
	(void)memory_map_add(base, size, kind);
}

static uint64_t physical_of(const char *symbol)
{
	return (uintptr_t)symbol - KERNEL_VIRTUAL;
}

/* The image has three owners: the boot area in its middle goes back one day. */
static int claim_image(void)
{
	uint64_t start = physical_of(image_start), end = physical_of(image_end);
	uint64_t area = physical_of(percpu_boot_area), area_end = physical_of(percpu_boot_area_end);
	int error = mem_claim(start, area - start, "image");

	if (!error)
		error = mem_claim(area, area_end - area, "boot area");
	if (!error)
		error = mem_claim(area_end, end - area_end, "image");
	if (error)
		console_print("muster: image at %#jx to %#jx: not within RAM of the memory map\n",
			      start, end);
	return error;
}

/* Whole pages, so that nobody else gets the rest of them. Two things may share a page: then it is
 * the first one's, which does no harm. */
static void claim_pages(uint64_t base, uint64_t size, const char *owner)
{
	uint64_t start = base & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
	uint64_t end = (base + size + MEMORY_PAGE_SIZE - 1) & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);

	if (start < end && mem_claim(start, end - start, owner))
		console_print("muster: %s at %#jx, %#jx bytes: not within free RAM\n", owner, base,
			      size);
}

/* What the boot protocol left in RAM and is still wanted. */
static void claim_boot(const struct pc_boot *boot)
{
	for (uint32_t i = 0; i < boot->module_count; i++)
		claim_pages(boot->modules[i].base, boot->modules[i].size, "module");
	claim_pages(boot->keep, boot->keep_size, "boot information");
}

int pc_memory_map_step(cpu_t cpu)
{
	(void)cpu;
	return pc_memory_map_build(pc_boot_memory_map_read);
}

/* Weak: pc_wake.c. */
int pc_memory_map_row(cpu_t cpu) __attribute__((weak, alias("pc_memory_map_step")));

int pc_memory_map_build(pc_memory_map_reader *read)
{
	int count;
	int error;

	memory_map_begin();
	count = read(add_range, NULL);
	if (count < 0)
		return count;
	(void)memory_map_add(0, BIOS_DATA_END, MEMORY_RESERVED);
	(void)memory_map_add(UPPER_AREA, UPPER_AREA_BYTES, MEMORY_RESERVED);
	error = memory_map_end();
	if (!error)
		error = claim_image();
	if (!error)
		claim_boot(&pc_firmware.boot);
	return error;
}

int pc_firmware_step(cpu_t cpu)
{
	struct pc_firmware *firmware = &pc_firmware;
	struct acpi_table fadt;
	int error = acpi_root_find(&fixmap_reader, firmware->boot.rsdp, &firmware->root);

	(void)cpu;
	if (error) {
		console_print("muster: acpi: no root table: %s\n", muster_error_name(error));
		return error;
	}
	error = acpi_table_find(&fixmap_reader, &firmware->root, "APIC", &firmware->madt_table);
	if (error) {
		console_print("muster: acpi: no MADT, which names the CPUs: %s\n",
			      muster_error_name(error));
		return error;
	}
	/* Without a FADT there is no power-off by ACPI and no timer of its; both can do without. */
	if (acpi_table_find(&fixmap_reader, &firmware->root, "FACP", &fadt) ||
	    acpi_power_read(&fixmap_reader, &fadt, &firmware->power))
		console_print("muster: acpi: no usable FADT: no power-off by ACPI\n");
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * The System Resource Affinity Table (ACPI 6.5, 5.2.16): which proximity domain each processor and
 * each range of memory belongs to. The platform calls it in step `nodes`. It passes on what the
 * firmware says, duplicates and overlaps too; judging that is the caller's. It must not believe a
 * length: an entry that does not fit ends the walk.
 */
#include "core/string.h"
#include "firmware/acpi.h"
#include "firmware/acpi_abi.h"

#include <muster/console.h>
#include <muster/error.h>

/* Any entry that is looked into. */
union srat_entry {
	struct acpi_abi_madt_entry entry;
	struct acpi_abi_srat_local_apic local_apic;
	struct acpi_abi_srat_memory memory;
	struct acpi_abi_srat_local_x2apic local_x2apic;
};

/* The least length of an entry of that type: its structure's, or its first two bytes'. */
static uint32_t least_length(uint8_t type)
{
	switch (type) {
	case ACPI_SRAT_LOCAL_APIC:
		return sizeof(struct acpi_abi_srat_local_apic);
	case ACPI_SRAT_MEMORY:
		return sizeof(struct acpi_abi_srat_memory);
	case ACPI_SRAT_LOCAL_X2APIC:
		return sizeof(struct acpi_abi_srat_local_x2apic);
	default:
		return sizeof(struct acpi_abi_madt_entry);
	}
}

static uint32_t domain_of(const struct acpi_table *table, uint32_t domain)
{
	return table->revision < ACPI_SRAT_REVISION_WIDE ? domain & 0xff : domain;
}

static void tell_processor(const struct acpi_srat_reader *to, uint32_t flags, uint32_t apic_id,
			   uint32_t domain)
{
	const struct acpi_processor_affinity affinity = { .apic_id = apic_id, .domain = domain };

	if (flags & ACPI_SRAT_ENABLED)
		to->processor(to->context, &affinity);
}

static void tell_memory(const struct acpi_srat_reader *to, const struct acpi_table *table,
			uint32_t offset, const struct acpi_abi_srat_memory *memory)
{
	const struct acpi_memory_affinity affinity = {
		.base = memory->base,
		.size = memory->size,
		.domain = domain_of(table, memory->domain),
		.hot_pluggable = memory->flags & ACPI_SRAT_HOT_PLUGGABLE,
		.non_volatile = memory->flags & ACPI_SRAT_NON_VOLATILE,
	};

	if (!(memory->flags & ACPI_SRAT_ENABLED))
		return;
	if (!affinity.size || affinity.base + (affinity.size - 1) < affinity.base) {
		console_print("muster: acpi: SRAT: entry at %u: memory at %#llx, %#llx bytes: %s, "
			      "left out\n",
			      offset, (unsigned long long)affinity.base,
			      (unsigned long long)affinity.size,
			      affinity.size ? "must not wrap" : "must not be empty");
		return;
	}
	to->memory(to->context, &affinity);
}

/* One entry, whose length has been checked. */
static void read_entry(const struct acpi_srat_reader *to, const struct acpi_table *table,
		       uint32_t offset, const union srat_entry *entry)
{
	const struct acpi_abi_srat_local_apic *apic = &entry->local_apic;

	switch (entry->entry.type) {
	case ACPI_SRAT_LOCAL_APIC:
		tell_processor(to, apic->flags, apic->apic_id,
			       domain_of(table, apic->domain_low |
							(uint32_t)apic->domain_high[0] << 8 |
							(uint32_t)apic->domain_high[1] << 16 |
							(uint32_t)apic->domain_high[2] << 24));
		break;
	case ACPI_SRAT_MEMORY:
		tell_memory(to, table, offset, &entry->memory);
		break;
	case ACPI_SRAT_LOCAL_X2APIC:
		/* Younger than revision 1: its domain never had 8 bits. */
		tell_processor(to, entry->local_x2apic.flags, entry->local_x2apic.apic_id,
			       entry->local_x2apic.domain);
		break;
	}
}

/* The entry at offset. Returns its length, or MUSTER_E_CORRUPT (logged). */
static int next_entry(const struct firmware_reader *reader, const struct acpi_table *table,
		      const struct acpi_srat_reader *to, uint32_t offset)
{
	uint32_t left = table->length - offset;
	uint32_t readable = left < sizeof(union srat_entry) ? left : sizeof(union srat_entry);
	union srat_entry entry;
	uint32_t least;

	memset(&entry, 0, sizeof(entry));
	if (!firmware_read(reader, table->physical + offset, &entry, readable)) {
		console_print("muster: acpi: SRAT: entry at %u: cannot be read\n", offset);
		return MUSTER_E_CORRUPT;
	}
	least = least_length(entry.entry.type);
	if (entry.entry.length < least || entry.entry.length > left) {
		console_print("muster: acpi: SRAT: entry at %u: type %u: length %u: must be at "
			      "least %u and end within the table's %u\n",
			      offset, entry.entry.type, entry.entry.length, least, table->length);
		return MUSTER_E_CORRUPT;
	}
	read_entry(to, table, offset, &entry);
	return entry.entry.length;
}

int acpi_srat_read(const struct firmware_reader *reader, const struct acpi_table *table,
		   const struct acpi_srat_reader *to)
{
	uint32_t offset = sizeof(struct acpi_abi_srat);

	if (table->length < offset) {
		console_print("muster: acpi: SRAT at %#llx: length %u: must be %u at least\n",
			      (unsigned long long)table->physical, table->length, offset);
		return MUSTER_E_CORRUPT;
	}
	while (offset < table->length) {
		int length = next_entry(reader, table, to, offset);

		if (length < 0)
			return length;
		offset += (uint32_t)length;
	}
	return 0;
}

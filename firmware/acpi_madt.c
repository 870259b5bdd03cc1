// SPDX-License-Identifier: MIT
/*
 * The Multiple APIC Description Table (ACPI 6.5, 5.2.12): which processors there are, how NMIs reach
 * them, and whether a mailbox wakes them. The platform calls it in steps `cpu-ids` and `interrupts`. It passes on what the
 * firmware says, duplicates too; judging that is the id table's. It must not believe a length: an
 * entry that does not fit ends the walk.
 */
#include "core/string.h"
#include "firmware/acpi.h"
#include "firmware/acpi_abi.h"

#include <muster/console.h>
#include <muster/error.h>

/* Any entry that is looked into. */
union madt_entry {
	struct acpi_abi_madt_entry entry;
	struct acpi_abi_local_apic local_apic;
	struct acpi_abi_local_apic_nmi local_apic_nmi;
	struct acpi_abi_local_apic_override local_apic_override;
	struct acpi_abi_local_x2apic local_x2apic;
	struct acpi_abi_local_x2apic_nmi local_x2apic_nmi;
	struct acpi_abi_wakeup wakeup;
};

/* A walk through one table. */
struct madt_walk {
	const struct acpi_table *table;
	struct acpi_madt *madt;
	void (*processor)(void *context, const struct acpi_processor *processor);
	void *context;
	uint32_t offset; /* of the entry that is being read */
};

/* The least length of an entry of that type: its structure's, or its first two bytes'. */
static uint32_t least_length(uint8_t type)
{
	switch (type) {
	case ACPI_MADT_LOCAL_APIC:
		return sizeof(struct acpi_abi_local_apic);
	case ACPI_MADT_LOCAL_APIC_NMI:
		return sizeof(struct acpi_abi_local_apic_nmi);
	case ACPI_MADT_LOCAL_APIC_OVERRIDE:
		return sizeof(struct acpi_abi_local_apic_override);
	case ACPI_MADT_LOCAL_X2APIC:
		return sizeof(struct acpi_abi_local_x2apic);
	case ACPI_MADT_LOCAL_X2APIC_NMI:
		return sizeof(struct acpi_abi_local_x2apic_nmi);
	case ACPI_MADT_WAKEUP:
		return ACPI_WAKEUP_SIZE_0;
	default:
		return sizeof(struct acpi_abi_madt_entry);
	}
}

static void add_processor(struct madt_walk *walk, uint32_t apic_id, uint32_t uid, uint32_t flags,
			  bool x2apic)
{
	struct acpi_processor processor = {
		.apic_id = apic_id,
		.uid = uid,
		.enabled = flags & ACPI_LOCAL_APIC_ENABLED,
		.x2apic = x2apic,
	};

	/*
	 * Since ACPI 6.3 a bit says whether a processor that is not enabled can come (5.2.12.2). Before,
	 * nothing does: hypervisors list those that can, real firmware also fills its table with others.
	 */
	processor.online_capable =
		!processor.enabled && (walk->table->revision < ACPI_MADT_REVISION_6_3 ||
				       flags & ACPI_LOCAL_APIC_ONLINE_CAPABLE);
	if (!processor.enabled && !processor.online_capable)
		return;
	if (apic_id == (x2apic ? ACPI_ID_ALL_32 : ACPI_ID_ALL_8)) {
		/* What a table is filled up with is not worth a line. */
		if (!processor.enabled && walk->table->revision < ACPI_MADT_REVISION_6_3)
			return;
		console_print("muster: acpi: APIC: entry at %u: processor %u has APIC id %#x, "
			      "which means none: left out\n",
			      walk->offset, uid, apic_id);
		return;
	}
	walk->madt->processors++;
	walk->processor(walk->context, &processor);
}

static void add_nmi(struct madt_walk *walk, uint32_t uid, uint8_t lint, uint16_t flags)
{
	struct acpi_madt *madt = walk->madt;

	if (lint > 1) {
		console_print(
			"muster: acpi: APIC: entry at %u: NMI at LINT%u: must be 0 or 1, left "
			"out\n",
			walk->offset, lint);
		return;
	}
	if (madt->nmi_count == ACPI_NMIS_MAX) {
		console_print("muster: acpi: APIC: entry at %u: NMI for processor %u: at most %u "
			      "are taken, left out\n",
			      walk->offset, uid, ACPI_NMIS_MAX);
		return;
	}
	madt->nmis[madt->nmi_count++] = (struct acpi_nmi){
		.uid = uid,
		.lint = lint,
		.flags = flags,
	};
}

static void override_address(struct madt_walk *walk, uint64_t address)
{
	if (!address) {
		console_print("muster: acpi: APIC: entry at %u: local APIC address 0: must be an "
			      "address, left out\n",
			      walk->offset);
		return;
	}
	walk->madt->local_apic = address;
}

/* Where the processors can be given back: in version 1, if it is there and says something. */
static uint64_t reset_vector(const struct madt_walk *walk, const struct acpi_abi_wakeup *wakeup)
{
	if (wakeup->version < ACPI_WAKEUP_VERSION_1)
		return 0;
	if (wakeup->entry.length < sizeof(*wakeup) || !wakeup->reset_vector) {
		console_print(
			"muster: acpi: APIC: entry at %u: wakeup: version %u, length %u, reset "
			"vector %#llx: needs %zu bytes and an address: taken as version 0\n",
			walk->offset, wakeup->version, wakeup->entry.length,
			(unsigned long long)wakeup->reset_vector, sizeof(*wakeup));
		return 0;
	}
	return wakeup->reset_vector;
}

static void set_wakeup(struct madt_walk *walk, const struct acpi_abi_wakeup *wakeup)
{
	struct acpi_wakeup *found = &walk->madt->wakeup;
	uint64_t mailbox = wakeup->mailbox;

	if (found->mailbox) {
		console_print("muster: acpi: APIC: entry at %u: a second wakeup mailbox, at %#llx: "
			      "the first, at %#llx, stands\n",
			      walk->offset, (unsigned long long)mailbox,
			      (unsigned long long)found->mailbox);
		return;
	}
	/* An OS that leaves its processors unreachable for the next one makes the address 0. */
	if (!mailbox || mailbox % sizeof(struct acpi_abi_mailbox)) {
		console_print("muster: acpi: APIC: entry at %u: wakeup mailbox at %#llx: must be a "
			      "multiple of %zu and not 0, left out\n",
			      walk->offset, (unsigned long long)mailbox,
			      sizeof(struct acpi_abi_mailbox));
		return;
	}
	found->mailbox = mailbox;
	found->reset_vector = reset_vector(walk, wakeup);
	found->version = found->reset_vector ? wakeup->version : 0;
}

/* One entry, whose length has been checked. */
static void read_entry(struct madt_walk *walk, const union madt_entry *entry)
{
	const struct acpi_abi_local_apic_nmi *nmi = &entry->local_apic_nmi;

	switch (entry->entry.type) {
	case ACPI_MADT_LOCAL_APIC:
		add_processor(walk, entry->local_apic.apic_id, entry->local_apic.uid,
			      entry->local_apic.flags, false);
		break;
	case ACPI_MADT_LOCAL_X2APIC:
		add_processor(walk, entry->local_x2apic.apic_id, entry->local_x2apic.uid,
			      entry->local_x2apic.flags, true);
		break;
	case ACPI_MADT_LOCAL_APIC_NMI:
		add_nmi(walk, nmi->uid == ACPI_ID_ALL_8 ? ACPI_NMI_ALL : nmi->uid, nmi->lint,
			nmi->flags);
		break;
	case ACPI_MADT_LOCAL_X2APIC_NMI:
		add_nmi(walk, entry->local_x2apic_nmi.uid, entry->local_x2apic_nmi.lint,
			entry->local_x2apic_nmi.flags);
		break;
	case ACPI_MADT_LOCAL_APIC_OVERRIDE:
		override_address(walk, entry->local_apic_override.address);
		break;
	case ACPI_MADT_WAKEUP:
		set_wakeup(walk, &entry->wakeup);
		break;
	}
}

/* The entry at walk->offset. Returns its length, or MUSTER_E_CORRUPT (logged). */
static int next_entry(struct madt_walk *walk, const struct firmware_reader *reader)
{
	uint32_t left = walk->table->length - walk->offset;
	uint32_t readable = left < sizeof(union madt_entry) ? left : sizeof(union madt_entry);
	union madt_entry entry;
	uint32_t least;

	memset(&entry, 0, sizeof(entry));
	if (!firmware_read(reader, walk->table->physical + walk->offset, &entry, readable)) {
		console_print("muster: acpi: APIC: entry at %u: cannot be read\n", walk->offset);
		return MUSTER_E_CORRUPT;
	}
	least = least_length(entry.entry.type);
	if (entry.entry.length < least || entry.entry.length > left) {
		console_print("muster: acpi: APIC: entry at %u: type %u: length %u: must be at "
			      "least %u and end within the table's %u\n",
			      walk->offset, entry.entry.type, entry.entry.length, least,
			      walk->table->length);
		return MUSTER_E_CORRUPT;
	}
	read_entry(walk, &entry);
	return entry.entry.length;
}

int acpi_madt_read(const struct firmware_reader *reader, const struct acpi_table *table,
		   struct acpi_madt *madt,
		   void (*processor)(void *context, const struct acpi_processor *processor),
		   void *context)
{
	struct madt_walk walk = {
		.table = table,
		.madt = madt,
		.processor = processor,
		.context = context,
		.offset = sizeof(struct acpi_abi_madt),
	};
	struct acpi_abi_madt header;

	*madt = (struct acpi_madt){ 0 };
	if (table->length < sizeof(header) ||
	    !firmware_read(reader, table->physical, &header, sizeof(header))) {
		console_print("muster: acpi: APIC at %#llx: length %u: must be %zu at least, and "
			      "readable\n",
			      (unsigned long long)table->physical, table->length, sizeof(header));
		return MUSTER_E_CORRUPT;
	}
	madt->local_apic = header.local_apic;
	madt->legacy_pics = header.flags & ACPI_MADT_PCAT_COMPAT;
	while (walk.offset < table->length) {
		int length = next_entry(&walk, reader);

		if (length < 0)
			return length;
		walk.offset += (uint32_t)length;
	}
	return 0;
}

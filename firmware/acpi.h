/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables, read-only: the root, finding a table, MADT, FADT and the sleep type of S5. ACPI
 * Specification 6.5; sections are cited where a number comes from it. Trusts no byte.
 */
#ifndef FIRMWARE_ACPI_H
#define FIRMWARE_ACPI_H

#include "firmware/reader.h"

#define ACPI_TABLE_MAX	 (1u << 20) /* a table longer than this is refused */
#define ACPI_ENTRIES_MAX 256u	    /* tables that a root table may list; more is refused */

struct acpi_table {
	char signature[5]; /* terminated */
	uint8_t revision;
	uint64_t physical; /* address of the header */
	uint32_t length;   /* header included; checked against ACPI_TABLE_MAX */
};

struct acpi_root {
	struct acpi_table table; /* RSDT or XSDT, checked */
	bool extended;		 /* XSDT: 8-byte entries */
	uint32_t count;
};

/*
 * Find the root: from hint (physical address of the RSDP, from the boot protocol) or, when that is
 * 0, where 5.2.5.1 says to look: the first KiB of the EBDA and 0xE0000-0xFFFFF in steps of 16. A
 * hint that is no RSDP is logged, and then the search is tried. The XSDT is preferred; when it is
 * broken the RSDT is tried, logged. An XSDT that has only its signature wrong, and no RSDT beside it, is
 * taken, logged. Returns 0, MUSTER_E_NOT_FOUND, MUSTER_E_CORRUPT.
 */
int acpi_root_find(const struct firmware_reader *reader, uint64_t hint, struct acpi_root *root);

/*
 * The first table with that signature (4 characters) whose checksum is right. Entries with address
 * 0, unreadable or with a wrong checksum are logged, once each, and skipped. Returns 0,
 * MUSTER_E_NOT_FOUND, or MUSTER_E_CORRUPT when only broken ones were there.
 */
int acpi_table_find(const struct firmware_reader *reader, const struct acpi_root *root,
		    const char *signature, struct acpi_table *table);

/* One processor, from a Processor Local APIC (type 0, 5.2.12.2) or x2APIC (type 9, 5.2.12.12). */
struct acpi_processor {
	uint32_t apic_id;
	uint32_t uid;
	bool enabled;	     /* there now */
	bool online_capable; /* not there, and may come: said so since ACPI 6.3, possible before */
	bool x2apic;	     /* from a type 9 entry */
};

/* A Local APIC NMI (type 4, 5.2.12.7) or x2APIC NMI (type 10, 5.2.12.13): one of the two LINT pins.
 */
struct acpi_nmi {
	uint32_t uid;	/* ACPI_NMI_ALL: every processor */
	uint8_t lint;	/* 0 or 1 */
	uint16_t flags; /* MPS INTI flags, 5.2.12.5: bits 1:0 polarity, 3:2 trigger */
};
#define ACPI_NMI_ALL  UINT32_MAX

#define ACPI_NMIS_MAX 16u

/* Multiprocessor Wakeup (type 0x10, 5.2.12.19): the firmware holds the other processors in a loop
 * that watches a mailbox. */
struct acpi_wakeup {
	uint64_t mailbox;      /* physical address, page-aligned; 0: there is none */
	uint64_t reset_vector; /* where a processor is given back; 0: it cannot be (version 0) */
	uint32_t version;
};

/* What the MADT said besides the processors. */
struct acpi_madt {
	uint64_t local_apic; /* physical address; a type 5 entry overrides the header's */
	bool legacy_pics;    /* PCAT_COMPAT: two 8259s are there and must be masked */
	uint32_t nmi_count;
	struct acpi_nmi nmis[ACPI_NMIS_MAX];
	uint32_t processors; /* entries passed to `processor` */
	struct acpi_wakeup wakeup;
};

/*
 * Walk a MADT ("APIC", 5.2.12). processor is called for each processor entry that is enabled or
 * may be one day, in table order: the latter are those marked online-capable, and before revision 5
 * of the table, which has no such mark, all that are not enabled. A structure of length 0 or too short for its type, or one that
 * runs over the table's end, ends the walk: logged with offset, type and length, MUSTER_E_CORRUPT,
 * and what came before it stands. Unknown types are skipped. APIC id 0xFF in a type 0 entry means
 * "none" and is skipped. A wakeup structure whose mailbox is at 0 or not page-aligned is left out; a
 * second one too; one with a reset vector of 0, or too short for one, counts as version 0: a line
 * each. Returns 0, MUSTER_E_CORRUPT.
 */
int acpi_madt_read(const struct firmware_reader *reader, const struct acpi_table *table,
		   struct acpi_madt *madt,
		   void (*processor)(void *context, const struct acpi_processor *processor),
		   void *context);

/* A processor's place: Processor Local APIC (type 0, 5.2.16.1) or x2APIC (type 2, 5.2.16.3)
 * affinity. */
struct acpi_processor_affinity {
	uint32_t apic_id;
	uint32_t domain; /* proximity domain */
};

/* A memory range's place: Memory Affinity (type 1, 5.2.16.2). */
struct acpi_memory_affinity {
	uint64_t base;
	uint64_t size; /* not 0, does not wrap */
	uint32_t domain;
	bool hot_pluggable; /* may be empty now */
	bool non_volatile;
};

/* Who is told what a SRAT says. */
struct acpi_srat_reader {
	void (*processor)(void *context, const struct acpi_processor_affinity *affinity);
	void (*memory)(void *context, const struct acpi_memory_affinity *affinity);
	void *context;
};

/*
 * Walk a SRAT (5.2.16): each entry that is enabled, in table order. In revision 1 of the table a
 * proximity domain has 8 bits, later 32. A memory range that is empty or wraps is logged and left
 * out. Lengths as for a MADT. Returns 0, MUSTER_E_CORRUPT.
 */
int acpi_srat_read(const struct firmware_reader *reader, const struct acpi_table *table,
		   const struct acpi_srat_reader *to);

/* A SLIT (5.2.17) that is in order. */
struct acpi_slit {
	uint64_t matrix; /* physical address */
	uint32_t count;	 /* of localities; 0: there is no SLIT */
};

/*
 * Check a SLIT: as long as its count says, 10 from each locality to itself, 10 or more to another.
 * One that is not so is of no use: one line with the first value that is wrong, count is 0, and
 * MUSTER_E_CORRUPT is returned.
 */
int acpi_slit_read(const struct firmware_reader *reader, const struct acpi_table *table,
		   struct acpi_slit *slit);

/* The distance from one proximity domain to another, 10 to 254, 255 for unreachable; 0 when the
 * SLIT does not have both. */
uint8_t acpi_slit_distance(const struct firmware_reader *reader, const struct acpi_slit *slit,
			   uint32_t from, uint32_t to);

/* What is needed to power off, and the timer to measure clocks with. FADT, 5.2.9; sleeping, 4.8.3.
 */
struct acpi_power {
	bool can_power_off;
	uint16_t pm1a_control; /* I/O ports; 0: none */
	uint16_t pm1b_control;
	uint8_t sleep_type_a; /* SLP_TYP for S5, from \_S5 */
	uint8_t sleep_type_b;
	bool reduced;		       /* HW_REDUCED_ACPI: sleep_control is to be used */
	uint16_t sleep_control_port;   /* 0: none in I/O space */
	uint64_t sleep_control_memory; /* 0: none in memory space */
	uint16_t pm_timer_port;	       /* 0: none */
	bool pm_timer_32;	       /* 32 bits, else 24 */
};

/*
 * Read the FADT ("FACP") and scan the DSDT's bytes for \_S5 (a package of constants; AML is not
 * run). A DSDT without it leaves can_power_off false unless `reduced` (then type 5 is used, what
 * QEMU's microvm wants). Returns 0, MUSTER_E_CORRUPT for a FADT too short for its PM1a field.
 */
int acpi_power_read(const struct firmware_reader *reader, const struct acpi_table *fadt,
		    struct acpi_power *power);

#endif

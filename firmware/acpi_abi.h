/* SPDX-License-Identifier: MIT */
/*
 * ACPI's tables as they lie in memory: Advanced Configuration and Power Interface Specification,
 * release 6.5. Only what muster reads. All fields are little-endian and not aligned.
 */
#ifndef FIRMWARE_ACPI_ABI_H
#define FIRMWARE_ACPI_ABI_H

#include <stddef.h>
#include <stdint.h>

/* Root System Description Pointer, 5.2.5.3. Revision 0 ends before `length`. */
struct acpi_abi_rsdp {
	char signature[8];
	uint8_t checksum; /* the first 20 bytes add up to 0 */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length; /* from here on revision 2 */
	uint64_t xsdt;
	uint8_t extended_checksum; /* `length` bytes add up to 0 */
	uint8_t reserved[3];
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_rsdp, checksum) == 8, "5.2.5.3");
_Static_assert(offsetof(struct acpi_abi_rsdp, revision) == 15, "5.2.5.3");
_Static_assert(offsetof(struct acpi_abi_rsdp, rsdt) == 16, "5.2.5.3");
_Static_assert(offsetof(struct acpi_abi_rsdp, length) == 20, "5.2.5.3");
_Static_assert(offsetof(struct acpi_abi_rsdp, xsdt) == 24, "5.2.5.3");
_Static_assert(offsetof(struct acpi_abi_rsdp, extended_checksum) == 32, "5.2.5.3");
_Static_assert(sizeof(struct acpi_abi_rsdp) == 36, "5.2.5.3");

#define ACPI_RSDP_SIGNATURE	 "RSD PTR "
#define ACPI_RSDP_SIGNATURE_SIZE 8u
#define ACPI_RSDP_SIZE_1	 20u /* revision 0, and what the first checksum covers */
#define ACPI_RSDP_REVISION_2	 2u  /* the first with `length` and `xsdt` */
#define ACPI_RSDP_ALIGN		 16u /* 5.2.5.1: on 16-byte boundaries */

/* System Description Table Header, 5.2.6. */
struct acpi_abi_header {
	char signature[4];
	uint32_t length; /* of the table, header included */
	uint8_t revision;
	uint8_t checksum; /* `length` bytes add up to 0 */
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	uint32_t creator_id;
	uint32_t creator_revision;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_header, length) == 4, "5.2.6");
_Static_assert(offsetof(struct acpi_abi_header, revision) == 8, "5.2.6");
_Static_assert(offsetof(struct acpi_abi_header, checksum) == 9, "5.2.6");
_Static_assert(offsetof(struct acpi_abi_header, oem_id) == 10, "5.2.6");
_Static_assert(offsetof(struct acpi_abi_header, oem_table_id) == 16, "5.2.6");
_Static_assert(offsetof(struct acpi_abi_header, oem_revision) == 24, "5.2.6");
_Static_assert(sizeof(struct acpi_abi_header) == 36, "5.2.6");

/* Generic Address Structure, 5.2.3.2. */
struct acpi_abi_address {
	uint8_t space;
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t access_size;
	uint64_t address;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_address, address) == 4, "5.2.3.2");
_Static_assert(sizeof(struct acpi_abi_address) == 12, "5.2.3.2");

#define ACPI_SPACE_MEMORY 0u
#define ACPI_SPACE_IO	  1u

/* Multiple APIC Description Table, 5.2.12; entries follow. */
struct acpi_abi_madt {
	struct acpi_abi_header header;
	uint32_t local_apic;
	uint32_t flags;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_madt, local_apic) == 36, "5.2.12");
_Static_assert(offsetof(struct acpi_abi_madt, flags) == 40, "5.2.12");
_Static_assert(sizeof(struct acpi_abi_madt) == 44, "5.2.12");

#define ACPI_MADT_PCAT_COMPAT (1u << 0) /* 5.2.12, Multiple APIC Flags */

/* The first two bytes of every MADT entry. */
struct acpi_abi_madt_entry {
	uint8_t type;
	uint8_t length; /* these two bytes included */
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_abi_madt_entry) == 2, "5.2.12");

enum acpi_abi_madt_type {
	ACPI_MADT_LOCAL_APIC = 0,	   /* 5.2.12.2 */
	ACPI_MADT_LOCAL_APIC_NMI = 4,	   /* 5.2.12.7 */
	ACPI_MADT_LOCAL_APIC_OVERRIDE = 5, /* 5.2.12.8 */
	ACPI_MADT_LOCAL_X2APIC = 9,	   /* 5.2.12.12 */
	ACPI_MADT_LOCAL_X2APIC_NMI = 10,   /* 5.2.12.13 */
	ACPI_MADT_WAKEUP = 16,		   /* 5.2.12.19 */
};

/* Local APIC Flags, 5.2.12.2. Online Capable came with ACPI 6.3, whose MADT has revision 5. */
#define ACPI_LOCAL_APIC_ENABLED	       (1u << 0)
#define ACPI_LOCAL_APIC_ONLINE_CAPABLE (1u << 1)
#define ACPI_MADT_REVISION_6_3	       5u

/* Processor Local APIC, 5.2.12.2. */
struct acpi_abi_local_apic {
	struct acpi_abi_madt_entry entry;
	uint8_t uid;
	uint8_t apic_id;
	uint32_t flags;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_local_apic, apic_id) == 3, "5.2.12.2");
_Static_assert(offsetof(struct acpi_abi_local_apic, flags) == 4, "5.2.12.2");
_Static_assert(sizeof(struct acpi_abi_local_apic) == 8, "5.2.12.2");

/* Local APIC NMI, 5.2.12.7. */
struct acpi_abi_local_apic_nmi {
	struct acpi_abi_madt_entry entry;
	uint8_t uid; /* 0xFF: all */
	uint16_t flags;
	uint8_t lint;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_local_apic_nmi, flags) == 3, "5.2.12.7");
_Static_assert(offsetof(struct acpi_abi_local_apic_nmi, lint) == 5, "5.2.12.7");
_Static_assert(sizeof(struct acpi_abi_local_apic_nmi) == 6, "5.2.12.7");

/* Local APIC Address Override, 5.2.12.8. */
struct acpi_abi_local_apic_override {
	struct acpi_abi_madt_entry entry;
	uint16_t reserved;
	uint64_t address;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_local_apic_override, address) == 4, "5.2.12.8");
_Static_assert(sizeof(struct acpi_abi_local_apic_override) == 12, "5.2.12.8");

/* Processor Local x2APIC, 5.2.12.12. */
struct acpi_abi_local_x2apic {
	struct acpi_abi_madt_entry entry;
	uint16_t reserved;
	uint32_t apic_id;
	uint32_t flags;
	uint32_t uid;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_local_x2apic, apic_id) == 4, "5.2.12.12");
_Static_assert(offsetof(struct acpi_abi_local_x2apic, flags) == 8, "5.2.12.12");
_Static_assert(offsetof(struct acpi_abi_local_x2apic, uid) == 12, "5.2.12.12");
_Static_assert(sizeof(struct acpi_abi_local_x2apic) == 16, "5.2.12.12");

/* Local x2APIC NMI, 5.2.12.13. */
struct acpi_abi_local_x2apic_nmi {
	struct acpi_abi_madt_entry entry;
	uint16_t flags;
	uint32_t uid; /* 0xFFFFFFFF: all */
	uint8_t lint;
	uint8_t reserved[3];
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_local_x2apic_nmi, flags) == 2, "5.2.12.13");
_Static_assert(offsetof(struct acpi_abi_local_x2apic_nmi, uid) == 4, "5.2.12.13");
_Static_assert(offsetof(struct acpi_abi_local_x2apic_nmi, lint) == 8, "5.2.12.13");
_Static_assert(sizeof(struct acpi_abi_local_x2apic_nmi) == 12, "5.2.12.13");

/* Multiprocessor Wakeup, 5.2.12.19. Version 0 ends before the reset vector. */
struct acpi_abi_wakeup {
	struct acpi_abi_madt_entry entry;
	uint16_t version;
	uint32_t reserved;
	uint64_t mailbox;
	uint64_t reset_vector; /* from here on version 1 */
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_wakeup, version) == 2, "5.2.12.19");
_Static_assert(offsetof(struct acpi_abi_wakeup, mailbox) == 8, "5.2.12.19");
_Static_assert(offsetof(struct acpi_abi_wakeup, reset_vector) == 16, "5.2.12.19");
_Static_assert(sizeof(struct acpi_abi_wakeup) == 24, "5.2.12.19");

#define ACPI_WAKEUP_SIZE_0    16u /* version 0 */
#define ACPI_WAKEUP_VERSION_1 1u

/* The mailbox that it points to: what the structure's text calls Multiprocessor Wakeup Mailbox. The
 * OS writes the first 2 KiB, the firmware the rest, and 0 to `command` when it has taken it. */
struct acpi_abi_mailbox {
	uint16_t command; /* enum acpi_abi_mailbox_command */
	uint16_t reserved;
	uint32_t apic_id;
	uint64_t vector; /* physical address at which the processor begins */
	uint8_t os[2032];
	uint8_t firmware[2048];
};
_Static_assert(offsetof(struct acpi_abi_mailbox, apic_id) == 4, "5.2.12.19");
_Static_assert(offsetof(struct acpi_abi_mailbox, vector) == 8, "5.2.12.19");
_Static_assert(offsetof(struct acpi_abi_mailbox, firmware) == 2048, "5.2.12.19");
_Static_assert(sizeof(struct acpi_abi_mailbox) == 4096, "5.2.12.19");

enum acpi_abi_mailbox_command {
	ACPI_MAILBOX_NONE = 0,
	ACPI_MAILBOX_WAKEUP = 1,
	ACPI_MAILBOX_TEST = 2, /* version 1: only to be acknowledged */
};

/* Ids that mean "every processor" in NMI entries and "no APIC" in processor entries. */
#define ACPI_ID_ALL_8  0xffu
#define ACPI_ID_ALL_32 UINT32_MAX

/* System Resource Affinity Table, 5.2.16; entries follow, which begin like those of a MADT. */
struct acpi_abi_srat {
	struct acpi_abi_header header;
	uint32_t reserved_1; /* 1 */
	uint64_t reserved_2;
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_abi_srat) == 48, "5.2.16");

/* Until revision 1 a proximity domain had 8 bits, and what holds the others now was reserved. */
#define ACPI_SRAT_REVISION_WIDE 2u

enum acpi_abi_srat_type {
	ACPI_SRAT_LOCAL_APIC = 0,   /* 5.2.16.1 */
	ACPI_SRAT_MEMORY = 1,	    /* 5.2.16.2 */
	ACPI_SRAT_LOCAL_X2APIC = 2, /* 5.2.16.3 */
};

/* Flags: bit 0 is the same in all three; the others are those of memory, 5.2.16.2. */
#define ACPI_SRAT_ENABLED	(1u << 0)
#define ACPI_SRAT_HOT_PLUGGABLE (1u << 1)
#define ACPI_SRAT_NON_VOLATILE	(1u << 2)

/* Processor Local APIC/SAPIC Affinity, 5.2.16.1. */
struct acpi_abi_srat_local_apic {
	struct acpi_abi_madt_entry entry;
	uint8_t domain_low; /* bits 7:0 of the proximity domain */
	uint8_t apic_id;
	uint32_t flags;
	uint8_t sapic_eid;
	uint8_t domain_high[3]; /* bits 31:8 */
	uint32_t clock_domain;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_srat_local_apic, apic_id) == 3, "5.2.16.1");
_Static_assert(offsetof(struct acpi_abi_srat_local_apic, flags) == 4, "5.2.16.1");
_Static_assert(offsetof(struct acpi_abi_srat_local_apic, domain_high) == 9, "5.2.16.1");
_Static_assert(sizeof(struct acpi_abi_srat_local_apic) == 16, "5.2.16.1");

/* Memory Affinity, 5.2.16.2. */
struct acpi_abi_srat_memory {
	struct acpi_abi_madt_entry entry;
	uint32_t domain;
	uint16_t reserved_1;
	uint64_t base;
	uint64_t size;
	uint32_t reserved_2;
	uint32_t flags;
	uint64_t reserved_3;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_srat_memory, domain) == 2, "5.2.16.2");
_Static_assert(offsetof(struct acpi_abi_srat_memory, base) == 8, "5.2.16.2");
_Static_assert(offsetof(struct acpi_abi_srat_memory, size) == 16, "5.2.16.2");
_Static_assert(offsetof(struct acpi_abi_srat_memory, flags) == 28, "5.2.16.2");
_Static_assert(sizeof(struct acpi_abi_srat_memory) == 40, "5.2.16.2");

/* Processor Local x2APIC Affinity, 5.2.16.3. */
struct acpi_abi_srat_local_x2apic {
	struct acpi_abi_madt_entry entry;
	uint16_t reserved_1;
	uint32_t domain;
	uint32_t apic_id;
	uint32_t flags;
	uint32_t clock_domain;
	uint32_t reserved_2;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_srat_local_x2apic, domain) == 4, "5.2.16.3");
_Static_assert(offsetof(struct acpi_abi_srat_local_x2apic, apic_id) == 8, "5.2.16.3");
_Static_assert(offsetof(struct acpi_abi_srat_local_x2apic, flags) == 12, "5.2.16.3");
_Static_assert(sizeof(struct acpi_abi_srat_local_x2apic) == 24, "5.2.16.3");

/* System Locality Information Table, 5.2.17; count * count bytes follow, the distances from
 * locality 0 first. A locality is a proximity domain. */
struct acpi_abi_slit {
	struct acpi_abi_header header;
	uint64_t count;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_slit, count) == 36, "5.2.17");
_Static_assert(sizeof(struct acpi_abi_slit) == 44, "5.2.17");

#define ACPI_SLIT_LOCAL	      10u /* from a locality to itself; less means nothing */
#define ACPI_SLIT_UNREACHABLE 255u

/* Fixed ACPI Description Table, 5.2.9. Older revisions end earlier: a field is there only if the
 * table's length covers it. */
struct acpi_abi_fadt {
	struct acpi_abi_header header;
	uint32_t firmware_control;
	uint32_t dsdt;
	uint8_t reserved_44;
	uint8_t profile;
	uint16_t sci_interrupt;
	uint32_t smi_command;
	uint8_t acpi_enable;
	uint8_t acpi_disable;
	uint8_t s4_bios_request;
	uint8_t pstate_control;
	uint32_t pm1a_event;
	uint32_t pm1b_event;
	uint32_t pm1a_control;
	uint32_t pm1b_control;
	uint32_t pm2_control;
	uint32_t pm_timer;
	uint32_t gpe0;
	uint32_t gpe1;
	uint8_t pm1_event_length;
	uint8_t pm1_control_length;
	uint8_t pm2_control_length;
	uint8_t pm_timer_length; /* 4, or 0: there is no timer */
	uint8_t not_used_92[20];
	uint32_t flags;
	struct acpi_abi_address reset; /* from here on ACPI 2.0 */
	uint8_t reset_value;
	uint16_t arm_boot_flags;
	uint8_t minor_version;
	uint64_t x_firmware_control;
	uint64_t x_dsdt;
	struct acpi_abi_address x_pm1a_event;
	struct acpi_abi_address x_pm1b_event;
	struct acpi_abi_address x_pm1a_control;
	struct acpi_abi_address x_pm1b_control;
	struct acpi_abi_address x_pm2_control;
	struct acpi_abi_address x_pm_timer;
	struct acpi_abi_address x_gpe0;
	struct acpi_abi_address x_gpe1;
	struct acpi_abi_address sleep_control; /* from here on ACPI 5.0 */
	struct acpi_abi_address sleep_status;
	uint64_t hypervisor; /* ACPI 6.0 */
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_abi_fadt, dsdt) == 40, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, sci_interrupt) == 46, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, smi_command) == 48, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, pm1a_event) == 56, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, pm1a_control) == 64, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, pm1b_control) == 68, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, pm_timer) == 76, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, pm_timer_length) == 91, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, flags) == 112, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, reset) == 116, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, x_firmware_control) == 132, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, x_dsdt) == 140, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, x_pm1a_control) == 172, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, x_pm1b_control) == 184, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, x_pm_timer) == 208, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, sleep_control) == 244, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, sleep_status) == 256, "5.2.9");
_Static_assert(offsetof(struct acpi_abi_fadt, hypervisor) == 268, "5.2.9");
_Static_assert(sizeof(struct acpi_abi_fadt) == 276, "5.2.9");

/* Fixed Feature Flags, 5.2.9. */
#define ACPI_FADT_TMR_VAL_EXT	  (1u << 8)  /* the timer has 32 bits */
#define ACPI_FADT_HW_REDUCED	  (1u << 20) /* since ACPI 5.0, whose FADT has revision 5 */
#define ACPI_FADT_REVISION_5_0	  5u
#define ACPI_FADT_PM_TIMER_LENGTH 4u

/* AML, 20.2: what the package of constants \_S5 is written in. */
enum acpi_abi_aml {
	AML_ZERO = 0x00,	/* 20.2.3, ZeroOp */
	AML_ONE = 0x01,		/* 20.2.3, OneOp */
	AML_NAME = 0x08,	/* 20.2.5.1, NameOp */
	AML_BYTE = 0x0a,	/* 20.2.3, BytePrefix */
	AML_WORD = 0x0b,	/* 20.2.3, WordPrefix */
	AML_DOUBLE_WORD = 0x0c, /* 20.2.3, DWordPrefix */
	AML_PACKAGE = 0x12,	/* 20.2.5.4, PackageOp */
	AML_ROOT = 0x5c,	/* 20.2.2, RootChar */
};

#define ACPI_SLEEP_TYPE_MAX	   7u /* SLP_TYPx has three bits: 4.8.3.2.1 */
#define ACPI_SLEEP_TYPE_S5_REDUCED 5u /* what hypervisors use that have no DSDT to say so */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The park page and the handover record, revision 1: what a kernel leaves behind in memory for the next
 * one, so that CPUs wait between the two and one store wakes them all. docs/park.md is the
 * specification; this header is all of it that a compiler can check, and it needs nothing else of muster:
 * a kernel that has never heard of the library can be handed to, or hand over, with this file alone.
 *
 * All numbers are little-endian, whatever the machine and the kernel are. All addresses are physical.
 * Assembly gets the offsets only.
 */
#ifndef MUSTER_PARK_H
#define MUSTER_PARK_H

#define PARK_REVISION 1

/* struct park_page, by offset. The words that change have cache lines of their own. */
#define PARK_MAGIC_AT	       0
#define PARK_REVISION_AT       8
#define PARK_COMPATIBLE_AT     10
#define PARK_MACHINE_AT	       12
#define PARK_BASE_AT	       16
#define PARK_SIZE_AT	       24
#define PARK_IDENTITY_END_AT   32
#define PARK_RECORD_AT	       40
#define PARK_RECORD_SIZE_AT    48
#define PARK_SLOT_COUNT_AT     52
#define PARK_SLOTS_AT	       56
#define PARK_SLOT_SIZE_AT      64
#define PARK_SUM_AT	       72
#define PARK_SYSTEM_RESET_AT   80
#define PARK_MACHINE_CHECK_AT  88
#define PARK_RELEASE_AT	       128
#define PARK_ARGUMENT_AT       136
#define PARK_ENTERED_AT	       256
#define PARK_PARKED_AT	       384
#define PARK_LEFT_AT	       512
#define PARK_NMIS_AT	       640
#define PARK_MACHINE_CHECKS_AT 648
#define PARK_PAGE_BYTES	       4096

/* struct park_slot, by offset. */
#define PARK_SLOT_HWID		 0
#define PARK_SLOT_STATE		 8
#define PARK_SLOT_NMIS		 12
#define PARK_SLOT_MACHINE_CHECKS 16
#define PARK_SLOT_BYTES		 64

/* In `entered`: nobody may come in any more. */
#define PARK_CLOSED 0x80000000

/* States of a slot. */
#define PARK_SLOT_EMPTY	 0
#define PARK_SLOT_PARKED 1
#define PARK_SLOT_RESET	 2 /* had parked, and was reset: start it cold */

/* ELF's numbers of machines (e_machine), in `machine`. */
#define PARK_MACHINE_386    3
#define PARK_MACHINE_PPC64  21
#define PARK_MACHINE_X86_64 62

/* How the next kernel is told: the command line of the PVH module that is the region, and the
 * `compatible` of the node in the device tree's /reserved-memory. */
#define PARK_MODULE_NAME "muster-park"
#define PARK_COMPATIBLE	 "muster,park-page"

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define PARK_IS(condition) static_assert(condition, "docs/park.md")
#else
#define PARK_IS(condition) _Static_assert(condition, "docs/park.md")
#endif

/* Words of 8 bytes that change while others look: where C aligns them to 4 (i386), a compiler would not know
 * that one access can do it. */
#define PARK_WORD      __attribute__((aligned(8))) uint64_t

#define PARK_MAGIC     UINT64_C(0x4b5241505453554d) /* "MUSTPARK" */
#define HANDOVER_MAGIC UINT64_C(0x444e41485453554d) /* "MUSTHAND" */

/* The first page of the region. */
struct park_page {
	/* Written once by the leaving kernel, before the first CPU parks. */
	uint64_t magic;
	uint16_t revision;   /* of the writer */
	uint16_t compatible; /* the oldest revision whose reader may use it */
	uint32_t machine;
	uint64_t base; /* of this page; a multiple of 4096 */
	uint64_t size; /* of the region, in bytes; a multiple of 4096 */
	/* A released CPU reaches [0, identity_end) at its own address. The region lies below it. */
	uint64_t identity_end;
	uint64_t record; /* address of the handover record, within the region; 0: none */
	uint32_t record_size;
	uint32_t slot_count;
	uint64_t slots; /* address of the first, within the region */
	uint32_t slot_size;
	uint32_t reserved;
	uint64_t sum; /* park_sum() of the bytes before it */
	/* ppc64: where these are taken of CPUs that are inside; x86: 0. */
	uint64_t system_reset, machine_check;
	uint8_t pad1[PARK_RELEASE_AT - PARK_MACHINE_CHECK_AT - 8];
	/* Written once by the next kernel: 0, wait; else where to go. */
	PARK_WORD release;
	PARK_WORD argument; /* for the released CPUs; written before `release` */
	uint8_t pad2[PARK_ENTERED_AT - PARK_ARGUMENT_AT - 8];
	uint32_t entered; /* CPUs that have come in, and PARK_CLOSED */
	uint8_t pad3[PARK_PARKED_AT - PARK_ENTERED_AT - 4];
	uint32_t parked; /* of these, those that use nothing of the old kernel any more */
	uint8_t pad4[PARK_LEFT_AT - PARK_PARKED_AT - 4];
	uint32_t left; /* of these, those that use nothing of the region any more */
	uint8_t pad5[PARK_NMIS_AT - PARK_LEFT_AT - 4];
	PARK_WORD nmis; /* survived by all together */
	PARK_WORD machine_checks;
	uint8_t pad6[PARK_PAGE_BYTES - PARK_MACHINE_CHECKS_AT - 8];
};

/* One for each CPU that came in, in the order in which they came. */
struct park_slot {
	uint64_t hwid;	/* hardware id: APIC id, PAPR server number */
	uint32_t state; /* PARK_SLOT_* */
	uint32_t nmis;	/* survived by this one */
	uint32_t machine_checks;
	uint32_t reserved;
	uint8_t pad[PARK_SLOT_BYTES - 24];
};

PARK_IS(sizeof(struct park_page) == PARK_PAGE_BYTES);
PARK_IS(offsetof(struct park_page, magic) == PARK_MAGIC_AT);
PARK_IS(offsetof(struct park_page, revision) == PARK_REVISION_AT);
PARK_IS(offsetof(struct park_page, compatible) == PARK_COMPATIBLE_AT);
PARK_IS(offsetof(struct park_page, machine) == PARK_MACHINE_AT);
PARK_IS(offsetof(struct park_page, base) == PARK_BASE_AT);
PARK_IS(offsetof(struct park_page, size) == PARK_SIZE_AT);
PARK_IS(offsetof(struct park_page, identity_end) == PARK_IDENTITY_END_AT);
PARK_IS(offsetof(struct park_page, record) == PARK_RECORD_AT);
PARK_IS(offsetof(struct park_page, record_size) == PARK_RECORD_SIZE_AT);
PARK_IS(offsetof(struct park_page, slot_count) == PARK_SLOT_COUNT_AT);
PARK_IS(offsetof(struct park_page, slots) == PARK_SLOTS_AT);
PARK_IS(offsetof(struct park_page, slot_size) == PARK_SLOT_SIZE_AT);
PARK_IS(offsetof(struct park_page, sum) == PARK_SUM_AT);
PARK_IS(offsetof(struct park_page, system_reset) == PARK_SYSTEM_RESET_AT);
PARK_IS(offsetof(struct park_page, machine_check) == PARK_MACHINE_CHECK_AT);
PARK_IS(offsetof(struct park_page, release) == PARK_RELEASE_AT);
PARK_IS(offsetof(struct park_page, argument) == PARK_ARGUMENT_AT);
PARK_IS(offsetof(struct park_page, entered) == PARK_ENTERED_AT);
PARK_IS(offsetof(struct park_page, parked) == PARK_PARKED_AT);
PARK_IS(offsetof(struct park_page, left) == PARK_LEFT_AT);
PARK_IS(offsetof(struct park_page, nmis) == PARK_NMIS_AT);
PARK_IS(offsetof(struct park_page, machine_checks) == PARK_MACHINE_CHECKS_AT);
PARK_IS(sizeof(struct park_slot) == PARK_SLOT_BYTES);
PARK_IS(offsetof(struct park_slot, hwid) == PARK_SLOT_HWID);
PARK_IS(offsetof(struct park_slot, state) == PARK_SLOT_STATE);
PARK_IS(offsetof(struct park_slot, nmis) == PARK_SLOT_NMIS);
PARK_IS(offsetof(struct park_slot, machine_checks) == PARK_SLOT_MACHINE_CHECKS);

/* What an entry of the record is about. A reader leaves alone, and keeps others from, what it does not
 * know: [address, address + size) is not RAM for it. */
#define HANDOVER_XEN_VCPU_INFO	 1 /* held: cannot be registered again; go on with it */
#define HANDOVER_XEN_SHARED_INFO 2 /* held: no RAM lies there; map it to the same frame */
#define HANDOVER_PROCESS_TABLE \
	3 /* ppc64: known to the hypervisor, which does not look; RAM when another is */
#define HANDOVER_MAILBOX_CPU \
	4 /* x86: taken from the firmware's wakeup mailbox, and not there any more; no memory */
#define HANDOVER_GIVEN_BACK \
	16 /* the hypervisor had it and has given it back: RAM like any other. It is
				* told so that the next kernel can see for itself that nobody writes there */

/* No CPU: the entry is the whole guest's. */
#define HANDOVER_NO_CPU UINT64_MAX

struct handover_entry {
	uint32_t kind;
	uint32_t reserved;
	uint64_t hwid; /* the CPU's hardware id, or HANDOVER_NO_CPU */
	uint64_t address;
	uint64_t size;
};

/* What the hypervisor still holds of the leaving kernel; entries follow. */
struct handover_record {
	uint64_t magic;
	uint16_t revision;
	uint16_t compatible;
	uint32_t size; /* in bytes, the entries counted */
	uint32_t entry_count;
	uint32_t entry_size;
	uint32_t generation; /* 1 for the first handover since the machine was started, and so on */
	uint32_t online;     /* CPUs that were online in the kernel that leaves */
	uint64_t boot_hwid;  /* of the CPU that enters the next kernel */
	uint64_t free_bytes; /* of RAM, when that kernel's bring-up was over; 0: not told */
	uint64_t sum;	     /* park_sum() of the whole record with 0 in this place */
	uint64_t reserved;
};

PARK_IS(sizeof(struct handover_entry) == 32);
PARK_IS(offsetof(struct handover_entry, hwid) == 8);
PARK_IS(offsetof(struct handover_entry, address) == 16);
PARK_IS(offsetof(struct handover_entry, size) == 24);
PARK_IS(sizeof(struct handover_record) == 64);
PARK_IS(offsetof(struct handover_record, size) == 12);
PARK_IS(offsetof(struct handover_record, entry_count) == 16);
PARK_IS(offsetof(struct handover_record, entry_size) == 20);
PARK_IS(offsetof(struct handover_record, generation) == 24);
PARK_IS(offsetof(struct handover_record, online) == 28);
PARK_IS(offsetof(struct handover_record, boot_hwid) == 32);
PARK_IS(offsetof(struct handover_record, free_bytes) == 40);
PARK_IS(offsetof(struct handover_record, sum) == 48);

#undef PARK_IS
#undef PARK_WORD

/*
 * The checksum of both: FNV-1a of 64 bits, which needs no table and tells a page that was overwritten
 * from one that was not. It is no protection from anybody who means it. `sum`: PARK_SUM_BEGIN, or what the
 * bytes before these gave.
 */
#define PARK_SUM_BEGIN UINT64_C(0xcbf29ce484222325)

static inline uint64_t park_sum(uint64_t sum, const void *bytes, size_t size)
{
	const uint8_t *at = (const uint8_t *)bytes;

	while (size--)
		sum = (sum ^ *at++) * UINT64_C(0x100000001b3);
	return sum;
}

#endif

#endif

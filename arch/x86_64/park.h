/* SPDX-License-Identifier: MIT */
/*
 * The park region on x86-64 and i386 (docs/park.md): making it, going into it, and coming out of it. Numbers
 * that park.S shares with C come first; those of either alone are in its park_layout.h.
 */
#ifndef ARCH_X86_64_PARK_H
#define ARCH_X86_64_PARK_H

#ifdef __i386__
#include "arch/i386/park_layout.h"
#else
#include "arch/x86_64/park_layout.h"
#endif

#define PARK_GIBS	4 /* that released CPUs reach */
#define PARK_APIC_BYTES 24
#define PARK_VECTORS	32

/* Selectors of its GDT; the first three are the entry code's, by number too. */
#define PARK_SELECTOR_TSS 0x20

/* A slot, and behind it the CPU's stack, for NMIs and machine checks. */
#define PARK_SLOT_STRIDE 512

/* struct park_copy */
#define PARK_COPY_TO	0
#define PARK_COPY_FROM	8
#define PARK_COPY_SIZE	16
#define PARK_COPY_CLEAR 24
#define PARK_COPY_BYTES 32
#define PARK_COPIES_MAX 127 /* one more says that there are no more: size and clear 0 */

/* struct park_arrival: what a released CPU finds behind the code at its entry. */
#define ARRIVAL_CODE_BYTES 128

/* The local APIC: Intel SDM vol. 3A, table 10-1 and 10.12.1.2. */
#define APIC_SPURIOUS	  0xf0
#define APIC_LINT0	  0x350
#define APIC_LINT1	  0x360
#define MSR_X2_SPURIOUS	  0x80f
#define MSR_X2_LINT0	  0x835
#define MSR_X2_LINT1	  0x836

#define MSR_MCG_STATUS	  0x17a /* Intel SDM vol. 3B, 15.3.1.2 */
#define CPUID_1_ECX_MWAIT 8	/* MONITOR and MWAIT: Intel SDM vol. 2A, CPUID, leaf 1 */

#ifndef __ASSEMBLER__

#include <muster/cpu.h>
#include <muster/park.h>

struct park_copy {
	uint64_t to, from, size,
		clear; /* `clear` bytes of zero behind `size` bytes that are copied */
};

/* How a CPU in the page listens for NMIs, with its own tables: written to its local APIC. base 0: by MSRs;
 * spurious 0: not at all. */
struct park_apic {
	uint64_t base;
	uint32_t spurious, lint0, lint1;
	uint32_t reserved;
};

struct park_arrival {
	uint8_t code[ARRIVAL_CODE_BYTES];
	uintptr_t cr3, cr4, cr0;
	uintptr_t efer; /* 0: this CPU has none */
	uintptr_t entry;
};

/* The end of what released CPUs reach; the region and everything that the payload is told lie below. */
#define PARK_IDENTITY_END ((uint64_t)PARK_GIBS << 30)
static inline uint64_t park_reach(void)
{
	return PARK_IDENTITY_END;
}

/* Bytes of a region for so many CPUs and a record of so many bytes; a multiple of a page. */
uint64_t park_region_bytes(uint32_t slots, uint64_t record_bytes);

/*
 * Fill a region of ours at `physical`, `size` bytes: nobody is in it. The record is the caller's to write,
 * before park_region_publish(), which writes the checksum over what does not change any more.
 */
void park_region_fill(uint64_t physical, uint64_t size, uint32_t slots);
void park_region_listen(uint64_t physical, const struct park_apic *apic);
void park_region_publish(uint64_t physical, uint64_t record_bytes);
struct park_page *park_region_page(uint64_t physical);

/*
 * Page tables on which a CPU of ours goes into the region: the kernel's half, and the region at its own
 * address. 0: no memory. They are given back as a whole if the region lies within 2 MiB.
 */
uint64_t park_region_root(uint64_t physical, uint64_t size);
void park_region_root_free(uint64_t physical, uint64_t root);

/* From now on a CPU that stops (struct machine, stop_this_cpu) goes there and parks; or it halts again, as
 * before. */
void park_region_take_stopped(uint64_t physical, uint64_t root);
void park_region_take_no_more(void);
/* Nothing comes of it: let those that wait go to where only a start-up reaches them. Here a reset does that. */
static inline void park_region_let_go(uint64_t physical)
{
	(void)physical;
}
/* A root of the caller's, which has the code page: the rest of the region. Returns 0 or an error. */
int park_region_map_data(uint64_t root, uint64_t physical, uint64_t size);

/* The boot CPU goes in, copies what the list in the region says, and enters the payload as PVH says, in
 * 32-bit mode. Interrupts off; nothing of the kernel is used from here on. */
void park_region_leave(uint64_t physical, uint64_t root, uint32_t entry, uint32_t start_info)
	__attribute__((noreturn));

/* park_mode.c of each: what it has besides in the region, which has been filled; and to map a device's page there,
 * not cached. */
void park_mode_fill(uint64_t physical);
void park_mode_map_device(uint64_t physical, uint64_t address);

/* park.S, the kernel's last instructions: off to `vector`, an address in the region, on page tables that map
 * it. slot: the CPU's; copies: the list; entry, told: the payload's. Physical addresses. */
void park_jump(uintptr_t slot, uintptr_t copies, uintptr_t root, uint32_t entry, uint32_t told,
	       uintptr_t vector) __attribute__((noreturn));

/*
 * In the next kernel: make ready for CPUs to be released from that region. Returns the address to write
 * to `release`, 0 when there is no memory. Needs CAP_PAGE_TABLES, CAP_CPU_IDS, start_page_create().
 */
uint64_t park_arrival_begin(uint64_t physical, uint64_t size);

#endif
#endif

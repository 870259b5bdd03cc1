/* SPDX-License-Identifier: MIT */
/*
 * The park region on ppc64 (docs/park.md): making it, going into it, and coming out of it. Names that all
 * architectures have are those of arch/park.h. Numbers that park.S shares with C come first.
 */
#ifndef ARCH_PPC64_PARK_H
#define ARCH_PPC64_PARK_H

/* The region, in pages: the park page, the code, the list of what is copied, the slots, the record. What the
 * payload is told is a device tree, which lies by itself. */
#define PARK_CODE_PAGE	 0x1000
#define PARK_COPY_PAGE	 0x2000
#define PARK_SLOTS_PAGE	 0x3000
#define PARK_TOLD_PAGE	 0
#define PARK_TOLD_BYTES	 0

#define PARK_SLOT_STRIDE 128 /* a cache line */

/* struct park_copy */
#define PARK_COPY_TO	0
#define PARK_COPY_FROM	8
#define PARK_COPY_SIZE	16
#define PARK_COPY_CLEAR 24
#define PARK_COPY_BYTES 32
#define PARK_COPIES_MAX 127 /* one more says that there are no more: size and clear 0 */

/* struct cpu_lookup and its slots (core/cpu_table.h). */
#define LOOKUP_SLOTS	  0
#define LOOKUP_MASK	  8
#define LOOKUP_SLOT_HWID  0
#define LOOKUP_SLOT_CPU	  8
#define LOOKUP_SLOT_SHIFT 4

#ifndef __ASSEMBLER__

#include <muster/cpu.h>
#include <muster/park.h>

#define PARK_MACHINE PARK_MACHINE_PPC64

struct park_copy {
	uint64_t to, from, size,
		clear; /* `clear` bytes of zero behind `size` bytes that are copied */
};

/* What is reached without translation: as far as the platform says, at most 4 GiB. Set by step `memory-map`. */
#define PARK_REACH_MAX (UINT64_C(1) << 32)
extern uint64_t park_reach_end;
static inline uint64_t park_reach(void)
{
	return park_reach_end;
}

/* Bytes of a region for so many CPUs and a record of so many bytes; a multiple of a page. */
uint64_t park_region_bytes(uint32_t slots, uint64_t record_bytes);

/*
 * Fill a region of ours at `physical`, `size` bytes: nobody is in it. From then on a system reset or machine
 * check of a CPU that is inside goes there. The record is the caller's to write, before park_region_publish(),
 * which writes the checksum over what does not change any more.
 */
void park_region_fill(uint64_t physical, uint64_t size, uint32_t slots);
void park_region_publish(uint64_t physical, uint64_t record_bytes);
struct park_page *park_region_page(uint64_t physical);

/* There are no page tables to make here: not 0. And from then on: a CPU that stops (struct machine,
 * stop_this_cpu) goes there and parks; or it stops again, as before. */
uint64_t park_region_root(uint64_t physical, uint64_t size);
static inline void park_region_root_free(uint64_t physical, uint64_t root)
{
	(void)physical;
	(void)root;
}
void park_region_take_stopped(uint64_t physical, uint64_t root);
void park_region_take_no_more(void);

/* Nothing comes of it: those that wait go to where only a start-up reaches them, on their own. */
void park_region_let_go(uint64_t physical);

/* The boot CPU goes in, copies what the list in the region says, and enters the payload as kexec does: big-endian,
 * without translation, r3 = the device tree, r4 = the entry, r5 = 0. Interrupts off; nothing of the kernel is
 * used from here on. */
void park_region_leave(uint64_t physical, uint64_t root, uint32_t entry, uint32_t tree)
	__attribute__((noreturn));

/*
 * In the next kernel: there are CPUs in that region; until they have been released their system resets and
 * machine checks go where its page says. Before step `page-tables`, where vectors of ours come to lie.
 */
void park_arrival_expect(const struct park_page *page);
/* Make ready for them to be released. Returns the address to write to `release`. */
uint64_t park_arrival_begin(uint64_t physical, uint64_t size);

/* From assembly. */
extern uint64_t park_left; /* address of the page's count of CPUs that have left */

#endif
#endif

/* SPDX-License-Identifier: MIT */
/*
 * Units: making, moving and freeing per-CPU memory. Public accessors are in muster/percpu.h.
 *
 * A CPU's window (layout.h) begins with its unit; its stacks are in the upper half.
 */
#ifndef CORE_UNIT_H
#define CORE_UNIT_H

#include <muster/percpu.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The first bytes of every unit. Assembly reads `self` and `cpu`. `canary` is where compilers look for
 * the stack protector's word: on x86-64 %gs:40, on ppc64 -0x7010(r13).
 */
struct percpu_head {
	uintptr_t self; /* address of this unit */
	uint32_t cpu;	/* number of the CPU it belongs to */
	uint32_t magic; /* PERCPU_MAGIC while the unit is in use, else PERCPU_MAGIC_FREED */
	uint64_t scratch[PERCPU_CANARY_WORD - 2];
	uint64_t canary;
	uint64_t reserved[8 - PERCPU_CANARY_WORD - 1];
};
#define PERCPU_MAGIC	   0x706d7567u
#define PERCPU_MAGIC_FREED 0x64656164u

/* The head in the image. It has a section of its own, which comes first. */
extern PERCPU_HEAD_SECTION struct percpu_head percpu_head;

/* Where the image (read-only template) and the boot area are, and the image's size in bytes. Set
 * by the architecture before muster_main(); see percpu_setup(). */
struct percpu_image {
	const void *image;
	size_t size; /* whole words of 8 bytes */
	void *boot_area;
	size_t boot_area_size; /* whole pages */
	uintptr_t link_base; /* the address that the linker gave to the image: 0 in most kernels */
	size_t reserve;	     /* bytes behind the image in every unit, for percpu_alloc(): all it can
				have where memory cannot be mapped */
};

/* The CPU's unit; without one, a panic that names the CPU. */
uintptr_t unit_or_panic(cpu_t cpu);

/* Hand over the image. The entry code has copied it to the boot area and loaded the base. */
void percpu_setup(const struct percpu_image *image);

/*
 * Make CPU's unit: memory on its node, mapped at its window, a copy of the image with the head
 * filled in (the canary is the calling CPU's); what is behind the image is not cleared. Sets the
 * record's `unit`. Returns 0, MUSTER_E_NO_MEMORY, MUSTER_E_EXISTS; MUSTER_E_ORDER without an image or a layout,
 * MUSTER_E_INVALID when the image is larger than half a window. Needs CAP_MEMORY_MAP, CAP_LAYOUT,
 * CAP_PAGE_TABLES, CAP_CPU_IDS, CAP_UNITS (but for CPU 0).
 */
int unit_create(cpu_t cpu);
/* Its parts, for memory that somebody else has got. Can units be made (0, or an error and a line)?
 * And: the CPU's unit is at that address, mapped, with what core/percpu_pages.h has for it; fill it. */
struct cpu_record;
int unit_check(cpu_t cpu);
void unit_begin(struct cpu_record *record, uintptr_t unit);

/* Take it back: poison the head, unmap, free. Nothing if it has none. The unit that the calling CPU
 * runs on is a panic. */
void unit_destroy(cpu_t cpu);

/*
 * Move the boot CPU from the boot area to a unit of its own, one step: make the unit, copy what the
 * boot area holds *now*, load the new base, have the platform make the old pages writable, and only
 * then give them back to free memory (H3). Afterwards percpu_boot_ptr() is a panic. Returns 0 or
 * what failed; then the boot area is still in use. Interrupts are off. MUSTER_E_EXISTS: it has
 * moved.
 */
int unit_move_boot(void);

/* Gives 0 once the boot area has moved, else its address. */
uintptr_t unit_boot_area(void);

#endif

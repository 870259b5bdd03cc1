/* SPDX-License-Identifier: MIT */
/*
 * The virtual address layout: decided once, then read-only.
 *
 * While holes for the hypervisor are still being asked for, there is only a draft. layout_seal()
 * consumes it and gives the layout. Reserving takes the draft; using or reading the fixmap takes
 * the sealed layout; they are different types, so that a fixmap address cannot be taken before the
 * holes are known. Neither needs to know how much memory there is.
 *
 * All addresses are virtual, all sizes in bytes.
 */
#ifndef MUSTER_LAYOUT_H
#define MUSTER_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LAYOUT_HOLES_MAX 8

/* What the architecture fixes before any hole is known. */
struct layout_machine {
	uint64_t user_end;	/* first address that user space cannot have */
	uint64_t kernel_start;	/* first address that the kernel may use */
	uint64_t address_last;	/* last address there is: all ones of the address width */
	uint64_t image_start;	/* the kernel image's own addresses */
	uint64_t image_end;	/* first address after it */
	uint64_t direct_align;	/* alignment of the direct map; a power of two */
	uint64_t fixmap_align;	/* the fixmap's top is a multiple of this; a power of two */
	uint64_t window_stride; /* bytes of address space per CPU for its unit and stacks; a power
				   of two */
	uint32_t fixmap_slots;	/* pages that the fixmap must have */
	uint32_t cpus_max;	/* windows; the first ones are the CPUs', one each, and what is
				   left is for what their units grow by (percpu_alloc()) */
	uint64_t direct_size;	/* bytes that the direct map must be able to span */
};

struct layout_hole {
	uint64_t start;
	uint64_t size;
	const char *owner; /* who keeps it ("xen"); a string that lives on */
};

/* Open until sealed. The fields are layout.c's own; the size is public so that it can be static. */
struct layout_draft {
	struct layout_machine machine;
	struct layout_hole holes[LAYOUT_HOLES_MAX];
	uint32_t hole_count;
	uint32_t state;
};

/* The sealed layout. Read it through the functions below. */
struct layout;

/* Begin a draft. machine is copied. Needs no step: the address width and our image are constants.
 */
void layout_draft_begin(struct layout_draft *draft, const struct layout_machine *machine);

/*
 * The hypervisor keeps the top `size` bytes of the address space. size is rounded up to
 * fixmap_align, and a line says so when that changed it. Several calls: the largest counts. Returns
 * 0; MUSTER_E_INVALID for size 0, if nothing would be left or the hole would cover the kernel
 * image; MUSTER_E_EXISTS if it overlaps another hole; MUSTER_E_NO_MEMORY for more than
 * LAYOUT_HOLES_MAX holes; MUSTER_E_ORDER if the draft is sealed already. After an error the draft
 * is as before, and a line has named owner, range and rule.
 */
int layout_reserve_top(struct layout_draft *draft, uint64_t size, const char *owner);

/*
 * The hypervisor keeps [start, start + size). Returns 0; MUSTER_E_INVALID for size 0, a wrap, or a
 * range that meets the kernel image; MUSTER_E_EXISTS if it overlaps another hole;
 * MUSTER_E_NO_MEMORY for more than LAYOUT_HOLES_MAX holes; MUSTER_E_ORDER if the draft is sealed
 * already.
 */
int layout_reserve(struct layout_draft *draft, uint64_t start, uint64_t size, const char *owner);

/*
 * Make the direct map (machine.direct_size) as large as holes, fixmap and windows leave room for. For address
 * spaces that cannot hold all memory there may be; after the last hole, before the seal: a hole that comes
 * later is one that the seal finds no room beside. least: bytes of it that there must be. Returns 0, or
 * MUSTER_E_NO_MEMORY with a line when there is less, or the kernel image would end behind it; then the draft
 * is as before. Needs no memory map.
 */
int layout_draft_fit(struct layout_draft *draft, uint64_t least);

/*
 * Decide everything and consume the draft. Returns the layout, or NULL when it does not fit (then
 * one line names the part without room) or when the draft was sealed before. There is one layout
 * in a kernel: sealing a second draft is refused too.
 */
const struct layout *layout_seal(struct layout_draft *draft);

/* The sealed layout; NULL before. */
const struct layout *layout_current(void);

/* First address above ours: 2^width (0 for 64 bits) or the start of the hole at the top. */
uint64_t layout_kernel_top(const struct layout *layout);
/* End of user space, and start and span of the direct map. Two names, never one. */
uint64_t layout_user_end(const struct layout *layout);
uint64_t layout_direct_start(const struct layout *layout);
uint64_t layout_direct_size(const struct layout *layout);
/* First address and number of pages of the fixmap, and the address of one slot's page. A slot that
 * does not exist is a panic that names it. */
uint64_t layout_fixmap_start(const struct layout *layout);
uint32_t layout_fixmap_slots(const struct layout *layout);
uint64_t layout_fixmap_address(const struct layout *layout, uint32_t slot);
/* The windows: one of layout_window_stride() bytes for every CPU, in order of CPU number. */
uint64_t layout_window_start(const struct layout *layout);
uint64_t layout_window_stride(const struct layout *layout);
/* The kernel image: its own addresses, as the draft had them. */
uint64_t layout_image_start(const struct layout *layout);
uint64_t layout_image_end(const struct layout *layout);
/* The holes, for the report. index beyond the last gives NULL. */
const struct layout_hole *layout_hole_at(const struct layout *layout, uint32_t index);

#ifdef __cplusplus
}
#endif

#endif

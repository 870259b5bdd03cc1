/* SPDX-License-Identifier: MIT */
/*
 * VMware's Virtual Machine Interface, for a kernel that wants to know what its hypervisor's ROM was asked
 * (docs/vmi.md). On i386 only, and only in an image with that platform (-u muster_with_vmi -u muster_with_vmi_facts): elsewhere
 * these functions are missing. Addresses are virtual.
 */
#ifndef MUSTER_VMI_H
#define MUSTER_VMI_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Is there a ROM, and is it used? Needs the BOOT steps. */
bool vmi_is_active(void);

/* The first address of the hypervisor's part of the address space, which goes up to the top; 0: it has none.
 * Needs the BOOT steps. */
uint32_t vmi_hole_start(void);

/* Bytes of low memory that the hole takes away: what a layout without it would have more. Needs step `layout`. */
uint64_t vmi_low_memory_lost(void);

/* The last address that every segment in use on this CPU can reach. Any CPU. */
uint32_t vmi_segments_last(void);

/*
 * What a ROM that counts says (tests/vmirom is one): how often it ran a call, VMI_CALL_* of its numbers
 * below 125; and the rest by name. MUSTER_E_NOT_SUPPORTED from a ROM that does not, or when none is
 * active. Any CPU, when the BOOT steps are over.
 */
enum vmi_rom_fact {
	VMI_ROM_MAPPING_START, /* linear mapping 0 as it was told: address, pages, first frame */
	VMI_ROM_MAPPING_PAGES,
	VMI_ROM_MAPPING_FRAME,
	VMI_ROM_MAPPINGS,    /* how often */
	VMI_ROM_UNMAPPED,    /* page-table entries set that mapping 0 does not have */
	VMI_ROM_SEGMENTS,    /* segments that could not be shortened at the hole */
	VMI_ROM_STARTED,     /* CPUs that began in the ROM */
	VMI_ROM_HOLE_MAPPED, /* page-directory entries present in the hole: it looks now */
};
int64_t vmi_rom_calls(uint16_t call);
int64_t vmi_rom_fact(enum vmi_rom_fact fact);

#ifdef __cplusplus
}
#endif

#endif

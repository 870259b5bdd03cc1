/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the test ROM share: where things are in the RAM that its 16-bit init obtains. The
 * ROM runs wherever its caller has it mapped; RAM is at a fixed distance from it, because the caller
 * maps the first MiB in one piece.
 */
#ifndef TESTS_VMIROM_ROM_H
#define TESTS_VMIROM_ROM_H

#include "firmware/vmi_abi.h"

#ifndef HOLE_MIB
#error "HOLE_MIB: how much of the address space this ROM keeps"
#endif

/* Where it begins, in MiB. */
#define ROM_TOP_MIB    ((4096 - HOLE_MIB) % 4096)

#define RAM_TRAMPOLINE 0x0000 /* what a CPU runs behind a start-up IPI */
#define RAM_COUNTS     0x1000
#define RAM_DIRECTORY  0x2000 /* page directory, or PAE's four pointers */
#define RAM_DIRECTORY1 0x3000 /* PAE: the first MiB at its own address */
#define RAM_DIRECTORY2 0x4000 /* PAE: the first MiB where the kernel has it */
#define RAM_STATES     0x5000
#define RAM_KIB	       44

/* States by APIC id: the interface's, and then whether there is one. */
#define STATE_VALID  92
#define STATE_STRIDE 96
#define STATES	     255

#ifndef __ASSEMBLER__
#include <stdint.h>

struct rom_mapping {
	uint32_t address, pages, frame, told;
};

struct rom_counts {
	uint32_t calls[VMI_COUNTS_CALLS];
	struct rom_mapping mappings[4];
	uint32_t unmapped, segments, started;
};
_Static_assert(offsetof(struct rom_counts, mappings) == VMI_COUNTS_MAPPINGS, "vmi_abi.h");
_Static_assert(offsetof(struct rom_counts, unmapped) == VMI_COUNTS_UNMAPPED, "vmi_abi.h");
_Static_assert(offsetof(struct rom_counts, started) == VMI_COUNTS_STARTED, "vmi_abi.h");
_Static_assert(sizeof(struct rom_counts) == VMI_COUNTS_SIZE, "vmi_abi.h");

/* Behind the counts: what SetInitialAPState was last told. */
#define RAM_KNOWN 1024
struct rom_known {
	uint32_t gdt_base, gdt_limit, pae;
};

struct rom_state {
	struct vmi_cpu_state state;
	uint32_t valid;
};
_Static_assert(sizeof(struct rom_state) == STATE_STRIDE, "rom.h");
_Static_assert(offsetof(struct rom_state, valid) == STATE_VALID, "rom.h");
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What a CPU has of its own to say where its segments are: in its unit. percpu.c fills in what the
 * per-CPU base needs, descriptors.c the rest.
 */
#ifndef ARCH_I386_DESCRIPTOR_TABLES_H
#define ARCH_I386_DESCRIPTOR_TABLES_H

#include "arch/i386/offsets.h"

#include <muster/percpu.h>

/* A task's state: Intel SDM vol. 3A, figure 8-2. */
struct tss {
	uint32_t link;
	uint32_t stacks[6]; /* of rings 0 to 2: nobody comes from another ring */
	uint32_t cr3;
	uint32_t eip, eflags;
	uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
	uint32_t es, cs, ss, ds, fs, gs;
	uint32_t ldt;
	uint16_t trap;
	uint16_t io_map;
};
_Static_assert(sizeof(struct tss) == 104, "Intel SDM vol. 3A, figure 8-2");
_Static_assert(offsetof(struct tss, cr3) == 28, "Intel SDM vol. 3A, figure 8-2");
_Static_assert(offsetof(struct tss, es) == 72, "Intel SDM vol. 3A, figure 8-2");

struct descriptor_tables {
	uint64_t gdt[GDT_ENTRIES];
	struct tss tss;		 /* the CPU's, where it is left when a double fault comes */
	struct tss double_fault; /* and what handles that */
};
PERCPU_DECLARE(struct descriptor_tables, descriptor_tables);

struct table_pointer {
	uint16_t limit;
	uint32_t base;
} __attribute__((packed));

/* The table that all CPUs can share, without anything of theirs. */
extern const uint64_t boot_gdt[];
extern const struct table_pointer boot_gdt_pointer;

#endif

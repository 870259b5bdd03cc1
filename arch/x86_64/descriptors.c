// SPDX-License-Identifier: MIT
/*
 * GDT, TSS and IDT: see descriptors.h. The early IDT is filled by the entry code before there is a
 * per-CPU base, so nothing in this file may use per-CPU data on that way; descriptor_tables_load()
 * finds the CPU's tables by the number it is given and never asks which CPU it runs on.
 */
#include "arch/x86_64/descriptors.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/trap.h"

#include <muster/percpu.h>
#include <muster/stack.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak trap_tables_early
#pragma weak descriptor_tables_load
#pragma weak descriptor_tables_unload

/* Gate types and access bytes: Intel SDM vol. 3A, 6.14.1 and 3.5. */
#define GATE_INTERRUPT 0x8e
#define TSS_AVAILABLE  0x89
#define GDT_ENTRIES    5
#define IDT_ENTRIES    256
#define STUB_STRIDE    16
#define STUBS	       48

/* Numbers in a gate's IST field; 0 means: stay on the current stack. */
enum ist {
	IST_NONE,
	IST_NMI,
	IST_FATAL
};

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "Intel SDM vol. 3A, figure 6-8");

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "Intel SDM vol. 3A, figure 8-11");
_Static_assert(offsetof(struct tss, ist) == 36, "Intel SDM vol. 3A, figure 8-11");

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

struct descriptor_tables {
	uint64_t gdt[GDT_ENTRIES];
	struct tss tss;
};

static PERCPU(struct descriptor_tables, descriptor_tables) __attribute__((aligned(16)));

/* Written once, in the first moments of the boot CPU, and read-only from step `page-tables` on.
 * Zero until then: they take no room in the image. */
#define READ_ONLY_LATER __attribute__((section(".bss.read_only_later"), aligned(16)))
static struct gate early_idt[IDT_ENTRIES] READ_ONLY_LATER;
static struct gate idt[IDT_ENTRIES] READ_ONLY_LATER;
static struct gate stopped_idt[TRAP_MACHINE_CHECK + 1] READ_ONLY_LATER;

extern const struct table_pointer boot_gdt_pointer;
const struct table_pointer early_idt_pointer = { sizeof(early_idt) - 1, (uintptr_t)early_idt };
const struct table_pointer stopped_idt_pointer = { sizeof(stopped_idt) - 1,
						   (uintptr_t)stopped_idt };
static const struct table_pointer idt_pointer = { sizeof(idt) - 1, (uintptr_t)idt };

extern const char trap_stubs[], trap_stub_call[], trap_stub_spurious[];
extern const char trap_stub_stray[];
extern const char stopped_trap[], stopped_machine_check[];
extern const uint64_t boot_gdt[];

static void gate_set(struct gate *gate, const char *target, enum ist ist)
{
	uint64_t offset = (uintptr_t)target;

	*gate = (struct gate){ .offset_low = (uint16_t)offset,
			       .selector = SELECTOR_CODE,
			       .ist = (uint8_t)ist,
			       .type = GATE_INTERRUPT,
			       .offset_middle = (uint16_t)(offset >> 16),
			       .offset_high = (uint32_t)(offset >> 32) };
}

static void idt_fill(struct gate *table)
{
	for (unsigned int vector = 0; vector < STUBS; vector++)
		gate_set(&table[vector], trap_stubs + STUB_STRIDE * vector, IST_NONE);
	gate_set(&table[TRAP_CALL], trap_stub_call, IST_NONE);
	gate_set(&table[TRAP_SPURIOUS], trap_stub_spurious, IST_NONE);
}

void trap_tables_early(void)
{
	idt_fill(early_idt);
	/* Interrupts are only ever on with the other table. */
	for (unsigned int vector = STUBS; vector < IDT_ENTRIES; vector++)
		gate_set(&idt[vector], trap_stub_stray, IST_NONE);
	idt_fill(idt);
	idt[TRAP_NMI].ist = IST_NMI;
	idt[TRAP_DOUBLE_FAULT].ist = IST_FATAL;
	idt[TRAP_MACHINE_CHECK].ist = IST_FATAL;
	gate_set(&stopped_idt[TRAP_NMI], stopped_trap, IST_NONE);
	gate_set(&stopped_idt[TRAP_MACHINE_CHECK], stopped_machine_check, IST_NONE);
	__asm__ volatile("lidt %0" ::"m"(early_idt_pointer) : "memory");
}

/* A TSS descriptor is two entries long: Intel SDM vol. 3A, figure 8-4. */
static void gdt_fill(struct descriptor_tables *tables)
{
	uint64_t base = (uintptr_t)&tables->tss;
	uint64_t limit = sizeof(tables->tss) - 1;

	tables->gdt[0] = 0;
	tables->gdt[SELECTOR_CODE / 8] = boot_gdt[SELECTOR_CODE / 8];
	tables->gdt[SELECTOR_DATA / 8] = boot_gdt[SELECTOR_DATA / 8];
	tables->gdt[SELECTOR_TSS / 8] = limit | (base & 0xffffff) << 16 |
					(uint64_t)TSS_AVAILABLE << 40 | (base >> 24 & 0xff) << 56;
	tables->gdt[SELECTOR_TSS / 8 + 1] = base >> 32;
}

int descriptor_tables_load(cpu_t cpu)
{
	struct descriptor_tables *tables = percpu_ptr(descriptor_tables, cpu);
	struct table_pointer pointer = { sizeof(tables->gdt) - 1, (uintptr_t)tables->gdt };

	tables->tss.ist[IST_NMI - 1] = stack_top(cpu, STACK_NMI);
	tables->tss.ist[IST_FATAL - 1] = stack_top(cpu, STACK_FATAL);
	tables->tss.io_map = sizeof(tables->tss);
	gdt_fill(tables);
	__asm__ volatile("lgdt %0" ::"m"(pointer) : "memory");
	__asm__ volatile("ltr %w0" ::"r"(SELECTOR_TSS) : "memory");
	__asm__ volatile("lidt %0" ::"m"(idt_pointer) : "memory");
	return 0;
}

void descriptor_tables_unload(cpu_t cpu)
{
	(void)cpu;
	__asm__ volatile("lidt %0" ::"m"(early_idt_pointer) : "memory");
	__asm__ volatile("lgdt %0" ::"m"(boot_gdt_pointer) : "memory");
}

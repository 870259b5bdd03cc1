// SPDX-License-Identifier: MIT
/*
 * Task segments and IDT: see arch/x86_64/descriptors.h. The early IDT is filled by the entry code before
 * there is a per-CPU base, so nothing in this file may use per-CPU data on that way;
 * descriptor_tables_load() finds the CPU's tables by the number it is given and never asks which CPU it
 * runs on. The GDT is loaded with the per-CPU base, whose descriptor is in it (percpu.c); here its task
 * segments are filled in.
 *
 * A trap within one ring does not change stacks, and nobody here is in another ring. Only a double fault is
 * told on a stack of its own, by a task gate (Intel SDM vol. 3A, 6.12.2): the stack that was in use is
 * what is wrong then.
 */
#include "arch/x86_64/descriptors.h"

#include "arch/i386/descriptor_tables.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/trap.h"

#include <muster/stack.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak trap_tables_early
#pragma weak descriptor_tables_load
#pragma weak descriptor_tables_unload

/* Gate types and access bytes: Intel SDM vol. 3A, 6.11 and 7.2.2. */
#define GATE_INTERRUPT 0x8e
#define GATE_TASK      0x85
#define TSS_AVAILABLE  0x89
#define FLAGS_RESERVED 0x2 /* bit 1 of EFLAGS is always set: SDM vol. 1, 3.4.3 */
#define IDT_ENTRIES    256
#define STUB_STRIDE    16
#define STUBS	       48

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t reserved;
	uint8_t type;
	uint16_t offset_high;
};
_Static_assert(sizeof(struct gate) == 8, "Intel SDM vol. 3A, figure 6-2");

/* Written once, in the first moments of the boot CPU, and read-only from step `page-tables` on.
 * Zero until then: they take no room in the image. */
#define READ_ONLY_LATER __attribute__((section(".bss.read_only_later"), aligned(16)))
static struct gate early_idt[IDT_ENTRIES] READ_ONLY_LATER;
static struct gate idt[IDT_ENTRIES] READ_ONLY_LATER;
static struct gate stopped_idt[TRAP_MACHINE_CHECK + 1] READ_ONLY_LATER;

/* Assembly loads these two. */
extern const struct table_pointer early_idt_pointer, stopped_idt_pointer;
const struct table_pointer early_idt_pointer = { sizeof(early_idt) - 1, (uintptr_t)early_idt };
const struct table_pointer stopped_idt_pointer = { sizeof(stopped_idt) - 1,
						   (uintptr_t)stopped_idt };
static const struct table_pointer idt_pointer = { sizeof(idt) - 1, (uintptr_t)idt };

extern const char trap_stubs[], trap_stub_call[], trap_stub_spurious[];
extern const char trap_stub_stray[];
extern const char stopped_trap[], stopped_machine_check[], double_fault_entry[];
extern uint64_t kernel_cr3;
void double_fault_report(void) __attribute__((noreturn));

static void gate_set(struct gate *gate, const char *target)
{
	uint32_t offset = (uintptr_t)target;

	*gate = (struct gate){ .offset_low = (uint16_t)offset,
			       .selector = SELECTOR_CODE,
			       .type = GATE_INTERRUPT,
			       .offset_high = (uint16_t)(offset >> 16) };
}

static void idt_fill(struct gate *table)
{
	for (unsigned int vector = 0; vector < STUBS; vector++)
		gate_set(&table[vector], trap_stubs + STUB_STRIDE * vector);
	gate_set(&table[TRAP_CALL], trap_stub_call);
	gate_set(&table[TRAP_SPURIOUS], trap_stub_spurious);
}

void trap_tables_early(void)
{
	idt_fill(early_idt);
	/* Interrupts are only ever on with the other table. */
	for (unsigned int vector = STUBS; vector < IDT_ENTRIES; vector++)
		gate_set(&idt[vector], trap_stub_stray);
	idt_fill(idt);
	idt[TRAP_DOUBLE_FAULT] =
		(struct gate){ .selector = SELECTOR_DOUBLE_FAULT, .type = GATE_TASK };
	gate_set(&stopped_idt[TRAP_NMI], stopped_trap);
	gate_set(&stopped_idt[TRAP_MACHINE_CHECK], stopped_machine_check);
	__asm__ volatile("lidt %0" ::"m"(early_idt_pointer) : "memory");
}

static uint64_t tss_descriptor(const struct tss *tss)
{
	uint32_t base = (uintptr_t)tss;

	return (sizeof(*tss) - 1) | (uint64_t)(base & 0xffffff) << 16 |
	       (uint64_t)TSS_AVAILABLE << 40 | (uint64_t)(base >> 24) << 56;
}

/* What the processor makes of itself when a double fault comes. */
static void double_fault_fill(struct tss *tss, uintptr_t stack)
{
	*tss = (struct tss){ .cr3 = (uint32_t)kernel_cr3,
			     .eip = (uintptr_t)double_fault_entry,
			     .eflags = FLAGS_RESERVED,
			     .esp = stack,
			     .cs = SELECTOR_CODE,
			     .ds = SELECTOR_DATA,
			     .es = SELECTOR_DATA,
			     .ss = SELECTOR_DATA,
			     .fs = SELECTOR_PERCPU,
			     .io_map = sizeof(*tss) };
}

/* From assembly, on the double fault's stack: the CPU's own task has what was interrupted. */
void double_fault_report(void)
{
	const struct tss *was = &percpu_ptr(descriptor_tables, cpu_this())->tss;
	struct trap_frame frame = {
		.edi = was->edi,
		.esi = was->esi,
		.ebp = was->ebp,
		.esp = was->esp,
		.ebx = was->ebx,
		.edx = was->edx,
		.ecx = was->ecx,
		.eax = was->eax,
		.vector = TRAP_DOUBLE_FAULT,
		.eip = was->eip,
		.cs = was->cs,
		.eflags = was->eflags,
	};

	trap_dispatch(&frame);
	__builtin_unreachable();
}

int descriptor_tables_load(cpu_t cpu)
{
	struct descriptor_tables *tables = percpu_ptr(descriptor_tables, cpu);

	tables->tss = (struct tss){ .cr3 = (uint32_t)kernel_cr3, .io_map = sizeof(tables->tss) };
	double_fault_fill(&tables->double_fault, stack_top(cpu, STACK_FATAL));
	tables->gdt[SELECTOR_TSS / 8] = tss_descriptor(&tables->tss);
	tables->gdt[SELECTOR_DOUBLE_FAULT / 8] = tss_descriptor(&tables->double_fault);
	__asm__ volatile("ltr %w0" ::"r"(SELECTOR_TSS) : "memory");
	__asm__ volatile("lidt %0" ::"m"(idt_pointer) : "memory");
	return 0;
}

void descriptor_tables_unload(cpu_t cpu)
{
	(void)cpu;
	__asm__ volatile("lidt %0" ::"m"(early_idt_pointer) : "memory");
}

// SPDX-License-Identifier: MIT
/* Proves at compile time that the numbers in offsets.h are what C lays out. Holds no code. */
#include "arch/i386/offsets.h"

#include "arch/i386/descriptor_tables.h"
#include "arch/i386/start_page_fields.h"
#include "arch/x86_64/fault_expect.h"
#include "arch/x86_64/trap.h"
#include "core/cpu_table.h"
#include "core/unit.h"

_Static_assert(offsetof(struct cpu_record, state) == RECORD_STATE, "record: state");
_Static_assert(offsetof(struct cpu_record, number) == RECORD_NUMBER, "record: number");
_Static_assert(offsetof(struct cpu_record, unit) == RECORD_UNIT, "record: unit");
_Static_assert(offsetof(struct cpu_record, stack) == RECORD_STACK, "record: stack");
_Static_assert(offsetof(struct cpu_lookup, slots) == LOOKUP_SLOTS, "lookup: slots");
_Static_assert(offsetof(struct cpu_lookup, mask) == LOOKUP_MASK, "lookup: mask");
_Static_assert(offsetof(struct cpu_lookup, records) == LOOKUP_RECORDS, "lookup: records");
_Static_assert(offsetof(struct cpu_lookup_slot, hwid) == SLOT_HWID, "slot: hwid");
_Static_assert(offsetof(struct cpu_lookup_slot, cpu) == SLOT_CPU, "slot: cpu");
_Static_assert(sizeof(struct cpu_lookup_slot) == SLOT_SIZE, "slot: size");
_Static_assert(CPU_NONE_NUMBER == CPU_NONE, "no CPU");
_Static_assert(CPU_STARTING == STATE_STARTING && CPU_ARRIVED == STATE_ARRIVED, "states");
_Static_assert(CPU_HELD == STATE_HELD && CPU_FAILED == STATE_FAILED, "states");
_Static_assert(offsetof(struct start_page, gdt) == START_GDT, "start page: gdt");
_Static_assert(offsetof(struct start_page, cr3) == START_CR3, "start page: cr3");
_Static_assert(offsetof(struct start_page, cr4) == START_CR4, "start page: cr4");
_Static_assert(offsetof(struct start_page, efer) == START_EFER, "start page: efer");
_Static_assert(offsetof(struct start_page, cr0) == START_CR0, "start page: cr0");
_Static_assert(offsetof(struct start_page, entry) == START_ENTRY, "start page: entry");
_Static_assert(offsetof(struct start_page, jump_offset) == START_JUMP, "start page: jump");
_Static_assert(offsetof(struct start_page, gdt_limit) == START_GDT_LIMIT, "start page: gdt limit");
_Static_assert(offsetof(struct start_page, gdt_base) == START_GDT_BASE, "start page: gdt base");
_Static_assert(sizeof(struct start_page) == START_PAGE_SIZE, "start page: size");
_Static_assert(offsetof(struct trap_frame, vector) == TRAP_SAVED_BYTES, "trap frame: saved");
_Static_assert(offsetof(struct trap_frame, esp) == TRAP_STACK_POINTER, "trap frame: esp");
_Static_assert(sizeof(struct trap_frame) == TRAP_SAVED_BYTES + TRAP_PUSHED_BYTES, "trap frame");
_Static_assert(offsetof(struct fault_expectation, resume_rip) == EXPECTED_IP, "expectation");
_Static_assert(offsetof(struct fault_expectation, resume_rsp) == EXPECTED_SP, "expectation");
_Static_assert(offsetof(struct fault_expectation, resume_rbp) == EXPECTED_BP, "expectation");
_Static_assert(offsetof(struct fault_expectation, resume_rbx) == EXPECTED_BX, "expectation");
_Static_assert(POISON_BASE + (uint64_t)WAYS * POISON_SPAN <= LAYOUT_START,
	       "nothing is mapped there");
_Static_assert(POISON_SPAN == 1 << POISON_SHIFT, "poison: span");
_Static_assert(SELECTOR_POISON == GDT_ENTRIES * 8, "poison: behind what CPUs have of their own");
_Static_assert(SELECTOR_POISON_SECONDARY == SELECTOR_POISON + 8 * WAY_SECONDARY, "poison");
_Static_assert(sizeof(((struct descriptor_tables *)0)->gdt) == GDT_ENTRIES * 8, "GDT");
_Static_assert(offsetof(struct percpu_head, self) == 0, "unit head: self");
_Static_assert(offsetof(struct percpu_head, canary) == 20, "stack protector's word at %fs:20");

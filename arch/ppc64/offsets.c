// SPDX-License-Identifier: MIT
/* Proves at compile time that the numbers in offsets.h are what C lays out. Holds no code. */
#include "arch/ppc64/offsets.h"

#include "arch/ppc64/fault_expect.h"
#include "arch/ppc64/trap.h"
#include "core/cpu_table.h"
#include "core/stack_area.h"
#include "core/unit.h"

_Static_assert(offsetof(struct cpu_record, state) == RECORD_STATE, "record: state");
_Static_assert(offsetof(struct cpu_record, number) == RECORD_NUMBER, "record: number");
_Static_assert(offsetof(struct cpu_record, unit) == RECORD_UNIT, "record: unit");
_Static_assert(offsetof(struct cpu_record, stack) == RECORD_STACK, "record: stack");
_Static_assert(offsetof(struct cpu_records, first) == RECORDS_FIRST, "records: first");
_Static_assert(CPU_STARTING == STATE_STARTING && CPU_ARRIVED == STATE_ARRIVED, "states");
_Static_assert(CPU_HELD == STATE_HELD && CPU_FAILED == STATE_FAILED, "states");
_Static_assert(offsetof(struct trap_frame, gpr) == TRAP_GPR, "trap frame: gpr");
_Static_assert(offsetof(struct trap_frame, nip) == TRAP_NIP, "trap frame: nip");
_Static_assert(offsetof(struct trap_frame, msr) == TRAP_MSR, "trap frame: msr");
_Static_assert(offsetof(struct trap_frame, ctr) == TRAP_CTR, "trap frame: ctr");
_Static_assert(offsetof(struct trap_frame, lr) == TRAP_LR, "trap frame: lr");
_Static_assert(offsetof(struct trap_frame, xer) == TRAP_XER, "trap frame: xer");
_Static_assert(offsetof(struct trap_frame, cr) == TRAP_CR, "trap frame: cr");
_Static_assert(offsetof(struct trap_frame, dar) == TRAP_DAR, "trap frame: dar");
_Static_assert(offsetof(struct trap_frame, dsisr) == TRAP_DSISR, "trap frame: dsisr");
_Static_assert(offsetof(struct trap_frame, vector) == TRAP_VECTOR, "trap frame: vector");
_Static_assert(sizeof(struct trap_frame) == TRAP_SIZE, "trap frame: size");
_Static_assert((TRAP_FRAME_SIZE + RED_ZONE) % 16 == 0, "stack pointers: ELFv2 ABI, 2.2.2");
_Static_assert(offsetof(struct fault_expectation, resume_nip) == 0, "expectation");
_Static_assert(offsetof(struct fault_expectation, resume_stack) == 8, "expectation");
_Static_assert(offsetof(struct fault_expectation, resume_toc) == 16, "expectation");
_Static_assert(POISON_SPAN == 1 << POISON_SHIFT, "poison: span");
_Static_assert(POISON_BASE_SECONDARY == POISON_BASE + (uint64_t)WAY_SECONDARY * POISON_SPAN,
	       "poison");
_Static_assert(LAYOUT_LAST < POISON_BASE - UNIT_BIAS, "nothing is mapped there");
_Static_assert(POISON_BASE + (uint64_t)WAYS * POISON_SPAN <= KERNEL_LAST, "poison: an address");
_Static_assert(UNIT_BIAS == PERCPU_BIAS, "r13");
_Static_assert(sizeof(struct percpu_head) == PERCPU_BIAS - 0x7000, "the head, then the variables");
_Static_assert(offsetof(struct percpu_head, self) == 0, "unit head: self");
_Static_assert(offsetof(struct percpu_head, canary) == PERCPU_BIAS - 0x7010,
	       "stack protector's word at -0x7010(r13)");
_Static_assert(STACK_SIZE == 4096, "entry_secondary.S: a stack's lowest address");

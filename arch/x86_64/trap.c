// SPDX-License-Identifier: MIT
/*
 * What becomes of a trap: an interrupt goes to its handler, an NMI is counted, a fault that a
 * self-test expects goes on where it says, and anything else prints all there is to know and ends
 * the guest. The fatal way must work without a per-CPU base: the first thing it has to be able to
 * report is a use of per-CPU data before the base was loaded.
 */
#include "arch/x86_64/trap.h"

#include "arch/x86_64/fault_expect.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/start.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/runner.h"

#include <muster/console.h>
#include <muster/muster.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak trap_dispatch

static PERCPU(uint64_t, nmi_count);
static PERCPU(struct fault_expectation *, fault_expected);

static trap_handler *handlers[3]; /* TRAP_CALL, TRAP_SPURIOUS, TRAP_STRAY */

static trap_handler **handler_slot(uint64_t vector)
{
	if (vector == TRAP_CALL)
		return &handlers[0];
	if (vector == TRAP_SPURIOUS)
		return &handlers[1];
	return vector == TRAP_STRAY ? &handlers[2] : NULL;
}

void trap_handler_set(uint16_t vector, trap_handler *handler)
{
	trap_handler **slot = handler_slot(vector);

	if (!slot)
		muster_panic("trap vector %#x: no handler can be set for it", vector);
	*slot = handler;
}

uint64_t nmi_count_read(cpu_t cpu)
{
	return *percpu_ptr(nmi_count, cpu);
}

void fault_expect(struct fault_expectation *expectation)
{
	this_cpu(fault_expected) = expectation;
}

static bool poisoned(uint64_t address)
{
	return address >= POISON_BASE && address - POISON_BASE < (uint64_t)WAYS * POISON_SPAN;
}

/* The CPU, for the message: by its base, else by its hardware id, else as the boot CPU. Without a base, which
 * CPU it is must be found in another way. */
static cpu_t who(void)
{
	cpu_t cpu;

	if (trap_base_is_loaded())
		return cpu_this();
	cpu = cpu_possible_count() ? cpu_by_hwid(machine_get()->hwid_this()) : cpu_from_number(0);
	return cpu_is_none(cpu) ? cpu_from_number(0) : cpu;
}

static const char *vector_name(uint64_t vector)
{
	/* Intel SDM vol. 3A, table 6-1. */
	static const char *const names[] = {
		"divide error",
		"debug",
		"non-maskable interrupt",
		"breakpoint",
		"overflow",
		"bound range",
		"invalid opcode",
		"no device",
		"double fault",
		"coprocessor overrun",
		"invalid TSS",
		"segment not present",
		"stack fault",
		"general protection",
		"page fault",
		"reserved",
		"floating point",
		"alignment check",
		"machine check",
		"SIMD floating point",
	};

	return vector < sizeof(names) / sizeof(names[0]) ? names[vector] : "unexpected interrupt";
}

/* What a fault address says about the bug behind it. */
static void explain_address(uint64_t address)
{
	enum stack_kind kind;
	bool guard;
	cpu_t cpu;

	if (poisoned(address)) {
		console_print(
			"muster: per-CPU data at offset %#jx was used before the per-CPU base was loaded (entry: %s)\n",
			address & (POISON_SPAN - 1),
			x86_way_name((address - POISON_BASE) >> POISON_SHIFT));
	} else if (stack_find(address, &cpu, &kind, &guard) && guard) {
		console_print(
			"muster: stack overflow: CPU %u ran over its %s stack into the guard page\n",
			cpu.number, stack_kind_name(kind));
	}
}

static void fatal(const struct trap_frame *frame) __attribute__((noreturn));
static void fatal(const struct trap_frame *frame)
{
	cpu_t cpu = who();

	/* A trap may come before there is a machine to print with. */
	if (!machine_get()->console_write)
		machine_set(&x86_machine);
	panic_begin(cpu);
	console_print("muster: CPU %u in step %s: %s (vector %ju, error code %#jx)\n", cpu.number,
		      bringup_step_now(cpu), vector_name(frame->vector), (uint64_t)frame->vector,
		      (uint64_t)frame->error_code);
	if (frame->vector == TRAP_PAGE_FAULT || frame->vector == TRAP_DOUBLE_FAULT)
		explain_address(cr2_read());
	trap_registers_print(frame);
	console_print("@muster 1 panic cpu=%u step=%s\n", cpu.number, bringup_step_now(cpu));
	backtrace_print(trap_frame_place(frame), trap_frame_base(frame));
	panic_exit();
}

/* An NMI while CPUs come up is how a host asks a guest that hangs where it is. */
static void nmi(const struct trap_frame *frame)
{
	cpu_t cpu;

	/* How a CPU that panics stops the others, whatever they are at. */
	if (panic_is_under_way())
		machine_get()->halt();
	if (!trap_base_is_loaded())
		return;
	cpu = cpu_this();
	this_cpu(nmi_count)++;
	if (!bringup_is_over())
		bringup_announce(cpu, trap_frame_stack(frame));
}

static trap_fault_mender *mender;

static bool fault_was_expected(struct trap_frame *frame)
{
	struct fault_expectation *expected =
		trap_base_is_loaded() ? this_cpu(fault_expected) : NULL;

	if (!expected || frame->vector >= TRAP_EXCEPTIONS)
		return false;
	this_cpu(fault_expected) = NULL;
	expected->vector = frame->vector;
	expected->address = cr2_read();
	trap_resume(frame, expected);
	return true;
}

void trap_fault_mender_set(trap_fault_mender *new_mender)
{
	mender = new_mender;
}

/* Bit 0 of the error code: it is present, and must not be used so (Intel SDM vol. 3A, 4.7). */
static bool is_mended(const struct trap_frame *frame)
{
	return mender && frame->vector == TRAP_PAGE_FAULT && !(frame->error_code & 1) &&
	       mender(cr2_read());
}

void trap_dispatch(struct trap_frame *frame)
{
	trap_handler **slot = handler_slot(frame->vector);

	if (is_mended(frame))
		return;
	if (frame->vector == TRAP_NMI)
		nmi(frame);
	else if (slot && *slot)
		(*slot)();
	else if (frame->vector >= TRAP_LEGACY && frame->vector < TRAP_LEGACY + 16)
		return; /* a masked 8259 still sends spurious ones: its data sheet, IRQ 7 and 15 */
	else if (!fault_was_expected(frame))
		fatal(frame);
}

// SPDX-License-Identifier: MIT
/*
 * What becomes of a trap: an interrupt goes to its handler, a system reset is counted, a fault that a
 * self-test expects goes on where it says, and anything else prints all there is to know and ends
 * the guest. The fatal way must work without a per-CPU base: the first thing it has to be able to
 * report is a use of per-CPU data before the base was loaded.
 */
#include "arch/ppc64/trap.h"

#include "arch/ppc64/fault_expect.h"
#include "arch/ppc64/offsets.h"
#include "arch/ppc64/percpu.h"
#include "arch/ppc64/registers.h"
#include "arch/ppc64/start.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/runner.h"
#include "core/string.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak trap_dispatch

static PERCPU(uint64_t, nmi_count);
static PERCPU(bool, reset_is_told);
static PERCPU(struct fault_expectation *, fault_expected);

static trap_handler *external_handler, *doorbell_handler, *decrementer_handler;
int64_t decrementer_farthest = INT32_MAX;

extern char trap_exit[], trap_exit_last[], firmware_go[], firmware_go_end[], firmware_back[];
extern char firmware_back_end[], firmware_return[], firmware_return_end[];

/* Code that needs SRR0 and SRR1, which a system reset takes away, and can begin there again. Not so the last
 * instruction of a trap: the stack pointer is another's then. */
static const struct {
	const char *begin, *end;
} restarts[] = {
	{ trap_exit, trap_exit_last },
	{ firmware_go, firmware_go_end },
	{ firmware_back, firmware_back_end },
	{ firmware_return, firmware_return_end },
};

uint64_t trap_resets_in_firmware;

void trap_handler_set(uint16_t vector, trap_handler *handler)
{
	if (vector == TRAP_EXTERNAL)
		external_handler = handler;
	else if (vector == TRAP_DOORBELL)
		doorbell_handler = handler;
	else if (vector == TRAP_DECREMENTER)
		decrementer_handler = handler;
	else
		muster_panic("trap vector %#x: no handler can be set for it", vector);
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
	return address >= POISON_BASE - UNIT_BIAS &&
	       address - (POISON_BASE - UNIT_BIAS) < (uint64_t)WAYS * POISON_SPAN;
}

/* Does this CPU have a base? If not, which CPU it is must be found in another way. */
static bool base_is_loaded(void)
{
	return !poisoned(base_read());
}

/* The CPU, for the message: by its base, else by its stack, which it has before its base; else the boot CPU.
 * Its PIR need not say who it is. */
static cpu_t who(const struct trap_frame *frame)
{
	enum stack_kind kind;
	bool guard;
	cpu_t cpu;

	if (base_is_loaded())
		return cpu_this();
	return stack_find(frame->gpr[1], &cpu, &kind, &guard) ? cpu : cpu_from_number(0);
}

static const char *vector_name(uint64_t vector)
{
	static const struct {
		uint16_t vector;
		const char *name;
	} names[] = {
		{ TRAP_SYSTEM_RESET, "system reset" },
		{ TRAP_MACHINE_CHECK, "machine check" },
		{ TRAP_DATA_STORAGE, "data storage" },
		{ TRAP_DATA_SEGMENT, "data segment" },
		{ TRAP_INSTRUCTION_STORAGE, "instruction storage" },
		{ TRAP_INSTRUCTION_SEGMENT, "instruction segment" },
		{ TRAP_EXTERNAL, "external interrupt" },
		{ TRAP_ALIGNMENT, "alignment" },
		{ TRAP_PROGRAM, "program" },
		{ 0x800, "floating point unavailable" },
		{ TRAP_DECREMENTER, "decrementer" },
		{ 0x980, "hypervisor decrementer" },
		{ TRAP_DOORBELL, "doorbell" },
		{ 0xc00, "system call" },
		{ 0xd00, "trace" },
		{ 0xf00, "performance monitor" },
		{ 0xf20, "vector unavailable" },
		{ 0xf40, "VSX unavailable" },
		{ 0xf60, "facility unavailable" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].vector == vector)
			return names[i].name;
	return "unexpected interrupt";
}

static void print_registers(const struct trap_frame *f)
{
	console_print("  nip %016lx  msr %016lx  lr  %016lx  ctr %016lx\n", f->nip, f->msr, f->lr,
		      f->ctr);
	console_print("  cr  %08lx  xer %08lx  dar %016lx  dsisr %08lx\n", f->cr, f->xer, f->dar,
		      f->dsisr);
	for (uint32_t i = 0; i < 32; i += 4)
		console_print("  r%-2u %016lx %016lx %016lx %016lx\n", i, f->gpr[i], f->gpr[i + 1],
			      f->gpr[i + 2], f->gpr[i + 3]);
}

/* What a fault address says about the bug behind it. */
static void explain_address(uint64_t address)
{
	enum stack_kind kind;
	bool guard;
	cpu_t cpu;

	if (poisoned(address)) {
		uint64_t way = (address - (POISON_BASE - UNIT_BIAS)) >> POISON_SHIFT;

		console_print(
			"muster: per-CPU data at offset %#lx was used before the per-CPU base was loaded (entry: %s)\n",
			address - (POISON_BASE - UNIT_BIAS) - (way << POISON_SHIFT),
			ppc64_way_name(way));
	} else if (stack_find(address, &cpu, &kind, &guard) && guard) {
		console_print(
			"muster: stack overflow: CPU %u ran over its %s stack into the guard page\n",
			cpu.number, stack_kind_name(kind));
	}
}

static void fatal(const struct trap_frame *frame) __attribute__((noreturn));
static void fatal(const struct trap_frame *frame)
{
	cpu_t cpu = who(frame);

	/* A trap may come before there is a machine to print with. */
	if (!machine_get()->console_write)
		machine_set(&ppc64_machine);
	panic_begin(cpu);
	console_print("muster: CPU %u in step %s: %s (vector %#lx)\n", cpu.number,
		      bringup_step_now(cpu), vector_name(frame->vector), frame->vector);
	if (!(frame->msr & MSR_RI))
		console_print("muster: it came where there is no way back from (MSR[RI] is 0)\n");
	if (frame->vector == TRAP_DATA_STORAGE || frame->vector == TRAP_DATA_SEGMENT)
		explain_address(frame->dar);
	print_registers(frame);
	console_print("@muster 1 panic cpu=%u step=%s\n", cpu.number, bringup_step_now(cpu));
	backtrace_print(frame->nip, frame->lr, frame->gpr[1]);
	panic_exit();
}

/* Where a CPU that waits goes on: trap_entry.S fills it in. */
struct wait_place {
	uint64_t nip; /* 0: it does not wait */
	uint64_t stack_pointer;
};
static PERCPU(struct wait_place, wait_place);

void wait_here(uint64_t token, struct wait_place *place);

void trap_wait(uint64_t token)
{
	struct wait_place *place = percpu_ptr(wait_place, cpu_this());

	wait_here(token, place);
	interrupts_off();
	*(volatile uint64_t *)&place->nip = 0;
}

/* Whether translation was on or off: by physical addresses. It goes on where it was, as far as those tell. */
static bool restart(struct trap_frame *frame)
{
	uint64_t nip = frame->nip & ~(uint64_t)KERNEL_VIRTUAL;

	for (size_t i = 0; i < sizeof(restarts) / sizeof(restarts[0]); i++) {
		uint64_t begin = (uintptr_t)restarts[i].begin & ~(uint64_t)KERNEL_VIRTUAL;
		uint64_t end = (uintptr_t)restarts[i].end & ~(uint64_t)KERNEL_VIRTUAL;

		if (nip < begin || nip >= end)
			continue;
		frame->nip -= nip - begin;
		return true;
	}
	return false;
}

/*
 * Can what was interrupted go on? A trap that has just begun cannot: where it came from is lost (Power ISA 3.0 B,
 * book III, 6.4.3, RI). But if that was a CPU that waited, it is known: it has nothing in registers but what a
 * function keeps, and the interrupt that ended its wait is still pending. And a trap that was about to end
 * begins to end once more.
 */
static bool recoverable(struct trap_frame *frame)
{
	struct wait_place place =
		base_is_loaded() ? this_cpu(wait_place) : (struct wait_place){ 0 };

	if (frame->msr & MSR_RI)
		return true;
	if (restart(frame))
		return true;
	if (!place.nip)
		return false;
	frame->nip = place.nip;
	frame->gpr[1] = place.stack_pointer;
	frame->msr |= MSR_RI;
	return true;
}

/* A system reset while CPUs come up is how a host asks a guest that hangs where it is. */
static void system_reset(struct trap_frame *frame)
{
	cpu_t cpu;

	/* How a CPU that panics stops the others, whatever they are at. */
	if (panic_is_under_way())
		machine_get()->halt();
	if (!recoverable(frame))
		fatal(frame);
	if (!base_is_loaded())
		return;
	cpu = cpu_this();
	this_cpu(nmi_count)++;
	trap_resets_in_firmware += spr_read(SPR_SPRG0) & 1;
	/* Nothing keeps another one away while this one is told of: that is told once, or the stack would be full
	 * of them one day. */
	if (bringup_is_over() || this_cpu(reset_is_told))
		return;
	this_cpu(reset_is_told) = true;
	bringup_announce(cpu, frame->gpr[1]);
	this_cpu(reset_is_told) = false;
}

static bool fault_was_expected(struct trap_frame *frame)
{
	struct fault_expectation *expected = base_is_loaded() ? this_cpu(fault_expected) : NULL;

	if (!expected)
		return false;
	this_cpu(fault_expected) = NULL;
	expected->vector = frame->vector;
	frame->nip = expected->resume_nip;
	frame->gpr[1] = expected->resume_stack;
	frame->gpr[2] = expected->resume_toc;
	return true;
}

void trap_dispatch(struct trap_frame *frame)
{
	/* While the firmware is called r13 may be anything; only the boot CPU calls it. */
	if (spr_read(SPR_SPRG0) & 1)
		percpu_base_load(cpu_from_number(0));
	switch (frame->vector) {
	case TRAP_SYSTEM_RESET:
		system_reset(frame);
		return;
	case TRAP_DECREMENTER:
		/* As far away as can be, before whoever has asked for it may set it again. */
		decrementer_set(decrementer_farthest);
		if (decrementer_handler)
			decrementer_handler();
		return;
	case TRAP_EXTERNAL:
		if (external_handler) {
			/* It ended the wait, if there was one; what comes now is another matter. */
			this_cpu(wait_place).nip = 0;
			external_handler();
			return;
		}
		break;
	case TRAP_DOORBELL:
		if (doorbell_handler) {
			doorbell_handler();
			return;
		}
		break;
	default:
		if (fault_was_expected(frame))
			return;
	}
	fatal(frame);
}

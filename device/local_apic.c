// SPDX-License-Identifier: MIT
/*
 * The local APIC. Every CPU has its own at the same physical address, mapped once in the fixmap; or, in
 * x2APIC mode, in MSRs. All CPUs are in the mode that the boot CPU is in. Called by the platform's steps
 * and, to end and send interrupts, by everybody. Must not wait without a bound.
 */
#include "device/local_apic.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/trap.h"

#include <muster/arch/cpu.h>
#include <muster/console.h>
#include <muster/error.h>
#include <muster/mark.h>

/* Registers: Intel SDM vol. 3A, table 10-1. */
#define REGISTER_TASK_PRIORITY 0x080
#define REGISTER_END	       0x0b0
#define REGISTER_SPURIOUS      0x0f0
#define REGISTER_IN_SERVICE    0x100 /* eight of 32 bits, 16 bytes apart: 10.8.4 */
#define REGISTER_COMMAND_LOW   0x300
#define REGISTER_COMMAND_HIGH  0x310
#define REGISTER_LVT_TIMER     0x320
#define REGISTER_LVT_LINT0     0x350
#define REGISTER_LVT_LINT1     0x360
#define LVT_COUNT	       6 /* timer, thermal, counters, LINT0, LINT1, errors */

#define SPURIOUS_ENABLE	       0x100
#define LVT_MASKED	       0x10000
#define LVT_NMI		       0x400
#define LVT_ACTIVE_LOW	       0x2000

/* The interrupt command register: 10.6.1. */
#define COMMAND_FIXED	     0x000
#define COMMAND_NMI	     0x400
#define COMMAND_INIT	     0x500
#define COMMAND_START	     0x600
#define COMMAND_ASSERT	     0x4000
#define COMMAND_ALL_BUT_SELF 0xc0000
#define COMMAND_PENDING	     0x1000
#define COMMAND_DESTINATION  24

#define APIC_BASE_ENABLED    0x800
#define APIC_BASE_X2APIC     0x400
#define APIC_BASE_ADDRESS    UINT64_C(0x000ffffffffff000)
#define CPUID_1_EDX_APIC     (1u << 9)
#define CPUID_1_ECX_X2APIC   (1u << 21)
#define POLLS_MAX	     1000000u

/* In x2APIC mode each register is an MSR, and the command register one of 64 bits: 10.12.1.2. */
#define MSR_X2APIC  0x800u
#define MSR_COMMAND 0x830u

/* MPS INTI flags: ACPI 6.5, table 5.26. */
#define INTI_POLARITY	0x3
#define INTI_ACTIVE_LOW 0x3

static uintptr_t registers;
static bool x2apic;
static void (*command_writer)(uintptr_t address, uint32_t value);

void local_apic_command_by(void (*write)(uintptr_t address, uint32_t value))
{
	command_writer = write;
}

static uint32_t apic_read(uint32_t offset)
{
	if (x2apic)
		return (uint32_t)msr_read(MSR_X2APIC + (offset >> 4));
	return *(volatile uint32_t *)(registers + offset);
}

__attribute__((always_inline)) static inline void apic_write_in_place(uint32_t offset,
								      uint32_t value)
{
	if (x2apic)
		msr_write(MSR_X2APIC + (offset >> 4), value);
	else
		*(volatile uint32_t *)(registers + offset) = value;
}

static void apic_write(uint32_t offset, uint32_t value)
{
	apic_write_in_place(offset, value);
}

static void x2apic_enter(void)
{
	msr_write(MSR_APIC_BASE, msr_read(MSR_APIC_BASE) | APIC_BASE_ENABLED | APIC_BASE_X2APIC);
}

void local_apic_prefer_x2apic(void)
{
	uint64_t base = msr_read(MSR_APIC_BASE);

	if (base & APIC_BASE_ENABLED && cpuid_read(1, 0).ecx & CPUID_1_ECX_X2APIC)
		x2apic_enter();
}

uint32_t local_apic_in_service(void)
{
	for (uint32_t i = 8; i--;) {
		uint32_t bits = apic_read(REGISTER_IN_SERVICE + 16 * i);

		if (bits)
			return 32 * i + 31 - (uint32_t)__builtin_clz(bits);
	}
	return 0;
}

/* A kernel that went on to us from within an interrupt did not end it, and nothing of its priority or
 * below would come any more. One write ends one. */
static void end_what_is_in_service(void)
{
	for (uint32_t i = 0; i < 256 && local_apic_in_service(); i++)
		local_apic_end_of_interrupt();
}

int local_apic_begin(uint64_t told)
{
	uint64_t base = msr_read(MSR_APIC_BASE);
	uint64_t here;

	if (!(cpuid_read(1, 0).edx & CPUID_1_EDX_APIC) || !(base & APIC_BASE_ENABLED)) {
		console_print(
			"muster: local APIC: this CPU has none, or it is disabled (MSR %#x is %#jx)\n",
			MSR_APIC_BASE, base);
		return MUSTER_E_NOT_SUPPORTED;
	}
	x2apic = base & APIC_BASE_X2APIC;
	here = base & APIC_BASE_ADDRESS;
	if (here != told)
		console_print(
			"muster: local APIC: the MADT says it is at %#jx, the CPU (MSR %#x) at %#jx: the CPU is believed\n",
			told, MSR_APIC_BASE, here);
	if (!x2apic)
		registers = fixmap_set(FIXMAP_LOCAL_APIC, here, MAP_DEVICE);
	end_what_is_in_service();
	return 0;
}

/* The registers of the local vector table, from the timer's to the errors', follow each other. */
static void mask_all(void)
{
	volatile uint32_t *entry = (volatile uint32_t *)(registers + REGISTER_LVT_TIMER);
	volatile uint32_t *end = entry + 4 * LVT_COUNT;

	if (x2apic)
		for (uint32_t i = 0; i < LVT_COUNT; i++)
			msr_write(MSR_X2APIC + (REGISTER_LVT_TIMER >> 4) + i, LVT_MASKED);
	else
		for (; entry != end; entry += 8)
			entry[0] = entry[4] = LVT_MASKED;
}

/* The firmware says which pin carries NMI, for one processor or for all. */
static void lint_program(cpu_t cpu, const struct acpi_nmi *nmi)
{
	uint32_t low = (nmi->flags & INTI_POLARITY) == INTI_ACTIVE_LOW ? LVT_ACTIVE_LOW : 0;

	if (nmi->uid != ACPI_NMI_ALL && nmi->uid != cpu_fwid(cpu).value)
		return;
	apic_write(nmi->lint ? REGISTER_LVT_LINT1 : REGISTER_LVT_LINT0, LVT_NMI | low);
}

void local_apic_enable(cpu_t cpu, const struct acpi_nmi *nmis, uint32_t count)
{
	/* INIT has taken it out of that mode: 10.12.5.1. */
	if (x2apic)
		x2apic_enter();
	/* In place: every CPU comes this way, and the file is compiled for size. */
	apic_write_in_place(REGISTER_SPURIOUS, SPURIOUS_ENABLE | TRAP_SPURIOUS);
	apic_write_in_place(REGISTER_TASK_PRIORITY, 0);
	mask_all();
	for (uint32_t i = 0; i < count; i++)
		lint_program(cpu, &nmis[i]);
}

void local_apic_disable(void)
{
	mask_all();
	apic_write(REGISTER_SPURIOUS, TRAP_SPURIOUS);
}

void local_apic_end_of_interrupt(void)
{
	apic_write(REGISTER_END, 0);
}

static bool pending(void)
{
	return apic_read(REGISTER_COMMAND_LOW) & COMMAND_PENDING;
}

/* The command before this one may still be on its way; then the register must not be written. */
static bool delivered(void)
{
	if (!pending())
		return true;
	MARK_WAIT_BEGIN();
	for (uint32_t polls = 0; polls < POLLS_MAX && pending(); polls++)
		cpu_relax();
	MARK_WAIT_END();
	if (!pending())
		return true;
	console_print("muster: local APIC: a command was not delivered within %u polls\n",
		      POLLS_MAX);
	return false;
}

/* No write of an x2APIC register waits for the stores before it, which the target is to see: 10.12.3.
 * Commands are delivered when the write is done. */
static int command_x2apic(hwid_t destination, uint32_t low)
{
	if (destination.value >= UINT32_MAX)
		return MUSTER_E_INVALID;
	__asm__ volatile("mfence; lfence" ::: "memory");
	msr_write(MSR_COMMAND, destination.value << 32 | low);
	return 0;
}

static void command_write(uint32_t offset, uint32_t value)
{
	if (__builtin_expect(!!command_writer, 0))
		command_writer(registers + offset, value);
	else
		apic_write(offset, value);
}

/* An interrupt between the two writes could send one of its own and lose the destination. */
static int command(hwid_t destination, uint32_t low)
{
	uint64_t flags;
	int error = 0;

	if (x2apic)
		return command_x2apic(destination, low);
	flags = interrupts_save_off();
	if (destination.value > LOCAL_APIC_ID_MAX)
		error = MUSTER_E_INVALID;
	else if (!delivered())
		error = MUSTER_E_TIMED_OUT;
	if (!error) {
		command_write(REGISTER_COMMAND_HIGH,
			      (uint32_t)destination.value << COMMAND_DESTINATION);
		command_write(REGISTER_COMMAND_LOW, low);
	}
	interrupts_restore(flags);
	return error;
}

int local_apic_send(hwid_t target, uint8_t vector)
{
	return command(target, COMMAND_FIXED | COMMAND_ASSERT | vector);
}

int local_apic_send_nmi(hwid_t target)
{
	return command(target, COMMAND_NMI | COMMAND_ASSERT);
}

int local_apic_send_init(hwid_t target)
{
	return command(target, COMMAND_INIT | COMMAND_ASSERT);
}

int local_apic_send_start(hwid_t target, uint64_t page)
{
	return command(target, COMMAND_START | COMMAND_ASSERT | (uint32_t)(page >> 12));
}

/* The shorthand says who; the destination is not looked at. */
static int broadcast(uint32_t low)
{
	return command(hwid_from_value(0), COMMAND_ALL_BUT_SELF | COMMAND_ASSERT | low);
}

int local_apic_broadcast_nmi(void)
{
	return broadcast(COMMAND_NMI);
}

int local_apic_broadcast_init(void)
{
	return broadcast(COMMAND_INIT);
}

int local_apic_broadcast_start(uint64_t page)
{
	return broadcast(COMMAND_START | (uint32_t)(page >> 12));
}

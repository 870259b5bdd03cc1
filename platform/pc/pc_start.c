// SPDX-License-Identifier: MIT
/*
 * Interrupts and start-up on a PC. Step `interrupts` on the boot CPU, `local-apic` on each, `start`
 * from the boot CPU: INIT and start-up IPIs (Intel SDM vol. 3A, 8.4.4.1; MP specification 1.4,
 * B.4), to all others at once or to one, and never a wait for one CPU before the next is sent.
 */
#include "arch/x86_64/registers.h"
#include "arch/x86_64/start.h"
#include "arch/x86_64/start_page.h"
#include "arch/x86_64/trap.h"
#include "core/cpu_table.h"
#include "core/runner.h"
#include "device/clock_source.h"
#include "device/local_apic.h"
#include "device/pic_8259.h"
#include "platform/options.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>

/* MP specification 1.4, B.4: 10 ms behind INIT, 200 us behind each start-up. What is younger than
 * the external APIC (Intel family 6, AMD family 15) needs neither: Linux's smpboot.c, 2015. */
#define INIT_DELAY_OLD	10000u
#define START_DELAY_OLD 200u
#define START_DELAY	10u
#define FAMILY_OLD	6

static uint32_t init_delay, start_delay;

static void call_interrupt(void)
{
	local_apic_end_of_interrupt();
	call_queue_serve();
}

static void spurious_interrupt(void)
{
	/* Not to be acknowledged: Intel SDM vol. 3A, 10.9. */
}

static void delays_choose(void)
{
	uint32_t family = cpuid_read(1, 0).eax >> 8 & 0xf;

	init_delay = family < FAMILY_OLD ? INIT_DELAY_OLD : 0;
	start_delay = family < FAMILY_OLD ? START_DELAY_OLD : START_DELAY;
}

void pc_kick(cpu_t cpu)
{
	local_apic_send(cpu_hwid(cpu), TRAP_CALL);
}

int pc_interrupts_step(cpu_t cpu)
{
	(void)cpu;
	if (pc_firmware.madt.legacy_pics)
		pic_8259_mask(TRAP_LEGACY);
	trap_handler_set(TRAP_CALL, call_interrupt);
	trap_handler_set(TRAP_SPURIOUS, spurious_interrupt);
	delays_choose();
	x86_machine.kick = pc_kick;
	return local_apic_begin(pc_firmware.madt.local_apic);
}

int pc_local_apic_step(cpu_t cpu)
{
	local_apic_enable(cpu, pc_firmware.madt.nmis, pc_firmware.madt.nmi_count);
	return 0;
}

void pc_local_apic_undo(cpu_t cpu)
{
	(void)cpu;
	local_apic_disable();
}

/* The two start-ups are one sequence: a CPU that took the first ignores the second. */
static int start_all(uint64_t page)
{
	if (options_start_mode() != START_ALL)
		return MUSTER_E_NOT_SUPPORTED;
	local_apic_broadcast_init();
	delay_microseconds(init_delay);
	local_apic_broadcast_start(page);
	delay_microseconds(start_delay);
	local_apic_broadcast_start(page);
	return 0;
}

static int start_one(hwid_t target, uint64_t page)
{
	local_apic_send_init(target);
	delay_microseconds(init_delay);
	local_apic_send_start(target, page);
	delay_microseconds(start_delay);
	local_apic_send_start(target, page);
	return 0;
}

int pc_start_step(cpu_t cpu)
{
	uint64_t page = start_page_physical();

	if (cpu.number == STEP_ALL_CPUS)
		return start_all(page);
	return start_one(cpu_hwid(cpu), page);
}

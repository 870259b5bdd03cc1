// SPDX-License-Identifier: MIT
/*
 * Interrupts and start-up on a PC. Step `interrupts` on the boot CPU, `local-apic` on each, `start`
 * from the boot CPU: INIT and start-up IPIs (Intel SDM vol. 3A, 8.4.4.1; MP specification 1.4,
 * B.4), to all others at once or to one, and never a wait for one CPU before the next is sent. Where
 * the firmware has a mailbox (pc_mailbox.c), by that, one after the other.
 */
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

/* An image may leave these out: core/image_choice.h. */
#pragma weak options_start_mode
#pragma weak pc_mailbox_begin
#pragma weak pc_mailbox_end
#pragma weak pc_mailbox_exists
#pragma weak pc_mailbox_holds
#pragma weak pc_mailbox_left_out
#pragma weak pc_mailbox_say
#pragma weak pc_mailbox_start
#pragma weak pc_mailbox_took_back

/* Between the two start-up IPIs of the sequence. MP specification 1.4, B.4, wants 10 ms behind INIT and
 * 200 us behind each start-up; that was for external APICs. No CPU with long mode has one, and Linux
 * (arch/x86/kernel/smpboot.c) waits 0 and 10 us for all but the first of them. */
#define START_DELAY 10u

/* Interrupts of a vector that is nobody's, before it is a panic. */
#define STRAYS_MAX 64u

static void call_interrupt(void)
{
	local_apic_end_of_interrupt();
	call_queue_serve();
}

static void spurious_interrupt(void)
{
	/* Not to be acknowledged: Intel SDM vol. 3A, 10.9. */
}

/*
 * A vector that is nobody's: whoever ran before us (a kernel that went on to us by kexec, a boot
 * loader) had interrupts on their way to this CPU, and the local APIC keeps them until they are
 * taken. Once, and few; what goes on coming has a source that nobody turned off.
 */
static void stray_interrupt(void)
{
	uint32_t vector = local_apic_in_service();
	static uint32_t count;

	local_apic_end_of_interrupt();
	if (__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) > STRAYS_MAX)
		muster_panic("interrupt vector %#x: %u interrupts came that are nobody's", vector,
			     STRAYS_MAX + 1);
	console_print("muster: CPU %u: interrupt vector %#x is nobody's: left over from before, "
		      "dropped\n",
		      cpu_this().number, vector);
}

void pc_kick(cpu_t cpu)
{
	/* If it cannot be sent, a line has said so, and the caller's wait has a limit. */
	(void)local_apic_send(cpu_hwid(cpu), TRAP_CALL);
}

static void stop_others(void)
{
	(void)local_apic_broadcast_nmi();
}

static int send_nmi(cpu_t cpu)
{
	return local_apic_send_nmi(cpu_hwid(cpu));
}

static bool mailbox_exists(void)
{
	return pc_mailbox_exists && pc_mailbox_exists();
}

/* INIT: whatever the CPU does, it waits for a start-up IPI then. One that waits at the firmware's
 * mailbox is as good as reset, and must not be taken from there. */
static int reset(cpu_t cpu)
{
	return mailbox_exists() && pc_mailbox_holds(cpu_hwid(cpu))
		       ? 0
		       : local_apic_send_init(cpu_hwid(cpu));
}

int pc_interrupts_begin(trap_handler *call, void (*kick)(cpu_t cpu), int (*reset_one)(cpu_t cpu))
{
	int error;

	if (pc_firmware.madt.legacy_pics)
		pic_8259_mask(TRAP_LEGACY);
	trap_handler_set(TRAP_CALL, call);
	trap_handler_set(TRAP_SPURIOUS, spurious_interrupt);
	trap_handler_set(TRAP_STRAY, stray_interrupt);
	x86_machine.kick = kick;
	error = local_apic_begin(pc_firmware.madt.local_apic);
	if (!error) {
		x86_machine.stop_others = stop_others;
		x86_machine.send_nmi = send_nmi;
		x86_machine.reset = reset_one;
	}
	return error;
}

int pc_interrupts_step(cpu_t cpu)
{
	(void)cpu;
	return pc_interrupts_begin(call_interrupt, pc_kick, reset);
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

/*
 * The two start-ups are one sequence: a CPU that took the first ignores the second. Once a broadcast is
 * out it cannot be taken back: what does not follow it shows in the wait.
 */
static int start_all(uint64_t page)
{
	int error = MUSTER_E_NOT_SUPPORTED;

	if (!options_start_mode || options_start_mode() == START_ALL)
		error = local_apic_broadcast_init();
	if (error)
		return error;
	(void)local_apic_broadcast_start(page);
	delay_microseconds(START_DELAY);
	(void)local_apic_broadcast_start(page);
	return 0;
}

static int start_one(hwid_t target, uint64_t page)
{
	int error = local_apic_send_init(target);

	if (!error)
		error = local_apic_send_start(target, page);
	delay_microseconds(START_DELAY);
	if (!error)
		(void)local_apic_send_start(target, page);
	return error;
}

int pc_start_code_step(cpu_t cpu)
{
	int error = start_page_create(cpu);

	if (error || !pc_mailbox_begin)
		return error;
	error = pc_mailbox_begin();
	if (error)
		start_page_destroy(cpu);
	return error;
}

void pc_start_code_undo(cpu_t cpu)
{
	if (pc_mailbox_end)
		pc_mailbox_end();
	start_page_destroy(cpu);
}

int pc_start_step(cpu_t cpu)
{
	uint64_t page = start_page_physical();

	/* A mailbox takes one command at a time. */
	if (cpu.number == STEP_ALL_CPUS)
		return mailbox_exists() ? MUSTER_E_NOT_SUPPORTED : start_all(page);
	if (mailbox_exists()) {
		if (pc_mailbox_holds(cpu_hwid(cpu)))
			return pc_mailbox_start(cpu_hwid(cpu));
		pc_mailbox_left_out(cpu_hwid(cpu));
	}
	return start_one(cpu_hwid(cpu), page);
}

void pc_start_undo(cpu_t cpu)
{
	/* One that never came has nothing to come back from. */
	if (mailbox_exists() && cpu_state(cpu) == CPU_HELD)
		pc_mailbox_took_back(cpu_hwid(cpu));
}

/* Weak: pc_wake.c. */
int pc_start_code_row(cpu_t cpu) __attribute__((weak, alias("pc_start_code_step")));
int pc_start_row(cpu_t cpu) __attribute__((weak, alias("pc_start_step")));

void pc_name_unknown(void)
{
	hwid_t last;
	uint32_t count = secondary_unknown(&last);

	if (mailbox_exists())
		pc_mailbox_say();
	if (count)
		console_print(
			"muster: %u CPUs arrived that the MADT does not name, the last with APIC id %#jx; they are stopped\n",
			count, last.value);
}

// SPDX-License-Identifier: MIT
/*
 * The first C code of a PV guest, and its end: which of struct machine's functions a PV guest has its own
 * of, the interrupt flag in memory, the console, powering off. Called by the entry code, by core through
 * struct machine, and by step `console`. xen_pv_early() runs before there is a per-CPU base, and may
 * use no per-CPU data.
 */
#include "platform/xen/pv/pv.h"

#include "arch/x86_64/percpu.h"
#include "arch/x86_64/start.h"
#include "core/console_early.h"
#include "core/panic.h"
#include "device/power_off.h"
#include "platform/xen/event_channel.h"
#include "platform/xen/vcpu_areas.h"
#include "platform/xen/xen_console.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>
#include <xen/physdev.h>

/* The level of I/O privilege that lets a guest's kernel use ports: public/physdev.h. */
#define IOPL_KERNEL 1

static uint64_t debug_exit_port;
static uint64_t two_level;
static const char *const event_choices[] = { "fifo", "2l", NULL };

const struct command_line_word pv_words[PV_WORDS] = {
	{ .name = "debug-exit",
	  .kind = COMMAND_LINE_NUMBER,
	  .number = &debug_exit_port,
	  .min = 0x100,
	  .max = 0xffff },
	{ .name = "evtchn",
	  .kind = COMMAND_LINE_CHOICE,
	  .number = &two_level,
	  .choices = event_choices },
};

bool pv_two_level_wanted(void)
{
	return two_level;
}

static bool began;
static bool base_loaded; /* the boot CPU's; every other begins with its own */

/* Xen believes cli and sti of a PV guest to be nothing: its interrupt flag is the upcall mask. Until a
 * CPU knows where its own is, upcalls are masked, as Xen began it. A trap before there is a base must
 * be able to print. */
static struct vcpu_info *flag_place(void)
{
	return base_loaded ? xen_vcpu_info() : NULL;
}

static void flag_off(void)
{
	struct vcpu_info *info = flag_place();

	if (info)
		*(volatile uint8_t *)&info->evtchn_upcall_mask = 1;
	__asm__ volatile("" ::: "memory");
}

static void flag_on(void)
{
	struct vcpu_info *info = flag_place();

	__asm__ volatile("" ::: "memory");
	if (!info)
		return;
	*(volatile uint8_t *)&info->evtchn_upcall_mask = 0;
	__asm__ volatile("" ::: "memory");
	/* Xen looks for pending events on the way out of any call: one that came while they were masked
	 * is delivered now. */
	if (*(volatile uint8_t *)&info->evtchn_upcall_pending)
		(void)xen_version_op(XENVER_version, NULL);
}

static uint64_t flag_save_off(void)
{
	struct vcpu_info *info = flag_place();
	bool was_off = !info || *(volatile uint8_t *)&info->evtchn_upcall_mask;

	flag_off();
	return was_off ? 0 : X86_RFLAGS_IF;
}

static const struct x86_interrupt_flag flag_in_memory = { flag_on, flag_off, flag_save_off };

/* SCHEDOP_block unmasks upcalls and waits, in one. */
static void wait_for_interrupt(void)
{
	(void)xen_sched_op(SCHEDOP_block, NULL);
	flag_off();
}

/* Down for good: nobody brings up a CPU that has stopped in a panic. */
static void halt_for_good(void) __attribute__((noreturn));
static void halt_for_good(void)
{
	flag_off();
	for (;;)
		(void)xen_vcpu_op(VCPUOP_down, cpu_vcpu_id(cpu_this()), NULL);
}

static void exit_now(int status) __attribute__((noreturn));
static void exit_now(int status)
{
	pv_power_off(status);
	for (;;)
		(void)xen_sched_op(SCHEDOP_yield, NULL);
}

static void base_write(uintptr_t unit)
{
	/* Writing the MSR would be a fault that Xen emulates, on every CPU and before any table of ours
	 * is loaded; the call is what Xen has for it. */
	(void)xen_hypercall3(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, unit, 0);
	base_loaded = true;
}

/* vCPU 0 is who Xen begins; every other has its number in its unit before it runs. */
static hwid_t hwid_this(void)
{
	return hwid_from_value(0);
}

int pv_console_step(cpu_t cpu)
{
	(void)cpu;
	console_flush_early();
	return 0;
}

bool pv_began(void)
{
	return began;
}

void xen_pv_early(void)
{
	began = true;
	x86_interrupt_flag = &flag_in_memory;
	x86_machine.console_write = xen_console_write;
	console_is_dear = true; /* step `hypervisor` looks whether it is */
	x86_machine.exit = exit_now;
	percpu_base_writer_set(base_write);
	pv_traps_early();
}

void xen_pv_start(uintptr_t start_info)
{
	x86_begin(WAY_XEN_PV, start_info);
	x86_machine.wait_for_interrupt = wait_for_interrupt;
	x86_machine.stop_this_cpu = xen_pv_stop_this_cpu;
	x86_machine.halt = halt_for_good;
	x86_machine.hwid_this = hwid_this;
	muster_exit(muster_main());
}

/*
 * The debug-exit port first, where there is a word for it: the hardware domain has the ports. Else Xen: a
 * machine whose hardware domain says "power off" is halted and stays on, since S5 is
 * that domain's work; one that says "reboot" is reset, which ends QEMU with -no-reboot. Any other domain
 * that says "reboot" is begun again by its toolstack (public/sched.h, SHUTDOWN_reboot).
 */
void pv_power_off(int status)
{
	struct physdev_set_iopl level = { .iopl = IOPL_KERNEL };

	console_flush_early();
	xen_console_drain();
	if (debug_exit_port && pv_boot.privileged &&
	    !xen_hypercall3(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, (uintptr_t)&level, 0))
		debug_exit((uint16_t)debug_exit_port, status);
	xen_shutdown(status == PANIC_STATUS ? SHUTDOWN_crash
		     : pv_boot.privileged   ? SHUTDOWN_reboot
					    : SHUTDOWN_poweroff);
}

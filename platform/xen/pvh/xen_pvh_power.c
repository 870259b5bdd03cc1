// SPDX-License-Identifier: MIT
/*
 * Console and end of a PVH guest. Step `console`, which is where the hypercall page is filled: nothing
 * can be said before. The end is the last thing of all, maybe after a panic: it uses nothing but what has
 * been set by then.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/start.h"
#include "core/console_early.h"
#include "device/power_off.h"
#include "platform/pc/pc.h"
#include "platform/xen/hypercall.h"
#include "platform/xen/pvh/xen_pvh.h"
#include "platform/xen/xen_console.h"

#include <muster/muster.h>

uint64_t xen_pvh_start_by;
static uint64_t debug_exit_port;

static const char *const start_choices[] = { "xen", "apic", NULL };

const struct command_line_word xen_pvh_words[XEN_PVH_WORDS] = {
	/* A word and not a guess: a port of unknown meaning is not to be poked. */
	{ .name = "debug-exit",
	  .kind = COMMAND_LINE_NUMBER,
	  .number = &debug_exit_port,
	  .min = 0x100,
	  .max = 0xffff },
	{ .name = "start-by",
	  .kind = COMMAND_LINE_CHOICE,
	  .number = &xen_pvh_start_by,
	  .choices = start_choices },
};

static void exit_now(int status) __attribute__((noreturn));
static void exit_now(int status)
{
	xen_pvh_power_off(status);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Once Xen has written it, the page is code like any other: no store of ours ever goes there. */
static bool hypercalls_begin(void)
{
	static bool begun;
	uint32_t msr = begun ? 0 : xen_cpuid_hypercall_msr(&xen_pvh_cpuid);

	if (msr) {
		msr_write(msr, (uintptr_t)xen_hypercall_page - KERNEL_VIRTUAL);
		begun = true;
	}
	return begun;
}

void xen_pvh_emergency_console(void)
{
	x86_machine.exit = exit_now;
	if (hypercalls_begin())
		x86_machine.console_write = xen_console_write;
}

int xen_pvh_console_step(cpu_t cpu)
{
	(void)cpu;
	xen_pvh_emergency_console();
	if (!x86_machine.console_write)
		return MUSTER_E_NOT_SUPPORTED;
	console_flush_early();
	return 0;
}

void xen_pvh_power_off(int status)
{
	xen_console_drain();
	debug_exit((uint16_t)debug_exit_port, status);
	acpi_power_off(&pc_firmware.power);
	xen_shutdown(status ? SHUTDOWN_crash : SHUTDOWN_poweroff);
}

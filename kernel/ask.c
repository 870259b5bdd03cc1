// SPDX-License-Identifier: MIT
/*
 * Asks the host for something that only a host can do (docs/report.md, kind `ask`). `muster run
 * --host-actions` does it; any other host reads over the line. Called by self-tests, which see from
 * inside whether it was done, and must not wait for that without a limit.
 */
#include "kernel/tests.h"

void ask_for_nmi(void)
{
	console_print("@muster 1 ask action=nmi hwid=- fwid=-\n");
}

/* By the firmware's number: on a PC of QEMU's that is also QEMU's. */
static void ask_about_cpu(const char *action, cpu_t cpu)
{
	console_print("@muster 1 ask action=%s hwid=0x%llx fwid=%u\n", action,
		      (unsigned long long)cpu_hwid(cpu).value, cpu_fwid(cpu).value);
}

void ask_for_machine_check(cpu_t cpu)
{
	ask_about_cpu("machine-check", cpu);
}

void ask_to_add(cpu_t cpu)
{
	ask_about_cpu("cpu-add", cpu);
}

void ask_to_remove(cpu_t cpu)
{
	ask_about_cpu("cpu-remove", cpu);
}

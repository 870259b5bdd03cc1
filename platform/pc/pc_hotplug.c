// SPDX-License-Identifier: MIT
/*
 * CPUs that come and go on a PC: where it is one of QEMU's, by QEMU's registers. A real PC, and every
 * other hypervisor's, tells of them by running AML, which this library does not. Called when a kernel
 * polls.
 */
#include "arch/x86_64/registers.h"
#include "core/image_choice.h"
#include "core/string.h"
#include "device/qemu_cpu_hotplug.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>

IMAGE_CHOICE(hotplug);

/* Those who run QEMU's machines. */
static bool is_qemu(void)
{
	const char *hypervisor = muster_hypervisor();

	return !strcmp(hypervisor, "tcg") || !strcmp(hypervisor, "kvm");
}

/* A machine with reduced ACPI hardware need not have PCI's ports, and QEMU's has no such block. */
static const struct qemu_cpu_hotplug *block(void)
{
	static const struct port_access ports = { port_read8, port_read32, port_write8,
						  port_write32 };
	static struct qemu_cpu_hotplug found;
	static bool looked;

	if (!looked && is_qemu() && !pc_firmware.power.reduced)
		(void)qemu_cpu_hotplug_begin(&found, &ports);
	looked = true;
	return found.base ? &found : NULL;
}

int pc_hotplug_poll(struct platform_news *news)
{
	const struct qemu_cpu_hotplug *hotplug = block();
	struct qemu_cpu_news heard;

	if (!hotplug)
		return MUSTER_E_NOT_SUPPORTED;
	if (!qemu_cpu_hotplug_next(hotplug, &heard))
		return 0;
	*news = (struct platform_news){ heard.inserted, hwid_from_value(heard.arch_id) };
	return 1;
}

int pc_hotplug_eject(cpu_t cpu)
{
	const struct qemu_cpu_hotplug *hotplug = block();

	return hotplug ? qemu_cpu_hotplug_eject(hotplug, cpu_hwid(cpu).value)
		       : MUSTER_E_NOT_SUPPORTED;
}

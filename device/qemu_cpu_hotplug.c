// SPDX-License-Identifier: MIT
/*
 * Speaks to QEMU's CPU hotplug registers. Called by the PC platform when a kernel polls. Believes no
 * register: every walk over selectors has an end, and what reads as nothing is nothing. Must never
 * touch a port of the block before the machine was found to be QEMU's.
 */
#include "device/qemu_cpu_hotplug.h"

#include <muster/error.h>
#include <stddef.h>

/* The block: offsets, and what is written to and read from them. */
#define SELECTOR	0 /* written, 32 bits */
#define COMMAND_DATA_2	0 /* read, 32 bits */
#define STATUS		4 /* 8 bits */
#define COMMAND		5
#define COMMAND_DATA	8
#define STATUS_ENABLED	0x01
#define STATUS_INSERTED 0x02 /* written: acknowledged */
#define STATUS_REMOVE	0x04
#define CONTROL_EJECT	0x08
#define COMMAND_NEXT	0 /* go to the next CPU with news */
#define COMMAND_ID	3

#define SELECTORS_MAX	4096u /* more than any PC of QEMU's has */

/* PCI configuration mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2): the host bridge is
 * device 0 on bus 0. */
#define PCI_ADDRESS   0xcf8
#define PCI_DATA      0xcfc
#define PCI_ENABLE    0x80000000u
#define PCI_IDS	      0x00
#define PCI_SUBSYSTEM 0x2c
/* Real machines have these bridges too; this subsystem id is QEMU's own (docs/specs/pci-ids). */
#define SUBSYSTEM_QEMU 0x11001af4u

static const struct {
	uint32_t bridge; /* device id and vendor id */
	uint16_t base;
} machines[] = {
	{ 0x29c08086, 0x0cd8 }, /* Q35: the ICH9's LPC bridge has the block */
	{ 0x12378086, 0xaf00 }, /* i440FX: the PIIX4's power management has it */
};

static uint32_t bridge_read(const struct port_access *ports, uint32_t offset)
{
	ports->write32(PCI_ADDRESS, PCI_ENABLE | offset);
	return ports->read32(PCI_DATA);
}

static uint16_t base_of_machine(const struct port_access *ports)
{
	uint32_t bridge = bridge_read(ports, PCI_IDS);

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].bridge == bridge &&
		    bridge_read(ports, PCI_SUBSYSTEM) == SUBSYSTEM_QEMU)
			return machines[i].base;
	return 0;
}

static void select_cpu(const struct qemu_cpu_hotplug *hotplug, uint32_t selector)
{
	hotplug->ports->write32((uint16_t)(hotplug->base + SELECTOR), selector);
}

static void command(const struct qemu_cpu_hotplug *hotplug, uint8_t number)
{
	hotplug->ports->write8((uint16_t)(hotplug->base + COMMAND), number);
}

static uint8_t status(const struct qemu_cpu_hotplug *hotplug)
{
	return hotplug->ports->read8((uint16_t)(hotplug->base + STATUS));
}

static void control(const struct qemu_cpu_hotplug *hotplug, uint8_t bits)
{
	hotplug->ports->write8((uint16_t)(hotplug->base + STATUS), bits);
}

static uint32_t data(const struct qemu_cpu_hotplug *hotplug)
{
	return hotplug->ports->read32((uint16_t)(hotplug->base + COMMAND_DATA));
}

static uint32_t data_2(const struct qemu_cpu_hotplug *hotplug)
{
	return hotplug->ports->read32((uint16_t)(hotplug->base + COMMAND_DATA_2));
}

/* Of the CPU that is selected. */
static uint64_t arch_id(const struct qemu_cpu_hotplug *hotplug)
{
	uint64_t low;

	command(hotplug, COMMAND_ID);
	low = data(hotplug);
	return low | (uint64_t)data_2(hotplug) << 32;
}

/* Selectors beyond the last are not taken, and then everything reads as 0. Back to selector 0. */
static uint32_t count_cpus(const struct qemu_cpu_hotplug *hotplug)
{
	uint32_t count = 1;

	while (count < SELECTORS_MAX) {
		select_cpu(hotplug, 0);
		command(hotplug, COMMAND_ID);
		select_cpu(hotplug, count);
		/* Only the first CPU's id can be 0. */
		if (!data(hotplug) && !data_2(hotplug))
			break;
		count++;
	}
	select_cpu(hotplug, 0);
	return count;
}

int qemu_cpu_hotplug_begin(struct qemu_cpu_hotplug *hotplug, const struct port_access *ports)
{
	*hotplug = (struct qemu_cpu_hotplug){ .ports = ports, .base = base_of_machine(ports) };
	if (!hotplug->base)
		return MUSTER_E_NOT_SUPPORTED;
	/* The first of the two changes an old block's form, where it still begins with that. In the
	 * old form, and where nothing is, what is read then is not 0. */
	select_cpu(hotplug, 0);
	select_cpu(hotplug, 0);
	command(hotplug, COMMAND_NEXT);
	if (data_2(hotplug)) {
		hotplug->base = 0;
		return MUSTER_E_NOT_SUPPORTED;
	}
	hotplug->cpus = count_cpus(hotplug);
	return 0;
}

int qemu_cpu_hotplug_next(const struct qemu_cpu_hotplug *hotplug, struct qemu_cpu_news *news)
{
	/* At most two things can have happened to each. */
	for (uint32_t i = 0; i < 2 * hotplug->cpus; i++) {
		uint8_t now;

		select_cpu(hotplug, 0);
		command(hotplug, COMMAND_NEXT);
		now = status(hotplug);
		if (!(now & (STATUS_INSERTED | STATUS_REMOVE)))
			return 0;
		news->arch_id = arch_id(hotplug);
		news->inserted = now & STATUS_INSERTED;
		control(hotplug, news->inserted ? STATUS_INSERTED : STATUS_REMOVE);
		/* Come and gone again before anybody looked: it was never there. */
		if (now & STATUS_ENABLED)
			return 1;
	}
	return 0;
}

int qemu_cpu_hotplug_eject(const struct qemu_cpu_hotplug *hotplug, uint64_t id)
{
	for (uint32_t selector = 0; selector < hotplug->cpus; selector++) {
		select_cpu(hotplug, selector);
		if (arch_id(hotplug) != id)
			continue;
		control(hotplug, CONTROL_EJECT);
		return status(hotplug) & STATUS_ENABLED ? MUSTER_E_TIMED_OUT : 0;
	}
	return MUSTER_E_NOT_FOUND;
}

// SPDX-License-Identifier: MIT
/* Ends the guest: by QEMU's debug device, or by ACPI. Called last of all, perhaps by a panic, so it
 * uses nothing but ports. */
#include "device/power_off.h"

#include "arch/x86_64/page_table.h"
#include "arch/x86_64/registers.h"

#include <muster/arch/cpu.h>
#include <muster/clock.h>
#include <muster/mark.h>

#define SLEEP_TYPE	       10 /* PM1 control: SLP_TYP, bits 12:10; ACPI 6.5, 4.8.3.2.1 */
#define SLEEP_TYPE_MASK	       0x1c00
#define SLEEP_ENABLE	       0x2000
#define POWER_OFF_MILLISECONDS 1000
#define SLEEP_TYPE_REDUCED     2 /* sleep control register: bits 4:2; ACPI 6.5, 4.8.3.7 */
#define SLEEP_ENABLE_REDUCED   0x20

void debug_exit(uint16_t port, int status)
{
	if (port)
		port_write32(port, (uint32_t)status);
}

static void power_off_reduced(const struct acpi_power *power)
{
	uint8_t value = (uint8_t)(power->sleep_type_a << SLEEP_TYPE_REDUCED | SLEEP_ENABLE_REDUCED);

	if (power->sleep_control_port) {
		port_write8(power->sleep_control_port, value);
	} else if (power->sleep_control_memory) {
		uintptr_t page =
			fixmap_set(FIXMAP_FIRMWARE, power->sleep_control_memory, MAP_DEVICE);

		*(volatile uint8_t *)(page + (power->sleep_control_memory & 0xfff)) = value;
	}
}

/* Its other bits are to stay as they are: ACPI 6.5, 4.8.3.2.1. */
static void control_sleep(uint16_t port, uint8_t type)
{
	uint16_t kept = port_read16(port) & (uint16_t) ~(SLEEP_TYPE_MASK | SLEEP_ENABLE);

	port_write16(port, (uint16_t)(kept | type << SLEEP_TYPE | SLEEP_ENABLE));
}

/* The machine takes a moment to go; bounded, because it may not go at all. */
static void wait_for_power_off(void)
{
	struct clock_limit limit = clock_limit_begin(POWER_OFF_MILLISECONDS);

	MARK_WAIT_BEGIN();
	while (!clock_limit_over(&limit))
		cpu_relax();
	MARK_WAIT_END();
}

void acpi_power_off(const struct acpi_power *power)
{
	if (!power->can_power_off)
		return;
	if (power->reduced) {
		power_off_reduced(power);
		wait_for_power_off();
		return;
	}
	control_sleep(power->pm1a_control, power->sleep_type_a);
	if (power->pm1b_control)
		control_sleep(power->pm1b_control, power->sleep_type_b);
	wait_for_power_off();
}

/* SPDX-License-Identifier: MIT */
/*
 * Which processors that a MADT names and does not enable may come one day. Before revision 5 of the
 * table nothing says so, and some firmware fills its table with copies of one id or of ids in use.
 */
#ifndef FIRMWARE_ACPI_SPARE_H
#define FIRMWARE_ACPI_SPARE_H

#include "firmware/acpi.h"

/* The largest APIC id looked at: what can be addressed without x2APIC mode. */
#define ACPI_SPARE_ID_MAX 254u

struct acpi_spares {
	uint32_t count;
	struct acpi_processor at[ACPI_SPARE_ID_MAX + 1];
	uint8_t entries[ACPI_SPARE_ID_MAX + 1]; /* of any kind, with that id; two mean "several" */
	uint32_t left_out;
};

/* Begin with a zeroed one. Shown every processor of the table, it remembers those not enabled. */
void acpi_spares_see(struct acpi_spares *spares, const struct acpi_processor *processor);

/*
 * When all have been seen: keep, in the table's order, those whose APIC id no other entry has. One line
 * says how many were left out. Returns how many are kept: at[0] and on.
 */
uint32_t acpi_spares_choose(struct acpi_spares *spares);

#endif

// SPDX-License-Identifier: MIT
/*
 * Chooses the processors that may come from those that a MADT does not enable. The platform shows it
 * every entry while it walks the table for step `cpu-ids`. It must never take an id for a CPU's own
 * that stands in the table twice.
 */
#include "firmware/acpi_spare.h"

#include <muster/console.h>

void acpi_spares_see(struct acpi_spares *spares, const struct acpi_processor *processor)
{
	uint32_t id = processor->apic_id;

	if (id <= ACPI_SPARE_ID_MAX && spares->entries[id] < 2)
		spares->entries[id]++;
	if (processor->enabled)
		return;
	/* More entries than ids: the rest can only be copies. */
	if (id > ACPI_SPARE_ID_MAX || spares->count > ACPI_SPARE_ID_MAX)
		spares->left_out++;
	else
		spares->at[spares->count++] = *processor;
}

uint32_t acpi_spares_choose(struct acpi_spares *spares)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < spares->count; i++) {
		if (spares->entries[spares->at[i].apic_id] == 1)
			spares->at[kept++] = spares->at[i];
		else
			spares->left_out++;
	}
	spares->count = kept;
	if (spares->left_out)
		console_print("muster: acpi: APIC: %u processors that are not enabled are left "
			      "out: an APIC id must be at most %#x, and nobody else's\n",
			      spares->left_out, ACPI_SPARE_ID_MAX);
	return kept;
}

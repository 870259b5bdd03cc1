// SPDX-License-Identifier: MIT
/*
 * The processors that a MADT names and does not enable, of which some may come one day: records for
 * them, behind those of the processors that are there. Called by step `cpu-ids`, if the image has it.
 */
#include "core/cpu_table.h"
#include "core/image_choice.h"
#include "device/local_apic.h"
#include "firmware/acpi_spare.h"
#include "platform/pc/pc.h"

IMAGE_CHOICE(spare_cpus);

static struct acpi_spares spares;

void pc_spares_see(const struct acpi_processor *processor)
{
	acpi_spares_see(&spares, processor);
}

void pc_spares_add(pc_describe_function *describe, hwid_t boot)
{
	(void)acpi_spares_choose(&spares);
	for (uint32_t i = 0; i < spares.count; i++) {
		struct cpu_description description = describe(&spares.at[i]);

		if (spares.at[i].apic_id > LOCAL_APIC_ID_MAX)
			cpu_table_leave_out();
		else if (!hwid_equal(description.hwid, boot))
			(void)cpu_table_add(&description);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * What the ACPI parsers share: opening one table.
 */
#ifndef FIRMWARE_ACPI_TABLE_H
#define FIRMWARE_ACPI_TABLE_H

#include "firmware/acpi.h"

/*
 * The table at a physical address, which must have that signature (4 characters), a length between
 * its header and ACPI_TABLE_MAX, and a checksum that is right. Returns 0, or MUSTER_E_CORRUPT with
 * a line that says why.
 */
int acpi_table_open(const struct firmware_reader *reader, uint64_t physical, const char *signature,
		    struct acpi_table *table);

#endif

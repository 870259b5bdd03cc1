// SPDX-License-Identifier: MIT
/*
 * The System Locality Information Table (ACPI 6.5, 5.2.17): how far proximity domains are from each
 * other. The platform calls it in step `nodes`. It trusts no byte: one value that breaks a rule and
 * the whole table is of no use, since nobody can say which of its values are right.
 */
#include "firmware/acpi.h"
#include "firmware/acpi_abi.h"

#include <muster/console.h>
#include <muster/error.h>

#define CHUNK 256u

/* One piece of a row. */
static int check_piece(const uint8_t *distances, uint32_t from, uint32_t to, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		bool itself = to + i == from;

		if (itself ? distances[i] == ACPI_SLIT_LOCAL : distances[i] >= ACPI_SLIT_LOCAL)
			continue;
		console_print("muster: acpi: SLIT: distance from %u to %u: %u: must be %s, no "
			      "distances taken\n",
			      from, to + i, distances[i], itself ? "10" : "10 or more");
		return MUSTER_E_CORRUPT;
	}
	return 0;
}

static int check_row(const struct firmware_reader *reader, const struct acpi_slit *slit,
		     uint32_t from)
{
	uint8_t distances[CHUNK];

	for (uint32_t to = 0; to < slit->count; to += CHUNK) {
		uint32_t size = slit->count - to < CHUNK ? slit->count - to : CHUNK;
		uint64_t at = slit->matrix + (uint64_t)from * slit->count + to;

		if (!firmware_read(reader, at, distances, size)) {
			console_print("muster: acpi: SLIT: distances from %u: cannot be read\n",
				      from);
			return MUSTER_E_CORRUPT;
		}
		if (check_piece(distances, from, to, size))
			return MUSTER_E_CORRUPT;
	}
	return 0;
}

int acpi_slit_read(const struct firmware_reader *reader, const struct acpi_table *table,
		   struct acpi_slit *slit)
{
	struct acpi_abi_slit header;
	int error = 0;

	*slit = (struct acpi_slit){ 0 };
	if (table->length < sizeof(header) ||
	    !firmware_read(reader, table->physical, &header, sizeof(header))) {
		console_print("muster: acpi: SLIT at %#llx: length %u: must be %zu at least, and "
			      "readable\n",
			      (unsigned long long)table->physical, table->length, sizeof(header));
		return MUSTER_E_CORRUPT;
	}
	/* The first comparison keeps the product small. */
	if (!header.count || header.count > ACPI_TABLE_MAX ||
	    header.count * header.count > table->length - sizeof(header)) {
		console_print("muster: acpi: SLIT: %llu localities: must be 1 or more, with their "
			      "square in the table's %u bytes behind %zu\n",
			      (unsigned long long)header.count, table->length, sizeof(header));
		return MUSTER_E_CORRUPT;
	}
	slit->matrix = table->physical + sizeof(header);
	slit->count = (uint32_t)header.count;
	for (uint32_t from = 0; from < slit->count && !error; from++)
		error = check_row(reader, slit, from);
	if (error)
		slit->count = 0;
	return error;
}

uint8_t acpi_slit_distance(const struct firmware_reader *reader, const struct acpi_slit *slit,
			   uint32_t from, uint32_t to)
{
	uint8_t distance = 0;

	if (from >= slit->count || to >= slit->count ||
	    !firmware_read(reader, slit->matrix + (uint64_t)from * slit->count + to, &distance, 1))
		return 0;
	return distance;
}

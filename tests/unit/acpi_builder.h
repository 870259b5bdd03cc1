/* SPDX-License-Identifier: MIT */
/*
 * Synthetic ACPI tables in a memory image: the first MiB, with tables above 0x10000. Written by
 * offsets from the specification, not with the structures that the code under test uses.
 */
#ifndef TESTS_UNIT_ACPI_BUILDER_H
#define TESTS_UNIT_ACPI_BUILDER_H

#include "tests/unit/console_capture.h"
#include "tests/unit/memory_image.h"

#include <stdlib.h>

#define BUILDER_MEMORY	 0x100000u
#define BUILDER_TABLES	 0x10000u /* where the first table goes */
#define BUILDER_RSDP	 0xf5b90u
#define BUILDER_HEADER	 36u
#define BUILDER_LENGTH	 4u /* offsets in a table's header: 5.2.6 */
#define BUILDER_CHECKSUM 9u

struct acpi_builder {
	struct memory_image image;
	struct firmware_reader reader;
	uint64_t next;
	uint64_t tables[300]; /* what the root table will list */
	uint32_t count;
	uint64_t root;
};

static inline void builder_begin(struct acpi_builder *builder)
{
	capture_begin();
	*builder = (struct acpi_builder){ .next = BUILDER_TABLES };
	builder->image.size = BUILDER_MEMORY;
	builder->image.bytes = calloc(1, BUILDER_MEMORY);
	builder->reader.read = memory_image_read;
	builder->reader.context = &builder->image;
}

static inline void builder_end(struct acpi_builder *builder)
{
	free(builder->image.bytes);
}

static inline void builder_put(struct acpi_builder *builder, uint64_t at, uint64_t value,
			       size_t size)
{
	memory_image_put(&builder->image, at, &value, size); /* little-endian, as we are */
}

static inline uint64_t builder_get(struct acpi_builder *builder, uint64_t at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, memory_image_at(&builder->image, at), size);
	return value;
}

/* Make the byte at `checksum` such that all `size` bytes add up to 0. */
static inline void builder_sum(struct acpi_builder *builder, uint64_t at, size_t size,
			       size_t checksum)
{
	uint8_t *bytes = memory_image_at(&builder->image, at);
	uint8_t sum = 0;

	bytes[checksum] = 0;
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[checksum] = (uint8_t)-sum;
}

/* Make a table's checksum right again after a change. */
static inline void builder_seal(struct acpi_builder *builder, uint64_t table)
{
	builder_sum(builder, table, builder_get(builder, table + BUILDER_LENGTH, 4),
		    BUILDER_CHECKSUM);
}

/* A table somewhere, in no root table. Returns its address. */
static inline uint64_t builder_loose_table(struct acpi_builder *builder, const char *signature,
					   uint8_t revision, const void *body, size_t size)
{
	uint64_t at = builder->next;

	memory_image_put(&builder->image, at, signature, 4);
	builder_put(builder, at + BUILDER_LENGTH, BUILDER_HEADER + size, 4);
	builder_put(builder, at + 8, revision, 1);
	memory_image_put(&builder->image, at + 10, "BUILT TESTDATA", 14);
	if (size)
		memory_image_put(&builder->image, at + BUILDER_HEADER, body, size);
	builder_seal(builder, at);
	/* Tables need not be aligned. */
	builder->next += BUILDER_HEADER + size + 5;
	return at;
}

static inline uint64_t builder_table(struct acpi_builder *builder, const char *signature,
				     uint8_t revision, const void *body, size_t size)
{
	uint64_t at = builder_loose_table(builder, signature, revision, body, size);

	builder->tables[builder->count++] = at;
	return at;
}

/* The RSDP's checksums, both (5.2.5.3). */
static inline void builder_seal_rsdp(struct acpi_builder *builder, uint64_t at)
{
	builder_sum(builder, at, 20, 8);
	builder_sum(builder, at, builder_get(builder, at + 20, 4), 32);
}

static inline uint64_t builder_root_table(struct acpi_builder *builder, bool extended)
{
	size_t size = extended ? 8 : 4;
	uint8_t entries[sizeof(builder->tables)];

	for (uint32_t i = 0; i < builder->count; i++)
		memcpy(entries + i * size, &builder->tables[i], size);
	return builder_loose_table(builder, extended ? "XSDT" : "RSDT", 1, entries,
				   builder->count * size);
}

/* An RSDP of revision 2 at `at`, with whichever root tables there are (0: none). */
static inline void builder_rsdp(struct acpi_builder *builder, uint64_t at, uint64_t rsdt,
				uint64_t xsdt)
{
	memory_image_put(&builder->image, at, "RSD PTR ", 8);
	builder_put(builder, at + 15, 2, 1);
	builder_put(builder, at + 16, rsdt, 4);
	builder_put(builder, at + 20, 36, 4);
	builder_put(builder, at + 24, xsdt, 8);
	builder_seal_rsdp(builder, at);
}

#endif

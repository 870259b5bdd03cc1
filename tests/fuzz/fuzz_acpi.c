// SPDX-License-Identifier: MIT
/*
 * The ACPI parsers over any bytes. The first byte of the input says which way in: all of it as low
 * memory, from the RSDP on; or as the body of one table. Checksums are made right where the parser
 * would stop at once otherwise, since a fuzzer does not guess them.
 */
#include "firmware/acpi_spare.h"
#include "tests/fuzz/silence.h"
#include "tests/unit/memory_image.h"

#include <stdlib.h>

#define RSDP		0x20u /* where the boot protocol says that it is */
#define RSDP_SIZE	36u
#define HEADER_SIZE	36u
#define FADT_SIZE	276u
#define CHECKSUM	9u /* offsets in a header, 5.2.6; in the FADT, 5.2.9; in the RSDP, 5.2.5.3 */
#define LENGTH		4u
#define FADT_DSDT	40u
#define RSDP_RSDT	16u
#define RSDP_XSDT	24u
#define RSDP_CHECKSUM	8u
#define RSDP_CHECKSUM_2 32u

static void seal(uint8_t *bytes, size_t size, size_t checksum)
{
	uint8_t sum = 0;

	bytes[checksum] = 0;
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[checksum] = (uint8_t)-sum;
}

/* Make a table in the image right, if its length lets it be. */
static void seal_table(const struct memory_image *image, uint64_t physical)
{
	uint32_t length;

	if (physical >= image->size || image->size - physical < HEADER_SIZE)
		return;
	memcpy(&length, image->bytes + physical + LENGTH, sizeof(length));
	if (length >= HEADER_SIZE && length <= image->size - physical)
		seal(image->bytes + physical, length, CHECKSUM);
}

/* The tables that a root table lists, too. */
static void seal_listed(const struct memory_image *image, uint64_t root, size_t entry)
{
	uint32_t length;

	if (root >= image->size || image->size - root < HEADER_SIZE)
		return;
	memcpy(&length, image->bytes + root + LENGTH, sizeof(length));
	if (length > image->size - root)
		return;
	for (uint32_t at = HEADER_SIZE; at + entry <= length; at += (uint32_t)entry) {
		uint64_t table = 0;

		memcpy(&table, image->bytes + root + at, entry);
		seal_table(image, table);
	}
}

struct processors {
	uint32_t count;
	struct acpi_spares spares;
};

static void count_processor(void *context, const struct acpi_processor *processor)
{
	struct processors *processors = context;

	processors->count++;
	must(processor->enabled || processor->online_capable);
	must(processor->x2apic || processor->apic_id < 0xff);
	acpi_spares_see(&processors->spares, processor);
}

/* Each that is kept has an id that no other entry has. */
static void choose_spares(struct acpi_spares *spares, uint32_t processors)
{
	uint32_t kept = acpi_spares_choose(spares);
	bool taken[ACPI_SPARE_ID_MAX + 1] = { false };

	must(kept <= ACPI_SPARE_ID_MAX + 1 && kept + spares->left_out <= processors);
	for (uint32_t i = 0; i < kept; i++) {
		const struct acpi_processor *spare = &spares->at[i];

		must(!spare->enabled && spare->apic_id <= ACPI_SPARE_ID_MAX);
		must(!taken[spare->apic_id] && spares->entries[spare->apic_id] == 1);
		taken[spare->apic_id] = true;
	}
}

static void read_madt(const struct firmware_reader *reader, const struct acpi_table *table)
{
	static struct processors processors;
	struct acpi_madt madt;

	memset(&processors, 0, sizeof(processors));

	acpi_madt_read(reader, table, &madt, count_processor, &processors);
	must(madt.processors == processors.count);
	choose_spares(&processors.spares, processors.count);
	must(madt.nmi_count <= ACPI_NMIS_MAX);
	for (uint32_t i = 0; i < madt.nmi_count; i++)
		must(madt.nmis[i].lint <= 1);
	must(madt.wakeup.mailbox % 4096 == 0);
	must(madt.wakeup.mailbox || !madt.wakeup.reset_vector);
	must(!madt.wakeup.reset_vector == !madt.wakeup.version);
}

struct affinities {
	uint32_t count;
	uint32_t revision;
};

static void see_processor(void *context, const struct acpi_processor_affinity *affinity)
{
	struct affinities *affinities = context;

	affinities->count++;
	(void)affinity;
}

static void see_memory(void *context, const struct acpi_memory_affinity *affinity)
{
	struct affinities *affinities = context;

	affinities->count++;
	must(affinity->size && affinity->base + (affinity->size - 1) >= affinity->base);
	must(affinities->revision > 1 || affinity->domain <= 0xff);
}

static void read_srat(const struct firmware_reader *reader, const struct acpi_table *table)
{
	struct affinities affinities = { .revision = table->revision };
	const struct acpi_srat_reader to = { see_processor, see_memory, &affinities };

	acpi_srat_read(reader, table, &to);
	must(affinities.count <= table->length / 16);
}

static void read_slit(const struct firmware_reader *reader, const struct acpi_table *table)
{
	struct acpi_slit slit;

	if (acpi_slit_read(reader, table, &slit)) {
		must(!slit.count && !acpi_slit_distance(reader, &slit, 0, 0));
		return;
	}
	must(slit.count && slit.count * slit.count <= table->length);
	for (uint32_t from = 0; from < slit.count; from++)
		for (uint32_t to = 0; to < slit.count; to++) {
			uint8_t distance = acpi_slit_distance(reader, &slit, from, to);

			must(from == to ? distance == 10 : distance >= 10);
		}
	must(!acpi_slit_distance(reader, &slit, 0, slit.count));
	must(!acpi_slit_distance(reader, &slit, slit.count, 0));
}

static void read_power(const struct firmware_reader *reader, const struct acpi_table *table)
{
	struct acpi_power power;

	if (acpi_power_read(reader, table, &power)) {
		must(!power.can_power_off);
		return;
	}
	must(power.sleep_type_a <= 7 && power.sleep_type_b <= 7);
	must(!power.can_power_off || power.pm1a_control || power.reduced);
	must(!power.reduced || !power.pm1a_control);
}

/* The input is memory. */
static void read_memory(struct memory_image *image)
{
	const struct firmware_reader reader = { memory_image_read, image };
	struct acpi_table table;
	struct acpi_root root;
	uint32_t rsdt;
	uint64_t xsdt;

	if (image->size >= RSDP + RSDP_SIZE) {
		uint8_t *rsdp = image->bytes + RSDP;

		memcpy(rsdp, "RSD PTR ", 8);
		memcpy(&rsdt, rsdp + RSDP_RSDT, sizeof(rsdt));
		memcpy(&xsdt, rsdp + RSDP_XSDT, sizeof(xsdt));
		seal_listed(image, rsdt, 4);
		seal_listed(image, xsdt, 8);
		seal_table(image, rsdt);
		seal_table(image, xsdt);
		seal(rsdp, 20, RSDP_CHECKSUM);
		seal(rsdp, RSDP_SIZE, RSDP_CHECKSUM_2);
	}
	if (acpi_root_find(&reader, RSDP, &root))
		return;
	must(root.count <= ACPI_ENTRIES_MAX);
	must(root.table.length >= HEADER_SIZE && root.table.length <= image->size);
	if (!acpi_table_find(&reader, &root, "APIC", &table))
		read_madt(&reader, &table);
	if (!acpi_table_find(&reader, &root, "FACP", &table))
		read_power(&reader, &table);
	if (!acpi_table_find(&reader, &root, "SRAT", &table))
		read_srat(&reader, &table);
	if (!acpi_table_find(&reader, &root, "SLIT", &table))
		read_slit(&reader, &table);
}

/* The input is a FADT, and after it a DSDT that it points to. */
static void read_fadt_and_dsdt(struct memory_image *image, const struct firmware_reader *reader)
{
	struct acpi_table table = { .signature = "FACP", .revision = 6, .length = FADT_SIZE };
	uint32_t dsdt = FADT_SIZE;

	if (image->size < FADT_SIZE + HEADER_SIZE)
		return;
	memcpy(image->bytes + FADT_DSDT, &dsdt, sizeof(dsdt));
	memcpy(image->bytes + dsdt, "DSDT", 4);
	seal_table(image, dsdt);
	read_power(reader, &table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_image image = { 0 };
	const struct firmware_reader reader = { memory_image_read, &image };
	struct acpi_table table = { .signature = "APIC", .revision = 5 };

	if (!size)
		return 0;
	silence_begin();
	image.size = size - 1;
	image.bytes = malloc(image.size ? image.size : 1);
	if (!image.bytes)
		return 0;
	memcpy(image.bytes, data + 1, image.size);
	table.length = (uint32_t)image.size;
	/* Before ACPI 6.3 processors that are not enabled may come without a bit that says so. */
	if (data[0] & 0x80)
		table.revision = 4;
	switch ((data[0] & 0x7f) % 7) {
	case 0:
		read_memory(&image);
		break;
	case 1:
		read_madt(&reader, &table);
		break;
	case 2:
		read_fadt_and_dsdt(&image, &reader);
		break;
	case 3:
		/* Any length of FADT, and of a MADT that lies about its own. */
		read_power(&reader, &table);
		table.length = UINT32_MAX;
		read_madt(&reader, &table);
		break;
	case 4:
		read_srat(&reader, &table);
		table.revision = 1;
		read_srat(&reader, &table);
		break;
	case 5:
		read_slit(&reader, &table);
		break;
	case 6:
		/* As 3, of a SRAT and a SLIT. */
		table.length = UINT32_MAX;
		read_srat(&reader, &table);
		read_slit(&reader, &table);
		break;
	}
	free(image.bytes);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * ACPI's root, and finding a table in it (ACPI 6.5, 5.2.5 to 5.2.8). The platform calls it in step
 * `firmware`. It trusts no byte: everything is copied before it is looked at, lengths have limits,
 * checksums are verified. It must not write to a table, nor keep a pointer into one.
 */
#include "firmware/acpi.h"

#include "core/string.h"
#include "firmware/acpi_abi.h"
#include "firmware/acpi_table.h"

#include <muster/console.h>
#include <muster/error.h>

/* 5.2.5.1: the EBDA's segment is in the BIOS data area at 40:0Eh, and its first KiB is searched;
 * then the BIOS's read-only memory. */
#define EBDA_SEGMENT_ADDRESS 0x40eu
#define EBDA_SEARCHED	     1024u
#define EBDA_LOWEST	     0x500u   /* above the interrupt vectors and the BIOS data area */
#define EBDA_END	     0xa0000u /* where video memory begins */
#define BIOS_START	     0xe0000u
#define BIOS_END	     0x100000u

#define CHUNK_WORDS	     32u
#define CHUNK_SIZE	     (CHUNK_WORDS * sizeof(uint64_t))

/* Entries of the root table that a line has already been logged about. */
static uint32_t broken_entries[ACPI_ENTRIES_MAX / 32];

static bool entry_is_broken(uint32_t index)
{
	return broken_entries[index / 32] >> index % 32 & 1;
}

static void entry_set_broken(uint32_t index)
{
	broken_entries[index / 32] |= UINT32_C(1) << index % 32;
}

/*
 * The sum of bytes as 5.2.5.3 and 5.2.6 want it, modulo 256. Eight bytes are added at once, in four
 * lanes of 16 bits, which a chunk cannot overflow: 2 * CHUNK_WORDS * 255 < 65536.
 */
static uint8_t chunk_sum(const uint64_t *words)
{
	const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
	uint64_t lanes = 0;

	for (size_t i = 0; i < CHUNK_WORDS; i++)
		lanes += (words[i] & even) + (words[i] >> 8 & even);
	return (uint8_t)(lanes + (lanes >> 16) + (lanes >> 32) + (lanes >> 48));
}
_Static_assert(2 * CHUNK_WORDS * 255 < 65536, "chunk_sum() adds in lanes of 16 bits");

/* False when not all of it can be read. */
static bool physical_sum(const struct firmware_reader *reader, uint64_t physical, uint32_t size,
			 uint8_t *sum)
{
	*sum = 0;
	while (size) {
		uint32_t part = size < CHUNK_SIZE ? size : (uint32_t)CHUNK_SIZE;
		uint64_t words[CHUNK_WORDS];

		if (part < CHUNK_SIZE)
			memset(words, 0, sizeof(words));
		if (!firmware_read(reader, physical, words, part))
			return false;
		*sum = (uint8_t)(*sum + chunk_sum(words));
		physical += part;
		size -= part;
	}
	return true;
}

/* The rest of acpi_table_open(), once the header has been read and has the right signature. */
static int check_table(const struct firmware_reader *reader, uint64_t physical,
		       const struct acpi_abi_header *header, struct acpi_table *table)
{
	uint8_t sum;

	memcpy(table->signature, header->signature, sizeof(header->signature));
	table->signature[sizeof(header->signature)] = '\0';
	table->revision = header->revision;
	table->physical = physical;
	table->length = header->length;
	if (table->length < sizeof(*header) || table->length > ACPI_TABLE_MAX) {
		console_print("muster: acpi: %s at %#llx: length %u: must be %zu to %u\n",
			      table->signature, (unsigned long long)physical, table->length,
			      sizeof(*header), ACPI_TABLE_MAX);
		return MUSTER_E_CORRUPT;
	}
	if (!physical_sum(reader, physical, table->length, &sum)) {
		console_print("muster: acpi: %s at %#llx: length %u: cannot be read to its end\n",
			      table->signature, (unsigned long long)physical, table->length);
		return MUSTER_E_CORRUPT;
	}
	if (sum) {
		console_print("muster: acpi: %s at %#llx: bytes add up to %#x: must be 0\n",
			      table->signature, (unsigned long long)physical, sum);
		return MUSTER_E_CORRUPT;
	}
	return 0;
}

int acpi_table_open(const struct firmware_reader *reader, uint64_t physical, const char *signature,
		    struct acpi_table *table)
{
	struct acpi_abi_header header;

	if (!physical || !firmware_read(reader, physical, &header, sizeof(header))) {
		console_print("muster: acpi: %s at %#llx: cannot be read\n", signature,
			      (unsigned long long)physical);
		return MUSTER_E_CORRUPT;
	}
	if (memcmp(header.signature, signature, sizeof(header.signature))) {
		console_print("muster: acpi: %s at %#llx: must begin with that signature\n",
			      signature, (unsigned long long)physical);
		return MUSTER_E_CORRUPT;
	}
	return check_table(reader, physical, &header, table);
}

/*
 * The part of the RSDP from revision 2 on. If it is broken the first part still stands, as an older
 * RSDP: logged, and xsdt is made 0.
 */
static void check_extended_rsdp(const struct firmware_reader *reader, uint64_t physical,
				struct acpi_abi_rsdp *rsdp)
{
	uint8_t sum;

	if (!firmware_read(reader, physical, rsdp, sizeof(*rsdp))) {
		console_print("muster: acpi: RSDP at %#llx: revision %u: cannot be read to its "
			      "end\n",
			      (unsigned long long)physical, rsdp->revision);
	} else if (rsdp->length < sizeof(*rsdp) || rsdp->length > ACPI_TABLE_MAX) {
		console_print("muster: acpi: RSDP at %#llx: length %u: must be %zu to %u\n",
			      (unsigned long long)physical, rsdp->length, sizeof(*rsdp),
			      ACPI_TABLE_MAX);
	} else if (!physical_sum(reader, physical, rsdp->length, &sum) || sum) {
		console_print("muster: acpi: RSDP at %#llx: extended checksum: its %u bytes must "
			      "add up to 0\n",
			      (unsigned long long)physical, rsdp->length);
	} else {
		return;
	}
	rsdp->xsdt = 0;
}

/* Returns 0, MUSTER_E_NOT_FOUND when there is no RSDP, MUSTER_E_CORRUPT (logged) for a broken one.
 */
static int read_rsdp(const struct firmware_reader *reader, uint64_t physical,
		     struct acpi_abi_rsdp *rsdp)
{
	uint8_t sum;

	*rsdp = (struct acpi_abi_rsdp){ 0 };
	if (!firmware_read(reader, physical, rsdp, ACPI_RSDP_SIZE_1) ||
	    memcmp(rsdp->signature, ACPI_RSDP_SIGNATURE, ACPI_RSDP_SIGNATURE_SIZE))
		return MUSTER_E_NOT_FOUND;
	if (!physical_sum(reader, physical, ACPI_RSDP_SIZE_1, &sum) || sum) {
		console_print("muster: acpi: RSDP at %#llx: checksum: its first %u bytes must add "
			      "up to 0\n",
			      (unsigned long long)physical, ACPI_RSDP_SIZE_1);
		return MUSTER_E_CORRUPT;
	}
	if (rsdp->revision >= ACPI_RSDP_REVISION_2)
		check_extended_rsdp(reader, physical, rsdp);
	return 0;
}

/* Search [start, end). Returns what read_rsdp() does; a broken one is passed over. */
static int search_rsdp(const struct firmware_reader *reader, uint64_t start, uint64_t end,
		       struct acpi_abi_rsdp *rsdp)
{
	int result = MUSTER_E_NOT_FOUND;
	char chunk[CHUNK_SIZE];

	for (uint64_t at = start; at < end; at += sizeof(chunk)) {
		size_t part = end - at < sizeof(chunk) ? (size_t)(end - at) : sizeof(chunk);

		if (!firmware_read(reader, at, chunk, part))
			continue;
		for (size_t i = 0; i + ACPI_RSDP_SIGNATURE_SIZE <= part; i += ACPI_RSDP_ALIGN) {
			int error;

			if (memcmp(chunk + i, ACPI_RSDP_SIGNATURE, ACPI_RSDP_SIGNATURE_SIZE))
				continue;
			error = read_rsdp(reader, at + i, rsdp);
			if (!error)
				return 0;
			result = error;
		}
	}
	return result;
}

/* Where there is no hint: 5.2.5.1. Returns what read_rsdp() does. */
static int search_everywhere(const struct firmware_reader *reader, struct acpi_abi_rsdp *rsdp)
{
	int in_ebda = MUSTER_E_NOT_FOUND;
	int in_bios;
	uint16_t segment = 0;
	uint64_t ebda;

	if (!firmware_read(reader, EBDA_SEGMENT_ADDRESS, &segment, sizeof(segment)))
		segment = 0;
	/* A real-mode segment: in units of 16 bytes. */
	ebda = (uint64_t)segment << 4;
	if (ebda >= EBDA_LOWEST && ebda + EBDA_SEARCHED <= EBDA_END)
		in_ebda = search_rsdp(reader, ebda, ebda + EBDA_SEARCHED, rsdp);
	if (!in_ebda)
		return 0;
	in_bios = search_rsdp(reader, BIOS_START, BIOS_END, rsdp);
	return in_bios == MUSTER_E_NOT_FOUND ? in_ebda : in_bios;
}

static int find_rsdp(const struct firmware_reader *reader, uint64_t hint,
		     struct acpi_abi_rsdp *rsdp)
{
	int at_hint = MUSTER_E_NOT_FOUND;
	int elsewhere;

	if (hint) {
		at_hint = read_rsdp(reader, hint, rsdp);
		if (!at_hint)
			return 0;
		console_print("muster: acpi: RSDP at %#llx, where the boot protocol says: none, "
			      "searching\n",
			      (unsigned long long)hint);
	}
	elsewhere = search_everywhere(reader, rsdp);
	return elsewhere == MUSTER_E_NOT_FOUND ? at_hint : elsewhere;
}

/* The entries of a root table that has been opened: of 4 bytes in an RSDT (5.2.7), of 8 in an XSDT
 * (5.2.8). */
static int count_entries(uint64_t physical, struct acpi_root *root)
{
	uint32_t entry_size = root->extended ? sizeof(uint64_t) : sizeof(uint32_t);
	uint32_t entries_size;

	entries_size = root->table.length - (uint32_t)sizeof(struct acpi_abi_header);
	root->count = entries_size / entry_size;
	if (root->count > ACPI_ENTRIES_MAX) {
		console_print("muster: acpi: %s at %#llx: %u entries: at most %u are taken\n",
			      root->table.signature, (unsigned long long)physical, root->count,
			      ACPI_ENTRIES_MAX);
		return MUSTER_E_CORRUPT;
	}
	if (entries_size % entry_size)
		console_print("muster: acpi: %s at %#llx: length %u: ends within an entry, which "
			      "is left out\n",
			      root->table.signature, (unsigned long long)physical,
			      root->table.length);
	return 0;
}

static int open_root(const struct firmware_reader *reader, uint64_t physical, bool extended,
		     struct acpi_root *root)
{
	int error;

	root->extended = extended;
	error = acpi_table_open(reader, physical, extended ? "XSDT" : "RSDT", &root->table);
	return error ? error : count_entries(physical, root);
}

/*
 * An XSDT with another signature, and no RSDT beside it. Where the firmware has no XSDT, Xen (4.17) makes
 * its dom0 one whose header is whatever lies at address 0, but for length and checksum.
 */
static int open_unsigned_root(const struct firmware_reader *reader, uint64_t physical,
			      struct acpi_root *root)
{
	struct acpi_abi_header header;
	int error;

	if (!firmware_read(reader, physical, &header, sizeof(header)))
		return MUSTER_E_CORRUPT;
	memcpy(header.signature, "XSDT", sizeof(header.signature));
	root->extended = true;
	error = check_table(reader, physical, &header, &root->table);
	if (!error)
		error = count_entries(physical, root);
	if (!error)
		console_print("muster: acpi: XSDT at %#llx: adds up, and there is no RSDT: it is "
			      "taken as it is\n",
			      (unsigned long long)physical);
	return error;
}

int acpi_root_find(const struct firmware_reader *reader, uint64_t hint, struct acpi_root *root)
{
	struct acpi_abi_rsdp rsdp;
	int error;

	*root = (struct acpi_root){ 0 };
	memset(broken_entries, 0, sizeof(broken_entries));
	error = find_rsdp(reader, hint, &rsdp);
	if (error) {
		console_print("muster: acpi: no RSDP that is right: there are no tables\n");
		return error;
	}
	if (rsdp.xsdt) {
		if (!open_root(reader, rsdp.xsdt, true, root))
			return 0;
		if (!rsdp.rsdt && !open_unsigned_root(reader, rsdp.xsdt, root))
			return 0;
		console_print("muster: acpi: XSDT at %#llx: not usable, trying the RSDT\n",
			      (unsigned long long)rsdp.xsdt);
	}
	error = open_root(reader, rsdp.rsdt, false, root);
	if (error)
		*root = (struct acpi_root){ 0 };
	return error;
}

/* The address in an entry of the root table; 0, which is no table's, when it cannot be read. */
static uint64_t root_entry(const struct firmware_reader *reader, const struct acpi_root *root,
			   uint32_t index)
{
	size_t size = root->extended ? sizeof(uint64_t) : sizeof(uint32_t);
	uint64_t address = 0; /* ACPI is little-endian, and so is who has it */

	if (!firmware_read(reader,
			   root->table.physical + sizeof(struct acpi_abi_header) + index * size,
			   &address, size))
		return 0;
	return address;
}

int acpi_table_find(const struct firmware_reader *reader, const struct acpi_root *root,
		    const char *signature, struct acpi_table *table)
{
	int result = MUSTER_E_NOT_FOUND;

	for (uint32_t i = 0; i < root->count && i < ACPI_ENTRIES_MAX; i++) {
		uint64_t physical = root_entry(reader, root, i);
		struct acpi_abi_header header;

		if (!physical || !firmware_read(reader, physical, &header, sizeof(header))) {
			if (!entry_is_broken(i))
				console_print("muster: acpi: %s entry %u: table at %#llx: cannot "
					      "be read, left out\n",
					      root->table.signature, i,
					      (unsigned long long)physical);
			entry_set_broken(i);
			continue;
		}
		if (memcmp(header.signature, signature, sizeof(header.signature)))
			continue;
		if (!entry_is_broken(i) && !check_table(reader, physical, &header, table))
			return 0;
		entry_set_broken(i);
		result = MUSTER_E_CORRUPT;
	}
	return result;
}

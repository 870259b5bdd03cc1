// SPDX-License-Identifier: MIT
/*
 * The shim's tables: copies of what QEMU's firmware made, with a wakeup structure added to the MADT,
 * and with one thing wrong on request. Called by shim.c. All but the thing that is to be wrong must
 * be right, so that what a kernel says is about that.
 */
#include "tests/boot/mailbox/shim.h"

/* Offsets and sizes: ACPI 6.5, 5.2.5.3 (RSDP), 5.2.6 (header), 5.2.12 (MADT), 5.2.16 (SRAT), 5.2.17
 * (SLIT). */
#define HEADER	     36u
#define LENGTH	     4u
#define CHECKSUM     9u
#define MADT_ENTRIES 44u
#define SRAT_ENTRIES 48u
#define SLIT_MATRIX  44u
#define ROOM	     16384u
#define TABLES_MAX   64u

static uint8_t madt[ROOM], srat[ROOM], slit[ROOM], xsdt[1024], rsdp_made[36];
static const char *patch;

static uint32_t get_32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

static void seal(uint8_t *table, size_t size, size_t checksum)
{
	uint8_t sum = 0;

	table[checksum] = 0;
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + table[i]);
	table[checksum] = (uint8_t)-sum;
}

static const uint8_t *table_at(uint64_t rsdp, uint32_t index)
{
	const uint8_t *told = (const uint8_t *)rsdp;
	uint64_t extended = 0;
	const uint8_t *root;
	uint32_t size;

	if (told[15] >= 2)
		memcpy(&extended, told + 24, 8);
	root = (const uint8_t *)(extended ? extended : get_32(told + 16));
	size = extended ? 8 : 4;
	if (HEADER + (index + 1) * size > get_32(root + LENGTH))
		return NULL;
	if (!extended)
		return (const uint8_t *)(uintptr_t)get_32(root + HEADER + index * 4);
	memcpy(&extended, root + HEADER + index * 8, 8);
	return (const uint8_t *)extended;
}

static const uint8_t *table_named(uint64_t rsdp, const char *signature)
{
	const uint8_t *table;

	for (uint32_t i = 0; (table = table_at(rsdp, i)); i++)
		if (!memcmp(table, signature, 4))
			return table;
	return NULL;
}

uint32_t tables_processors(uint64_t rsdp)
{
	const uint8_t *table = table_named(rsdp, "APIC");
	uint32_t count = 0;

	if (!table)
		give_up("no MADT");
	for (uint32_t at = MADT_ENTRIES; at < get_32(table + LENGTH); at += table[at + 1])
		count += table[at] == 0 && table[at + 4] & 1;
	return count;
}

/* The n-th entry of a type in a table with entries from `at` on. Gives up if it is not there. */
static uint8_t *entry_of(uint8_t *table, uint32_t at, uint8_t type, uint32_t n)
{
	for (; at < get_32(table + LENGTH); at += table[at + 1])
		if (table[at] == type && !n--)
			return table + at;
	give_up("a patch is for an entry that is not there");
}

static uint8_t *processor(uint32_t n)
{
	return entry_of(madt, MADT_ENTRIES, 0, n);
}

static void add_wakeup(int version)
{
	uint32_t length = get_32(madt + LENGTH), size = version ? 24 : 16;
	uint8_t *entry = madt + length;

	put(entry, 0x10, 1);
	put(entry + 1, size, 1);
	put(entry + 2, (uint64_t)version, 2);
	put(entry + 4, 0, 4);
	put(entry + 8, (uintptr_t)mailbox, 8);
	if (version)
		put(entry + 16, (uintptr_t)firmware_return, 8);
	put(madt + LENGTH, length + size, 4);
	if (text_is(patch, "mailbox-odd"))
		put(entry + 8, (uintptr_t)mailbox + 8, 8);
	if (text_is(patch, "mailbox-zero"))
		put(entry + 8, 0, 8);
	if (text_is(patch, "mailbox-ram"))
		put(entry + 8, 0x1000000, 8);
	if (text_is(patch, "mailbox-far"))
		put(entry + 8, UINT64_C(1) << 60, 8);
}

/* Returns whether the patch is for this table. */
static bool patch_madt(void)
{
	if (text_is(patch, "madt-empty")) {
		for (uint32_t at = MADT_ENTRIES; at < get_32(madt + LENGTH); at += madt[at + 1])
			madt[at] = madt[at] ? madt[at] : 0x7f;
	} else if (text_is(patch, "madt-twice")) {
		processor(2)[3] = processor(1)[3];
	} else if (text_is(patch, "madt-endless")) {
		processor(2)[1] = 0;
	} else if (text_is(patch, "madt-over")) {
		processor(2)[1] = 255;
	} else if (text_is(patch, "madt-no-boot")) {
		processor(0)[3] = 0x55;
	} else if (text_is(patch, "madt-far")) {
		/* A processor that only x2APIC mode can address: ACPI 6.5, 5.2.12.12. */
		uint8_t *entry = madt + get_32(madt + LENGTH);

		put(entry, 9 | 16 << 8, 4);
		put(entry + 4, 0x100, 4);
		put(entry + 8, 1, 4);
		put(entry + 12, 0x100, 4);
		put(madt + LENGTH, get_32(madt + LENGTH) + 16u, 4);
	} else {
		return false;
	}
	return true;
}

static bool patch_srat(void)
{
	if (text_is(patch, "srat-unknown")) {
		entry_of(srat, SRAT_ENTRIES, 0, 1)[3] += 0x40;
	} else if (text_is(patch, "srat-reverse")) {
		uint32_t at = SRAT_ENTRIES;

		/* The domains of memory the other way round, of two. */
		for (; at < get_32(srat + LENGTH); at += srat[at + 1])
			if (srat[at] == 1)
				srat[at + 2] ^= 1;
	} else if (text_is(patch, "srat-overlap")) {
		/* The last range from address 0 on: over all that is below it. */
		uint8_t *last = NULL;

		for (uint32_t at = SRAT_ENTRIES; at < get_32(srat + LENGTH); at += srat[at + 1])
			if (srat[at] == 1 && srat[at + 28] & 1)
				last = srat + at;
		if (!last)
			give_up("no memory in the SRAT");
		put(last + 8, 0, 8);
	} else if (text_is(patch, "srat-elsewhere")) {
		put(entry_of(srat, SRAT_ENTRIES, 1, 0) + 8, UINT64_C(1) << 40, 8);
	} else if (text_is(patch, "srat-void")) {
		put(entry_of(srat, SRAT_ENTRIES, 1, 0) + 16, 0, 8);
	} else if (text_is(patch, "srat-endless")) {
		entry_of(srat, SRAT_ENTRIES, 0, 0)[1] = 0;
	} else {
		return false;
	}
	return true;
}

static bool copy(uint8_t *to, const uint8_t *table)
{
	if (!table)
		return false;
	if (get_32(table + LENGTH) > ROOM - 64)
		give_up("a table is too large for its copy");
	memcpy(to, table, get_32(table + LENGTH));
	return true;
}

static void finish(uint8_t *table, const char *wrong_sum)
{
	seal(table, get_32(table + LENGTH), CHECKSUM);
	if (text_is(patch, wrong_sum))
		table[CHECKSUM]++;
}

uint64_t tables_make(uint64_t rsdp, int version, const char *what)
{
	bool has_srat, has_slit, used;
	const uint8_t *table;
	uint32_t length = HEADER;

	patch = what;
	copy(madt, table_named(rsdp, "APIC"));
	has_srat = copy(srat, table_named(rsdp, "SRAT"));
	has_slit = copy(slit, table_named(rsdp, "SLIT"));
	used = !patch[0] || patch_madt() || (has_srat && patch_srat()) ||
	       text_is(patch, "madt-sum") || (has_srat && text_is(patch, "srat-sum")) ||
	       (version >= 0 && !memcmp(patch, "mailbox-", 8));
	if (has_slit && text_is(patch, "slit-wrong")) {
		slit[SLIT_MATRIX + 1] = 9;
		used = true;
	}
	if (!used)
		give_up("a patch that is not known, or for a table that is not there");
	if (version >= 0)
		add_wakeup(version);
	finish(madt, "madt-sum");
	finish(srat, "srat-sum");
	finish(slit, "");

	memcpy(xsdt, table_at(rsdp, 0), HEADER);
	memcpy(xsdt, "XSDT", 4);
	for (uint32_t i = 0; (table = table_at(rsdp, i)) && i < TABLES_MAX; i++, length += 8) {
		if (!memcmp(table, "APIC", 4))
			table = madt;
		else if (!memcmp(table, "SRAT", 4))
			table = srat;
		else if (!memcmp(table, "SLIT", 4))
			table = slit;
		put(xsdt + length, (uintptr_t)table, 8);
	}
	put(xsdt + LENGTH, length, 4);
	seal(xsdt, length, CHECKSUM);

	memcpy(rsdp_made, "RSD PTR ", 8);
	rsdp_made[15] = 2;
	put(rsdp_made + 20, sizeof(rsdp_made), 4);
	put(rsdp_made + 24, (uintptr_t)xsdt, 8);
	seal(rsdp_made, 20, 8);
	seal(rsdp_made, sizeof(rsdp_made), 32);
	return (uintptr_t)rsdp_made;
}

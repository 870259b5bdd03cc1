// SPDX-License-Identifier: MIT
/*
 * The park page and the handover record over any bytes. What is constant in a good page is put right, sums
 * too, as the first byte of the input says: nothing happens without.
 */
#include "firmware/park_read.h"
#include "tests/fuzz/silence.h"
#include "tests/unit/memory_image.h"

#include <stdlib.h>

#define BASE  0x100000u
#define BYTES 0x4000u

static void put_right(struct memory_image *image, uint8_t what)
{
	struct park_page *page = (struct park_page *)image->bytes;
	struct handover_record *record;

	page->magic = PARK_MAGIC;
	page->revision = page->compatible = 1;
	page->machine = PARK_MACHINE_X86_64;
	page->base = BASE;
	page->size = BYTES;
	if (what & 1) {
		page->identity_end = BASE + BYTES;
		page->slots = BASE + 0x1000;
		page->slot_size = 64 + page->slot_size % 64 * 8;
		page->slot_count %= 4;
		page->entered |= PARK_CLOSED;
		page->release = page->left = 0;
		page->parked %= 4;
	}
	if (what & 2) {
		page->record = BASE + 0x2000;
		record = (struct handover_record *)memory_image_at(image, page->record);
		page->record_size = 64 + page->record_size % 0x1f00;
		record->magic = HANDOVER_MAGIC;
		record->revision = record->compatible = 1;
		record->size = page->record_size;
		record->sum = 0;
		record->sum = park_sum(PARK_SUM_BEGIN, record, record->size);
	}
	page->sum = park_sum(PARK_SUM_BEGIN, page, PARK_SUM_AT);
}

static void read_all(const struct firmware_reader *reader)
{
	struct park_found found;
	struct handover_entry entry;
	struct park_slot slot;
	uint32_t parked = 0;

	if (park_read(reader, BASE, BYTES, PARK_MACHINE_X86_64, &found))
		return;
	for (uint32_t i = 0; i < found.page.slot_count; i++) {
		must(park_read_slot(reader, &found, i, &slot));
		parked += slot.state == PARK_SLOT_PARKED;
	}
	must(parked == found.parked && parked <= found.page.slot_count);
	must(!park_read_slot(reader, &found, found.page.slot_count, &slot));
	for (uint32_t i = 0; found.has_record && i < found.record.entry_count; i++)
		must(park_read_entry(reader, &found, i, &entry));
	must(!park_read_entry(reader, &found, found.record.entry_count, &entry));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_image image = { .base = BASE, .size = BYTES };
	const struct firmware_reader reader = { memory_image_read, &image };

	silence_begin();
	if (!size)
		return 0;
	image.bytes = calloc(1, BYTES);
	if (!image.bytes)
		return 0;
	/* The page, the slots and the record get a part each. */
	for (size_t i = 1; i < size && i < BYTES; i++)
		image.bytes[i % 3 * 0x1000 + i / 3 % 0x1000] = data[i];
	if (*data & 4)
		put_right(&image, *data);
	read_all(&reader);
	free(image.bytes);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * Reads the park page and the handover record (docs/park.md). Called by a platform when the memory map is
 * made, before anything is given out. It trusts no byte and writes none.
 */
#include "firmware/park_read.h"

#include <muster/console.h>
#include <muster/error.h>

#define PAGE	   4096u
#define SLOTS_MAX  (1u << 20)
#define RECORD_MAX (1u << 24)
#define PIECE	   64u

static int refuse(const char *field, uint64_t value, const char *rule)
{
	console_print("muster: park page: %s: %#llx: %s\n", field, (unsigned long long)value, rule);
	return MUSTER_E_CORRUPT;
}

/* [address, address + size) lies in the region, behind its first page. */
static bool within(const struct park_page *page, uint64_t address, uint64_t size)
{
	return address >= page->base + PAGE && size <= page->size &&
	       address - page->base <= page->size - size;
}

static int check_constants(const struct park_page *page, uint64_t base, uint64_t size,
			   uint32_t machine)
{
	if (page->magic != PARK_MAGIC)
		return refuse("magic", page->magic, "must be that of docs/park.md");
	if (page->sum != park_sum(PARK_SUM_BEGIN, page, PARK_SUM_AT))
		return refuse("sum", page->sum, "is not that of the fields before it");
	if (page->compatible > PARK_REVISION || page->revision < page->compatible)
		return refuse("compatible", page->compatible,
			      "must be at most 1, and the revision");
	if (page->machine != machine)
		return refuse("machine", page->machine, "is not this one");
	if (page->base != base)
		return refuse("base", page->base, "must be where the page is");
	if (page->size != size)
		return refuse("size", page->size, "must be that of the region");
	if (page->identity_end < page->base + page->size)
		return refuse("identity_end", page->identity_end,
			      "must not lie below the region's end");
	if (page->slot_size < PARK_SLOT_BYTES || page->slot_size % 8 || page->slot_size > PAGE)
		return refuse("slot_size", page->slot_size, "must be 64 to 4096, a multiple of 8");
	if (page->slot_count > SLOTS_MAX)
		return refuse("slot_count", page->slot_count, "must be at most 1048576");
	if (page->slots % 8 ||
	    !within(page, page->slots, (uint64_t)page->slot_count * page->slot_size))
		return refuse("slots", page->slots, "must lie in the region, a multiple of 8");
	if (page->machine == PARK_MACHINE_PPC64 &&
	    (!within(page, page->system_reset, 4) || !within(page, page->machine_check, 4)))
		return refuse("system_reset", page->system_reset,
			      "and machine_check must lie in the region");
	if (page->record &&
	    (page->record % 8 || page->record_size < sizeof(struct handover_record) ||
	     page->record_size > RECORD_MAX || !within(page, page->record, page->record_size)))
		return refuse("record", page->record, "must lie in the region, a multiple of 8");
	return 0;
}

/* Every slot says what it is; those that are parked are as many as the page says. */
static int count_slots(const struct firmware_reader *reader, struct park_found *found)
{
	struct park_slot slot;

	found->parked = 0;
	for (uint32_t i = 0; i < found->page.slot_count; i++) {
		if (!park_read_slot(reader, found, i, &slot))
			return refuse("slots", i, "this one cannot be read");
		found->parked += slot.state == PARK_SLOT_PARKED;
	}
	if (found->page.parked != found->parked)
		return refuse("parked", found->page.parked, "is not how many slots say so");
	return 0;
}

static int check_words(const struct park_page *page)
{
	if (page->release)
		return refuse("release", page->release,
			      "must be 0: another kernel has released them");
	if (page->left)
		return refuse("left", page->left, "must be 0: nobody has been released");
	if (!(page->entered & PARK_CLOSED))
		return refuse("entered", page->entered, "must say that nobody comes in any more");
	return 0;
}

static int record_sum_is_good(const struct firmware_reader *reader, const struct park_found *found)
{
	struct handover_record head = found->record;
	uint64_t sum, at = sizeof(head);
	uint8_t piece[PIECE];

	head.sum = 0;
	sum = park_sum(PARK_SUM_BEGIN, &head, sizeof(head));
	while (at < found->record.size) {
		uint64_t bytes = found->record.size - at < PIECE ? found->record.size - at : PIECE;

		if (!firmware_read(reader, found->page.record + at, piece, bytes))
			return refuse("record", found->page.record + at, "cannot be read");
		sum = park_sum(sum, piece, bytes);
		at += bytes;
	}
	return sum == found->record.sum
		       ? 0
		       : refuse("record's sum", found->record.sum, "is not that of its bytes");
}

static int read_record(const struct firmware_reader *reader, struct park_found *found)
{
	struct handover_record *record = &found->record;

	if (!firmware_read(reader, found->page.record, record, sizeof(*record)))
		return refuse("record", found->page.record, "cannot be read");
	if (record->magic != HANDOVER_MAGIC)
		return refuse("record's magic", record->magic, "must be that of docs/park.md");
	if (record->compatible > PARK_REVISION || record->revision < record->compatible)
		return refuse("record's compatible", record->compatible, "must be at most 1");
	if (record->size != found->page.record_size)
		return refuse("record's size", record->size, "must be what the page says");
	if (record->entry_size < sizeof(struct handover_entry) || record->entry_size % 8 ||
	    (uint64_t)record->entry_size * record->entry_count >
		    record->size - sizeof(struct handover_record))
		return refuse("record's entry_size", record->entry_size,
			      "must be at least 32, and all entries within the record");
	found->has_record = true;
	return record_sum_is_good(reader, found);
}

int park_read(const struct firmware_reader *reader, uint64_t base, uint64_t size, uint32_t machine,
	      struct park_found *found)
{
	int error;

	*found = (struct park_found){ 0 };
	if (base % PAGE || size % PAGE || size < PAGE || base + size < base)
		return refuse("region", base, "must be whole pages");
	if (!firmware_read(reader, base, &found->page, sizeof(found->page)))
		return refuse("region", base, "cannot be read");
	error = check_constants(&found->page, base, size, machine);
	if (!error)
		error = check_words(&found->page);
	if (!error)
		error = count_slots(reader, found);
	if (!error && found->page.record)
		error = read_record(reader, found);
	return error;
}

bool park_read_slot(const struct firmware_reader *reader, const struct park_found *found,
		    uint32_t i, struct park_slot *slot)
{
	return i < found->page.slot_count &&
	       firmware_read(reader, found->page.slots + (uint64_t)i * found->page.slot_size, slot,
			     sizeof(*slot));
}

bool park_read_entry(const struct firmware_reader *reader, const struct park_found *found,
		     uint32_t i, struct handover_entry *entry)
{
	return found->has_record && i < found->record.entry_count &&
	       firmware_read(reader,
			     found->page.record + sizeof(found->record) +
				     (uint64_t)i * found->record.entry_size,
			     entry, sizeof(*entry));
}

// SPDX-License-Identifier: MIT
/*
 * The parts of a payload module: it is the file itself, or a cpio archive of the form "newc" (each member: a
 * header of 110 characters, its name, its bytes; both filled up to multiples of four; the last is called
 * TRAILER!!!: cpio(5)). Called by a handover before anything has been given up. It trusts no byte.
 */
#include "core/string.h"
#include "handover/payload.h"

#include <muster/console.h>
#include <muster/error.h>

#define HEADER_BYTES 110u
#define DIGITS	     8u
#define SIZE_AT	     54u
#define NAME_SIZE_AT 94u
#define NAME_MAX     16u /* longer ones are nobody's here */
#define MEMBERS_MAX  64u

static int refuse(const char *what, uint64_t value, const char *rule)
{
	console_print("muster: payload: archive: %s: %#llx: %s\n", what, (unsigned long long)value,
		      rule);
	return MUSTER_E_CORRUPT;
}

/* Eight hexadecimal digits. */
static bool number_read(const char *text, uint64_t *number)
{
	*number = 0;
	for (uint32_t i = 0; i < DIGITS; i++) {
		char digit = text[i];
		uint32_t value = digit >= '0' && digit <= '9'	? (uint32_t)(digit - '0')
				 : digit >= 'a' && digit <= 'f' ? (uint32_t)(digit - 'a') + 10
				 : digit >= 'A' && digit <= 'F' ? (uint32_t)(digit - 'A') + 10
								: 16;

		if (value > 15)
			return false;
		*number = *number << 4 | value;
	}
	return true;
}

static uint64_t filled_up(uint64_t size)
{
	return (size + 3) & ~UINT64_C(3);
}

struct member {
	char name[NAME_MAX];
	uint64_t data, size, next; /* from the archive's beginning */
};

static int member_read(const struct firmware_reader *reader, const struct payload_part *archive,
		       uint64_t at, struct member *member)
{
	char header[HEADER_BYTES];
	uint64_t name_size, name_bytes;

	if (at > archive->size || archive->size - at < HEADER_BYTES)
		return refuse("size", archive->size, "ends within a member's header");
	if (!firmware_read(reader, archive->base + at, header, HEADER_BYTES))
		return refuse("member", at, "cannot be read");
	if (memcmp(header, "070701", 6) != 0 && memcmp(header, "070702", 6) != 0)
		return refuse("member", at, "has no newc header");
	if (!number_read(header + SIZE_AT, &member->size) ||
	    !number_read(header + NAME_SIZE_AT, &name_size) || !name_size)
		return refuse("member", at, "its sizes are no numbers");
	member->data = filled_up(at + HEADER_BYTES + name_size);
	if (member->data > archive->size || archive->size - member->data < member->size)
		return refuse("member", at, "reaches behind the archive's end");
	member->next = filled_up(member->data + member->size);
	name_bytes = name_size < NAME_MAX ? name_size : NAME_MAX;
	memset(member->name, 0, NAME_MAX);
	if (!firmware_read(reader, archive->base + at + HEADER_BYTES, member->name, name_bytes))
		return refuse("member", at, "its name cannot be read");
	/* One that is cut is none of ours. */
	member->name[NAME_MAX - 1] = '\0';
	return 0;
}

static void member_take(const struct payload_part *archive, const struct member *member,
			struct payload *payload)
{
	const struct payload_part part = { archive->base + member->data, member->size };

	if (!strcmp(member->name, "payload"))
		payload->file = part;
	else if (!strcmp(member->name, "initrd"))
		payload->initrd = part;
	else if (!strcmp(member->name, "append"))
		payload->append = part;
}

static int archive_read(const struct firmware_reader *reader, const struct payload_part *archive,
			struct payload *payload)
{
	struct member member = { .next = 0 };

	for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
		int error = member_read(reader, archive, member.next, &member);

		if (error)
			return error;
		if (!strcmp(member.name, "TRAILER!!!"))
			return payload->file.size
				       ? 0
				       : refuse("members", i, "none of them is called payload");
		member_take(archive, &member, payload);
	}
	return refuse("members", MEMBERS_MAX, "are more than anybody needs");
}

int payload_parts_read(const struct firmware_reader *reader, uint64_t base, uint64_t size,
		       struct payload *payload)
{
	const struct payload_part module = { base, size };
	char magic[4];

	*payload = (struct payload){ 0 };
	if (base + size < base || size < sizeof(magic) ||
	    !firmware_read(reader, base, magic, sizeof(magic))) {
		console_print(
			"muster: payload: module of %#llx bytes at %#llx: too short, or cannot "
			"be read\n",
			(unsigned long long)size, (unsigned long long)base);
		return MUSTER_E_CORRUPT;
	}
	if (!memcmp(magic, "0707", sizeof(magic)))
		return archive_read(reader, &module, payload);
	payload->file = module;
	return 0;
}

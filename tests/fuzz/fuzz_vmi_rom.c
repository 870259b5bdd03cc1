// SPDX-License-Identifier: MIT
/*
 * The scan for VMI's option ROM over any bytes: the input is what lies from 0xc0000 on. Of the ROM at
 * its beginning signatures and checksum are put right, since nothing happens without them; then the
 * input's last bytes are relocation records.
 */
#include "firmware/vmi_rom.h"
#include "tests/fuzz/silence.h"
#include "tests/unit/vmi_rom_builder.h"

#include <muster/error.h>
#include <stdlib.h>

static void must_be_name(const char *name)
{
	size_t length = strnlen(name, VMI_NAME_SIZE);

	must(length > 0 && length < VMI_NAME_SIZE);
	for (size_t i = 0; i < length; i++)
		must(name[i] >= ' ' && name[i] <= '~');
}

static void read_records(const struct vmi_rom *rom, const uint8_t *data, size_t size)
{
	uint32_t start = 0xc0000000 + rom->base;

	for (uint16_t call = 0; size >= 8 && call < 8; call++, size -= 8) {
		struct vmi_relocation found;
		uint64_t record;
		int error;

		memcpy(&record, data + size - 8, 8);
		error = vmi_relocation_read(rom, start, call, record, &found);
		must(!error || (found.kind == VMI_KIND_NATIVE && !found.address));
		must(!found.address || found.kind == VMI_KIND_CALL || found.kind == VMI_KIND_JUMP);
		must(!found.address ||
		     (found.address >= start && found.address < start + rom->size) ||
		     (rom->virtual_top && found.address >= rom->virtual_top));
	}
}

static void find(const struct firmware_reader *reader, const uint8_t *data, size_t size)
{
	struct vmi_rom rom;

	if (vmi_rom_find(reader, &rom)) {
		must(!rom.base);
		return;
	}
	must(rom.base >= VMI_WINDOW_START && rom.base % VMI_WINDOW_STEP == 0);
	must(rom.size >= VMI_HEADER_SIZE && rom.size <= VMI_WINDOW_END - rom.base);
	must(rom.size <= size);
	must(rom.api_major == VMI_API_MAJOR);
	must_be_name(rom.licence);
	must_be_name(rom.manufacturer);
	must_be_name(rom.product);
	read_records(&rom, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_image image = { .base = VMI_WINDOW_START, .size = size };
	const struct firmware_reader reader = { memory_image_read, &image };

	silence_begin();
	image.bytes = malloc(size ? size : 1);
	if (!image.bytes)
		return 0;
	if (size)
		memcpy(image.bytes, data, size);
	if (size >= VMI_HEADER_SIZE) {
		uint32_t units = image.bytes[VMI_HEADER_LENGTH];

		rom_put_16(&image, VMI_WINDOW_START, VMI_OPTION_ROM_SIGNATURE);
		rom_put_32(&image, VMI_WINDOW_START + VMI_HEADER_SIGNATURE, VMI_SIGNATURE);
		if (ROM_BYTES(units) <= size)
			rom_seal(&image, VMI_WINDOW_START, units);
	}
	find(&reader, data, size);
	free(image.bytes);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * VMI's option ROM, good and wrong, and its relocation records. SeaBIOS loads no ROM with a bad
 * signature, checksum or length, so those are met here only.
 */
#include "firmware/vmi_rom.h"
#include "tests/unit/console_capture.h"
#include "tests/unit/vmi_rom_builder.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define BASE  0xc3000u
#define UNITS 8u

static struct memory_image image;
static struct firmware_reader reader = { memory_image_read, &image };
static struct vmi_rom rom;

static int begin(void **state)
{
	(void)state;
	capture_begin();
	image = (struct memory_image){ .base = VMI_WINDOW_START,
				       .size = VMI_WINDOW_END - VMI_WINDOW_START };
	image.bytes = malloc(image.size);
	assert_non_null(image.bytes);
	memset(image.bytes, 0xff, image.size);
	rom_put(&image, BASE, UNITS);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(image.bytes);
	return 0;
}

static uint8_t *byte_at(uint32_t offset)
{
	return memory_image_at(&image, BASE + offset);
}

/* With the checksum put right, so that it is this rule that is broken. */
static void refused(int error, const char *line)
{
	rom_seal(&image, BASE, UNITS);
	assert_int_equal(vmi_rom_find(&reader, &rom), error);
	assert_int_equal(rom.base, 0);
	assert_true(capture_has("ROM at 0xc3000: "));
	assert_true(capture_has(line));
	assert_int_equal(capture_count("\n"), 1);
}

static void a_good_rom(void **state)
{
	(void)state;
	assert_int_equal(vmi_rom_find(&reader, &rom), 0);
	assert_int_equal(rom.base, BASE);
	assert_int_equal(rom.size, ROM_BYTES(UNITS));
	assert_int_equal(rom.api_major, 3);
	assert_int_equal(rom.api_minor, 0);
	assert_int_equal(rom.virtual_top, ROM_TOP);
	assert_int_equal(rom.init, BASE + 128);
	assert_int_equal(rom.get_relocation, BASE + 136);
	assert_int_equal(rom.version_major, 2);
	assert_int_equal(rom.version_minor, 7);
	assert_string_equal(rom.licence, "MIT");
	assert_string_equal(rom.manufacturer, "Somebody");
	assert_string_equal(rom.product, "A?ROM");
	assert_string_equal(capture.text, "");
}

static void no_rom(void **state)
{
	(void)state;
	/* Another's ROM, a good one, and none at all. */
	rom_put_32(&image, BASE + VMI_HEADER_SIGNATURE, 0x12345678);
	assert_int_equal(vmi_rom_find(&reader, &rom), MUSTER_E_NOT_FOUND);
	rom_put(&image, BASE, UNITS);
	rom_put_16(&image, BASE, 0x55aa);
	assert_int_equal(vmi_rom_find(&reader, &rom), MUSTER_E_NOT_FOUND);
	/* Between two steps of 2 KiB there is none. */
	memset(image.bytes, 0, image.size);
	rom_put(&image, BASE + 512, UNITS);
	assert_int_equal(vmi_rom_find(&reader, &rom), MUSTER_E_NOT_FOUND);
	/* Nothing can be read. */
	image.size = 0;
	assert_int_equal(vmi_rom_find(&reader, &rom), MUSTER_E_NOT_FOUND);
	assert_string_equal(capture.text, "");
}

static void where_roms_can_be(void **state)
{
	static const uint32_t bases[] = { VMI_WINDOW_START, VMI_WINDOW_START + VMI_WINDOW_STEP,
					  VMI_WINDOW_END - VMI_WINDOW_STEP };

	(void)state;
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		memset(image.bytes, 0xff, image.size);
		/* The last one fills the window to its end. */
		rom_put(&image, bases[i], VMI_WINDOW_STEP / VMI_LENGTH_UNIT);
		assert_int_equal(vmi_rom_find(&reader, &rom), 0);
		assert_int_equal(rom.base, bases[i]);
	}
	assert_string_equal(capture.text, "");
	/* One more than that. Its bytes could be read, but are not a ROM's. */
	*memory_image_at(&image, bases[2] + VMI_HEADER_LENGTH) = 5;
	assert_int_equal(vmi_rom_find(&reader, &rom), MUSTER_E_CORRUPT);
	assert_true(capture_has("ROM at 0xdf800: length in bytes: 0xa00: "));
}

static void bad_lengths(void **state)
{
	(void)state;
	*byte_at(VMI_HEADER_LENGTH) = 0;
	refused(MUSTER_E_CORRUPT, "length in bytes: 0: the header and no more");
}

static void a_length_that_takes_too_little(void **state)
{
	(void)state;
	/* The checksum is that of the shorter ROM, so the structures are what is missing. */
	*byte_at(VMI_HEADER_LENGTH) = 1;
	rom_put_16(&image, BASE + VMI_HEADER_PCI, 500);
	rom_seal(&image, BASE, 1);
	assert_int_equal(vmi_rom_find(&reader, &rom), MUSTER_E_CORRUPT);
	assert_true(capture_has("PCI structure: 0x1f4: must lie in the ROM"));
}

static void a_bad_checksum(void **state)
{
	(void)state;
	*byte_at(ROM_BYTES(UNITS) - 1) += 3;
	assert_int_equal(vmi_rom_find(&reader, &rom), MUSTER_E_CORRUPT);
	assert_true(capture_has("ROM at 0xc3000: checksum: 0x3: its bytes must add up to 0\n"));
	assert_int_equal(capture_count("\n"), 1);
}

static void a_hole_in_what_can_be_read(void **state)
{
	(void)state;
	image.hole_start = BASE + 1024;
	image.hole_end = BASE + 1025;
	assert_int_equal(vmi_rom_find(&reader, &rom), MUSTER_E_CORRUPT);
	assert_true(capture_has("ROM at 0xc3000: offset: 0x400: cannot be read\n"));
}

static void a_wrong_major_version(void **state)
{
	(void)state;
	*byte_at(VMI_HEADER_API_MAJOR) = 13;
	refused(MUSTER_E_NOT_SUPPORTED, "API 13.0: must be 3.x");
}

static void a_later_minor_version(void **state)
{
	(void)state;
	*byte_at(VMI_HEADER_API_MINOR) = 9;
	rom_seal(&image, BASE, UNITS);
	assert_int_equal(vmi_rom_find(&reader, &rom), 0);
	assert_int_equal(rom.api_minor, 9);
}

static void no_code(void **state)
{
	(void)state;
	*byte_at(VMI_HEADER_INIT) = 0;
	refused(MUSTER_E_CORRUPT, "vmi_init: 0: there must be code");
}

static void no_relocation_code(void **state)
{
	(void)state;
	memset(byte_at(VMI_HEADER_GET_RELOCATION), 0xff, VMI_JUMP_SIZE);
	refused(MUSTER_E_CORRUPT, "get_reloc: 0xff: there must be code");
}

static void no_licence(void **state)
{
	(void)state;
	rom_put_16(&image, BASE + VMI_HEADER_LICENCE, 0);
	refused(MUSTER_E_CORRUPT, "licence: 0: there must be one");
}

static void a_licence_without_end(void **state)
{
	(void)state;
	memset(byte_at(ROM_BYTES(UNITS) - 8), 'x', 8);
	rom_put_16(&image, BASE + VMI_HEADER_LICENCE, ROM_BYTES(UNITS) - 8);
	refused(MUSTER_E_CORRUPT, "licence: 0xff8: must be text that ends in the ROM");
}

static void no_pci_structure(void **state)
{
	(void)state;
	rom_put_16(&image, BASE + VMI_HEADER_PCI, 0);
	refused(MUSTER_E_CORRUPT, "PCI structure: 0: there must be one");
}

static void a_pci_structure_over_the_end(void **state)
{
	(void)state;
	rom_put_16(&image, BASE + VMI_HEADER_PCI, ROM_BYTES(UNITS) - 23);
	refused(MUSTER_E_CORRUPT, "PCI structure: 0xfe9: must lie in the ROM");
}

static void a_pci_structure_without_signature(void **state)
{
	(void)state;
	*byte_at(ROM_PCI + 3) = 'S';
	refused(MUSTER_E_CORRUPT, "PCI structure: 0xb0: its signature must be PCIR");
}

static void another_pci_device(void **state)
{
	(void)state;
	rom_put_16(&image, BASE + ROM_PCI + 6, 0x1234);
	rom_seal(&image, BASE, UNITS);
	assert_int_equal(vmi_rom_find(&reader, &rom), 0);
	assert_int_equal(rom.pci_device, 0x1234);
	assert_true(
		capture_has("PCI device 15ad:1234: VMI's is 15ad:0801; it is used all the same"));
}

static void a_wrong_pnp_structure(void **state)
{
	(void)state;
	rom_put_16(&image, BASE + VMI_HEADER_PNP, ROM_BYTES(UNITS) - 4);
	rom_seal(&image, BASE, UNITS);
	assert_int_equal(vmi_rom_find(&reader, &rom), 0);
	assert_true(capture_has("PnP structure: 0xffc: no such structure"));
	assert_string_equal(rom.product, "unknown");
	/* A name that is empty. */
	rom_put_16(&image, BASE + VMI_HEADER_PNP, ROM_PNP);
	*byte_at(ROM_PRODUCT) = 0;
	rom_seal(&image, BASE, UNITS);
	assert_int_equal(vmi_rom_find(&reader, &rom), 0);
	assert_string_equal(rom.product, "unknown");
	assert_string_equal(rom.manufacturer, "Somebody");
	/* None at all is no fault. */
	capture_begin();
	rom_put_16(&image, BASE + VMI_HEADER_PNP, 0);
	rom_seal(&image, BASE, UNITS);
	assert_int_equal(vmi_rom_find(&reader, &rom), 0);
	assert_string_equal(rom.manufacturer, "unknown");
	assert_string_equal(capture.text, "");
}

static void a_good_one_behind_a_bad_one(void **state)
{
	(void)state;
	*byte_at(VMI_HEADER_API_MAJOR) = 2;
	rom_seal(&image, BASE, UNITS);
	rom_put(&image, BASE + 4 * VMI_WINDOW_STEP, UNITS);
	assert_int_equal(vmi_rom_find(&reader, &rom), 0);
	assert_int_equal(rom.base, BASE + 4 * VMI_WINDOW_STEP);
	assert_true(capture_has("ROM at 0xc3000: API 2.0"));
}

static uint64_t record(uint32_t address, uint8_t kind)
{
	return (uint64_t)0xabcdef << 40 | (uint64_t)kind << 32 | address;
}

static void relocations(void **state)
{
	const uint32_t start = 0xc0000000 + BASE;
	struct vmi_relocation found;

	(void)state;
	assert_int_equal(vmi_rom_find(&reader, &rom), 0);
	assert_int_equal(vmi_relocation_read(&rom, start, 33, record(start + 64, 2), &found), 0);
	assert_int_equal(found.kind, VMI_KIND_JUMP);
	assert_int_equal(found.address, start + 64);
	assert_int_equal(
		vmi_relocation_read(&rom, start, 39, record(start + rom.size - 1, 1), &found), 0);
	assert_int_equal(found.kind, VMI_KIND_CALL);
	/* The hypervisor's own part. */
	assert_int_equal(vmi_relocation_read(&rom, start, 39, record(ROM_TOP, 1), &found), 0);
	assert_int_equal(found.address, ROM_TOP);
	/* Neither has an address. */
	assert_int_equal(vmi_relocation_read(&rom, start, 39, record(1, 0), &found), 0);
	assert_int_equal(found.kind, VMI_KIND_NATIVE);
	assert_int_equal(found.address, 0);
	assert_int_equal(vmi_relocation_read(&rom, start, 39, record(1, 3), &found), 0);
	assert_int_equal(found.kind, VMI_KIND_NOP);
	assert_int_equal(found.address, 0);
	assert_string_equal(capture.text, "");
}

static void wrong_relocations(void **state)
{
	const uint32_t start = 0xc0000000 + BASE;
	struct vmi_relocation found;

	(void)state;
	assert_int_equal(vmi_rom_find(&reader, &rom), 0);
	assert_int_equal(vmi_relocation_read(&rom, start, 33, record(start, 4), &found),
			 MUSTER_E_NOT_SUPPORTED);
	assert_true(
		capture_has("call 33 (IRET): relocation kind: 4: must be none, call, jump or nop"));
	assert_int_equal(found.kind, VMI_KIND_NATIVE);
	assert_int_equal(vmi_relocation_read(&rom, start, 62, record(start + rom.size, 1), &found),
			 MUSTER_E_CORRUPT);
	assert_true(capture_has(
		"call 62 (SetInitialAPState): code at 0xc00c4000: must lie in the ROM"));
	assert_int_equal(vmi_relocation_read(&rom, start, 62, record(start - 1, 2), &found),
			 MUSTER_E_CORRUPT);
	assert_int_equal(vmi_relocation_read(&rom, start, 62, record(0, 1), &found),
			 MUSTER_E_CORRUPT);
	/* A ROM that keeps nothing of the address space has no part of it. */
	rom.virtual_top = 0;
	assert_int_equal(vmi_relocation_read(&rom, start, 62, record(ROM_TOP, 1), &found),
			 MUSTER_E_CORRUPT);
	assert_int_equal(found.kind, VMI_KIND_NATIVE);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(vmi_call_name(0), "CPUID");
	assert_string_equal(vmi_call_name(VMI_CALL_SET_PXE_LONG), "SetPxELong");
	assert_string_equal(vmi_call_name(VMI_CALL_SET_LINEAR_MAPPING), "SetLinearMapping");
	assert_string_equal(vmi_call_name(49), "unknown");
	assert_string_equal(vmi_call_name(VMI_CALL_SET_LAZY_MODE), "SetLazyMode");
	assert_string_equal(vmi_call_name(VMI_CALLS), "unknown");
	assert_string_equal(vmi_call_name(UINT16_MAX), "unknown");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_rom),
		TEST(no_rom),
		TEST(where_roms_can_be),
		TEST(bad_lengths),
		TEST(a_length_that_takes_too_little),
		TEST(a_bad_checksum),
		TEST(a_hole_in_what_can_be_read),
		TEST(a_wrong_major_version),
		TEST(a_later_minor_version),
		TEST(no_code),
		TEST(no_relocation_code),
		TEST(no_licence),
		TEST(a_licence_without_end),
		TEST(no_pci_structure),
		TEST(a_pci_structure_over_the_end),
		TEST(a_pci_structure_without_signature),
		TEST(another_pci_device),
		TEST(a_wrong_pnp_structure),
		TEST(a_good_one_behind_a_bad_one),
		TEST(relocations),
		TEST(wrong_relocations),
		TEST(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

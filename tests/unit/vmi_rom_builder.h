/* SPDX-License-Identifier: MIT */
/* A VMI option ROM for tests, good until the test makes it wrong. */
#ifndef TESTS_UNIT_VMI_ROM_BUILDER_H
#define TESTS_UNIT_VMI_ROM_BUILDER_H

#include "firmware/vmi_abi.h"
#include "tests/unit/memory_image.h"

#define ROM_LICENCE  160u
#define ROM_PCI	     176u
#define ROM_PNP	     208u
#define ROM_MAKER    240u
#define ROM_PRODUCT  256u
#define ROM_CODE     512u
#define ROM_TOP	     0xfc000000u
#define ROM_BYTES(n) ((n)*VMI_LENGTH_UNIT)
#define ROM_CHECK    (VMI_HEADER_RESERVED + 95u) /* a byte that is nobody's takes the checksum */

static inline void rom_put_16(const struct memory_image *image, uint64_t at, uint16_t value)
{
	memory_image_put(image, at, &value, sizeof(value));
}

static inline void rom_put_32(const struct memory_image *image, uint64_t at, uint32_t value)
{
	memory_image_put(image, at, &value, sizeof(value));
}

/* Make the bytes add up again. */
static inline void rom_seal(const struct memory_image *image, uint32_t base, uint32_t units)
{
	uint8_t *bytes = memory_image_at(image, base);
	uint8_t sum = 0;

	if (!units)
		return;
	bytes[ROM_CHECK] = 0;
	for (uint32_t i = 0; i < ROM_BYTES(units); i++)
		sum += bytes[i];
	bytes[ROM_CHECK] = (uint8_t)-sum;
}

static inline void rom_put(const struct memory_image *image, uint32_t base, uint8_t units)
{
	uint8_t *bytes = memory_image_at(image, base);

	memset(bytes, 0, ROM_BYTES(units));
	rom_put_16(image, base, VMI_OPTION_ROM_SIGNATURE);
	bytes[VMI_HEADER_LENGTH] = units;
	rom_put_32(image, base + VMI_HEADER_SIGNATURE, VMI_SIGNATURE);
	bytes[VMI_HEADER_API_MAJOR] = VMI_API_MAJOR;
	rom_put_32(image, base + VMI_HEADER_VIRTUAL_TOP, ROM_TOP);
	rom_put_16(image, base + VMI_HEADER_LICENCE, ROM_LICENCE);
	rom_put_16(image, base + VMI_HEADER_PCI, ROM_PCI);
	rom_put_16(image, base + VMI_HEADER_PNP, ROM_PNP);
	bytes[VMI_HEADER_INIT] = 0xe9;
	bytes[VMI_HEADER_GET_RELOCATION] = 0xe9;
	memory_image_put(image, base + ROM_LICENCE, "MIT", 4);
	memory_image_put(image, base + ROM_PCI, "PCIR", 4);
	rom_put_16(image, base + ROM_PCI + 4, VMI_PCI_VENDOR);
	rom_put_16(image, base + ROM_PCI + 6, VMI_PCI_DEVICE);
	bytes[ROM_PCI + 18] = 7;
	bytes[ROM_PCI + 19] = 2;
	memory_image_put(image, base + ROM_PNP, "$PnP", 4);
	rom_put_16(image, base + ROM_PNP + 14, ROM_MAKER);
	rom_put_16(image, base + ROM_PNP + 16, ROM_PRODUCT);
	memory_image_put(image, base + ROM_MAKER, "Somebody", 9);
	memory_image_put(image, base + ROM_PRODUCT, "A\tROM", 6);
	rom_seal(image, base, units);
}

#endif

// SPDX-License-Identifier: MIT
/*
 * What the Fixed ACPI Description Table (ACPI 6.5, 5.2.9) and the DSDT say about powering off, and
 * where the power management timer is. The platform calls it in step `firmware`. It trusts no byte.
 * AML is not run: \_S5 is a name for a package of constants (7.4.2), and is looked for as bytes. It
 * must not touch a port.
 */
#include "core/string.h"
#include "firmware/acpi.h"
#include "firmware/acpi_abi.h"
#include "firmware/acpi_table.h"

#include <muster/console.h>
#include <muster/error.h>

/* As much of a FADT as there is. */
struct fadt_view {
	uint8_t bytes[sizeof(struct acpi_abi_fadt)];
	uint32_t length; /* bytes of the table that are there; at most sizeof(bytes) */
};

/* Copy a field out. False, and zeroes, when the table ends before the field does. */
static bool fadt_field(const struct fadt_view *fadt, size_t offset, void *field, size_t size)
{
	memset(field, 0, size);
	if (offset + size > fadt->length)
		return false;
	memcpy(field, fadt->bytes + offset, size);
	return true;
}

static uint32_t fadt_32(const struct fadt_view *fadt, size_t offset)
{
	uint32_t value;

	fadt_field(fadt, offset, &value, sizeof(value));
	return value;
}

/*
 * A register block as an I/O port: from the extended field if it names one, else from the old
 * 32-bit field, as 5.2.9 asks. 0: none.
 */
static uint16_t fadt_port(const struct fadt_view *fadt, const char *name, size_t offset,
			  size_t extended_offset)
{
	struct acpi_abi_address address;
	uint32_t port = fadt_32(fadt, offset);

	fadt_field(fadt, extended_offset, &address, sizeof(address));
	if (address.address) {
		if (address.space == ACPI_SPACE_IO && address.address <= UINT16_MAX)
			return (uint16_t)address.address;
		console_print("muster: acpi: FACP: X_%s: %#llx in space %u: must be an I/O port, "
			      "using %s\n",
			      name, (unsigned long long)address.address, address.space, name);
	}
	if (port > UINT16_MAX) {
		console_print("muster: acpi: FACP: %s: %#x: must be an I/O port, left out\n", name,
			      port);
		return 0;
	}
	return (uint16_t)port;
}

static void read_timer(const struct fadt_view *fadt, uint32_t flags, struct acpi_power *power)
{
	uint8_t length;

	fadt_field(fadt, offsetof(struct acpi_abi_fadt, pm_timer_length), &length, sizeof(length));
	/* 0 says that there is none; 5.2.9 knows no other value than 4. */
	if (length != ACPI_FADT_PM_TIMER_LENGTH) {
		if (length)
			console_print("muster: acpi: FACP: PM_TMR_LEN: %u: must be 0 or %u, timer "
				      "left out\n",
				      length, ACPI_FADT_PM_TIMER_LENGTH);
		return;
	}
	power->pm_timer_port =
		fadt_port(fadt, "PM_TMR_BLK", offsetof(struct acpi_abi_fadt, pm_timer),
			  offsetof(struct acpi_abi_fadt, x_pm_timer));
	power->pm_timer_32 = power->pm_timer_port && flags & ACPI_FADT_TMR_VAL_EXT;
}

static void read_sleep_control(const struct fadt_view *fadt, struct acpi_power *power)
{
	struct acpi_abi_address address;

	fadt_field(fadt, offsetof(struct acpi_abi_fadt, sleep_control), &address, sizeof(address));
	if (!address.address)
		return;
	if (address.space == ACPI_SPACE_IO && address.address <= UINT16_MAX)
		power->sleep_control_port = (uint16_t)address.address;
	else if (address.space == ACPI_SPACE_MEMORY)
		power->sleep_control_memory = address.address;
	else
		console_print("muster: acpi: FACP: SLEEP_CONTROL_REG: %#llx in space %u: must be "
			      "memory or an I/O port, left out\n",
			      (unsigned long long)address.address, address.space);
}

/* The \_S5 package and a little before it, copied out of the DSDT. */
struct aml_view {
	uint8_t bytes[32];
	uint32_t length; /* bytes that are there */
	uint32_t at;	 /* the next one to look at */
};

/* Take one byte. False at the end. */
static bool aml_byte(struct aml_view *aml, uint8_t *byte)
{
	if (aml->at >= aml->length)
		return false;
	*byte = aml->bytes[aml->at++];
	return true;
}

/* Take a little-endian number of `size` bytes. */
static bool aml_number(struct aml_view *aml, unsigned int size, uint32_t *number)
{
	*number = 0;
	for (unsigned int i = 0; i < size; i++) {
		uint8_t byte;

		if (!aml_byte(aml, &byte))
			return false;
		*number |= (uint32_t)byte << 8 * i;
	}
	return true;
}

/* Take an integer constant (20.2.3). */
static bool aml_constant(struct aml_view *aml, uint32_t *value)
{
	uint8_t opcode;

	if (!aml_byte(aml, &opcode))
		return false;
	switch (opcode) {
	case AML_ZERO:
	case AML_ONE:
		*value = opcode;
		return true;
	case AML_BYTE:
		return aml_number(aml, 1, value);
	case AML_WORD:
		return aml_number(aml, 2, value);
	case AML_DOUBLE_WORD:
		return aml_number(aml, 4, value);
	default:
		return false;
	}
}

/*
 * Take a PkgLength (20.2.4): bits 7:6 of the first byte are the number of bytes that follow.
 * Without any, bits 5:0 are the length; else bits 3:0 are its lowest four. It counts itself.
 */
static bool aml_package_length(struct aml_view *aml, uint32_t *length)
{
	uint8_t lead;
	uint32_t rest;

	if (!aml_byte(aml, &lead))
		return false;
	if (!(lead >> 6)) {
		*length = lead & 0x3f;
		return true;
	}
	if (!aml_number(aml, lead >> 6, &rest))
		return false;
	*length = (uint32_t)(lead & 0xf) | rest << 4;
	return true;
}

/* `aml` stands behind the name: is what follows a package with two sleep types? */
static bool aml_sleep_types(struct aml_view *aml, uint32_t left_in_table, struct acpi_power *power)
{
	uint32_t start;
	uint32_t length;
	uint8_t opcode;
	uint8_t elements;
	uint32_t a;
	uint32_t b;

	if (!aml_byte(aml, &opcode) || opcode != AML_PACKAGE)
		return false;
	start = aml->at;
	if (!aml_package_length(aml, &length) || length > left_in_table - 1)
		return false;
	/* Nothing of the package is read beyond its end. */
	if (aml->length > start + length)
		aml->length = start + length;
	if (!aml_byte(aml, &elements) || !elements || !aml_constant(aml, &a))
		return false;
	if (elements == 1) {
		/* Some firmware has both in one element, the second in bits 15:8. */
		b = a >> 8;
		a &= 0xff;
	} else if (!aml_constant(aml, &b)) {
		return false;
	}
	if (a > ACPI_SLEEP_TYPE_MAX || b > ACPI_SLEEP_TYPE_MAX)
		return false;
	power->sleep_type_a = (uint8_t)a;
	power->sleep_type_b = (uint8_t)b;
	return true;
}

#define S5_NAME	     "_S5_"
#define S5_NAME_SIZE 4u
/* What stands before the name: NameOp, or NameOp and the root character. */
#define S5_BEFORE 2u

/* The name was found at `offset` of the DSDT: is it the one, and can it be read? */
static bool read_s5(const struct firmware_reader *reader, const struct acpi_table *dsdt,
		    uint32_t offset, struct acpi_power *power)
{
	uint32_t start = offset - S5_BEFORE;
	uint32_t left = dsdt->length - start;
	struct aml_view aml = { .length = sizeof(aml.bytes) };

	if (aml.length > left)
		aml.length = left;
	if (!firmware_read(reader, dsdt->physical + start, aml.bytes, aml.length))
		return false;
	if (aml.bytes[1] != AML_NAME && !(aml.bytes[0] == AML_NAME && aml.bytes[1] == AML_ROOT))
		return false;
	aml.at = S5_BEFORE + S5_NAME_SIZE;
	return aml_sleep_types(&aml, left - aml.at, power);
}

/* Look through the DSDT for \_S5. */
static bool scan_s5(const struct firmware_reader *reader, const struct acpi_table *dsdt,
		    struct acpi_power *power)
{
	char chunk[256];
	/* The first byte of AML is the earliest place for NameOp. */
	uint32_t offset = sizeof(struct acpi_abi_header) + 1;

	while (dsdt->length > offset && dsdt->length - offset >= S5_NAME_SIZE) {
		uint32_t left = dsdt->length - offset;
		uint32_t part = left < sizeof(chunk) ? left : (uint32_t)sizeof(chunk);

		if (!firmware_read(reader, dsdt->physical + offset, chunk, part))
			return false;
		for (uint32_t i = 0; i + S5_NAME_SIZE <= part; i++) {
			/* The digit is the rarest of the four. */
			if (chunk[i + 2] != S5_NAME[2] || memcmp(chunk + i, S5_NAME, S5_NAME_SIZE))
				continue;
			if (read_s5(reader, dsdt, offset + i, power))
				return true;
		}
		/* A name may lie across the end of the chunk. */
		offset += part - (S5_NAME_SIZE - 1);
	}
	return false;
}

/* Find the sleep types for S5. False, and a line that says why, when there are none. */
static bool find_s5(const struct firmware_reader *reader, const struct fadt_view *fadt,
		    struct acpi_power *power)
{
	uint64_t old = fadt_32(fadt, offsetof(struct acpi_abi_fadt, dsdt));
	uint64_t extended;
	struct acpi_table dsdt;
	int error = MUSTER_E_NOT_FOUND;

	fadt_field(fadt, offsetof(struct acpi_abi_fadt, x_dsdt), &extended, sizeof(extended));
	if (extended)
		error = acpi_table_open(reader, extended, "DSDT", &dsdt);
	/* Where both are given they are the same table; a broken one is not tried twice. */
	if (error && old && old != extended)
		error = acpi_table_open(reader, old, "DSDT", &dsdt);
	if (error) {
		console_print("muster: acpi: FACP: DSDT at %#llx: none that is right\n",
			      (unsigned long long)(extended ? extended : old));
		return false;
	}
	if (scan_s5(reader, &dsdt, power))
		return true;
	console_print("muster: acpi: DSDT at %#llx: no \\_S5 that is a package of constants\n",
		      (unsigned long long)dsdt.physical);
	return false;
}

int acpi_power_read(const struct firmware_reader *reader, const struct acpi_table *table,
		    struct acpi_power *power)
{
	const uint32_t least = offsetof(struct acpi_abi_fadt, pm1a_control) + sizeof(uint32_t);
	struct fadt_view fadt = { .length = table->length };
	uint32_t flags;
	bool has_s5;

	*power = (struct acpi_power){ 0 };
	if (fadt.length > sizeof(fadt.bytes))
		fadt.length = sizeof(fadt.bytes);
	if (fadt.length < least ||
	    !firmware_read(reader, table->physical, fadt.bytes, fadt.length)) {
		console_print("muster: acpi: FACP at %#llx: length %u: must be %u at least, and "
			      "readable\n",
			      (unsigned long long)table->physical, table->length, least);
		return MUSTER_E_CORRUPT;
	}
	flags = fadt_32(&fadt, offsetof(struct acpi_abi_fadt, flags));
	power->reduced = table->revision >= ACPI_FADT_REVISION_5_0 && flags & ACPI_FADT_HW_REDUCED;
	has_s5 = find_s5(reader, &fadt, power);
	if (power->reduced) {
		/* The fixed registers are to be ignored then: 5.2.9, HW_REDUCED_ACPI. */
		read_sleep_control(&fadt, power);
		if (!has_s5)
			power->sleep_type_a = ACPI_SLEEP_TYPE_S5_REDUCED;
		power->can_power_off = power->sleep_control_port || power->sleep_control_memory;
		if (!power->can_power_off)
			console_print("muster: acpi: FACP: SLEEP_CONTROL_REG: none: cannot power "
				      "off\n");
		return 0;
	}
	read_timer(&fadt, flags, power);
	power->pm1a_control =
		fadt_port(&fadt, "PM1a_CNT_BLK", offsetof(struct acpi_abi_fadt, pm1a_control),
			  offsetof(struct acpi_abi_fadt, x_pm1a_control));
	power->pm1b_control =
		fadt_port(&fadt, "PM1b_CNT_BLK", offsetof(struct acpi_abi_fadt, pm1b_control),
			  offsetof(struct acpi_abi_fadt, x_pm1b_control));
	power->can_power_off = has_s5 && power->pm1a_control;
	if (!power->pm1a_control)
		console_print("muster: acpi: FACP: PM1a_CNT_BLK: none: cannot power off\n");
	return 0;
}

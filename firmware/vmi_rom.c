// SPDX-License-Identifier: MIT
/*
 * Finds and reads the option ROM of VMware's Virtual Machine Interface. The platform calls it before
 * the layout is sealed, because the ROM says how much of the address space is the hypervisor's. It
 * trusts no byte, must not write, and must never run what it reads.
 *
 * A ROM that is not VMI's is passed over in silence: there are always some. What goes by that name and
 * breaks a rule is named.
 */
#include "firmware/vmi_rom.h"

#include "core/string.h"
#include "firmware/vmi_abi.h"

#include <muster/console.h>
#include <muster/error.h>

/* PCI Firmware Specification 3.0, 5.1.2: the PCI data structure of an option ROM. */
struct pci_structure {
	uint8_t signature[4]; /* "PCIR" */
	uint16_t vendor, device;
	uint16_t vital_data, length;
	uint8_t revision, class_code[3];
	uint16_t image_length; /* in units of 512 bytes */
	uint8_t version_minor, version_major;
	uint8_t code_type, indicator;
	uint16_t reserved;
};
_Static_assert(offsetof(struct pci_structure, image_length) == 16, "PCI Firmware 3.0, 5.1.2");
_Static_assert(offsetof(struct pci_structure, version_minor) == 18, "PCI Firmware 3.0, 5.1.2");
_Static_assert(sizeof(struct pci_structure) == 24, "PCI Firmware 3.0, 5.1.2");

/* Plug and Play BIOS Specification 1.0A, 3.2: the expansion header. */
struct pnp_structure {
	uint8_t signature[4]; /* "$PnP" */
	uint8_t revision, length;
	uint16_t next;
	uint8_t reserved, checksum;
	uint32_t device;
	uint16_t manufacturer, product;
} __attribute__((packed));
_Static_assert(offsetof(struct pnp_structure, device) == 10, "Plug and Play BIOS 1.0A, 3.2");
_Static_assert(offsetof(struct pnp_structure, manufacturer) == 14, "Plug and Play BIOS 1.0A, 3.2");
_Static_assert(sizeof(struct pnp_structure) == 18, "Plug and Play BIOS 1.0A, 3.2");

#define PIECE 512u

static int refuse(const struct vmi_rom *rom, const char *what, uint32_t value, const char *rule)
{
	console_print("muster: vmi: ROM at %#x: %s: %#x: %s\n", rom->base, what, value, rule);
	return MUSTER_E_CORRUPT;
}

/* Of the ROM itself: offset and size are within it, or nothing is read. */
static bool rom_read(const struct firmware_reader *reader, const struct vmi_rom *rom,
		     uint32_t offset, void *buffer, uint32_t size)
{
	return offset <= rom->size && size <= rom->size - offset &&
	       firmware_read(reader, rom->base + offset, buffer, size);
}

/* A string that ends within the ROM and in the buffer; what is not printable becomes '?'. */
static bool read_name(const struct firmware_reader *reader, const struct vmi_rom *rom,
		      uint32_t offset, char *name)
{
	for (uint32_t i = 0; i < VMI_NAME_SIZE; i++) {
		if (!rom_read(reader, rom, offset + i, &name[i], 1) || (!i && !name[i]))
			break;
		if (!name[i])
			return true;
		if (name[i] < ' ' || name[i] > '~')
			name[i] = '?';
	}
	memcpy(name, "unknown", sizeof("unknown"));
	return false;
}

/* Four bytes of a word at a time, in two sums of 16 bits that a piece cannot overflow. */
static uint8_t piece_sum(const uint32_t *words)
{
	uint32_t even = 0, odd = 0;

	for (uint32_t i = 0; i < PIECE / 4; i++) {
		even += words[i] & 0x00ff00ff;
		odd += words[i] >> 8 & 0x00ff00ff;
	}
	even += odd;
	return (uint8_t)(even + (even >> 16));
}

static int check_sum(const struct firmware_reader *reader, const struct vmi_rom *rom)
{
	uint32_t piece[PIECE / 4];
	uint8_t sum = 0;

	for (uint32_t at = 0; at < rom->size; at += PIECE) {
		if (!rom_read(reader, rom, at, piece, PIECE))
			return refuse(rom, "offset", at, "cannot be read");
		sum += piece_sum(piece);
	}
	return sum ? refuse(rom, "checksum", sum, "its bytes must add up to 0") : 0;
}

static int check_version(const struct vmi_rom *rom)
{
	_Static_assert(VMI_API_MINOR == 0, "else a minor version can be too low");
	if (rom->api_major == VMI_API_MAJOR)
		return 0;
	console_print("muster: vmi: ROM at %#x: API %u.%u: must be %u.x\n", rom->base,
		      rom->api_major, rom->api_minor, VMI_API_MAJOR);
	return MUSTER_E_NOT_SUPPORTED;
}

/* A ROM that is shadow RAM of nothing has zeros or ones where code should be. */
static int check_code(const struct vmi_rom *rom, const char *name, const uint8_t *code)
{
	for (uint32_t i = 0; i < VMI_JUMP_SIZE; i++)
		if (code[i] != 0 && code[i] != 0xff)
			return 0;
	return refuse(rom, name, code[0], "there must be code");
}

static int read_pci(const struct firmware_reader *reader, struct vmi_rom *rom, uint32_t offset)
{
	struct pci_structure pci;

	if (!offset)
		return refuse(rom, "PCI structure", offset, "there must be one");
	if (!rom_read(reader, rom, offset, &pci, sizeof(pci)))
		return refuse(rom, "PCI structure", offset, "must lie in the ROM");
	if (memcmp(pci.signature, "PCIR", sizeof(pci.signature)))
		return refuse(rom, "PCI structure", offset, "its signature must be PCIR");
	rom->pci_vendor = pci.vendor;
	rom->pci_device = pci.device;
	rom->version_major = pci.version_major;
	rom->version_minor = pci.version_minor;
	if (pci.vendor != VMI_PCI_VENDOR || pci.device != VMI_PCI_DEVICE)
		console_print("muster: vmi: ROM at %#x: PCI device %04x:%04x: VMI's is %04x:%04x; "
			      "it is used all the same\n",
			      rom->base, pci.vendor, pci.device, VMI_PCI_VENDOR, VMI_PCI_DEVICE);
	return 0;
}

static void read_pnp(const struct firmware_reader *reader, struct vmi_rom *rom, uint32_t offset)
{
	struct pnp_structure pnp;

	memcpy(rom->manufacturer, "unknown", sizeof("unknown"));
	memcpy(rom->product, "unknown", sizeof("unknown"));
	if (!offset)
		return;
	if (!rom_read(reader, rom, offset, &pnp, sizeof(pnp)) ||
	    memcmp(pnp.signature, "$PnP", sizeof(pnp.signature))) {
		console_print("muster: vmi: ROM at %#x: PnP structure: %#x: no such structure is "
			      "there; its names are not known\n",
			      rom->base, offset);
		return;
	}
	if (pnp.manufacturer)
		(void)read_name(reader, rom, pnp.manufacturer, rom->manufacturer);
	if (pnp.product)
		(void)read_name(reader, rom, pnp.product, rom->product);
}

/* Which licence a ROM must have for whom to call it is not for this library to say; that it names one
 * is a part of the interface. */
static int read_licence(const struct firmware_reader *reader, struct vmi_rom *rom, uint32_t offset)
{
	if (!offset)
		return refuse(rom, "licence", offset, "there must be one");
	if (!read_name(reader, rom, offset, rom->licence))
		return refuse(rom, "licence", offset,
			      "must be text that ends in the ROM, of at most 47 characters");
	return 0;
}

static int check_rom(const struct firmware_reader *reader, struct vmi_rom *rom,
		     const struct vmi_header *header)
{
	int error;

	if (rom->size < VMI_HEADER_SIZE || rom->size > VMI_WINDOW_END - rom->base)
		return refuse(rom, "length in bytes", rom->size,
			      "the header and no more than what is left up to 0xe0000");
	error = check_sum(reader, rom);
	if (!error)
		error = check_version(rom);
	if (!error)
		error = check_code(rom, "vmi_init", header->init);
	if (!error)
		error = check_code(rom, "get_reloc", header->get_relocation);
	if (!error)
		error = read_licence(reader, rom, header->licence);
	if (!error)
		error = read_pci(reader, rom, header->pci);
	if (!error)
		read_pnp(reader, rom, header->pnp);
	return error;
}

static int read_rom(const struct firmware_reader *reader, uint32_t base, struct vmi_rom *rom)
{
	struct vmi_header header;

	/* Mostly there is nothing, and this much of it says so. */
	if (!firmware_read(reader, base, &header, VMI_HEADER_API_MINOR) ||
	    header.option_rom_signature != VMI_OPTION_ROM_SIGNATURE ||
	    header.signature != VMI_SIGNATURE ||
	    !firmware_read(reader, base, &header, sizeof(header)))
		return MUSTER_E_NOT_FOUND;
	*rom = (struct vmi_rom){
		.base = base,
		.size = header.length * VMI_LENGTH_UNIT,
		.api_major = header.api_major,
		.api_minor = header.api_minor,
		.virtual_top = header.virtual_top,
		.init = base + VMI_HEADER_INIT,
		.get_relocation = base + VMI_HEADER_GET_RELOCATION,
	};
	return check_rom(reader, rom, &header);
}

int vmi_rom_find(const struct firmware_reader *reader, struct vmi_rom *rom)
{
	int found = MUSTER_E_NOT_FOUND;

	for (uint32_t base = VMI_WINDOW_START; base < VMI_WINDOW_END; base += VMI_WINDOW_STEP) {
		int error = read_rom(reader, base, rom);

		if (!error)
			return 0;
		if (error != MUSTER_E_NOT_FOUND)
			found = error;
	}
	*rom = (struct vmi_rom){ 0 };
	return found;
}

static bool code_is_known(const struct vmi_rom *rom, uint32_t rom_start, uint32_t address)
{
	return (address >= rom_start && address - rom_start < rom->size) ||
	       (rom->virtual_top && address >= rom->virtual_top);
}

int vmi_relocation_read(const struct vmi_rom *rom, uint32_t rom_start, uint16_t call,
			uint64_t record, struct vmi_relocation *relocation)
{
	static const enum vmi_relocation_kind kinds[] = {
		[VMI_RELOCATION_NONE] = VMI_KIND_NATIVE,
		[VMI_RELOCATION_CALL] = VMI_KIND_CALL,
		[VMI_RELOCATION_JUMP] = VMI_KIND_JUMP,
		[VMI_RELOCATION_NOP] = VMI_KIND_NOP,
	};
	uint32_t address = (uint32_t)record;
	uint8_t kind = (uint8_t)(record >> 32);

	*relocation = (struct vmi_relocation){ .kind = VMI_KIND_NATIVE };
	if (kind >= sizeof(kinds) / sizeof(kinds[0])) {
		console_print("muster: vmi: call %u (%s): relocation kind: %u: must be none, call, "
			      "jump or nop\n",
			      call, vmi_call_name(call), kind);
		return MUSTER_E_NOT_SUPPORTED;
	}
	if (kind != VMI_RELOCATION_CALL && kind != VMI_RELOCATION_JUMP) {
		relocation->kind = kinds[kind];
		return 0;
	}
	if (!code_is_known(rom, rom_start, address)) {
		console_print("muster: vmi: call %u (%s): code at %#x: must lie in the ROM, which "
			      "has %u bytes at %#x, or in the hypervisor's part\n",
			      call, vmi_call_name(call), address, rom->size, rom_start);
		return MUSTER_E_CORRUPT;
	}
	*relocation = (struct vmi_relocation){ .kind = kinds[kind], .address = address };
	return 0;
}

const char *vmi_call_name(uint16_t call)
{
	static const char *const names[VMI_CALLS] = {
		/* clang-format off */
		"CPUID", "WRMSR", "RDMSR", "SetGDT", "SetLDT", "SetIDT", "SetTR", "GetGDT", "GetLDT",
		"GetIDT", "GetTR", "WriteGDTEntry", "WriteLDTEntry", "WriteIDTEntry",
		"UpdateKernelStack", "SetCR0", "SetCR2", "SetCR3", "SetCR4", "GetCR0", "GetCR2", "GetCR3",
		"GetCR4", "WBINVD", "SetDR", "GetDR", "RDPMC", "RDTSC", "CLTS", "EnableInterrupts",
		"DisableInterrupts", "GetInterruptMask", "SetInterruptMask", "IRET", "SYSEXIT", "Halt",
		"Reboot", "Shutdown", "SetPxE", "SetPxELong", "UpdatePxE", "UpdatePxELong",
		"MachineToPhysical", "PhysicalToMachine", "AllocatePage", "ReleasePage", "InvalPage",
		"FlushTLB", "SetLinearMapping",
		[VMI_CALL_SET_IOPL_MASK] = "SetIOPLMask",
		[VMI_CALL_SET_INITIAL_STATE] = "SetInitialAPState",
		[VMI_CALL_APIC_WRITE] = "APICWrite",
		[VMI_CALL_APIC_READ] = "APICRead",
		[VMI_CALL_IO_DELAY] = "IODelay",
		[VMI_CALL_SET_LAZY_MODE] = "SetLazyMode",
		/* clang-format on */
	};
	const char *name = call < VMI_CALLS ? names[call] : NULL;

	return name ? name : "unknown";
}

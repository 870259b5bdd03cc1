/* SPDX-License-Identifier: MIT */
/*
 * The option ROM by which a hypervisor offers VMI to a 32-bit guest: where it is, what it says of
 * itself, and what its relocation records ask for. docs/vmi.md. Trusts no byte, and calls nothing.
 */
#ifndef FIRMWARE_VMI_ROM_H
#define FIRMWARE_VMI_ROM_H

#include "firmware/reader.h"

#define VMI_NAME_SIZE 48u

struct vmi_rom {
	uint32_t base; /* physical */
	uint32_t size; /* bytes */
	uint8_t api_major, api_minor;
	/* The first address of the hypervisor's part of the address space, which goes up to the top; 0:
	 * it wants none. */
	uint32_t virtual_top;
	uint32_t init, get_relocation; /* physical addresses of code */
	uint16_t pci_vendor, pci_device;
	uint8_t version_major, version_minor;
	/* Printable and terminated; "unknown" where it does not say. */
	char manufacturer[VMI_NAME_SIZE], product[VMI_NAME_SIZE], licence[VMI_NAME_SIZE];
};

/*
 * Look for it where option ROMs are. Returns 0: *rom is the first that keeps all rules;
 * MUSTER_E_NOT_FOUND: no ROM is one of VMI, nothing was said; MUSTER_E_CORRUPT or
 * MUSTER_E_NOT_SUPPORTED: there is one, and a line has said why it cannot be used.
 */
int vmi_rom_find(const struct firmware_reader *reader, struct vmi_rom *rom);

enum vmi_relocation_kind {
	VMI_KIND_NATIVE, /* the guest's own instructions will do */
	VMI_KIND_CALL,
	VMI_KIND_JUMP,
	VMI_KIND_NOP,
};

struct vmi_relocation {
	enum vmi_relocation_kind kind;
	uint32_t address; /* of the code, as the ROM runs; 0 unless call or jump */
};

/*
 * Read one record: what the ROM gave for a call, EDX:EAX. The code must lie in the ROM, which runs at
 * rom_start, or in the hypervisor's part. Returns 0; MUSTER_E_NOT_SUPPORTED for an unknown kind and
 * MUSTER_E_CORRUPT for code elsewhere, with a line; *relocation is then native.
 */
int vmi_relocation_read(const struct vmi_rom *rom, uint32_t rom_start, uint16_t call,
			uint64_t record, struct vmi_relocation *relocation);

/* The name of a call, for lines and records; "unknown" for a number that has none. Never NULL. */
const char *vmi_call_name(uint16_t call);

#endif

// SPDX-License-Identifier: MIT
/*
 * What is written over a patch site. Called by step `vmi`; pure, so that the host tests it. Must not write
 * anything but the buffer.
 */
#include "platform/vmi/vmi_patch.h"

#include "core/string.h"

#include <muster/error.h>

/* Intel SDM vol. 2: CALL rel32, JMP rel32, NOP. The distance counts from the end of the instruction. */
#define OPCODE_CALL 0xe8
#define OPCODE_JUMP 0xe9
#define OPCODE_NOP  0x90
#define BRANCH_SIZE 5u

int vmi_patch_bytes(enum vmi_relocation_kind kind, uint32_t target, uint32_t site, uint32_t length,
		    uint8_t bytes[VMI_PATCH_MAX])
{
	bool branches = kind == VMI_KIND_CALL || kind == VMI_KIND_JUMP;
	uint32_t distance = target - (site + BRANCH_SIZE);

	if (kind == VMI_KIND_NATIVE)
		return 0;
	if (length > VMI_PATCH_MAX || !length || (branches && length < BRANCH_SIZE))
		return MUSTER_E_INVALID;
	memset(bytes, OPCODE_NOP, length);
	if (branches) {
		bytes[0] = kind == VMI_KIND_CALL ? OPCODE_CALL : OPCODE_JUMP;
		memcpy(&bytes[1], &distance, sizeof(distance));
	}
	return (int)length;
}

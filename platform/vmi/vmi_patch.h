/* SPDX-License-Identifier: MIT */
/* What is written over a patch site (arch/i386/patch_site.h). */
#ifndef PLATFORM_VMI_VMI_PATCH_H
#define PLATFORM_VMI_VMI_PATCH_H

#include "firmware/vmi_rom.h"

#define VMI_PATCH_MAX 16u

/*
 * The bytes for a site: a call or jump to `target`, or nothing at all, the rest NOPs. site: the address
 * where they will run; length: of the site. Returns the number of bytes to write, which is the length;
 * 0: the native instruction stays; MUSTER_E_INVALID: it does not fit, bytes is as before.
 */
int vmi_patch_bytes(enum vmi_relocation_kind kind, uint32_t target, uint32_t site, uint32_t length,
		    uint8_t bytes[VMI_PATCH_MAX]);

#endif

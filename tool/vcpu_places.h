/* SPDX-License-Identifier: MIT */
/*
 * Where each vCPU of a hung guest is: QEMU's `info registers -a`, read, and the addresses looked up in
 * the image that was booted.
 */
#ifndef TOOL_VCPU_PLACES_H
#define TOOL_VCPU_PLACES_H

#include <stddef.h>
#include <stdint.h>

#define VCPU_PLACES_MAX 4096
#define VCPU_SYMBOL_MAX 127

struct vcpu_place {
	uint64_t vcpu; /* QEMU's number for it */
	uint64_t address;
	char symbol[VCPU_SYMBOL_MAX + 1]; /* the function; "": not known */
	uint64_t offset;		  /* into it */
};

struct vcpu_places {
	struct vcpu_place *at;
	size_t count;
};

/* Read what QEMU said; any text may come. Replaces what was read before. vcpu_places_free() after. */
void vcpu_places_read(struct vcpu_places *places, const char *text);
/* Name the functions by the symbols of an ELF file; one that has none leaves them unnamed. */
void vcpu_places_name(struct vcpu_places *places, const char *image);
void vcpu_places_free(struct vcpu_places *places);

#endif

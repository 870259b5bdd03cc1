/* SPDX-License-Identifier: MIT */
/*
 * The payload's file: a module that is an ELF file, or an archive with one. Host-testable; trusts no byte.
 */
#ifndef HANDOVER_PAYLOAD_H
#define HANDOVER_PAYLOAD_H

#include "firmware/reader.h"

#define PAYLOAD_SEGMENTS_MAX 64u

/* A part of the module: physical address. size 0: none. */
struct payload_part {
	uint64_t base, size;
};

struct payload_segment {
	uint64_t from;	      /* physical address of its bytes, in the module */
	uint64_t file_size;   /* how many there are; the rest is zero */
	uint64_t to;	      /* physical address where it is to be */
	uint64_t memory_size; /* at least file_size, and not 0 */
	uint64_t linked;      /* its virtual address: what a symbol's is counted from */
};

struct payload {
	struct payload_part file;   /* the ELF file */
	struct payload_part initrd; /* handed on as it is */
	struct payload_part append; /* its command line */
	uint32_t entry;		    /* physical */
	bool movable;		    /* it may be put anywhere, as one piece */
	uint32_t segment_count;
	struct payload_segment segments[PAYLOAD_SEGMENTS_MAX];
};

/*
 * Find the parts of a module. Returns 0, or MUSTER_E_CORRUPT with a line. payload_elf_read() is next.
 */
int payload_parts_read(const struct firmware_reader *reader, uint64_t base, uint64_t size,
		       struct payload *payload);

/*
 * Read the ELF file: class, byte order, machine (ELF's number), the segments to load, each within the file
 * and below `limit`, none over another; and the entry, within a segment: on x86 the PVH entry, which a note
 * has; else the ELF header's, a virtual address. There a file that is position-independent may be put anywhere.
 * Returns 0, or MUSTER_E_CORRUPT with a line that names the field, its value and the rule.
 */
int payload_elf_read(const struct firmware_reader *reader, uint32_t machine, uint64_t limit,
		     struct payload *payload);

#endif

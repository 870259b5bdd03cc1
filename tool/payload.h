/* SPDX-License-Identifier: MIT */
/*
 * What a muster kernel is to hand over to: a file, and what goes with it, as one module (docs/park.md): a cpio
 * archive with the members payload, initrd and append.
 */
#ifndef TOOL_PAYLOAD_H
#define TOOL_PAYLOAD_H

#include <stddef.h>

struct payload_order {
	const char *
		file; /* a path, or "muster": the kernel that hands over itself; NULL: no payload */
	const char *initrd; /* or NULL */
	const char *append; /* or NULL */
	const char *park;   /* what `park=` is to say; NULL: all */
};

/* "muster" is an image of ours: it gets the same command line. */
#define PAYLOAD_MUSTER "muster"

/*
 * Write the archive to a new file; image: path of the kernel that hands over; line: the command line of the
 * payload. Returns the file's path, to be freed and removed; NULL with a message: a file cannot be read or
 * written.
 */
char *payload_archive(const struct payload_order *order, const char *image, const char *line,
		      char *message, size_t size);

#endif

// SPDX-License-Identifier: MIT
/*
 * Makes the module of a handover: a cpio archive of the form "newc" (cpio(5)). Called by boot.c. What is in
 * the files is for the guest to judge.
 */
#include "tool/payload.h"

#include "tool/file.h"
#include "tool/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES (512u << 20)

static void fill_up(FILE *to, size_t written)
{
	for (; written % 4; written++)
		fputc(0, to);
}

static void member_write(FILE *to, const char *name, const char *bytes, size_t size)
{
	size_t name_size = strlen(name) + 1;
	/* Inode, mode, owner, group, links and time of a file that nobody lists. */
	int length = fprintf(to, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 0u,
			     0100644u, 0u, 0u, 1u, 0u, size, 0u, 0u, 0u, 0u, name_size, 0u);

	fwrite(name, 1, name_size, to);
	fill_up(to, (size_t)length + name_size);
	fwrite(bytes, 1, size, to);
	fill_up(to, size);
}

static int member_of_file(FILE *to, const char *name, const char *path, char *message, size_t size)
{
	size_t length;
	char *bytes = file_read(path, FILE_BYTES, &length);

	if (!bytes) {
		snprintf(message, size, "--%s %.160s: %s", name, path, strerror(errno));
		return -1;
	}
	member_write(to, name, bytes, length);
	free(bytes);
	return 0;
}

static int archive_write(FILE *to, const struct payload_order *order, const char *image,
			 const char *line, char *message, size_t size)
{
	const char *file = strcmp(order->file, PAYLOAD_MUSTER) != 0 ? order->file : image;

	if (member_of_file(to, "payload", file, message, size) ||
	    (order->initrd && member_of_file(to, "initrd", order->initrd, message, size)))
		return -1;
	if (*line)
		member_write(to, "append", line, strlen(line));
	member_write(to, "TRAILER!!!", "", 0);
	if (!ferror(to))
		return 0;
	snprintf(message, size, "the payload's archive: %s", strerror(errno));
	return -1;
}

char *payload_archive(const struct payload_order *order, const char *image, const char *line,
		      char *message, size_t size)
{
	const char *folder = getenv("TMPDIR");
	char *path = text_format("%s/muster-payload-XXXXXX", folder && *folder ? folder : "/tmp");
	int descriptor = mkstemp(path);
	FILE *to = descriptor < 0 ? NULL : fdopen(descriptor, "w");
	int error = -1;

	if (!to)
		snprintf(message, size, "%.160s: %s", path, strerror(errno));
	else
		error = archive_write(to, order, image, line, message, size);
	if (to && fclose(to) && !error) {
		snprintf(message, size, "%.160s: %s", path, strerror(errno));
		error = -1;
	}
	if (!error)
		return path;
	if (descriptor >= 0)
		unlink(path);
	free(path);
	return NULL;
}

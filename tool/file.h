/* SPDX-License-Identifier: MIT */
/* Files: reading a small one whole, and where the tool's own files are. */
#ifndef TOOL_FILE_H
#define TOOL_FILE_H

#include <stddef.h>

/*
 * The bytes of a regular file of at most max bytes, to be freed; *size is set. NULL with errno set:
 * EFBIG when it is larger, EINVAL when it is no regular file.
 */
char *file_read(const char *path, size_t max, size_t *size);

/* The folder that this program is in. Never NULL: "." when it cannot be known. */
const char *file_program_folder(void);

#endif

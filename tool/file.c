// SPDX-License-Identifier: MIT
/*
 * Reads small files whole and knows where the program is. Called wherever profiles, matrices and
 * images are looked for. Must never wait on something that is not a regular file.
 */
#include "tool/file.h"

#include "tool/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *read_open(int fd, size_t max, size_t *size)
{
	struct stat info;
	size_t used = 0;
	char *data;

	if (fstat(fd, &info))
		return NULL;
	if (!S_ISREG(info.st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	if (info.st_size < 0 || (size_t)info.st_size > max) {
		errno = EFBIG;
		return NULL;
	}
	data = memory_or_end(malloc((size_t)info.st_size + 1));
	while (used < (size_t)info.st_size) {
		ssize_t count = read(fd, data + used, (size_t)info.st_size - used);

		if (count <= 0)
			break;
		used += (size_t)count;
	}
	data[used] = 0;
	*size = used;
	return data;
}

char *file_read(const char *path, size_t max, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *data;
	int error;

	if (fd < 0)
		return NULL;
	data = read_open(fd, max, size);
	error = errno;
	close(fd);
	errno = error;
	return data;
}

const char *file_program_folder(void)
{
	static char folder[PATH_MAX];
	ssize_t length;
	char *slash;

	if (folder[0])
		return folder;
	length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	folder[length > 0 ? length : 0] = 0;
	slash = strrchr(folder, '/');
	if (slash && slash != folder)
		*slash = 0;
	else
		strcpy(folder, ".");
	return folder;
}

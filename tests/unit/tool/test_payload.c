// SPDX-License-Identifier: MIT
/* The archive of a handover, byte by byte where a guest looks; and files that are not there. */
#include "tool/payload.h"

#include "tool/file.h"
#include "tool/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char message[256];

static char *file_of(const char *text)
{
	char *path = text_copy("/tmp/muster-test-XXXXXX", 23);
	int file = mkstemp(path);

	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
	return path;
}

static void expect_member(const char **at, const char *name, const char *bytes)
{
	const char *header = *at;
	unsigned int size, name_size;

	assert_memory_equal(header, "070701", 6);
	assert_int_equal(sscanf(header + 54, "%8x", &size), 1);
	assert_int_equal(sscanf(header + 94, "%8x", &name_size), 1);
	assert_int_equal(name_size, strlen(name) + 1);
	assert_string_equal(header + 110, name);
	assert_int_equal(size, strlen(bytes));
	header += (110 + name_size + 3) / 4 * 4;
	assert_memory_equal(header, bytes, size);
	*at = header + (size + 3) / 4 * 4;
}

static void all_members(void **state)
{
	char *image = file_of("an image"), *initrd = file_of("abcde");
	struct payload_order order = { .file = PAYLOAD_MUSTER, .initrd = initrd };
	char *path = payload_archive(&order, image, "park=all", message, sizeof(message));
	char *bytes;
	const char *at;
	size_t size;

	(void)state;
	assert_non_null(path);
	bytes = file_read(path, 1 << 20, &size);
	at = bytes;
	expect_member(&at, "payload", "an image");
	expect_member(&at, "initrd", "abcde");
	expect_member(&at, "append", "park=all");
	expect_member(&at, "TRAILER!!!", "");
	assert_ptr_equal(at, bytes + size);
	free(bytes);
	unlink(path);
	free(path);
	/* A file of the user's, and nothing with it. */
	order = (struct payload_order){ .file = initrd };
	path = payload_archive(&order, image, "", message, sizeof(message));
	assert_non_null(path);
	bytes = file_read(path, 1 << 20, &size);
	at = bytes;
	expect_member(&at, "payload", "abcde");
	expect_member(&at, "TRAILER!!!", "");
	free(bytes);
	unlink(path);
	free(path);
	unlink(image);
	unlink(initrd);
	free(image);
	free(initrd);
}

static void files_that_are_not_there(void **state)
{
	struct payload_order order = { .file = "/nowhere/kernel" };

	(void)state;
	assert_null(payload_archive(&order, "/nowhere/image", "", message, sizeof(message)));
	assert_non_null(strstr(message, "--payload /nowhere/kernel: No such file"));
	order = (struct payload_order){ .file = "/proc/self/exe", .initrd = "/nowhere/initrd" };
	assert_null(payload_archive(&order, "", "", message, sizeof(message)));
	assert_non_null(strstr(message, "--initrd /nowhere/initrd: No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_members),
		cmocka_unit_test(files_that_are_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

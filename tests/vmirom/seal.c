// SPDX-License-Identifier: MIT
/*
 * Makes the bytes of a test ROM add up to 0, as those of an option ROM must: make/vmirom.mk calls it with
 * the file and the offset of the byte that takes the difference. With a third argument the sum is wrong
 * by that much, for what a BIOS makes of it.
 */
#include <stdio.h>
#include <stdlib.h>

#define SIZE_MAX_ROM 65536

int main(int count, char **arguments)
{
	static unsigned char bytes[SIZE_MAX_ROM];
	FILE *file = count >= 3 ? fopen(arguments[1], "r+b") : NULL;
	size_t size = file ? fread(bytes, 1, sizeof(bytes), file) : 0;
	size_t at = count >= 3 ? strtoul(arguments[2], NULL, 0) : 0;
	unsigned char sum = 0;

	if (!file || at >= size || size % 512) {
		fprintf(stderr,
			"seal: %s: needs a ROM of whole units of 512 bytes, and an offset in it\n",
			count > 1 ? arguments[1] : "no file");
		return 1;
	}
	bytes[at] = 0;
	for (size_t i = 0; i < size; i++)
		sum += bytes[i];
	bytes[at] = (unsigned char)(-sum + (count > 3 ? atoi(arguments[3]) : 0));
	if (fseek(file, 0, SEEK_SET) || fwrite(bytes, 1, size, file) != size || fclose(file)) {
		perror(arguments[1]);
		return 1;
	}
	return 0;
}

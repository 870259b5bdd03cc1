// SPDX-License-Identifier: MIT
/*
 * Any bytes as what bench reads: the plugin's counts, a line of Linux's log, an ELF file and its code.
 * Nothing is read outside them, and what is taken is within its limits.
 */
#include "tool/bench_counts.h"
#include "tool/bench_image.h"
#include "tool/bench_kut.h"
#include "tool/bench_linux.h"

/* What libFuzzer calls; it has no header for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool rule)
{
	if (!rule)
		__builtin_trap();
}

static void read_counts(const uint8_t *data, size_t size)
{
	struct counts counts;
	char message[128];
	int error = counts_parse((const char *)data, size, &counts, message, sizeof(message));

	must(error || (counts.vcpus && counts.vcpus <= COUNTS_VCPUS_MAX));
	counts_free(&counts);
}

static void read_image(const uint8_t *data, size_t size)
{
	struct bench_image image = { .known = false };
	struct image_symbol symbol = { 0, 0 };
	const uint8_t *code;

	must(!image_measure(data, size, &image) == image.known);
	if (!image_symbol(data, size, "start", &symbol))
		return;
	code = image_bytes(data, size, symbol.address, symbol.size);
	if (code) {
		struct kut_range ranges[KUT_RANGES_MAX];
		size_t found = 0;

		must(code >= data && symbol.size <= size &&
		     (size_t)(code - data) <= size - symbol.size);
		kut_find_waits(code, symbol.size, symbol.address, ranges, &found);
		must(found <= KUT_RANGES_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kut_range ranges[KUT_RANGES_MAX];
	size_t found = 0;
	uint64_t cpus = 0;
	double seconds;

	read_counts(data, size);
	read_image(data, size);
	kut_find_waits(data, size, UINT64_MAX - 100, ranges, &found);
	if (linux_stamp_of((const char *)data, size, &seconds))
		must(seconds >= 0);
	must(linux_line_of((const char *)data, size, &cpus) != LINUX_END || cpus <= UINT32_MAX);
	return 0;
}

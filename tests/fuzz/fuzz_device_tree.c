// SPDX-License-Identifier: MIT
/*
 * The readers of flattened device trees over any bytes. The tree ends where a page ends behind which there
 * is nothing, since libfdt itself is not built with sanitizers. Magic number and versions are put right:
 * a fuzzer does not guess them.
 */
#include "firmware/device_tree.h"
#include "firmware/device_tree_property.h"
#include "tests/fuzz/silence.h"

#include <libfdt.h>
#include <stdlib.h>
#include <sys/mman.h>

#define ROOM 65536u
#define PAGE 4096u

static uint8_t *room(void)
{
	static uint8_t *pages;

	if (pages)
		return pages;
	pages = mmap(NULL, ROOM + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED || mprotect(pages + ROOM, PAGE, PROT_NONE))
		abort();
	return pages;
}

static void put(uint8_t *header, uint32_t field, uint32_t value)
{
	value = cpu_to_fdt32(value);
	memcpy(header + field * sizeof(value), &value, sizeof(value));
}

static void check_place(const struct device_tree_affinity *affinity,
			const struct device_tree_place *place)
{
	must(place->domain == DEVICE_TREE_NO_DOMAIN ||
	     (affinity->level_count && place->domain == place->levels[0]));
}

struct seen {
	const struct device_tree *tree;
	struct device_tree_affinity affinity;
	struct device_tree_place last;
	uint32_t present, possible, ranges;
};

static void see_cpu(void *context, const struct device_tree_cpu *cpu)
{
	struct seen *seen = context;
	uint8_t distance;

	must(cpu->thread < cpu->threads && cpu->threads <= DEVICE_TREE_THREADS_MAX);
	must(cpu->present || cpu->place.domain == DEVICE_TREE_NO_DOMAIN);
	must(!cpu->present || !seen->possible);
	check_place(&seen->affinity, &cpu->place);
	distance = device_tree_distance(seen->tree, &seen->affinity, &cpu->place, &seen->last);
	must(!distance || distance >= 10);
	seen->last = cpu->place;
	*(cpu->present ? &seen->present : &seen->possible) += 1;
}

static void see_ram(void *context, const struct device_tree_memory *memory)
{
	struct seen *seen = context;

	must(memory->size && memory->base + (memory->size - 1) >= memory->base);
	check_place(&seen->affinity, &memory->place);
	seen->ranges++;
}

static void see_reserved(void *context, const struct device_tree_memory *memory)
{
	(void)context;
	must(memory->size && memory->base + (memory->size - 1) >= memory->base);
}

static void read_cpus(const struct device_tree *tree, struct seen *seen)
{
	struct device_tree_cpus cpus;
	struct device_tree_processor processor;
	int result = device_tree_cpus_read(tree, &seen->affinity, &cpus, see_cpu, seen);

	must(seen->present == cpus.cpus && seen->possible == cpus.possible_only);
	must(!result == (cpus.cpus > 0) && cpus.cores <= cpus.cpus);
	must(cpus.cpus <= cpus.cores * DEVICE_TREE_THREADS_MAX);
	(void)device_tree_processor_read(tree, &processor);
}

static void read_rest(const struct device_tree *tree)
{
	struct device_tree_chosen chosen;
	struct device_tree_rtas rtas;
	struct device_tree_interrupts interrupts;

	device_tree_chosen_read(tree, &chosen);
	if (chosen.command_line)
		must(strlen(chosen.command_line) < tree->size);
	must(!chosen.initrd_size || chosen.initrd + chosen.initrd_size > chosen.initrd);
	must(!device_tree_rtas_read(tree, &rtas) == rtas.found);
	(void)device_tree_hypertas_has(tree, "hcall-vphn");
	must(!device_tree_interrupts_read(tree, &interrupts) ==
	     (interrupts.kind != DEVICE_TREE_INTERRUPTS_NONE));
}

/* The tree that is made of it for the next kernel can be read, and says what it was told. */
static void write_next(const struct device_tree *tree)
{
	struct device_tree_next next = { .room = device_tree_next_bytes(tree, 4),
					 .command_line = "word",
					 .initrd = 0x1000,
					 .initrd_size = 0x2000,
					 .region = 0x5000,
					 .region_size = 0x3000 };
	uint64_t base = 0, size = 0;
	void *bytes = malloc(next.room);
	struct device_tree made;

	(void)device_tree_park_region(tree, &base, &size);
	if (bytes && !device_tree_next_write(tree, bytes, &next)) {
		must(!device_tree_open(bytes, next.room, &made));
		must(device_tree_park_region(&made, &base, &size));
		must(base == next.region && size == next.region_size);
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct device_tree tree;
	struct seen seen = { .tree = &tree, .last.domain = DEVICE_TREE_NO_DOMAIN };
	const struct device_tree_memory_reader to = { see_ram, see_reserved, &seen };
	uint8_t *blob = room() + ROOM - ((size + 7) & ~(size_t)7);

	if (size > ROOM)
		return 0;
	silence_begin();
	memcpy(blob, data, size);
	if (size >= sizeof(struct fdt_header)) {
		put(blob, 0, FDT_MAGIC);
		put(blob, 5, 17);
		put(blob, 6, 16);
	}
	if (device_tree_open(blob, size, &tree)) {
		must(!tree.blob);
		return 0;
	}
	must(tree.size <= size);
	(void)device_tree_affinity_read(&tree, &seen.affinity);
	must(seen.affinity.level_count <= DEVICE_TREE_LEVELS_MAX);
	must(!device_tree_memory_read(&tree, &seen.affinity, &to) == (seen.ranges > 0));
	read_cpus(&tree, &seen);
	read_rest(&tree);
	write_next(&tree);
	return 0;
}

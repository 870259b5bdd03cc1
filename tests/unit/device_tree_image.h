/* SPDX-License-Identifier: MIT */
/*
 * Device trees for tests: one that a real machine had (the fuzzer's seeds), in a buffer with room, to be
 * changed property by property; and everything that the readers pass on.
 */
#ifndef TESTS_UNIT_DEVICE_TREE_IMAGE_H
#define TESTS_UNIT_DEVICE_TREE_IMAGE_H

#include "firmware/device_tree.h"
#include "tests/unit/console_capture.h"

#include <libfdt.h>
#include <muster/error.h>
#include <stdio.h>
#include <stdlib.h>

#define TREE_ROOM  (64u << 10)
#define TREE(name) "tests/fuzz/corpus/device_tree/" name

static _Alignas(8) uint8_t tree_bytes[TREE_ROOM];
static struct device_tree tree;

static inline void tree_reopen(void)
{
	if (device_tree_open(tree_bytes, sizeof(tree_bytes), &tree))
		abort();
}

/* Begin with a dump, and an empty log. */
static inline void tree_load(const char *path)
{
	static uint8_t dump[TREE_ROOM / 2];
	FILE *file = fopen(path, "rb");

	capture_begin();
	if (!file || !fread(dump, 1, sizeof(dump), file) ||
	    fdt_open_into(dump, tree_bytes, sizeof(tree_bytes)))
		abort();
	fclose(file);
	tree_reopen();
}

static inline int tree_at(const char *path)
{
	int node = fdt_path_offset(tree_bytes, path);

	if (node < 0)
		abort();
	return node;
}

static inline void tree_set(const char *path, const char *property, const void *value, int length)
{
	if (fdt_setprop(tree_bytes, tree_at(path), property, value, length))
		abort();
	tree_reopen();
}

static inline void tree_set_text(const char *path, const char *property, const char *text)
{
	tree_set(path, property, text, (int)strlen(text) + 1);
}

static inline void tree_delete(const char *path, const char *property)
{
	if (fdt_delprop(tree_bytes, tree_at(path), property))
		abort();
	tree_reopen();
}

static inline void tree_delete_node(const char *path)
{
	if (fdt_del_node(tree_bytes, tree_at(path)))
		abort();
	tree_reopen();
}

static inline void tree_add_node(const char *parent, const char *name)
{
	if (fdt_add_subnode(tree_bytes, tree_at(parent), name) < 0)
		abort();
	tree_reopen();
}

/* Cells, as a list of numbers. */
#define tree_set_cells(path, property, ...)                                  \
	tree_set_cells_of(path, property, (const uint32_t[]){ __VA_ARGS__ }, \
			  sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))
static inline void tree_set_cells_of(const char *path, const char *property, const uint32_t *values,
				     size_t count)
{
	uint32_t cells[512];

	for (size_t i = 0; i < count; i++)
		cells[i] = cpu_to_fdt32(values[i]);
	tree_set(path, property, cells, (int)(count * sizeof(cells[0])));
}

/* What readers passed on. */
struct seen_cpus {
	struct device_tree_cpu at[64];
	uint32_t count;
	struct device_tree_cpus cpus;
	int result;
};

static inline void see_cpu(void *context, const struct device_tree_cpu *cpu)
{
	struct seen_cpus *seen = context;

	if (seen->count < sizeof(seen->at) / sizeof(seen->at[0]))
		seen->at[seen->count] = *cpu;
	seen->count++;
}

static inline struct seen_cpus tree_cpus(void)
{
	struct device_tree_affinity affinity;
	struct seen_cpus seen = { 0 };

	(void)device_tree_affinity_read(&tree, &affinity);
	seen.result = device_tree_cpus_read(&tree, &affinity, &seen.cpus, see_cpu, &seen);
	return seen;
}

struct seen_memory {
	struct device_tree_memory ram[32], reserved[32];
	uint32_t ram_count, reserved_count;
	int result;
};

static inline void see_ram(void *context, const struct device_tree_memory *memory)
{
	struct seen_memory *seen = context;

	seen->ram[seen->ram_count++ % 32] = *memory;
}

static inline void see_reserved(void *context, const struct device_tree_memory *memory)
{
	struct seen_memory *seen = context;

	seen->reserved[seen->reserved_count++ % 32] = *memory;
}

static inline struct seen_memory tree_memory(void)
{
	struct device_tree_affinity affinity;
	struct seen_memory seen = { 0 };
	const struct device_tree_memory_reader to = { see_ram, see_reserved, &seen };

	(void)device_tree_affinity_read(&tree, &affinity);
	seen.result = device_tree_memory_read(&tree, &affinity, &to);
	return seen;
}

#endif

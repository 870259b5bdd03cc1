// SPDX-License-Identifier: MIT
/*
 * The nodes of a PC: step `nodes`. The SRAT says which proximity domain each processor and each
 * range of memory is in, the SLIT how far they are from each other. What is wrong with either is
 * said once for each kind of fault; a CPU or a piece of memory about which nothing sound is known
 * has no node (NODE_ANY), and everything works without.
 *
 * Step `cpu-ids` asks for each processor's node by APIC id, and when its table is complete for a
 * word about those that the SRAT names and the MADT does not, and the other way round.
 */
#include "arch/x86_64/page_table.h"
#include "core/image_choice.h"
#include "core/machine.h"
#include "core/memory_map.h"
#include "core/node_table.h"
#include "core/string.h"
#include "firmware/acpi_abi.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>

IMAGE_CHOICE(nodes);

/* What is taken from one table; more is left out. */
#define RANGES_MAX     1024u
#define PROCESSORS_MAX 16384u

struct collected {
	uint32_t domains[NODES_MAX]; /* ascending */
	uint32_t domain_count;
	struct acpi_processor_affinity *processors; /* ascending by APIC id */
	uint32_t processor_count, processor_room;
	struct acpi_memory_affinity *memory; /* as in the table */
	uint32_t memory_count, memory_room;
	uint32_t left_out; /* entries for which there was no room */
};

static struct collected srat;

/* Put a domain where it belongs in the ascending list, unless it is there. */
static void add_domain(uint32_t domain)
{
	uint32_t at = 0;

	while (at < srat.domain_count && srat.domains[at] < domain)
		at++;
	if (at < srat.domain_count && srat.domains[at] == domain)
		return;
	if (srat.domain_count == NODES_MAX) {
		srat.left_out++;
		return;
	}
	memmove(&srat.domains[at + 1], &srat.domains[at],
		(srat.domain_count - at) * sizeof(srat.domains[0]));
	srat.domains[at] = domain;
	srat.domain_count++;
}

/* Where an APIC id is among the processors, or belongs. */
static uint32_t processor_find(uint32_t apic_id)
{
	uint32_t low = 0, high = srat.processor_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (srat.processors[middle].apic_id < apic_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool processor_known(uint32_t apic_id, uint32_t *at)
{
	*at = processor_find(apic_id);
	return *at < srat.processor_count && srat.processors[*at].apic_id == apic_id;
}

static void add_processor(void *context, const struct acpi_processor_affinity *affinity)
{
	struct acpi_processor_affinity *place;
	uint32_t at;

	(void)context;
	if (processor_known(affinity->apic_id, &at)) {
		if (srat.processors[at].domain != affinity->domain)
			console_print("muster: acpi: SRAT: APIC id %#x is in domain %#x and in "
				      "domain %#x: the first stands\n",
				      affinity->apic_id, srat.processors[at].domain,
				      affinity->domain);
		return;
	}
	if (srat.processor_count == srat.processor_room) {
		srat.left_out++;
		return;
	}
	add_domain(affinity->domain);
	place = &srat.processors[at];
	memmove(place + 1, place, (srat.processor_count - at) * sizeof(*place));
	*place = *affinity;
	srat.processor_count++;
}

static void add_memory(void *context, const struct acpi_memory_affinity *affinity)
{
	(void)context;
	if (srat.memory_count == srat.memory_room) {
		srat.left_out++;
		return;
	}
	add_domain(affinity->domain);
	srat.memory[srat.memory_count++] = *affinity;
}

/* Bytes of RAM in a range. */
static uint64_t ram_in(uint64_t base, uint64_t last)
{
	uint64_t total = 0;

	for (size_t i = 0; i < mem_count(); i++) {
		const struct memory_range *range = mem_at(i);
		uint64_t from = range->base > base ? range->base : base;
		uint64_t to = range->base + (range->size - 1);

		if (to > last)
			to = last;
		if (range->kind != MEMORY_RESERVED && from <= to)
			total += to - from + 1;
	}
	return total;
}

/* Say what is odd about a range. Those before it have been looked at. */
static void judge_memory(uint32_t index)
{
	const struct acpi_memory_affinity *affinity = &srat.memory[index];
	uint64_t last = affinity->base + (affinity->size - 1);

	if (!affinity->hot_pluggable && !affinity->non_volatile && !ram_in(affinity->base, last))
		console_print(
			"muster: acpi: SRAT: memory at %#jx, %#jx bytes, domain %#x: there is "
			"no RAM\n",
			affinity->base, affinity->size, affinity->domain);
	for (uint32_t i = 0; i < index; i++) {
		const struct acpi_memory_affinity *other = &srat.memory[i];

		if (other->domain == affinity->domain || other->base > last ||
		    affinity->base > other->base + (other->size - 1))
			continue;
		console_print(
			"muster: acpi: SRAT: memory at %#jx, %#jx bytes, domain %#x: overlaps "
			"that at %#jx, %#jx bytes, domain %#x, whose the common part is\n",
			affinity->base, affinity->size, affinity->domain, other->base, other->size,
			other->domain);
		return;
	}
}

/* Where two ranges overlap the first stands: so the last goes first. */
static void apply_memory(void)
{
	for (uint32_t i = 0; i < srat.memory_count; i++)
		judge_memory(i);
	for (uint32_t i = srat.memory_count; i-- > 0;) {
		uint32_t node = node_by_domain(srat.memory[i].domain);

		if (node != NODE_ANY)
			(void)memory_map_set_node(srat.memory[i].base, srat.memory[i].size, node);
	}
}

static void apply_distances(void)
{
	uint32_t unknown = 0;
	struct acpi_table table;
	struct acpi_slit slit;

	/* Without one, or with one that is broken and has been named, the usual distances stand. */
	if (acpi_table_find(&fixmap_reader, &pc_firmware.root, "SLIT", &table) ||
	    acpi_slit_read(&fixmap_reader, &table, &slit))
		return;
	for (uint32_t from = 0; from < node_count(); from++)
		for (uint32_t to = 0; to < node_count(); to++) {
			uint8_t distance = acpi_slit_distance(&fixmap_reader, &slit,
							      srat.domains[from], srat.domains[to]);

			unknown += !distance;
			node_table_set_distance(from, to, distance);
		}
	if (unknown)
		console_print("muster: acpi: SLIT: %u localities: %u distances that the SRAT's "
			      "domains ask for are not in it: taken as %u\n",
			      slit.count, unknown, NODE_DISTANCE_OTHER);
}

static uint32_t at_most(uint32_t number, uint32_t limit)
{
	return number < limit ? number : limit;
}

/* Room for all that a table of that length can name. Kept: CPUs ask later. */
static int collection_begin(uint32_t length)
{
	uint32_t processors =
		at_most(length / sizeof(struct acpi_abi_srat_local_apic), PROCESSORS_MAX);
	uint32_t ranges = at_most(length / sizeof(struct acpi_abi_srat_memory), RANGES_MAX);
	uint64_t physical =
		mem_alloc(ranges * sizeof(*srat.memory) + processors * sizeof(*srat.processors), 0,
			  .owner = "nodes");
	char *memory = physical ? machine_get()->direct(physical) : NULL;

	if (!memory)
		return MUSTER_E_NO_MEMORY;
	srat.memory = (struct acpi_memory_affinity *)memory;
	srat.memory_room = ranges;
	srat.processors =
		(struct acpi_processor_affinity *)(memory + ranges * sizeof(*srat.memory));
	srat.processor_room = processors;
	return 0;
}

static int table_create(void)
{
	uint64_t physical = mem_alloc(node_table_bytes(srat.domain_count), 0, .owner = "nodes");

	if (!physical)
		return MUSTER_E_NO_MEMORY;
	return node_table_begin(machine_get()->direct(physical), srat.domains, srat.domain_count);
}

int pc_nodes_read(void)
{
	const struct acpi_srat_reader add = { add_processor, add_memory, NULL };
	struct acpi_table table;
	int error;

	srat = (struct collected){ 0 };
	(void)node_table_begin(NULL, NULL, 0);
	error = acpi_table_find(&fixmap_reader, &pc_firmware.root, "SRAT", &table);
	if (error == MUSTER_E_NOT_FOUND)
		return 0;
	if (!error && collection_begin(table.length))
		return MUSTER_E_NO_MEMORY;
	/* One that is broken half-way has been named; what comes before stands. */
	if (!error)
		(void)acpi_srat_read(&fixmap_reader, &table, &add);
	if (!srat.domain_count) {
		console_print(
			"muster: acpi: SRAT: nothing in it can be used: there are no nodes\n");
		return 0;
	}
	if (srat.left_out)
		console_print("muster: acpi: SRAT: %u entries left out: at most %u domains, %u "
			      "processors, %u memory ranges are taken\n",
			      srat.left_out, NODES_MAX, PROCESSORS_MAX, RANGES_MAX);
	error = table_create();
	if (error)
		return error;
	apply_memory();
	apply_distances();
	node_table_name_without_memory();
	return 0;
}

uint32_t pc_node_of(uint32_t apic_id)
{
	uint32_t at;

	return processor_known(apic_id, &at) ? node_by_domain(srat.processors[at].domain)
					     : NODE_ANY;
}

/* Of `count` processors, that are in one table and not in the other. */
static void name_strangers(uint32_t count, uint32_t first, const char *what)
{
	if (count)
		console_print("muster: acpi: SRAT: %u processors %s, the first with APIC id %#x\n",
			      count, what, first);
}

void pc_nodes_compare(void)
{
	uint32_t without = 0, first_without = 0, unknown = 0, first_unknown = 0;
	uint32_t at;

	if (!srat.domain_count)
		return;
	for_each_cpu (cpu) {
		uint32_t apic_id = (uint32_t)cpu_hwid(cpu).value;

		if (!processor_known(apic_id, &at) && !without++)
			first_without = apic_id;
	}
	for (at = 0; at < srat.processor_count; at++) {
		uint32_t apic_id = srat.processors[at].apic_id;

		if (cpu_is_none(cpu_by_hwid(hwid_from_value(apic_id))) && !unknown++)
			first_unknown = apic_id;
	}
	name_strangers(without, first_without, "are not in it: they have no node");
	name_strangers(unknown, first_unknown, "that the MADT does not name: left out");
}

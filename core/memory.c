// SPDX-License-Identifier: MIT
/*
 * Early memory: handing out, claiming and taking back physical memory; memory_list.c lists it. The
 * boot CPU calls it from BOOT and PREPARE steps and when CPUs come and go, one caller at a time. It
 * must never touch the memory that it hands out.
 *
 * Memory is handed out from the top down. What one owner gets piece by piece (units, stacks, page
 * tables) grows downwards in one place, a cluster, so that a thousand CPUs are a handful of ranges
 * and each piece costs a few instructions. For that a new cluster leaves a gap below its neighbour.
 */
#include "core/align.h"
#include "core/memory_table.h"
#include "core/needs.h"
#include "core/node_table.h"
#include "core/string.h"

#include <muster/console.h>
#include <muster/error.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak mem_alloc_request
#pragma weak mem_free

/* The gap left for the neighbour above: this part of the free range, and at most so much. */
#define GAP_SHIFT 6
#define GAP_MAX	  (UINT64_C(16) << 20)

/* A free range is spacious if it has this part of the largest one, or so much: no gap has. */
#define SPACIOUS_SHIFT 3
#define SPACIOUS_SIZE  (2 * GAP_MAX)

/* Below this (the reach of ISA DMA and of start-up code) no cluster is looked for, so that low
 * memory stays for those who ask for it. */
#define LOW_MEMORY_END (UINT64_C(16) << 20)

/* Where an owner's last piece came from, if he set no limit. Forgotten when memory is freed, so
 * that the next search finds what was freed. */
struct cluster {
	const char *owner;
	uint32_t node;	  /* the wish: NODE_ANY for none */
	uint32_t changes; /* place is right as long as the table has not changed since */
	size_t place;	  /* never 0 */
	uint64_t base;
	size_t align; /* as asked for */
	uint64_t align_mask;
};

#define CLUSTER_PAIRS 4
static struct cluster clusters[CLUSTER_PAIRS][2];

static inline uint32_t node_wish(const struct memory_request *request)
{
	return request->on_node ? request->node : NODE_ANY;
}

static uint64_t alignment(const struct memory_request *request)
{
	return request->align ? request->align : MEMORY_PAGE_SIZE;
}

static bool crosses(uint64_t base, uint64_t size, uint64_t boundary)
{
	return boundary && align_down(base + (size - 1), boundary) > base;
}

/* The highest place in a free range that lies below top and fits the request; 0: none. */
static uint64_t fit(const struct memory_range *range, uint64_t top,
		    const struct memory_request *request)
{
	uint64_t align = alignment(request);
	uint64_t base;

	if (request->limit && request->limit < top)
		top = request->limit;
	if (top < range->base || top - range->base < request->size)
		return 0;
	base = align_down(top - request->size, align);
	if (crosses(base, request->size, request->no_cross)) {
		uint64_t boundary = align_down(base + (request->size - 1), request->no_cross);

		if (boundary < request->size)
			return 0;
		base = align_down(boundary - request->size, align);
	}
	return base >= range->base ? base : 0;
}

/* For what is on the way of every CPU, also where the file is compiled for size. */
#define IN_PLACE __attribute__((always_inline)) static inline

/* The two places where the cluster of that owner and wish can be. Owners are constant strings, so that
 * their addresses tell them apart. */
IN_PLACE struct cluster *cluster_pair(const struct memory_request *request, uint32_t wish)
{
	return clusters[((uintptr_t)request->owner / sizeof(uint64_t) + wish) % CLUSTER_PAIRS];
}

IN_PLACE bool cluster_is_of(const struct cluster *cluster, const struct memory_request *request,
			    uint32_t wish)
{
	return cluster->owner == request->owner && cluster->node == wish;
}

/* Can the range at that place grow downwards? */
static bool can_grow(size_t place)
{
	const struct memory_range *owned = &memory_table.ranges[place];

	/* Below the first range there is nothing. */
	return place && place < memory_table.count && memory_range_is_free(owned - 1) &&
	       memory_range_end(owned - 1) == owned->base && owned[-1].node == owned->node;
}

/* The table has changed since. Where is the cluster's range now? If it is gone, or cannot grow, the
 * cluster is forgotten. */
__attribute__((noinline)) static bool cluster_find_again(struct cluster *cluster)
{
	const struct memory_range *range;

	cluster->place = memory_table_find(cluster->base);
	cluster->changes = memory_table.changes;
	range = &memory_table.ranges[cluster->place];
	if (can_grow(cluster->place) && range->base == cluster->base &&
	    range->owner == cluster->owner)
		return true;
	cluster->owner = NULL;
	return false;
}

/*
 * The common case, and the only one that has to be quick: the next piece of a cluster, right below
 * the one before, with the same alignment. Rules and neighbours have been looked at before, and the
 * table is as it was. 0: not so simple.
 */
IN_PLACE uint64_t cluster_extend(const struct memory_request *request)
{
	const uint32_t wish = node_wish(request);
	struct cluster *cluster = cluster_pair(request, wish);
	struct memory_range *owned;
	uint64_t base;

	if (!cluster_is_of(cluster, request, wish) && !cluster_is_of(++cluster, request, wish))
		return 0;
	if (cluster->align != request->align || request->limit | request->no_cross ||
	    !request->owner)
		return 0;
	if (cluster->changes != memory_table.changes && !cluster_find_again(cluster))
		return 0;
	owned = &memory_table.ranges[cluster->place];
	/* Room, with something left; and something is asked for. */
	if (request->size - 1 >= owned[-1].size - 1)
		return 0;
	base = cluster->base - request->size;
	if (base & cluster->align_mask)
		return 0;
	owned[-1].size -= request->size;
	owned->base = base;
	owned->size += request->size;
	cluster->base = base;
	return base;
}

static void cluster_remember(const struct memory_request *request, uint64_t base)
{
	const uint32_t wish = node_wish(request);
	struct cluster *pair = cluster_pair(request, wish);
	size_t place = memory_table_find(base);

	if (request->limit || !can_grow(place))
		return;
	/* Units and page tables are asked for in turns: if they meet here neither may push the other out. */
	if (!cluster_is_of(&pair[0], request, wish))
		pair[1] = pair[0];
	pair[0] = (struct cluster){
		.owner = request->owner,
		.node = wish,
		.changes = memory_table.changes,
		.place = place,
		/* Not base: it may have been joined to what the owner has below. */
		.base = memory_table.ranges[place].base,
		.align = request->align,
		.align_mask = alignment(request) - 1,
	};
}

static void clusters_forget(void)
{
	for (uint32_t i = 0; i < CLUSTER_PAIRS; i++)
		clusters[i][0].owner = clusters[i][1].owner = NULL;
}

/* Whose is the memory that touches this range from above, and from below? */
static const char *owner_above(size_t place)
{
	const struct memory_range *range = &memory_table.ranges[place];

	if (place + 1 == memory_table.count || range[1].base != memory_range_end(range))
		return NULL;
	return range[1].owner;
}

static const char *owner_below(size_t place)
{
	const struct memory_range *range = &memory_table.ranges[place];

	return place && memory_range_end(range - 1) == range->base ? range[-1].owner : NULL;
}

/* May memory for the request come from this range, whatever its size? */
static bool eligible(const struct memory_range *range, const struct memory_request *request,
		     bool only_node)
{
	return memory_range_is_free(range) && (!only_node || range->node == request->node);
}

/* The size from which on a range is one to begin a cluster in; smaller ones are mostly the gaps
 * between clusters. */
static uint64_t spacious(const struct memory_request *request, bool only_node)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < memory_table.count; i++) {
		const struct memory_range *range = &memory_table.ranges[i];

		if (eligible(range, request, only_node) && range->size > largest)
			largest = range->size;
	}
	largest >>= SPACIOUS_SHIFT;
	return largest < SPACIOUS_SIZE ? largest : SPACIOUS_SIZE;
}

/*
 * Look through all free ranges, from the top. Best is one right below what the owner has, or a hole
 * in it, unless that is low memory and there is other; then the highest with space for a cluster;
 * then the highest at all. only_node: nothing but that node's. Returns the address, 0 for none.
 */
static uint64_t search(const struct memory_request *request, bool only_node)
{
	uint64_t space = request->limit ? 0 : spacious(request, only_node);
	uint64_t in_space = 0;
	uint64_t anywhere = 0;

	for (size_t i = memory_table.count; i-- > 0;) {
		const struct memory_range *range = &memory_table.ranges[i];
		uint64_t end = memory_range_end(range);
		const char *above;
		uint64_t gap = 0;
		uint64_t base;

		if (!eligible(range, request, only_node))
			continue;
		above = owner_above(i);
		base = fit(range, end, request);
		if (!base)
			continue;
		if (memory_owner_same(above, request->owner) ||
		    (!above && range->size < space &&
		     memory_owner_same(owner_below(i), request->owner))) {
			if (!request->limit &&
			    (base >= LOW_MEMORY_END || in_space < LOW_MEMORY_END))
				return base;
		} else if (above) {
			gap = align_down(range->size >> GAP_SHIFT, MEMORY_PAGE_SIZE);
			gap = gap > GAP_MAX ? GAP_MAX : gap;
		}
		if (!anywhere)
			anywhere = base;
		if (!in_space && range->size >= space && request->size <= gap)
			in_space = fit(range, end - gap, request);
		if (!in_space && range->size >= space)
			in_space = base;
	}
	return in_space ? in_space : anywhere;
}

void memory_own(uint64_t base, uint64_t size, const char *owner)
{
	memory_table_split(base);
	memory_table_split(base + size);
	for (size_t i = memory_table_find(base); i < memory_table.count; i++) {
		struct memory_range *range = &memory_table.ranges[i];

		if (range->base >= base + size)
			break;
		range->owner = owner;
	}
	/* Whose neighbour is free may have changed. */
	memory_table.changes++;
	if (!owner)
		clusters_forget();
	memory_table_merge(base, base + size);
}

/* One line, in one piece, so that no other CPU's text gets into it. */
static void print_refusal(const struct memory_request *request, const char *why)
{
	char below[32] = "", across[48] = "", node[24] = "";

	if (request->limit)
		format_text(below, sizeof(below), ", below %#llx",
			    (unsigned long long)request->limit);
	if (request->no_cross)
		format_text(across, sizeof(across), ", not across multiples of %#llx",
			    (unsigned long long)request->no_cross);
	if (request->on_node)
		format_text(node, sizeof(node), ", node %u", request->node);
	console_print("muster: %s: %s: %zu bytes, align %zu%s%s%s\n", request->owner, why,
		      request->size, request->align, below, across, node);
}

/* NULL, or the rule that a request breaks. */
static const char *broken_rule(const struct memory_request *request)
{
	if (!request->size)
		return "asked for nothing";
	if (request->align && !is_power_of_two(request->align))
		return "alignment is no power of two";
	if (request->no_cross && !is_power_of_two(request->no_cross))
		return "what may not be crossed is no power of two";
	if (request->no_cross && request->size > request->no_cross)
		return "larger than what it may not cross";
	return NULL;
}

/* The node has none: from the nearest that has, else any. Said once for each node. */
static uint64_t search_elsewhere(const struct memory_request *request)
{
	uint64_t *said = &memory_table.short_nodes[request->node / 64 % (NODES_MAX / 64)];
	uint64_t bit = UINT64_C(1) << request->node % 64;
	struct memory_request other = *request;
	uint64_t base = 0;

	while (!base) {
		other.node = node_next_nearest(request->node, other.node);
		if (other.node == NODE_ANY)
			break;
		base = search(&other, true);
	}
	if (!base)
		base = search(request, false);
	if (base && !(*said & bit)) {
		*said |= bit;
		print_refusal(request,
			      other.node == NODE_ANY
				      ? "node has none left, taken from any"
				      : "node has none left, taken from the nearest that has");
	}
	return base;
}

uint64_t memory_take(const struct memory_request *request)
{
	bool wish = request->on_node && request->node != NODE_ANY;
	uint64_t base = search(request, wish);

	if (!base && wish)
		base = search_elsewhere(request);
	if (!base)
		return 0;
	memory_own(base, request->size, request->owner);
	/* Elsewhere too, so that the next piece is quick; what is freed ends all clusters. */
	cluster_remember(request, base);
	return base;
}

/* All but the common case. */
__attribute__((noinline)) static uint64_t alloc_slowly(const struct memory_request *request)
{
	struct memory_request named = *request;
	const char *rule = broken_rule(request);
	uint64_t base;

	if (!named.owner)
		named.owner = "unnamed";
	if (rule) {
		print_refusal(&named, rule);
		return 0;
	}
	if (!memory_table_room(2)) {
		print_refusal(&named, "the table of ranges is full");
		return 0;
	}
	base = memory_take(&named);
	if (!base)
		print_refusal(&named, "no memory that fits");
	return base;
}

uint64_t mem_alloc_request(const struct memory_request *request)
{
	uint64_t base;

	bringup_uses(CAP(MEMORY_MAP));
	base = cluster_extend(request);
	return base ? base : alloc_slowly(request);
}

static void print_range(const char *who, uint64_t base, uint64_t size, const char *rule)
{
	console_print("muster: %s at %#llx, %#llx bytes: %s\n", who, (unsigned long long)base,
		      (unsigned long long)size, rule);
}

int mem_free(uint64_t base, uint64_t size)
{
	uint64_t end = base + size;
	size_t first = memory_table_find(base);
	uint64_t at = base;

	bringup_uses(CAP(MEMORY_MAP));
	for (size_t i = first; end > base && at < end && i < memory_table.count; i++) {
		const struct memory_range *range = &memory_table.ranges[i];

		if (range->base > at || range->kind != MEMORY_RAM || !range->owner ||
		    !memory_owner_same(range->owner, memory_table.ranges[first].owner))
			break;
		at = memory_range_end(range);
	}
	if (end <= base || at < end) {
		print_range("freed memory", base, size, "is not owned RAM of one owner");
		return MUSTER_E_NOT_FOUND;
	}
	if (!memory_table_room(2)) {
		print_range("freed memory", base, size, "stays owned: the table of ranges is full");
		return MUSTER_E_NO_MEMORY;
	}
	memory_own(base, size, NULL);
	return 0;
}

int mem_claim(uint64_t base, uint64_t size, const char *owner)
{
	uint64_t end = base + size;
	uint64_t at = base;

	bringup_uses(CAP(MEMORY_MAP));
	owner = owner ? owner : "unnamed";
	if (end <= base) {
		print_range(owner, base, size, size ? "claim wraps" : "claim is empty");
		return MUSTER_E_INVALID;
	}
	for (size_t i = memory_table_find(base); at < end; i++) {
		const struct memory_range *range = &memory_table.ranges[i];

		if (i == memory_table.count || range->base > at || range->kind != MEMORY_RAM) {
			print_range(owner, base, size, "claim is not all RAM");
			return MUSTER_E_NOT_FOUND;
		}
		if (range->owner) {
			console_print(
				"muster: %s at %#llx, %#llx bytes: claim meets memory of %s\n",
				owner, (unsigned long long)base, (unsigned long long)size,
				range->owner);
			return MUSTER_E_EXISTS;
		}
		at = memory_range_end(range);
	}
	if (!memory_table_room(2)) {
		print_range(owner, base, size, "no claim: the table of ranges is full");
		return MUSTER_E_NO_MEMORY;
	}
	memory_own(base, size, owner);
	return 0;
}

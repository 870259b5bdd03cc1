// SPDX-License-Identifier: MIT
/*
 * Rules of memory_op (public/memory.h): what Xen says of memory, and that bad requests change none of it.
 * Called by test_xen.c, on the boot CPU. What a PV guest may and what all others may differs most here.
 */
#include "kernel/xen_test.h"

#define ORDER_LARGE  40u
#define FRAME_NONE   UINT64_C(0xffffffffff)
#define EXTENTS_MANY (UINT64_C(1) << 32)
#define SPACE_NONE   99u
#define OP_REMOVED   8u	 /* XENMEM_translate_gpfn_list, which the header lists as removed */
#define OP_LAST	     63u /* numbers end before it: six bits, of which 63 was never given */
#define MAP_ENTRY    20u /* base, length, type: the BIOS's entry, INT 15h E820 */

static long reservation(uint32_t op)
{
	struct xen_memory_domain domain = { .domid = DOMID_SELF };

	return memory_op(op, &domain);
}

static void test_reservations(struct xen_test *test)
{
	static const struct {
		uint32_t op;
		const char *name;
	} ops[] = {
		{ XENMEM_current_reservation, "XENMEM_current_reservation" },
		{ XENMEM_maximum_reservation, "XENMEM_maximum_reservation" },
		{ XENMEM_maximum_gpfn, "XENMEM_maximum_gpfn" },
	};
	struct xen_memory_domain none = { .domid = DOMAIN_NONE };
	long current = reservation(XENMEM_current_reservation);
	long maximum = reservation(XENMEM_maximum_reservation);

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		xen_rule(test, "memory.h: may be DOMID_SELF", reservation(ops[i].op), ANY_SUCCESS,
			 "%s", ops[i].name);
		xen_rule(test, "memory.h: -ve errcode; source: ESRCH", memory_op(ops[i].op, &none),
			 -XEN_ESRCH, "%s, domain %#x, which is none", ops[i].name, DOMAIN_NONE);
		xen_rule(test, "memory.h: -ve errcode; source: EFAULT",
			 memory_op(ops[i].op, bad_pointer()), -XEN_EFAULT, "%s, bad pointer",
			 ops[i].name);
	}
	xen_holds(test, "memory.h: in pages", current > 0 && current <= maximum,
		  "XENMEM_current_reservation %ld, maximum %ld pages", current, maximum);
	xen_holds(test, "memory.h: in pages",
		  current > 0 && (uint64_t)current * PAGE_BYTES >= mem_total(),
		  "XENMEM_current_reservation %ld: not less than our %llu KiB", current,
		  (unsigned long long)mem_total() / 1024);
	xen_rule(test, "memory.h: never returns an error", memory_op(XENMEM_maximum_ram_page, NULL),
		 ANY_SUCCESS, "XENMEM_maximum_ram_page");
}

struct wrong_extents {
	const char *what;
	xen_pfn_t *list;
	uint64_t count;
	uint32_t order;
	uint32_t flags;
	domid_t domain;
};

/* Returned is the number of extents that were done: none, and never an error. */
static void test_extents(struct xen_test *test, uint32_t op, const char *name)
{
	static xen_pfn_t frame = FRAME_NONE;
	const struct wrong_extents wrong[] = {
		{ "order 40", &frame, 1, ORDER_LARGE, 0, DOMID_SELF },
		{ "order 2^32 - 1", &frame, 1, UINT32_MAX, 0, DOMID_SELF },
		{ "2^32 extents", &frame, EXTENTS_MANY, 0, 0, DOMID_SELF },
		{ "no extents", &frame, 0, 0, 0, DOMID_SELF },
		{ "a domain that is none", &frame, 1, 0, 0, DOMAIN_NONE },
		{ "a bad pointer to the list", bad_pointer(), 1, 0, 0, DOMID_SELF },
		{ "addresses of 1 bit", &frame, 1, 0, XENMEMF_address_bits(1), DOMID_SELF },
	};
	const long before = reservation(XENMEM_current_reservation);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct xen_memory_reservation call = {
			.nr_extents = wrong[i].count,
			.extent_order = wrong[i].order,
			.mem_flags = wrong[i].flags,
			.domid = wrong[i].domain,
		};

		/* The list is the last that is looked at when memory is asked for. */
		if (wrong[i].list != &frame && op != XENMEM_decrease_reservation)
			continue;
		set_xen_guest_handle(call.extent_start, wrong[i].list);
		xen_rule(test, "memory.h: the number of extents", memory_op(op, &call), 0, "%s, %s",
			 name, wrong[i].what);
	}
	xen_rule(test, "source: no extents were done", memory_op(op, bad_pointer()), 0,
		 "%s, bad pointer", name);
	xen_rule(test, "memory.h: nothing was done", reservation(XENMEM_current_reservation),
		 before < 0 ? ANY_SUCCESS : before, "XENMEM_current_reservation after all of that");
}

static long change(uint32_t op, xen_pfn_t *frame)
{
	struct xen_memory_reservation call = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(call.extent_start, frame);
	return memory_op(op, &call);
}

/* A page of ours goes and comes again. */
static void test_page(struct xen_test *test)
{
	xen_pfn_t frame = FRAME_NONE;
	long before = reservation(XENMEM_current_reservation);
	uint64_t page;

	xen_rule(test, "memory.h: the number of extents",
		 change(XENMEM_decrease_reservation, &frame), 0,
		 "XENMEM_decrease_reservation, a frame that does not exist");
	if (test->pv) {
		xen_skip(test, "XENMEM_decrease_reservation, a page",
			 "it would have to leave this PV guest's page tables first");
		return;
	}
	page = mem_alloc(PAGE_BYTES, 0, .owner = "test");
	frame = page / PAGE_BYTES;
	xen_rule(test, "memory.h: the number of extents",
		 page ? change(XENMEM_decrease_reservation, &frame) : -1, 1,
		 "XENMEM_decrease_reservation, a page");
	xen_rule(test, "memory.h: freed", reservation(XENMEM_current_reservation), before - 1,
		 "XENMEM_decrease_reservation: pages then");
	xen_rule(test, "memory.h: the number of extents", change(XENMEM_populate_physmap, &frame),
		 1, "XENMEM_populate_physmap, where it was");
	xen_rule(test, "memory.h: allocated", reservation(XENMEM_current_reservation), before,
		 "XENMEM_populate_physmap: pages then");
	if (page)
		(void)mem_free(page, PAGE_BYTES);
}

static void test_map(struct xen_test *test)
{
	static uint8_t entries[2 * MAP_ENTRY] __attribute__((aligned(8)));
	struct xen_memory_map map = { .nr_entries = 0 };
	long answer;

	set_xen_guest_handle(map.buffer, entries);
	answer = memory_op(XENMEM_memory_map, &map);
	if (test->pv && test->privileged)
		xen_rule_deviates(test, DEVIATION_NO_MEMORY_MAP, "memory.h", answer, 0,
				  "XENMEM_memory_map, no room");
	else
		xen_rule(test, "memory.h", answer, 0, "XENMEM_memory_map, no room");
	xen_rule(test, "source", memory_op(XENMEM_memory_map, bad_pointer()), -XEN_EFAULT,
		 "XENMEM_memory_map, bad pointer");
	if (answer) {
		xen_skip(test, "XENMEM_memory_map, little room", "there is no map");
		return;
	}
	xen_rule(test, "memory.h: entries that have been stored", map.nr_entries, 0,
		 "XENMEM_memory_map, no room: entries");
	map.nr_entries = 1;
	entries[MAP_ENTRY] = 0xa5;
	xen_rule(test, "memory.h: how many can be stored", memory_op(XENMEM_memory_map, &map), 0,
		 "XENMEM_memory_map, room for one");
	xen_holds(test, "memory.h: entries that have been stored",
		  map.nr_entries == 1 && entries[MAP_ENTRY] == 0xa5,
		  "XENMEM_memory_map, room for one: %u, and nothing behind", map.nr_entries);
}

static long add(uint32_t space, uint64_t index, uint64_t frame, domid_t domain)
{
	struct xen_add_to_physmap call = {
		.domid = domain, .space = space, .idx = index, .gpfn = frame
	};

	return memory_op(XENMEM_add_to_physmap, &call);
}

static void test_physmap_pv(struct xen_test *test)
{
	struct xen_remove_from_physmap gone = { .domid = DOMID_SELF, .gpfn = FRAME_NONE };

	xen_rule(test, "memory.h: translated guests only; source: EACCES",
		 add(XENMAPSPACE_shared_info, 0, 0, DOMID_SELF), -XEN_EACCES,
		 "XENMEM_add_to_physmap, the shared info page");
	xen_rule(test, "memory.h: translated guests only; source: EACCES",
		 memory_op(XENMEM_remove_from_physmap, &gone), -XEN_EACCES,
		 "XENMEM_remove_from_physmap");
}

static void test_physmap_hvm(struct xen_test *test)
{
	struct xen_remove_from_physmap gone = { .domid = DOMID_SELF, .gpfn = FRAME_NONE };

	xen_rule(test, "memory.h: the shared info page; source: EINVAL",
		 add(XENMAPSPACE_shared_info, 1, FRAME_NONE, DOMID_SELF), -XEN_EINVAL,
		 "XENMEM_add_to_physmap, a second shared info page");
	xen_rule(test, "memory.h: XENMAPSPACE_*; source: EINVAL",
		 add(SPACE_NONE, 0, FRAME_NONE, DOMID_SELF), -XEN_EINVAL,
		 "XENMEM_add_to_physmap, space 99");
	xen_rule(test, "source", add(XENMAPSPACE_shared_info, 0, UINT64_MAX, DOMID_SELF),
		 -XEN_EINVAL, "XENMEM_add_to_physmap, to frame 2^64 - 1");
	/* EACCES in a stable release of 4.20, and in those that are newer. */
	xen_rule(test, "memory.h; source: EINVAL, later EACCES",
		 add(XENMAPSPACE_gmfn, FRAME_NONE, FRAME_NONE, DOMID_SELF),
		 test->version < XEN_VERSION(4, 20) ? -XEN_EINVAL : ANY_ERROR,
		 "XENMEM_add_to_physmap, a frame that does not exist");
	xen_rule(test, "source", memory_op(XENMEM_remove_from_physmap, &gone), -XEN_ENOENT,
		 "XENMEM_remove_from_physmap, a frame that does not exist");
}

static void test_physmap(struct xen_test *test)
{
	struct xen_remove_from_physmap gone = { .domid = DOMAIN_NONE, .gpfn = FRAME_NONE };

	xen_rule(test, "source", add(XENMAPSPACE_shared_info, 0, FRAME_NONE, DOMAIN_NONE),
		 -XEN_ESRCH, "XENMEM_add_to_physmap, domain %#x, which is none", DOMAIN_NONE);
	xen_rule(test, "memory.h: _batch only; source: ENOSYS",
		 add(XENMAPSPACE_gmfn_foreign, 0, FRAME_NONE, DOMID_SELF), -XEN_ENOSYS,
		 "XENMEM_add_to_physmap, a foreign frame");
	xen_rule(test, "source", memory_op(XENMEM_add_to_physmap, bad_pointer()), -XEN_EFAULT,
		 "XENMEM_add_to_physmap, bad pointer");
	xen_rule(test, "source", memory_op(XENMEM_remove_from_physmap, &gone), -XEN_ESRCH,
		 "XENMEM_remove_from_physmap, domain %#x, which is none", DOMAIN_NONE);
	if (test->pv)
		test_physmap_pv(test);
	else
		test_physmap_hvm(test);
}

static void test_exchange(struct xen_test *test)
{
	struct xen_memory_exchange call = { .in = { .domid = DOMID_SELF },
					    .out = { .domid = DOMID_SELF } };

	if (test->pv)
		xen_rule(test, "memory.h: zero on complete success",
			 memory_op(XENMEM_exchange, &call), 0, "XENMEM_exchange, nothing");
	else
		xen_rule_deviates(test, DEVIATION_EXCHANGE_BY_HVM, "memory.h: only PV guests",
				  memory_op(XENMEM_exchange, &call), ANY_ERROR,
				  "XENMEM_exchange, nothing");
	call.out.domid = DOMID_IO;
	xen_rule(test, "memory.h: @in.domid == @out.domid; source: EINVAL",
		 memory_op(XENMEM_exchange, &call), -XEN_EINVAL,
		 "XENMEM_exchange between two domains");
	call.out.domid = DOMID_SELF;
	call.in.nr_extents = 2;
	call.out.nr_extents = 1;
	xen_rule(test, "memory.h: the same size; source: EINVAL", memory_op(XENMEM_exchange, &call),
		 -XEN_EINVAL, "XENMEM_exchange, 2 pages for 1");
	call.in.nr_extents = 1;
	call.nr_exchanged = 2;
	xen_rule(test, "memory.h: must be zero; source: EINVAL", memory_op(XENMEM_exchange, &call),
		 -XEN_EINVAL, "XENMEM_exchange, more done than asked for");
	xen_rule(test, "source", memory_op(XENMEM_exchange, bad_pointer()), -XEN_EFAULT,
		 "XENMEM_exchange, bad pointer");
}

static void test_machphys(struct xen_test *test)
{
	struct xen_machphys_mapping mapping = { 0 };
	long answer = memory_op(XENMEM_machphys_mapping, &mapping);

	if (!test->pv) {
		xen_rule(test, "memory.h: not where there is none", answer, -XEN_ENOSYS,
			 "XENMEM_machphys_mapping");
		return;
	}
	xen_rule(test, "memory.h", answer, 0, "XENMEM_machphys_mapping");
	xen_holds(test, "xen-x86_64.h: in Xen's part",
		  mapping.v_start >= HYPERVISOR_VIRT_START && mapping.v_start < mapping.v_end &&
			  mapping.v_end <= HYPERVISOR_VIRT_END,
		  "XENMEM_machphys_mapping: %#lx to %#lx", (unsigned long)mapping.v_start,
		  (unsigned long)mapping.v_end);
	xen_rule(test, "source", memory_op(XENMEM_machphys_mapping, bad_pointer()), -XEN_EFAULT,
		 "XENMEM_machphys_mapping, bad pointer");
}

void xen_test_memory(struct xen_test *test)
{
	test_reservations(test);
	test_extents(test, XENMEM_decrease_reservation, "XENMEM_decrease_reservation");
	test_extents(test, XENMEM_populate_physmap, "XENMEM_populate_physmap");
	test_extents(test, XENMEM_increase_reservation, "XENMEM_increase_reservation");
	test_page(test);
	test_map(test);
	test_physmap(test);
	test_exchange(test);
	test_machphys(test);
	xen_rule(test, "memory.h: removed; source: ENOSYS", memory_op(OP_REMOVED, NULL),
		 -XEN_ENOSYS, "memory_op %u", OP_REMOVED);
	xen_rule(test, "source", memory_op(OP_LAST, NULL), -XEN_ENOSYS, "memory_op %u", OP_LAST);
}

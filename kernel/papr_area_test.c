// SPDX-License-Identifier: MIT
/*
 * Rules of H_REGISTER_VPA (LoPAPR, Shared Processor LPAR Option): sizes, alignments, crossings, addresses, orders, CPUs and functions
 * that are wrong, each alone, for VPA, SLB shadow and dispatch trace log. Called by test_papr.c, on the boot CPU,
 * about itself. Its areas are deregistered first; at the end they are where they were.
 */
#include "kernel/papr_test.h"

#define PAGE	   4096u
#define LINE	   128u
#define SIZE_AT	   4u
#define SHADOW_MIN 8u
#define LOG_MIN	   48u

/* Two pages, so that something can lie across. */
static uint8_t room[2 * PAGE] __attribute__((aligned(PAGE)));

static uint64_t room_at(uint32_t offset)
{
	return mem_behind((uintptr_t)room) + offset;
}

/* What the hypervisor reads of a VPA's size: 2 bytes; of the others': 4. */
static void put_size(uint64_t function, uint32_t offset, uint32_t size)
{
	bool vpa = function == REGISTER_VPA;

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = 0;
	for (uint32_t i = 0; i < (vpa ? 2u : 4u); i++)
		room[(offset + SIZE_AT + i) % sizeof(room)] =
			(uint8_t)(size >> 8 * ((vpa ? 1 : 3) - i));
}

static long try_at(const struct papr_test *test, uint64_t function, uint32_t offset, uint32_t size)
{
	put_size(function, offset, size);
	return register_area(function, server_of(test->here), room_at(offset));
}

static const struct kind {
	const char *name;
	uint64_t add, remove;
	uint32_t least;
	uint32_t good;
	bool may_cross;
} kinds[] = {
	{ "VPA", REGISTER_VPA, DEREGISTER_VPA, PAPR_VPA_SIZE, PAPR_VPA_TOLD, false },
	{ "SLB shadow", REGISTER_SHADOW, DEREGISTER_SHADOW, SHADOW_MIN, LINE, false },
	{ "DTL", REGISTER_LOG, DEREGISTER_LOG, LOG_MIN, PAPR_LOG_BYTES, true },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* All three are ours: they rest on each other. */
static void test_order_of_removal(struct papr_test *test)
{
	const uint64_t server = server_of(test->here);

	papr_rule(test, "H_REGISTER_VPA: not while a DTL or SLB shadow is registered",
		  register_area(DEREGISTER_VPA, server, 0), H_RESOURCE,
		  "deregister VPA, under SLB shadow and DTL");
	papr_rule(test, "H_REGISTER_VPA", register_area(DEREGISTER_LOG, server, 0), H_SUCCESS,
		  "deregister DTL");
	papr_rule(test, "H_REGISTER_VPA: not while a DTL or SLB shadow is registered",
		  register_area(DEREGISTER_VPA, server, 0), H_RESOURCE,
		  "deregister VPA, under SLB shadow");
	papr_rule(test, "H_REGISTER_VPA", register_area(DEREGISTER_SHADOW, server, 0), H_SUCCESS,
		  "deregister SLB shadow");
	papr_rule(test, "H_REGISTER_VPA", register_area(DEREGISTER_VPA, server, 0), H_SUCCESS,
		  "deregister VPA");
	for (size_t i = 0; i < KINDS; i++)
		papr_rule(test, "H_REGISTER_VPA: no check is made that one is registered",
			  register_area(kinds[i].remove, server, 0), H_SUCCESS,
			  "deregister %s, none registered", kinds[i].name);
}

static void test_without_vpa(struct papr_test *test)
{
	papr_rule(test, "H_REGISTER_VPA: a VPA comes first", try_at(test, REGISTER_SHADOW, 0, LINE),
		  H_RESOURCE, "register SLB shadow without a VPA");
	papr_rule(test, "H_REGISTER_VPA: a VPA comes first",
		  try_at(test, REGISTER_LOG, 0, PAPR_LOG_BYTES), H_RESOURCE,
		  "register DTL without a VPA");
}

static void test_sizes(struct papr_test *test, const struct kind *kind)
{
	const uint32_t wrong[] = { 0, 1, kind->least / 2, kind->least - 1 };
	const uint32_t right[] = { kind->least, kind->good };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		papr_rule(test, "H_REGISTER_VPA: too small", try_at(test, kind->add, 0, wrong[i]),
			  H_PARAMETER, "register %s, size %u", kind->name, wrong[i]);
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		papr_rule(test, "H_REGISTER_VPA: no less", try_at(test, kind->add, 0, right[i]),
			  H_SUCCESS, "register %s, size %u", kind->name, right[i]);
}

/* 4 is not tried: the size would not be where it is told. */
static void test_alignments(struct papr_test *test, const struct kind *kind)
{
	static const enum papr_deviation deviations[KINDS] = {
		[1] = DEVIATION_SHADOW_ALIGNMENT,
		[2] = DEVIATION_LOG_ALIGNMENT,
	};
	char sent[64];

	for (uint32_t offset = 1; offset < LINE; offset *= 2) {
		int64_t answer = try_at(test, kind->add, offset, kind->least);

		format_text(sent, sizeof(sent), "register %s, %u bytes beyond a cache line",
			    kind->name, offset);
		if (kind == &kinds[0])
			papr_rule(test, "VPA: cache line aligned", answer, H_PARAMETER, "%s", sent);
		else
			papr_rule_deviates(test, deviations[kind - kinds],
					   "H_REGISTER_VPA: cache line aligned", answer,
					   H_PARAMETER, sent);
	}
}

static void test_crossings(struct papr_test *test, const struct kind *kind)
{
	const uint32_t offset = PAGE - LINE;
	const uint32_t size = kind->least > LINE ? kind->least : LINE + SHADOW_MIN;

	if (kind->may_cross) {
		papr_rule(test, "DTL: may cross", try_at(test, kind->add, offset, size), H_SUCCESS,
			  "register %s across 4 KiB", kind->name);
		return;
	}
	papr_rule(test, "H_REGISTER_VPA: must not cross 4 KiB",
		  try_at(test, kind->add, offset, size), H_PARAMETER,
		  "register %s, %u bytes, %u before a 4 KiB line", kind->name, size, PAGE - offset);
	papr_rule(test, "H_REGISTER_VPA: must not cross 4 KiB",
		  try_at(test, kind->add, 0, PAGE + 1), H_PARAMETER, "register %s, %u bytes",
		  kind->name, PAGE + 1);
	papr_rule(test, "H_REGISTER_VPA: may end there", try_at(test, kind->add, 0, PAGE),
		  H_SUCCESS, "register %s, %u bytes", kind->name, PAGE);
}

static void test_addresses(struct papr_test *test, const struct kind *kind)
{
	static const uint64_t nowhere[] = { UINT64_C(0x0fffffff00000000), UINT64_C(1) << 63,
					    UINT64_MAX - (PAGE - 1), UINT64_MAX - (LINE - 1) };
	const uint64_t server = server_of(test->here);
	char sent[64];

	format_text(sent, sizeof(sent), "register %s at address 0", kind->name);
	papr_rule_deviates(test, DEVIATION_ADDRESS_0, "H_REGISTER_VPA: what lies there has no size",
			   register_area(kind->add, server, 0), H_PARAMETER, sent);
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
		papr_rule(test, "H_REGISTER_VPA: within real memory",
			  register_area(kind->add, server, nowhere[i]), H_PARAMETER,
			  "register %s at %#llx, beyond memory", kind->name,
			  (unsigned long long)nowhere[i]);
}

static void test_servers(struct papr_test *test, const struct kind *kind)
{
	static const uint64_t none[] = { SERVER_NONE, 0x7fffffff, UINT32_MAX, UINT64_MAX };

	put_size(kind->add, 0, kind->good);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		papr_rule(test, "H_REGISTER_VPA: no such processor",
			  register_area(kind->add, none[i], room_at(0)), H_PARAMETER,
			  "register %s, CPU %#llx, which is none", kind->name,
			  (unsigned long long)none[i]);
		papr_rule(test, "H_REGISTER_VPA: no such processor",
			  register_area(kind->remove, none[i], 0), H_PARAMETER,
			  "deregister %s, CPU %#llx, which is none", kind->name,
			  (unsigned long long)none[i]);
	}
}

static void test_functions(struct papr_test *test)
{
	static const uint64_t wrong[] = { VPA_FUNCTION(0),
					  VPA_FUNCTION(4),
					  REGISTER_VPA | 1,
					  REGISTER_VPA | UINT64_C(1) << 44,
					  REGISTER_VPA | UINT64_C(1) << 48,
					  UINT64_MAX };

	put_size(REGISTER_VPA, 0, PAPR_VPA_TOLD);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		papr_rule(test, "H_REGISTER_VPA: reserved",
			  register_area(wrong[i], server_of(test->here), room_at(0)), H_PARAMETER,
			  "H_REGISTER_VPA, flags %#llx", (unsigned long long)wrong[i]);
}

/* Every kind in turn, the others being what they are then: a VPA stays for those that want one. */
static void test_kinds(struct papr_test *test)
{
	const uint64_t server = server_of(test->here);

	test_without_vpa(test);
	test_functions(test);
	for (size_t i = 0; i < KINDS; i++) {
		test_sizes(test, &kinds[i]);
		test_alignments(test, &kinds[i]);
		test_crossings(test, &kinds[i]);
		test_addresses(test, &kinds[i]);
		test_servers(test, &kinds[i]);
		papr_rule(test, "H_REGISTER_VPA", register_area(kinds[i].remove, server, 0),
			  H_SUCCESS, "deregister %s", kinds[i].name);
		/* The rest of the room is the others'. */
		if (!i)
			(void)register_area(REGISTER_VPA, server,
					    area_info(test->here, PAPR_AREA_VPA).physical);
	}
}

/* As it was: VPA first, and the log with its size where its first entry may have been. */
static void put_back(struct papr_test *test)
{
	const uint64_t server = server_of(test->here);
	volatile uint32_t *log = area_ptr(test->here, PAPR_AREA_LOG);
	volatile struct papr_vpa *vpa = area_ptr(test->here, PAPR_AREA_VPA);

	papr_rule(test, "H_REGISTER_VPA: again",
		  register_area(REGISTER_VPA, server,
				area_info(test->here, PAPR_AREA_VPA).physical),
		  H_SUCCESS, "register VPA where it was");
	papr_holds(test, "VPA: shared with other partitions", vpa->status & PAPR_VPA_SHARED,
		   "VPA's status: %#x", vpa->status);
	papr_rule(test, "H_REGISTER_VPA: again",
		  register_area(REGISTER_SHADOW, server,
				area_info(test->here, PAPR_AREA_SLB_SHADOW).physical),
		  H_SUCCESS, "register SLB shadow where it was");
	log[1] = __builtin_bswap32(PAPR_LOG_BYTES);
	papr_rule(test, "H_REGISTER_VPA: again",
		  register_area(REGISTER_LOG, server,
				area_info(test->here, PAPR_AREA_LOG).physical),
		  H_SUCCESS, "register DTL where it was");
}

void papr_test_areas(struct papr_test *test)
{
	if (!papr_has_areas() || area_table_current()->count < KINDS) {
		papr_skip(test, "H_REGISTER_VPA", "the hypervisor does not know all areas");
		return;
	}
	test_order_of_removal(test);
	test_kinds(test);
	put_back(test);
}

// SPDX-License-Identifier: MIT
/*
 * Rules of other hypercalls that the library makes or could make: modes, terminals, process tables, home nodes;
 * and of tokens that are none. Called by test_papr.c, on the boot CPU. A wrong call that were taken by mistake would
 * do what is so already, or nothing that lasts, wherever that can be had.
 */
#include "kernel/papr_test.h"

#define MODE_ENDIAN		4u
#define MODE_TRANSLATION	3u
#define ENDIAN_LITTLE		1u
#define TRANSLATION_RESERVED	1u

#define TERMINAL_FIRST		0u
#define TERMINAL_NONE		0xdeadbeefu
#define TERMINAL_BYTES		16u

#define PROCESS_TABLE_NEW_RADIX 0x1cu

#define HOME_VIRTUAL		1u

static void test_tokens(struct papr_test *test)
{
	static const uint64_t none[] = { 0, 2, 6, 0x58 + 1, 0x7ffc, 0xfffc, UINT32_MAX };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		papr_rule(test, "return codes: no such call",
			  papr_hypercall(none[i], 0, 0, 0, 0, NULL), H_FUNCTION,
			  "hypercall %#llx, which is none", (unsigned long long)none[i]);
}

static void test_set_mode(struct papr_test *test)
{
	static const uint64_t resources[] = { 0, 5 + 2, 99, UINT64_MAX };

	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
		papr_rule(test, "H_SET_MODE: no such resource",
			  papr_hypercall(H_SET_MODE, 0, resources[i], 0, 0, NULL), H_P2,
			  "H_SET_MODE, resource %#llx", (unsigned long long)resources[i]);
	papr_rule(test, "H_SET_MODE: value 1 is reserved",
		  papr_hypercall(H_SET_MODE, ENDIAN_LITTLE, MODE_ENDIAN, 1, 0, NULL), H_P3,
		  "H_SET_MODE, endian, value 1 not 0");
	papr_rule(test, "H_SET_MODE: value 2 is reserved",
		  papr_hypercall(H_SET_MODE, ENDIAN_LITTLE, MODE_ENDIAN, 0, 1, NULL), H_P4,
		  "H_SET_MODE, endian, value 2 not 0");
	papr_rule(test, "H_SET_MODE: no such flag",
		  papr_hypercall(H_SET_MODE, 2, MODE_ENDIAN, 0, 0, NULL), ANY_FLAG_ERROR,
		  "H_SET_MODE, endian, neither big nor little");
	papr_rule(test, "H_SET_MODE",
		  papr_hypercall(H_SET_MODE, ENDIAN_LITTLE, MODE_ENDIAN, 0, 0, NULL), H_SUCCESS,
		  "H_SET_MODE, endian, little, as it is");
	papr_rule(test, "H_SET_MODE: value 1 is reserved",
		  papr_hypercall(H_SET_MODE, 0, MODE_TRANSLATION, 1, 0, NULL), H_P3,
		  "H_SET_MODE, interrupt location, value 1 not 0");
	papr_rule(test, "H_SET_MODE: value 2 is reserved",
		  papr_hypercall(H_SET_MODE, 0, MODE_TRANSLATION, 0, 1, NULL), H_P4,
		  "H_SET_MODE, interrupt location, value 2 not 0");
	papr_rule(test, "H_SET_MODE: 1 is reserved",
		  papr_hypercall(H_SET_MODE, TRANSLATION_RESERVED, MODE_TRANSLATION, 0, 0, NULL),
		  ANY_FLAG_ERROR, "H_SET_MODE, interrupt location 1");
}

static void test_terminals(struct papr_test *test)
{
	uint64_t results[PAPR_RESULTS_MAX] = { 0 };

	papr_rule(test, "H_PUT_TERM_CHAR: no such terminal",
		  papr_hypercall(H_PUT_TERM_CHAR, TERMINAL_NONE, 1, 0, 0, NULL), H_PARAMETER,
		  "H_PUT_TERM_CHAR, terminal %#x, which is none", TERMINAL_NONE);
	papr_rule(test, "H_PUT_TERM_CHAR: at most 16",
		  papr_hypercall(H_PUT_TERM_CHAR, TERMINAL_FIRST, TERMINAL_BYTES + 1, 0, 0, NULL),
		  H_PARAMETER, "H_PUT_TERM_CHAR, %u characters", TERMINAL_BYTES + 1);
	papr_rule(test, "H_PUT_TERM_CHAR: at most 16",
		  papr_hypercall(H_PUT_TERM_CHAR, TERMINAL_FIRST, UINT64_MAX, 0, 0, NULL),
		  H_PARAMETER, "H_PUT_TERM_CHAR, %#llx characters", (unsigned long long)UINT64_MAX);
	papr_rule(test, "H_PUT_TERM_CHAR",
		  papr_hypercall(H_PUT_TERM_CHAR, TERMINAL_FIRST, 0, 0, 0, NULL), H_SUCCESS,
		  "H_PUT_TERM_CHAR, no characters");
	papr_rule(test, "H_GET_TERM_CHAR: no such terminal",
		  papr_hypercall(H_GET_TERM_CHAR, TERMINAL_NONE, 0, 0, 0, NULL), H_PARAMETER,
		  "H_GET_TERM_CHAR, terminal %#x, which is none", TERMINAL_NONE);
	papr_rule(test, "H_GET_TERM_CHAR",
		  papr_hypercall(H_GET_TERM_CHAR, TERMINAL_FIRST, 0, 0, 0, results), H_SUCCESS,
		  "H_GET_TERM_CHAR");
	papr_holds(test, "H_GET_TERM_CHAR: r4 counts", results[0] <= TERMINAL_BYTES,
		   "H_GET_TERM_CHAR: %llu characters", (unsigned long long)results[0]);
}

static void test_process_table(struct papr_test *test)
{
	papr_rule(test, "source: reserved flags",
		  papr_hypercall(H_REGISTER_PROC_TBL, UINT64_C(1) << 5, 0, 0, 0, NULL), H_PARAMETER,
		  "H_REGISTER_PROC_TBL, reserved flag");
	papr_rule(test, "source: a table on 4 KiB",
		  papr_hypercall(H_REGISTER_PROC_TBL, PROCESS_TABLE_NEW_RADIX, 1, 0, 0, NULL), H_P2,
		  "H_REGISTER_PROC_TBL, a table at 1");
	papr_rule(test, "source: radix has no page size",
		  papr_hypercall(H_REGISTER_PROC_TBL, PROCESS_TABLE_NEW_RADIX, 0x10000, 1, 0, NULL),
		  H_P3, "H_REGISTER_PROC_TBL, radix with a page size");
	papr_rule(test, "source: at most 2^24",
		  papr_hypercall(H_REGISTER_PROC_TBL, PROCESS_TABLE_NEW_RADIX, 0x10000, 0, 25,
				 NULL),
		  H_P4, "H_REGISTER_PROC_TBL, 2^25 entries");
}

/* Any error: the controller may be one without this call. */
static void test_ipi(struct papr_test *test)
{
	papr_rule(test, "H_IPI: no such processor",
		  papr_hypercall(H_IPI, SERVER_NONE, 0xff, 0, 0, NULL), ANY_ERROR,
		  "H_IPI, CPU %#llx, which is none", (unsigned long long)SERVER_NONE);
}

static void test_home(struct papr_test *test)
{
	uint64_t results[PAPR_RESULTS_MAX] = { 0 };
	long status = papr_hypercall(H_HOME_NODE_ASSOCIATIVITY, HOME_VIRTUAL, server_of(test->here),
				     0, 0, results);

	if (status == H_FUNCTION) {
		papr_skip(test, "H_HOME_NODE_ASSOCIATIVITY", "it is not offered");
		return;
	}
	papr_rule(test, "VPHN", status, H_SUCCESS, "H_HOME_NODE_ASSOCIATIVITY, own");
	papr_holds(test, "VPHN: a list that is not empty", results[0] >> 48 != 0xffff,
		   "H_HOME_NODE_ASSOCIATIVITY, own: r4 is %#llx", (unsigned long long)results[0]);
	papr_rule(test, "VPHN: no such processor",
		  papr_hypercall(H_HOME_NODE_ASSOCIATIVITY, HOME_VIRTUAL, SERVER_NONE, 0, 0, NULL),
		  ANY_ERROR, "H_HOME_NODE_ASSOCIATIVITY, CPU %#llx, which is none",
		  (unsigned long long)SERVER_NONE);
	papr_rule(test, "VPHN: neither virtual nor physical",
		  papr_hypercall(H_HOME_NODE_ASSOCIATIVITY, 0, server_of(test->here), 0, 0, NULL),
		  ANY_ERROR, "H_HOME_NODE_ASSOCIATIVITY, no flag");
	papr_rule(test, "VPHN: reserved flags",
		  papr_hypercall(H_HOME_NODE_ASSOCIATIVITY, 0x80, server_of(test->here), 0, 0,
				 NULL),
		  ANY_ERROR, "H_HOME_NODE_ASSOCIATIVITY, a reserved flag");
}

void papr_test_calls(struct papr_test *test)
{
	test_tokens(test);
	test_set_mode(test);
	test_terminals(test);
	test_process_table(test);
	test_ipi(test);
	test_home(test);
}

// SPDX-License-Identifier: MIT
/*
 * What is written over a patch site: calls and jumps forwards, backwards and round the end of the address
 * space, nothing at all, and what does not fit.
 */
#include "platform/vmi/vmi_patch.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[VMI_PATCH_MAX];

static void fill(void)
{
	memset(bytes, 0xcc, sizeof(bytes));
}

/* Where a branch at `site` goes, as the processor works it out. */
static uint32_t goes_to(uint32_t site)
{
	uint32_t distance;

	memcpy(&distance, &bytes[1], sizeof(distance));
	return site + 5 + distance;
}

static void branches(void **state)
{
	static const struct {
		uint32_t site, target;
	} cases[] = {
		{ 0xc0201000, 0xc00c3090 }, { 0xc00c3090, 0xc0201000 }, { 0xc0201000, 0xc0201005 },
		{ 0xfffffff0, 0x10 },	    { 0x10, 0xfffffff0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fill();
		assert_int_equal(vmi_patch_bytes(VMI_KIND_CALL, cases[i].target, cases[i].site, 5,
						 bytes),
				 5);
		assert_int_equal(bytes[0], 0xe8);
		assert_int_equal(goes_to(cases[i].site), cases[i].target);
		assert_int_equal(bytes[5], 0xcc);
		assert_int_equal(vmi_patch_bytes(VMI_KIND_JUMP, cases[i].target, cases[i].site, 7,
						 bytes),
				 7);
		assert_int_equal(bytes[0], 0xe9);
		assert_int_equal(goes_to(cases[i].site), cases[i].target);
		assert_int_equal(bytes[5], 0x90);
		assert_int_equal(bytes[6], 0x90);
		assert_int_equal(bytes[7], 0xcc);
	}
}

static void nothing_at_all(void **state)
{
	(void)state;
	fill();
	assert_int_equal(vmi_patch_bytes(VMI_KIND_NOP, 0, 0xc0201000, 3, bytes), 3);
	assert_memory_equal(bytes, "\x90\x90\x90\xcc", 4);
}

static void native(void **state)
{
	(void)state;
	fill();
	assert_int_equal(vmi_patch_bytes(VMI_KIND_NATIVE, 0, 0xc0201000, 5, bytes), 0);
	assert_int_equal(bytes[0], 0xcc);
}

static void what_does_not_fit(void **state)
{
	(void)state;
	fill();
	assert_int_equal(vmi_patch_bytes(VMI_KIND_CALL, 1, 2, 4, bytes), MUSTER_E_INVALID);
	assert_int_equal(vmi_patch_bytes(VMI_KIND_JUMP, 1, 2, 4, bytes), MUSTER_E_INVALID);
	assert_int_equal(vmi_patch_bytes(VMI_KIND_NOP, 1, 2, 0, bytes), MUSTER_E_INVALID);
	assert_int_equal(vmi_patch_bytes(VMI_KIND_NOP, 1, 2, VMI_PATCH_MAX + 1, bytes),
			 MUSTER_E_INVALID);
	assert_int_equal(bytes[0], 0xcc);
	assert_int_equal(vmi_patch_bytes(VMI_KIND_NOP, 1, 2, VMI_PATCH_MAX, bytes), VMI_PATCH_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(native),
		cmocka_unit_test(what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

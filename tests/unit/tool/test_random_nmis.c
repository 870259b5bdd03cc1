// SPDX-License-Identifier: MIT
/* Random NMIs: where a vCPU of POWER could not take one, by what QEMU says of it; and any other text. */
#include "tool/random_nmis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define VCPU(number, nip, msr)                                                               \
	"\r\nCPU#" number "\r\nNIP " nip "   LR c00000001feb33f0 CTR 0000000000000100 XER "  \
	"0000000020040000 CPU#" number "\r\nMSR " msr " HID0 0000000000000000  HF 02000006 " \
	"iidx 4 didx 4\r\nTB 00000000 00000000 DECR 00000000\r\nGPR00 c00000001feb35a8 "     \
	"c00000001fefcff0\r\n"
#define GOOD "8000000000001033"

static void where_there_is_a_way_back(void **state)
{
	(void)state;
	assert_false(random_nmis_unrecoverable(VCPU("0", "c00000001fec4d3c", GOOD)
						       VCPU("1", "0000000000000104", GOOD)));
}

static void where_there_is_none(void **state)
{
	(void)state;
	assert_true(random_nmis_unrecoverable(VCPU("0", "c00000001fec4d3c", "8000000000001031")));
	assert_true(random_nmis_unrecoverable(VCPU("0", "c00000001fec4d3c", GOOD)
						      VCPU("1", "0000000000000100", GOOD)));
	assert_true(random_nmis_unrecoverable(VCPU("0", "0000000000000100", "8000000000001001")
						      VCPU("1", "c00000001fec4d3c", GOOD)));
}

static void other_texts(void **state)
{
	(void)state;
	assert_false(random_nmis_unrecoverable(""));
	assert_false(random_nmis_unrecoverable("CPU#0\r\nRIP=ffffffff81000000 RFL=00000002\r\n"));
	assert_false(random_nmis_unrecoverable("NIP "));
	assert_false(random_nmis_unrecoverable("NIP 100"));
	assert_false(random_nmis_unrecoverable("MSR 0 NIP x"));
	assert_true(random_nmis_unrecoverable("NIP zzz MSR zzz"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_there_is_a_way_back),
		cmocka_unit_test(where_there_is_none),
		cmocka_unit_test(other_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/* Where QEMU says that the vCPUs are: its text, read, in each form that it has and in none. */
#include "tool/vcpu_places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct vcpu_places places;

static void forms_of_each_architecture(void **state)
{
	(void)state;
	vcpu_places_read(&places, "\r\nCPU#0\r\nEAX=00000001 EBX=00000000\r\n"
				  "EIP=0000fff0 EFL=00000002 [-------] CPL=0\r\n"
				  "CS =f000 ffff0000 0000ffff 00009b00\r\n\r\nCPU#1\r\n"
				  "RAX=0000000000000000 RBX=0000000000000000\r\n"
				  "RIP=ffffffff80204a10 RFL=00000046\r\n");
	assert_int_equal(places.count, 2);
	assert_int_equal(places.at[0].vcpu, 0);
	assert_int_equal(places.at[0].address, 0xfff0);
	assert_int_equal(places.at[1].vcpu, 1);
	assert_true(places.at[1].address == 0xffffffff80204a10);
	assert_string_equal(places.at[1].symbol, "");
	vcpu_places_read(&places, "CPU#7\r\n PC=0000000040080000 X00=0000000000000000 X01=1\r\n");
	assert_int_equal(places.count, 1);
	assert_int_equal(places.at[0].vcpu, 7);
	assert_int_equal(places.at[0].address, 0x40080000);
	vcpu_places_read(&places, "CPU#0\r\nNIP 00000000000f4240   LR 0000000000000000 CTR 0\r\n");
	assert_int_equal(places.at[0].address, 0xf4240);
	vcpu_places_read(&places, "CPU#0\r\n V      =   0\r\n pc       0000000080200000\r\n");
	assert_int_equal(places.at[0].address, 0x80200000);
	vcpu_places_free(&places);
}

/* A vCPU whose block has no counter is left out, and does not get its neighbour's. */
static void blocks_without_one(void **state)
{
	(void)state;
	vcpu_places_read(&places, "CPU#0\r\nRAX=1\r\nCPU#1\r\nRIP=0000000000000123 \r\nCPU#2\r\n");
	assert_int_equal(places.count, 1);
	assert_int_equal(places.at[0].vcpu, 1);
	vcpu_places_read(&places,
			 "CPU#\r\nRIP=0000000000000123\r\nCPU#x\r\nRIP=0000000000000123\r\n");
	assert_int_equal(places.count, 0);
	vcpu_places_read(&places, "CPU#99999999999999999999\r\nRIP=0000000000000123\r\n");
	assert_int_equal(places.count, 0);
	vcpu_places_read(&places, "CPU#0\r\nXRIP=0000000000000123 RIP=12 RIP=\r\n");
	assert_int_equal(places.count, 0);
	vcpu_places_read(&places, "");
	assert_int_equal(places.count, 0);
	vcpu_places_free(&places);
}

/* Cut anywhere, it is read or not; the sanitizers see to the rest. */
static void cut_anywhere(void **state)
{
	static const char text[] =
		"CPU#0\r\nEIP=0000fff0 \r\nCPU#1\r\nRIP=ffffffff80204a10 RFL=0\r\n";

	(void)state;
	for (size_t size = 0; size < sizeof(text); size++) {
		char *exact = malloc(size + 1);

		assert_non_null(exact);
		memcpy(exact, text, size);
		exact[size] = 0;
		vcpu_places_read(&places, exact);
		assert_true(places.count <= 2);
		free(exact);
	}
	vcpu_places_free(&places);
}

static void more_than_there_can_be(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 3 * VCPU_PLACES_MAX; i++)
		fprintf(file, "CPU#%d\r\nRIP=%016x\r\n", i % VCPU_PLACES_MAX, i);
	fclose(file);
	vcpu_places_read(&places, text);
	assert_int_equal(places.count, VCPU_PLACES_MAX);
	free(text);
	/* An image that is none names nothing. */
	vcpu_places_name(&places, "/nonexistent");
	vcpu_places_name(&places, "/etc/hostname");
	assert_string_equal(places.at[0].symbol, "");
	vcpu_places_free(&places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_each_architecture),
		cmocka_unit_test(blocks_without_one),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(more_than_there_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

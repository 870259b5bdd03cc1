// SPDX-License-Identifier: MIT
/*
 * The dispatch trace log: a ring that a hypervisor writes to while it is read, round and round, faster than the
 * reader, backwards, and in the middle of an entry. QEMU never writes one; this is where the reader is tested.
 */
#include <muster/papr.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static struct papr_vpa vpa;
static struct papr_log_entry ring[PAPR_LOG_ENTRIES];
static struct papr_log_reader reader;

static uint64_t written(void)
{
	return __builtin_bswap64(vpa.log_index);
}

static void set_written(uint64_t index)
{
	vpa.log_index = __builtin_bswap64(index);
}

/* As the hypervisor does: the entry, then the index. Entry n has time n. */
static void hypervisor_logs(uint32_t entries)
{
	for (uint32_t i = 0; i < entries; i++) {
		struct papr_log_entry *entry = &ring[written() % PAPR_LOG_ENTRIES];

		memset(entry, (int)written(), sizeof(*entry));
		entry->time = __builtin_bswap64(written());
		set_written(written() + 1);
	}
}

static int begin(void **state)
{
	(void)state;
	memset(&vpa, 0, sizeof(vpa));
	memset(ring, 0, sizeof(ring));
	papr_log_begin(&reader, &vpa);
	return 0;
}

static uint64_t expect_one(void)
{
	struct papr_log_entry entry;

	assert_int_equal(papr_log_next(&reader, &vpa, ring, &entry), 1);
	return entry.time;
}

static void expect_none(void)
{
	struct papr_log_entry entry;

	assert_int_equal(papr_log_next(&reader, &vpa, ring, &entry), 0);
}

static void test_fields(void **state)
{
	static const uint8_t bytes[48] = {
		1,    2,    0x12, 0x34, 0,    0,    1,	  2,	0,    0,    3,	  4,
		0,    0,    5,	  6,	0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
		0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x31, 0x32, 0x33, 0x34,
		0x35, 0x36, 0x37, 0x38, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
	};
	struct papr_log_entry entry;

	(void)state;
	memcpy(&ring[0], bytes, sizeof(bytes));
	set_written(1);
	assert_int_equal(papr_log_next(&reader, &vpa, ring, &entry), 1);
	assert_int_equal(entry.dispatch_reason, 1);
	assert_int_equal(entry.preempt_reason, 2);
	assert_int_equal(entry.processor, 0x1234);
	assert_int_equal(entry.enqueued_time, 0x102);
	assert_int_equal(entry.ready_time, 0x304);
	assert_int_equal(entry.waiting_time, 0x506);
	assert_int_equal(entry.time, 0x1112131415161718);
	assert_int_equal(entry.fault_address, 0x2122232425262728);
	assert_int_equal(entry.srr0, 0x3132333435363738);
	assert_int_equal(entry.srr1, 0x4142434445464748);
	expect_none();
}

static void test_empty_and_one_by_one(void **state)
{
	(void)state;
	expect_none();
	for (uint64_t i = 0; i < 3 * PAPR_LOG_ENTRIES; i++) {
		hypervisor_logs(1);
		assert_int_equal(expect_one(), i);
		expect_none();
	}
	assert_int_equal(reader.lost, 0);
}

/* Round the ring's end. */
static void test_wrap(void **state)
{
	(void)state;
	hypervisor_logs(PAPR_LOG_ENTRIES - 10);
	for (uint64_t i = 0; i < PAPR_LOG_ENTRIES - 10; i++)
		assert_int_equal(expect_one(), i);
	hypervisor_logs(30);
	for (uint64_t i = 0; i < 30; i++)
		assert_int_equal(expect_one(), PAPR_LOG_ENTRIES - 10 + i);
	expect_none();
	assert_int_equal(reader.lost, 0);
}

/* The oldest of a full ring is the one that is being written over: it is not read. */
static void test_overflow(void **state)
{
	(void)state;
	hypervisor_logs(PAPR_LOG_ENTRIES - 1);
	assert_int_equal(expect_one(), 0);
	hypervisor_logs(1000);
	/* PAPR_LOG_ENTRIES - 1 of 84 + 1,000 are left. */
	assert_int_equal(expect_one(), 1000);
	assert_int_equal(reader.lost, 999);
	for (uint64_t i = 1; i < PAPR_LOG_ENTRIES - 1; i++)
		assert_int_equal(expect_one(), 1000 + i);
	expect_none();
	assert_int_equal(reader.lost, 999);
	hypervisor_logs(PAPR_LOG_ENTRIES);
	assert_int_equal(expect_one(), 1000 + PAPR_LOG_ENTRIES);
	assert_int_equal(reader.lost, 1000);
}

/* Registered anew, or wrong: begun again from there. */
static void test_backwards(void **state)
{
	(void)state;
	hypervisor_logs(20);
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(expect_one(), i);
	set_written(5);
	expect_none();
	assert_int_equal(reader.lost, 1);
	hypervisor_logs(2);
	assert_int_equal(expect_one(), 5);
	assert_int_equal(expect_one(), 6);
	expect_none();
}

static void test_any_index(void **state)
{
	static const uint64_t indexes[] = { UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 63, 0, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		struct papr_log_entry entry;
		uint32_t count = 0;

		set_written(indexes[i]);
		while (papr_log_next(&reader, &vpa, ring, &entry))
			assert_true(++count < PAPR_LOG_ENTRIES);
		assert_int_equal(reader.next, indexes[i]);
	}
}

/* Begun in the middle: what was there before is somebody else's. */
static void test_begin(void **state)
{
	(void)state;
	hypervisor_logs(50);
	papr_log_begin(&reader, &vpa);
	expect_none();
	hypervisor_logs(1);
	assert_int_equal(expect_one(), 50);
	assert_int_equal(reader.lost, 0);
}

/* The ring on a page of its own, which the hypervisor goes on writing as soon as the reader looks at it. */
#define PAGE 4096u
static struct papr_log_entry *page_ring;
static uint32_t logs_when_looked_at;

static void looked_at(int signal_number)
{
	(void)signal_number;
	if (mprotect(page_ring, PAGE, PROT_READ | PROT_WRITE))
		abort();
	for (uint32_t i = 0; i < logs_when_looked_at; i++) {
		page_ring[written() % PAPR_LOG_ENTRIES].time = __builtin_bswap64(written());
		set_written(written() + 1);
	}
}

static void expect_while_it_is_written(uint32_t logs, uint64_t time, uint64_t lost)
{
	struct papr_log_entry entry;

	begin(NULL);
	set_written(10);
	for (uint64_t i = 0; i < 10; i++)
		page_ring[i].time = __builtin_bswap64(i);
	logs_when_looked_at = logs;
	assert_int_equal(mprotect(page_ring, PAGE, PROT_NONE), 0);
	assert_int_equal(papr_log_next(&reader, &vpa, page_ring, &entry), 1);
	assert_int_equal(entry.time, time);
	assert_int_equal(reader.lost, lost);
}

/* What may have been written over while it was copied is not returned, but what is there then. */
static void test_while_it_is_written(void **state)
{
	void (*before)(int) = signal(SIGSEGV, looked_at);

	(void)state;
	page_ring = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(page_ring, MAP_FAILED);
	/* The last that leaves entry 0 alone, the first that may not, a round, and more. */
	expect_while_it_is_written(PAPR_LOG_ENTRIES - 11, 0, 0);
	expect_while_it_is_written(PAPR_LOG_ENTRIES - 10, 1, 1);
	expect_while_it_is_written(PAPR_LOG_ENTRIES, 11, 11);
	expect_while_it_is_written(1000, 1010 - (PAPR_LOG_ENTRIES - 1),
				   1010 - (PAPR_LOG_ENTRIES - 1));
	signal(SIGSEGV, before);
	munmap(page_ring, PAGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(test_fields),    TEST(test_empty_and_one_by_one),
		TEST(test_wrap),      TEST(test_overflow),
		TEST(test_backwards), TEST(test_any_index),
		TEST(test_begin),     TEST(test_while_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

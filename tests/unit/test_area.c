// SPDX-License-Identifier: MIT
/*
 * vCPU areas through the life of CPUs, with a hypervisor that is strict, remembers what it holds and
 * writes to it: order, packing, what is kept and found again, failures at every call, the region,
 * adoption, crash and handover.
 */
#include "mock_areas.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS 6

static uint64_t free_at_begin;

static int begin_with(uint32_t cpus, uint64_t ram)
{
	mock_areas_begin(cpus, ram);
	free_at_begin = mem_free_total();
	return areas_begin(&mock_table);
}

static int begin(void **state)
{
	(void)state;
	return begin_with(CPUS, HOST_MEMORY_SIZE / 2);
}

static const cpu_t cpu_0 = { 0 }, cpu_3 = { 3 };

static void up(uint32_t cpu)
{
	assert_int_equal(areas_prepare(cpu_from_number(cpu)), 0);
	assert_int_equal(mock_online(cpu), 0);
}

static void down(uint32_t cpu)
{
	mock_offline(cpu);
	areas_prepare_undo(cpu_from_number(cpu));
}

static void nothing_broken(void)
{
	if (hypervisor.broken)
		fail_msg("%u broken; the first: %s", hypervisor.broken, hypervisor.why);
}

static void test_life_of_a_cpu(void **state)
{
	(void)state;
	assert_int_equal(areas_prepare(cpu_3), 0);
	assert_string_equal(hypervisor.order, "+info3 +clock3 +control3");
	assert_int_equal(area_info(cpu_3, MOCK_VPA).state, AREA_MADE);
	assert_int_equal(area_info(cpu_3, MOCK_GIVEN).state, AREA_NONE);
	/* The boot CPU may fill in what it has registered for a CPU that is down. */
	assert_ptr_equal(area_ptr(cpu_3, MOCK_INFO),
			 machine_get()->direct(area_info(cpu_3, MOCK_INFO).physical));

	assert_int_equal(mock_online(3), 0);
	assert_string_equal(hypervisor.order, "+info3 +clock3 +control3 "
					      "+vpa3 +slb-shadow3 +dtl3 +steal3");
	for (size_t i = 0; i < MOCK_KINDS; i++) {
		assert_int_equal(area_info(cpu_3, i).state, AREA_SHARED);
		assert_ptr_equal(area_ptr(cpu_3, i), area_ptr_or_poison(cpu_3, i));
	}
	assert_int_equal(area_info(cpu_3, MOCK_GIVEN).physical, hypervisor.given_at + 3 * 64);

	hypervisor.order[0] = '\0';
	mock_offline(3);
	assert_string_equal(hypervisor.order, "-dtl3 -slb-shadow3 -vpa3");
	areas_prepare_undo(cpu_3);
	assert_string_equal(hypervisor.order, "-dtl3 -slb-shadow3 -vpa3 -clock3");
	for (size_t i = 0; i < MOCK_KINDS; i++) {
		bool kept = i == MOCK_INFO || i == MOCK_CONTROL || i == MOCK_STEAL;

		assert_int_equal(area_info(cpu_3, i).state, kept ? AREA_KEPT : AREA_NONE);
	}
	nothing_broken();
}

static void test_found_again_without_registering(void **state)
{
	struct area_info before[MOCK_KINDS];

	(void)state;
	up(3);
	for (size_t i = 0; i < MOCK_KINDS; i++)
		before[i] = area_info(cpu_3, i);
	for (int round = 0; round < 50; round++) {
		down(3);
		mock_scribble();
		hypervisor.order[0] = '\0';
		up(3);
		assert_string_equal(hypervisor.order, "+clock3 +vpa3 +slb-shadow3 +dtl3");
		assert_int_equal(area_info(cpu_3, MOCK_INFO).physical, before[MOCK_INFO].physical);
		assert_int_equal(area_info(cpu_3, MOCK_CONTROL).physical,
				 before[MOCK_CONTROL].physical);
		assert_int_equal(area_info(cpu_3, MOCK_STEAL).physical,
				 before[MOCK_STEAL].physical);
		/* What the hypervisor wrote into it while the CPU was away is there. */
		assert_int_equal(*(unsigned char *)area_ptr(cpu_3, MOCK_STEAL),
				 hypervisor.noise >> 24 | 1);
	}
	nothing_broken();
}

/* Held between ONLINE and PREPARE: what the boot CPU registered comes back without it. */
static void test_held_and_resumed(void **state)
{
	(void)state;
	up(3);
	mock_offline(3);
	assert_int_equal(area_info(cpu_3, MOCK_CLOCK).state, AREA_KEPT);
	assert_true(hypervisor.holds[3][MOCK_CLOCK].held);
	assert_int_equal(mock_online(3), 0);
	for (size_t i = 0; i < MOCK_KINDS; i++)
		(void)area_ptr(cpu_3, i);
	nothing_broken();
}

static void test_poison(void **state)
{
	char expected[96];

	(void)state;
	for (size_t i = 0; i < MOCK_KINDS; i++) {
		assert_int_equal((uintptr_t)area_ptr_or_poison(cpu_3, i), AREA_POISON);
		snprintf(expected, sizeof(expected), "area %s of CPU 3: it is not in use (none)",
			 mock_kinds[i].name);
		assert_string_equal(host_panic_of((void)area_ptr(cpu_3, i)), expected);
	}
	up(3);
	mock_offline(3);
	for (size_t i = 0; i < MOCK_KINDS; i++) {
		uintptr_t pointer = (uintptr_t)area_ptr_or_poison(cpu_3, i);

		assert_true(host_read_faults(pointer));
		assert_true(host_write_faults(pointer));
		assert_true(host_read_faults(pointer + mock_kinds[i].told - 1));
		assert_non_null(strstr(host_panic_of((void)area_ptr(cpu_3, i)), "of CPU 3"));
		assert_non_null(
			strstr(host_panic_of((void)area_ptr(cpu_3, i)), mock_kinds[i].name));
	}
	assert_non_null(
		strstr(host_panic_of((void)area_ptr(cpu_3, MOCK_KINDS)), "kind 8: there are 8"));
	assert_non_null(strstr(host_panic_of((void)area_ptr(cpu_from_number(CPUS), 0)),
			       "area info of CPU 6: there are 6 CPUs"));
	assert_int_equal((uintptr_t)area_ptr_or_poison(cpu_3, MOCK_KINDS), AREA_POISON);
}

static void test_given_addresses_are_not_believed(void **state)
{
	static const struct {
		uint64_t at;
		const char *rule;
	} bad[] = {
		{ HOST_MEMORY_SIZE / 4, "within our own RAM" },
		{ HOST_MEMORY_SIZE - 0x10000 + 8, "is not aligned" },
		{ 0, "stands for none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hypervisor.given_at = bad[i].at;
		assert_int_equal(areas_prepare(cpu_0), 0);
		mock_play(0);
		assert_int_equal(areas_online(cpu_0), MUSTER_E_INVALID);
		assert_true(host_log_has(bad[i].rule));
		assert_true(host_log_has("area given of CPU 0, vCPU 100"));
		areas_online_undo(cpu_0);
		areas_prepare_undo(cpu_0);
		assert_int_equal((uintptr_t)area_ptr_or_poison(cpu_0, MOCK_GIVEN), AREA_POISON);
		host_log_clear();
	}
	nothing_broken();
}

/* Whatever went wrong before: the hypervisor never hears of an area that breaks its contract. */
static void test_checked_before_the_hypercall(void **state)
{
	static const struct {
		uint64_t at;
		const char *words;
	} bad[] = {
		{ 0x500c00 + 0x200, "at 0x500e00, 1024 bytes told: is not aligned" },
		{ HOST_MEMORY_SIZE - 0x10000, "is not all RAM" },
		{ HOST_MEMORY_SIZE / 2 - 512, "is not aligned" },
		{ UINT64_MAX - 511, "wraps" },
		{ HOST_MEMORY_SIZE, "cannot be reached by an address of ours" },
		{ 0, "address 0 stands for none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct area_record *record;
		uint64_t good;

		assert_int_equal(areas_prepare(cpu_3), 0);
		record = area_record(cpu_3, MOCK_VPA);
		good = record->physical;
		record->physical = bad[i].at;
		hypervisor.calls = 0;
		assert_int_equal(mock_online(3), MUSTER_E_INVALID);
		assert_int_equal(hypervisor.calls, 0);
		assert_true(host_log_has("area vpa of CPU 3, vCPU 103: at "));
		if (!host_log_has(bad[i].words))
			fail_msg("\"%s\" is not in: %s", bad[i].words, host_log());
		record->physical = good;
		areas_prepare_undo(cpu_3);
		host_log_clear();
	}
	nothing_broken();
}

/* Every call that there is fails once, for each CPU, the first time and when the CPU comes again;
 * and nothing is lost and nothing is given away. */
static void test_failure_of_every_call(void **state)
{
	(void)state;
	for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
		for (unsigned int at = 1;; at++) {
			unsigned int calls = hypervisor.calls;
			int error;

			hypervisor.fail_call_at = at;
			error = areas_prepare(cpu_from_number(cpu));
			if (!error) {
				error = mock_online(cpu);
				if (!error)
					mock_offline(cpu);
				areas_prepare_undo(cpu_from_number(cpu));
			}
			mock_scribble();
			nothing_broken();
			for (size_t i = 0; i < MOCK_KINDS; i++) {
				bool held = hypervisor.holds[cpu][i].held;
				struct area_info info = area_info(cpu_from_number(cpu), i);

				assert_int_equal(info.state, held ? AREA_KEPT : AREA_NONE);
				if (held)
					assert_int_equal(info.physical,
							 hypervisor.holds[cpu][i].physical);
			}
			if (hypervisor.fail_call_at)
				break; /* there are no more calls */
			assert_true(hypervisor.calls > calls);
		}
		hypervisor.fail_call_at = 0;
		up(cpu);
		down(cpu);
		nothing_broken();
	}
}

/* The hypervisor does not give back what rests on another: that is not even asked for. */
static void test_what_rests_on_it_stays(void **state)
{
	(void)state;
	up(3);
	hypervisor.order[0] = '\0';
	hypervisor.fail_call_at = 2; /* the shadow's detach, behind the log's */
	mock_offline(3);
	assert_string_equal(hypervisor.order, "-dtl3");
	assert_true(host_log_has("area slb-shadow of CPU 3, vCPU 103"));
	assert_true(host_log_has("does not give it back"));
	assert_true(host_log_has("stays: what rests on it does"));
	areas_prepare_undo(cpu_3);
	assert_int_equal(area_info(cpu_3, MOCK_VPA).state, AREA_KEPT);
	assert_int_equal(area_info(cpu_3, MOCK_LOG).state, AREA_NONE);
	up(3);
	assert_string_equal(hypervisor.order, "-dtl3 -clock3 +clock3 +dtl3");
	nothing_broken();
}

static void test_memory_comes_back(void **state)
{
	uint64_t before = mem_free_total(), region, size;
	struct area_usage usage;

	(void)state;
	assert_true(areas_region(&region, &size));
	assert_int_equal(size, 4096);
	for (int round = 0; round < 20; round++) {
		for (uint32_t cpu = 0; cpu < CPUS; cpu++)
			assert_int_equal(areas_prepare(cpu_from_number(cpu)), 0);
		usage = areas_usage();
		assert_true(usage.held > usage.told);
		/* They never came: what was registered by the boot CPU and can be taken back is. */
		for (uint32_t cpu = 0; cpu < CPUS; cpu++)
			areas_prepare_undo(cpu_from_number(cpu));
		usage = areas_usage();
		assert_int_equal(usage.told, CPUS * (64 + 32));
		/* The region, and a page for each CPU's control area. */
		assert_int_equal(usage.held, 4096 + CPUS * 4096);
	}
	/* One page of descriptions was got, and stays. */
	assert_int_equal(before - mem_free_total(), CPUS * 4096 + 4096);
	assert_int_equal(areas_end(), MUSTER_E_BUSY);
	assert_true(host_log_has("the hypervisor holds it: all areas stay"));
	nothing_broken();
}

/* Without what must stay nothing stays. */
static void test_end_gives_everything_back(void **state)
{
	static struct area_kind kinds[3];
	static const struct area_table table = { "mock", kinds, 3, 0 };

	(void)state;
	areas_forget();
	kinds[0] = mock_kinds[MOCK_CLOCK];
	kinds[1] = mock_kinds[MOCK_VPA];
	kinds[2] = mock_kinds[MOCK_LOG];
	kinds[1].attach = kinds[2].attach = kinds[0].attach = mock_attach;
	mock_areas_begin(CPUS, HOST_MEMORY_SIZE / 2);
	free_at_begin = mem_free_total();
	assert_int_equal(areas_begin(&table), 0);
	assert_int_equal(areas_begin(&table), MUSTER_E_EXISTS);
	assert_int_equal(areas_end(), 0);
	assert_int_equal(mem_free_total(), free_at_begin);
	assert_int_equal(areas_end(), 0);
	assert_int_equal(areas_prepare(cpu_3), MUSTER_E_ORDER);
	assert_int_equal(areas_online(cpu_3), MUSTER_E_ORDER);
	areas_online_undo(cpu_3);
	areas_prepare_undo(cpu_3);
}

static void test_nodes(void **state)
{
	const struct memory_range *range;

	(void)state;
	for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
		up(cpu);
		for (size_t i = 0; i < MOCK_GIVEN; i++) {
			uint64_t at = area_info(cpu_from_number(cpu), i).physical;

			for (size_t n = 0; (range = mem_at(n)); n++)
				if (at - range->base < range->size && i != MOCK_INFO) {
					assert_int_equal(range->node, cpu % MOCK_NODES);
					assert_string_equal(range->owner, AREA_OWNER);
				}
		}
	}
	nothing_broken();
}

/* Areas of one node share pages; those that want whole pages share with nobody. */
static void test_packing(void **state)
{
	static struct area_kind kinds[3];
	static const struct area_table table = { "mock", kinds, 3, 0 };
	struct area_usage usage;

	(void)state;
	areas_forget();
	mock_areas_begin(MOCK_CPUS, HOST_MEMORY_SIZE / 2);
	/* What a Xen PV guest registers: 64, 48 and 32 bytes, of which 64 are taken each. */
	for (size_t i = 0; i < 3; i++) {
		kinds[i] = mock_kinds[MOCK_CLOCK];
		kinds[i].attach = mock_attach;
	}
	kinds[0].name = "first";
	kinds[2].name = "third";
	kinds[0].size = kinds[0].told = 64;
	kinds[2].size = kinds[2].told = 32;
	assert_int_equal(areas_begin(&table), 0);
	for (size_t i = 0; i < 3; i++)
		kinds[i].where = WHERE_ONLINE; /* made, and never registered */
	for (uint32_t cpu = 0; cpu < MOCK_CPUS; cpu++)
		assert_int_equal(areas_prepare(cpu_from_number(cpu)), 0);
	usage = areas_usage();
	assert_int_equal(usage.told, MOCK_CPUS * 144);
	/* 36 pieces of 64 bytes on each node. */
	assert_int_equal(usage.held, MOCK_NODES * 4096);
	print_message("areas of 64, 48 and 32 bytes: %llu bytes a CPU; a page each: %u\n",
		      (unsigned long long)usage.held / MOCK_CPUS, 3 * 4096);
	nothing_broken();
}

static void test_region(void **state)
{
	uint64_t base, size;

	(void)state;
	assert_true(areas_region(&base, &size));
	assert_int_equal(mem_owned_by(AREA_REGION_OWNER), size);
	for (uint32_t cpu = CPUS; cpu--;)
		up(cpu);
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		assert_int_equal(area_info(cpu_from_number(cpu), MOCK_INFO).physical,
				 base + cpu * 64);
	nothing_broken();
}

static void test_adopted(void **state)
{
	const uint64_t old = UINT64_C(0x500000);

	(void)state;
	hypervisor.holds[3][MOCK_INFO] = (struct mock_hold){ true, old + 64, 1 };
	hypervisor.holds[4][MOCK_INFO] = (struct mock_hold){ true, old + 128, 1 };
	assert_int_equal(area_adopt(cpu_3, MOCK_INFO, old + 8), MUSTER_E_INVALID);
	assert_int_equal(area_adopt(cpu_3, MOCK_INFO, HOST_MEMORY_SIZE - 0x10000),
			 MUSTER_E_INVALID);
	assert_true(host_log_has("is not all RAM"));
	assert_int_equal(area_adopt(cpu_3, MOCK_INFO, HOST_BOOT_AREA), MUSTER_E_EXISTS);
	assert_int_equal(area_adopt(cpu_3, MOCK_CLOCK, old), MUSTER_E_INVALID);
	assert_int_equal(area_adopt(cpu_from_number(CPUS), MOCK_INFO, old), MUSTER_E_INVALID);
	assert_int_equal(area_adopt(cpu_3, MOCK_KINDS, old), MUSTER_E_INVALID);
	assert_int_equal(area_adopt(cpu_3, MOCK_INFO, old + 64), 0);
	assert_int_equal(area_adopt(cpu_3, MOCK_INFO, old + 64), MUSTER_E_EXISTS);
	assert_int_equal(area_adopt(cpu_from_number(4), MOCK_INFO, old + 64), MUSTER_E_EXISTS);
	assert_int_equal(area_adopt(cpu_from_number(4), MOCK_INFO, old + 128), 0);
	assert_int_equal(mem_owned_by("vcpu area adopted"), 4096);
	up(3);
	up(4);
	assert_ptr_equal(area_ptr(cpu_3, MOCK_INFO), machine_get()->direct(old + 64));
	down(3);
	up(3);
	assert_int_equal(hypervisor.holds[3][MOCK_INFO].attaches, 1);
	nothing_broken();
}

static void test_crash(void **state)
{
	(void)state;
	up(0);
	up(3);
	up(4);
	down(4);
	host_log_clear();
	hypervisor.order[0] = '\0';
	/* Of three CPUs: info, control, vpa, shadow, log of two, what CPU 4 left; steal of the other. */
	assert_int_equal(areas_crash(cpu_3), 5 + 5 + 3 + 1);
	assert_string_equal(hypervisor.order, "!clock0 !steal3 !clock3");
	assert_string_equal(host_log(), "");
	assert_int_equal((uintptr_t)area_ptr_or_poison(cpu_3, MOCK_STEAL), AREA_POISON);
	assert_true((uintptr_t)area_ptr_or_poison(cpu_3, MOCK_VPA) != AREA_POISON);
	nothing_broken();
	areas_forget();
	assert_int_equal(areas_crash(cpu_3), 0);
}

static void test_whole_guest(void **state)
{
	uint64_t held;

	(void)state;
	up(0);
	up(3);
	down(3);
	held = areas_usage().held;
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		hypervisor.holds[cpu][MOCK_CONTROL].held = false;
	areas_whole_guest_undone();
	assert_int_equal(area_info(cpu_3, MOCK_CONTROL).state, AREA_NONE);
	assert_int_equal(area_info(cpu_0, MOCK_CONTROL).state, AREA_MADE);
	assert_int_equal(areas_usage().held, held - 4096);
	assert_int_equal((uintptr_t)area_ptr_or_poison(cpu_0, MOCK_CONTROL), AREA_POISON);
	assert_int_equal(area_info(cpu_0, MOCK_INFO).state, AREA_SHARED);
	up(3);
	assert_int_equal(hypervisor.holds[3][MOCK_CONTROL].attaches, 2);
	nothing_broken();
}

static void test_no_memory(void **state)
{
	uint64_t before;

	(void)state;
	while (mem_alloc(4096, 4096, .owner = "everything"))
		;
	before = mem_free_total();
	host_log_clear();
	assert_int_equal(areas_prepare(cpu_3), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("area clock of CPU 3, vCPU 103"));
	assert_true(host_log_has("no memory for it"));
	assert_int_equal(mem_free_total(), before);
	assert_int_equal(hypervisor.calls, 0);
	for (size_t i = 0; i < MOCK_KINDS; i++)
		assert_int_equal(area_info(cpu_3, i).state, AREA_NONE);
}

static void test_bad_tables(void **state)
{
	static const struct area_table empty = { "mock", mock_kinds, 0, 0 };

	(void)state;
	areas_forget();
	mock_areas_begin(CPUS, HOST_MEMORY_SIZE / 2);
	free_at_begin = mem_free_total();
	assert_int_equal(areas_begin(&empty), MUSTER_E_INVALID);
	assert_true(host_log_has("platform mock: area (all): there are no kinds"));
	assert_null(area_table_current());
	while (mem_alloc(4096, 4096, .owner = "everything"))
		;
	assert_int_equal(areas_begin(&mock_table), MUSTER_E_NO_MEMORY);
	assert_null(area_table_current());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, mock_areas_end)
	const struct CMUnitTest tests[] = {
		TEST(test_life_of_a_cpu),
		TEST(test_found_again_without_registering),
		TEST(test_held_and_resumed),
		TEST(test_poison),
		TEST(test_given_addresses_are_not_believed),
		TEST(test_checked_before_the_hypercall),
		TEST(test_failure_of_every_call),
		TEST(test_what_rests_on_it_stays),
		TEST(test_memory_comes_back),
		TEST(test_end_gives_everything_back),
		TEST(test_nodes),
		TEST(test_packing),
		TEST(test_region),
		TEST(test_adopted),
		TEST(test_crash),
		TEST(test_whole_guest),
		TEST(test_no_memory),
		TEST(test_bad_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

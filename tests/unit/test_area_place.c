// SPDX-License-Identifier: MIT
/*
 * Where areas are put, for kinds of any size, alignment and boundary that a table may have: a few
 * hundred tables at random. Every area keeps its row, none has a byte of another's, those that share
 * with nobody have their pages alone, and all memory comes back.
 */
#include "mock_areas.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TABLES 300
#define CPUS   20

static struct area_kind kinds[AREA_KINDS_MAX];
static struct area_table table;
static uint64_t random_state = 7;
static char names[AREA_KINDS_MAX][8];

struct span {
	uint64_t first, last; /* whole pages, for those that want them */
	size_t kind;
};

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)((random_state >> 33) % limit);
}

static int accept(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical)
{
	uint64_t last = physical + kind->told - 1;

	if (physical % kind->align ||
	    (kind->no_cross && physical / kind->no_cross != last / kind->no_cross) ||
	    (kind->whole_pages && physical % 4096) || machine_get()->direct(physical) != pointer)
		fail_msg("area %s of CPU %u at %#llx: %u bytes, align %u, no_cross %u", kind->name,
			 cpu.number, (unsigned long long)physical, kind->told, kind->align,
			 kind->no_cross);
	return 0;
}

static int give_back(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical)
{
	(void)cpu;
	(void)kind;
	(void)pointer;
	(void)physical;
	return 0;
}

static void random_kind(size_t i, bool once_only)
{
	struct area_kind *kind = &kinds[i];

	snprintf(names[i], sizeof(names[i]), "k%zu", i);
	*kind = (struct area_kind){ .name = names[i], .where = WHERE_PREPARE, .attach = accept };
	kind->told = 1 + (random_below(3) ? random_below(700) : random_below(9000));
	kind->size = 1 + random_below(kind->told);
	kind->align = 1u << random_below(14);
	kind->whole_pages = random_below(5) == 0;
	if (random_below(2))
		for (kind->no_cross = 1; kind->no_cross < kind->told;)
			kind->no_cross *= 2;
	if (kind->no_cross && random_below(2))
		kind->no_cross *= 1u << random_below(5);
	kind->once_only = once_only && random_below(2);
	kind->undo_kind = kind->once_only ? UNDO_NONE : UNDO_STEP;
	kind->detach = kind->once_only ? NULL : give_back;
}

static int compare_spans(const void *a, const void *b)
{
	uint64_t first = ((const struct span *)a)->first, second = ((const struct span *)b)->first;

	return first < second ? -1 : first > second;
}

static void check_spans(void)
{
	static struct span spans[CPUS * AREA_KINDS_MAX];
	uint64_t region, region_size;
	size_t count = 0;

	(void)areas_region(&region, &region_size);
	for_each_cpu (cpu) {
		for (size_t i = 0; i < table.count; i++) {
			struct area_info info = area_info(cpu, i);
			struct span span = { info.physical, info.physical + kinds[i].told - 1, i };
			bool inside = span.first - region < region_size &&
				      span.last - region < region_size;

			if (info.state == AREA_NONE)
				continue;
			assert_int_equal(inside, kinds[i].once_only);
			if (kinds[i].whole_pages)
				span.last |= 4095;
			spans[count++] = span;
		}
	}
	qsort(spans, count, sizeof(spans[0]), compare_spans);
	for (size_t i = 1; i < count; i++)
		if (spans[i].first <= spans[i - 1].last)
			fail_msg("%s at %#llx and %s", names[spans[i].kind],
				 (unsigned long long)spans[i].first, names[spans[i - 1].kind]);
}

static void one_table(bool once_only)
{
	char message[160];
	uint64_t before;

	mock_areas_begin(CPUS, HOST_MEMORY_SIZE / 2);
	before = mem_free_total();
	table = (struct area_table){ "random", kinds, 1 + random_below(6), 0 };
	for (size_t i = 0; i < table.count; i++)
		random_kind(i, once_only);
	if (areas_check(&table, message, sizeof(message)))
		fail_msg("%s", message);
	assert_int_equal(areas_begin(&table), 0);
	for_each_cpu (cpu)
		assert_int_equal(areas_prepare(cpu), 0);
	check_spans();
	/* Some go and come, so that holes are filled. */
	for (int i = 0; i < 60; i++) {
		cpu_t cpu = cpu_from_number(random_below(CPUS));

		areas_prepare_undo(cpu);
		if (random_below(3))
			assert_int_equal(areas_prepare(cpu), 0);
		check_spans();
	}
	for_each_cpu (cpu)
		areas_prepare_undo(cpu);
	if (!once_only) {
		assert_int_equal(areas_end(), 0);
		assert_int_equal(mem_free_total(), before);
	}
	areas_forget();
}

static void test_any_kinds(void **state)
{
	(void)state;
	for (int i = 0; i < TABLES; i++)
		one_table(false);
}

static void test_any_kinds_once_only(void **state)
{
	(void)state;
	for (int i = 0; i < TABLES; i++)
		one_table(true);
}

/* Many more CPUs than a page has room for: the pages follow each other, and the work for each stays
 * small. What is held is what is told, but for the last page of each node. */
static void test_thousand_cpus(void **state)
{
	struct area_usage usage;

	(void)state;
	mock_areas_begin(1000, HOST_MEMORY_SIZE / 2);
	kinds[0] = (struct area_kind){ .name = "k0",
				       .size = 640,
				       .told = 1024,
				       .align = 1024,
				       .no_cross = 4096,
				       .where = WHERE_PREPARE,
				       .undo_kind = UNDO_STEP,
				       .attach = accept,
				       .detach = give_back };
	kinds[1] = kinds[0];
	kinds[1].name = "k1";
	kinds[1].size = kinds[1].told = kinds[1].align = 64;
	table = (struct area_table){ "random", kinds, 2, 0 };
	assert_int_equal(areas_begin(&table), 0);
	for_each_cpu (cpu)
		assert_int_equal(areas_prepare(cpu), 0);
	usage = areas_usage();
	assert_int_equal(usage.told, 1000 * (1024 + 64));
	print_message("1,024 and 64 bytes told: %llu bytes a CPU of 1,000; a page each: 8192\n",
		      (unsigned long long)usage.held / 1000);
	assert_true(usage.held <= usage.told + 2ull * MOCK_NODES * 4096);
	for_each_cpu (cpu)
		areas_prepare_undo(cpu);
	assert_int_equal(areas_usage().held, 0);
	areas_forget();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, mock_areas_end)
	const struct CMUnitTest tests[] = {
		TEST(test_any_kinds),
		TEST(test_any_kinds_once_only),
		TEST(test_thousand_cpus),
	};

	(void)mock_table;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

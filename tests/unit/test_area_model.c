// SPDX-License-Identifier: MIT
/*
 * Random lives of CPUs and their areas, tens of thousands of operations, with calls that fail and
 * memory that runs out; the hypervisor writes to all that it holds after each. What must be true at
 * any time is checked then: what core says is held is what the hypervisor holds, no two areas have a
 * byte in common, their memory is nobody else's, and other people's memory is as they left it.
 */
#include "mock_areas.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define OPERATIONS 40000
#define BYSTANDERS 48

enum phase {
	DOWN,
	PREPARED,
	UP,
};

struct bystander {
	uint64_t physical;
	uint32_t size;
	unsigned char fill;
};

static uint64_t random_state;
static enum phase phases[MOCK_CPUS];
static bool doubt[MOCK_CPUS][MOCK_KINDS]; /* a detach was refused: it stays though it need not */
static struct bystander bystanders[BYSTANDERS];
static uint32_t cpus;
static unsigned int done_ups, done_downs, refused;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)((random_state >> 33) % limit);
}

/* Other memory comes and goes, so that what areas give back too early is somebody else's soon. */
static void move_bystander(void)
{
	struct bystander *one = &bystanders[random_below(BYSTANDERS)];

	if (one->physical) {
		assert_int_equal(mem_free(one->physical, one->size), 0);
		one->physical = 0;
		return;
	}
	one->size = 4096u << random_below(3);
	one->physical = mem_alloc(one->size, 4096, .owner = "bystander");
	one->fill = (unsigned char)random_below(256);
	if (one->physical)
		memset(machine_get()->direct(one->physical), one->fill, one->size);
}

static void check_bystanders(void)
{
	for (size_t i = 0; i < BYSTANDERS; i++) {
		const unsigned char *bytes;

		if (!bystanders[i].physical)
			continue;
		bytes = machine_get()->direct(bystanders[i].physical);
		/* All bytes are alike: the first, and each like the one before. */
		if (bytes[0] != bystanders[i].fill ||
		    memcmp(bytes, bytes + 1, bystanders[i].size - 1))
			fail_msg("bystander %zu was written to", i);
	}
}

/* Each 64-byte piece of RAM has at most one area, in memory that is theirs. */
static void check_memory(void)
{
	static unsigned char taken[HOST_MEMORY_SIZE / 64];
	uint64_t touched[MOCK_CPUS * MOCK_KINDS * 64];
	size_t count = 0;

	for_each_cpu (cpu) {
		for (size_t i = 0; i < MOCK_GIVEN; i++) {
			struct area_info info = area_info(cpu, i);

			if (info.state == AREA_NONE)
				continue;
			for (uint64_t at = info.physical & ~UINT64_C(63);
			     at < info.physical + mock_kinds[i].told; at += 64) {
				if (taken[at / 64]++)
					fail_msg("two areas at %#llx", (unsigned long long)at);
				touched[count++] = at / 64;
			}
		}
	}
	while (count)
		taken[touched[--count]] = 0;
}

static void check_owner(uint64_t at, size_t kind)
{
	const char *wanted = mock_kinds[kind].once_only ? AREA_REGION_OWNER : AREA_OWNER;
	const struct memory_range *range;

	for (size_t n = 0; (range = mem_at(n)); n++)
		if (at - range->base < range->size) {
			if (!range->owner || strcmp(range->owner, wanted))
				fail_msg("area in memory of %s",
					 range->owner ? range->owner : "nobody");
			return;
		}
	fail_msg("area in no memory");
}

static void check_area(cpu_t cpu, size_t i)
{
	const struct mock_hold *hold = &hypervisor.holds[cpu.number][i];
	struct area_info info = area_info(cpu, i);
	enum phase phase = phases[cpu.number];
	bool in_use = phase == UP || (phase == PREPARED && mock_kinds[i].where == WHERE_PREPARE);
	bool stays = mock_kinds[i].undo_kind != UNDO_STEP || doubt[cpu.number][i];
	uintptr_t pointer = (uintptr_t)area_ptr_or_poison(cpu, i);

	if (i != MOCK_GIVEN) {
		bool held = info.state == AREA_SHARED || info.state == AREA_KEPT;

		assert_int_equal(held, hold->held);
		if (held)
			assert_int_equal(info.physical, hold->physical);
		if (phase == DOWN && held)
			assert_true(stays);
		if (phase == DOWN)
			assert_int_not_equal(info.state, AREA_MADE);
		if (info.state != AREA_NONE)
			check_owner(info.physical, i);
	}
	assert_int_equal(info.state == AREA_SHARED, in_use);
	if (in_use)
		assert_ptr_equal((void *)pointer, machine_get()->direct(info.physical));
	else
		assert_int_equal(pointer, AREA_POISON);
	assert_true(!mock_kinds[i].once_only || hold->attaches <= 1);
}

static void check(void)
{
	if (hypervisor.broken)
		fail_msg("%s", hypervisor.why);
	for_each_cpu (cpu)
		for (size_t i = 0; i < MOCK_KINDS; i++)
			check_area(cpu, i);
	check_memory();
}

/* What is held though it can be taken back, is since a refusal; until it is asked for again. */
static void note_doubt(uint32_t cpu, bool failures)
{
	for (size_t i = 0; i < MOCK_KINDS; i++) {
		bool again = phases[cpu] == UP ||
			     (phases[cpu] == PREPARED && mock_kinds[i].where == WHERE_PREPARE);
		bool stays = hypervisor.holds[cpu][i].held &&
			     mock_kinds[i].undo_kind == UNDO_STEP && !again;

		assert_true(!stays || doubt[cpu][i] || failures);
		doubt[cpu][i] = stays;
	}
}

static void step_up(uint32_t cpu)
{
	int error;

	if (phases[cpu] == DOWN) {
		error = areas_prepare(cpu_from_number(cpu));
		phases[cpu] = error ? DOWN : PREPARED;
	} else {
		error = mock_online(cpu);
		if (!error) {
			phases[cpu] = UP;
			done_ups++;
			return;
		}
		/* The runner: what PREPARE did is undone too, or the CPU comes again. */
		areas_prepare_undo(cpu_from_number(cpu));
		phases[cpu] = DOWN;
	}
	refused += error != 0;
}

static void step_down(uint32_t cpu)
{
	if (phases[cpu] == UP)
		mock_offline(cpu);
	if (phases[cpu] == UP && random_below(4) == 0) {
		/* Held: the boot CPU keeps what it did, and the CPU goes on. */
		if (mock_online(cpu) == 0)
			return;
	}
	areas_prepare_undo(cpu_from_number(cpu));
	phases[cpu] = DOWN;
	done_downs++;
}

static void whole_guest(void)
{
	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		if (phases[cpu] != DOWN)
			return;
	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		hypervisor.holds[cpu][MOCK_CONTROL].held = false;
	areas_whole_guest_undone();
}

static void operation(void)
{
	uint32_t cpu = random_below(cpus);
	bool fails = random_below(6) == 0;
	enum phase before = phases[cpu];

	hypervisor.fail_call_at = fails ? 1 + random_below(9) : 0;
	switch (random_below(8)) {
	case 0:
	case 1:
	case 2:
		if (before != UP)
			step_up(cpu);
		break;
	case 3:
	case 4:
		if (before != DOWN)
			step_down(cpu);
		break;
	case 5:
		whole_guest();
		break;
	default:
		move_bystander();
	}
	hypervisor.fail_call_at = 0;
	note_doubt(cpu, fails);
}

static void run(uint32_t count, uint64_t leave_free, uint64_t seed)
{
	cpus = count;
	random_state = seed;
	memset(phases, 0, sizeof(phases));
	memset(doubt, 0, sizeof(doubt));
	memset(bystanders, 0, sizeof(bystanders));
	done_ups = done_downs = refused = 0;
	mock_areas_begin(count, UINT64_C(8) << 20);
	while (mem_free_total() > leave_free)
		assert_true(mem_alloc(4096, 4096, .owner = "others"));
	assert_int_equal(areas_begin(&mock_table), 0);
	for (int i = 0; i < OPERATIONS; i++) {
		operation();
		mock_scribble();
		check();
		if (i % 4 == 0)
			check_bystanders();
		host_log_clear();
	}
	check_bystanders();
	print_message("%u CPUs: %u times up, %u down, %u refused\n", count, done_ups, done_downs,
		      refused);
	assert_true(done_ups > 500 && done_downs > 500 && refused > 100);
}

static void test_few_cpus(void **state)
{
	(void)state;
	run(3, UINT64_MAX, 1);
}

static void test_many_cpus(void **state)
{
	(void)state;
	run(MOCK_CPUS, UINT64_MAX, 2);
}

/* RAM for hardly anything: mem_alloc() itself fails all the time. */
static void test_little_memory(void **state)
{
	(void)state;
	run(MOCK_CPUS, 300 << 10, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, mock_areas_end)
	const struct CMUnitTest tests[] = {
		TEST(test_few_cpus),
		TEST(test_many_cpus),
		TEST(test_little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

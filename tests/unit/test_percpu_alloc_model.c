// SPDX-License-Identifier: MIT
/*
 * Dynamic per-CPU memory against a model: tens of thousands of random operations, with CPUs that
 * come and go, memory that runs out, mappings that fail, and handles that are stale or invented.
 * The model knows for each four bytes of the units whose they are, and so also when a refusal is
 * right: only when no gap is large enough, or when a failure was ordered.
 */
#include "percpu_guest.h"

#define OPERATIONS 10000
#define LIVE_MAX   3000
#define STRIDE_MAX (UINT64_C(256) << 10)
#define GRAINS_MAX (STRIDE_MAX / PERCPU_GRANULE)

struct live {
	struct percpu_handle handle;
	uint32_t size;
	uint32_t id;
};

static struct live live[LIVE_MAX];
static uint32_t live_count, next_id, cpus;
static uint8_t taken[GRAINS_MAX];
static uint32_t stride, room_size; /* bytes of a window, and of all that one unit can have */
static struct percpu_handle stale;
static uint64_t random_state;
/* What happened, so that a run in which something never happens is noticed. */
static struct {
	uint32_t taken, freed, full, failed, added, not_added, removed, trimmed, refused;
} seen;

static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % limit;
}

static uint8_t pattern(uint32_t id, uint32_t cpu, uint32_t byte)
{
	return (uint8_t)((id * 31 + cpu * 7 + byte) | 1);
}

static void fill(const struct live *one, cpu_t cpu)
{
	uint8_t *bytes = percpu_at(one->handle, cpu);

	for (uint32_t i = 0; i < one->size; i++) {
		assert_int_equal(bytes[i], 0);
		bytes[i] = pattern(one->id, cpu.number, i);
	}
}

static void check_content(const struct live *one, cpu_t cpu)
{
	const uint8_t *bytes = percpu_at(one->handle, cpu);

	assert_ptr_equal(bytes, percpu_unit(cpu) + one->handle.offset);
	for (uint32_t i = 0; i < one->size; i++)
		if (bytes[i] != pattern(one->id, cpu.number, i))
			fail_msg("CPU %u: byte %u of the allocation at %#x", cpu.number, i,
				 (unsigned int)one->handle.offset);
}

static void check_all(void)
{
	for (uint32_t i = 0; i < live_count; i++)
		for_each_cpu (cpu)
			if (percpu_unit(cpu))
				check_content(&live[i], cpu);
	percpu_guest_check();
}

/* Offsets without the other CPUs' windows between them, worked out from what a handle is. */
static uint32_t linear(uintptr_t offset)
{
	uint64_t pitch = (uint64_t)stride * cpus;

	if (offset < stride / 2)
		return (uint32_t)offset;
	assert_true(offset >= pitch && offset % pitch < stride);
	return (uint32_t)(stride / 2 + (offset / pitch - 1) * stride + offset % pitch);
}

static void mark(const struct live *one, uint8_t now)
{
	for (uint32_t i = 0; i < one->size; i += PERCPU_GRANULE) {
		uint8_t *grain = &taken[linear(one->handle.offset + i) / PERCPU_GRANULE];

		assert_int_equal(*grain, !now);
		*grain = now;
	}
}

/* Is there a gap in which it would have to fit? */
static bool fits_somewhere(uint32_t size, uint32_t align)
{
	uint32_t grains = (size + PERCPU_GRANULE - 1) / PERCPU_GRANULE;
	uint32_t run = 0;

	for (uint32_t i = room_size / PERCPU_GRANULE;
	     i-- > percpu_image_size() / PERCPU_GRANULE + 1;) {
		/* Nothing lies in two windows. */
		if (((i + 1) * PERCPU_GRANULE + stride / 2) % stride == 0)
			run = 0;
		run = taken[i] ? 0 : run + 1;
		if (run >= grains && !(i * PERCPU_GRANULE % align))
			return true;
	}
	return false;
}

static uint32_t random_size(void)
{
	switch (random_below(8)) {
	case 0:
		return 1 + random_below(20000);
	case 1:
	case 2:
		return 1 + random_below(1500);
	default:
		return 1 + random_below(100);
	}
}

/* Nothing but a window in which nothing ever was: that it has been looked at is no change. */
static bool is_end(const struct percpu_block *block)
{
	const struct percpu_block *next = percpu_block(block->next);

	return block->state == BLOCK_END ||
	       (block->state == BLOCK_WALL && next->state == BLOCK_VOID &&
		percpu_block(next->next)->state == BLOCK_END);
}

/* Blocks and pages as they are, in one number. */
static uint64_t fingerprint(void)
{
	uint64_t sum = mem_owned_by("percpu");

	for (uint16_t number = percpu_blocks_first();; number = percpu_block(number)->next) {
		const struct percpu_block *block = percpu_block(number);

		if (is_end(block))
			return sum;
		sum = (sum ^ block->offset ^ (uint64_t)block->state << 32) *
		      UINT64_C(0x100000001b3);
	}
}

static void take_one(bool failure)
{
	uint32_t size = random_size();
	uint32_t align = 1u << random_below(random_below(4) ? 7 : 13);
	struct live *one = &live[live_count];
	/* Before it gives up it may give spare pages back, to join what they cut in two. */
	uint64_t before = next_id && !percpu_blocks_spare() ? fingerprint() : 0;

	if (live_count == LIVE_MAX)
		return;
	one->handle = percpu_alloc(size, align);
	one->size = size;
	one->id = next_id++;
	if (percpu_error(one->handle)) {
		if (percpu_error(one->handle) != MUSTER_E_NO_MEMORY)
			fail_msg("%s", host_log());
		if (before)
			assert_int_equal(fingerprint(), before);
		if (!failure)
			assert_false(fits_somewhere(size, align < 4 ? 4 : align));
		failure ? seen.failed++ : seen.full++;
		return;
	}
	assert_int_equal(one->handle.offset % align, 0);
	assert_true(one->handle.offset >= percpu_image_size());
	assert_true(linear(one->handle.offset) + size <= room_size);
	mark(one, 1);
	for_each_cpu (cpu)
		if (percpu_unit(cpu))
			fill(one, cpu);
	live_count++;
	seen.taken++;
}

static void free_one(uint32_t index)
{
	struct live one = live[index];
	struct percpu_room room;

	for_each_cpu (cpu)
		if (percpu_unit(cpu))
			check_content(&one, cpu);
	assert_int_equal(percpu_free(one.handle), 0);
	mark(&one, 0);
	stale = one.handle;
	live[index] = live[--live_count];
	percpu_room(&room);
	assert_true(room.spare <= 4 * MEMORY_PAGE_SIZE);
	seen.freed++;
}

/* Handles that mean nothing: one given back, and one that somebody invented. */
static void free_nothing(void)
{
	struct percpu_handle wild = {
		.offset = random_below(stride),
		.block = (uint16_t)random_below(1 << 16),
		.generation = 0,
	};

	assert_int_equal(percpu_free(wild), MUSTER_E_NOT_FOUND);
	if (live_count) {
		wild = live[random_below(live_count)].handle;
		wild.offset += 4;
		assert_int_equal(percpu_free(wild), MUSTER_E_NOT_FOUND);
	}
	if (!percpu_error(stale))
		assert_int_equal(percpu_free(stale), MUSTER_E_NOT_FOUND);
	seen.refused++;
}

static void change_cpu(bool failure)
{
	cpu_t cpu = cpu_from_number(random_below(cpus));
	uint64_t free = mem_free_total();
	int error;

	if (!cpu.number)
		return;
	if (percpu_unit(cpu)) {
		unit_destroy(cpu);
		seen.removed++;
		return;
	}
	error = unit_create(cpu);
	if (error) {
		assert_true(failure);
		assert_int_equal(error, MUSTER_E_NO_MEMORY);
		assert_int_equal(mem_free_total(), free);
		assert_int_equal(percpu_unit(cpu), 0);
		seen.not_added++;
		return;
	}
	for (uint32_t i = 0; i < live_count; i++)
		fill(&live[i], cpu);
	seen.added++;
}

static void operate(void)
{
	uint32_t what = random_below(100);
	bool starve = !random_below(50);
	bool map_fails = !random_below(20);
	/* Phases in which it fills up, and in which it empties. */
	uint32_t takes = next_id / 1000 % 2 ? 30 : 60;

	if (map_fails)
		host.map_fails_at = 1 + random_below(2 * cpus);
	if (starve)
		percpu_guest_starve();
	if (what < takes)
		take_one(starve || map_fails);
	else if (what < 92)
		live_count ? free_one(random_below(live_count)) : (void)0;
	else if (what < 95)
		free_nothing();
	else if (what < 99)
		change_cpu(starve || map_fails);
	else if (!percpu_trim())
		seen.trimmed++;
	host.map_fails_at = 0;
	if (starve)
		percpu_guest_feed();
}

static void run(uint32_t with_cpus, uint32_t windows, uint64_t seed)
{
	uint64_t free;

	cpus = with_cpus;
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + cpus;
	live_count = next_id = 0;
	stale = (struct percpu_handle){ 0 };
	memset(taken, 0, sizeof(taken));
	stride = (uint32_t)(windows > 1 ? STRIDE_MAX / 4 : STRIDE_MAX);
	room_size = stride / 2 + (windows - 1) * stride;
	percpu_guest_begin_with(cpus, stride, windows);
	free = mem_free_total();
	for (uint32_t i = 0; i < OPERATIONS; i++) {
		operate();
		if (!(i % 100))
			host_log_clear();
		if (next_id && !(i % 250))
			check_all();
	}
	check_all();
	while (live_count)
		free_one(live_count - 1);
	for (uint32_t i = 1; i < cpus; i++)
		unit_destroy(cpu_from_number(i));
	assert_int_equal(percpu_trim(), 0);
	percpu_guest_check();
	assert_int_equal(percpu_pages_count(), 0);
	assert_int_equal(mem_owned_by("percpu blocks"), 0);
	assert_int_equal(mem_free_total(), free);
}

static void test_model(void **state)
{
	const uint32_t counts[] = { 1, 2, 3, 8, 33 };

	(void)state;
	memset(&seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (uint64_t seed = 1; seed <= 4; seed++)
			run(counts[i], seed % 2 || counts[i] > 8 ? 1 : 4, seed);
	print_message("%u taken, %u freed, %u times full, %u failures undone, %u CPUs added, %u "
		      "not, %u removed, %u handles refused\n",
		      seen.taken, seen.freed, seen.full, seen.failed, seen.added, seen.not_added,
		      seen.removed, seen.refused);
	assert_true(seen.taken > 10000 && seen.freed > 10000 && seen.full > 100);
	assert_true(seen.failed > 100 && seen.added > 100 && seen.not_added > 10);
	assert_true(seen.removed > 100 && seen.trimmed > 100 && seen.refused > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Self-tests of dynamic per-CPU memory: units grow, every CPU has its own at the same offset, one
 * that was down comes back to zeroes, and in the end memory is as it was.
 */
#include "kernel/tests.h"

#define ROUNDS	1000
#define RECORDS 80

/* A sixth of a page each, so that all of them are more than the smallest window has for a unit. */
struct record {
	uint64_t number;
	uint64_t filler[80];
	uint64_t check;
};

static PERCPU_DYNAMIC(uint64_t) counter;
static PERCPU_DYNAMIC(struct record) records[RECORDS];

static void count(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < ROUNDS; i++)
		this_cpu_of(counter)++;
}

static uint64_t number_of(cpu_t cpu, uint32_t record)
{
	return UINT64_C(0x0123456789abcdef) * (cpu.number + 1) + record;
}

static void write_records(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < RECORDS; i++) {
		this_cpu_of(records[i]).number = number_of(cpu_this(), i);
		this_cpu_of(records[i]).check = ~number_of(cpu_this(), i);
	}
}

/* Records of a CPU that do not hold what it wrote. */
static uint32_t records_wrong(cpu_t cpu)
{
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < RECORDS; i++) {
		const struct record *record = percpu_ptr_of(records[i], cpu);

		wrong += record->number != number_of(cpu, i) || record->check != ~number_of(cpu, i);
	}
	return wrong;
}

static bool is_zero(const void *memory, size_t size)
{
	const uint8_t *bytes = memory;

	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static uint32_t records_not_zero(cpu_t cpu)
{
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < RECORDS; i++)
		wrong += !is_zero(percpu_ptr_of(records[i], cpu), sizeof(struct record));
	return wrong;
}

static void test_counter(struct ktap *ktap)
{
	uint32_t wrong = 0;

	ktap_result(ktap, !percpu_new(counter), "percpu_alloc: a counter");
	(void)cpus_call(count, NULL, true);
	for_each_cpu (cpu) {
		if (!cpu_is_online(cpu))
			continue;
		wrong += *percpu_ptr_of(counter, cpu) != ROUNDS;
		wrong += (uintptr_t)percpu_ptr_of(counter, cpu) - percpu_unit(cpu) !=
			 counter.handle.offset;
	}
	ktap_result(ktap, !wrong, "percpu_alloc: each CPU counts to %u in its own", ROUNDS);
}

/* Units grow. Returns whether there is anything to go on with. */
static bool test_growth(struct ktap *ktap)
{
	struct percpu_room before, after;
	uint32_t failed = 0, not_zero = 0, wrong = 0;

	percpu_room(&before);
	if (before.limit == before.backed) {
		ktap_skip(ktap, "percpu_alloc: units grow", "translation is off");
		return false;
	}
	for (uint32_t i = 0; i < RECORDS; i++)
		failed += percpu_new(records[i]) != 0;
	percpu_room(&after);
	ktap_result(ktap, !failed && after.backed > before.backed && after.used > before.used,
		    "percpu_alloc: units grow from %zu to %zu bytes", before.backed, after.backed);
	if (failed)
		return false;
	for_each_cpu (cpu)
		if (percpu_unit(cpu))
			not_zero += records_not_zero(cpu);
	ktap_result(ktap, !not_zero, "percpu_alloc: all of it is zero");
	(void)cpus_call(write_records, NULL, true);
	for_each_cpu (cpu)
		if (cpu_is_online(cpu))
			wrong += records_wrong(cpu);
	ktap_result(ktap, !wrong, "percpu_alloc: what one CPU writes, only its unit holds");
	return true;
}

/* A CPU that goes loses what it had, unless it is held; the others do not notice. */
static void test_down_and_up(struct ktap *ktap)
{
	cpu_t last = test_last_cpu();
	uint64_t free_before = mem_free_total();
	uint32_t wrong = 0;
	bool came;

	if (!last.number) {
		ktap_skip(ktap, "percpu_alloc: down and up", "there is one CPU");
		return;
	}
	came = !cpu_down(last) && !percpu_unit(last) == !test_down_is_held() && !cpu_up(last);
	ktap_result(ktap,
		    came && mem_free_total() == free_before &&
			    (test_down_is_held() ? !records_wrong(last) : !records_not_zero(last)),
		    "percpu_alloc: CPU %u comes back to %s", last.number,
		    test_down_is_held() ? "what it had" : "zeroes");
	(void)cpu_call(last, write_records, NULL);
	for_each_cpu (cpu)
		if (cpu_is_online(cpu))
			wrong += records_wrong(cpu);
	ktap_result(ktap, came && !wrong, "percpu_alloc: and the others have what they had");
}

static void try_elsewhere(void *result)
{
	*(int *)result = percpu_error(percpu_alloc(8, 8));
}

static void test_refusals(struct ktap *ktap)
{
	struct percpu_handle stale = percpu_alloc(8, 8);
	struct percpu_room room;
	int elsewhere = 0;

	percpu_room(&room);
	ktap_result(ktap, !percpu_free(stale) && percpu_free(stale) == MUSTER_E_NOT_FOUND,
		    "percpu_alloc: giving back twice is refused");
	ktap_result(ktap,
		    percpu_error(percpu_alloc(0, 8)) == MUSTER_E_INVALID &&
			    percpu_error(percpu_alloc(8, 3)) == MUSTER_E_INVALID,
		    "percpu_alloc: no size and a wrong alignment are refused");
	ktap_result(ktap, percpu_error(percpu_alloc(room.limit, 8)) == MUSTER_E_NO_MEMORY,
		    "percpu_alloc: more than a window is refused");
	(void)cpu_call(test_last_cpu(), try_elsewhere, &elsewhere);
	ktap_result(ktap, elsewhere == MUSTER_E_ORDER,
		    "percpu_alloc: within a called function it is refused");
}

/* Page tables of windows that were grown into stay. */
static uint64_t free_or_tables(void)
{
	return mem_free_total() + mem_owned_by("page table");
}

void test_percpu_alloc(struct ktap *ktap)
{
	uint64_t free_before = free_or_tables();
	uint32_t failed = 0;
	uintptr_t gone = 0;
	struct percpu_room room;

	test_counter(ktap);
	percpu_room(&room);
	if (test_growth(ktap)) {
		test_down_and_up(ktap);
		gone = (uintptr_t)percpu_ptr_of(records[RECORDS / 2], cpu_this());
	}
	test_refusals(ktap);
	for (uint32_t i = 0; i < RECORDS; i++)
		failed += !percpu_error(records[i].handle) && percpu_delete(records[i]);
	failed += percpu_delete(counter) != 0;
	failed += percpu_trim() != 0;
	ktap_result(ktap, !failed && free_or_tables() == free_before && !mem_owned_by("percpu"),
		    "percpu_alloc: all goes back");
	if (room.limit == room.backed)
		ktap_skip(ktap, "percpu_alloc: nothing is there any more", "translation is off");
	else
		ktap_result(ktap, gone && fault_on_read(gone),
			    "percpu_alloc: nothing is there any more");
}

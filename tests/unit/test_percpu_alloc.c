// SPDX-License-Identifier: MIT
/*
 * Dynamic per-CPU memory: what its functions promise, one by one. Many of them at random are
 * test_percpu_alloc_model.c, what they leave behind is test_percpu_fragmentation.c.
 */
#include "core/memory_map.h"
#include "core/percpu_alloc.h"
#include "core/runner.h"
#include "percpu_guest.h"

#include <muster/call.h>
#include <pthread.h>

#define CPUS   5
#define STRIDE (UINT64_C(64) << 10)
#define PAGE   MEMORY_PAGE_SIZE

static uint64_t free_at_start;

static int begin(void **state)
{
	(void)state;
	percpu_guest_begin(CPUS, STRIDE);
	percpu_guest_units(CPUS);
	free_at_start = mem_free_total();
	return 0;
}

static struct percpu_handle get(size_t size, size_t align)
{
	struct percpu_handle handle = percpu_alloc(size, align);

	assert_int_equal(percpu_error(handle), 0);
	return handle;
}

/* What the units are made with has no room left. */
static void fill_fixed(void)
{
	while (!percpu_pages_count())
		get(64, 4);
}

static void test_typed(void **state)
{
	struct pair {
		uint64_t one;
		uint32_t two[3];
	};
	static PERCPU_DYNAMIC(struct pair) pair;
	static PERCPU_DYNAMIC(uint32_t) counter;

	(void)state;
	assert_int_equal(percpu_error(pair.handle), MUSTER_E_NOT_FOUND);
	assert_int_equal(percpu_new(pair), 0);
	assert_int_equal(percpu_new(counter), 0);
	assert_int_equal(pair.handle.offset % _Alignof(struct pair), 0);
	for_each_cpu (cpu) {
		struct pair *at = percpu_ptr_of(pair, cpu);

		assert_ptr_equal(at, percpu_unit(cpu) + pair.handle.offset);
		at->two[2] = cpu.number + 1;
		*percpu_ptr_of(counter, cpu) = 10 * cpu.number;
	}
	for_each_cpu (cpu) {
		machine_get()->percpu_base_load(percpu_unit(cpu));
		assert_int_equal(this_cpu_of(pair).two[2], cpu.number + 1);
		this_cpu_of(counter)++;
		assert_int_equal(percpu_this_at(uint32_t, counter.handle), 10 * cpu.number + 1);
	}
	machine_get()->percpu_base_load(percpu_unit(cpu_from_number(0)));
	assert_int_equal(percpu_delete(pair), 0);
	assert_int_equal(percpu_error(pair.handle), MUSTER_E_NOT_FOUND);
	assert_int_equal(percpu_delete(pair), MUSTER_E_NOT_FOUND);
	assert_int_equal(percpu_delete(counter), 0);
	percpu_guest_check();
}

/* Small ones cost what they say, and leave the static variables alone. */
static void test_small(void **state)
{
	size_t sizes[] = { 1, 4, 8, 16 };
	struct percpu_room before, after;
	char image[1024];
	size_t size = percpu_image_size() < sizeof(image) ? percpu_image_size() : sizeof(image);

	(void)state;
	memcpy(image, (void *)percpu_unit(cpu_from_number(2)), size);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		percpu_room(&before);
		for (uint32_t j = 0; j < 100; j++) {
			struct percpu_handle handle = get(sizes[i], 1);

			for_each_cpu (cpu)
				memset(percpu_at(handle, cpu), 0xff, sizes[i]);
		}
		percpu_room(&after);
		assert_int_equal(after.used - before.used, 100 * (sizes[i] < 4 ? 4 : sizes[i]));
		assert_int_equal(after.blocks - before.blocks, 100);
	}
	assert_memory_equal(image, (void *)percpu_unit(cpu_from_number(2)), size);
	/* Everything so far fits beside the image or in a page. */
	percpu_guest_check();
}

static void test_refused(void **state)
{
	const struct {
		size_t size, align;
		int error;
		const char *line;
	} wrong[] = {
		{ 0, 4, MUSTER_E_INVALID, "asked for nothing" },
		{ 4, 0, MUSTER_E_INVALID, "0: alignment is no power of two" },
		{ 4, 12, MUSTER_E_INVALID, "alignment is no power of two" },
		{ 4, 2 * PAGE, MUSTER_E_INVALID, "larger than a page" },
		{ 4, SIZE_MAX / 2 + 1, MUSTER_E_INVALID, "larger than a page" },
		{ STRIDE / 2, 4, MUSTER_E_NO_MEMORY, "32768 bytes, align 4: no memory" },
		{ SIZE_MAX, 4, MUSTER_E_NO_MEMORY, "no memory" },
		{ SIZE_MAX - 3, PAGE, MUSTER_E_NO_MEMORY, "no memory" },
		{ SIZE_MAX / 4 + 1, PAGE, MUSTER_E_NO_MEMORY, "no memory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct percpu_handle handle;

		host_log_clear();
		handle = percpu_alloc(wrong[i].size, wrong[i].align);
		assert_int_equal(percpu_error(handle), wrong[i].error);
		assert_true(host_log_has("muster: percpu_alloc: "));
		assert_true(host_log_has(wrong[i].line));
		/* Nor can it be given back. */
		assert_int_equal(percpu_free(handle), MUSTER_E_NOT_FOUND);
	}
	percpu_guest_check();
	assert_int_equal(mem_free_total(), free_at_start);
}

static void test_stale_and_wild(void **state)
{
	struct percpu_handle first = get(64, 64), second, wild;

	(void)state;
	assert_int_equal(percpu_free(first), 0);
	host_log_clear();
	assert_int_equal(percpu_free(first), MUSTER_E_NOT_FOUND);
	assert_true(host_log_has("percpu_free: offset "));
	assert_true(host_log_has("given back before"));
	/* The same place again is another allocation: the old handle does not free it. */
	second = get(64, 64);
	assert_int_equal(second.offset, first.offset);
	assert_int_equal(percpu_free(first), MUSTER_E_NOT_FOUND);
	for (uint32_t block = 0; block < 1 << 16; block += 97) {
		wild = second;
		wild.block = (uint16_t)(second.block + 1 + block % 65535);
		assert_int_equal(percpu_free(wild), MUSTER_E_NOT_FOUND);
		host_log_clear();
	}
	wild = second;
	wild.offset += 4;
	assert_int_equal(percpu_free(wild), MUSTER_E_NOT_FOUND);
	/* The end of the room looks like a block in use. */
	wild = (struct percpu_handle){ .offset = STRIDE / 2, .block = 2 };
	assert_int_equal(percpu_free(wild), MUSTER_E_NOT_FOUND);
	assert_int_equal(percpu_free((struct percpu_handle){ 0 }), MUSTER_E_NOT_FOUND);
	percpu_guest_check();
	assert_int_equal(percpu_free(second), 0);
}

static void test_at_panics(void **state)
{
	struct percpu_handle handle = get(64, 64), wild = { .offset = STRIDE / 2 };
	const char *message;

	(void)state;
	unit_destroy(cpu_from_number(3));
	message = host_panic_of((void)percpu_at(handle, cpu_from_number(3)));
	assert_non_null(message);
	assert_non_null(strstr(message, "CPU 3 has no unit"));
	message = host_panic_of((void)percpu_at(wild, cpu_from_number(1)));
	assert_non_null(message);
	assert_non_null(strstr(message, "0x8000 of CPU 1"));
	wild.offset = 0;
	assert_non_null(host_panic_of((void)percpu_at(wild, cpu_from_number(1))));
}

/* Growing takes a page for every unit, at one offset, and freeing gives all back. */
static void test_growth(void **state)
{
	struct percpu_handle handles[6];
	struct percpu_room room;

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		handles[i] = get(PAGE, PAGE);
	percpu_guest_check();
	assert_int_equal(percpu_pages_count(), 6);
	for (uint32_t i = 0; i < 6; i++)
		for_each_cpu (cpu)
			memset(percpu_at(handles[i], cpu), 0xee, PAGE);
	/* Up to four pages are kept; the fifth that is free sends all of them back. */
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(percpu_free(handles[i]), 0);
		assert_int_equal(percpu_pages_count(), 6);
	}
	assert_int_equal(percpu_free(handles[4]), 0);
	assert_int_equal(percpu_pages_count(), 1);
	percpu_guest_check();
	/* The one in use, in the middle of nothing, is as it was. */
	for_each_cpu (cpu)
		assert_int_equal(((uint8_t *)percpu_at(handles[5], cpu))[PAGE - 1], 0xee);
	assert_int_equal(percpu_free(handles[5]), 0);
	percpu_room(&room);
	assert_int_equal(room.spare, PAGE);
	assert_int_equal(percpu_trim(), 0);
	percpu_guest_check();
	assert_int_equal(percpu_pages_count(), 0);
	assert_int_equal(mem_free_total(), free_at_start);
}

/* A hole in the middle goes back too, and is used again. */
static void test_hole(void **state)
{
	struct percpu_handle low, middle, high, again;

	(void)state;
	low = get(PAGE, PAGE);
	middle = get(3 * PAGE, PAGE);
	high = get(64, PAGE);
	assert_int_equal(percpu_free(middle), 0);
	assert_int_equal(percpu_trim(), 0);
	percpu_guest_check();
	assert_true(host_read_faults(percpu_unit(cpu_from_number(2)) + low.offset + PAGE));
	again = get(2 * PAGE, PAGE);
	assert_true(again.offset > low.offset && again.offset < high.offset);
	percpu_guest_check();
	percpu_free(low);
	percpu_free(high);
	percpu_free(again);
	percpu_trim();
	assert_int_equal(mem_free_total(), free_at_start);
}

/* Stacks are in the upper half of the window. */
static void test_half_a_window(void **state)
{
	struct percpu_handle handles[16];
	uint32_t count = 0;
	struct percpu_room room;

	(void)state;
	percpu_room(&room);
	assert_int_equal(room.limit, STRIDE / 2 - percpu_image_size() / 4 * 4 -
					     (percpu_image_size() % 4 ? 4 : 0));
	do
		handles[count] = percpu_alloc(PAGE, PAGE);
	while (!percpu_error(handles[count++]));
	count--;
	assert_int_equal(count, STRIDE / 2 / PAGE - percpu_unit_size() / PAGE);
	assert_int_equal(percpu_error(handles[count]), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("of a unit's room are in use"));
	assert_false(host_log_has("final"));
	for_each_cpu (cpu)
		assert_true(host_read_faults(percpu_unit(cpu) + STRIDE / 2));
	percpu_guest_check();
	while (count)
		assert_int_equal(percpu_free(handles[--count]), 0);
	/* All of it in one piece, though the pages kept are in its middle. */
	handles[0] = get(STRIDE / 2 - percpu_unit_size(), PAGE);
	percpu_guest_check();
	percpu_free(handles[0]);
	percpu_trim();
	assert_int_equal(mem_free_total(), free_at_start);
}

/* Each failure in the middle of growing leaves everything as it was. */
static void test_growth_fails(void **state)
{
	struct percpu_handle handle;
	size_t eaten = 0;
	char line[64];

	(void)state;
	fill_fixed();
	while (!percpu_error(percpu_alloc(64, 4)) && percpu_pages_count() < 2)
		;
	for (unsigned int at = 1; at <= 3 * CPUS; at++) {
		uint64_t free = mem_free_total();
		uint32_t pages = percpu_pages_count();

		host_log_clear();
		host.map_fails_at = at;
		handle = percpu_alloc(3 * PAGE, PAGE);
		assert_int_equal(percpu_error(handle), MUSTER_E_NO_MEMORY);
		snprintf(line, sizeof(line), "of CPU %u: no memory", (at - 1) / 3);
		assert_true(host_log_has("muster: percpu page 0x"));
		assert_true(host_log_has(line));
		assert_int_equal(percpu_pages_count(), pages);
		assert_int_equal(mem_free_total(), free);
		percpu_guest_check();
	}
	/* No memory for the last CPU. */
	percpu_guest_starve();
	while (!mem_at(eaten)->owner || strcmp(mem_at(eaten)->owner, "eaten") ||
	       mem_at(eaten)->size < CPUS * PAGE)
		eaten++;
	assert_int_equal(mem_free(mem_at(eaten)->base, (CPUS - 1) * PAGE), 0);
	host_log_clear();
	assert_int_equal(percpu_error(percpu_alloc(PAGE, PAGE)), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("of CPU 4: no memory"));
	assert_int_equal(mem_free_total(), (CPUS - 1) * PAGE);
	percpu_guest_feed();
	percpu_guest_check();
	handle = get(3 * PAGE, PAGE);
	percpu_guest_check();
}

/* Pages come from the node of each unit's CPU. */
static void test_nodes(void **state)
{
	struct percpu_handle handle;

	(void)state;
	memory_map_set_node(20 << 20, 4 << 20, 1);
	memory_map_set_node(28 << 20, 4 << 20, 2);
	cpu_record(cpu_from_number(1))->node = 1;
	cpu_record(cpu_from_number(4))->node = 2;
	handle = get(PAGE, PAGE);
	assert_in_range(machine_get()->physical((uintptr_t)percpu_at(handle, cpu_from_number(1))),
			20 << 20, (24 << 20) - 1);
	assert_in_range(machine_get()->physical((uintptr_t)percpu_at(handle, cpu_from_number(4))),
			28 << 20, (32 << 20) - 1);
	assert_int_equal(host.map_node, 2);
	/* So do those of a unit that is made later. */
	unit_destroy(cpu_from_number(1));
	assert_int_equal(unit_create(cpu_from_number(1)), 0);
	assert_in_range(machine_get()->physical((uintptr_t)percpu_at(handle, cpu_from_number(1))),
			20 << 20, (24 << 20) - 1);
	assert_int_equal(host.map_node, 1);
}

/* A unit made later has it all, zero; what a CPU had that went is lost. */
static void test_units_come_and_go(void **state)
{
	struct percpu_handle small = get(24, 8), large = get(3 * PAGE, 64);
	cpu_t cpu = cpu_from_number(2);
	uint64_t free;

	(void)state;
	for_each_cpu (one) {
		memset(percpu_at(small, one), 0x55, 24);
		memset(percpu_at(large, one), 0x66, 3 * PAGE);
	}
	unit_destroy(cpu);
	percpu_guest_check();
	free = mem_free_total();
	/* One failure after the other, and nothing is left of it. */
	for (unsigned int at = 2; at <= 1 + percpu_pages_count(); at++) {
		host.map_fails_at = at;
		assert_int_equal(unit_create(cpu), MUSTER_E_NO_MEMORY);
		assert_int_equal(percpu_unit(cpu), 0);
		assert_int_equal(mem_free_total(), free);
		percpu_guest_check();
	}
	/* The memory it gets is not clear, and is cleared. */
	for (uint64_t page = 8 << 20; page < HOST_MEMORY_SIZE; page += PAGE)
		for (size_t i = 0; mem_at(i); i++)
			if (page - mem_at(i)->base < mem_at(i)->size && !mem_at(i)->owner)
				memset(machine_get()->direct(page), 0xdd, PAGE);
	assert_int_equal(unit_create(cpu), 0);
	percpu_guest_check();
	for (uint32_t i = 0; i < 24; i++)
		assert_int_equal(((uint8_t *)percpu_at(small, cpu))[i], 0);
	for (uint32_t i = 0; i < 3 * PAGE; i++)
		assert_int_equal(((uint8_t *)percpu_at(large, cpu))[i], 0);
	for (uint32_t i = 0; i < 24; i++)
		assert_int_equal(((uint8_t *)percpu_at(small, cpu_from_number(1)))[i], 0x55);
	percpu_free(small);
	percpu_free(large);
	percpu_trim();
	assert_int_equal(mem_free_total(), free_at_start);
}

/* What is behind the image in the pages that a unit is made with is never taken to be zero. */
static void test_fixed_part(void **state)
{
	struct percpu_handle small, large;
	cpu_t cpu = cpu_from_number(3);
	uint32_t first;

	(void)state;
	assert_int_equal(percpu_alloc_fixed(&first), 0);
	small = get(40, 8);
	assert_int_equal(percpu_pages_count(), 0);
	assert_int_equal(percpu_alloc_fixed(&first), percpu_unit_size() - first);
	assert_in_range(small.offset, first, first + 7);
	memset(percpu_at(small, cpu), 0x99, 40);
	assert_int_equal(percpu_pages_attach(cpu, percpu_unit(cpu)), 0);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(((char *)percpu_at(small, cpu))[i], 0);
	assert_int_equal(percpu_free(small), 0);
	assert_int_equal(percpu_alloc_fixed(&first), 0);
	/* One that begins there and ends in pages that came later. */
	large = get(2 * PAGE, 4);
	assert_int_equal(large.offset, first);
	assert_int_equal(percpu_alloc_fixed(&first), percpu_unit_size() - first);
	assert_int_equal(percpu_free(large), 0);
}

/*
 * Among many free ones of its class it is the last that is looked at, and has a void behind it: it
 * is found before more pages are taken.
 */
static void test_last_look(void **state)
{
	struct percpu_handle small[40], between[40], last;
	uint32_t pages, end;

	(void)state;
	percpu_guest_begin(1, UINT64_C(256) << 10);
	fill_fixed();
	for (uint32_t i = 0; i < 40; i++) {
		small[i] = get(992, 4);
		between[i] = get(32, 4);
	}
	end = between[39].offset + 32;
	/* What is left of the last page is filled up to 1,020 bytes, or of the one after it. */
	if (PAGE - end % PAGE <= 1020) {
		(void)get(PAGE - end % PAGE, 4);
		end = 0;
	}
	(void)get(PAGE - end % PAGE - 1020, 4);
	pages = percpu_pages_count();
	last = get(1020, 4);
	assert_int_equal((last.offset + 1020) % PAGE, 0);
	assert_int_equal(percpu_pages_count(), pages);
	assert_int_equal(percpu_free(last), 0);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(percpu_free(small[i]), 0);
	assert_int_equal(get(1020, 4).offset, last.offset);
	assert_int_equal(percpu_pages_count(), pages);
	percpu_guest_check();
}

/* Where nothing can be mapped, what units are made with is all there is. */
static void test_final_room(void **state)
{
	struct percpu_image image = *host_percpu_image();
	int (*map)(uint64_t, uint64_t, uint64_t, enum map_protection, uint32_t);
	struct machine *machine = host_machine_begin();
	struct percpu_handle handles[1024];
	uint32_t count = 0;
	struct percpu_room room;

	(void)state;
	host_memory_begin();
	host_cpus_begin(CPUS);
	host_layout_begin(CPUS);
	image.reserve = 2 * PAGE;
	percpu_setup(&image);
	assert_int_equal(percpu_unit_size(), (image.size + image.reserve + PAGE - 1) / PAGE * PAGE);
	assert_int_equal(unit_move_boot(), 0);
	percpu_guest_units(CPUS);
	map = machine->map;
	machine->map = NULL;
	percpu_room(&room);
	assert_true(room.limit >= 2 * PAGE && room.limit < 3 * PAGE);
	assert_int_equal(room.backed, room.limit);
	while (count < 1024 && !percpu_error(handles[count] = percpu_alloc(128, 4)))
		count++;
	assert_int_equal(count, room.limit / 128);
	assert_true(host_log_has("which is final"));
	for_each_cpu (cpu)
		for (uint32_t i = 0; i < count; i++)
			memset(percpu_at(handles[i], cpu), 0x77, 128);
	/* A unit made later is cleared where it matters. */
	machine->map = map;
	unit_destroy(cpu_from_number(1));
	assert_int_equal(unit_create(cpu_from_number(1)), 0);
	machine->map = NULL;
	for (uint32_t i = 0; i < 128; i++)
		assert_int_equal(((char *)percpu_at(handles[3], cpu_from_number(1)))[i], 0);
	while (count)
		assert_int_equal(percpu_free(handles[--count]), 0);
	assert_int_equal(percpu_trim(), 0);
	percpu_guest_check();
	/* None of it was unmapped: it is one piece again. */
	handles[0] = get(room.limit, 4);
	assert_int_equal(percpu_free(handles[0]), 0);
}

static void test_before_the_boot_unit(void **state)
{
	struct percpu_room room;

	(void)state;
	host_begin(CPUS);
	assert_int_equal(percpu_error(percpu_alloc(8, 8)), MUSTER_E_ORDER);
	assert_true(host_log_has("percpu_alloc on CPU 0: the boot CPU has no unit yet"));
	assert_int_equal(percpu_free((struct percpu_handle){ .offset = 64, .block = 1 }),
			 MUSTER_E_ORDER);
	assert_int_equal(percpu_trim(), MUSTER_E_ORDER);
	percpu_room(&room);
	assert_int_equal(room.limit, 0);
	/* Units of others may be there already, and get what comes later. */
	percpu_guest_units(CPUS);
	assert_int_equal(unit_move_boot(), 0);
	get(PAGE, PAGE);
	percpu_guest_check();
}

static void *on_cpu_1(void *handle)
{
	machine_get()->percpu_base_load(percpu_unit(cpu_from_number(1)));
	assert_int_equal(percpu_error(percpu_alloc(8, 8)), MUSTER_E_ORDER);
	assert_int_equal(percpu_free(*(struct percpu_handle *)handle), MUSTER_E_ORDER);
	assert_int_equal(percpu_trim(), MUSTER_E_ORDER);
	return NULL;
}

static void in_a_call(void *handle)
{
	assert_int_equal(percpu_error(percpu_alloc(8, 8)), MUSTER_E_ORDER);
	assert_int_equal(percpu_free(*(struct percpu_handle *)handle), MUSTER_E_ORDER);
}

static struct percpu_handle interrupted;
static int (*real_map)(uint64_t address, uint64_t physical, uint64_t size,
		       enum map_protection protection, uint32_t node);

/* As a handler that interrupts the boot CPU in the middle. */
static int interrupt_and_map(uint64_t address, uint64_t physical, uint64_t size,
			     enum map_protection protection, uint32_t node)
{
	assert_int_equal(percpu_error(percpu_alloc(8, 8)), MUSTER_E_BUSY);
	assert_int_equal(percpu_free(interrupted), MUSTER_E_BUSY);
	return real_map(address, physical, size, protection, node);
}

static void test_who_may(void **state)
{
	struct machine *machine = (struct machine *)machine_get();
	pthread_t thread;

	(void)state;
	interrupted = get(8, 8);
	assert_int_equal(pthread_create(&thread, NULL, on_cpu_1, &interrupted), 0);
	pthread_join(thread, NULL);
	assert_true(host_log_has("percpu_alloc on CPU 1: not on the boot CPU"));
	call_queue_open(cpu_from_number(0));
	assert_int_equal(cpu_call(cpu_from_number(0), in_a_call, &interrupted), 0);
	assert_true(host_log_has("percpu_free on CPU 0: within a called function"));
	real_map = machine->map;
	machine->map = interrupt_and_map;
	get(PAGE, PAGE);
	assert_true(host_log_has("percpu_alloc on CPU 0: in the middle of another such call"));
	machine->map = real_map;
	assert_int_equal(percpu_free(interrupted), 0);
	percpu_guest_check();
}

/* Blocks beyond the pool's first page take memory, and give it back. */
static void test_many_blocks(void **state)
{
	static struct percpu_handle handles[5000];
	uint32_t count = 0;

	(void)state;
	while (count < 5000 && !percpu_error(handles[count] = percpu_alloc(4, 4)))
		count++;
	assert_int_equal(count, 5000);
	assert_int_equal(mem_owned_by("percpu blocks"), 5000 / 256 * PAGE);
	percpu_guest_check();
	/* From the front, so that what is left has high numbers. */
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(percpu_free(handles[i]), 0);
	assert_true(mem_owned_by("percpu blocks") <= 2 * PAGE);
	assert_int_equal(percpu_trim(), 0);
	assert_int_equal(mem_owned_by("percpu blocks"), 0);
	percpu_guest_check();
	assert_int_equal(mem_free_total(), free_at_start);
	/* What is left at the end moves to the pool's first page, if another has it. */
	handles[0] = get(3 * PAGE, PAGE);
	for (uint32_t i = 1; i < 600; i++)
		handles[i] = get(16, 4);
	assert_int_equal(percpu_free(handles[0]), 0);
	for (uint32_t i = 600; i < 610; i++)
		handles[i] = get(16, 4);
	assert_int_equal(percpu_trim(), 0);
	for (uint32_t i = 1; i < 610; i++)
		assert_int_equal(percpu_free(handles[i]), 0);
	assert_int_equal(percpu_trim(), 0);
	assert_int_equal(mem_owned_by("percpu blocks"), 0);
	percpu_guest_check();
	/* A page of the pool that is just empty stays: the next would want it again. */
	count = 0;
	do
		handles[count] = get(4, 4);
	while (handles[count++].block < PERCPU_POOL_PAGE_BLOCKS);
	assert_int_equal(percpu_free(handles[--count]), 0);
	assert_int_equal(percpu_free(handles[--count]), 0);
	assert_int_equal(mem_owned_by("percpu blocks"), PAGE);
	/* No memory for blocks. */
	percpu_guest_begin(1, UINT64_C(512) << 10);
	get(PAGE, PAGE);
	count = 0;
	percpu_guest_starve();
	while (!percpu_error(handles[count] = percpu_alloc(4, 4)))
		count++;
	assert_in_range(count, 200, 256);
	assert_true(host_log_has("percpu blocks: no memory"));
	percpu_guest_check();
	percpu_guest_feed();
	get(4, 4);
}

/* The block at the end of the room moves too: another window may have put it on a later page of the
 * pool. */
static void test_end_moves(void **state)
{
	static struct percpu_handle handles[300];
	struct percpu_handle whole;

	(void)state;
	percpu_guest_begin_with(1, 64 << 10, 4);
	for (uint32_t i = 0; i < 300; i++)
		handles[i] = get(4, 4);
	whole = get(64 << 10, 8);
	assert_true(whole.block >= PERCPU_POOL_PAGE_BLOCKS);
	assert_int_equal(percpu_free(whole), 0);
	for (uint32_t i = 0; i < 300; i++)
		assert_int_equal(percpu_free(handles[i]), 0);
	assert_int_equal(percpu_trim(), 0);
	assert_int_equal(mem_owned_by("percpu blocks"), 0);
	percpu_guest_check();
	assert_int_equal(percpu_free(get(8, 8)), 0);
}

/* 2^16 of them is the end, and says so. */
static void test_all_blocks(void **state)
{
	uint32_t count = 0;

	(void)state;
	percpu_guest_begin(1, UINT64_C(2) << 20);
	while (!percpu_error(percpu_alloc(4, 4)))
		count++;
	assert_in_range(count, 65520, 65535);
	assert_true(host_log_has("percpu blocks: all 65535 are in use"));
	percpu_guest_check();
}

/* Beyond the half of its own window a unit goes on in more windows, at one distance for all CPUs. */
static void test_further_windows(void **state)
{
	struct percpu_handle whole, small, near;
	uint64_t pitch;

	(void)state;
	percpu_guest_begin_with(3, 64 << 10, 4);
	percpu_guest_units(3);
	pitch = 3 * layout_window_stride(layout_current());
	near = percpu_alloc(4096, 8);
	assert_int_equal(percpu_error(near), 0);
	assert_true(near.offset < 32 << 10);
	/* A whole window, and not a word more; nothing lies in two. */
	whole = percpu_alloc(64 << 10, 8);
	assert_int_equal(percpu_error(whole), 0);
	assert_int_equal(whole.offset, pitch);
	assert_int_equal(percpu_error(percpu_alloc((64 << 10) + 4, 8)), MUSTER_E_NO_MEMORY);
	small = percpu_alloc(30 << 10, 8);
	assert_int_equal(percpu_error(small), 0);
	assert_int_equal(small.offset, 2 * pitch);
	for_each_cpu (cpu) {
		memset(percpu_at(whole, cpu), 0x11 + (int)cpu.number, 64 << 10);
		memset(percpu_at(small, cpu), 0x21 + (int)cpu.number, 30 << 10);
	}
	for_each_cpu (cpu) {
		const uint8_t *last = percpu_at(whole, cpu);

		assert_int_equal(last[(64 << 10) - 1], 0x11 + cpu.number);
		last = percpu_at(small, cpu);
		assert_int_equal(last[0], 0x21 + cpu.number);
	}
	percpu_guest_check();
	/* A unit that comes later has them too, and zero. */
	unit_destroy(cpu_from_number(2));
	assert_int_equal(unit_create(cpu_from_number(2)), 0);
	assert_int_equal(*(uint8_t *)percpu_at(whole, cpu_from_number(2)), 0);
	percpu_guest_check();
	assert_int_equal(percpu_free(whole), 0);
	assert_int_equal(percpu_free(small), 0);
	assert_int_equal(percpu_free(near), 0);
	assert_int_equal(percpu_trim(), 0);
	percpu_guest_check();
	assert_int_equal(mem_owned_by("percpu"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_typed, begin),
		cmocka_unit_test_setup(test_small, begin),
		cmocka_unit_test_setup(test_refused, begin),
		cmocka_unit_test_setup(test_stale_and_wild, begin),
		cmocka_unit_test_setup(test_at_panics, begin),
		cmocka_unit_test_setup(test_growth, begin),
		cmocka_unit_test_setup(test_hole, begin),
		cmocka_unit_test_setup(test_half_a_window, begin),
		cmocka_unit_test_setup(test_growth_fails, begin),
		cmocka_unit_test_setup(test_nodes, begin),
		cmocka_unit_test_setup(test_units_come_and_go, begin),
		cmocka_unit_test_setup(test_fixed_part, begin),
		cmocka_unit_test_setup(test_last_look, begin),
		cmocka_unit_test_setup(test_final_room, begin),
		cmocka_unit_test_setup(test_before_the_boot_unit, begin),
		cmocka_unit_test_setup(test_who_may, begin),
		cmocka_unit_test_setup(test_many_blocks, begin),
		cmocka_unit_test_setup(test_all_blocks, begin),
		cmocka_unit_test(test_end_moves),
		cmocka_unit_test(test_further_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

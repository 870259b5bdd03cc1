// SPDX-License-Identifier: MIT
/*
 * A handover's plan: where a payload may go, what it is told, where the park region may be; and that nothing is
 * left of a plan that came to nothing. The region itself is the architecture's, with a stand-in here.
 */
#include "handover/plan.h"

#include "arch/park.h"
#include "core/cpu_table.h"
#include "core/memory_map.h"
#include "platform/pc/pc.h"
#include "platform/pc/pc_leave.h"
#include "tests/unit/host_machine.h"

#include <muster/muster.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/arch-x86/hvm/start_info.h>

#include <cmocka.h>

#define CPUS   4u
#define MIB    (UINT64_C(1) << 20)
#define MODULE (16 * MIB)
#define IMAGE  0x300u /* where the file's only segment is, in the file */
#define ENTRY  UINT64_C(0x400000)
#define RSDP   UINT64_C(0xf1234)

/* Where the file's only program header is, and where a loader might put the file that an i386 kernel does not
 * reach. */
#define SEGMENT (IS_32 ? 52u : 64u)
#define IS_32	(PARK_MACHINE == PARK_MACHINE_386)
#define BEYOND	(5 * (UINT64_C(1) << 30))

static uint64_t file_size, holds_base, holds_size, module_at;
static struct handed_over before;
static struct handover_plan plan;
static struct handover_request request;
static uint32_t roots;

/* The architecture. */
struct park_page *park_region_page(uint64_t physical)
{
	return machine_get()->direct(physical);
}

uint64_t park_region_bytes(uint32_t slots, uint64_t record_bytes)
{
	return (PARK_SLOTS_PAGE + (slots + 1) * PARK_SLOT_STRIDE + record_bytes + 4095) &
	       ~UINT64_C(4095);
}

void park_region_fill(uint64_t physical, uint64_t size, uint32_t slots)
{
	struct park_page *page = park_region_page(physical);

	memset(page, 0, size);
	page->base = physical;
	page->slot_count = slots;
}

uint64_t park_region_root(uint64_t physical, uint64_t size)
{
	(void)physical;
	(void)size;
	roots++;
	return 0x1000;
}

void park_region_root_free(uint64_t physical, uint64_t root)
{
	(void)physical;
	assert_int_equal(root, 0x1000);
	roots--;
}

/* The platform: a PC, whose firmware is this. */
struct pc_firmware pc_firmware = { .boot = { .rsdp = RSDP } };
struct pc_left_out pc_left_out;

static struct handed_over *arrived(void)
{
	return &before;
}

static bool module(uint32_t index, uint64_t *base, uint64_t *size)
{
	*base = module_at;
	*size = file_size;
	return !index;
}

/* What lies there is what lies at MODULE. */
static bool beyond_read(void *context, uint64_t physical, void *buffer, size_t size)
{
	(void)context;
	if (physical < BEYOND || physical - BEYOND > file_size ||
	    size > file_size - (physical - BEYOND))
		return false;
	memcpy(buffer, machine_get()->direct(physical - BEYOND + MODULE), size);
	return true;
}

static const struct firmware_reader beyond_reader = { .read = beyond_read };

static bool is_sibling(cpu_t cpu)
{
	return cpu.number % 2;
}

static void listen_for_nmis(uint64_t region)
{
	(void)region;
}

static bool holds(uint64_t base, uint64_t size)
{
	return holds_size && base < holds_base + holds_size && holds_base < base + size;
}

static uint32_t entries_max(void)
{
	return 3;
}

static const struct platform_handover platform = {
	.arrived = arrived,
	.module = module,
	.reader = &beyond_reader,
	.tell = pc_tell,
	.is_sibling = is_sibling,
	.listen_for_nmis = listen_for_nmis,
	.holds = holds,
	.entries_max = entries_max,
};

static void put(uint64_t at, uint64_t value, size_t width)
{
	memcpy((uint8_t *)machine_get()->direct(MODULE) + at, &value, width);
}

static void put_segment(uint32_t i, uint32_t type, uint64_t offset, uint64_t to, uint64_t file,
			uint64_t memory)
{
	uint64_t at = SEGMENT + i * (IS_32 ? 32 : 56);
	uint32_t width = IS_32 ? 4 : 8;

	put(at, type, 4);
	put(at + width, offset, width);
	put(at + 3 * width, to, width);
	put(at + 4 * width, file, width);
	put(at + 5 * width, memory, width);
}

/* It wants to be elsewhere. */
static void put_place(uint64_t to)
{
	put(SEGMENT + (IS_32 ? 12 : 24), to, IS_32 ? 4 : 8);
	put(0x210, to, 4);
}

/* An ELF file with one segment of so many bytes in memory, half of them in the file. */
static void put_payload(uint64_t to, uint64_t bytes)
{
	file_size = IMAGE + bytes / 2;
	assert_int_equal(mem_claim(MODULE, (file_size + 4095) & ~UINT64_C(4095), "module"), 0);
	memset(machine_get()->direct(MODULE), 0, file_size);
	memcpy(machine_get()->direct(MODULE),
	       IS_32 ? "\x7f"
		       "ELF\1\1\1"
		     : "\x7f"
		       "ELF\2\1\1",
	       7);
	put(16, 2, 2);
	put(18, PARK_MACHINE, 2);
	put(IS_32 ? 28 : 32, SEGMENT, 4);
	put(IS_32 ? 42 : 54, IS_32 ? 32 : 56, 2);
	put(IS_32 ? 44 : 56, 2, 2);
	put_segment(0, 1, IMAGE, to, bytes / 2, bytes);
	put_segment(1, 4, 0x200, 0, 20, 20);
	put(0x200, 4, 4);
	put(0x204, 4, 4);
	put(0x208, 18, 4);
	memcpy((uint8_t *)machine_get()->direct(MODULE) + 0x20c, "Xen", 4);
	put(0x210, to, 4);
	put(IMAGE, 0x1122334455667788, 8);
}

static int begin(void **state)
{
	(void)state;
	host_begin(CPUS);
	for (uint32_t i = 0; i < CPUS; i++)
		cpu_state_set(cpu_from_number(i), CPU_ONLINE);
	holds_size = 0;
	module_at = MODULE;
	pc_left_out.count = 0;
	roots = 0;
	before = (struct handed_over){ 0 };
	request = (struct handover_request){ .command_line = "one two" };
	return 0;
}

static int make(void)
{
	return plan_make(&plan, &request, &platform);
}

/* Refused for that reason, and as if it had never been. */
static void expect_refused(int error, const char *reason)
{
	uint64_t free_before = mem_free_total();

	host_log_clear();
	assert_int_equal(make(), error);
	if (!host_log_has(reason))
		fail_msg("\"%s\" is not in: %s", reason, host_log());
	assert_int_equal(mem_free_total(), free_before);
	assert_int_equal(roots, 0);
}

static void a_plan_is_made(void **state)
{
	const struct hvm_start_info *info;
	const struct hvm_memmap_table_entry *map;
	const struct hvm_modlist_entry *modules;
	const struct park_copy *copy;
	bool region_is_told = false;
	uint64_t free_before, ram = 0;

	(void)state;
	put_payload(ENTRY, 0x5000);
	free_before = mem_free_total();
	request.hand_on = true;
	assert_int_equal(make(), 0);
	assert_true(plan.parks);
	assert_int_equal(plan.generation, 1);
	assert_int_equal(plan.online, CPUS);
	assert_int_equal(plan.free_bytes, free_before);
	assert_int_equal(plan.region % 4096, 0);
	for (uint32_t i = 0; i < CPUS; i++)
		assert_int_equal(plan.cold[i], 0);
	copy = machine_get()->direct(plan.region + PARK_COPY_PAGE);
	assert_int_equal(copy->to, ENTRY);
	assert_int_equal(copy->from, MODULE + IMAGE);
	assert_int_equal(copy->size, 0x2800);
	assert_int_equal(copy->clear, 0x2800);
	assert_int_equal(copy[1].size | copy[1].clear, 0);
	info = machine_get()->direct(plan.told);
	assert_int_equal(info->magic, XEN_HVM_START_MAGIC_VALUE);
	assert_int_equal(info->version, 1);
	assert_int_equal(info->rsdp_paddr, RSDP);
	assert_string_equal(machine_get()->direct(info->cmdline_paddr), "one two");
	assert_int_equal(info->nr_modules, 2);
	modules = machine_get()->direct(info->modlist_paddr);
	assert_int_equal(modules[0].paddr, MODULE);
	assert_int_equal(modules[0].size, file_size);
	assert_int_equal(modules[1].paddr, plan.region);
	assert_int_equal(modules[1].size, plan.region_size);
	assert_string_equal(machine_get()->direct(modules[1].cmdline_paddr), "muster-park");
	map = machine_get()->direct(info->memmap_paddr);
	for (uint32_t i = 0; i < info->memmap_entries; i++) {
		if (map[i].type == XEN_HVM_MEMMAP_TYPE_RAM)
			ram += map[i].size;
		assert_int_equal(map[i].reserved, 0);
		region_is_told |= map[i].type == XEN_HVM_MEMMAP_TYPE_RESERVED &&
				  map[i].addr == plan.region && map[i].size == plan.region_size;
		assert_true(!i || map[i - 1].addr + map[i - 1].size <= map[i].addr);
	}
	assert_true(region_is_told);
	assert_int_equal(ram, mem_total() - plan.region_size);
	plan_undo(&plan);
	assert_int_equal(mem_free_total(), free_before);
	assert_int_equal(roots, 0);
}

static void who_parks(void **state)
{
	(void)state;
	put_payload(ENTRY, 0x1000);
	cpu_state_set(cpu_from_number(2), CPU_HELD);
	request.park.mode = PARK_MODE_NO_SIBLING;
	assert_int_equal(make(), 0);
	assert_true(!plan.cold[0] && plan.cold[1] && plan.cold[2] && plan.cold[3]);
	plan_undo(&plan);
	request.park.mode = PARK_MODE_OFF;
	assert_int_equal(make(), 0);
	assert_false(plan.parks);
	for (uint32_t i = 0; i < CPUS; i++)
		assert_int_equal(plan.cold[i], 1);
	plan_undo(&plan);
}

/* The module lies where it wants to be: it is copied out of its own way first. */
static void a_payload_over_itself(void **state)
{
	const struct park_copy *copy;

	(void)state;
	put_payload(MODULE, 0x8000);
	assert_int_equal(make(), 0);
	copy = machine_get()->direct(plan.region + PARK_COPY_PAGE);
	assert_true(copy->from < MODULE || copy->from >= MODULE + 0x8000);
	assert_true(copy->from + copy->size <= MODULE || copy->from >= MODULE + 0x8000);
	assert_int_equal(*(uint64_t *)machine_get()->direct(copy->from), 0x1122334455667788);
	assert_false(plan_meets_payload(&plan.payload, plan.region, plan.region_size));
	plan_undo(&plan);
}

static void nothing_is_put_where_the_payload_goes(void **state)
{
	(void)state;
	/* Most of memory, so that whatever is got would lie there. */
	put_payload(36 * MIB, 24 * MIB);
	assert_int_equal(make(), 0);
	/* Claimed are the places where it goes, and memory elsewhere. */
	for (uint32_t i = 0; i < plan.claim_count; i++)
		if (!mem_is_owned_by(plan.claims[i].base, "payload"))
			assert_false(plan_meets_payload(&plan.payload, plan.claims[i].base,
							plan.claims[i].size));
	assert_false(plan_meets_payload(&plan.payload, plan.region, plan.region_size));
	plan_undo(&plan);
}

static void places_that_are_refused(void **state)
{
	(void)state;
	put_payload(HOST_MEMORY_SIZE - 0x1000, 0x2000);
	expect_refused(MUSTER_E_INVALID, "is not all RAM");
	put_place(HOST_MEMORY_SIZE + MIB);
	expect_refused(MUSTER_E_INVALID, "is not all RAM");
	put_place(ENTRY);
	holds_base = ENTRY + 0x1000;
	holds_size = 0x1000;
	expect_refused(MUSTER_E_INVALID, "lies over memory that the hypervisor holds");
	holds_size = 0;
	/* A region of which nobody knows who is in it. */
	before = (struct handed_over){ .region = ENTRY, .region_size = 0x8000 };
	expect_refused(MUSTER_E_INVALID, "lies over a park region in which CPUs may be");
	before = (struct handed_over){ 0 };
	put_place((UINT64_C(1) << 32) - 0x1000);
	expect_refused(MUSTER_E_CORRUPT, "cannot be reached");
}

static void no_memory(void **state)
{
	(void)state;
	put_payload(ENTRY, 0x1000);
	while (mem_alloc(4 * 4096, 0, .owner = "somebody"))
		continue;
	expect_refused(MUSTER_E_NO_MEMORY, "park region: no memory that fits");
}

static void other_modules(void **state)
{
	(void)state;
	put_payload(ENTRY, 0x1000);
	request.module = 1;
	expect_refused(MUSTER_E_NOT_FOUND, "this kernel was not given one, or not that many");
	request.module = HANDOVER_LAST_MODULE;
	assert_int_equal(make(), 0);
	plan_undo(&plan);
	request.module = 0;
	file_size = 100;
	expect_refused(MUSTER_E_CORRUPT, "e_phoff");
}

static void a_module_beyond_what_this_kernel_reaches(void **state)
{
	uint64_t free_before;

	(void)state;
	put_payload(ENTRY, 0x5000);
	module_at = BEYOND;
	free_before = mem_free_total();
	request.hand_on = true;
	assert_int_equal(make(), 0);
	assert_true(plan.module.base < HOST_MEMORY_SIZE);
	assert_int_not_equal(plan.module.base, MODULE);
	assert_memory_equal(machine_get()->direct(plan.module.base), machine_get()->direct(MODULE),
			    file_size);
	assert_int_equal(plan.payload.segments[0].from, plan.module.base + IMAGE);
	plan_undo(&plan);
	assert_int_equal(mem_free_total(), free_before);
	/* One of which the end cannot be read; and one that is too large to be brought. */
	module_at = BEYOND + 0x1000;
	expect_refused(MUSTER_E_CORRUPT, "cannot be read");
	file_size = HOST_MEMORY_SIZE;
	expect_refused(MUSTER_E_NO_MEMORY, "no memory that fits");
}

/* It is as this kernel was told, behind what it knows itself. */
static void memory_that_this_kernel_does_not_reach(void **state)
{
	const struct hvm_start_info *info;
	const struct hvm_memmap_table_entry *last;

	(void)state;
	put_payload(ENTRY, 0x1000);
	pc_left_out = (struct pc_left_out){
		.count = 2,
		.ranges = { { HOST_MEMORY_SIZE, 3 * MIB, BOOT_RANGE_RAM },
			    { HOST_MEMORY_SIZE + 3 * MIB, MIB, BOOT_RANGE_ACPI } },
	};
	assert_int_equal(make(), 0);
	info = machine_get()->direct(plan.told);
	last = machine_get()->direct(info->memmap_paddr);
	last += info->memmap_entries - 1;
	assert_true(last[-1].addr == HOST_MEMORY_SIZE && last[-1].size == 3 * MIB);
	assert_true(last[-1].type == XEN_HVM_MEMMAP_TYPE_RAM && !last[-1].reserved);
	assert_true(last->addr == HOST_MEMORY_SIZE + 3 * MIB && last->size == MIB);
	assert_true(last->type == XEN_HVM_MEMMAP_TYPE_ACPI && !last->reserved);
	plan_undo(&plan);
}

static void a_command_line_that_is_too_long(void **state)
{
	static char line[2050];

	(void)state;
	put_payload(ENTRY, 0x1000);
	memset(line, 'x', sizeof(line) - 1);
	request.command_line = line;
	expect_refused(MUSTER_E_INVALID, "command line: 2049 characters");
	line[2048] = 0;
	assert_int_equal(make(), 0);
	plan_undo(&plan);
}

/* Named, and then somewhere else, with nobody in it. */
static void expect_cold(uint64_t address, const char *reason)
{
	host_log_clear();
	request.park = (struct park_wish){ .has_address = true, .address = address };
	assert_int_equal(make(), 0);
	if (!host_log_has(reason))
		fail_msg("\"%s\" is not in: %s", reason, host_log());
	assert_true(host_log_has("CPUs start cold"));
	assert_false(plan.parks);
	assert_true(plan.region && plan.region != address);
	plan_undo(&plan);
}

static void regions_that_are_wished(void **state)
{
	uint64_t taken = mem_alloc(0x4000, 0, .owner = "somebody", .limit = 48 * MIB);

	(void)state;
	put_payload(ENTRY, 0x1000);
	request.park = (struct park_wish){ .has_address = true, .address = 32 * MIB };
	assert_int_equal(make(), 0);
	assert_int_equal(plan.region, 32 * MIB);
	assert_true(plan.parks);
	plan_undo(&plan);
	expect_cold(32 * MIB + 8, "is no multiple of 4096");
	expect_cold(0, "is not RAM");
	expect_cold(HOST_MEMORY_SIZE, "is not RAM");
	expect_cold(HOST_MEMORY_SIZE - 0x1000, "is too small");
	expect_cold(UINT64_C(1) << 32, "reaches beyond 4 GiB");
	expect_cold((UINT64_C(1) << 32) - 0x1000, "reaches beyond 4 GiB");
	expect_cold(ENTRY, "the payload wants to be there");
	expect_cold(taken, "is taken");
	expect_cold(MODULE, "is taken");
}

static void the_region_of_before_again(void **state)
{
	uint64_t region = mem_alloc(0x20000, 0, .owner = "park region", .limit = 24 * MIB);
	struct park_page *page = park_region_page(region);

	(void)state;
	put_payload(ENTRY, 0x1000);
	before = (struct handed_over){
		.region = region, .region_size = 0x20000, .good = true, .parked = 3
	};
	before.found.record.generation = 6;
	page->left = 3;
	assert_int_equal(make(), 0);
	assert_int_equal(plan.generation, 7);
	assert_int_equal(plan.region, region);
	assert_int_equal(plan.region_size, 0x20000);
	plan_undo(&plan);
	/* Nothing came of it, and the page was made anew: all have left still. */
	page->left = 0;
	assert_int_equal(make(), 0);
	assert_int_equal(plan.region, region);
	plan_undo(&plan);
	before.again = false;
	/* It is not ours to give back. */
	assert_true(mem_is_owned_by(region, "park region"));
	/* Not as long as somebody may be in it. */
	page->left = 2;
	assert_int_equal(make(), 0);
	assert_true(plan.region != region);
	plan_undo(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_plan_is_made, begin),
		cmocka_unit_test_setup(who_parks, begin),
		cmocka_unit_test_setup(a_payload_over_itself, begin),
		cmocka_unit_test_setup(nothing_is_put_where_the_payload_goes, begin),
		cmocka_unit_test_setup(places_that_are_refused, begin),
		cmocka_unit_test_setup(no_memory, begin),
		cmocka_unit_test_setup(other_modules, begin),
		cmocka_unit_test_setup(a_module_beyond_what_this_kernel_reaches, begin),
		cmocka_unit_test_setup(memory_that_this_kernel_does_not_reach, begin),
		cmocka_unit_test_setup(a_command_line_that_is_too_long, begin),
		cmocka_unit_test_setup(regions_that_are_wished, begin),
		cmocka_unit_test_setup(the_region_of_before_again, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

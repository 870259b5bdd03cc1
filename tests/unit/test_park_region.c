// SPDX-License-Identifier: MIT
/*
 * The park region of x86-64 and of i386, whichever this is compiled for, as it is filled: what docs/park.md says of
 * the page, and what a processor looks at in the code's page. The code is not run; the words here only lie where the
 * code would.
 */
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/page_table_build.h"
#include "arch/x86_64/park.h"
#include "arch/x86_64/start.h"
#include "firmware/park_read.h"
#include "tests/unit/host_machine.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REGION UINT64_C(0x1800000)
#define CPUS   5u
#define RECORD 96u

/* What park.S has, by the places of its labels. */
__asm__(".section .rodata\n"
	".globl park_code, park_nmi, park_machine_check, park_trap, park_code_leave, park_code_32, park_code_end\n"
	"park_code: .skip 0x100, 0x90\n"
	"park_code_leave: .skip 0x40, 0x91\n"
	"park_code_32: .skip 0x40, 0x92\n"
	"park_nmi: .skip 0x10, 0x93\n"
	"park_machine_check: .skip 0x10, 0x94\n"
	"park_trap: .skip 0x10, 0x95\n"
	"park_code_end:\n"
	".previous\n");

extern const char park_code[];
#define CODE_BYTES    0x1b0u
#define NMI	      0x180u
#define MACHINE_CHECK 0x190u
#define TRAP	      0x1a0u

/* The rest of the architecture. */
struct machine x86_machine;
uint64_t stopped_vector = 7, stopped_cr3 = 8; /* 64 bits only */
static uint32_t mapped;

void *page_table_direct(uint64_t physical)
{
	return machine_get()->direct(physical);
}

uint64_t page_table_start_root(uint64_t page)
{
	assert_int_equal(page, REGION + 0x1000);
	return 0x5000;
}

void page_table_start_root_free(uint64_t root, uint64_t page)
{
	assert_int_equal(root, 0x5000);
	assert_int_equal(page, REGION + 0x1000);
}

/* All but the code's page, which the root has already, and never to be executed. */
int page_table_build_range(uint64_t root, uint64_t address, uint64_t physical, uint64_t size,
			   enum map_protection protection, bool large)
{
	assert_int_equal(root, 0x5000);
	assert_int_equal(address, physical);
	assert_int_equal(protection, MAP_READ_WRITE);
	assert_false(large);
	assert_true(address + size <= REGION + 0x1000 || address >= REGION + 0x2000);
	mapped += (uint32_t)size;
	return 0;
}

void x86_stop_this_cpu(uint32_t *state_word, uint32_t state)
{
	(void)state_word;
	(void)state;
	abort();
}

void park_stop_this_cpu(uint32_t *state_word, uint32_t state) __attribute__((noreturn));
void park_stop_this_cpu(uint32_t *state_word, uint32_t state)
{
	(void)state_word;
	(void)state;
	abort();
}

static jmp_buf jumped;
static struct {
	uintptr_t slot, copies, root, vector;
	uint32_t entry, told;
} jump;

void park_jump(uintptr_t slot, uintptr_t copies, uintptr_t root, uint32_t entry, uint32_t told,
	       uintptr_t vector)
{
	jump.slot = slot;
	jump.copies = copies;
	jump.root = root;
	jump.entry = entry;
	jump.told = told;
	jump.vector = vector;
	longjmp(jumped, 1);
}

static uint8_t *region;
static uint64_t size;

static int begin(void **state)
{
	(void)state;
	host_begin(CPUS);
	size = park_region_bytes(CPUS, RECORD);
	region = machine_get()->direct(REGION);
	memset(region, 0xa5, size + 0x1000);
	park_region_fill(REGION, size, CPUS);
	return 0;
}

static uint64_t word(uint64_t offset, uint32_t width)
{
	uint64_t value = 0;

	memcpy(&value, region + offset, width);
	return value;
}

static void the_page_is_as_specified(void **state)
{
	uint64_t slots = word(56, 8) - REGION, record = word(40, 8) - REGION;

	(void)state;
	assert_memory_equal(region, "MUSTPARK", 8);
	assert_int_equal(word(8, 2), 1);
	assert_int_equal(word(10, 2), 1);
	assert_int_equal(word(12, 4), sizeof(void *) == 4 ? 3 : 62);
	assert_int_equal(word(16, 8), REGION);
	assert_int_equal(word(24, 8), size);
	assert_int_equal(word(32, 8), UINT64_C(1) << 32);
	assert_int_equal(word(52, 4), CPUS);
	assert_int_equal(word(64, 4) % 8, 0);
	assert_true(word(64, 4) >= 64 + 256 && word(64, 4) <= 4096);
	assert_int_equal(slots % 8 | record % 8, 0);
	/* One slot more: the boot CPU's stack. */
	assert_true(slots + (CPUS + 1) * word(64, 4) <= record && record + RECORD <= size);
	for (uint64_t at = 68; at < 4096; at += 4)
		assert_int_equal(word(at, 4), 0);
	for (uint64_t at = slots; at < slots + CPUS * word(64, 4); at += 4)
		assert_int_equal(word(at, 4), 0);
	/* Nothing behind it. */
	for (uint64_t at = 0; at < 0x1000; at++)
		assert_int_equal(region[size + at], 0xa5);
}

/* As the next kernel reads it. */
static bool image_read(void *context, uint64_t physical, void *buffer, size_t bytes)
{
	(void)context;
	memcpy(buffer, machine_get()->direct(physical), bytes);
	return true;
}

static void the_next_kernel_reads_it(void **state)
{
	const struct firmware_reader reader = { .read = image_read };
	struct park_page *page = park_region_page(REGION);
	struct handover_record *record = machine_get()->direct(page->record);
	struct park_found found;

	(void)state;
	page->entered = PARK_CLOSED;
	*record = (struct handover_record){ .magic = HANDOVER_MAGIC,
					    .revision = 1,
					    .compatible = 1,
					    .size = RECORD,
					    .entry_count = 1,
					    .entry_size = 32 };
	record->sum = park_sum(PARK_SUM_BEGIN, record, RECORD);
	park_region_publish(REGION, RECORD);
	assert_int_equal(park_read(&reader, REGION, size, PARK_MACHINE, &found), 0);
	/* And the kernel of the other mode does not. */
	assert_int_equal(park_read(&reader, REGION, size,
				   PARK_MACHINE == PARK_MACHINE_386 ? PARK_MACHINE_X86_64
								    : PARK_MACHINE_386,
				   &found),
			 MUSTER_E_CORRUPT);
	assert_true(host_log_has("park page: machine: "));
}

/* Intel SDM vol. 3A, 3.4.5, 6.11, 6.14.1, 7.2.2. */
static void a_processor_finds_its_tables(void **state)
{
	bool narrow = sizeof(void *) == 4;
	uint64_t code = 0x1000, tss = word(code + PARK_GDT + 0x20, 8);
	uint64_t base = REGION + code;

	(void)state;
	assert_memory_equal(region + code, park_code, CODE_BYTES);
	for (uint64_t at = CODE_BYTES; at < PARK_GDT; at++)
		assert_int_equal(region[code + at], 0);
	assert_int_equal(word(code + PARK_GDT_POINTER, 2), PARK_GDT_BYTES - 1);
	assert_int_equal(word(code + PARK_GDT_POINTER + 2, sizeof(void *)), base + PARK_GDT);
	assert_int_equal(word(code + PARK_IDT_POINTER, 2), 32 * (narrow ? 8 : 16) - 1);
	assert_int_equal(word(code + PARK_IDT_POINTER + 2, sizeof(void *)), base + PARK_IDT);
	assert_int_equal(word(code + PARK_GDT, 8), 0);
	assert_int_equal(word(code + PARK_GDT + 8, 8),
			 narrow ? UINT64_C(0x00cf9b000000ffff) : UINT64_C(0x00af9b000000ffff));
	assert_int_equal(word(code + PARK_GDT + 16, 8), UINT64_C(0x00cf93000000ffff));
	assert_int_equal((tss >> 16 & 0xffffff) | (tss >> 56) << 24, base + PARK_TSS);
	assert_int_equal(tss & 0xffff, 0x67);
	assert_int_equal(tss >> 40 & 0xff, 0x89);
	for (uint64_t i = 0; i < 32; i++) {
		uint64_t gate = code + PARK_IDT + i * (narrow ? 8 : 16);
		uint64_t to = i == 2 ? NMI : i == 18 ? MACHINE_CHECK : TRAP;

		assert_int_equal(word(gate, 2) | word(gate + 6, 2) << 16, base + to);
		assert_int_equal(word(gate + 2, 2), 8);
		assert_int_equal(word(gate + 4, 2), 0x8e00);
		if (!narrow)
			assert_int_equal(word(gate + 8, 8), 0);
	}
}

static void who_listens(void **state)
{
	(void)state;
	park_region_listen(REGION, &(struct park_apic){ .base = 0xfee00000, .spurious = 0x1ff });
	assert_int_equal(word(0x1000 + PARK_APIC, 8), 0xfee00000);
	assert_int_equal(word(0x1000 + PARK_APIC + 8, 4), 0x1ff);
}

#ifdef __x86_64__
/* What a CPU executes there must be mapped; the local APIC not cached. */
static void the_first_4_gib_are_mapped(void **state)
{
	static const uint64_t addresses[] = { 0, REGION, 0x7fffffff, 0xfee00000, 0xffffffff };
	uint64_t root = word(0x1000 + PARK_LOCAL_CR3, 8) - REGION;

	who_listens(state);
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		uint64_t address = addresses[i];
		uint64_t pdpt = word(root, 8), table, entry;

		assert_int_equal(pdpt & 0xfff, 3);
		table = word((pdpt & ~UINT64_C(0xfff)) - REGION + (address >> 30) * 8, 8);
		assert_int_equal(table & 0xfff, 3);
		entry = word((table & ~UINT64_C(0xfff)) - REGION + (address >> 21 & 511) * 8, 8);
		assert_int_equal(entry, (address & ~UINT64_C(0x1fffff)) |
						(address == 0xfee00000 ? 0x9b : 0x83));
	}
}
#endif

static void out_of_reach_nobody_listens(void **state)
{
	(void)state;
	park_region_listen(REGION,
			   &(struct park_apic){ .base = UINT64_C(1) << 32, .spurious = 0x1ff });
	assert_int_equal(word(0x1000 + PARK_APIC + 8, 4), 0);
}

static void the_way_in(void **state)
{
	(void)state;
	mapped = 0;
	assert_int_equal(park_region_root(REGION, size), 0x5000);
	assert_int_equal(mapped, size - 0x1000);
	park_region_root_free(REGION, 0x5000);
	if (!setjmp(jumped))
		park_region_leave(REGION, 0x5000, 0x200010, 0x1234);
	assert_int_equal(jump.slot, word(56, 8) + CPUS * word(64, 4));
	assert_int_equal(jump.copies, REGION + PARK_COPY_PAGE);
	assert_int_equal(jump.root, 0x5000);
	assert_int_equal(jump.entry, 0x200010);
	assert_int_equal(jump.told, 0x1234);
	assert_int_equal(jump.vector, REGION + 0x1100);
}

static void who_stops_goes_there_until_told_not_to(void **state)
{
	(void)state;
#ifdef __x86_64__
	park_region_take_stopped(REGION, 0x5000);
	assert_int_equal(stopped_vector, REGION + 0x1000);
	assert_int_equal(stopped_cr3, 0x5000);
	park_region_take_no_more();
	assert_int_equal(stopped_vector, 7);
	assert_int_equal(stopped_cr3, 8);
#else
	park_region_take_stopped(REGION, 0x5000);
	assert_ptr_equal(x86_machine.stop_this_cpu, park_stop_this_cpu);
	park_region_take_no_more();
	assert_ptr_equal(x86_machine.stop_this_cpu, x86_stop_this_cpu);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_page_is_as_specified, begin),
		cmocka_unit_test_setup(the_next_kernel_reads_it, begin),
		cmocka_unit_test_setup(a_processor_finds_its_tables, begin),
		cmocka_unit_test_setup(who_listens, begin),
#ifdef __x86_64__
		cmocka_unit_test_setup(the_first_4_gib_are_mapped, begin),
#endif
		cmocka_unit_test_setup(out_of_reach_nobody_listens, begin),
		cmocka_unit_test_setup(the_way_in, begin),
		cmocka_unit_test_setup(who_stops_goes_there_until_told_not_to, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

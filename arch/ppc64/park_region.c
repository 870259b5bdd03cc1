// SPDX-License-Identifier: MIT
/*
 * Makes a park region, and takes CPUs into it (docs/park.md). Called by the handover on the boot CPU, and by each
 * CPU that parks. What is written here is read by CPUs that have nothing else: it must not point to anything of the
 * kernel's.
 */
#include "arch/ppc64/offsets.h"
#include "arch/ppc64/page_table.h"
#include "arch/ppc64/park.h"
#include "arch/ppc64/registers.h"
#include "arch/ppc64/start.h"
#include "arch/ppc64/trap.h"
#include "core/align.h"
#include "core/string.h"

#include <muster/memory.h>

_Static_assert(sizeof(struct park_copy) == PARK_COPY_BYTES, "park.S");
_Static_assert(offsetof(struct park_copy, from) == PARK_COPY_FROM, "park.S");
_Static_assert(offsetof(struct park_copy, size) == PARK_COPY_SIZE, "park.S");
_Static_assert(offsetof(struct park_copy, clear) == PARK_COPY_CLEAR, "park.S");
_Static_assert(PARK_COPY_PAGE + (PARK_COPIES_MAX + 1) * PARK_COPY_BYTES == PARK_SLOTS_PAGE,
	       "the copy list is one page");
_Static_assert(PARK_SLOT_STRIDE >= PARK_SLOT_BYTES, "docs/park.md");

extern const char park_code[], park_code_end[], park_code_leave[];
extern const char park_system_reset[], park_machine_check[], park_let_go[];
void park_go_in(uint64_t code, uint64_t slot) __attribute__((noreturn));
void park_jump(uint64_t copies, uint64_t entry, uint64_t tree, uint64_t code)
	__attribute__((noreturn));

uint64_t park_reach_end;

/* The region that a CPU goes to that stops; 0: none. */
static uint64_t region_now;

static uint8_t *at(uint64_t physical, uint64_t offset)
{
	return (uint8_t *)page_table_direct(physical) + offset;
}

struct park_page *park_region_page(uint64_t physical)
{
	return page_table_direct(physical);
}

static uint64_t code_address(uint64_t physical, const char *symbol)
{
	return physical + PARK_CODE_PAGE + (uint64_t)(symbol - park_code);
}

static uint64_t record_offset(uint32_t slots)
{
	return align_up(PARK_SLOTS_PAGE + (uint64_t)slots * PARK_SLOT_STRIDE, MEMORY_PAGE_SIZE);
}

uint64_t park_region_bytes(uint32_t slots, uint64_t record_bytes)
{
	return align_up(record_offset(slots) + record_bytes, MEMORY_PAGE_SIZE);
}

void park_region_fill(uint64_t physical, uint64_t size, uint32_t slots)
{
	struct park_page *page = park_region_page(physical);
	uint8_t *code = at(physical, PARK_CODE_PAGE);

	memset(page, 0, sizeof(*page));
	page->magic = PARK_MAGIC;
	page->revision = page->compatible = PARK_REVISION;
	page->machine = PARK_MACHINE;
	page->base = physical;
	page->size = size;
	page->identity_end = park_reach_end;
	page->slot_count = slots;
	page->slots = physical + PARK_SLOTS_PAGE;
	page->slot_size = PARK_SLOT_STRIDE;
	page->record = physical + record_offset(slots);
	page->system_reset = code_address(physical, park_system_reset);
	page->machine_check = code_address(physical, park_machine_check);
	memset(at(physical, PARK_SLOTS_PAGE), 0, record_offset(slots) - PARK_SLOTS_PAGE);
	memset(at(physical, PARK_COPY_PAGE), 0, MEMORY_PAGE_SIZE);
	memset(code, 0, MEMORY_PAGE_SIZE);
	memcpy(code, park_code, (size_t)(park_code_end - park_code));
	code_written(code, code + MEMORY_PAGE_SIZE);
	trap_vectors_inside(physical, size, page->system_reset, page->machine_check);
}

void park_region_publish(uint64_t physical, uint64_t record_bytes)
{
	struct park_page *page = park_region_page(physical);

	page->record_size = (uint32_t)record_bytes;
	page->sum = park_sum(PARK_SUM_BEGIN, page, PARK_SUM_AT);
}

uint64_t park_region_root(uint64_t physical, uint64_t size)
{
	(void)size;
	return physical;
}

/* As struct machine has it, for a CPU that parks. Its stack and unit stay good until nobody uses the kernel any
 * more, and with them system resets on the way. */
static void stop_in_region(uint32_t *state_word, uint32_t state) __attribute__((noreturn));
static void stop_in_region(uint32_t *state_word, uint32_t state)
{
	struct park_page *page = park_region_page(region_now);
	uint32_t entered = __atomic_fetch_add(&page->entered, 1, __ATOMIC_SEQ_CST);
	uint64_t slot = page->slots + (uint64_t)entered * PARK_SLOT_STRIDE;

	/* Too late, or too many: it stops where only a start-up reaches it. */
	if (entered & PARK_CLOSED || entered >= page->slot_count)
		ppc64_stop_this_cpu(state_word, state);
	((struct park_slot *)page_table_direct(slot))->hwid = cpu_hwid(cpu_this()).value;
	__atomic_store_n(state_word, state, __ATOMIC_RELEASE);
	park_go_in(region_now + PARK_CODE_PAGE, slot);
}

void park_region_take_stopped(uint64_t physical, uint64_t root)
{
	(void)root;
	region_now = physical;
	__atomic_store_n(&ppc64_machine.stop_this_cpu, stop_in_region, __ATOMIC_RELEASE);
}

void park_region_take_no_more(void)
{
	__atomic_store_n(&ppc64_machine.stop_this_cpu, ppc64_stop_this_cpu, __ATOMIC_RELEASE);
}

void park_region_let_go(uint64_t physical)
{
	struct park_page *page = park_region_page(physical);

	__atomic_store_n(&page->release, physical_of(park_let_go), __ATOMIC_SEQ_CST);
}

void park_region_leave(uint64_t physical, uint64_t root, uint32_t entry, uint32_t tree)
{
	(void)root;
	trap_vectors_leave();
	park_jump(physical + PARK_COPY_PAGE, entry, tree, code_address(physical, park_code_leave));
}

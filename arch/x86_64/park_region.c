// SPDX-License-Identifier: MIT
/*
 * Makes a park region, and takes the boot CPU into it (docs/park.md). Called by the handover on the boot
 * CPU. What is written here is read by CPUs that have nothing else: it must not point to anything of the
 * kernel's. The same for 32 and 64 bits, but for what park_mode.c of each does.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/page_table_build.h"
#include "arch/x86_64/park.h"
#include "core/align.h"
#include "core/string.h"

#include <muster/memory.h>

_Static_assert(sizeof(struct park_copy) == PARK_COPY_BYTES, "park.S");
_Static_assert(offsetof(struct park_copy, from) == PARK_COPY_FROM, "park.S");
_Static_assert(offsetof(struct park_copy, size) == PARK_COPY_SIZE, "park.S");
_Static_assert(offsetof(struct park_copy, clear) == PARK_COPY_CLEAR, "park.S");
_Static_assert(sizeof(struct park_apic) == PARK_APIC_BYTES, "park.S");
_Static_assert(offsetof(struct park_apic, spurious) == 8, "park.S");
_Static_assert(offsetof(struct park_apic, lint1) == 16, "park.S");
_Static_assert(PARK_COPY_PAGE + (PARK_COPIES_MAX + 1) * PARK_COPY_BYTES == PARK_TOLD_PAGE,
	       "the copy list is one page");

extern const char park_code[], park_code_end[], park_code_leave[];
extern const char park_nmi[], park_machine_check[], park_trap[];

/* Intel SDM vol. 3A, 3.4.5, accessed bits set; and 7.2.2 for the 32-bit TSS. */
#define DESCRIPTOR_DATA UINT64_C(0x00cf93000000ffff)
#define DESCRIPTOR_TSS	UINT64_C(0x0000890000000000)
/* An interrupt gate, present, of the mode that it is in: 6.11 and 6.14.1, figures 6-2 and 6-8. */
#define GATE_INTERRUPT	     0x8e00

#define VECTOR_NMI	     2
#define VECTOR_MACHINE_CHECK 18

/* What lgdt and lidt read. */
struct pointer {
	uint16_t limit;
	uintptr_t base;
} __attribute__((packed));

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

static uint64_t slots_end(uint32_t slots)
{
	/* One more for the boot CPU's stack. */
	return PARK_SLOTS_PAGE + ((uint64_t)slots + 1) * PARK_SLOT_STRIDE;
}

static uint64_t record_offset(uint32_t slots)
{
	return align_up(slots_end(slots), MEMORY_PAGE_SIZE);
}

uint64_t park_region_bytes(uint32_t slots, uint64_t record_bytes)
{
	return align_up(record_offset(slots) + record_bytes, MEMORY_PAGE_SIZE);
}

static void fill_gates(uint64_t physical)
{
	for (uint32_t i = 0; i < PARK_VECTORS; i++) {
		const char *handler = i == VECTOR_NMI		  ? park_nmi
				      : i == VECTOR_MACHINE_CHECK ? park_machine_check
								  : park_trap;
		uint64_t address = code_address(physical, handler);
		uint64_t gate = (address & 0xffff) | (uint64_t)SELECTOR_CODE << 16 |
				(uint64_t)GATE_INTERRUPT << 32 | (address >> 16 & 0xffff) << 48;

		/* What is behind that is the address's upper half, 0 in both modes. */
		memcpy(at(physical, PARK_CODE_PAGE + PARK_IDT + i * PARK_GATE_BYTES), &gate,
		       sizeof(gate));
	}
}

static void fill_code(uint64_t physical)
{
	uint64_t base = physical + PARK_CODE_PAGE;
	uint8_t *page = at(physical, PARK_CODE_PAGE);
	uint64_t *gdt = (uint64_t *)(page + PARK_GDT);
	uint64_t tss = base + PARK_TSS;
	struct pointer gdt_pointer = { PARK_GDT_BYTES - 1, (uintptr_t)base + PARK_GDT };
	struct pointer idt_pointer = { PARK_VECTORS * PARK_GATE_BYTES - 1,
				       (uintptr_t)base + PARK_IDT };

	memset(page, 0, MEMORY_PAGE_SIZE);
	memcpy(page, park_code, (size_t)(park_code_end - park_code));
	gdt[SELECTOR_CODE / 8] = PARK_DESCRIPTOR_CODE;
	gdt[SELECTOR_DATA / 8] = DESCRIPTOR_DATA;
	gdt[PARK_SELECTOR_TSS / 8] = DESCRIPTOR_TSS | (PARK_TSS_BYTES - 1) |
				     (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56;
	memcpy(page + PARK_GDT_POINTER, &gdt_pointer, sizeof(gdt_pointer));
	memcpy(page + PARK_IDT_POINTER, &idt_pointer, sizeof(idt_pointer));
	fill_gates(physical);
}

void park_region_fill(uint64_t physical, uint64_t size, uint32_t slots)
{
	struct park_page *page = park_region_page(physical);

	memset(page, 0, sizeof(*page));
	page->magic = PARK_MAGIC;
	page->revision = page->compatible = PARK_REVISION;
	page->machine = PARK_MACHINE;
	page->base = physical;
	page->size = size;
	page->identity_end = PARK_IDENTITY_END;
	page->slot_count = slots;
	page->slots = physical + PARK_SLOTS_PAGE;
	page->slot_size = PARK_SLOT_STRIDE;
	page->record = physical + record_offset(slots);
	memset(at(physical, PARK_SLOTS_PAGE), 0, slots_end(slots) - PARK_SLOTS_PAGE);
	memset(at(physical, PARK_COPY_PAGE), 0, MEMORY_PAGE_SIZE);
	fill_code(physical);
	park_mode_fill(physical);
}

void park_region_listen(uint64_t physical, const struct park_apic *apic)
{
	struct park_apic *local = (struct park_apic *)at(physical, PARK_CODE_PAGE + PARK_APIC);

	if (apic->base >= PARK_IDENTITY_END)
		return; /* out of reach: nobody listens */
	*local = *apic;
	if (apic->base)
		park_mode_map_device(physical, apic->base);
}

void park_region_publish(uint64_t physical, uint64_t record_bytes)
{
	struct park_page *page = park_region_page(physical);

	page->record_size = (uint32_t)record_bytes;
	page->sum = park_sum(PARK_SUM_BEGIN, page, PARK_SUM_AT);
}

/* All of the region but the code: header, and what is behind the code. */
int park_region_map_data(uint64_t root, uint64_t physical, uint64_t size)
{
	uint64_t code = physical + PARK_CODE_PAGE, behind = code + MEMORY_PAGE_SIZE;
	int error = page_table_build_range(root, physical, physical, PARK_CODE_PAGE, MAP_READ_WRITE,
					   false);

	if (!error)
		error = page_table_build_range(root, behind, behind, physical + size - behind,
					       MAP_READ_WRITE, false);
	return error;
}

uint64_t park_region_root(uint64_t physical, uint64_t size)
{
	uint64_t root = page_table_start_root(physical + PARK_CODE_PAGE);

	return root && !park_region_map_data(root, physical, size) ? root : 0;
}

void park_region_root_free(uint64_t physical, uint64_t root)
{
	page_table_start_root_free(root, physical + PARK_CODE_PAGE);
}

void park_region_leave(uint64_t physical, uint64_t root, uint32_t entry, uint32_t start_info)
{
	const struct park_page *page = park_region_page(physical);
	uint64_t slot = page->slots + (uint64_t)page->slot_count * PARK_SLOT_STRIDE;

	park_jump((uintptr_t)slot, (uintptr_t)physical + PARK_COPY_PAGE, (uintptr_t)root, entry,
		  start_info, (uintptr_t)code_address(physical, park_code_leave));
}

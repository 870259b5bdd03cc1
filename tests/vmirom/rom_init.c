// SPDX-License-Identifier: MIT
/*
 * What the test ROM does beyond running a call natively: it shortens segments at its hole, and keeps
 * the states with which CPUs begin. Called by calls.S with three register parameters; runs anywhere,
 * has no data of its own, and writes only what its caller hands it and the RAM that init took.
 */
#include "tests/vmirom/rom.h"

#include <stdbool.h>

#define HIDDEN __attribute__((visibility("hidden")))

extern HIDDEN uint8_t rom_start[];
extern HIDDEN const uint32_t rom_physical, ram_distance;
extern HIDDEN const uint8_t trampoline[], trampoline_virtual[];

void segments_shorten(uint32_t *entries, uint32_t limit);
void initial_state_set(const struct vmi_cpu_state *state, uint32_t apic_id);
uint32_t start_redirect(const volatile uint32_t *command, uint32_t value);
uint32_t hole_mapped(void);

#define TOP ((uint32_t)ROM_TOP_MIB << 20)

/* Intel SDM vol. 3A, 3.4.5: the second word of a segment descriptor. */
#define DESCRIPTOR_PRESENT     (1u << 15)
#define DESCRIPTOR_CODE_DATA   (1u << 12)
#define DESCRIPTOR_CODE	       (1u << 11)
#define DESCRIPTOR_EXPAND_DOWN (1u << 10)
#define DESCRIPTOR_PAGES       (1u << 23)
#define LIMIT_HIGH	       0xf0000u

#define CR0_WRITE_PROTECT      (1u << 16)
#define CR4_PAE		       (1u << 5)

static struct rom_counts *counts(void)
{
	return (struct rom_counts *)(rom_start + ram_distance + RAM_COUNTS);
}

static void limit_set(uint32_t *entry, uint32_t limit)
{
	entry[0] = (entry[0] & 0xffff0000) | (limit & 0xffff);
	entry[1] = (entry[1] & ~LIMIT_HIGH) | (limit & LIMIT_HIGH);
}

static void refuse(uint32_t *entry)
{
	entry[1] &= ~DESCRIPTOR_PRESENT;
	__atomic_add_fetch(&counts()->segments, 1, __ATOMIC_RELAXED);
}

/* A segment that begins below the hole and reaches into it ends there; what cannot be made to is not
 * present. */
static void shorten(uint32_t *entry)
{
	uint32_t base = entry[0] >> 16 | (entry[1] & 0xff) << 16 | (entry[1] & 0xff000000);
	uint32_t limit = (entry[0] & 0xffff) | (entry[1] & LIMIT_HIGH);
	uint32_t room = TOP - base; /* bytes up to the hole */
	bool pages = entry[1] & DESCRIPTOR_PAGES;

	if (!(entry[1] & DESCRIPTOR_PRESENT) || !(entry[1] & DESCRIPTOR_CODE_DATA))
		return;
	if (pages)
		limit = limit << 12 | 0xfff;
	if (!(entry[1] & DESCRIPTOR_CODE) && (entry[1] & DESCRIPTOR_EXPAND_DOWN)) {
		refuse(entry);
		return;
	}
	if (base < TOP && limit < room)
		return;
	if (base >= TOP || (pages && room < 0x1000)) {
		refuse(entry);
		return;
	}
	limit_set(entry, pages ? (room >> 12) - 1 : room - 1);
}

/* limit: as a descriptor register has it, the offset of the last byte. */
void segments_shorten(uint32_t *entries, uint32_t limit)
{
	uint32_t cr0;

	if (!TOP)
		return;
	/* A kernel may have its tables where it cannot write; a hypervisor would not care. */
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0 & ~CR0_WRITE_PROTECT));
	for (uint32_t i = 8; i + 7 <= limit; i += 8)
		shorten(&entries[i / 4]);
	if (limit == 7)
		shorten(entries);
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0));
}

/* A frame by the kernel's linear mapping 0; NULL: it is not in it. */
static const uint32_t *frame_at(uint32_t physical)
{
	const struct rom_mapping *mapping = &counts()->mappings[0];
	uint32_t page = (physical >> 12) - mapping->frame;

	return page < mapping->pages
		       ? (const uint32_t *)(mapping->address + (page << 12) + (physical & 0xfff))
		       : NULL;
}

/* Intel SDM vol. 3A, 4.3 and 4.4. Entries of the page directory, present, from the hole on: no more of a
 * kernel's may be there. A directory that cannot be read counts as one. */
uint32_t hole_mapped(void)
{
	uint32_t cr3, cr4, found = 0;
	const uint32_t *root, *directory;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	root = frame_at(cr3 & ~0x1fu);
	if (!root)
		return 1;
	if (!(cr4 & CR4_PAE)) {
		for (uint32_t i = TOP >> 22; TOP && i < 1024; i++)
			found += root[i] & 1;
		return found;
	}
	for (uint32_t i = TOP >> 21; TOP && i < 2048; i++) {
		directory = root[(i >> 9) * 2] & 1 ? frame_at(root[(i >> 9) * 2] & ~0xfffu) : root;
		if (!directory)
			return found + 1;
		found += directory != root && directory[(i & 511) * 2] & 1;
	}
	return found;
}

/* The first MiB at its own address and where the caller has it, in pages of 2 MiB or 4 MiB. */
static void tables_build(uint8_t *ram, uint32_t distance, bool pae)
{
	uint32_t *directory = (uint32_t *)(ram + RAM_DIRECTORY);
	uint32_t *low = (uint32_t *)(ram + RAM_DIRECTORY1);
	uint32_t *high = (uint32_t *)(ram + RAM_DIRECTORY2);
	uint32_t physical = rom_physical + ram_distance;

	if (!pae) {
		directory[0] = 0x83; /* present, writable, 4 MiB */
		directory[distance >> 22] = 0x83;
		return;
	}
	if (distance >> 30 == 0)
		high = low;
	low[0] = 0x83;
	high[(distance >> 21 & 0x1ff) * 2] = 0x83;
	directory[(distance >> 30) * 2] = (physical + (uint32_t)((uint8_t *)high - ram)) | 1;
	directory[0] = (physical + RAM_DIRECTORY1) | 1;
}

void initial_state_set(const struct vmi_cpu_state *state, uint32_t apic_id)
{
	uint8_t *ram = rom_start + ram_distance;
	uint32_t distance = (uint32_t)rom_start - rom_physical;
	struct rom_state *own = (struct rom_state *)(ram + RAM_STATES) + apic_id;
	const uint32_t *from = (const uint32_t *)state;
	uint32_t *to = (uint32_t *)&own->state;
	struct rom_known *known = (struct rom_known *)(ram + RAM_COUNTS + RAM_KNOWN);
	uint32_t words;

	if (apic_id >= STATES)
		return;
	own->valid = 0;
	/* The last word has the end of the interface's structure, which may be 2 bytes short of it. */
	words = sizeof(*state) / 4 - 1;
	__asm__ volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(words) : : "memory");
	own->state.idtr_limit = state->idtr_limit;
	/* The next CPU often has the same table, which only calls may have changed since. */
	if (known->gdt_base != state->gdtr_base || known->gdt_limit != state->gdtr_limit)
		segments_shorten((uint32_t *)state->gdtr_base, state->gdtr_limit);
	if (!known->gdt_base || known->pae != (state->cr4 & CR4_PAE))
		tables_build(ram, distance, state->cr4 & CR4_PAE);
	*known = (struct rom_known){ state->gdtr_base, state->gdtr_limit, state->cr4 & CR4_PAE };
	*(uint32_t *)(ram + RAM_TRAMPOLINE + (trampoline_virtual - trampoline)) = distance;
	__atomic_store_n(&own->valid, 1, __ATOMIC_RELEASE);
}

/* Intel SDM vol. 3A, 10.6.1: the interrupt command register. command: its low half, to which value is
 * about to be written. */
uint32_t start_redirect(const volatile uint32_t *command, uint32_t value)
{
	const struct rom_state *states =
		(const struct rom_state *)(rom_start + ram_distance + RAM_STATES);
	const struct rom_known *known =
		(const struct rom_known *)(rom_start + ram_distance + RAM_COUNTS + RAM_KNOWN);
	uint32_t target = command[4] >> 24;
	uint32_t page = (rom_physical + ram_distance + RAM_TRAMPOLINE) >> 12;

	/* With a shorthand it is for all: if any has a state, those without stop. */
	if (value & 3u << 18 ? !known->gdt_base : target >= STATES || !states[target].valid)
		return value;
	return (value & ~0xffu) | page;
}

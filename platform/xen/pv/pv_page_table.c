// SPDX-License-Identifier: MIT
/*
 * Page tables of a PV guest: struct machine's functions for them, and the fixmap. Xen checks and makes
 * every change (mmu_update, update_va_mapping); a page that is a table may be mapped nowhere for writing.
 * Entries hold machine frames; everybody else speaks of physical (pseudo-physical) addresses, and the
 * two lists between them are used here only: ours (struct start_info's mfn_list) and Xen's
 * (public/arch-x86/xen-x86_64.h, machine_to_phys_mapping). One CPU at a time changes tables: the boot
 * CPU. Called by core through struct machine; pv_page_build.c makes the kernel's own tables.
 */
#include "platform/xen/pv/pv_page_table.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start.h"
#include "core/layout_current.h"
#include "core/string.h"
#include "platform/xen/pv/pv.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

#define PAGE_USED   UINT64_C(0x60) /* accessed and dirty */
#define PAGE_DEVICE UINT64_C(0x18) /* PWT and PCD: uncached in Xen's PAT as in the power-on one */
#define BATCH	    128u

extern uint64_t boot_pd_fixmap[], fixmap_table[];
extern char image_start[], image_end[];

bool pv_direct_ready;
static uint64_t root_physical;

static uint64_t protection_bits(enum map_protection protection)
{
	static const uint64_t bits[] = {
		[MAP_READ_ONLY] = PAGE_PRESENT | PAGE_USED | PV_NO_EXECUTE,
		[MAP_READ_WRITE] = PAGE_PRESENT | PAGE_USED | PAGE_WRITE | PV_NO_EXECUTE,
		[MAP_EXECUTE] = PAGE_PRESENT | PAGE_USED,
		[MAP_DEVICE] = PAGE_PRESENT | PAGE_USED | PAGE_WRITE | PV_NO_EXECUTE | PAGE_DEVICE,
	};

	return bits[protection];
}

static uint32_t entry_index(uint64_t address, uint32_t level)
{
	return (uint32_t)(address >> (12 + 9 * level)) & (PV_ENTRIES - 1);
}

/* A physical address in the tables that Xen began us on, or by the direct map. */
void *pv_pointer_to(uint64_t physical)
{
	return (void *)((pv_direct_ready ? layout_direct_start(layout_current()) : KERNEL_VIRTUAL) +
			physical);
}

const uint64_t *pv_frames_from(uint64_t physical)
{
	return (const uint64_t *)pv_pointer_to(pv_boot.frame_list.physical) +
	       physical / MEMORY_PAGE_SIZE;
}

uint64_t pv_frame(uint64_t physical)
{
	return physical / MEMORY_PAGE_SIZE < pv_boot.pages ? *pv_frames_from(physical) : UINT64_MAX;
}

uint64_t pv_machine(uint64_t physical)
{
	return pv_frame(physical) * MEMORY_PAGE_SIZE + physical % MEMORY_PAGE_SIZE;
}

/* The physical address behind a machine address that is one of ours; UINT64_MAX: it is not. Xen's list
 * says something of every frame there is; ours has the last word. */
uint64_t pv_physical(uint64_t machine)
{
	uint64_t frame = machine / MEMORY_PAGE_SIZE;
	uint64_t page;

	if (frame >= MACH2PHYS_NR_ENTRIES)
		return UINT64_MAX;
	page = machine_to_phys_mapping[frame];
	if (page >= pv_boot.pages || pv_frame(page * MEMORY_PAGE_SIZE) != frame)
		return UINT64_MAX;
	return page * MEMORY_PAGE_SIZE + machine % MEMORY_PAGE_SIZE;
}

uint64_t pv_entry(uint64_t physical, enum map_protection protection)
{
	return pv_machine(physical) | protection_bits(protection);
}

/* Changes that wait to be made in one call. */
static struct mmu_update batch[BATCH];
static uint32_t waiting;

int pv_update_flush(void)
{
	uint32_t done = 0;
	long answer;

	if (!waiting)
		return 0;
	answer = xen_hypercall(__HYPERVISOR_mmu_update, (uintptr_t)batch, waiting, (uintptr_t)&done,
			       DOMID_SELF, 0);
	if (answer < 0)
		console_print("muster: xen: page table entry at machine address %#lx = %#lx: Xen "
			      "refuses it: %s\n",
			      batch[done < waiting ? done : 0].ptr,
			      batch[done < waiting ? done : 0].val, xen_error_name(answer));
	waiting = 0;
	return xen_error(answer);
}

struct mmu_update pv_update_of(uint64_t table, uint32_t index, uint64_t value)
{
	return (struct mmu_update){
		.ptr = (pv_machine(table) + index * sizeof(uint64_t)) | MMU_NORMAL_PT_UPDATE,
		.val = value,
	};
}

int pv_update(uint64_t table, uint32_t index, uint64_t value)
{
	batch[waiting] = pv_update_of(table, index, value);
	return ++waiting == BATCH ? pv_update_flush() : 0;
}

int pv_update_address(uintptr_t address, uint64_t value)
{
	long answer = xen_hypercall3(__HYPERVISOR_update_va_mapping, address, value,
				     UVMF_INVLPG | UVMF_LOCAL);

	if (answer < 0)
		console_print("muster: xen: mapping %#lx as %#lx: Xen refuses it: %s\n", address,
			      value, xen_error_name(answer));
	return xen_error(answer);
}

uintptr_t pv_fixmap_set(uint32_t slot, uint64_t machine, enum map_protection protection)
{
	uintptr_t address = layout_fixmap_address(layout_current(), slot);
	uint64_t value = (machine & PV_ADDRESS_MASK) | protection_bits(protection);

	if (pv_update_address(address, value))
		muster_panic("xen: fixmap slot %u: cannot be mapped", slot);
	return address;
}

/*
 * Down to the table of a level, the last one that is there: returns its level, and its physical address.
 * What stands above is complete in tables of ours.
 */
uint32_t pv_walk(uint64_t address, uint32_t level, uint64_t *table)
{
	uint32_t at = PV_LEVELS - 1;

	*table = root_physical;
	for (; at > level; at--) {
		uint64_t entry = ((uint64_t *)pv_pointer_to(*table))[entry_index(address, at)];
		uint64_t below =
			entry & PAGE_PRESENT ? pv_physical(entry & PV_ADDRESS_MASK) : UINT64_MAX;

		if (below == UINT64_MAX || entry & PAGE_LARGE)
			break;
		*table = below;
	}
	return at;
}

uint64_t pv_entry_at(uint64_t address)
{
	uint64_t table;

	if (pv_walk(address, 0, &table))
		return 0;
	return ((const uint64_t *)pv_pointer_to(table))[entry_index(address, 0)];
}

static void *direct(uint64_t physical)
{
	if (!pv_direct_ready || physical / MEMORY_PAGE_SIZE >= pv_boot.pages ||
	    pv_direct_make(physical / MEMORY_PAGE_SIZE))
		return NULL;
	return pv_pointer_to(physical);
}

/* A page becomes a table: no mapping of it may be writable. There are two, at most: the direct map's,
 * and, where it was part of the image, the image's. */
static int page_make_table(uint64_t physical)
{
	const uint64_t image = (uintptr_t)image_start - KERNEL_VIRTUAL;
	int error;

	words_clear(direct(physical), PV_ENTRIES);
	if (physical >= image && physical < (uintptr_t)image_end - KERNEL_VIRTUAL) {
		error = pv_update_address(KERNEL_VIRTUAL + physical, 0);
		if (error)
			return error;
	}
	return pv_update_address((uintptr_t)pv_pointer_to(physical),
				 pv_entry(physical, MAP_READ_ONLY));
}

/* The last-level table for an address, made if there is none, with all above it. */
static int table_for(uint64_t address, uint32_t node, uint64_t *table)
{
	uint32_t level;

	while ((level = pv_walk(address, 0, table))) {
		uint64_t made = mem_alloc(MEMORY_PAGE_SIZE, 0, .owner = "page table", .node = node,
					  .on_node = node != NODE_ANY);
		int error = made ? page_make_table(made) : MUSTER_E_NO_MEMORY;

		if (!error)
			error = pv_update(*table, entry_index(address, level),
					  pv_machine(made) | PV_TABLE_ENTRY);
		if (!error)
			error = pv_update_flush();
		if (error)
			return error;
	}
	return 0;
}

/* Xen refuses what lies in its own part too, but does not say why. */
static bool in_a_hole(uint64_t address, uint64_t size)
{
	const struct layout_hole *hole;

	for (uint32_t i = 0; (hole = layout_hole_at(layout_current(), i)); i++)
		if (address < hole->start + hole->size && address + size > hole->start) {
			console_print("muster: xen: mapping %#lx, %#lx bytes: that is %s's\n",
				      address, size, hole->owner);
			return true;
		}
	return false;
}

static void unmap(uint64_t address, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += MEMORY_PAGE_SIZE)
		if (pv_entry_at(address + done) & PAGE_PRESENT)
			(void)pv_update_address(address + done, 0);
}

static int map(uint64_t address, uint64_t physical, uint64_t size, enum map_protection protection,
	       uint32_t node)
{
	uint64_t table = 0;
	uint64_t done = 0;
	int error = in_a_hole(address, size) ? MUSTER_E_INVALID : 0;

	/* done: pages whose mapping has been ordered. One that was there is not among them. */
	while (done < size && !error) {
		uint32_t index = entry_index(address + done, 0);

		if (!done || !index)
			error = table_for(address + done, node, &table);
		if (!error && ((const uint64_t *)pv_pointer_to(table))[index] & PAGE_PRESENT)
			error = MUSTER_E_EXISTS;
		if (error)
			break;
		error = pv_update(table, index, pv_entry(physical + done, protection));
		done += MEMORY_PAGE_SIZE;
	}
	if (error)
		(void)pv_update_flush();
	else
		error = pv_update_flush();
	if (error)
		unmap(address, done);
	return error;
}

static int map_pages(uint64_t base, uint64_t physical, const uint32_t *numbers, uint32_t count,
		     enum map_protection protection, uint32_t node)
{
	uint64_t table;
	uint64_t last = base + numbers[count - 1] * (uint64_t)MEMORY_PAGE_SIZE;
	int error;

	if (base >> 21 != last >> 21)
		return MUSTER_E_NOT_SUPPORTED;
	error = table_for(base, node, &table);
	for (uint32_t i = 0; i < count && !error; i++) {
		uint64_t address = base + numbers[i] * (uint64_t)MEMORY_PAGE_SIZE;
		uint32_t index = entry_index(address, 0);

		if (((const uint64_t *)pv_pointer_to(table))[index] & PAGE_PRESENT)
			muster_panic("page table: %#lx is mapped already", address);
		error = pv_update(table, index,
				  pv_entry(physical + i * (uint64_t)MEMORY_PAGE_SIZE, protection));
	}
	if (!error)
		error = pv_update_flush();
	/* All or none; none of them was there before. */
	for (uint32_t i = 0; i < count && error; i++)
		unmap(base + numbers[i] * (uint64_t)MEMORY_PAGE_SIZE, MEMORY_PAGE_SIZE);
	return error;
}

static uint64_t physical(uintptr_t address)
{
	uint64_t entry = pv_entry_at(address);
	uint64_t page = entry & PAGE_PRESENT ? pv_physical(entry & PV_ADDRESS_MASK) : UINT64_MAX;

	return page == UINT64_MAX ? page : page + address % MEMORY_PAGE_SIZE;
}

static uint64_t table_behind(uintptr_t address)
{
	uint64_t table;

	return pv_walk(address, 0, &table) ? UINT64_MAX : table;
}

static void flush_translations(void)
{
	struct mmuext_op operation = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

	(void)xen_hypercall(__HYPERVISOR_mmuext_op, (uintptr_t)&operation, 1, 0, DOMID_SELF, 0);
}

/* H3: whatever Xen made of a page, it is one that can be written when this returns 0. The direct map is
 * where its next owner finds it. */
static int make_writable(uintptr_t address, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += MEMORY_PAGE_SIZE) {
		uint64_t page = physical(address + done);
		int error = page == UINT64_MAX ? MUSTER_E_NOT_FOUND
					       : pv_update_address((uintptr_t)pv_pointer_to(page),
								   pv_entry(page, MAP_READ_WRITE));

		if (error)
			return error;
	}
	return 0;
}

uint64_t pv_root_machine(void)
{
	return pv_machine(root_physical);
}

int pv_protect(uint64_t page, enum map_protection protection)
{
	return pv_update_address((uintptr_t)pv_pointer_to(page), pv_entry(page, protection));
}

/* The slots have one table, part of the image, and hang where the tables that we began on have room. */
int pv_fixmap_step(cpu_t cpu)
{
	const uint64_t start = layout_fixmap_start(layout_current());
	const uint64_t last = start + (uint64_t)FIXMAP_SLOTS * MEMORY_PAGE_SIZE - 1;
	const uint64_t pages[] = { (uintptr_t)fixmap_table - KERNEL_VIRTUAL,
				   (uintptr_t)boot_pd_fixmap - KERNEL_VIRTUAL };
	uint64_t above;
	int error = 0;

	(void)cpu;
	root_physical = pv_boot.root;
	if (start >> 21 != last >> 21 || pv_walk(start, 0, &above) != 2) {
		console_print("muster: fixmap at %#lx: not within one table, or mapped already\n",
			      start);
		return MUSTER_E_INVALID;
	}
	boot_pd_fixmap[entry_index(start, 1)] = pv_machine(pages[0]) | PV_TABLE_ENTRY;
	for (uint32_t i = 0; i < 2 && !error; i++) {
		const uint64_t address = KERNEL_VIRTUAL + pages[i];
		uint64_t table;

		error = pv_walk(address, 0, &table) ? MUSTER_E_CORRUPT
						    : pv_update(table, entry_index(address, 0),
								pv_entry(pages[i], MAP_READ_ONLY));
	}
	if (!error)
		error = pv_update(above, entry_index(start, 2),
				  pv_machine(pages[1]) | PV_TABLE_ENTRY);
	return error ? error : pv_update_flush();
}

void pv_page_table_begin(void)
{
	x86_machine.map = map;
	x86_machine.map_pages = map_pages;
	x86_machine.unmap = unmap;
	x86_machine.direct = direct;
	x86_machine.physical = physical;
	x86_machine.table_behind = table_behind;
	x86_machine.flush_translations = flush_translations;
	x86_machine.make_writable = make_writable;
}

// SPDX-License-Identifier: MIT
/*
 * A GDT for each CPU of a PV guest: a page of its own, because Xen wants the page read-only in all its
 * mappings for as long as it is a GDT. It goes back to free memory only as one that can be written (H3).
 * Called by the steps `boot-gdt`, `gdt`, `initialise` and `descriptor-tables`. Xen's own segments, on which
 * every CPU begins, are at the end of every GDT (public/arch-x86/xen.h, FIRST_RESERVED_GDT_PAGE).
 */
#include "platform/xen/pv/pv.h"

#include "arch/x86_64/offsets.h"
#include "core/string.h"
#include "platform/xen/pv/pv_page_table.h"

#include <muster/muster.h>

/* Flat segments as in entry_boot.S, but of privilege level 3, where a PV guest runs: Intel SDM vol. 3A,
 * 3.4.5. Accessed bits are set, since nobody could set them. */
#define CODE_64 UINT64_C(0x00affb000000ffff)
#define DATA	UINT64_C(0x00cff3000000ffff)
#define ENTRIES 3u
#define RING	3u

/* The page; 0: none. */
static PERCPU(uint64_t, gdt_page);

int pv_gdt_create(cpu_t cpu)
{
	uint64_t page = mem_alloc(MEMORY_PAGE_SIZE, 0, .owner = "gdt", .node = cpu_node(cpu),
				  .on_node = cpu_node(cpu) != NODE_ANY);
	uint64_t *gdt;
	int error;

	if (!page)
		return MUSTER_E_NO_MEMORY;
	gdt = machine_get()->direct(page);
	memset(gdt, 0, MEMORY_PAGE_SIZE);
	gdt[SELECTOR_CODE / 8] = CODE_64;
	gdt[SELECTOR_DATA / 8] = DATA;
	error = pv_protect(page, MAP_READ_ONLY);
	if (error) {
		mem_free(page, MEMORY_PAGE_SIZE);
		return error;
	}
	*percpu_ptr(gdt_page, cpu) = page;
	return 0;
}

void pv_gdt_destroy(cpu_t cpu)
{
	uint64_t *page = percpu_ptr(gdt_page, cpu);

	/* One that Xen does not give back stays what it is, and stays ours. */
	if (!pv_protect(*page, MAP_READ_WRITE))
		mem_free(*page, MEMORY_PAGE_SIZE);
	*page = 0;
}

static long gdt_set(const xen_pfn_t *frame, uint32_t entries)
{
	return xen_hypercall3(__HYPERVISOR_set_gdt, (uintptr_t)frame, entries, 0);
}

int pv_gdt_boot_step(cpu_t cpu)
{
	int error = pv_gdt_create(cpu);
	xen_pfn_t frame;
	long answer;

	if (error)
		return error;
	frame = pv_frame(this_cpu(gdt_page));
	answer = gdt_set(&frame, ENTRIES);
	if (answer < 0) {
		console_print("muster: xen: GDT in frame %#lx: Xen refuses it: %s\n", frame,
			      xen_error_name(answer));
		pv_gdt_destroy(cpu);
	}
	return xen_error(answer);
}

void pv_gdt_boot_undo(cpu_t cpu)
{
	(void)gdt_set(NULL, 0);
	pv_gdt_destroy(cpu);
}

void pv_gdt_into(struct vcpu_guest_context *context, cpu_t cpu)
{
	context->gdt_frames[0] = pv_frame(*percpu_ptr(gdt_page, cpu));
	context->gdt_ents = ENTRIES;
}

int pv_segments_step(cpu_t cpu)
{
	(void)cpu;
	/* From this CPU's own GDT: if it is not in force, this faults, and is named so. */
	__asm__ volatile("movl %0, %%ds; movl %0, %%es" ::"r"(SELECTOR_DATA | RING) : "memory");
	return 0;
}

void pv_segments_undo(cpu_t cpu)
{
	(void)cpu;
	__asm__ volatile("movl %0, %%ds; movl %0, %%es" ::"r"(FLAT_KERNEL_DS) : "memory");
}

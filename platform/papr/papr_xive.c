// SPDX-License-Identifier: MIT
/*
 * XIVE on a PAPR guest: device/xive.h with real hypercalls, its pages mapped, and a queue for each CPU on its
 * node. Called by papr_interrupts.c where XIVE's exploitation mode was agreed on. A queue is memory that
 * the hypervisor writes: it is with it from `local-interrupts` on until that is undone, and no longer.
 */
#include "arch/ppc64/page_table.h"
#include "arch/ppc64/registers.h"
#include "arch/ppc64/start.h"
#include "core/image_choice.h"
#include "core/layout_current.h"
#include "core/machine.h"
#include "core/runner.h"
#include "device/xive.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/papr.h"
#include "platform/papr/papr_interrupts.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

IMAGE_CHOICE(xive);

static PERCPU(struct xive_cpu, xive_cpu);

#define RESULTS 4u /* as device/xive.h has room for */
_Static_assert(RESULTS <= PAPR_RESULTS_MAX, "LoPAPR 14.5.1");

static long ask(uint32_t token, uint64_t a, uint64_t b, uint64_t results[RESULTS])
{
	uint64_t all[PAPR_RESULTS_MAX];
	long status = papr_hcall(token, 0, a, b, 0, all);

	for (uint32_t i = 0; i < RESULTS; i++)
		results[i] = all[i];
	return status;
}

static long call_source_info(uint64_t source, uint64_t results[4])
{
	return ask(H_INT_GET_SOURCE_INFO, source, 0, results);
}

static long call_source_config(uint64_t flags, uint64_t source, uint64_t target, uint64_t priority,
			       uint64_t number)
{
	return papr_hcall5(H_INT_SET_SOURCE_CONFIG, flags, source, target, priority, number);
}

static long call_queue_info(uint64_t target, uint64_t priority, uint64_t results[4])
{
	return ask(H_INT_GET_QUEUE_INFO, target, priority, results);
}

static long call_queue_config(uint64_t flags, uint64_t target, uint64_t priority, uint64_t address,
			      uint64_t shift)
{
	return papr_hcall5(H_INT_SET_QUEUE_CONFIG, flags, target, priority, address, shift);
}

static long call_reset(void)
{
	return papr_hcall(H_INT_RESET, 0, 0, 0, 0, NULL);
}

static uint64_t load64(uintptr_t address)
{
	return __builtin_bswap64(*(volatile uint64_t *)address);
}

static uint16_t load16(uintptr_t address)
{
	return __builtin_bswap16(*(volatile uint16_t *)address);
}

static void store64(uintptr_t address, uint64_t value)
{
	*(volatile uint64_t *)address = __builtin_bswap64(value);
}

static void store8(uintptr_t address, uint8_t value)
{
	*(volatile uint8_t *)address = value;
}

static const struct xive_calls calls = {
	.source_info = call_source_info,
	.source_config = call_source_config,
	.queue_info = call_queue_info,
	.queue_config = call_queue_config,
	.reset = call_reset,
	.load64 = load64,
	.load16 = load16,
	.store64 = store64,
	.store8 = store8,
};

static int begin(cpu_t boot)
{
	const struct device_tree_interrupts *tree = &papr_firmware.interrupts;
	const struct xive_description description = {
		.thread_page = tree->os_page,
		.source_first = tree->ipi_first,
		.source_count = tree->ipi_count,
		.queue_shift = tree->queue_shift,
		.reserved_priority = tree->reserved_priority,
	};
	uintptr_t page;
	int error;

	(void)boot;
	if (!page_tables_in_use()) {
		console_print("muster: xive: its pages are reached with translation on only, and "
			      "that was not agreed on\n");
		return MUSTER_E_NOT_SUPPORTED;
	}
	error = xive_begin(&calls, &description);
	if (error)
		return error;
	page = fixmap_set(FIXMAP_INTERRUPTS, description.thread_page, MAP_DEVICE);
	if (!page)
		return MUSTER_E_NO_MEMORY;
	xive_thread_page_set(page);
	return 0;
}

/*
 * Pages of the controller lie where RAM never is, and are mapped as if the direct map reached so far. Not
 * where something else of ours is.
 */
static uintptr_t page_map(uint64_t physical, uint32_t node)
{
	const struct layout *layout = layout_current();
	uint64_t address = layout_direct_start(layout) + physical;
	uint64_t windows_end =
		layout_windows.start + (layout_windows.count << layout_windows.shift);

	if (physical < layout_direct_size(layout) || address < windows_end ||
	    address + MEMORY_PAGE_SIZE > layout_fixmap_start(layout)) {
		console_print("muster: xive: page at %#lx: it cannot be mapped there\n",
			      (unsigned long)physical);
		return 0;
	}
	return machine_get()->map(address, physical, MEMORY_PAGE_SIZE, MAP_DEVICE, node) ? 0
											 : address;
}

static void page_unmap(uintptr_t address)
{
	if (address)
		machine_get()->unmap(address, MEMORY_PAGE_SIZE);
}

static int pages_map(struct xive_cpu *own, const struct xive_pages *pages, uint32_t node)
{
	own->manage = page_map(pages->manage, node);
	if (!own->manage)
		return MUSTER_E_NO_MEMORY;
	own->trigger =
		pages->trigger == pages->manage ? own->manage : page_map(pages->trigger, node);
	if (own->trigger)
		return 0;
	page_unmap(own->manage);
	return MUSTER_E_NO_MEMORY;
}

static int queue_create(struct xive_cpu *own, uint32_t node)
{
	own->queue_physical =
		mem_alloc(xive_queue_bytes(), xive_queue_bytes(), .owner = "interrupt queue",
			  .node = node, .on_node = node != NODE_ANY);
	own->queue = own->queue_physical ? machine_get()->direct(own->queue_physical) : NULL;
	return own->queue ? 0 : MUSTER_E_NO_MEMORY;
}

static int prepare(cpu_t cpu)
{
	struct xive_cpu *own = percpu_ptr(xive_cpu, cpu);
	struct xive_pages pages;
	int error = xive_source_find(cpu.number, &own->source, &pages);

	own->target = (uint32_t)cpu_vcpu_id(cpu).value;
	own->store_eoi = pages.store_eoi;
	if (!error)
		error = queue_create(own, cpu_node(cpu));
	if (error)
		return error;
	error = pages_map(own, &pages, cpu_node(cpu));
	if (error)
		(void)mem_free(own->queue_physical, xive_queue_bytes());
	return error;
}

/* Of a CPU that was given up on the hypervisor still has the queue. */
static void forget(cpu_t cpu)
{
	struct xive_cpu *own = percpu_ptr(xive_cpu, cpu);

	xive_take_away(own);
	if (own->trigger != own->manage)
		page_unmap(own->trigger);
	page_unmap(own->manage);
	(void)mem_free(own->queue_physical, xive_queue_bytes());
	own->manage = own->trigger = 0;
}

/*
 * 64 KiB in one instruction a cache line (dcbz): word by word they would be most
 * of what it takes a CPU to get online. How long a line is the tree says, and the first one shows whether that is
 * true: a generation bit that is left over would be an interrupt that nobody sent.
 */
static void queue_clear(uint64_t *queue, uint64_t bytes)
{
	uint64_t line = papr_firmware.processor.data_cache_line;
	uint64_t *last = queue + line / sizeof(*queue) - 1;
	uintptr_t at = (uintptr_t)queue;

	if (line < sizeof(*queue) || line & (line - 1) || line > bytes) {
		words_clear(queue, bytes / sizeof(*queue));
		return;
	}
	*last = UINT64_MAX;
	for (uintptr_t end = at + bytes; at < end; at += line)
		line_clear(at);
	if (*(volatile uint64_t *)last)
		words_clear(queue, bytes / sizeof(*queue));
}

/* The queue is written for the first time by the CPU that it is of: the boot CPU has enough to do. */
static int enable(cpu_t cpu)
{
	struct xive_cpu *own = percpu_ptr(xive_cpu, cpu);

	queue_clear((uint64_t *)(uintptr_t)own->queue, xive_queue_bytes());
	return xive_enable(own);
}

static void disable(cpu_t cpu)
{
	xive_disable(percpu_ptr(xive_cpu, cpu));
}

static void take(void)
{
	uint32_t number = 0;
	enum xive_interrupt came = xive_take(percpu_ptr(xive_cpu, cpu_this()), &number);

	if (came == XIVE_OTHER)
		papr_stray_interrupt(number);
	if (came != XIVE_NOTHING)
		call_queue_serve();
}

static void kick(cpu_t cpu)
{
	xive_send(percpu_ptr(xive_cpu, cpu));
}

const struct papr_controller papr_xive = {
	.begin = begin,
	.prepare = prepare,
	.forget = forget,
	.enable = enable,
	.disable = disable,
	.take = take,
	.kick = kick,
};

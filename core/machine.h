/* SPDX-License-Identifier: MIT */
/*
 * Everything that core needs from the floors above it, as one struct of functions that arch and
 * platform fill in before muster_main(). Core never calls upward in another way. Unit tests hand in
 * a machine of their own.
 */
#ifndef CORE_MACHINE_H
#define CORE_MACHINE_H

#include <muster/arch/cpu.h>
#include <muster/bringup.h>
#include <muster/cpu.h>
#include <muster/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum map_protection {
	MAP_READ_ONLY,
	MAP_READ_WRITE,
	MAP_EXECUTE, /* read and execute: nothing is ever writable and executable */
	MAP_DEVICE,  /* read and write, not cached */
};

struct machine {
	const char *architecture;
	/* The way in of the boot CPU: one word. NULL: not said. */
	const char *entry;

	/* Text out, on every console that was found. NULL while there is none. */
	void (*console_write)(const char *text, size_t length);
	/* Find a console and set console_write, for a panic before step `console`. NULL: such a panic
	 * is silent. */
	void (*emergency_console)(void);

	/*
	 * Map [address, address + size) to physical memory, or take the mapping away (no other CPU
	 * may have used it, or the caller has made sure that all have forgotten it). Page-aligned.
	 * Page tables come from mem_alloc() on that node. Returns 0 or MUSTER_E_NO_MEMORY,
	 * MUSTER_E_EXISTS. map is NULL where translation is off: then units and stacks lie where
	 * their memory does, units cannot grow, and no stack has a guard page; of the other functions
	 * for mappings only physical is called.
	 */
	int (*map)(uint64_t address, uint64_t physical, uint64_t size,
		   enum map_protection protection, uint32_t node);
	/*
	 * Map page numbers[0], numbers[1], ... (ascending) from base on to consecutive memory: all
	 * of them, or, after an error, none. For what every CPU has, so it has to be quick. May
	 * panic where something is mapped already. MUSTER_E_NOT_SUPPORTED where there is no quick
	 * way for these, or NULL: the caller maps them page by page.
	 */
	int (*map_pages)(uint64_t base, uint64_t physical, const uint32_t *numbers, uint32_t count,
			 enum map_protection protection, uint32_t node);
	void (*unmap)(uint64_t address, uint64_t size);
	/* Forget, on the calling CPU, what it remembers of mappings that are gone. NULL: remembers
	 * nothing. */
	void (*flush_translations)(void);
	/* A pointer to RAM. Needs CAP_PAGE_TABLES. NULL when the direct map does not reach it. */
	void *(*direct)(uint64_t physical);
	/* The physical address behind a mapped kernel address; UINT64_MAX if it is not mapped. */
	uint64_t (*physical)(uintptr_t address);
	/* That of the last-level page table that maps the address; UINT64_MAX if none does. NULL:
	 * there are none. */
	uint64_t (*table_behind)(uintptr_t address);

	/* Give a page range back to its normal state for this hypervisor, before it is freed (H3).
	 * NULL: nothing to do. */
	int (*make_writable)(uintptr_t address, uint64_t size);

	/* Load this CPU's per-CPU base; nothing else (H2). */
	void (*percpu_base_load)(uintptr_t unit);

	/*
	 * Put a CPU that was started and has not arrived back to where only another start-up
	 * reaches it, whatever it does. Sent, not waited for. Returns 0, or an error: not sent. NULL:
	 * cannot.
	 */
	int (*reset)(cpu_t cpu);
	/* Interrupt a CPU so that it looks at its call queue. */
	void (*kick)(cpu_t cpu);
	/* Send a CPU that was started a non-maskable interrupt. Sent, not waited for. Returns 0 or an error. NULL:
	 * cannot. */
	int (*send_nmi)(cpu_t cpu);
	/*
	 * Wait for an interrupt, once. Called with interrupts off, returns with them off; the
	 * interrupt that ends the wait is taken in between.
	 */
	void (*wait_for_interrupt)(void);
	/* Between two looks of the boot CPU at CPUs that it waits for; interrupts are off. Leaves the
	 * processor to them for a moment, where somebody can. NULL: cpu_relax(). */
	void (*wait_a_moment)(void);
	/*
	 * The last thing a CPU that goes does: leave its stack and unit for good, store `state` as
	 * its state in the CPU table, and stop. Does not return.
	 */
	void (*stop_this_cpu)(uint32_t *state_word, uint32_t state) __attribute__((noreturn));

	/* Stop the calling CPU for good, interrupts off; and every other one, as soon as it can be
	 * reached, without waiting. For panics. NULL: cannot. */
	void (*halt)(void) __attribute__((noreturn));
	void (*stop_others)(void);
	/* End the guest. */
	void (*exit)(int status) __attribute__((noreturn));
	/* Print a backtrace of the caller. NULL: cannot. */
	void (*backtrace)(void);
	/* The hardware id of the running CPU, from the CPU itself; for messages before CAP_CPU_IDS.
	 */
	hwid_t (*hwid_this)(void);
	/* Ticks per second of clock_ticks(), measured or told; 0 when it cannot be known. */
	uint64_t (*clock_measure)(void);
};

/* The one machine; never NULL (before it is set: one that can do nothing). */
extern const struct machine *machine_current;
static inline const struct machine *machine_get(void)
{
	return machine_current;
}

/* Its reset; MUSTER_E_NOT_SUPPORTED where there is none. */
static inline int machine_reset(cpu_t cpu)
{
	return machine_get()->reset ? machine_get()->reset(cpu) : MUSTER_E_NOT_SUPPORTED;
}
void machine_set(const struct machine *machine);

/* Is there translation, so that units and stacks lie in windows? Known when this is compiled, on an
 * architecture whose kernels always have it. */
static inline bool machine_maps(void)
{
	return CPU_ALWAYS_TRANSLATES || machine_get()->map;
}

#endif

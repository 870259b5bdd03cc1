/* SPDX-License-Identifier: MIT */
/*
 * A machine for hosted tests. A memory file plays physical memory: all of it is mapped once, as the
 * direct map, and pieces of it wherever core maps them, so that what is mapped is really there, a
 * guard really faults, and what was unmapped is really gone. A thread plays a CPU.
 */
#ifndef TESTS_UNIT_HOST_MACHINE_H
#define TESTS_UNIT_HOST_MACHINE_H

#include "core/machine.h"
#include "core/unit.h"

#include <muster/layout.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#define HOST_MEMORY_SIZE (UINT64_C(64) << 20) /* physical memory, from address 0 */
#define HOST_BOOT_AREA	 (UINT64_C(2) << 20)  /* physical address of the boot area */
#define HOST_CPUS_MAX	 1024u

/* What the machine was asked for since host_machine_begin(), and what a test asks of it. */
struct host_machine {
	unsigned int maps;   /* calls of map() that did something */
	unsigned int unmaps; /* calls of unmap() */
	unsigned int base_loads;
	unsigned int kicks;
	unsigned int make_writables;
	size_t pages_mapped;		    /* in the window, now */
	uintptr_t base_loaded;		    /* the last base that was loaded */
	uintptr_t base_at_make_writable;    /* the base when make_writable() was called */
	const char *owner_at_make_writable; /* whose the memory was then; NULL: free already */
	uintptr_t writable_address;	    /* what make_writable() was called for last */
	uint64_t writable_size;
	uint32_t map_node; /* the node that the last map() was told */

	unsigned int map_fails_at; /* the n-th map() from now on fails; 0: none */
	int make_writable_error;   /* what make_writable() returns */
};
extern struct host_machine host;

/*
 * Start anew: no memory map, no layout, no CPUs; an empty log; nothing mapped; the per-CPU image
 * handed over with its boot area, and the calling thread plays CPU 0 on it. The struct machine may
 * be changed until the next call.
 */
struct machine *host_machine_begin(void);

/* The parts most tests want. RAM is all of the memory; the boot area belongs to "kernel". */
void host_memory_begin(void);
const struct layout *host_layout_begin(uint32_t cpus);
/* CPU n has hardware id 10n + 6, firmware id 3n + 40, vCPU id n + 100, no node; all present. */
void host_cpus_begin(uint32_t cpus);
/* The same with only the first `present` of them there, the others possible. */
void host_cpus_begin_with(uint32_t cpus, uint32_t present);
/* All four. */
const struct layout *host_begin(uint32_t cpus);

/* What a layout for this machine is made from; a test may change it before it seals its own. */
struct layout_machine host_layout_machine(uint32_t cpus);

/* The read-only template of the per-CPU image, and where its variables' addresses count from. */
const struct percpu_image *host_percpu_image(void);

/* All that went to the console. */
const char *host_log(void);
void host_log_clear(void);
bool host_log_has(const char *text);

/* Would this access be a trap? Does it if not; a write leaves the byte as it was. */
bool host_read_faults(uintptr_t address);
bool host_write_faults(uintptr_t address);

/*
 * The message of the panic that a statement ends in; NULL when it does not panic. For the thread
 * that calls it. A macro, since setjmp() must be called by a function that is still running.
 */
#define host_panic_of(statement)                                 \
	(setjmp(*host_panic_begin()) ? host_panic_end(true) : ({ \
		statement;                                       \
		host_panic_end(false);                           \
	}))
jmp_buf *host_panic_begin(void);
const char *host_panic_end(bool panicked);

#endif

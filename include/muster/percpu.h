/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU data.
 *
 * PERCPU(type, name) defines a variable of which every CPU has its own. All of them together are
 * the static image; a CPU's copy of it is the beginning of its unit. Addresses of per-CPU variables
 * as the linker knows them are offsets into a unit, never addresses of memory: use this_cpu() and
 * percpu_ptr().
 *
 * The boot CPU starts on the boot area, the original of the image inside the kernel. The step
 * `boot-unit` moves it to a unit like everybody else's and gives the boot area's pages back.
 *
 * this_cpu() never caches the base: on x86-64 each use is one instruction relative to %gs, so a
 * kernel may move a thread between CPUs between any two uses.
 */
#ifndef MUSTER_PERCPU_H
#define MUSTER_PERCPU_H

#include <muster/arch/percpu.h>
#include <muster/cpu.h>
#include <muster/error.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Define, and declare elsewhere, a per-CPU variable. An initialiser may follow PERCPU(). */
#define PERCPU(type, name)	   PERCPU_SECTION __typeof__(type) name
#define PERCPU_DECLARE(type, name) extern PERCPU_SECTION __typeof__(type) name

/*
 * this_cpu(name): this CPU's variable, an lvalue. Usable from the first C function on. Its address
 * must not be taken: it lives in another address space (use percpu_ptr(name, cpu_this())).
 */
#define this_cpu(name) PERCPU_THIS(name)

/*
 * this_cpu_load(name): the value of a variable of this CPU's that other CPUs store to with atomic
 * operations, read once and not ordered against anything. name: of the size of a pointer, or
 * smaller.
 */
#define this_cpu_load(name) PERCPU_LOAD(name)

/*
 * percpu_ptr(name, cpu): pointer to that CPU's variable. Needs: `cpu-ids`, and the CPU's own step
 * `unit` (for the boot CPU: nothing). A CPU without a unit is a panic that names it.
 */
#define percpu_ptr(name, cpu) ((__typeof__(name) *)percpu_address(PERCPU_OFFSET(name), (cpu)))

/*
 * percpu_boot_ptr(name): pointer to the variable in the original area, inside the kernel image.
 * Needs: nothing, but after `boot-unit` the memory belongs to somebody else, and asking is a panic.
 */
#define percpu_boot_ptr(name) ((__typeof__(name) *)percpu_boot_address(PERCPU_OFFSET(name)))

/*
 * What stands behind the macros. offset: of the variable in a unit, in bytes, below
 * percpu_image_size().
 */
void *percpu_address(uintptr_t offset, cpu_t cpu);
void *percpu_boot_address(uintptr_t offset);

/* Bytes of the static image: what all PERCPU() variables take together. Needs no step. */
size_t percpu_image_size(void);

/* Bytes of memory mapped for one unit, a multiple of the page size. Needs no step. */
size_t percpu_unit_size(void);

/*
 * Address of the CPU's unit, or 0 while it has none. The boot CPU's is the boot area until step
 * `boot-unit`. Needs `cpu-ids` for any CPU but the running one.
 */
uintptr_t percpu_unit(cpu_t cpu);

/*
 * Dynamic per-CPU memory: variables that come and go while the kernel runs. Each has one offset,
 * the same in every unit; behind the static image units grow by pages as they are needed, first in
 * the half of a CPU's window, then in further windows. A unit that is made later (cpu_up()) has all of them, zero; what a CPU
 * that is taken down had in them is lost with its unit.
 *
 *	static PERCPU_DYNAMIC(struct statistics) statistics;
 *
 *	if (percpu_new(statistics))            get it: zero in every unit
 *		...
 *	this_cpu_of(statistics).count++;       on x86-64 one instruction once the offset is loaded
 *	percpu_ptr_of(statistics, cpu)->count
 *	percpu_delete(statistics);             give it back
 *
 * Who may: getting and giving back belong to the boot CPU, as memory does (memory.h). From another
 * CPU, from within a called function (call.h) or from a handler that interrupted another such call
 * they are refused. Using what was handed out: anybody, as with PERCPU(). A refusal is one line on
 * the console, and changes nothing.
 */
struct percpu_handle {
	uintptr_t offset; /* from the start of each unit; 0: this is no handle */
	uint16_t block;	  /* the rest is the allocator's, and how it knows a handle that is stale */
	uint16_t generation;
};

/*
 * Get memory in every unit. size: bytes, more than 0. align: a power of two, at most the page size.
 * It is zero, in units that are made later too. Takes constant time but for clearing, for getting
 * pages, and for the last look at everything before it gives up. Returns a handle for which
 * percpu_error() is 0; or one for which it is
 *   MUSTER_E_INVALID    size or align breaks its rule;
 *   MUSTER_E_NO_MEMORY  units have no room left, or a CPU's node and all others no page;
 *   MUSTER_E_ORDER      not on the boot CPU, within a called function, or before the steps are done;
 *   MUSTER_E_BUSY       the call interrupted another one.
 * Needs: steps `memory-map`, `layout`, `page-tables`, `cpu-ids` and `boot-unit`, as do all below that
 * change anything.
 */
struct percpu_handle percpu_alloc(size_t size, size_t align);

/* 0 for a handle to memory, else why there is none. One that is all zero: MUSTER_E_NOT_FOUND. */
static inline int percpu_error(struct percpu_handle handle)
{
	if (handle.offset)
		return 0;
	return handle.block ? -(int)handle.block : MUSTER_E_NOT_FOUND;
}

/*
 * Give it back. Nobody may use it any more. Pages that nothing is in go back too, up to four that
 * are kept for the next; then every CPU is made to forget them, which takes a call to all. Returns
 * 0; MUSTER_E_NOT_FOUND when the handle is not one of memory that is handed out now: it was given
 * back before, or never was one; MUSTER_E_ORDER, MUSTER_E_BUSY as above.
 */
int percpu_free(struct percpu_handle handle);
/* The same, and the handle is none afterwards if that went well. */
int percpu_release(struct percpu_handle *handle);

/* Give back every page that nothing is in, and what the allocator itself took and does not need.
 * Returns 0, or MUSTER_E_ORDER, MUSTER_E_BUSY as above. */
int percpu_trim(void);

/*
 * Where it is in that CPU's unit. A CPU without a unit, or a handle that cannot be one, is a panic
 * that names it; a stale one is not noticed.
 */
void *percpu_at(struct percpu_handle handle, cpu_t cpu);
/* This CPU's, an lvalue of that type. Its address must not be taken, as with this_cpu(). */
#define percpu_this_at(type, handle) PERCPU_THIS_AT(type, (handle).offset)

/* The type of a dynamic per-CPU variable. All zero, as static ones are, it has no memory. */
#define PERCPU_DYNAMIC(type)                                                \
	union {                                                             \
		struct percpu_handle handle;                                \
		__typeof__(type) *typed; /* only ever asked for its type */ \
	}
/* The above for one of them. percpu_new() returns what percpu_error() says. */
#define percpu_new(variable)                                                     \
	percpu_error((variable).handle = percpu_alloc(sizeof(*(variable).typed), \
						      __alignof__(*(variable).typed)))
#define percpu_delete(variable) percpu_release(&(variable).handle)
#define this_cpu_of(variable)	percpu_this_at(__typeof__(*(variable).typed), (variable).handle)
#define percpu_ptr_of(variable, cpu) \
	((__typeof__((variable).typed))percpu_at((variable).handle, (cpu)))

/* How things stand. All but `blocks` in bytes of one unit. Needs: step `boot-unit`. */
struct percpu_room {
	size_t limit;	 /* what there could be, with all pages */
	size_t backed;	 /* what has memory behind it */
	size_t used;	 /* what is handed out */
	size_t spare;	 /* whole pages that nothing is in: what percpu_trim() would give back */
	uint32_t blocks; /* handed out */
};
void percpu_room(struct percpu_room *room);

#ifdef __cplusplus
}
#endif

#endif

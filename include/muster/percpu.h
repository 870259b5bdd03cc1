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
#include <stddef.h>

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
#define percpu_ptr(name, cpu) ((__typeof__(name) *)percpu_address((uintptr_t) & (name), (cpu)))

/*
 * percpu_boot_ptr(name): pointer to the variable in the original area, inside the kernel image.
 * Needs: nothing, but after `boot-unit` the memory belongs to somebody else, and asking is a panic.
 */
#define percpu_boot_ptr(name) ((__typeof__(name) *)percpu_boot_address((uintptr_t) & (name)))

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

#ifdef __cplusplus
}
#endif

#endif

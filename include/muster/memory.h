/* SPDX-License-Identifier: MIT */
/*
 * Early memory: what the firmware says there is, who has which part of it, and getting some.
 *
 * Everything is a range with an owner, a short constant string ("unit", "page table"); ranges can
 * be listed and freed. All addresses are physical, in bytes. Memory that is handed out is NOT
 * cleared. One CPU at a time may use these functions: they belong to the boot CPU (BOOT and PREPARE
 * steps, cpu_up(), cpu_down()), and a kernel that has its own allocator takes what is free from the
 * list.
 */
#ifndef MUSTER_MEMORY_H
#define MUSTER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MEMORY_PAGE_SIZE 4096u

enum memory_kind {
	MEMORY_RAM,	 /* ordinary memory */
	MEMORY_FIRMWARE, /* RAM that holds firmware tables; may be taken once they have been read */
	MEMORY_RESERVED, /* exists, but is not ours, ever */
};

struct memory_range {
	uint64_t base; /* physical address of the first byte */
	uint64_t size; /* in bytes, never 0 */
	enum memory_kind kind;
	uint32_t node;	   /* NODE_ANY where unknown */
	const char *owner; /* NULL: free RAM, or a kind nobody may have */
};

/* What mem_alloc() can be asked for. Zeroed fields mean: no wish. */
struct memory_request {
	size_t size;	   /* bytes, more than 0 */
	size_t align;	   /* a power of two; 0 means MEMORY_PAGE_SIZE */
	const char *owner; /* who it is for; must be a string that lives on. NULL: "unnamed" */
	uint64_t limit;	   /* the last byte lies below this address; 0: anywhere */
	uint64_t no_cross; /* a power of two that the range may not cross a multiple of; 0: may */
	uint32_t node; /* memory of this node, if there is any left; else of the nearest that has,
			    * else any: logged once for each node */
	bool on_node;  /* node counts (so that node 0 can be meant) */
};

/*
 * Get memory. Returns the physical address of the first byte, or 0 when nothing fits: then one
 * line on the console names owner, size and wish. Never returns address 0 for success. Memory from
 * high addresses is given first, so that low memory stays for those who need it. Breaking a rule of
 * struct memory_request is refused the same way. Needs: step `memory-map`.
 */
uint64_t mem_alloc_request(const struct memory_request *request);

/* The same with the wishes by name: mem_alloc(4096, 4096, .limit = 1 << 20, .owner = "start"). */
#define mem_alloc(bytes, alignment, ...)                  \
	mem_alloc_request(&(const struct memory_request){ \
		.size = (bytes), .align = (alignment), __VA_ARGS__ })

/*
 * Give memory back: exactly, or a part of, what one owner has. base, size: bytes. Returns 0;
 * MUSTER_E_NOT_FOUND when some byte of it is not owned RAM (then nothing is freed, and a line names
 * the range), MUSTER_E_NO_MEMORY when there is no room to write down one more range (then it stays
 * owned, and a line says so). Needs: step `memory-map`.
 */
int mem_free(uint64_t base, uint64_t size);

/*
 * Claim a certain range of free RAM for owner (the kernel image, a module, the boot area). Returns
 * 0; MUSTER_E_EXISTS when part of it has an owner already, MUSTER_E_NOT_FOUND when part of it is
 * not RAM, MUSTER_E_INVALID for size 0 or a wrap. Needs: step `memory-map`.
 */
int mem_claim(uint64_t base, uint64_t size, const char *owner);

/*
 * The ranges in ascending order of address, neighbours alike merged. index: 0 ... mem_count() - 1;
 * beyond that NULL. The pointer is good until the next call that changes memory.
 */
size_t mem_count(void);
const struct memory_range *mem_at(size_t index);

/*
 * The physical address behind a mapped kernel address, and that of the last-level page table that
 * maps it; UINT64_MAX if it is not mapped, or not by such a table, or where translation is off.
 * Need: step `page-tables`.
 */
uint64_t mem_behind(uintptr_t address);
uint64_t mem_table_behind(uintptr_t address);

/* Bytes of RAM: all of it, the free part, and what one owner has. Need: step `memory-map`. */
uint64_t mem_total(void);
uint64_t mem_free_total(void);
uint64_t mem_owned_by(const char *owner);

/* Is the byte at that address RAM of that owner? Needs: step `memory-map`. */
bool mem_is_owned_by(uint64_t address, const char *owner);

#ifdef __cplusplus
}
#endif

#endif

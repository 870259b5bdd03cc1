/* SPDX-License-Identifier: MIT */
/*
 * The inside of vCPU areas: what the files core/area*.c share. Nobody else includes this.
 */
#ifndef CORE_AREA_STORE_H
#define CORE_AREA_STORE_H

#include <muster/area.h>
#include <muster/memory.h>

/* The owners of what is shared with the hypervisor, in the memory list. */
#define AREA_OWNER	   "vcpu area"
#define AREA_REGION_OWNER  "vcpu area region"
#define AREA_ADOPTED_OWNER "vcpu area adopted"

/* A page that several areas share: one bit for each 64 bytes. Its description is not kept in it: the
 * hypervisor can write to all of it. */
#define AREA_GRANULE 64u
struct area_page {
	uint64_t physical;
	uint64_t used;
	struct area_page *next; /* of pages with room, or of descriptions without a page */
	struct area_page *previous;
	uint32_t node; /* that was wished for */
	bool listed;   /* among those with room */
};

/* One area of one CPU. pointer and state are atomic: other CPUs read them. */
struct area_record {
	uint64_t physical;
	uintptr_t pointer;	/* the poison while the CPU does not use it */
	struct area_page *page; /* NULL: it has pages of its own, or lies in the region */
	uint32_t state;
	bool adopted; /* got by the kernel before us */
};

/* area_check.c: NULL, or the rule that an area breaks. */
const char *area_broken_rule(const struct area_kind *kind, uintptr_t pointer, uint64_t physical);
/* Is all of it RAM (or, wanted false, none of it)? On the boot CPU only. */
bool area_in_ram(uint64_t physical, uint64_t size, bool wanted);

/* area_memory.c: the memory of areas that we choose. Boot CPU only. */
int area_memory_begin(const struct area_table *table, uint32_t cpus);
void area_memory_end(void);
/* Get memory for one area: fills in physical and page. Returns 0, or MUSTER_E_NO_MEMORY with a line
 * from memory. */
int area_memory_get(size_t kind, cpu_t cpu, struct area_record *record);
void area_memory_put(size_t kind, struct area_record *record);
uint64_t area_memory_held(void);

/* area.c: the record; NULL when there is no such CPU or kind. */
struct area_record *area_record(cpu_t cpu, size_t kind);
/* Its state; the hypervisor holds it; nobody uses it from here on. */
enum area_state area_state(const struct area_record *record);
void area_state_set(struct area_record *record, enum area_state state);
bool area_is_held(const struct area_record *record);
void area_poison(struct area_record *record);
/* Give the memory back of one that is not held. Boot CPU only. */
void area_free(size_t kind, struct area_record *record);
/* One line about one area. */
void area_say(cpu_t cpu, const struct area_kind *kind, uint64_t physical, const char *what);

#if __STDC_HOSTED__
/* Unit tests only: there is no table again, whatever is held. */
void areas_forget(void);
#endif

#endif

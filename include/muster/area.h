/* SPDX-License-Identifier: MIT */
/*
 * vCPU areas: memory that the hypervisor reads or writes for one vCPU (vcpu_info, runstate, VPA,
 * steal time, ...). A platform describes each kind as a row of contracts; core proves the rows,
 * makes the areas, checks each against its row before the hypervisor hears of it, and keeps the
 * memory of whatever the hypervisor may still write to. docs/areas.md has the rows of the
 * hypervisors that we know.
 */
#ifndef MUSTER_AREA_H
#define MUSTER_AREA_H

#include <muster/bringup.h>
#include <muster/cpu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rows of one platform. */
#define AREA_KINDS_MAX 16

/* What a crash does about an area: nothing, or its crash_detach, for the area of the CPU that
 * crashes only (who can speak for himself only), or for those of all CPUs. */
enum area_crash {
	AREA_CRASH_LEAVE,
	AREA_CRASH_DETACH_OWN,
	AREA_CRASH_DETACH_ALL,
};

struct area_kind {
	const char *name; /* lower case, unique in its table, a word of the report */
	uint32_t size;	  /* bytes that are used */
	uint32_t told;	  /* bytes that the hypervisor is told, and that there are; >= size */
	uint32_t align;	  /* of its physical address; a power of two */
	uint32_t
		no_cross; /* a power of two no multiple of which it may cross; 0: it may cross all */
	bool whole_pages; /* the hypervisor gets its pages as a whole: nothing else may lie there */
	bool given;	  /* the hypervisor chooses the address, and `locate` asks for it */
	bool once_only;	  /* registered once in the life of the guest, then neither moved nor taken
			    * back; lies in the region that the next kernel is told of */
	/*
	 * Who registers it, and when. WHERE_PREPARE: the boot CPU, while the CPU is down (its own
	 * in a BOOT step). WHERE_ONLINE: each CPU its own.
	 */
	enum step_where where;
	/* NULL, or the kind without which it cannot be: registered before this one, taken back
	 * after it. */
	const char *after;
	/*
	 * UNDO_STEP: `detach` takes it back. UNDO_WHOLE_GUEST, UNDO_NONE: a CPU that goes down
	 * leaves it behind, its memory stays, and the CPU finds it again without registering when
	 * it comes up. UNDO_NOTHING: only for what is given.
	 */
	enum undo_kind undo_kind;
	enum area_crash at_crash;
	/*
	 * Tell the hypervisor. pointer, physical: `told` bytes, cleared, good by the row's contract.
	 * Returns 0; or an error, and then the hypervisor does not hold the area. Called where the
	 * row says. Use cpu_vcpu_id(): it never gives an id that nobody told us.
	 */
	int (*attach)(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical);
	/* Take it back, in the same place. Returns 0; or an error, and then the hypervisor may still
	 * hold the area. Only for UNDO_STEP. */
	int (*detach)(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical);
	/* Ask where it is, and map it. Only for what is given. The answer is checked. */
	int (*locate)(cpu_t cpu, const struct area_kind *kind, void **pointer, uint64_t *physical);
	/* The same as detach after a crash: raw hypercalls, no lock, no text, no wait; no answer. */
	void (*crash_detach)(cpu_t cpu, const struct area_kind *kind, uint64_t physical);
};

/* A platform's kinds, in the order in which they are registered: those of PREPARE first. */
struct area_table {
	const char *platform;
	const struct area_kind *kinds; /* must live on */
	size_t count;
	/* What a pointer to an area that is not in use holds: an address behind which there is no
	 * memory for as long as the largest kind is. 0: AREA_POISON. */
	uintptr_t poison;
};

/* In the lowest 64 KiB, where a kernel with translation on has nothing mapped. */
#define AREA_POISON 0x4000u

/* What is wrong with a table, for the message. */
enum area_fault {
	AREA_IN_ORDER,
	AREA_TOO_MANY,	  /* more than AREA_KINDS_MAX rows, or none */
	AREA_NO_NAME,	  /* a row without a name, or with a character that is not a-z0-9- */
	AREA_NAME_TWICE,  /* two rows of one name */
	AREA_BAD_SIZE,	  /* no bytes, or fewer told than used */
	AREA_BAD_ALIGN,	  /* align is no power of two */
	AREA_BAD_CROSS,	  /* no_cross is no power of two, or smaller than what is told */
	AREA_BAD_WHERE,	  /* registered neither in PREPARE nor in ONLINE, or PREPARE after ONLINE */
	AREA_BAD_AFTER,	  /* rests on a kind that no earlier row has */
	AREA_AFTER_STAYS, /* can be taken back, and what rests on it cannot */
	AREA_BAD_UNDO,	  /* detach without UNDO_STEP, UNDO_STEP without detach, UNDO_NOTHING */
	AREA_ONCE_UNDONE, /* once-only, and can be taken back */
	AREA_BAD_HOOK,	  /* attach and locate do not fit `given`, or crash_detach at_crash */
	AREA_BAD_GIVEN,	  /* given, and once-only, whole pages, or with an undo */
	AREA_FAULTS,
};

/*
 * Is the table in order? Returns AREA_IN_ORDER, or the first fault, and then fills message (size
 * bytes, always terminated) with one line that names platform, kind and rule. Pure; needs no step;
 * runs on the host too.
 */
enum area_fault areas_check(const struct area_table *table, char *message, size_t size);

/*
 * Prove the table, and get what it needs: records for every possible CPU, and the region for
 * once-only areas. table: must live on. Called once, in a BOOT step, which then calls areas_prepare()
 * for the boot CPU. Returns 0; MUSTER_E_INVALID for a table, or rows of the bring-up table, that are
 * not in order; MUSTER_E_NO_MEMORY; MUSTER_E_EXISTS when there is a table already; each with a line.
 * Needs: CAP_MEMORY_MAP, CAP_PAGE_TABLES, CAP_CPU_IDS.
 */
int areas_begin(const struct area_table *table);

/* Give back what areas_begin() got; as long as the hypervisor holds an area everything stays, and
 * this returns MUSTER_E_BUSY. Needs the same. */
int areas_end(void);

/*
 * Ready-made functions for a platform's rows. All four rows are UNDO_STEP, whatever the kinds say:
 * what cannot be taken back is kept here, CPU by CPU, and the rest of the CPU's memory goes.
 *
 * PREPARE: make a CPU's areas on its node and register those of WHERE_PREPARE. When one fails, what
 * was done has been taken back. Returns 0 or the error, with a line that names CPU and kind. Needs
 * what areas_begin() needs; on the boot CPU only.
 */
int areas_prepare(cpu_t cpu);
void areas_prepare_undo(cpu_t cpu);

/*
 * ONLINE, on the CPU itself, before all rows that use areas: register those of WHERE_ONLINE; use
 * again what was kept. Its undo poisons every pointer of the CPU first. Gets and frees no memory.
 * Needs: CAP_CPU_IDS.
 */
int areas_online(cpu_t cpu);
void areas_online_undo(cpu_t cpu);

/*
 * The kernel before this one registered that CPU's area at `physical`: go on with it, and register
 * nothing. Between areas_begin() and the CPU's areas_prepare(). The pages are claimed. Returns 0;
 * MUSTER_E_INVALID when the area breaks the kind's contract or the kind can be undone;
 * MUSTER_E_EXISTS when the memory has another owner or the CPU has such an area; each with a line.
 */
int area_adopt(cpu_t cpu, size_t kind, uint64_t physical);

/*
 * The platform has undone everything for the whole guest: the hypervisor holds no area of
 * UNDO_WHOLE_GUEST any more. All pointers to such are poisoned. Memory of CPUs that are online is
 * freed by their areas_prepare_undo(), that of others here. On the boot CPU only.
 */
void areas_whole_guest_undone(void);

/*
 * After a crash: does for each kind what its row says. here: the CPU that crashes. Returns how many
 * areas the hypervisor still holds. Gets no memory, takes no lock, prints nothing, never panics.
 */
uint32_t areas_crash(cpu_t here);

/*
 * The area: `size` bytes. kind: row of the table. A CPU, kind, or area that is not in use is a panic
 * that names CPU and kind. The pointer is good until the CPU leaves; do not keep it. Needs:
 * CAP_SHARED_AREAS.
 */
void *area_ptr(cpu_t cpu, size_t kind);
/* The same without looking: the area, or the poison, which faults when it is used. */
void *area_ptr_or_poison(cpu_t cpu, size_t kind);

enum area_state {
	AREA_NONE,   /* there is no memory */
	AREA_MADE,   /* there is; the hypervisor does not know of it */
	AREA_SHARED, /* the hypervisor holds it, and the CPU uses it */
	AREA_KEPT,   /* the hypervisor holds it; the CPU does not use it */
	AREA_STATES,
};

/* One lower-case word. Never NULL. */
const char *area_state_name(enum area_state state);

/* The table; NULL before areas_begin(). Needs no step. And one area, asked on the boot CPU: address 0
 * in state AREA_NONE, which a CPU or kind that does not exist has too. */
struct area_info {
	enum area_state state;
	uint64_t physical;
};
const struct area_table *area_table_current(void);
struct area_info area_info(cpu_t cpu, size_t kind);

/* Where the once-only areas are; false, and zeroes, when there is no such kind. For the handover
 * record. Needs no step. */
bool areas_region(uint64_t *physical, uint64_t *size);

/* Bytes that the areas there are take, as told to the hypervisor, and bytes of memory got for them,
 * the region included. Needs no step; on the boot CPU. */
struct area_usage {
	uint64_t told;
	uint64_t held;
};
struct area_usage areas_usage(void);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Going on to another kernel: the payload, in a module that this kernel was given. Its CPUs wait in the park
 * page meanwhile (docs/park.md), and the next kernel wakes them with one store. And what a kernel that was
 * started so can know of the one before.
 */
#ifndef MUSTER_HANDOVER_H
#define MUSTER_HANDOVER_H

#include <muster/park.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum park_mode {
	PARK_MODE_ALL,
	PARK_MODE_NO_SIBLING, /* one thread of a core; the others are started cold */
	PARK_MODE_OFF,	      /* none: all are started cold */
};

/* What `park=` says: which CPUs park, and where. */
struct park_wish {
	enum park_mode mode;
	bool has_address; /* else: anywhere */
	uint64_t address;
};

/* Read all, no-sibling or off, and @ADDRESS behind it. Returns 0, or MUSTER_E_INVALID with a line. Pure. */
int park_wish_read(const char *text, struct park_wish *wish);

/* The last module that this kernel was given: where a kernel before it put what it handed on. */
#define HANDOVER_LAST_MODULE UINT32_MAX

struct handover_request {
	/* The module, by number or as above: an ELF file for this architecture, with a PVH entry; or a cpio archive
	 * ("newc") with such a file as `payload`, and maybe `initrd` and `append`, its command line. */
	uint32_t module;
	const char *command_line; /* instead of the archive's; or NULL */
	struct park_wish park;
	bool go_on_without; /* a CPU that does not leave in time is reset, and started cold later; else
			     * nothing comes of the handover */
	/* NULL; or called when all others have left, and those that park wait in the page, and before anything
	 * is given up: something else than 0 ends the handover with that error. */
	int (*waiting)(const volatile struct park_page *page);
	bool hand_on; /* the payload gets this module too, as its own last one */
};

/*
 * Leave this kernel, and enter the payload on this CPU, which is the boot CPU. Does not return if all is
 * well. MUSTER_E_ORDER when not on the boot CPU, before bring-up is over, or within a called function;
 * MUSTER_E_NOT_SUPPORTED where the platform cannot be left; MUSTER_E_NOT_FOUND: no such module;
 * MUSTER_E_CORRUPT, MUSTER_E_INVALID: the payload cannot be one, or cannot be put where it wants to be;
 * MUSTER_E_NO_MEMORY; MUSTER_E_TIMED_OUT: a CPU did not leave in time. Each with a line that says what is
 * wrong; then every CPU that was online is so again, but for the one that did not leave, and nothing of the
 * handover is left. A park region that cannot be where it is wished is a line, and CPUs start cold.
 */
int muster_handover(const struct handover_request *request);

/* The kernel before this one. */
struct handover_arrival {
	bool good;	     /* its park page and record could be used; else this is all zero */
	uint32_t generation; /* handovers since the machine was started */
	uint32_t online;     /* CPUs that were online in it */
	uint32_t parked;     /* of these, those that waited in the park page */
	uint32_t left;	     /* of these, those that have left it */
	uint64_t nmis;	     /* that they survived there */
	uint64_t machine_checks;
	uint64_t free_bytes; /* of RAM, page tables counted as free, when its bring-up was over */
	uint64_t region, region_size;
};

/* Fill in arrival; false when no kernel handed over to this one. Needs: step `memory-map`. */
bool handover_arrived(struct handover_arrival *arrival);

/*
 * Memory that the hypervisor had of the kernel before and gave back, by that kernel's account, is kept from
 * being given out until this is called, once, on the boot CPU: it was filled as soon as there were page
 * tables, is looked at after so long, and freed. Returns how many ranges somebody has written to, each with a line; *bytes: how much was watched.
 */
int handover_watch(uint32_t milliseconds, uint64_t *bytes);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What a platform does for a handover: in the kernel that leaves, and in the one that comes. Called by
 * handover/ on the boot CPU. A platform without this cannot be left.
 */
#ifndef PLATFORM_HANDOVER_H
#define PLATFORM_HANDOVER_H

#include "firmware/park_read.h"

#include <muster/cpu.h>

/* The owner of what the hypervisor has given back, until it has been watched. */
#define HANDED_BACK_OWNER "given back"

/* What it is filled with from the first moment on: the word at that address. */
static inline uint64_t handed_back_pattern(uint64_t address)
{
	return UINT64_C(0x676976656e000000) + address;
}

/* The kernel before us, as it was when it left. */
struct handed_over {
	uint64_t region, region_size; /* 0: there was none, we were started by somebody else */
	bool good;		      /* page and record are; else a line has said why not */
	uint32_t parked; /* CPUs that it parked, and of these, those that nobody knows */
	uint32_t unknown;
	uint32_t held; /* areas of it that the hypervisor was found to have still */
	bool again; /* all have left, and the region has been filled anew: it says nothing of them any more */
	struct park_found found;
};

/* Entries of the record that is being made. */
struct handover_list {
	struct handover_entry *at;
	uint32_t count, room;
	uint32_t lost; /* for which there was no room */
};

/* Characters of its command line. */
#define HANDOVER_LINE_MAX 2048u

/* What the payload is to be told, and where that goes. Ranges of 0 bytes are not there. */
struct handover_range {
	uint64_t base, size;
};
struct handover_telling {
	uint64_t at;	/* physical */
	uint64_t bytes; /* room there */
	const char *command_line;
	struct handover_range initrd; /* the payload's own module */
	struct handover_range module; /* that the payload is in, where it is handed on */
	struct handover_range region;
};

struct platform_handover {
	struct handed_over *(*arrived)(void);
	/* Modules that this kernel was given. reader: of such as lie where its direct map does not reach; NULL: none
	 * does. */
	bool (*module)(uint32_t index, uint64_t *base, uint64_t *size);
	const struct firmware_reader *reader;
	/*
	 * Write what the payload is told, as this platform's payloads want it. Returns 0, or an error with a line.
	 * told_bytes: how many bytes that takes at most, where it does not lie in the region (arch/park.h).
	 */
	int (*tell)(const struct handover_telling *telling);
	uint64_t (*told_bytes)(void);
	/* Is there another thread of its core that parks before it would, or is it the boot CPU's? */
	bool (*is_sibling)(cpu_t cpu);
	/* The region has been filled: say in it how CPUs listen there for NMIs. */
	void (*listen_for_nmis)(uint64_t region);
	/* Put a CPU that does not park, and has left if it ever will, to where it uses nothing of ours. Sent, not
	 * waited for. Returns 0 or an error: then it may be anywhere. NULL: struct machine's `reset` is good. */
	int (*put_away)(cpu_t cpu);
	/* Does the hypervisor hold some of that memory, whatever is undone? */
	bool (*holds)(uint64_t base, uint64_t size);
	/*
	 * All other CPUs have left. Take back what the hypervisor was told for all of them, before the
	 * boot CPU's own steps are undone, and after; say in the list what it held, and what it holds.
	 */
	void (*undo)(struct handover_list *list);
	void (*undo_last)(struct handover_list *list);
	/* How many entries that makes, at most. */
	uint32_t (*entries_max)(void);
};

/* One entry more. */
static inline void handover_list_add(struct handover_list *list, uint32_t kind, uint64_t hwid,
				     uint64_t address, uint64_t size)
{
	if (list->count == list->room) {
		list->lost++;
		return;
	}
	list->at[list->count++] = (struct handover_entry){
		.kind = kind, .hwid = hwid, .address = address, .size = size
	};
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The interrupt controller XIVE, in the exploitation mode that PAPR offers on POWER9 and later: hypercalls set it
 * up (their arguments: QEMU, hw/intc/spapr_xive.c, and Linux, arch/powerpc/sysdev/xive/spapr.c, which quote
 * the PAPR that has them), and from then on a CPU works with pages of the controller and with its event
 * queue in its own memory.
 *
 * A source (here: one IPI for each CPU) has a pair of bits: P, an event is on its way; Q, another came
 * meanwhile. Loads and stores to its pages trigger it and change them. An event goes into the queue of a
 * target and priority as 32 bits, big-endian: a generation bit, which changes with each turn, and the number
 * that we gave the source.
 */
#ifndef DEVICE_XIVE_H
#define DEVICE_XIVE_H

#include <stdbool.h>
#include <stdint.h>

/* The hypercalls, and accesses to the controller's pages (big-endian values, in the CPU's order). Each
 * call returns the hypervisor's status; 0 is success. */
struct xive_calls {
	long (*source_info)(uint64_t source, uint64_t results[4]); /* H_INT_GET_SOURCE_INFO */
	long (*source_config)(uint64_t flags, uint64_t source, uint64_t target, uint64_t priority,
			      uint64_t number); /* H_INT_SET_SOURCE_CONFIG */
	long (*queue_info)(uint64_t target, uint64_t priority,
			   uint64_t results[4]); /* H_INT_GET_QUEUE_INFO */
	long (*queue_config)(uint64_t flags, uint64_t target, uint64_t priority, uint64_t address,
			     uint64_t shift); /* H_INT_SET_QUEUE_CONFIG */
	long (*reset)(void);		      /* H_INT_RESET */
	uint64_t (*load64)(uintptr_t address);
	uint16_t (*load16)(uintptr_t address);
	void (*store64)(uintptr_t address, uint64_t value);
	void (*store8)(uintptr_t address, uint8_t value);
};

/* What the device tree says. */
struct xive_description {
	uint64_t thread_page;  /* of the thread management area, for the OS; physical; 0: none */
	uint64_t source_first; /* sources for IPIs */
	uint32_t source_count;
	uint32_t queue_shift;	    /* log2 of the bytes of a queue */
	uint32_t reserved_priority; /* the lowest that is not ours; 0: not said */
};

/* Where a source's pages are, physical. */
struct xive_pages {
	uint64_t manage;  /* 64-bit loads change P and Q */
	uint64_t trigger; /* a store triggers; may be the same page */
	bool store_eoi;	  /* an interrupt is ended by a store */
};

/* One CPU's part. The platform fills in what is above the line before xive_enable(). */
struct xive_cpu {
	uint64_t source;	   /* its IPI */
	uint32_t target;	   /* its server number */
	uintptr_t manage, trigger; /* pages, mapped */
	bool store_eoi;
	volatile uint32_t *queue; /* of 1 << queue_shift bytes; aligned to that; all zeroes */
	uint64_t queue_physical;
	/* ---- */
	uint32_t next; /* entry */
	uint32_t generation;
	bool in_use; /* the hypervisor has the queue */
};

enum xive_interrupt {
	XIVE_NOTHING, /* no event in the queue: its cause has been taken already */
	XIVE_IPI,
	XIVE_OTHER, /* an event of a source that is nobody's, and maybe an IPI besides: serve that too */
};

/*
 * On the boot CPU: check what the tree says, and have the hypervisor forget what whoever ran before us set
 * up. Returns 0; MUSTER_E_INVALID for a description that cannot be, MUSTER_E_NOT_SUPPORTED when the
 * hypervisor refuses; with a line.
 */
int xive_begin(const struct xive_calls *calls, const struct xive_description *description);
/* The page of the thread management area, mapped: every CPU finds its own there. */
void xive_thread_page_set(uintptr_t mapped);
/* Bytes of a queue, which is their alignment too. */
uint64_t xive_queue_bytes(void);

/*
 * The IPI of CPU `number`, and where its pages are. Returns 0; MUSTER_E_NOT_FOUND when there are not so many
 * sources, MUSTER_E_CORRUPT when the hypervisor's answer makes no sense, MUSTER_E_NOT_SUPPORTED when it refuses or
 * wants to be called for each access; with a line.
 */
int xive_source_find(uint32_t number, uint64_t *source, struct xive_pages *pages);

/*
 * On the CPU itself, interrupts off: its queue and its IPI in use, everything let through. Returns 0, or
 * MUSTER_E_INVALID with a line; then nothing is left. And out of use: nothing is let through, the hypervisor
 * forgets the queue, and the memory may go.
 */
int xive_enable(struct xive_cpu *cpu);
void xive_disable(struct xive_cpu *cpu);

/* On any CPU, for one that does not run any more and may not have had time for that: it is made sure that the
 * hypervisor does not have its queue. */
void xive_take_away(struct xive_cpu *cpu);

/* Interrupt the CPU that this is of. What was stored before is seen by it then. */
void xive_send(const struct xive_cpu *cpu);

/*
 * An external interrupt came to this CPU: take what is in its queue, and end it. *number: of an XIVE_OTHER. An
 * IPI that is sent from here on comes again: so look for what it was about afterwards.
 */
enum xive_interrupt xive_take(struct xive_cpu *cpu, uint32_t *number);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A handover's plan: what goes where, made and checked while nothing has been given up yet. Boot CPU only.
 */
#ifndef HANDOVER_PLAN_H
#define HANDOVER_PLAN_H

#include "handover/payload.h"
#include "platform/handover.h"

#include <muster/handover.h>

#define PLAN_CLAIMS_MAX 32u

struct handover_plan {
	const struct platform_handover *platform;
	const struct handover_request *request;
	struct payload payload;
	struct payload_part module; /* that the payload is in; where it will be when it is copied */
	/* Got for the handover, and given back when nothing comes of it. */
	struct payload_part claims[PLAN_CLAIMS_MAX];
	uint32_t claim_count;
	/* The park region. */
	uint64_t region, region_size, root;
	uint32_t slots;
	uint64_t record_bytes;
	bool parks;    /* CPUs wait there */
	bool late;     /* a CPU may still come there, so it stays */
	uint8_t *cold; /* by CPU number: it is to be started cold */
	uint64_t told; /* what the payload is told, in the region */
	uint64_t free_bytes;
	uint32_t online, generation;
};

/* Make it. Returns 0; or an error with a line, and then nothing is left of it. */
int plan_make(struct handover_plan *plan, const struct handover_request *request,
	      const struct platform_handover *platform);
void plan_undo(struct handover_plan *plan);

/* RAM, owned or not, of the whole range? */
bool plan_is_ram(uint64_t base, uint64_t size);
/* Does a segment of the payload, in whole pages, meet that range? */
bool plan_meets_payload(const struct payload *payload, uint64_t base, uint64_t size);
/* Get memory that is given back with the plan; 0: none, with a line. */
uint64_t plan_alloc(struct handover_plan *plan, uint64_t size, uint64_t limit, const char *owner);
/* Remember what has been got. */
void plan_claimed(struct handover_plan *plan, uint64_t base, uint64_t size);

/* region.c: choose the region, and fill it. Returns 0 or MUSTER_E_NO_MEMORY. */
int region_make(struct handover_plan *plan);
/* told.c: what the payload is told. Returns 0 or an error with a line. */
int told_write(struct handover_plan *plan);
/* cpus.c: all other CPUs leave; and come again. */
int cpus_leave(struct handover_plan *plan);

#endif

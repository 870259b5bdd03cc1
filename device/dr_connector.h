/* SPDX-License-Identifier: MIT */
/*
 * CPUs that come and go on PAPR: a dynamic reconfiguration connector (DRC) is a place for a core, with an
 * index for a name. The hypervisor tells by an event that it has put a core there or wants it back; to take it or
 * to give it back is done with indicators (LoPAPR 1.1, chapter 13).
 */
#ifndef DEVICE_DR_CONNECTOR_H
#define DEVICE_DR_CONNECTOR_H

#include <stdint.h>

#define DR_LOG_BYTES  2048u /* of an event (rtas-error-log-max) */
#define DR_WORK_BYTES 4096u /* that ibm,configure-connector works with: LoPAPR 13.5.3.5 */

/* RTAS. Each returns its status; 0 is success. Both areas are 4 KiB-aligned and below 4 GiB. */
struct dr_calls {
	int32_t (*event)(uint8_t *log);	     /* check-exception: the next one for us; 1: none */
	int32_t (*configure)(uint8_t *work); /* ibm,configure-connector */
	int32_t (*sense)(uint32_t index, uint32_t *state); /* dr-entity-sense */
	int32_t (*indicate)(uint32_t indicator, uint32_t index, uint32_t state);
	uint8_t *log;  /* of DR_LOG_BYTES */
	uint8_t *work; /* of DR_WORK_BYTES */
};

enum dr_action {
	DR_ADDED,  /* a core is there: dr_core_take() */
	DR_WANTED, /* the host wants it back: dr_core_give() when its CPUs have stopped */
};

struct dr_event {
	enum dr_action action;
	uint32_t index;
};

/* What is said of a core when it comes. */
#define DR_THREADS_MAX 16u
#define DR_DOMAINS_MAX 32u
struct dr_core {
	uint32_t servers[DR_THREADS_MAX]; /* interrupt server numbers, one for each thread */
	uint32_t server_count;
	uint32_t domains[DR_DOMAINS_MAX]; /* of ibm,associativity, without its count */
	uint32_t domain_count;
};

/*
 * The next thing that happened to a core. Returns 1, or 0 when there is nothing. Events of another kind, and
 * such as make no sense, are named and passed over.
 */
int dr_event_next(const struct dr_calls *calls, struct dr_event *event);

/* Such an event in memory, of which size bytes are there. Returns 0; MUSTER_E_NOT_SUPPORTED for one that is
 * not about a core, or names it in a way that is not understood; MUSTER_E_CORRUPT; with a line. */
int dr_event_read(const uint8_t *log, uint32_t size, struct dr_event *event);

/*
 * Take the core that is in a connector: usable, not isolated, and its node is read. Returns 0;
 * MUSTER_E_NOT_FOUND when there is none, MUSTER_E_CORRUPT when its node makes no sense; with a line; then it has
 * been given back.
 */
int dr_core_take(const struct dr_calls *calls, uint32_t index, struct dr_core *core);

/* Give one back whose CPUs have stopped. Returns 0, or MUSTER_E_TIMED_OUT with a line: it is there still. */
int dr_core_give(const struct dr_calls *calls, uint32_t index);

#endif

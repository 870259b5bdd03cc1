/* SPDX-License-Identifier: MIT */
/*
 * NMIs that nobody asked for, at random moments, to all vCPUs of a guest (QMP: inject-nmi). Each is sent when no
 * vCPU is still about to take the one before.
 */
#ifndef TOOL_RANDOM_NMIS_H
#define TOOL_RANDOM_NMIS_H

#include "tool/qmp_link.h"

/* How often random_nmis_go_on() is to be called, at least. */
#define RANDOM_NMIS_MILLIS 1

struct random_nmis {
	uint64_t wanted, sent;
	uint64_t question; /* id of the one where the vCPUs are; 0: none is out */
	bool taken;	   /* the last one, by all */
	double sent_at, next;
};

/* Send one if it is time. seconds: since whenever, as for the others. */
void random_nmis_go_on(struct random_nmis *nmis, struct qmp_link *link, double seconds);

/* What QEMU replied to a command: true if it was asked from here. */
bool random_nmis_reply(struct random_nmis *nmis, uint64_t id, const json_t *returned,
		       double seconds);

/* Is there a vCPU that has yet to take a system reset, or is taking it, by QEMU's `info registers -a`? Only POWER's
 * can be asked so; of any other text the answer is no. Pure. */
bool random_nmis_pending(const char *registers);

#endif

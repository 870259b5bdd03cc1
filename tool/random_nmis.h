/* SPDX-License-Identifier: MIT */
/*
 * NMIs that nobody asked for, at random moments, to all vCPUs of a guest (QMP: inject-nmi). Where nothing keeps
 * a second one away as long as the first is being taken, they are only sent when none is.
 */
#ifndef TOOL_RANDOM_NMIS_H
#define TOOL_RANDOM_NMIS_H

#include "tool/qmp_link.h"

/* How often random_nmis_go_on() is to be called, at least. */
#define RANDOM_NMIS_MILLIS 1

struct random_nmis {
	uint64_t wanted, sent;
	bool ask;	   /* where the vCPUs are, before one is sent: they are POWER's */
	uint64_t question; /* id of that; 0: none is out */
	double asked, next;
};

/* Send one if it is time. seconds: since whenever, as for the others. */
void random_nmis_go_on(struct random_nmis *nmis, struct qmp_link *link, double seconds);

/* What QEMU replied to a command: true if it was asked from here. */
bool random_nmis_reply(struct random_nmis *nmis, struct qmp_link *link, uint64_t id,
		       const json_t *returned, double seconds);

/* Could some vCPU not survive a system reset, by QEMU's `info registers -a`, because it is taking one, or some
 * other interrupt? That is so if MSR[RI] is 0. Pure; any text may come. */
bool random_nmis_unrecoverable(const char *registers);

#endif

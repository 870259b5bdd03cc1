/* SPDX-License-Identifier: MIT */
/*
 * What the host does because the guest asks (docs/report.md, kind `ask`): an NMI, a machine check, a CPU more, a CPU
 * less. Only where the user allows it, only these, and only so many (REPORT_ASKS_MAX).
 */
#ifndef TOOL_HOST_ACTIONS_H
#define TOOL_HOST_ACTIONS_H

#include "tool/qmp_link.h"
#include "tool/report.h"
#include "tool/text.h"

#define HOST_MESSAGE_SIZE 160

/* What came of it. */
struct host_tally {
	uint64_t nmis, machine_checks, added;
	uint64_t asked_back; /* CPUs that the guest was asked to give back */
	uint64_t removed;    /* and those that it gave: QEMU said that they are gone */
	char message
		[HOST_MESSAGE_SIZE]; /* the first thing that was not done, and why; "" for none */
};

struct host_actions {
	bool allowed;
	struct qmp_link *link;
	const struct guest_report *report;
	struct host_tally *tally;
	size_t next;		/* the ask that is being done, or the next one */
	struct word_list going; /* the places of CPUs that were asked back and are not gone */
	uint64_t query;		/* ids of commands that are under way; 0: none */
	uint64_t command;
};

/* Begin what the guest has asked for and nobody has done. Called whenever something came. */
void host_actions_go_on(struct host_actions *actions);

/* What QEMU replied, and what it told. */
void host_actions_reply(struct host_actions *actions, uint64_t id, const json_t *returned,
			const char *error);
void host_actions_event(struct host_actions *actions, const char *name, const json_t *data);

void host_actions_end(struct host_actions *actions);

#endif

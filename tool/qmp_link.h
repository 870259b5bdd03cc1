/* SPDX-License-Identifier: MIT */
/* QMP, as far as the tool needs it: the greeting, commands and their replies, events. */
#ifndef TOOL_QMP_LINK_H
#define TOOL_QMP_LINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longer message is dropped. The registers of 255 vCPUs take about a megabyte. */
#define QMP_LINE_MAX (4u << 20)

struct qmp_link {
	int fd;
	bool greeted; /* commands are taken */
	char *line;
	size_t used, room;
	bool dropped; /* the line that is coming is too long */
	uint64_t last_id;
	char shutdown_reason[32]; /* of the SHUTDOWN event; "" if none came */
	/* A reply to the command with that id: what it returned, or (NULL) why not; and an event. What they
	 * are given is theirs only until they return. May be NULL. */
	void (*reply)(void *context, uint64_t id, const json_t *returned, const char *error);
	void (*event)(void *context, const char *name, const json_t *data);
	void *context;
};

void qmp_begin(struct qmp_link *link, int fd);
void qmp_end(struct qmp_link *link);
/* Take what has come. Returns false when the connection is closed. */
bool qmp_receive(struct qmp_link *link);
/*
 * Send a command; arguments, which it takes over, may be NULL. Returns the id that its reply will have,
 * or 0 when it cannot be sent.
 */
uint64_t qmp_send(struct qmp_link *link, const char *command, json_t *arguments);

#endif

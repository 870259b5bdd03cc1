/* SPDX-License-Identifier: MIT */
/* QMP, as far as the tool needs it: the greeting, two commands, and why the guest ended. */
#ifndef TOOL_QMP_LINK_H
#define TOOL_QMP_LINK_H

#include <stdbool.h>
#include <stddef.h>

#define QMP_LINE_MAX 8192

struct qmp_link {
	int fd;
	bool greeted; /* commands are taken */
	char line[QMP_LINE_MAX];
	size_t used;
	char shutdown_reason[32]; /* of the SHUTDOWN event; "" if none came */
};

void qmp_begin(struct qmp_link *link, int fd);
/* Take what has come. Returns false when the connection is closed. */
bool qmp_receive(struct qmp_link *link);
/* Send a command without arguments: "inject-nmi", "quit". False if it cannot be sent. */
bool qmp_send(struct qmp_link *link, const char *command);

#endif

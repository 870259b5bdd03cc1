// SPDX-License-Identifier: MIT
/*
 * The control connection to QEMU (QEMU documentation, "QEMU Machine Protocol Specification"): lines of
 * JSON. Called by boot.c. Must never block: an answer that does not come is not waited for.
 */
#include "tool/qmp_link.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void qmp_begin(struct qmp_link *link, int fd)
{
	*link = (struct qmp_link){ .fd = fd };
}

bool qmp_send(struct qmp_link *link, const char *command)
{
	char text[96];
	int length = snprintf(text, sizeof(text), "{\"execute\": \"%s\"}\n", command);

	return link->greeted &&
	       send(link->fd, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) == length;
}

static void take_message(struct qmp_link *link, json_t *message)
{
	const char *event = json_string_value(json_object_get(message, "event"));
	const char *reason =
		json_string_value(json_object_get(json_object_get(message, "data"), "reason"));

	if (json_object_get(message, "QMP")) {
		link->greeted = true;
		link->greeted = qmp_send(link, "qmp_capabilities");
	} else if (event && !strcmp(event, "SHUTDOWN")) {
		snprintf(link->shutdown_reason, sizeof(link->shutdown_reason), "%s",
			 reason ? reason : "unknown");
	}
}

static void take_line(struct qmp_link *link)
{
	json_t *message = json_loadb(link->line, link->used, 0, NULL);

	if (message)
		take_message(link, message);
	json_decref(message);
	link->used = 0;
}

bool qmp_receive(struct qmp_link *link)
{
	char bytes[4096];
	ssize_t got = recv(link->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	for (ssize_t i = 0; i < got; i++) {
		if (bytes[i] == '\n')
			take_line(link);
		else if (link->used < sizeof(link->line))
			link->line[link->used++] = bytes[i];
	}
	return got != 0;
}

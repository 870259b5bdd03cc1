// SPDX-License-Identifier: MIT
/*
 * The control connection to QEMU (QEMU documentation, "QEMU Machine Protocol Specification"): lines of
 * JSON. Called by boot.c. Must never block: an answer that does not come is not waited for.
 */
#include "tool/qmp_link.h"

#include "tool/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void qmp_begin(struct qmp_link *link, int fd)
{
	*link = (struct qmp_link){ .fd = fd };
}

void qmp_end(struct qmp_link *link)
{
	free(link->line);
	link->line = NULL;
	link->used = link->room = 0;
}

uint64_t qmp_send(struct qmp_link *link, const char *command, json_t *arguments)
{
	uint64_t id = link->last_id + 1;
	json_t *message = json_pack("{s:s, s:I}", "execute", command, "id", (json_int_t)id);
	char *text = NULL, *line;
	bool sent;

	if (message && arguments)
		json_object_set_new(message, "arguments", arguments);
	if (message && link->greeted)
		text = json_dumps(message, JSON_COMPACT);
	json_decref(message);
	if (!text)
		return 0;
	line = text_format("%s\n", text);
	sent = send(link->fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       (ssize_t)strlen(line);
	free(line);
	free(text);
	/* Half a command would spoil the next. */
	if (!sent)
		link->greeted = false;
	else
		link->last_id = id;
	return sent ? id : 0;
}

static void take_reply(struct qmp_link *link, const json_t *message)
{
	const json_t *id = json_object_get(message, "id");
	const json_t *returned = json_object_get(message, "return");
	const json_t *error = json_object_get(message, "error");
	const char *description = json_string_value(json_object_get(error, "desc"));

	if (link->reply && json_is_integer(id) && json_integer_value(id) > 0 && (returned || error))
		link->reply(link->context, (uint64_t)json_integer_value(id),
			    error ? NULL : returned, description ? description : "no reason");
}

static void take_event(struct qmp_link *link, const char *name, const json_t *data)
{
	const char *reason = json_string_value(json_object_get(data, "reason"));

	if (!strcmp(name, "SHUTDOWN"))
		snprintf(link->shutdown_reason, sizeof(link->shutdown_reason), "%s",
			 reason ? reason : "unknown");
	if (link->event)
		link->event(link->context, name, data);
}

static void take_message(struct qmp_link *link, const json_t *message)
{
	const char *event = json_string_value(json_object_get(message, "event"));

	if (json_object_get(message, "QMP")) {
		link->greeted = true;
		link->greeted = qmp_send(link, "qmp_capabilities", NULL);
	} else if (event) {
		take_event(link, event, json_object_get(message, "data"));
	} else {
		take_reply(link, message);
	}
}

static void take_line(struct qmp_link *link)
{
	json_t *message = link->dropped ? NULL : json_loadb(link->line, link->used, 0, NULL);

	if (message)
		take_message(link, message);
	json_decref(message);
	link->used = 0;
	link->dropped = false;
}

static void add_byte(struct qmp_link *link, char byte)
{
	if (link->used == link->room && link->room < QMP_LINE_MAX) {
		link->room = link->room ? link->room * 2 : 4096;
		link->line = memory_or_end(realloc(link->line, link->room));
	}
	if (link->used < link->room)
		link->line[link->used++] = byte;
	else
		link->dropped = true;
}

bool qmp_receive(struct qmp_link *link)
{
	char bytes[16384];
	ssize_t got = recv(link->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	for (ssize_t i = 0; i < got; i++) {
		if (bytes[i] == '\n')
			take_line(link);
		else
			add_byte(link, bytes[i]);
	}
	return got != 0;
}

// SPDX-License-Identifier: MIT
/*
 * Does for a guest what it asks its host for, one thing after the other, by QMP. Called by boot.c. The
 * guest is hostile: it chooses one of a few actions and a CPU by its number, and nothing that it says
 * becomes a word of a command.
 */
#include "tool/host_actions.h"

#include "tool/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first that went wrong is kept: what follows mostly follows from it. */
static void not_done(struct host_actions *actions, const char *why)
{
	const struct report_ask *ask = &actions->report->asks[actions->next];
	char shown[100];

	if (actions->tally->message[0])
		return;
	text_show(shown, sizeof(shown), why, strlen(why));
	snprintf(actions->tally->message, HOST_MESSAGE_SIZE, "the guest asked for %s: %s",
		 ask->action, shown);
}

static void done(struct host_actions *actions)
{
	actions->query = actions->command = 0;
	actions->next++;
}

/*
 * QEMU numbers its CPUs as its tables number their processors. An uncorrected error of bank 1, valid and
 * enabled, that has lost nothing: Intel SDM vol. 3B, 15.3.2.2 (status) and 15.3.1.2 (RIPV and MCIP).
 */
static uint64_t send_machine_check(struct host_actions *actions, uint64_t cpu)
{
	char *line = text_format("mce %" PRIu64 " 1 0xb000000000000000 5 0 0", cpu);
	uint64_t id = qmp_send(actions->link, "human-monitor-command",
			       json_pack("{s:s}", "command-line", line));

	free(line);
	return id;
}

void host_actions_go_on(struct host_actions *actions)
{
	while (actions->next < actions->report->ask_count && !actions->query && !actions->command) {
		const struct report_ask *ask = &actions->report->asks[actions->next];

		if (!actions->allowed) {
			not_done(actions, "not allowed; --host-actions allows it");
			done(actions);
		} else if (!actions->link->greeted) {
			/* It comes, or the guest has waited in vain. */
			return;
		} else if (!strcmp(ask->action, "nmi")) {
			actions->command = qmp_send(actions->link, "inject-nmi", NULL);
		} else if (!strcmp(ask->action, "machine-check")) {
			actions->command = send_machine_check(actions, ask->fwid.value);
		} else {
			actions->query = qmp_send(actions->link, "query-hotpluggable-cpus", NULL);
		}
	}
}

/* Where a CPU stands among all that are possible: the parts of its place, the weightiest first. A part
 * that a machine does not have is 0 for all. */
static const char *const places[] = { "socket-id", "die-id",  "cluster-id",
				      "module-id", "core-id", "thread-id" };

static int compare_places(const void *left, const void *right)
{
	const json_t *a = json_object_get(*(json_t *const *)left, "props");
	const json_t *b = json_object_get(*(json_t *const *)right, "props");

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		json_int_t x = json_integer_value(json_object_get(a, places[i]));
		json_int_t y = json_integer_value(json_object_get(b, places[i]));

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static json_int_t number_in(const json_t *cpu, const char *part)
{
	return json_integer_value(json_object_get(json_object_get(cpu, "props"), part));
}

/*
 * The core that a POWER guest means by one of its threads, whose server number the firmware id is. Cores of
 * QEMU's pseries come and go whole, and a core's number there is that of its first thread, unless the machine
 * was given another distance (vsmt) than the threads that a core has: then nothing is found, or none that fits.
 */
static const json_t *core_find(const json_t *list, uint64_t server)
{
	const json_t *cpu;
	size_t index;

	json_array_foreach(list, index, cpu)
	{
		json_int_t first = number_in(cpu, "core-id");
		json_int_t threads = json_integer_value(json_object_get(cpu, "vcpus-count"));

		if (first >= 0 && threads > 0 && server >= (uint64_t)first &&
		    server - (uint64_t)first < (uint64_t)threads)
			return cpu;
	}
	return NULL;
}

static bool is_power(const json_t *list)
{
	const char *type = json_string_value(json_object_get(json_array_get(list, 0), "type"));

	return type && strstr(type, "-spapr-cpu-core");
}

/*
 * The CPU that the guest means. QEMU numbers its possible CPUs in this order, and the number is the
 * processor UID in the tables that it gives to the firmware.
 */
static const json_t *cpu_find(const json_t *list, uint64_t uid)
{
	size_t count = json_array_size(list);
	const json_t **sorted = memory_or_end(calloc(count ? count : 1, sizeof(*sorted)));
	const json_t *found;

	for (size_t i = 0; i < count; i++)
		sorted[i] = json_array_get(list, i);
	qsort(sorted, count, sizeof(*sorted), compare_places);
	found = uid < count ? sorted[uid] : NULL;
	free(sorted);
	return found;
}

static void begin_add(struct host_actions *actions, const json_t *cpu, uint64_t uid)
{
	json_t *arguments;
	char id[40];

	if (json_object_get(cpu, "qom-path")) {
		not_done(actions, "that CPU is there");
		return;
	}
	arguments = json_deep_copy(json_object_get(cpu, "props"));
	snprintf(id, sizeof(id), "muster-cpu-%" PRIu64, uid);
	if (json_object_set(arguments, "driver", json_object_get(cpu, "type")) ||
	    json_object_set_new(arguments, "id", json_string(id))) {
		json_decref(arguments);
		not_done(actions, "QEMU does not say what that CPU is");
		return;
	}
	actions->command = qmp_send(actions->link, "device_add", arguments);
}

static void begin_remove(struct host_actions *actions, const json_t *cpu)
{
	const char *path = json_string_value(json_object_get(cpu, "qom-path"));

	if (!path) {
		not_done(actions, "that CPU is not there");
		return;
	}
	actions->command = qmp_send(actions->link, "device_del", json_pack("{s:s}", "id", path));
	words_add_text(&actions->going, path);
}

static void take_list(struct host_actions *actions, const json_t *list)
{
	const struct report_ask *ask = &actions->report->asks[actions->next];
	const json_t *cpu =
		is_power(list) ? core_find(list, ask->fwid.value) : cpu_find(list, ask->fwid.value);

	actions->query = 0;
	if (!json_is_object(cpu))
		not_done(actions, "the machine has no such CPU");
	else if (!strcmp(ask->action, "cpu-add"))
		begin_add(actions, cpu, ask->fwid.value);
	else
		begin_remove(actions, cpu);
	if (!actions->command)
		done(actions);
}

static void count(struct host_actions *actions)
{
	const char *action = actions->report->asks[actions->next].action;
	struct host_tally *tally = actions->tally;

	if (!strcmp(action, "nmi"))
		tally->nmis++;
	else if (!strcmp(action, "machine-check"))
		tally->machine_checks++;
	else if (!strcmp(action, "cpu-add"))
		tally->added++;
	else
		tally->asked_back++;
}

void host_actions_reply(struct host_actions *actions, uint64_t id, const json_t *returned,
			const char *error)
{
	if (id == actions->query && returned) {
		take_list(actions, returned);
	} else if (id == actions->query || id == actions->command) {
		if (returned)
			count(actions);
		else
			not_done(actions, error);
		done(actions);
	}
	host_actions_go_on(actions);
}

/* Does the path name the device, or a part of it? */
static bool is_of(const char *path, const char *device)
{
	size_t length = strlen(device);

	return length && !strncmp(path, device, length) && (!path[length] || path[length] == '/');
}

/* A CPU's local APIC goes with it and is told of first; of the CPU itself QEMU may not tell before the
 * last user of its memory is done. */
void host_actions_event(struct host_actions *actions, const char *name, const json_t *data)
{
	const char *path = json_string_value(json_object_get(data, "path"));
	char **going = actions->going.at;

	if (strcmp(name, "DEVICE_DELETED") || !path)
		return;
	for (size_t i = 0; i < actions->going.count; i++) {
		if (!is_of(path, going[i]))
			continue;
		actions->tally->removed++;
		/* Told of once. No path is empty. */
		going[i][0] = 0;
		return;
	}
}

void host_actions_end(struct host_actions *actions)
{
	words_free(&actions->going);
}

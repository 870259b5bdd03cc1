// SPDX-License-Identifier: MIT
/*
 * Open Firmware's client interface (IEEE 1275-1994, 6.3.2). A platform's first steps and the flattener
 * beside this call it, on the boot CPU, while the firmware still has the machine. Cells, names and values go
 * through one window; it must not hand the firmware any other address, nor believe a length that it returns.
 */
#include "firmware/openfirmware.h"

#include "core/string.h"

#include <libfdt.h>
#include <muster/error.h>

/* The array of a call: service, counts, then arguments and results. */
struct call_cells {
	uint32_t service;
	uint32_t arguments;
	uint32_t results;
	uint32_t cells[OPENFIRMWARE_CELLS_MAX];
};

/* The window: the array, the service's name, a name or path that is an argument, and what is left for
 * values. */
#define SERVICE_AT 64u
#define NAME_AT	   128u
#define VALUE_AT   (NAME_AT + OPENFIRMWARE_PATH_MAX + 1)

_Static_assert(sizeof(struct call_cells) <= SERVICE_AT, "the array ends before the names");
_Static_assert(VALUE_AT % 8 == 0 && VALUE_AT < OPENFIRMWARE_WINDOW_MIN, "there is room for values");

#define NONE UINT32_MAX /* a firmware's -1 */

static bool put_text(const struct openfirmware *firmware, uint32_t at, uint32_t room,
		     const char *text)
{
	size_t length = strlen(text);

	if (length >= room)
		return false;
	memcpy(firmware->window + at, text, length + 1);
	return true;
}

static uint32_t value_room(const struct openfirmware *firmware)
{
	return firmware->window_size - VALUE_AT;
}

int openfirmware_call(const struct openfirmware *firmware, const char *service,
		      const uint32_t *arguments, uint32_t count, uint32_t *results,
		      uint32_t results_count)
{
	struct call_cells *call = (void *)firmware->window;
	int answer;

	if (count > OPENFIRMWARE_CELLS_MAX || results_count > OPENFIRMWARE_CELLS_MAX - count ||
	    !put_text(firmware, SERVICE_AT, NAME_AT - SERVICE_AT, service))
		return MUSTER_E_INVALID;
	call->service = cpu_to_fdt32(firmware->window_address + SERVICE_AT);
	call->arguments = cpu_to_fdt32(count);
	call->results = cpu_to_fdt32(results_count);
	for (uint32_t i = 0; i < OPENFIRMWARE_CELLS_MAX; i++)
		call->cells[i] = i < count ? cpu_to_fdt32(arguments[i]) : 0;
	answer = firmware->enter(firmware->context, firmware->window_address);
	for (uint32_t i = 0; i < results_count; i++)
		results[i] = fdt32_to_cpu(call->cells[count + i]);
	return answer ? MUSTER_E_NOT_SUPPORTED : 0;
}

/* A call with one result; `failed` when the firmware does not take it. */
static uint32_t call(const struct openfirmware *firmware, const char *service,
		     const uint32_t *arguments, uint32_t count, uint32_t failed)
{
	uint32_t result = failed;

	return openfirmware_call(firmware, service, arguments, count, &result, 1) ? failed : result;
}

/* A node, or none: some firmware says 0 and some -1. */
static uint32_t node_or_none(uint32_t node)
{
	return node == NONE ? 0 : node;
}

uint32_t openfirmware_peer(const struct openfirmware *firmware, uint32_t node)
{
	return node_or_none(call(firmware, "peer", &node, 1, 0));
}

uint32_t openfirmware_child(const struct openfirmware *firmware, uint32_t node)
{
	return node_or_none(call(firmware, "child", &node, 1, 0));
}

/* A call whose one argument is text. */
static uint32_t call_with_text(const struct openfirmware *firmware, const char *service,
			       const char *text)
{
	uint32_t address = firmware->window_address + NAME_AT;

	if (!put_text(firmware, NAME_AT, VALUE_AT - NAME_AT, text))
		return 0;
	return node_or_none(call(firmware, service, &address, 1, 0));
}

uint32_t openfirmware_find(const struct openfirmware *firmware, const char *path)
{
	return call_with_text(firmware, "finddevice", path);
}

uint32_t openfirmware_open(const struct openfirmware *firmware, const char *path)
{
	return call_with_text(firmware, "open", path);
}

uint32_t openfirmware_package(const struct openfirmware *firmware, uint32_t instance)
{
	return node_or_none(call(firmware, "instance-to-package", &instance, 1, 0));
}

int openfirmware_path(const struct openfirmware *firmware, uint32_t node, char *path, size_t size)
{
	uint32_t room = value_room(firmware);
	const uint32_t arguments[] = { node, firmware->window_address + VALUE_AT, room };
	const char *found = (const char *)firmware->window + VALUE_AT;
	uint32_t length;

	memset(firmware->window + VALUE_AT, 0, room < size ? room : size);
	length = call(firmware, "package-to-path", arguments, 3, NONE);
	/* The length need not count a terminating 0, and some firmware counts it all the same. */
	if (length >= room || length >= size)
		return MUSTER_E_NOT_FOUND;
	length = (uint32_t)strnlen(found, length);
	memcpy(path, found, length);
	path[length] = '\0';
	return (int)length;
}

/* Into the window, at most `room` bytes. The length is the property's, however much of it there was room
 * for. */
static int32_t get_property(const struct openfirmware *firmware, uint32_t node, const char *name,
			    uint32_t room)
{
	const uint32_t arguments[] = { node, firmware->window_address + NAME_AT,
				       firmware->window_address + VALUE_AT, room };
	int32_t length;

	if (!put_text(firmware, NAME_AT, VALUE_AT - NAME_AT, name))
		return MUSTER_E_INVALID;
	length = (int32_t)call(firmware, "getprop", arguments, 4, NONE);
	return length < 0 ? MUSTER_E_NOT_FOUND : length;
}

int32_t openfirmware_property_view(const struct openfirmware *firmware, uint32_t node,
				   const char *name, const void **value)
{
	uint32_t room = value_room(firmware);
	int32_t length = get_property(firmware, node, name, room);

	*value = firmware->window + VALUE_AT;
	return length > (int32_t)room ? MUSTER_E_NO_MEMORY : length;
}

int32_t openfirmware_property(const struct openfirmware *firmware, uint32_t node, const char *name,
			      void *value, uint32_t size)
{
	uint32_t room = size < value_room(firmware) ? size : value_room(firmware);
	int32_t length = get_property(firmware, node, name, room);

	if (length > (int32_t)room)
		length = (int32_t)room;
	if (length > 0)
		memcpy(value, firmware->window + VALUE_AT, (uint32_t)length);
	return length;
}

bool openfirmware_number(const struct openfirmware *firmware, uint32_t node, const char *name,
			 uint32_t *number)
{
	uint32_t cell;

	if (openfirmware_property(firmware, node, name, &cell, sizeof(cell)) != sizeof(cell))
		return false;
	*number = fdt32_to_cpu(cell);
	return true;
}

int openfirmware_next_property(const struct openfirmware *firmware, uint32_t node,
			       const char *previous, char *name)
{
	const uint32_t arguments[] = { node, firmware->window_address + NAME_AT,
				       firmware->window_address + VALUE_AT };
	const char *found = (const char *)firmware->window + VALUE_AT;
	size_t length;

	if (!put_text(firmware, NAME_AT, VALUE_AT - NAME_AT, previous))
		return MUSTER_E_CORRUPT;
	memset(firmware->window + VALUE_AT, 0, OPENFIRMWARE_NAME_MAX + 1);
	if (call(firmware, "nextprop", arguments, 3, NONE) != 1)
		return 0;
	length = strnlen(found, OPENFIRMWARE_NAME_MAX + 1);
	/* An empty one would begin again from the first. */
	if (!length || length > OPENFIRMWARE_NAME_MAX)
		return MUSTER_E_CORRUPT;
	memcpy(name, found, length);
	name[length] = '\0';
	return 1;
}

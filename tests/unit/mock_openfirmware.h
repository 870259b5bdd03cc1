/* SPDX-License-Identifier: MIT */
/*
 * An Open Firmware for tests: it answers from a flattened tree, a node's handle being its offset there plus
 * HANDLE, through a window that stands at an address of its own; and can be told to lie.
 */
#ifndef TESTS_UNIT_MOCK_OPENFIRMWARE_H
#define TESTS_UNIT_MOCK_OPENFIRMWARE_H

#include "firmware/openfirmware.h"

#include <libfdt.h>
#include <stdlib.h>

#define MOCK_WINDOW    0x00f00000u
#define MOCK_HANDLE    0x100u
#define MOCK_STDOUT    0x77u
#define MOCK_CALLS_MAX 4000000u

enum mock_lie {
	LIE_NONE,
	LIE_NO_CALLS,	  /* nothing is taken */
	LIE_PEER_IS_SELF, /* the node is its own sibling */
	LIE_PEERS_CIRCLE, /* after the last sibling comes the first */
	LIE_CHILD_IS_SELF,
	LIE_CHILD_IS_ROOT,
	LIE_ROOT_HAS_PEER,
	LIE_SAME_PROPERTY, /* the first property is the next for ever */
	LIE_PROPERTIES_CIRCLE,
	LIE_NAME_EMPTY,
	LIE_NAME_ENDLESS,
	LIE_NAME_UNPRINTABLE,
	LIE_LENGTH_HUGE,
	LIE_LENGTH_NEGATIVE,
	LIE_PATH_EMPTY,
	LIE_PATH_HUGE,
	LIE_PATH_UNPRINTABLE,
	LIE_DEEP, /* every node has a child, and never the same */
	LIE_WIDE, /* every node has a sibling, and never the same */
	LIES,
};

struct mock_openfirmware {
	const void *tree;
	uint8_t *window;
	uint32_t window_size;
	enum mock_lie lie;
	uint32_t about; /* the node lied about; 0: all */
	uint32_t calls;
	uint32_t invented;
};

static inline uint32_t mock_cell(const struct mock_openfirmware *mock, uint32_t at)
{
	uint32_t value;

	memcpy(&value, mock->window + at * sizeof(value), sizeof(value));
	return fdt32_to_cpu(value);
}

/* The n-th result. */
static inline void mock_answer(struct mock_openfirmware *mock, uint32_t value)
{
	uint32_t at = 3 + mock_cell(mock, 1);

	value = cpu_to_fdt32(value);
	memcpy(mock->window + at * sizeof(value), &value, sizeof(value));
}

/* Where an address is: always in the window, or the code under test has broken its contract. */
static inline char *mock_at(const struct mock_openfirmware *mock, uint32_t address, uint32_t room)
{
	uint32_t offset = address - MOCK_WINDOW;

	if (address < MOCK_WINDOW || offset > mock->window_size ||
	    room > mock->window_size - offset)
		abort();
	return (char *)mock->window + offset;
}

static inline char *mock_text(const struct mock_openfirmware *mock, uint32_t address)
{
	char *text = mock_at(mock, address, 1);
	uint32_t room = mock->window_size - (address - MOCK_WINDOW);

	if (strnlen(text, room) == room)
		abort();
	return text;
}

static inline bool mock_lies(const struct mock_openfirmware *mock, enum mock_lie lie, uint32_t node)
{
	return mock->lie == lie && (!mock->about || mock->about == node);
}

static inline int mock_offset(uint32_t node)
{
	return (int)(node - MOCK_HANDLE);
}

static inline uint32_t mock_handle(int offset)
{
	return offset < 0 ? 0 : (uint32_t)offset + MOCK_HANDLE;
}

static inline uint32_t mock_peer(struct mock_openfirmware *mock, uint32_t node)
{
	int offset = mock_offset(node), parent;
	uint32_t peer;

	if (!node)
		return mock_handle(0);
	if (mock_lies(mock, LIE_PEER_IS_SELF, node))
		return node;
	if (mock_lies(mock, LIE_WIDE, node))
		return 0x10000000 + ++mock->invented;
	if (!offset)
		return mock->lie == LIE_ROOT_HAS_PEER
			       ? mock_handle(fdt_first_subnode(mock->tree, 0))
			       : 0;
	peer = mock_handle(fdt_next_subnode(mock->tree, offset));
	parent = fdt_parent_offset(mock->tree, offset);
	if (!peer && parent >= 0 && mock_lies(mock, LIE_PEERS_CIRCLE, mock_handle(parent)))
		peer = mock_handle(fdt_first_subnode(mock->tree, parent));
	return peer;
}

static inline uint32_t mock_child(struct mock_openfirmware *mock, uint32_t node)
{
	if (mock_lies(mock, LIE_CHILD_IS_SELF, node))
		return node;
	if (mock_lies(mock, LIE_CHILD_IS_ROOT, node) && mock_offset(node))
		return mock_handle(0);
	if (mock_lies(mock, LIE_DEEP, node))
		return 0x10000000 + ++mock->invented;
	return mock_handle(fdt_first_subnode(mock->tree, mock_offset(node)));
}

static inline uint32_t mock_getprop(struct mock_openfirmware *mock, uint32_t node, const char *name,
				    uint32_t address, uint32_t size, bool copy)
{
	int length = 0;
	const void *value = fdt_getprop(mock->tree, mock_offset(node), name, &length);

	if (mock_lies(mock, LIE_LENGTH_NEGATIVE, node) || !value)
		return UINT32_MAX;
	if (copy)
		memcpy(mock_at(mock, address, size), value,
		       (uint32_t)length < size ? (uint32_t)length : size);
	return mock_lies(mock, LIE_LENGTH_HUGE, node) ? 0x7fffffff : (uint32_t)length;
}

static inline uint32_t mock_nextprop(struct mock_openfirmware *mock, uint32_t node,
				     const char *previous, uint32_t address)
{
	char *next = mock_at(mock, address, OPENFIRMWARE_NAME_MAX + 1);
	int property = fdt_first_property_offset(mock->tree, mock_offset(node));
	const char *name = NULL;

	if (mock_lies(mock, LIE_NAME_EMPTY, node)) {
		*next = '\0';
		return 1;
	}
	if (mock_lies(mock, LIE_NAME_ENDLESS, node)) {
		memset(next, 'n', OPENFIRMWARE_NAME_MAX + 1);
		return 1;
	}
	if (!mock_lies(mock, LIE_SAME_PROPERTY, node))
		for (; *previous && property >= 0;
		     property = fdt_next_property_offset(mock->tree, property)) {
			(void)fdt_getprop_by_offset(mock->tree, property, &name, NULL);
			if (!strcmp(name, previous)) {
				property = fdt_next_property_offset(mock->tree, property);
				break;
			}
		}
	if (property < 0 && mock_lies(mock, LIE_PROPERTIES_CIRCLE, node))
		property = fdt_first_property_offset(mock->tree, mock_offset(node));
	if (property < 0 || !fdt_getprop_by_offset(mock->tree, property, &name, NULL))
		return 0;
	strcpy(next, name);
	if (mock_lies(mock, LIE_NAME_UNPRINTABLE, node))
		next[0] = '\n';
	return 1;
}

static inline uint32_t mock_path(struct mock_openfirmware *mock, uint32_t node, uint32_t address,
				 uint32_t size)
{
	char path[256] = "/x";
	char *to = mock_at(mock, address, size);

	if (node >= 0x10000000)
		snprintf(path, sizeof(path), "/invented@%x", node);
	else if (fdt_get_path(mock->tree, mock_offset(node), path, sizeof(path)))
		return UINT32_MAX;
	if (mock_lies(mock, LIE_PATH_EMPTY, node))
		return 0;
	if (mock_lies(mock, LIE_PATH_HUGE, node))
		return 0x7ffffff0;
	if (mock_lies(mock, LIE_PATH_UNPRINTABLE, node))
		path[strlen(path) - 1] = '\r';
	memcpy(to, path, strlen(path) < size ? strlen(path) : size);
	return (uint32_t)strlen(path);
}

static inline int mock_enter(void *context, uint32_t cells)
{
	struct mock_openfirmware *mock = context;
	const char *service = mock_text(mock, mock_cell(mock, 0));
	uint32_t a = mock_cell(mock, 3), b = mock_cell(mock, 4), c = mock_cell(mock, 5),
		 d = mock_cell(mock, 6);

	if (cells != MOCK_WINDOW || ++mock->calls > MOCK_CALLS_MAX)
		abort();
	if (mock->lie == LIE_NO_CALLS)
		return -1;
	if (!strcmp(service, "peer"))
		mock_answer(mock, mock_peer(mock, a));
	else if (!strcmp(service, "child"))
		mock_answer(mock, mock_child(mock, a));
	else if (!strcmp(service, "parent"))
		mock_answer(mock, mock_handle(fdt_parent_offset(mock->tree, mock_offset(a))));
	else if (!strcmp(service, "finddevice"))
		mock_answer(mock,
			    fdt_path_offset(mock->tree, mock_text(mock, a)) < 0
				    ? UINT32_MAX
				    : mock_handle(fdt_path_offset(mock->tree, mock_text(mock, a))));
	else if (!strcmp(service, "instance-to-package"))
		mock_answer(mock, a == MOCK_STDOUT ? mock_handle(fdt_path_offset(
							     mock->tree, "/vdevice/vty@71000000"))
						   : UINT32_MAX);
	else if (!strcmp(service, "package-to-path"))
		mock_answer(mock, mock_path(mock, a, b, c));
	else if (!strcmp(service, "getproplen"))
		mock_answer(mock, mock_getprop(mock, a, mock_text(mock, b), 0, 0, false));
	else if (!strcmp(service, "getprop"))
		mock_answer(mock, mock_getprop(mock, a, mock_text(mock, b), c, d, true));
	else if (!strcmp(service, "nextprop"))
		mock_answer(mock, mock_nextprop(mock, a, mock_text(mock, b), c));
	else
		return -1;
	return 0;
}

static inline struct openfirmware mock_firmware(struct mock_openfirmware *mock, const void *source,
						uint32_t window_size)
{
	free(mock->window);
	*mock = (struct mock_openfirmware){ .tree = source,
					    .window = aligned_alloc(8, window_size),
					    .window_size = window_size };
	if (!mock->window)
		abort();
	memset(mock->window, 0x5a, window_size);
	return (struct openfirmware){ mock_enter, mock, mock->window, MOCK_WINDOW, window_size };
}

#endif

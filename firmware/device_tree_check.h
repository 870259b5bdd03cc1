/* SPDX-License-Identifier: MIT */
/* The look at a whole device tree before anybody reads in it. */
#ifndef FIRMWARE_DEVICE_TREE_CHECK_H
#define FIRMWARE_DEVICE_TREE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* NULL when the tree of at most `available` bytes is whole, else what it breaks, for the message. */
const char *device_tree_broken_rule(const void *blob, uint64_t available);

#endif

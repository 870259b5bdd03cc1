/* SPDX-License-Identifier: MIT */
/* JSON into a file, as every command of the tool writes it. */
#ifndef TOOL_JSON_FILE_H
#define TOOL_JSON_FILE_H

#include <jansson.h>
#include <stdio.h>

/*
 * Write a value, a line for each member, and let go of it; NULL: there was no memory for it. Returns 0, or
 * -1 with errno, also when what was written could not be flushed.
 */
int json_file_write(json_t *json, FILE *file);

#endif

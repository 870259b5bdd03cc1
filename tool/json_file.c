// SPDX-License-Identifier: MIT
/* Writes JSON for run and bench. Must never leave half a value behind without saying so. */
#include "tool/json_file.h"

#include <errno.h>

int json_file_write(json_t *json, FILE *file)
{
	int result = -1;

	errno = ENOMEM;
	if (json)
		result = json_dumpf(json, file, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(json);
	if (result || fputc('\n', file) == EOF)
		return -1;
	return fflush(file) ? -1 : 0;
}

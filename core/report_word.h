/* SPDX-License-Identifier: MIT */
/* What names of steps and of areas may look like: docs/report.md. */
#ifndef CORE_REPORT_WORD_H
#define CORE_REPORT_WORD_H

#include <stdbool.h>

/* One or more of a-z, 0-9 and '-'. NULL is none. */
static inline bool is_report_word(const char *name)
{
	if (!name || !name[0])
		return false;
	for (; *name; name++) {
		bool letter = *name >= 'a' && *name <= 'z';
		bool digit = *name >= '0' && *name <= '9';

		if (!letter && !digit && *name != '-')
			return false;
	}
	return true;
}

#endif

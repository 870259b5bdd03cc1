/* SPDX-License-Identifier: MIT */
/* What pv_direct_map.c is told by the one who builds the kernel's own tables. Addresses are physical. */
#ifndef PLATFORM_XEN_PV_PV_DIRECT_MAP_H
#define PLATFORM_XEN_PV_PV_DIRECT_MAP_H

#include <stdint.h>

struct pv_direct_map {
	uint64_t window; /* pages that are there already: whole tables of them */
	uint64_t last; /* the last tables, from number 0 on, in a row; the window's are not used */
	uint64_t last_count;
	uint64_t above;	      /* the tables above, in a row */
	uint64_t above_index; /* and number 0's entry in the first of them */
	uint8_t *made;	      /* zeros; a bit for each chunk that is there */
};

/* Bytes that `made` takes for so many last tables. */
uint64_t pv_direct_bytes(uint64_t last_count);

/* From here on the direct map is reached by itself, and grows: pv_direct_make() in pv_page_table.h, and page faults. */
void pv_direct_begin(const struct pv_direct_map *begun);

#endif

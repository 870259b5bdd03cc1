/* SPDX-License-Identifier: MIT */
/* What leaving a PC and leaving another guest with local APICs have in common: platform/handover.h. */
#ifndef PLATFORM_PC_PC_LEAVE_H
#define PLATFORM_PC_PC_LEAVE_H

#include "platform/pc/pc_park.h"

bool pc_leave_module(uint32_t index, uint64_t *base, uint64_t *size);
/* pc_told.c: by PVH, into the region. */
int pc_tell(const struct handover_telling *telling);
bool pc_leave_is_sibling(cpu_t cpu);
void pc_leave_listen_for_nmis(uint64_t region);

#endif

// SPDX-License-Identifier: MIT
/* Step `layout` of a PC with 64-bit addresses; i386/pc_layout.c has the other. Must not know how much memory
 * there is. */
#include "arch/x86_64/page_table.h"
#include "platform/pc/pc.h"

#include <muster/error.h>

/* Nobody keeps a part of a PC guest's address space. */
int pc_layout_step(cpu_t cpu)
{
	static struct layout_draft draft;

	(void)cpu;
	x86_layout_draft(&draft);
	return layout_seal(&draft) ? 0 : MUSTER_E_INVALID;
}

/* SPDX-License-Identifier: MIT */
/* Interrupts of a PAPR guest: the two controllers that there can be, as papr_interrupts.c uses them. */
#ifndef PLATFORM_PAPR_PAPR_INTERRUPTS_H
#define PLATFORM_PAPR_PAPR_INTERRUPTS_H

#include "arch/ppc64/trap.h"

#include <muster/cpu.h>

struct papr_controller {
	/* On the boot CPU: is it as it should be? */
	int (*begin)(cpu_t boot);
	/* On the boot CPU, for each one: what it needs before it runs. NULL: nothing. */
	int (*prepare)(cpu_t cpu);
	void (*forget)(cpu_t cpu);
	/* On the CPU itself, interrupts off: from now on, and no longer. */
	int (*enable)(cpu_t cpu);
	void (*disable)(cpu_t cpu);
	/* An external interrupt came to this CPU. */
	trap_handler *take;
	/* Have another CPU look at its call queue. */
	void (*kick)(cpu_t cpu);
};

extern const struct papr_controller papr_xics, papr_xive;

/* An interrupt that nobody asked for: named, and, when there are too many, a panic. */
void papr_stray_interrupt(uint32_t source);

#endif

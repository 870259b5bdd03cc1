/* SPDX-License-Identifier: MIT */
/*
 * The interrupt controller XICS as PAPR shows it (LoPAPR 1.1, chapter 14, hcall()s for interrupts): for
 * each thread, by its interrupt server number, a priority from which on it is disturbed (CPPR), and a
 * priority at which others want it (MFRR), which is how they send an IPI.
 */
#ifndef DEVICE_XICS_H
#define DEVICE_XICS_H

#include <stdint.h>

/* The hypercalls. Each returns the hypervisor's status; 0 is success. */
struct xics_calls {
	long (*xirr)(uint32_t *xirr);			/* H_XIRR: accept what is wanted */
	long (*eoi)(uint32_t xirr);			/* H_EOI */
	long (*cppr)(uint8_t priority);			/* H_CPPR */
	long (*ipi)(uint32_t server, uint8_t priority); /* H_IPI: write its MFRR */
	long (*ipoll)(uint32_t server, uint32_t *xirr, uint8_t *mfrr); /* H_IPOLL: look */
};

/* What came. */
enum xics_interrupt {
	XICS_NOTHING, /* it went away before it was accepted */
	XICS_IPI,
	XICS_OTHER, /* a source that is nobody's; its end has been told */
	XICS_BROKEN, /* the hypervisor refused: a line has named call and status. It would come again at
		      * once, and for ever */
};

/* On the boot CPU, with its server number: are the calls there? Returns 0; MUSTER_E_NOT_SUPPORTED or
 * MUSTER_E_CORRUPT with a line. */
int xics_begin(const struct xics_calls *calls, uint32_t server);

/*
 * On each CPU: what is left over from whoever ran before is dropped, then everything is let through. And
 * nothing any more. Interrupts are off. enable returns 0, or MUSTER_E_INVALID with a line.
 */
int xics_enable(uint32_t server);
void xics_disable(uint32_t server);

/* Interrupt another CPU. What was stored before is seen by it then. Returns 0, or MUSTER_E_INVALID with a
 * line (the first time only: it may come often). */
int xics_send(uint32_t server);

/*
 * An external interrupt came to this CPU: take it, and end it. *source: the number of a XICS_OTHER. When it
 * is an IPI, one that is sent from here on comes again: so look for what it was about afterwards.
 */
enum xics_interrupt xics_take(uint32_t server, uint32_t *source);

#endif

// SPDX-License-Identifier: MIT
/*
 * Takes and sends interrupts by XICS, through the hypercalls that it is handed. Called by the PAPR platform. An
 * answer that breaks the rules is named, once. Must never end an interrupt that was not accepted.
 */
#include "device/xics.h"

#include <muster/console.h>
#include <muster/error.h>
#include <stdbool.h>

/* Priorities: 0 is the most urgent; what is not more urgent than CPPR is kept back. */
#define CPPR_NOTHING 0x00
#define CPPR_ALL     0xff
#define MFRR_NONE    0xff
#define PRIORITY_IPI 0x04

/* XIRR: the CPPR before, and the source that is accepted: 0 none, 2 an IPI. */
#define XIRR_SOURCE 0x00ffffffu
#define SOURCE_NONE 0u
#define SOURCE_IPI  2u

/* What whoever ran before us left, and is dropped. More has a source that goes on. */
#define LEFT_OVER_MAX 64u

static const struct xics_calls *xics;

static int named(const char *call, uint32_t server, long status)
{
	console_print("muster: xics: %s for server %#x: status %ld\n", call, server, status);
	return MUSTER_E_INVALID;
}

int xics_begin(const struct xics_calls *calls, uint32_t server)
{
	uint32_t xirr = 0;
	uint8_t mfrr = 0;
	long status = calls->ipoll(server, &xirr, &mfrr);

	xics = calls;
	if (status) {
		(void)named("H_IPOLL", server, status);
		return MUSTER_E_NOT_SUPPORTED;
	}
	return 0;
}

static void fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Accept and end what waits, whatever it is. */
static int drop_left_over(uint32_t server)
{
	for (uint32_t i = 0; i < LEFT_OVER_MAX; i++) {
		uint32_t xirr = 0;
		long status = xics->xirr(&xirr);

		if (status)
			return named("H_XIRR", server, status);
		if ((xirr & XIRR_SOURCE) == SOURCE_NONE)
			return 0;
		if ((xirr & XIRR_SOURCE) != SOURCE_IPI)
			console_print("muster: xics: server %#x: an interrupt of source %#x was "
				      "left over from before: dropped\n",
				      server, xirr & XIRR_SOURCE);
		status = xics->eoi(xirr);
		if (status)
			return named("H_EOI", server, status);
	}
	console_print("muster: xics: server %#x: more than %u interrupts left over from before\n",
		      server, LEFT_OVER_MAX);
	return MUSTER_E_INVALID;
}

int xics_enable(uint32_t server)
{
	long status = xics->ipi(server, MFRR_NONE);

	if (status)
		return named("H_IPI", server, status);
	status = xics->cppr(CPPR_ALL);
	if (status)
		return named("H_CPPR", server, status);
	return drop_left_over(server);
}

void xics_disable(uint32_t server)
{
	(void)xics->cppr(CPPR_NOTHING);
	(void)xics->ipi(server, MFRR_NONE);
}

int xics_send(uint32_t server)
{
	static uint32_t failed;
	long status;

	fence();
	status = xics->ipi(server, PRIORITY_IPI);
	if (!status)
		return 0;
	if (!__atomic_exchange_n(&failed, 1, __ATOMIC_RELAXED))
		(void)named("H_IPI", server, status);
	return MUSTER_E_INVALID;
}

enum xics_interrupt xics_take(uint32_t server, uint32_t *source)
{
	uint32_t xirr = 0;
	long status = xics->xirr(&xirr);

	*source = xirr & XIRR_SOURCE;
	if (status) {
		(void)named("H_XIRR", server, status);
		return XICS_BROKEN;
	}
	if (*source == SOURCE_NONE)
		return XICS_NOTHING;
	/* It stays wanted until it is said that it is not. */
	status = *source == SOURCE_IPI ? xics->ipi(server, MFRR_NONE) : 0;
	if (status) {
		(void)named("H_IPI", server, status);
		return XICS_BROKEN;
	}
	status = xics->eoi(xirr);
	if (status) {
		(void)named("H_EOI", server, status);
		return XICS_BROKEN;
	}
	fence();
	return *source == SOURCE_IPI ? XICS_IPI : XICS_OTHER;
}

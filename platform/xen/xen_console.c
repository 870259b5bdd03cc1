// SPDX-License-Identifier: MIT
/*
 * Xen's console and SCHEDOP_shutdown. Called from everywhere, after a panic too: nothing but the
 * hypercall itself may be needed.
 */
#include "platform/xen/xen_console.h"

#include "core/format.h"
#include "platform/xen/hypercall.h"

#include <muster/clock.h>
#include <muster/console.h>

#define DRAIN_MILLISECONDS 20
#define DRAIN_POLLS	   1000u

void xen_console_write(const char *text, size_t length)
{
	/* Xen takes as much as it is given and splits it itself; what it refuses is lost, since there is
	 * nobody to tell. */
	(void)xen_console_out(text, length);
}

/* Xen's serial line goes on sending by interrupts, which another CPU may be taking; a machine that ends
 * now ends in the middle of a line. */
void xen_console_drain(void)
{
	struct clock_limit limit = clock_limit_begin(DRAIN_MILLISECONDS);

	/* Before there is a clock, a limit counts polls, and each of these is a hypercall. */
	for (uint32_t polls = 0;
	     clock_frequency() ? !clock_limit_over(&limit) : polls < DRAIN_POLLS; polls++)
		(void)xen_sched_op(SCHEDOP_yield, NULL);
}

void xen_shutdown(unsigned int reason)
{
	struct sched_shutdown shutdown = { .reason = reason };

	(void)xen_sched_op(SCHEDOP_shutdown, &shutdown);
}

const char *xen_version_text(void)
{
	static char text[24];
	long version = text[0] ? 0 : xen_version_op(XENVER_version, NULL);

	if (text[0])
		return text;
	if (version < 0)
		return "xen";
	format_text(text, sizeof(text), "xen-%u.%u", (unsigned int)(version >> 16 & 0xffff),
		    (unsigned int)(version & 0xffff));
	return text;
}

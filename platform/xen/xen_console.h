/* SPDX-License-Identifier: MIT */
/* Xen's own console, and the end of a guest by Xen. */
#ifndef PLATFORM_XEN_XEN_CONSOLE_H
#define PLATFORM_XEN_XEN_CONSOLE_H

#include <stddef.h>

/* struct machine's console_write: all of the text, by CONSOLEIO_write. It is out when this returns, as
 * far as Xen's own console is synchronous. The hypercall page must be filled. */
void xen_console_write(const char *text, size_t length);

/* Let it go on sending for a moment, before the machine ends under it. Bounded; needs no step. */
void xen_console_drain(void);

/* SCHEDOP_shutdown with one of SHUTDOWN_*. Returns if Xen refuses. */
void xen_shutdown(unsigned int reason);

/* Xen's version as "xen-4.17", for the report. Asked once. */
const char *xen_version_text(void);

#endif

/* SPDX-License-Identifier: MIT */
/* What the tool exits with. docs/muster.1 promises these numbers. */
#ifndef TOOL_EXIT_CODE_H
#define TOOL_EXIT_CODE_H

enum exit_code {
	EXIT_GOOD = 0,		/* everything asked for is so */
	EXIT_GUEST = 1,		/* the guest, or a boot of the matrix, failed */
	EXIT_CANNOT = 2,	/* it could not be tried: usage, profile, image, no QEMU */
	EXIT_INTERRUPTED = 130, /* the user stopped it */
};

#endif

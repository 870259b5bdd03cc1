// SPDX-License-Identifier: MIT
/*
 * What Xen's refusals are called. Called by whoever made a hypercall and was refused; it must never do
 * more than look up a constant. Numbers: Xen's public/errno.h.
 */
#include "platform/xen/hypercall.h"

#include <muster/error.h>

/* With no macro given, the header makes an enum of them: XEN_EPERM and so on. */
#include <xen/errno.h>

static const struct {
	uint16_t number;
	int8_t error;
	const char *name;
} known[] = {
	{ XEN_EPERM, MUSTER_E_NOT_SUPPORTED, "EPERM" },
	{ XEN_ENOENT, MUSTER_E_NOT_FOUND, "ENOENT" },
	{ XEN_ESRCH, MUSTER_E_NOT_FOUND, "ESRCH" },
	{ XEN_EAGAIN, MUSTER_E_BUSY, "EAGAIN" },
	{ XEN_ENOMEM, MUSTER_E_NO_MEMORY, "ENOMEM" },
	{ XEN_EACCES, MUSTER_E_NOT_SUPPORTED, "EACCES" },
	{ XEN_EFAULT, MUSTER_E_INVALID, "EFAULT" },
	{ XEN_EBUSY, MUSTER_E_BUSY, "EBUSY" },
	{ XEN_EEXIST, MUSTER_E_EXISTS, "EEXIST" },
	{ XEN_EINVAL, MUSTER_E_INVALID, "EINVAL" },
	{ XEN_ENOSPC, MUSTER_E_NO_MEMORY, "ENOSPC" },
	{ XEN_ENOSYS, MUSTER_E_NOT_SUPPORTED, "ENOSYS" },
	{ XEN_ENXIO, MUSTER_E_NOT_FOUND, "ENXIO" },
	{ XEN_EOPNOTSUPP, MUSTER_E_NOT_SUPPORTED, "EOPNOTSUPP" },
};

int xen_error(long answer)
{
	if (answer >= 0)
		return 0;
	for (uint32_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (answer == -(long)known[i].number)
			return known[i].error;
	return MUSTER_E_INVALID;
}

const char *xen_error_name(long answer)
{
	if (answer >= 0)
		return "success";
	for (uint32_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (answer == -(long)known[i].number)
			return known[i].name;
	return "an error without a name";
}

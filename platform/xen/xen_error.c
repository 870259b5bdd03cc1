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
} known[] = {
	{ XEN_EPERM, MUSTER_E_NOT_SUPPORTED }, { XEN_ENOENT, MUSTER_E_NOT_FOUND },
	{ XEN_ESRCH, MUSTER_E_NOT_FOUND },     { XEN_EAGAIN, MUSTER_E_BUSY },
	{ XEN_ENOMEM, MUSTER_E_NO_MEMORY },    { XEN_EACCES, MUSTER_E_NOT_SUPPORTED },
	{ XEN_EFAULT, MUSTER_E_INVALID },      { XEN_EBUSY, MUSTER_E_BUSY },
	{ XEN_EEXIST, MUSTER_E_EXISTS },       { XEN_EINVAL, MUSTER_E_INVALID },
	{ XEN_ENOSPC, MUSTER_E_NO_MEMORY },    { XEN_ENOSYS, MUSTER_E_NOT_SUPPORTED },
	{ XEN_ENXIO, MUSTER_E_NOT_FOUND },     { XEN_EOPNOTSUPP, MUSTER_E_NOT_SUPPORTED },
};

/* With a macro given, the header is a list of what it has. */
#define XEN_ERRNO(name, value) { value, #name },
static const struct {
	uint16_t number;
	const char *name;
} names[] = {
#include <xen/errno.h>
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
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (answer == -(long)names[i].number)
			return names[i].name;
	return "an error without a name";
}

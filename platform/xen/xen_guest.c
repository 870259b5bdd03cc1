// SPDX-License-Identifier: MIT
/* What kind of Xen guest this is (xen_guest.h): the platform fills it in, what guests share reads it. In
 * a file of its own, so that an image with one kind does not take another along. */
#include "platform/xen/xen_guest.h"

struct xen_guest xen_guest;

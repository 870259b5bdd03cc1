// SPDX-License-Identifier: MIT
/* What the kind of Xen guest that this is has filled in: xen_guest.h. Alone in its file, so that no kind of
 * guest brings another one's code into an image. */
#include "platform/xen/xen_guest.h"

struct xen_guest xen_guest;

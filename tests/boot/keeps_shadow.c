// SPDX-License-Identifier: MIT
/* Keeps its SLB shadows. QEMU never writes to one, so it is not by what is written that they are found. */
#define KEPT PAPR_DEREGISTER_SLB_SHADOW
#include "tests/boot/keeps_papr_area.h"

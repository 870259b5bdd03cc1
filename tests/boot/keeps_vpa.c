// SPDX-License-Identifier: MIT
/* Keeps its VPAs. The hypervisor goes on writing there. */
#define KEPT PAPR_DEREGISTER_VPA
#include "tests/boot/keeps_papr_area.h"

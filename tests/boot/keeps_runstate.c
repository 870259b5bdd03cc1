// SPDX-License-Identifier: MIT
/* Keeps its runstate areas. */
#define KEPT	    VCPUOP_register_runstate_memory_area
#define KEPT_STRUCT vcpu_register_runstate_memory_area
#include "tests/boot/keeps_xen_area.h"

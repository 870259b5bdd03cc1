// SPDX-License-Identifier: MIT
/* Keeps its time areas. */
#define KEPT	    VCPUOP_register_vcpu_time_memory_area
#define KEPT_STRUCT vcpu_register_time_memory_area
#include "tests/boot/keeps_xen_area.h"

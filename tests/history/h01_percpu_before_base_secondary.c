// SPDX-License-Identifier: MIT
/* H1 on a CPU that the boot CPU started: the same kernel, the hazard on CPU 2. */
#define HAZARD_CPU 2
#include "tests/history/h01_percpu_before_base.c"

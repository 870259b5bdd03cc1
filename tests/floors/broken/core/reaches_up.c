// SPDX-License-Identifier: MIT
/* Breaks the rule of the floors on purpose: the check must name this file. */
#include "arch/x86_64/trap.h"

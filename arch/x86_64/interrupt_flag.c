// SPDX-License-Identifier: MIT
/* Whose the interrupt flag is (muster/arch/x86_64/cpu.h): the processor's, unless a platform's first C
 * function says otherwise. */
#include <muster/arch/cpu.h>

const struct x86_interrupt_flag *x86_interrupt_flag;

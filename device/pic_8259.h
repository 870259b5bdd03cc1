/* SPDX-License-Identifier: MIT */
/* The two legacy interrupt controllers: out of the way. Data sheet: Intel 8259A. */
#ifndef DEVICE_PIC_8259_H
#define DEVICE_PIC_8259_H

#include <stdint.h>

/* Move their sixteen vectors to first_vector and mask all of them. */
void pic_8259_mask(uint8_t first_vector);

#endif

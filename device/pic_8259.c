// SPDX-License-Identifier: MIT
/*
 * Masks the 8259s. Their vectors are moved first: a spurious interrupt comes even when masked, and
 * where the firmware left them it would look like an exception.
 */
#include "device/pic_8259.h"

#include "arch/x86_64/registers.h"

#define MASTER	 0x20
#define SLAVE	 0xa0
#define DATA	 1
#define ICW1	 0x11 /* initialise, ICW4 follows */
#define ICW4	 0x01 /* 8086 mode */
#define CASCADE	 2
#define MASK_ALL 0xff

void pic_8259_mask(uint8_t first_vector)
{
	port_write8(MASTER, ICW1);
	port_write8(SLAVE, ICW1);
	port_write8(MASTER + DATA, first_vector);
	port_write8(SLAVE + DATA, (uint8_t)(first_vector + 8));
	port_write8(MASTER + DATA, 1 << CASCADE);
	port_write8(SLAVE + DATA, CASCADE);
	port_write8(MASTER + DATA, ICW4);
	port_write8(SLAVE + DATA, ICW4);
	port_write8(MASTER + DATA, MASK_ALL);
	port_write8(SLAVE + DATA, MASK_ALL);
}

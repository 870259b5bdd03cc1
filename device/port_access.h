/* SPDX-License-Identifier: MIT */
/* I/O ports as functions, for devices whose drivers are tested where there are none. */
#ifndef DEVICE_PORT_ACCESS_H
#define DEVICE_PORT_ACCESS_H

#include <stdint.h>

struct port_access {
	uint8_t (*read8)(uint16_t port);
	uint32_t (*read32)(uint16_t port);
	void (*write8)(uint16_t port, uint8_t value);
	void (*write32)(uint16_t port, uint32_t value);
};

#endif

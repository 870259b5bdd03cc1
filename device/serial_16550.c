// SPDX-License-Identifier: MIT
/* COM1 as a console, polled. Called by the platform's console step and by printing. Must never wait
 * without a bound: a machine may claim to have a UART and have none. */
#include "device/serial_16550.h"

#include "arch/x86_64/registers.h"

#include <muster/arch/cpu.h>
#include <muster/mark.h>

#define COM1	     0x3f8
#define DATA	     0
#define INTERRUPTS   1
#define DIVISOR_LOW  0
#define DIVISOR_HIGH 1
#define FIFO	     2
#define LINE	     3
#define MODEM	     4
#define STATUS	     5
#define SCRATCH	     7

#define LINE_8N1     0x03
#define LINE_DIVISOR 0x80
#define FIFO_ENABLE  0x07 /* on, both cleared */
#define MODEM_READY  0x03 /* DTR and RTS */
#define STATUS_EMPTY 0x20 /* the transmit FIFO is empty: it takes FIFO_BYTES */
#define STATUS_IDLE  0x40 /* and the shift register too */
#define FIFO_BYTES   16
#define POLLS_MAX    1000000u

static bool gone; /* it stopped taking bytes once; not waited for again */

bool serial_16550_begin(void)
{
	/* The scratch register holds what is written to it, if there is a device. */
	port_write8(COM1 + SCRATCH, 0x5a);
	if (port_read8(COM1 + SCRATCH) != 0x5a)
		return false;
	port_write8(COM1 + SCRATCH, 0xa5);
	if (port_read8(COM1 + SCRATCH) != 0xa5)
		return false;
	port_write8(COM1 + INTERRUPTS, 0);
	port_write8(COM1 + LINE, LINE_DIVISOR);
	port_write8(COM1 + DIVISOR_LOW, 1); /* 115200 */
	port_write8(COM1 + DIVISOR_HIGH, 0);
	port_write8(COM1 + LINE, LINE_8N1);
	port_write8(COM1 + FIFO, FIFO_ENABLE);
	port_write8(COM1 + MODEM, MODEM_READY);
	return true;
}

static bool is(uint8_t status)
{
	return port_read8(COM1 + STATUS) & status;
}

static bool wait_for(uint8_t status)
{
	if (gone || is(status))
		return !gone;
	MARK_WAIT_BEGIN();
	for (uint32_t polls = 0; polls < POLLS_MAX && !is(status); polls++)
		cpu_relax();
	MARK_WAIT_END();
	gone = !is(status);
	return !gone;
}

void serial_16550_write(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (i % FIFO_BYTES == 0 && !wait_for(STATUS_EMPTY))
			return;
		port_write8(COM1 + DATA, (uint8_t)text[i]);
	}
}

void serial_16550_drain(void)
{
	(void)wait_for(STATUS_IDLE);
}

// SPDX-License-Identifier: MIT
/*
 * What the firmware and we agree on: the structure of ibm,client-architecture-support (LoPAPR 1.1, B.6.2.3). Called
 * by who talks to Open Firmware, while that is there. Pure, but for what it asks: the host tests it.
 *
 * Asked for is what this image has a driver for, and the platform offers.
 */
#include "platform/papr/papr_negotiate.h"

#include "core/string.h"

/* Pairs of a PVR's mask and value; the last has bits in its value that its mask does not cover. */
static const uint32_t processors[NEGOTIATE_PROCESSORS][2] = {
	{ 0xffff0000, 0x004b0000 }, /* POWER8E */
	{ 0xffff0000, 0x004d0000 }, /* POWER8 */
	{ 0xffff0000, 0x004e0000 }, /* POWER9 */
	{ 0xffff0000, 0x00800000 }, /* POWER10 */
	{ 0xffffffff, 0x0f000006 }, /* architecture 3.1 */
	{ 0xffffffff, 0x0f000005 }, /* architecture 3.00 */
	{ 0xfffffffe, 0x0f000005 }, /* architecture 2.07 and all before */
};

/* What the platform has, of ibm,arch-vec-5-platform-support: pairs of a byte's number in vector 5 and its
 * value. In two bits of those below: 0, the old way only; 1, the new only; 2 and 3, either. */
static uint8_t platform_has(const uint8_t *options, size_t length, uint8_t byte)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		if (options[i] == byte)
			return options[i + 1];
	return 0;
}

static bool offered(const uint8_t *options, size_t length, uint8_t byte)
{
	return platform_has(options, length, byte) & NEGOTIATE_CHOICE;
}

static bool only(const uint8_t *options, size_t length, uint8_t byte)
{
	return (platform_has(options, length, byte) & NEGOTIATE_CHOICE) == NEGOTIATE_ONLY;
}

bool negotiate_without_xive(const char *line)
{
	static const char word[] = "xive=off";
	const size_t length = sizeof(word) - 1;

	while (*line) {
		size_t left = 0;

		while (*line == ' ' || *line == '\t' || *line == '\n')
			line++;
		while (line[left] && line[left] != ' ' && line[left] != '\t' && line[left] != '\n')
			left++;
		if (left == length && !memcmp(line, word, length))
			return true;
		line += left;
	}
	return false;
}

void negotiate_fill(struct negotiate_request *request, const uint8_t *options, size_t length,
		    bool xive)
{
	uint8_t *vector_5 = request->vector_5;

	memset(request, 0, sizeof(*request));
	for (size_t i = 0; i < NEGOTIATE_PROCESSORS; i++)
		for (size_t j = 0; j < 2; j++)
			request->processors[i][j] = __builtin_bswap32(processors[i][j]);
	request->vectors = 5 - 1;
	request->vector_1[0] = sizeof(request->vector_1) - 2;
	request->vector_1[2] = 0x03; /* architectures 2.07 and 3.00 */
	request->vector_2[0] = sizeof(request->vector_2) - 2;
	request->vector_3[0] = sizeof(request->vector_3) - 2;
	request->vector_3[2] =
		0x80 | 0x40 | 0x20; /* floating point, VMX, decimal: libfdt may use them */
	request->vector_4[0] = sizeof(request->vector_4) - 2;
	vector_5[0] = sizeof(request->vector_5) - 2;
	vector_5[2] = 0x80 | 0x40 | 0x20; /* LPAR, shared processors, dynamic memory */
	vector_5[5] = 0x80;		  /* associativity of form 1 */
	vector_5[6] = 0x04;		  /* hot-plug events are a class of their own */
	vector_5[22] = 0x80;		  /* dynamic memory, second version */
	if (!offered(options, length, NEGOTIATE_MMU))
		return;
	/* Its pages are reached with translation on only. Where there is nothing else it is asked for, wanted
	 * or not: who needs another says so when it is seen, and a hypervisor that is asked for what it does not
	 * have may end the guest. */
	if ((xive || only(options, length, NEGOTIATE_XIVE)) &&
	    offered(options, length, NEGOTIATE_XIVE))
		vector_5[NEGOTIATE_XIVE] = NEGOTIATE_CHOSEN;
	vector_5[NEGOTIATE_MMU] = NEGOTIATE_CHOSEN;
	vector_5[NEGOTIATE_RADIX] =
		platform_has(options, length, NEGOTIATE_RADIX) & NEGOTIATE_CHOSEN;
}

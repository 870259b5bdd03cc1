/* SPDX-License-Identifier: MIT */
/* What is asked of ibm,client-architecture-support: LoPAPR 1.1, B.6.2.3. */
#ifndef PLATFORM_PAPR_PAPR_NEGOTIATE_H
#define PLATFORM_PAPR_PAPR_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of option vector 5, its length byte being 0, and what stands in them. Linux,
 * arch/powerpc/include/asm/prom.h, has those of POWER9. */
#define NEGOTIATE_XIVE	     23u
#define NEGOTIATE_MMU	     24u
#define NEGOTIATE_RADIX	     26u
#define NEGOTIATE_CHOICE     0xc0u
#define NEGOTIATE_ONLY	     0x40u
#define NEGOTIATE_CHOSEN     0x40u /* exploitation mode; radix; guests invalidate translations */

#define NEGOTIATE_PROCESSORS 7u

/* Vectors begin with their length less 1, that byte not counted. */
struct negotiate_request {
	uint32_t processors[NEGOTIATE_PROCESSORS][2];
	uint8_t vectors; /* less 1 */
	uint8_t vector_1[3];
	uint8_t vector_2[2];
	uint8_t vector_3[3];
	uint8_t vector_4[3];
	uint8_t vector_5[1 + 26];
} __attribute__((packed));
_Static_assert(sizeof(struct negotiate_request) == 7 * 8 + 1 + 3 + 2 + 3 + 3 + 27,
	       "LoPAPR B.6.2.3: nothing between vectors");

/* Is the word xive=off in that command line? It is looked for before any line is read, because what is agreed
 * on cannot be changed later. */
bool negotiate_without_xive(const char *line);

/* options: what the platform has, length bytes of ibm,arch-vec-5-platform-support. xive: it is
 * wanted. */
void negotiate_fill(struct negotiate_request *request, const uint8_t *options, size_t length,
		    bool xive);

#endif

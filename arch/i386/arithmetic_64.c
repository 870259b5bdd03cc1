// SPDX-License-Identifier: MIT
/*
 * Arithmetic with 64-bit numbers that a processor of 32 bits has no instruction for, and that compilers make
 * calls of, to functions of their own library by these names (GCC internals manual, "Routines for integer
 * arithmetic"). Must not divide 64-bit numbers itself, nor shift them by what is not a constant.
 */
#include <stddef.h>
#include <stdint.h>

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder);
uint64_t __udivdi3(uint64_t dividend, uint64_t divisor);
uint64_t __umoddi3(uint64_t dividend, uint64_t divisor);
int64_t __divdi3(int64_t dividend, int64_t divisor);
int64_t __moddi3(int64_t dividend, int64_t divisor);
uint64_t __ashldi3(uint64_t number, int count);
uint64_t __lshrdi3(uint64_t number, int count);
int64_t __ashrdi3(int64_t number, int count);

/* A 64-bit number as the two that the processor knows. */
union halves {
	uint64_t whole;
	struct {
		uint32_t low, high;
	} half;
};

/* Counts are below 64: more is undefined in C (C17, 6.5.7). */
uint64_t __ashldi3(uint64_t number, int count)
{
	union halves n = { number };

	if (count & 32)
		n.half.high = n.half.low << (count & 31), n.half.low = 0;
	else if (count)
		n.half.high = n.half.high << count | n.half.low >> (32 - count),
		n.half.low <<= count;
	return n.whole;
}

uint64_t __lshrdi3(uint64_t number, int count)
{
	union halves n = { number };

	if (count & 32)
		n.half.low = n.half.high >> (count & 31), n.half.high = 0;
	else if (count)
		n.half.low = n.half.low >> count | n.half.high << (32 - count),
		n.half.high >>= count;
	return n.whole;
}

int64_t __ashrdi3(int64_t number, int count)
{
	/* The bits that come in from above are copies of the sign. */
	return (int64_t)(number < 0 ? ~__lshrdi3(~(uint64_t)number, count)
				    : __lshrdi3((uint64_t)number, count));
}

/* The instruction: 64 bits by 32, the quotient having 32 (Intel SDM vol. 2A, DIV). high: less than divisor. */
static uint32_t divide_32(uint32_t high, uint32_t low, uint32_t divisor, uint32_t *remainder)
{
	uint32_t quotient;

	__asm__("divl %4"
		: "=a"(quotient), "=d"(*remainder)
		: "0"(low), "1"(high), "r"(divisor)
		: "cc");
	return quotient;
}

/* Both have more than 32 bits, so the quotient has less than 32: bit by bit. */
static uint64_t divide_long(uint64_t dividend, uint64_t divisor, uint64_t *remainder)
{
	int shift = __builtin_clz((uint32_t)(divisor >> 32)) -
		    __builtin_clz((uint32_t)(dividend >> 32));
	uint32_t quotient = 0;

	for (divisor = __ashldi3(divisor, shift);; divisor >>= 1) {
		quotient <<= 1;
		if (dividend >= divisor) {
			dividend -= divisor;
			quotient |= 1;
		}
		if (!shift--)
			break;
	}
	*remainder = dividend;
	return quotient;
}

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder)
{
	uint32_t high = (uint32_t)(dividend >> 32), rest;
	uint64_t quotient, left;

	if (divisor > dividend) {
		quotient = 0;
		left = dividend;
	} else if (divisor >> 32) {
		quotient = divide_long(dividend, divisor, &left);
	} else {
		/* Long division with digits of 32 bits. A divisor of 0 is the processor's to refuse. */
		uint32_t upper = divide_32(0, high, (uint32_t)divisor, &rest);

		quotient = (uint64_t)upper << 32 |
			   divide_32(rest, (uint32_t)dividend, (uint32_t)divisor, &rest);
		left = rest;
	}
	if (remainder)
		*remainder = left;
	return quotient;
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor)
{
	return __udivmoddi4(dividend, divisor, NULL);
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor)
{
	uint64_t remainder;

	(void)__udivmoddi4(dividend, divisor, &remainder);
	return remainder;
}

static uint64_t magnitude(int64_t number)
{
	return number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
}

int64_t __divdi3(int64_t dividend, int64_t divisor)
{
	uint64_t quotient = __udivmoddi4(magnitude(dividend), magnitude(divisor), NULL);

	return (int64_t)((dividend < 0) != (divisor < 0) ? 0 - quotient : quotient);
}

int64_t __moddi3(int64_t dividend, int64_t divisor)
{
	uint64_t remainder = __umoddi3(magnitude(dividend), magnitude(divisor));

	return (int64_t)(dividend < 0 ? 0 - remainder : remainder);
}

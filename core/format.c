// SPDX-License-Identifier: MIT
/*
 * The formatter. core/console.c and core/format_text.c call it, from every CPU, also in a panic and
 * before anything is set up: it must not use a lock, per-CPU data, or memory beyond its stack. What
 * the conversions mean is C17, 7.21.6.1; muster/console.h lists those that are known.
 *
 * A conversion is read to its end before it takes an argument, so that one that turns out not to be
 * known has taken none.
 */
#include "core/format.h"

#include "core/string.h"

#include <stdbool.h>
#include <stdint.h>

/* What is being written, and where it goes. */
struct format_output {
	void (*put)(void *context, const char *text, size_t length);
	void *context;
	size_t length;
	va_list arguments;
};

enum format_length {
	LENGTH_INT,
	LENGTH_CHAR,	/* hh */
	LENGTH_SHORT,	/* h */
	LENGTH_LONG,	/* l */
	LENGTH_LONGER,	/* ll */
	LENGTH_SIZE,	/* z */
	LENGTH_INTMAX,	/* j */
	LENGTH_PTRDIFF, /* t */
};

/* One conversion, as written. */
struct format_conversion {
	bool left;	/* - */
	bool plus;	/* + */
	bool blank;	/* space */
	bool alternate; /* # */
	bool zero;	/* 0 */
	bool width_argument;
	bool precision_argument;
	int width;
	int precision; /* negative: none */
	enum format_length length;
	char kind;
};

#define NO_PRECISION (-1)

/* The digits of a 64-bit number in the smallest base, 8. */
#define DIGITS_MAX 22

/* The flags, in any order, any number of times. Returns what follows. */
static const char *read_flags(const char *at, struct format_conversion *conversion)
{
	for (;; at++) {
		switch (*at) {
		case '-':
			conversion->left = true;
			break;
		case '+':
			conversion->plus = true;
			break;
		case ' ':
			conversion->blank = true;
			break;
		case '#':
			conversion->alternate = true;
			break;
		case '0':
			conversion->zero = true;
			break;
		default:
			return at;
		}
	}
}

/* A number or *. Nothing written is 0. Returns what follows, or NULL for a number out of range. */
static const char *read_number(const char *at, int *number, bool *argument)
{
	*number = 0;
	if (*at == '*') {
		*argument = true;
		return at + 1;
	}
	for (; *at >= '0' && *at <= '9'; at++) {
		*number = *number * 10 + (*at - '0');
		if (*number > FORMAT_FIELD_MAX)
			return NULL;
	}
	return at;
}

static const char *read_length(const char *at, enum format_length *length)
{
	switch (*at) {
	case 'h':
		*length = at[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
		return at[1] == 'h' ? at + 2 : at + 1;
	case 'l':
		*length = at[1] == 'l' ? LENGTH_LONGER : LENGTH_LONG;
		return at[1] == 'l' ? at + 2 : at + 1;
	case 'z':
		*length = LENGTH_SIZE;
		return at + 1;
	case 'j':
		*length = LENGTH_INTMAX;
		return at + 1;
	case 't':
		*length = LENGTH_PTRDIFF;
		return at + 1;
	default:
		*length = LENGTH_INT;
		return at;
	}
}

/*
 * Read a conversion, `at` being what follows the %. Returns what follows the conversion, or NULL
 * when it is none that is known.
 */
static const char *read_conversion(const char *at, struct format_conversion *conversion)
{
	*conversion = (struct format_conversion){ .precision = NO_PRECISION };
	at = read_flags(at, conversion);
	at = read_number(at, &conversion->width, &conversion->width_argument);
	if (at && *at == '.')
		at = read_number(at + 1, &conversion->precision, &conversion->precision_argument);
	if (!at)
		return NULL;
	at = read_length(at, &conversion->length);
	conversion->kind = *at;
	switch (*at) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		return at + 1;
	case 'c':
	case 's':
	case 'p':
		/* With a length these mean wide characters, or nothing. */
		return conversion->length == LENGTH_INT ? at + 1 : NULL;
	default:
		return NULL;
	}
}

static void put_text(struct format_output *output, const char *text, size_t length)
{
	if (!length)
		return;
	output->put(output->context, text, length);
	output->length += length;
}

/* The same character, count times; none for a negative count. */
static void put_repeated(struct format_output *output, char character, int count)
{
	char piece[16];

	memset(piece, character, sizeof(piece));
	for (; count > 0; count -= (int)sizeof(piece))
		put_text(output, piece,
			 (size_t)count < sizeof(piece) ? (size_t)count : sizeof(piece));
}

/* A text in its field. */
static void put_field(struct format_output *output, const struct format_conversion *conversion,
		      const char *text, size_t length)
{
	int padding = 0;

	if (length < (size_t)conversion->width)
		padding = conversion->width - (int)length;
	if (!conversion->left)
		put_repeated(output, ' ', padding);
	put_text(output, text, length);
	if (conversion->left)
		put_repeated(output, ' ', padding);
}

/* A number in its field: blanks, prefix (sign or 0x), zeros, digits, blanks. */
static void put_number(struct format_output *output, const struct format_conversion *conversion,
		       const char *prefix, uint64_t value, unsigned int base)
{
	const char *digits = conversion->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[DIGITS_MAX];
	int start = DIGITS_MAX;
	int prefix_length = (int)strlen(prefix);
	int zeros;
	int padding;

	for (; value; value /= base)
		text[--start] = digits[value % base];
	/* Without a precision it is 1: 0 has one digit. With precision 0 it has none. */
	zeros = (conversion->precision < 0 ? 1 : conversion->precision) - (DIGITS_MAX - start);
	if (zeros < 0)
		zeros = 0;
	/* # with o: the first digit is a zero, and no more zeros than that takes. */
	if (conversion->alternate && conversion->kind == 'o' && !zeros)
		zeros = 1;
	padding = conversion->width - prefix_length - zeros - (DIGITS_MAX - start);
	if (padding > 0 && conversion->zero && !conversion->left && conversion->precision < 0) {
		zeros += padding;
		padding = 0;
	}
	if (!conversion->left)
		put_repeated(output, ' ', padding);
	put_text(output, prefix, (size_t)prefix_length);
	put_repeated(output, '0', zeros);
	put_text(output, text + start, (size_t)(DIGITS_MAX - start));
	if (conversion->left)
		put_repeated(output, ' ', padding);
}

static int64_t take_signed(struct format_output *output, enum format_length length)
{
	switch (length) {
	case LENGTH_CHAR:
		return (signed char)va_arg(output->arguments, int);
	case LENGTH_SHORT:
		return (short)va_arg(output->arguments, int);
	case LENGTH_LONG:
		return va_arg(output->arguments, long);
	case LENGTH_LONGER:
		return va_arg(output->arguments, long long);
	case LENGTH_SIZE: /* the signed type of the same size */
	case LENGTH_PTRDIFF:
		return va_arg(output->arguments, ptrdiff_t);
	case LENGTH_INTMAX:
		return va_arg(output->arguments, intmax_t);
	case LENGTH_INT:
		break;
	}
	return va_arg(output->arguments, int);
}

static uint64_t take_unsigned(struct format_output *output, enum format_length length)
{
	switch (length) {
	case LENGTH_CHAR:
		return (unsigned char)va_arg(output->arguments, unsigned int);
	case LENGTH_SHORT:
		return (unsigned short)va_arg(output->arguments, unsigned int);
	case LENGTH_LONG:
		return va_arg(output->arguments, unsigned long);
	case LENGTH_LONGER:
		return va_arg(output->arguments, unsigned long long);
	case LENGTH_SIZE:
	case LENGTH_PTRDIFF: /* the unsigned type of the same size */
		return va_arg(output->arguments, size_t);
	case LENGTH_INTMAX:
		return va_arg(output->arguments, uintmax_t);
	case LENGTH_INT:
		break;
	}
	return va_arg(output->arguments, unsigned int);
}

static void put_signed(struct format_output *output, const struct format_conversion *conversion)
{
	int64_t value = take_signed(output, conversion->length);
	const char *sign = "";

	if (value < 0)
		sign = "-";
	else if (conversion->plus)
		sign = "+";
	else if (conversion->blank)
		sign = " ";
	/* Negated as unsigned, where the smallest number has its magnitude. */
	put_number(output, conversion, sign, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

static void put_hexadecimal(struct format_output *output,
			    const struct format_conversion *conversion)
{
	uint64_t value = take_unsigned(output, conversion->length);
	const char *prefix = "";

	if (conversion->alternate && value)
		prefix = conversion->kind == 'X' ? "0X" : "0x";
	put_number(output, conversion, prefix, value, 16);
}

static void put_pointer(struct format_output *output, const struct format_conversion *conversion)
{
	struct format_conversion all_digits = *conversion;

	all_digits.precision = 2 * sizeof(void *);
	put_number(output, &all_digits, "0x", (uintptr_t)va_arg(output->arguments, void *), 16);
}

static void put_string(struct format_output *output, const struct format_conversion *conversion)
{
	const char *text = va_arg(output->arguments, const char *);
	size_t limit = SIZE_MAX;

	if (!text)
		text = "(null)";
	/* With a precision the string need not be terminated. */
	if (conversion->precision >= 0)
		limit = (size_t)conversion->precision;
	put_field(output, conversion, text, strnlen(text, limit));
}

static void put_character(struct format_output *output, const struct format_conversion *conversion)
{
	char character = (char)va_arg(output->arguments, int);

	put_field(output, conversion, &character, 1);
}

/* A width or precision that came as an argument. */
static int cut_field(int number)
{
	return number > FORMAT_FIELD_MAX ? FORMAT_FIELD_MAX : number;
}

static void take_width_and_precision(struct format_output *output,
				     struct format_conversion *conversion)
{
	if (conversion->width_argument) {
		int width = va_arg(output->arguments, int);

		/* A negative width is the flag - and a width. */
		if (width < 0) {
			conversion->left = true;
			width = width < -FORMAT_FIELD_MAX ? FORMAT_FIELD_MAX : -width;
		}
		conversion->width = cut_field(width);
	}
	/* A negative precision is none. */
	if (conversion->precision_argument)
		conversion->precision = cut_field(va_arg(output->arguments, int));
}

static void put_conversion(struct format_output *output, struct format_conversion *conversion)
{
	take_width_and_precision(output, conversion);
	switch (conversion->kind) {
	case 'd':
	case 'i':
		put_signed(output, conversion);
		break;
	case 'u':
		put_number(output, conversion, "", take_unsigned(output, conversion->length), 10);
		break;
	case 'o':
		put_number(output, conversion, "", take_unsigned(output, conversion->length), 8);
		break;
	case 'x':
	case 'X':
		put_hexadecimal(output, conversion);
		break;
	case 'c':
		put_character(output, conversion);
		break;
	case 's':
		put_string(output, conversion);
		break;
	case 'p':
		put_pointer(output, conversion);
		break;
	}
}

size_t format_to(void (*put)(void *context, const char *text, size_t length), void *context,
		 const char *format, va_list arguments)
{
	struct format_output output = { .put = put, .context = context };
	bool known = true; /* no conversion was unknown so far */
	const char *plain = format;
	const char *at = format;

	va_copy(output.arguments, arguments);
	while (*at) {
		struct format_conversion conversion;
		const char *next;

		if (*at != '%') {
			at++;
			continue;
		}
		if (at[1] == '%') {
			put_text(&output, plain, (size_t)(at + 1 - plain));
			at += 2;
			plain = at;
			continue;
		}
		next = known ? read_conversion(at + 1, &conversion) : NULL;
		if (!next) {
			known = false;
			at++;
			continue;
		}
		put_text(&output, plain, (size_t)(at - plain));
		put_conversion(&output, &conversion);
		at = next;
		plain = at;
	}
	put_text(&output, plain, (size_t)(at - plain));
	va_end(output.arguments);
	return output.length;
}

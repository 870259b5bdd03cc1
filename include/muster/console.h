/* SPDX-License-Identifier: MIT */
/*
 * Text out. Printing takes a lock with a limit, so lines of different CPUs do not mix, and a CPU
 * that died with the lock does not silence the others.
 */
#ifndef MUSTER_CONSOLE_H
#define MUSTER_CONSOLE_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Formatted output. Knows: %d %i %u %x %X %o %c %s %p %%, the lengths hh h l ll z j t, the flags
 * - + space # 0, width and precision, also as *. %p prints 0x and 16 (8) digits. Anything else is
 * printed as it stands, so a wrong format never reads an argument that is not there. No floating
 * point. Needs: step `console`; what is printed before it is kept (up to 4 KiB) and comes out then.
 */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void console_vprint(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/*
 * The same into a buffer of size bytes, always terminated unless size is 0. Returns the length that
 * the whole text has, without the terminator, as snprintf() does.
 */
size_t format_text(char *buffer, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
size_t format_text_v(char *buffer, size_t size, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the console (console.c) and what NMIs have to say (console_nmi.c, which an image may leave out) know of each
 * other.
 */
#ifndef CORE_CONSOLE_LOCK_H
#define CORE_CONSOLE_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_LOCK_FREE 0u

/* A token; and an address on its holder's stack, 0 while it is free, about to be, or has just been taken. */
extern uint32_t console_lock;
extern uintptr_t console_holder_stack;

/* Under the lock: this text, behind what was kept. */
void console_write_locked(const char *text, size_t length);

/* The same, of the lines that NMIs have put down; and, without it, are there any? */
void console_nmi_flush(void);
bool console_nmi_any(void);

#endif

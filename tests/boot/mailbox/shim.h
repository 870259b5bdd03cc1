/* SPDX-License-Identifier: MIT */
/*
 * The shim: firmware of our own for tests, since QEMU has none that offers a wakeup mailbox, nor
 * tables that are wrong. Booted by PVH with a kernel as its module, or an archive with one, it starts the other processors
 * and leaves them in its mailbox loop, changes ACPI tables, and enters the kernel by PVH.
 *
 * Words on its command line; all others are the kernel's:
 *	shim.mailbox=0|1	the version of the Multiprocessor Wakeup structure; without: none
 *	shim.levels=5		the firmware runs with five levels of page tables
 *	shim.silent=ID		the processor with that APIC id never answers
 *	shim.patch=NAME		what is wrong with the tables (shim_tables.c)
 */
#ifndef TESTS_BOOT_MAILBOX_SHIM_H
#define TESTS_BOOT_MAILBOX_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 4 KiB, ACPI 6.5, 5.2.12.19. */
extern volatile uint8_t mailbox[4096];
extern char firmware_page[], firmware_return[];

void say(const char *text);
void say_number(uint64_t number);
/* Says why, and stops. */
void give_up(const char *why) __attribute__((noreturn));

/*
 * Copies of the tables that are told, changed as `patch` says and, for version 0 or 1, with a wakeup
 * structure (-1: none). Returns the address of the new RSDP.
 */
uint64_t tables_make(uint64_t rsdp, int version, const char *patch);

/* Enabled processors in the MADT that the RSDP leads to. */
uint32_t tables_processors(uint64_t rsdp);

/* What a compiler makes calls to. */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t text_length(const char *text);
bool text_is(const char *a, const char *b);

#endif

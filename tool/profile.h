/* SPDX-License-Identifier: MIT */
/*
 * Platform profiles: small text files that say how a guest of that platform is started. Lines of
 * `key = value`; a line that begins with # is a comment. Keys:
 *
 *	qemu		the program (required)
 *	arch		x86_64, ... (required)
 *	image		the kernel, in the build directory (required)
 *	boot		kernel (default): QEMU loads the image; cdrom: the image is a CD to boot from;
 *			initrd: it is the initrd of another kernel, which then goes on to ours;
 *			module: it is the first module of a hypervisor, which runs it as its guest
 *	loader		that other kernel or hypervisor, in the build directory (needed for both)
 *	loader-append	its own command line; {cpus} stands for the number of CPUs asked for
 *	option-rom	one that QEMU gives the machine, in the build directory
 *	machine-cpus-max	the most CPUs of a machine with a hypervisor (only for module): it has
 *			as many as the guest, and no more than that
 *	exit		isa-debug-exit or power-off: how the guest's status comes (required)
 *	console		serial (default) or debugcon (port 0xE9): where the guest's text comes out
 *	machine, cpu, accel	QEMU's -machine, -cpu, -accel
 *	args		more words for QEMU; may be repeated
 *	append		what every guest of this platform has on its command line
 *	cpus, cpus-max, mem	defaults, and the most CPUs that can be asked for
 *	platform	what the guest calls the platform, where that is not the profile's name
 *	description
 */
#ifndef TOOL_PROFILE_H
#define TOOL_PROFILE_H

#include "tool/text.h"

#define PROFILE_NAME_MAX  32
#define PROFILE_CPUS_WORD "{cpus}" /* in loader-append */

enum profile_exit {
	PROFILE_EXIT_POWER_OFF,
	PROFILE_EXIT_ISA_DEBUG
};

enum profile_console {
	PROFILE_CONSOLE_SERIAL,
	PROFILE_CONSOLE_DEBUG
};

/* How the image comes into the machine. With a CD and as an initrd its command line is the machine's
 * serial number (SMBIOS), where who loads the image finds it; else QEMU hands it on. */
enum profile_boot {
	PROFILE_BOOT_KERNEL,
	PROFILE_BOOT_CDROM,
	PROFILE_BOOT_INITRD,
	PROFILE_BOOT_MODULE
};

struct profile {
	char name[PROFILE_NAME_MAX + 1];
	/* NULL where the profile does not say. */
	char *description, *platform, *qemu, *arch, *image, *machine, *cpu, *accel, *append,
		*loader, *loader_append, *option_rom;
	struct word_list args;
	uint64_t cpus, cpus_max;
	uint64_t machine_cpus_max; /* 0: no limit of its own */
	uint64_t memory;	   /* MiB */
	enum profile_exit exit;
	enum profile_console console;
	enum profile_boot boot;
};

/*
 * Parse a profile. text: size bytes, not trusted; path: for messages. Returns 0, or -1 and fills
 * message with one line that names file, line, key and rule. profile_free() either way.
 */
int profile_parse(const char *text, size_t size, const char *path, struct profile *profile,
		  char *message, size_t message_size);
void profile_free(struct profile *profile);

struct profile_search {
	const char *first;	    /* looked in first: --profiles; or NULL */
	const char *program_folder; /* where the program is: file_program_folder() */
};

/*
 * Find NAME.profile in the first folder that has it, and parse it. Returns 0, or -1 with a line: an
 * unknown platform is named beside those that there are. profile_free() either way.
 */
int profile_find(const struct profile_search *search, const char *name, struct profile *profile,
		 char *message, size_t message_size);

#endif

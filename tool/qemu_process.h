/* SPDX-License-Identifier: MIT */
/* QEMU as a child process: its words, its three connections, its end. */
#ifndef TOOL_QEMU_PROCESS_H
#define TOOL_QEMU_PROCESS_H

#include "tool/boot.h"

#include <sys/types.h>

struct qemu_process {
	pid_t pid;   /* 0: none */
	int console; /* the guest's serial port; -1 when it has closed */
	int qmp;
	int errors; /* QEMU's stderr */
	int status; /* when it has ended: exit status, or 128 + signal */
};

/* What it is started with: paths. */
struct boot_files {
	char *image;
	char *loader;	  /* NULL unless the profile names one */
	char *payload;	  /* the module of a handover; or NULL */
	char *option_rom; /* NULL unless the profile names one */
};

/* The command line of the profile and the user. To be freed. */
char *boot_line(const struct boot_order *order);

/* Start it with these files. Returns 0, or -1 and fills message. */
int qemu_process_start(struct qemu_process *process, const struct boot_order *order,
		       const struct boot_files *files, char *message, size_t size);

/* Has it ended? wait: until it has. Sets status. */
bool qemu_process_ended(struct qemu_process *process, bool wait);

/* The end of it, by force if need be, and of the connections. */
void qemu_process_stop(struct qemu_process *process);

#endif

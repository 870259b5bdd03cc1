/* SPDX-License-Identifier: MIT */
/*
 * A way of being a guest. A platform is one folder here and one line in list.c.
 */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include <muster/bringup.h>
#include <muster/command_line.h>
#include <stdbool.h>

struct platform_handover; /* platform/handover.h */

/* What the host said of one CPU. */
struct platform_news {
	bool appeared; /* else: it is asked back */
	hwid_t hwid;
};

struct platform {
	const char *name;
	/* Is this it? Asked before anything else, in the order of the list. */
	bool (*detect)(void);
	const struct bringup_table *table;
	/* The hypervisor's name for the report; after step `hypervisor`. */
	const char *(*hypervisor)(void);
	/* Called when the first bring-up is over: names what came that nobody knows. Or NULL. */
	void (*brought_up)(void);
	/* Find a console and set it, for a trap before step `console`. Uses nothing that a step gives. */
	void (*emergency_console)(void);
	/* Power off. Returns if it cannot. */
	void (*power_off)(int status);
	/* Command-line words of its own. */
	const struct command_line_word *words;
	size_t word_count;
	/* CPUs that come and go: the next news (1, 0 for none, or an error), and giving one back. NULL:
	 * there is no way to tell, or to do it. */
	int (*hotplug_poll)(struct platform_news *news);
	int (*hotplug_eject)(cpu_t cpu);
	/* Going on to another kernel. NULL: it cannot be left. */
	const struct platform_handover *handover;
};

/* All of them, in the order in which they are asked; NULL is one that this image was linked without. And
 * the one that this guest is on. */
struct platform_list {
	const struct platform *const *platforms;
	size_t count;
};
extern const struct platform_list platforms;
const struct platform *platform_current(void);

#endif

// SPDX-License-Identifier: MIT
/*
 * The functions that tie the library together for a kernel (muster/muster.h): which platform this
 * is, running its table, ending the guest.
 */
#include "core/machine.h"
#include "core/panic.h"
#include "core/runner.h"
#include "platform/options.h"
#include "platform/platform.h"

#include <muster/muster.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak muster_exit

/* An image may leave the reader out: core/image_choice.h. */
#pragma weak options_kernel_words

const struct platform *platform_current(void)
{
	static const struct platform *current;

	for (size_t i = 0; !current && i < platforms.count; i++)
		if (platforms.platforms[i] && platforms.platforms[i]->detect())
			current = platforms.platforms[i];
	return current;
}

int muster_bring_up(const struct muster_options *options)
{
	const struct platform *platform = platform_current();
	int missing;

	if (!platform)
		muster_panic("no platform that this image knows");
	if (bringup_table_current())
		muster_panic("muster_bring_up() called a second time");
	if (options_kernel_words)
		options_kernel_words(options);
	else if (options && options->word_count)
		muster_panic("words for the command line, and nothing in the image that reads it: "
			     "link with -u muster_with_command_line");
	missing = bringup_run(platform->table);
	if (platform->brought_up)
		platform->brought_up();
	return missing;
}

const char *muster_platform(void)
{
	const struct platform *platform = platform_current();

	return platform ? platform->name : "unknown";
}

const char *muster_architecture(void)
{
	return machine_get()->architecture;
}

const char *muster_hypervisor(void)
{
	const struct platform *platform = platform_current();

	return platform ? platform->hypervisor() : "unknown";
}

const char *muster_entry(void)
{
	const char *entry = machine_get()->entry;

	return entry ? entry : "unknown";
}

void muster_exit(int status)
{
	const struct platform *platform = platform_current();

	if (status < 0 || status > PANIC_STATUS)
		status = PANIC_STATUS;
	if (platform)
		platform->power_off(status);
	console_print("muster: this machine cannot be powered off; halted with status %d\n",
		      status);
	machine_get()->exit(status);
}

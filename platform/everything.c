// SPDX-License-Identifier: MIT
/*
 * All that an image may leave out (core/image_choice.h), in one table that nobody reads: a link with
 * -u muster_everything has it all. The kernels of this library do; examples/hello does not.
 */
#define FOR_EACH_CHOICE(choice)                                                                    \
	choice(pvh) choice(multiboot2) choice(linux_boot) choice(command_line) choice(order_proof) \
		choice(nodes) choice(wakeup_mailbox) choice(hotplug)

#define DECLARE(name) extern const char muster_with_##name;
#define ADDRESS(name) &muster_with_##name,

FOR_EACH_CHOICE(DECLARE)

extern const char *const muster_everything[];
const char *const muster_everything[] = { FOR_EACH_CHOICE(ADDRESS) };

// SPDX-License-Identifier: MIT
/*
 * All that an i386 image may leave out (core/image_choice.h), in one table that nobody reads: a link with
 * -u muster_everything has it all.
 */
extern const char muster_with_command_line;
extern const char muster_with_handover;
extern const char muster_with_hotplug;
extern const char muster_with_multiboot2;
extern const char muster_with_nodes;
extern const char muster_with_order_proof;
extern const char muster_with_park;
extern const char muster_with_progress_records;
extern const char muster_with_pvh;
extern const char muster_with_spare_cpus;
extern const char muster_with_vmi;
extern const char muster_with_vmi_facts;

extern const char *const muster_everything[];
const char *const muster_everything[] = {
	&muster_with_command_line, &muster_with_handover,
	&muster_with_hotplug,	   &muster_with_multiboot2,
	&muster_with_nodes,	   &muster_with_order_proof,
	&muster_with_park,	   &muster_with_progress_records,
	&muster_with_pvh,	   &muster_with_spare_cpus,
	&muster_with_vmi,	   &muster_with_vmi_facts,
};

// SPDX-License-Identifier: MIT
/* All that a ppc64 image may leave out, as platform/everything.c has it for x86-64. */
extern const char muster_with_command_line;
extern const char muster_with_handover;
extern const char muster_with_hotplug;
extern const char muster_with_opal;
extern const char muster_with_order_proof;
extern const char muster_with_park;
extern const char muster_with_progress_records;
extern const char muster_with_xive;

extern const char *const muster_everything[];
const char *const muster_everything[] = {
	&muster_with_command_line,     &muster_with_handover,
	&muster_with_hotplug,	       &muster_with_opal,
	&muster_with_order_proof,      &muster_with_park,
	&muster_with_progress_records, &muster_with_xive,
};

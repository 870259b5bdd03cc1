/* SPDX-License-Identifier: MIT */
/* Going on to another kernel, as the command line says. */
#ifndef KERNEL_HANDOVER_H
#define KERNEL_HANDOVER_H

#include <muster/muster.h>

#define HANDOVER_WORDS 7
extern const struct command_line_word handover_words[HANDOVER_WORDS];

/* Is there another handover to be made? After muster_bring_up(). */
bool handover_is_next(void);
/* Make it: does not return unless nothing comes of it; then the error, and a line has said why. */
int handover_go(void);
/* One record line about the handover by which this kernel came, if it did (docs/report.md, `handed`). */
void handover_say(void);

#endif

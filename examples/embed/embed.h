/* SPDX-License-Identifier: MIT */
/* What the files of this kernel tell each other. */
#ifndef EMBED_H
#define EMBED_H

#include <stdint.h>

/* How often the kernel's own functions were used instead of the library's. */
extern uint64_t embed_texts;
extern uint64_t embed_pages_given, embed_pages_taken;

/* Somebody died while he printed. */
void embed_print_break(void);

#endif

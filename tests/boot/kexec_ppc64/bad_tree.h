/* SPDX-License-Identifier: MIT */
/* Trees that are wrong, for the kernel that comes next. */
#ifndef TESTS_BOOT_KEXEC_PPC64_BAD_TREE_H
#define TESTS_BOOT_KEXEC_PPC64_BAD_TREE_H

#include <stdint.h>

/* What kexec.tree= may be; NULL behind the last. The first leaves the tree as it is. */
extern const char *const bad_tree_choices[];

/* Make the tree wrong in that way. */
void bad_tree(void *tree, uint64_t choice);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What an image may leave out (docs/embedding.md). Such a thing is a file that nothing in the library
 * needs: who calls it has a weak reference (#pragma weak) and asks first whether it is there. The linker
 * takes it out of the archive when the kernel's link asks for its name: -u muster_with_NAME, or
 * -u muster_everything for all of them (platform/everything.c).
 */
#ifndef CORE_IMAGE_CHOICE_H
#define CORE_IMAGE_CHOICE_H

/* Give the file its name. Once in the file, outside of functions. */
#define IMAGE_CHOICE(name)                    \
	extern const char muster_with_##name; \
	const char muster_with_##name = 1

#endif

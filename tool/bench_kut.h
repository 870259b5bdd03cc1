/* SPDX-License-Identifier: MIT */
/* The peer kvm-unit-tests: its smptest, counted by the same plugin. */
#ifndef TOOL_BENCH_KUT_H
#define TOOL_BENCH_KUT_H

#include "tool/bench_guest.h"
#include "tool/bench_image.h"

#define KUT_RANGES_MAX 8

struct kut_range {
	uint64_t first, behind;
};

/*
 * The loops of a piece of code (count bytes that lie at address) that only wait: those of at most
 * KUT_LOOP_MAX bytes that end with a conditional jump back, and that pause or test a word they have just
 * read. Added behind the *found that ranges has already, up to KUT_RANGES_MAX. What is taken for one and
 * is none makes the peer look better, never worse.
 */
#define KUT_LOOP_MAX 20
void kut_find_waits(const uint8_t *code, size_t count, uint64_t address,
		    struct kut_range ranges[KUT_RANGES_MAX], size_t *found);

/* Boot x86/smptest of the checkout with two numbers of CPUs. */
void kut_measure(const struct bench_setup *setup, uint64_t less, uint64_t more,
		 struct bench_peer *peer);

#endif

/* SPDX-License-Identifier: MIT */
/* The self-tests of the muster kernel: each file has one function that reports its tests as KTAP.
 */
#ifndef KERNEL_TESTS_H
#define KERNEL_TESTS_H

#include <muster/muster.h>

/* The online CPU with the highest number; the boot CPU if it is alone. */
cpu_t test_last_cpu(void);

void test_ids(struct ktap *ktap);
void test_percpu(struct ktap *ktap);
void test_calls(struct ktap *ktap);
void test_masks(struct ktap *ktap);
void test_memory(struct ktap *ktap);
void test_protection(struct ktap *ktap);
void test_stacks(struct ktap *ktap);
/* Takes CPUs down and up again, then once with a failure at every step. */
void test_down_up(struct ktap *ktap);
void test_failures(struct ktap *ktap);

#endif

/* SPDX-License-Identifier: MIT */
/* The self-tests of the muster kernel: each file has one function that reports its tests as KTAP.
 */
#ifndef KERNEL_TESTS_H
#define KERNEL_TESTS_H

#include <muster/muster.h>

/* The online CPU with the highest number; the boot CPU if it is alone. */
cpu_t test_last_cpu(void);
/* Does a CPU that goes down keep its memory, as HELD? So it is where a step cannot be undone. */
bool test_down_is_held(void);

void test_ids(struct ktap *ktap);
void test_percpu(struct ktap *ktap);
void test_percpu_alloc(struct ktap *ktap);
void test_calls(struct ktap *ktap);
void test_many_calls(struct ktap *ktap);
void test_masks(struct ktap *ktap);
void test_memory(struct ktap *ktap);
void test_nodes(struct ktap *ktap);
void test_protection(struct ktap *ktap);
void test_stacks(struct ktap *ktap);
void test_layout(struct ktap *ktap);
/* Takes CPUs down and up again, then once with a failure at every step. */
void test_down_up(struct ktap *ktap);
void test_failures(struct ktap *ktap);
/*
 * Need a host that does what it is asked (ask.c). All possible CPUs come, or one, before the other
 * tests; the last one goes, after them. again: and comes, and goes once more.
 */
void test_hotplug_come(struct ktap *ktap, bool all);
void test_hotplug_go(struct ktap *ktap, bool again);
void test_nmi(struct ktap *ktap);
/* In a kernel that another has handed over to. free_now: bytes of RAM, when bring-up was over; page tables
 * counted as free, as in a handover record. */
void test_handover(struct ktap *ktap, uint64_t free_now);
/* Does Xen keep the rules of its public headers? Fails where the machine is not Xen. */
void test_xen(struct ktap *ktap);
/* Does the hypervisor keep the rules of LoPAPR? Fails where this is not a PAPR guest. */
void test_papr(struct ktap *ktap);

/* What the VMI ROM says that it was asked. Fails where there is none that is used, and counts. */
void test_vmi(struct ktap *ktap);

/* Ask the host: for an NMI to all CPUs, for a CPU that is not there, for taking one back. */
void ask_for_nmi(void);
void ask_for_machine_check(cpu_t cpu);
void ask_to_add(cpu_t cpu);
void ask_to_remove(cpu_t cpu);

#endif

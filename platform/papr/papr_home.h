/* SPDX-License-Identifier: MIT */
/*
 * The node that the hypervisor runs a vCPU on (LoPAPR, Virtual Processor Home Node Option): it knows better than
 * the tree, which tells how things were, and it tells of CPUs that are not there yet.
 */
#ifndef PLATFORM_PAPR_PAPR_HOME_H
#define PLATFORM_PAPR_PAPR_HOME_H

#include "firmware/device_tree.h"

#include <muster/cpu.h>
#include <muster/papr.h>

#define H_HOME_NODE_ASSOCIATIVITY 0x2ecu
#define PAPR_HOME_OF_VIRTUAL	  1u  /* its flag: of a vCPU, by its server number */
#define PAPR_HOME_DOMAINS_MAX	  24u /* in six registers, four times 16 bits each */

/*
 * The list of domains that the call returns, packed in six registers: pieces of 16 bits, from the left. One with
 * its first bit set is a domain of 15 bits; another and the one behind it are a domain of 32 bits; all
 * ones end the list. Returns how many domains there are.
 */
uint32_t papr_home_unpack(const uint64_t registers[PAPR_RESULTS_MAX],
			  uint32_t domains[PAPR_HOME_DOMAINS_MAX]);

/* What asking takes: H_HOME_NODE_ASSOCIATIVITY, and how places are told. */
struct papr_home {
	long (*ask)(uint64_t flags, uint64_t server, uint64_t registers[PAPR_RESULTS_MAX]);
	bool offered; /* hcall-vphn is among the hypervisor's functions; and the call is there */
	const struct device_tree_affinity *affinity;
};

/*
 * The place of a vCPU: the hypervisor's word if it gives one, else the tree's, `told`. Where both do and differ
 * in the domain, one line has both. present: one that is not there need have no home, and gets no line for it. A
 * hypervisor that has no such call is asked once.
 */
struct device_tree_place papr_home_place(struct papr_home *home, uint32_t server, bool present,
					 const struct device_tree_place *told);

/* Has the home of the CPU that this runs on changed since the last time (or since the VPA was registered)? By
 * the counters in its VPA; a hypervisor that never counts says no for ever. */
bool papr_home_changed(const volatile struct papr_vpa *vpa, uint8_t seen[8]);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What Xen tells a guest by CPUID (public/arch-x86/cpuid.h): that it is there, which, and, to HVM and
 * PVH guests, each vCPU its id. Reads nothing but CPUID, by a function that is handed in, so that it
 * runs on the host too.
 */
#ifndef PLATFORM_XEN_XEN_CPUID_H
#define PLATFORM_XEN_XEN_CPUID_H

#include "arch/x86_64/registers.h"

#include <muster/cpu.h>

typedef struct cpuid_leaf xen_cpuid_function(uint32_t leaf, uint32_t subleaf);

struct xen_cpuid {
	xen_cpuid_function *read;
	uint32_t base; /* of Xen's leaves; 0: there is no Xen */
	uint32_t last; /* the last one that there is */
};

/* Is it there? Fills xen; base stays 0 if not. Needs no step. */
bool xen_cpuid_find(struct xen_cpuid *xen, xen_cpuid_function *read);

/* The MSR to which a guest writes the address of its hypercall page; 0: Xen does not say. */
uint32_t xen_cpuid_hypercall_msr(const struct xen_cpuid *xen);

/* The vCPU id of the CPU that asks; VCPU_ID_UNKNOWN_VALUE when Xen does not say (before 4.6). */
vcpu_id_t xen_cpuid_vcpu_id(const struct xen_cpuid *xen);

/* Ticks per second of the guest's time-stamp counter; 0 when Xen does not say. */
uint64_t xen_cpuid_tsc_frequency(const struct xen_cpuid *xen);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Calls to Xen, the same for PV and for HVM/PVH guests: both go through a page that Xen fills
 * (hypercall_page.S), PV's loader because an ELF note names it, HVM because the guest writes its
 * address to an MSR. Xen's public headers have the numbers and the structures; public/xen.h,
 * "HYPERCALLS", has the list.
 *
 * Returns of xen_hypercall() are Xen's: 0 or a count, or a negative number of public/errno.h.
 */
#ifndef PLATFORM_XEN_HYPERCALL_H
#define PLATFORM_XEN_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>

/* The structures as the newest header that we were built with has them. */
#define __XEN_INTERFACE_VERSION__ 0x00040d00
#include <muster/cpu.h>
#include <muster/xen.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xen.h>

/* 4 KiB of code, one entry of 32 bytes for each number. Until Xen has filled it every entry is a
 * trap. */
extern char xen_hypercall_page[];

/* xen_hypercall(), one call, and xen_error_name(): muster/xen.h. None before Xen has filled the page. While
 * CPUs are brought up they are counted (core/hypercall_count.h), which needs the per-CPU base. Raw, the
 * same without: for what has to work before there is a base, and when everything else is broken. */
long xen_hypercall_raw(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);

static inline long xen_hypercall3(uint32_t number, uint64_t a, uint64_t b, uint64_t c)
{
	return xen_hypercall(number, a, b, c, 0, 0);
}

/* CONSOLEIO_write. */
static inline long xen_console_out(const char *text, size_t length)
{
	return xen_hypercall_raw(__HYPERVISOR_console_io, CONSOLEIO_write, length, (uintptr_t)text,
				 0, 0);
}

/* SCHEDOP_*. */
static inline long xen_sched_op(uint32_t command, void *argument)
{
	return xen_hypercall_raw(__HYPERVISOR_sched_op, command, (uintptr_t)argument, 0, 0, 0);
}

/* VCPUOP_*, of a vCPU that is known to exist, or that is asked for. */
static inline long xen_vcpu_op(uint32_t command, vcpu_id_t vcpu, void *argument)
{
	return xen_hypercall3(__HYPERVISOR_vcpu_op, command, vcpu.value, (uintptr_t)argument);
}

/* EVTCHNOP_*. */
static inline long xen_event_op(uint32_t command, void *argument)
{
	return xen_hypercall3(__HYPERVISOR_event_channel_op, command, (uintptr_t)argument, 0);
}

/* XENMEM_*. */
static inline long xen_memory_op(uint32_t command, void *argument)
{
	return xen_hypercall3(__HYPERVISOR_memory_op, command, (uintptr_t)argument, 0);
}

/* XENVER_*. */
static inline long xen_version_op(uint32_t command, void *argument)
{
	return xen_hypercall3(__HYPERVISOR_xen_version, command, (uintptr_t)argument, 0);
}

/* Xen's answer as one of muster_error; 0 for any success. */
int xen_error(long answer);

#endif

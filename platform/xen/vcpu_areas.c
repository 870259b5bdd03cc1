// SPDX-License-Identifier: MIT
/*
 * The areas of a Xen guest: rows of contracts (docs/areas.md) and the hypercalls behind them. Called by
 * the area engine on the boot CPU, by the steps `areas` and `areas-online`. Must never use a CPU number
 * where Xen wants a vCPU id.
 */
#include "platform/xen/vcpu_areas.h"

#include "platform/xen/event_channel.h"
#include "platform/xen/xen_guest.h"

#include <muster/muster.h>
#include <xen/errno.h>

/* public/xen.h and public/vcpu.h; the sizes are those of a 64-bit guest. */
_Static_assert(sizeof(struct vcpu_info) == 64, "public/xen.h, struct vcpu_info");
_Static_assert(offsetof(struct vcpu_info, evtchn_pending_sel) == 8, "public/xen.h");
_Static_assert(offsetof(struct vcpu_info, time) == 32, "public/xen.h, struct vcpu_info");
_Static_assert(sizeof(struct vcpu_time_info) == 32, "public/xen.h, struct vcpu_time_info");
_Static_assert(sizeof(struct vcpu_runstate_info) == 48, "public/vcpu.h");
_Static_assert(sizeof(struct vcpu_register_vcpu_info) == 16, "public/vcpu.h");

#define PAGE_SIZE 4096u

/* Where Xen writes for this CPU. In a unit: a CPU that comes up again sets it anew. */
static PERCPU(struct vcpu_info *, vcpu_info_here);

struct vcpu_info *xen_vcpu_info(void)
{
	return this_cpu(vcpu_info_here);
}

void xen_vcpu_info_set(struct vcpu_info *info)
{
	this_cpu(vcpu_info_here) = info;
}

static int refused(cpu_t cpu, const struct area_kind *kind, long answer)
{
	if (answer < 0)
		console_print("muster: CPU %u: %s: Xen refuses it for vCPU %u: %s\n", cpu.number,
			      kind->name, cpu_vcpu_id(cpu).value, xen_error_name(answer));
	return xen_error(answer);
}

static int vcpu_info_attach(cpu_t cpu, const struct area_kind *kind, void *pointer,
			    uint64_t physical)
{
	struct vcpu_register_vcpu_info call = {
		.mfn = xen_guest.frame(physical),
		.offset = (uint32_t)(physical % PAGE_SIZE),
	};
	struct vcpu_info *info = pointer;
	int error =
		refused(cpu, kind, xen_vcpu_op(VCPUOP_register_vcpu_info, cpu_vcpu_id(cpu), &call));

	if (error)
		return error;
	/* Xen has copied what there was, and goes on here. The boot CPU runs, and looks here from now on;
	 * every other begins with upcalls masked. */
	if (cpu.number)
		info->evtchn_upcall_mask = 1;
	else
		xen_vcpu_info_set(info);
	return 0;
}

static int runstate_attach(cpu_t cpu, const struct area_kind *kind, void *pointer,
			   uint64_t physical)
{
	struct vcpu_register_runstate_memory_area call = { .addr.v = pointer };

	(void)physical;
	return refused(cpu, kind,
		       xen_vcpu_op(VCPUOP_register_runstate_memory_area, cpu_vcpu_id(cpu), &call));
}

static int time_attach(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical)
{
	struct vcpu_register_time_memory_area call = { .addr.v = pointer };

	(void)physical;
	return refused(cpu, kind,
		       xen_vcpu_op(VCPUOP_register_vcpu_time_memory_area, cpu_vcpu_id(cpu), &call));
}

static int fifo_attach(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical)
{
	(void)kind;
	return xen_events_control_attach(cpu, pointer, physical);
}

static const struct area_kind vcpu_info_kind = {
	.name = "vcpu-info",
	.size = sizeof(struct vcpu_info),
	.told = sizeof(struct vcpu_info),
	.align = sizeof(struct vcpu_info),
	.no_cross = PAGE_SIZE,
	.once_only = true,
	.where = WHERE_PREPARE,
	.undo_kind = UNDO_NONE,
	.attach = vcpu_info_attach,
};

static const struct area_kind fifo_kind = {
	.name = "event-fifo",
	.size = PAGE_SIZE,
	.told = PAGE_SIZE,
	.align = PAGE_SIZE,
	.no_cross = PAGE_SIZE,
	.whole_pages = true,
	.where = WHERE_PREPARE,
	.undo_kind = UNDO_WHOLE_GUEST,
	.attach = fifo_attach,
};

/* By virtual address: 4.17 has no other way, and no value that takes it back. The guest can do without:
 * nobody here reads them yet but who asks the area engine. */
static const struct {
	uint32_t command;
	struct area_kind kind;
} optional[] = {
	{ VCPUOP_register_runstate_memory_area,
	  { .name = "runstate",
	    .size = sizeof(struct vcpu_runstate_info),
	    .told = sizeof(struct vcpu_runstate_info),
	    .align = sizeof(uint64_t),
	    .no_cross = PAGE_SIZE,
	    .where = WHERE_PREPARE,
	    .undo_kind = UNDO_NONE,
	    .attach = runstate_attach } },
	{ VCPUOP_register_vcpu_time_memory_area,
	  { .name = "time",
	    .size = sizeof(struct vcpu_time_info),
	    .told = sizeof(struct vcpu_time_info),
	    .align = sizeof(uint64_t),
	    .no_cross = PAGE_SIZE,
	    .where = WHERE_PREPARE,
	    .undo_kind = UNDO_NONE,
	    .attach = time_attach } },
};

#define OPTIONAL (sizeof(optional) / sizeof(optional[0]))

static struct area_kind kinds[2 + OPTIONAL];
static struct area_table table = { .platform = "xen", .kinds = kinds };

/* A Xen that does not know a call says so before it looks at anything. One that does refuses this address,
 * which is its own; or does not look (HVM), and is told the real one a moment later. */
static bool offered(uint32_t command, const char *name)
{
	struct vcpu_register_runstate_memory_area probe = { .addr.p = HYPERVISOR_VIRT_START };
	long answer = xen_vcpu_op(command, cpu_vcpu_id(cpu_from_number(0)), &probe);

	if (answer == -XEN_ENOSYS)
		console_print("muster: xen: area %s: Xen has no such call: done without\n", name);
	return answer != -XEN_ENOSYS;
}

const struct area_table *xen_area_table_choose(void)
{
	table.count = 0;
	kinds[table.count++] = vcpu_info_kind;
	if (xen_events_are_fifo())
		kinds[table.count++] = fifo_kind;
	for (uint32_t i = 0; i < OPTIONAL; i++)
		if (offered(optional[i].command, optional[i].kind.name))
			kinds[table.count++] = optional[i].kind;
	return &table;
}

int xen_areas_boot(cpu_t cpu)
{
	int error = areas_begin(xen_area_table_choose());

	if (error)
		return error;
	if (xen_guest.adopt)
		error = xen_guest.adopt();
	if (!error)
		error = areas_prepare(cpu);
	if (error)
		(void)areas_end();
	return error;
}

void xen_areas_boot_undo(cpu_t cpu)
{
	areas_prepare_undo(cpu);
	(void)areas_end();
}

int xen_areas_online(cpu_t cpu)
{
	int error = areas_online(cpu);

	if (!error)
		xen_vcpu_info_set(area_ptr(cpu, XEN_AREA_VCPU_INFO));
	return error;
}

void xen_areas_online_undo(cpu_t cpu)
{
	struct vcpu_info *info = xen_vcpu_info();

	/* Upcalls stay masked: Xen still looks at what is not ours to look at any more. */
	if (info)
		info->evtchn_upcall_mask = 1;
	xen_vcpu_info_set(NULL);
	areas_online_undo(cpu);
}

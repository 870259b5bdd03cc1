// SPDX-License-Identifier: MIT
/*
 * The areas of a PAPR guest's CPUs: rows for core's engine (muster/area.h), each with the fields that the
 * hypervisor wants to find in it, and the one hypercall that registers and deregisters them all. Called by the
 * bring-up rows: memory in BOOT and PREPARE, registration by each CPU itself. It must not let a CPU leave
 * with an area still registered, but after a crash, when the next kernel has to know of them.
 */
#include "platform/papr/papr_areas.h"

#include "core/align.h"

#include <muster/muster.h>

/* H_REGISTER_VPA's statuses (LoPAPR, Hypervisor Call Return Code Values). */
#define STATUS_SUCCESS	 0
#define STATUS_FUNCTION	 (-2)
#define STATUS_RESOURCE	 (-16)

#define LINE_ELSE	 128u /* every POWER processor's */
#define SLB_ENTRIES_ELSE 64u
#define CROSS		 4096u /* "must not cross a 4 KiB boundary" */

static const struct papr_area_guest *asked;

/* This CPU's, while it is registered: pointers of the engine's are poison before the first is
 * deregistered. */
static PERCPU(struct papr_vpa *, vpa_here);

static const char *status_text(long status)
{
	switch (status) {
	case STATUS_FUNCTION:
		return "there is no such call";
	case STATUS_RESOURCE:
		return "another is registered that it conflicts with";
	default:
		return "refused";
	}
}

static int call(cpu_t cpu, const struct area_kind *kind, enum papr_area_function function,
		uint64_t physical)
{
	uint32_t server = cpu_vcpu_id(cpu).value;
	long status = asked->register_area((uint64_t)function << PAPR_AREA_FUNCTION_SHIFT, server,
					   physical);

	if (status == STATUS_SUCCESS)
		return 0;
	console_print("muster: CPU %u: %s: H_REGISTER_VPA, function %u, server %#x, %#llx: status "
		      "%ld: %s\n",
		      cpu.number, kind->name, function, server, (unsigned long long)physical,
		      status, status_text(status));
	return status == STATUS_FUNCTION   ? MUSTER_E_NOT_SUPPORTED
	       : status == STATUS_RESOURCE ? MUSTER_E_EXISTS
					   : MUSTER_E_INVALID;
}

/* The hypervisor may forget registers that are not said to be in use: who uses none loses nothing by
 * saying that he does, and a kernel that knows better can say so. */
static int vpa_attach(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical)
{
	struct papr_vpa *vpa = pointer;
	uint32_t entries = asked->slb_entries;
	int error;

	vpa->descriptor = __builtin_bswap32(PAPR_VPA_DESCRIPTOR);
	vpa->size = __builtin_bswap16((uint16_t)kind->told);
	vpa->floating_point_in_use = 1;
	vpa->vector_in_use = 1;
	vpa->slb_count = __builtin_bswap16(
		(uint16_t)(entries && entries <= UINT16_MAX ? entries : SLB_ENTRIES_ELSE));
	error = call(cpu, kind, PAPR_REGISTER_VPA, physical);
	if (!error)
		this_cpu(vpa_here) = vpa;
	return error;
}

struct papr_vpa *papr_vpa_here(void)
{
	return this_cpu(vpa_here);
}

static int vpa_detach(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical)
{
	(void)pointer;
	this_cpu(vpa_here) = NULL;
	return call(cpu, kind, PAPR_DEREGISTER_VPA, physical);
}

/* Nothing in it has to be put back yet: a kernel with entries of its own says how many. */
static int slb_shadow_attach(cpu_t cpu, const struct area_kind *kind, void *pointer,
			     uint64_t physical)
{
	struct papr_slb_shadow *shadow = pointer;

	shadow->size = __builtin_bswap32(kind->told);
	return call(cpu, kind, PAPR_REGISTER_SLB_SHADOW, physical);
}

static int slb_shadow_detach(cpu_t cpu, const struct area_kind *kind, void *pointer,
			     uint64_t physical)
{
	(void)pointer;
	return call(cpu, kind, PAPR_DEREGISTER_SLB_SHADOW, physical);
}

/* What is to be logged stands in the VPA, which was registered before and is deregistered after. */
static int log_attach(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical)
{
	uint32_t *size = pointer;
	int error;

	/* The second word tells the size, until the first entry is written over it. */
	size[1] = __builtin_bswap32(kind->told);
	error = call(cpu, kind, PAPR_REGISTER_LOG, physical);
	if (!error)
		__atomic_store_n(&this_cpu(vpa_here)->log_mask,
				 PAPR_LOG_CEDE | PAPR_LOG_PREEMPT | PAPR_LOG_FAULT,
				 __ATOMIC_RELEASE);
	return error;
}

static int log_detach(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical)
{
	(void)pointer;
	__atomic_store_n(&this_cpu(vpa_here)->log_mask, 0, __ATOMIC_RELEASE);
	return call(cpu, kind, PAPR_DEREGISTER_LOG, physical);
}

static struct area_kind kinds[] = {
	[PAPR_AREA_VPA] = { .name = "vpa",
			    .size = PAPR_VPA_SIZE,
			    .told = PAPR_VPA_TOLD,
			    .no_cross = CROSS,
			    .where = WHERE_ONLINE,
			    .undo_kind = UNDO_STEP,
			    .attach = vpa_attach,
			    .detach = vpa_detach },
	[PAPR_AREA_SLB_SHADOW] = { .name = "slb-shadow",
				   .size = sizeof(struct papr_slb_shadow),
				   .told = sizeof(struct papr_slb_shadow),
				   .no_cross = CROSS,
				   .where = WHERE_ONLINE,
				   .after = "vpa",
				   .undo_kind = UNDO_STEP,
				   .attach = slb_shadow_attach,
				   .detach = slb_shadow_detach },
	[PAPR_AREA_LOG] = { .name = "dtl",
			    .size = PAPR_LOG_BYTES,
			    .told = PAPR_LOG_BYTES,
			    .where = WHERE_ONLINE,
			    .after = "vpa",
			    .undo_kind = UNDO_STEP,
			    .attach = log_attach,
			    .detach = log_detach },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct area_table table = { .platform = "papr", .kinds = kinds, .count = KINDS };

/* A line larger than what may not be crossed, or no power of two, is no line. */
static uint32_t alignment(uint32_t line)
{
	if (line >= sizeof(uint64_t) && line <= CROSS / 2 && is_power_of_two(line))
		return line;
	if (line)
		console_print(
			"muster: device tree: data cache line of %u bytes: must be a power of "
			"two from 8 to %u: areas are aligned to %u\n",
			line, CROSS / 2, LINE_ELSE);
	return LINE_ELSE;
}

/* One that is not registered may be deregistered: nothing happens, and the hypervisor says whether it knows of
 * such areas. One that a kernel before us left is forgotten, and so it should be. */
static bool is_known(size_t kind)
{
	static const enum papr_area_function remove[KINDS] = {
		[PAPR_AREA_VPA] = PAPR_DEREGISTER_VPA,
		[PAPR_AREA_SLB_SHADOW] = PAPR_DEREGISTER_SLB_SHADOW,
		[PAPR_AREA_LOG] = PAPR_DEREGISTER_LOG,
	};
	const uint32_t server = cpu_vcpu_id(cpu_from_number(0)).value;
	long status =
		asked->register_area((uint64_t)remove[kind] << PAPR_AREA_FUNCTION_SHIFT, server, 0);

	if (status == STATUS_SUCCESS)
		return true;
	console_print(
		"muster: papr: H_REGISTER_VPA, function %u: status %ld: %s: done without, and "
		"without what rests on it\n",
		remove[kind], status, status_text(status));
	return false;
}

/* In reverse, as they rest on each other; the last that is known decides, and those before it have to be. */
static size_t known_kinds(void)
{
	size_t count = KINDS;

	for (size_t kind = KINDS; kind-- > 0;)
		if (!is_known(kind))
			count = kind;
	return count;
}

const struct area_table *papr_area_table_choose(const struct papr_area_guest *guest)
{
	uint32_t line;

	asked = guest;
	if (!guest->offered) {
		console_print("muster: papr: the hypervisor does not share processors "
			      "(hcall-splpar): CPUs have no areas\n");
		return NULL;
	}
	table.count = known_kinds();
	if (!table.count)
		return NULL;
	line = alignment(guest->data_cache_line);
	for (size_t i = 0; i < KINDS; i++)
		kinds[i].align = line;
	table.poison = guest->poison;
	return &table;
}

static bool chosen;

bool papr_has_areas(void)
{
	return chosen;
}

int papr_areas_boot(cpu_t cpu, const struct papr_area_guest *guest)
{
	const struct area_table *offered;
	int error;

	/* It is asked what it knows by deregistering what is not registered. */
	if (guest->look)
		guest->look(cpu);
	offered = papr_area_table_choose(guest);
	error = offered ? areas_begin(offered) : 0;
	if (!offered || error)
		return error;
	error = areas_prepare(cpu);
	if (error)
		(void)areas_end();
	chosen = !error;
	return error;
}

void papr_areas_boot_undo(cpu_t cpu)
{
	if (!chosen)
		return;
	areas_prepare_undo(cpu);
	chosen = areas_end() != 0;
}

int papr_areas_prepare(cpu_t cpu)
{
	return chosen ? areas_prepare(cpu) : 0;
}

void papr_areas_prepare_undo(cpu_t cpu)
{
	if (chosen)
		areas_prepare_undo(cpu);
}

int papr_areas_online(cpu_t cpu)
{
	if (!chosen)
		return 0;
	if (asked->look && cpu.number)
		asked->look(cpu);
	return areas_online(cpu);
}

void papr_areas_online_undo(cpu_t cpu)
{
	if (chosen)
		areas_online_undo(cpu);
}

struct papr_dispatches papr_dispatches(cpu_t cpu)
{
	const volatile struct papr_vpa *vpa = area_ptr(cpu, PAPR_AREA_VPA);

	return (struct papr_dispatches){
		.count = __builtin_bswap32(vpa->dispatches),
		.dispersions = __builtin_bswap32(vpa->dispersions),
	};
}

// SPDX-License-Identifier: MIT
/*
 * CPUs that the kernel before us parked (docs/park.md): where they are, by the device tree. Called by step
 * `memory-map` on the boot CPU. What it is told is not believed.
 */
#include "platform/papr/papr_park.h"

#include "arch/park.h"
#include "arch/ppc64/start.h"
#include "core/image_choice.h"
#include "core/string.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/papr.h"
#include "platform/papr/papr_areas.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

IMAGE_CHOICE(park);

/* Before there are page tables of ours, and after: by the direct map, and only what the map calls memory. */
static bool read(void *context, uint64_t physical, void *buffer, size_t size)
{
	const struct memory_range *range;

	(void)context;
	for (size_t i = 0; (range = mem_at(i)); i++)
		if (physical >= range->base && size <= range->size &&
		    physical - range->base <= range->size - size) {
			memcpy(buffer, (const void *)(KERNEL_VIRTUAL | physical), size);
			return true;
		}
	return false;
}

static const struct firmware_reader direct_reader = { .read = read };

/*
 * What the kernel before us should have deregistered, and did not, the hypervisor writes to when it next dispatches
 * this CPU: that must be before it is told of areas of ours in their place, or nobody would ever see it. A log or SLB
 * shadow it may not write to at all; but it does not let go of a VPA as long as it has one of these (LoPAPR,
 * H_REGISTER_VPA: H_RESOURCE).
 */
#define DISPATCHES 16u

void papr_park_look(cpu_t cpu)
{
	struct handed_over *handed = parked_handed_over();
	long status;

	if (!handed->good)
		return;
	for (uint32_t i = 0; i < DISPATCHES; i++)
		cpu_relax();
	/* To whoever wants the processor. */
	(void)papr_hcall_raw(H_CONFER, UINT64_MAX, 0, 0, 0, NULL);
	status = papr_hcall_raw(H_REGISTER_VPA,
				(uint64_t)PAPR_DEREGISTER_VPA << PAPR_AREA_FUNCTION_SHIFT,
				cpu_vcpu_id(cpu).value, 0, 0, NULL);
	if (status != H_RESOURCE)
		return;
	__atomic_add_fetch(&handed->held, 1, __ATOMIC_RELAXED);
	console_print("muster: handover: CPU %u: the hypervisor still has an SLB shadow or a "
		      "dispatch trace log of the kernel before\n",
		      cpu.number);
}

void papr_park_find(void)
{
	const struct handed_over *handed = parked_handed_over();
	uint64_t base, size;

	if (!device_tree_park_region(&papr_firmware.tree, &base, &size))
		return;
	parked_take(&direct_reader, base, size, UINT64_MAX);
	if (handed->good)
		park_arrival_expect(&handed->found.page);
}

// SPDX-License-Identifier: MIT
/*
 * What a local APIC is to be told by a CPU that listens for NMIs and for nothing else, without this kernel: it
 * waits for the next one. Called by a handover on the boot CPU. The pins are taken as those of all CPUs.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/trap.h"
#include "device/local_apic.h"

/* Intel SDM vol. 3A, 10.4.7, 10.5.1 and 10.12. */
#define SPURIOUS_ENABLE	  0x100
#define LVT_MASKED	  0x10000
#define LVT_NMI		  0x400
#define LVT_ACTIVE_LOW	  0x2000
#define APIC_BASE_X2APIC  0x400
#define APIC_BASE_ADDRESS UINT64_C(0x000ffffffffff000)
#define INTI_POLARITY	  0x3
#define INTI_ACTIVE_LOW	  0x3

struct local_apic_nmi local_apic_nmi_only(const struct acpi_nmi *nmis, uint32_t count)
{
	uint64_t base = msr_read(MSR_APIC_BASE);
	struct local_apic_nmi only = { .spurious = SPURIOUS_ENABLE | TRAP_SPURIOUS,
				       .lint0 = LVT_MASKED,
				       .lint1 = LVT_MASKED };

	if (!(base & APIC_BASE_X2APIC))
		only.base = base & APIC_BASE_ADDRESS;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t low =
			(nmis[i].flags & INTI_POLARITY) == INTI_ACTIVE_LOW ? LVT_ACTIVE_LOW : 0;

		*(nmis[i].lint ? &only.lint1 : &only.lint0) = LVT_NMI | low;
	}
	return only;
}

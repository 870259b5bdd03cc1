// SPDX-License-Identifier: MIT
/*
 * Starting CPUs through the ROM: SetInitialAPState says what each begins with, and the start-up IPI that
 * follows, written by APICWrite, makes it begin. INIT and IPIs are a PC's (platform/pc/pc_start.c). Where the
 * ROM does not offer the first, all is as on a PC.
 */
#include "arch/i386/descriptor_tables.h"
#include "arch/i386/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/registers.h"
#include "core/cpu_table.h"
#include "core/runner.h"
#include "core/string.h"
#include "device/local_apic.h"
#include "platform/pc/pc.h"
#include "platform/vmi/vmi.h"

#include <muster/muster.h>

#define FLAGS_RESERVED 0x2u /* bit 1 of EFLAGS is always set: Intel SDM vol. 1, 3.4.3 */

extern const struct table_pointer early_idt_pointer;
extern const char vmi_secondary[], vmi_secondary_stack[];
extern uint64_t secondary_pat;

static bool by_rom(void)
{
	return vmi_guest.active && vmi_has(VMI_CALL_SET_INITIAL_STATE);
}

static void command_write(uintptr_t address, uint32_t value)
{
	(void)vmi_call(VMI_CALL_APIC_WRITE, address, value, 0, 0, 0);
}

int vmi_interrupts_step(cpu_t cpu)
{
	if (vmi_guest.active && vmi_has(VMI_CALL_APIC_WRITE))
		local_apic_command_by(command_write);
	return pc_interrupts_step(cpu);
}

int vmi_start_code_step(cpu_t cpu)
{
	if (!by_rom())
		return pc_start_code_step(cpu);
	/* No code below 1 MiB: a CPU's first instruction is in the kernel. */
	secondary_pat = msr_read(MSR_PAT);
	return 0;
}

void vmi_start_code_undo(cpu_t cpu)
{
	if (!by_rom())
		pc_start_code_undo(cpu);
}

static struct vmi_cpu_state state; /* only one CPU starts others */

/* What all begin with. What is named here is never given back, so that a state that is left over does no harm:
 * its CPU finds that the record is not to be claimed. */
static void state_fill(void)
{
	state = (struct vmi_cpu_state){
		.cr0 = (uint32_t)cr0_read(),
		.cr3 = (uint32_t)kernel_cr3,
		.cr4 = (uint32_t)cr4_read(),
		.efer_low = CPU_HAS_EFER ? (uint32_t)msr_read(MSR_EFER) : 0,
		.eip = (uintptr_t)vmi_secondary,
		.eflags = FLAGS_RESERVED,
		.esp = (uintptr_t)vmi_secondary_stack,
		.cs = SELECTOR_CODE,
		.ss = SELECTOR_DATA,
		.ds = SELECTOR_DATA,
		.es = SELECTOR_DATA,
		.fs = SELECTOR_POISON_SECONDARY,
		.gdtr_limit = boot_gdt_pointer.limit,
		.gdtr_base = boot_gdt_pointer.base,
		.idtr_limit = early_idt_pointer.limit,
		.idtr_base = early_idt_pointer.base,
	};
}

static void state_give(const struct cpu_record *record)
{
	state.ebx = (uintptr_t)record;
	state.esi = record->number;
	(void)vmi_call_uncounted(VMI_CALL_SET_INITIAL_STATE, (uintptr_t)&state,
				 (uint32_t)record->hwid.value, 0, 0, 0);
}

int vmi_start_step(cpu_t cpu)
{
	uint32_t given = 0;

	if (!by_rom())
		return pc_start_step(cpu);
	state_fill();
	if (cpu.number != STEP_ALL_CPUS) {
		state_give(cpu_record(cpu));
		given = 1;
	} else {
		for_each_other_record (record) {
			if (record->state != CPU_STARTING)
				continue;
			state_give(record);
			given++;
		}
	}
	vmi_count(VMI_CALL_SET_INITIAL_STATE, given);
	return pc_start_step(cpu);
}

void vmi_start_undo(cpu_t cpu)
{
	if (!by_rom())
		pc_start_undo(cpu);
}

/* SPDX-License-Identifier: MIT */
/* VMware's Virtual Machine Interface: an option ROM through which a 32-bit guest calls its hypervisor. What
 * the platform's files share. docs/vmi.md. */
#ifndef PLATFORM_VMI_VMI_H
#define PLATFORM_VMI_VMI_H

#include "firmware/vmi_abi.h"
#include "firmware/vmi_rom.h"
#include "platform/platform.h"

extern const struct platform platform_vmi;

/* Filled in by platform_vmi.detect(). */
struct vmi_guest {
	struct vmi_rom rom;
	bool refused; /* it cannot be used, and a line has said why: all is native */
	bool active;  /* vmi_init has been called, and calls may be made */
};
extern struct vmi_guest vmi_guest;

/* Is it to be used? No: say why, once, and run natively. Returns 0. */
int vmi_refuse(const char *why);

/* vmi_call.c. Where the ROM runs. */
uint32_t vmi_rom_start(void);
/* Step `vmi`: activate the ROM, patch the kernel, say what the linear mapping is. */
int vmi_activate_step(cpu_t cpu);
/* Is there code for this call, which is not the guest's own? */
bool vmi_has(uint16_t call);
/*
 * One call: up to five arguments, those that are not used 0; returns EDX:EAX. Counted by step (core/
 * hypercall_count.h). A call that the ROM leaves to the guest does nothing: ask vmi_has() first. Needs step
 * `vmi`.
 */
uint64_t vmi_call(uint16_t call, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e);

/* The same without counting, for who says afterwards how many there were: to vmi_count(). */
uint64_t vmi_call_uncounted(uint16_t call, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
			    uint32_t e);
/* For a call that is not of this kernel's own: its record, as vmi_relocation_read(), and the code that it names. */
int vmi_record_read(uint16_t call, struct vmi_relocation *relocation);
uint64_t vmi_code_call(uint32_t code, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e);
/* From stubs too. Nothing is counted of what the ROM leaves to the guest. */
void vmi_count(uint32_t call, uint32_t times);

/* vmi_page_table.c: from here on the ROM is told. */
void vmi_page_tables_begin(void);

/* vmi_start.c */
int vmi_start_code_step(cpu_t cpu);
void vmi_start_code_undo(cpu_t cpu);
int vmi_start_step(cpu_t cpu);
void vmi_start_undo(cpu_t cpu);
int vmi_interrupts_step(cpu_t cpu);

#endif

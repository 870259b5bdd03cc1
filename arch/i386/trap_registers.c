// SPDX-License-Identifier: MIT
/*
 * What arch/x86_64/trap.c must ask of the registers: showing them, and whether %fs holds a per-CPU base.
 * Must work without one.
 */
#include "arch/i386/offsets.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/trap.h"

#include <muster/console.h>

static uint32_t base_selector(void)
{
	uint32_t selector;

	__asm__ volatile("movl %%fs, %0" : "=r"(selector));
	return selector & 0xffff;
}

bool trap_base_is_loaded(void)
{
	return (base_selector() & ~3u) == SELECTOR_PERCPU; /* in whatever ring */
}

void trap_registers_print(const struct trap_frame *f)
{
	console_print("  eip %08x  esp %08x  eflags %08x  cs %x  fs %x\n", f->eip, f->esp,
		      f->eflags, f->cs, base_selector());
	console_print("  eax %08x  ebx %08x  ecx %08x  edx %08x\n", f->eax, f->ebx, f->ecx, f->edx);
	console_print("  esi %08x  edi %08x  ebp %08x\n", f->esi, f->edi, f->ebp);
	console_print("  cr0 %08jx  cr2 %08jx  cr3 %08jx  cr4 %08jx\n", cr0_read(), cr2_read(),
		      cr3_read(), cr4_read());
}

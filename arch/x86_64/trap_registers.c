// SPDX-License-Identifier: MIT
/*
 * What trap.c must ask of the registers: showing them, whether one is a per-CPU base, and changing those
 * with which an interrupted function goes on. Must work without a per-CPU base.
 */
#include "arch/x86_64/fault_expect.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/trap.h"

#include <muster/console.h>

bool trap_base_is_loaded(void)
{
	uint64_t base = msr_read(MSR_GS_BASE);

	return base < POISON_BASE || base - POISON_BASE >= (uint64_t)WAYS * POISON_SPAN;
}

void trap_registers_print(const struct trap_frame *f)
{
	console_print("  rip %016lx  rsp %016lx  rflags %08lx  cs %lx  ss %lx\n", f->rip, f->rsp,
		      f->rflags, f->cs, f->ss);
	console_print("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx,
		      f->rdx);
	console_print("  rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", f->rsi, f->rdi, f->rbp,
		      f->r8);
	console_print("  r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", f->r9, f->r10, f->r11,
		      f->r12);
	console_print("  r13 %016lx  r14 %016lx  r15 %016lx\n", f->r13, f->r14, f->r15);
	console_print("  cr0 %08lx  cr2 %016lx  cr3 %016lx  cr4 %08lx  gs %016lx\n", cr0_read(),
		      cr2_read(), cr3_read(), cr4_read(), msr_read(MSR_GS_BASE));
}

void trap_resume(struct trap_frame *frame, const struct fault_expectation *expected)
{
	frame->rip = expected->resume_rip;
	frame->rsp = expected->resume_rsp;
	frame->rbp = expected->resume_rbp;
	frame->rbx = expected->resume_rbx;
}

// SPDX-License-Identifier: MIT
/*
 * Interrupts of a PAPR guest: which controller it has, how one CPU gets another's attention, and how it waits
 * without taking the hypervisor's time. Steps `interrupts` on the boot CPU, `interrupt-queue` for each other,
 * `local-interrupts` on each. Nobody else's interrupts are ever turned on.
 */
#include "platform/papr/papr_interrupts.h"

#include "arch/ppc64/registers.h"
#include "arch/ppc64/start.h"
#include "core/cpu_table.h"
#include "core/machine.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/papr.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

/* An image may leave it out: core/image_choice.h. Then it is not asked for. */
#pragma weak papr_xive

/* Interrupts of a source that is nobody's, before it is a panic. */
#define STRAYS_MAX 64u

/* H_SIGNAL_SYS_RESET: all but the caller (Linux, arch/powerpc/include/asm/hvcall.h). */
#define ALL_OTHERS UINT64_C(0xfffffffffffffffe)

static const struct papr_controller *controller;

/* xive=off has been looked at when there was something to agree on (papr_negotiate.h). */
static uint64_t xive_choice;
static const char *const xive_choices[] = { "on", "off", NULL };
const struct command_line_word papr_words[PAPR_WORDS] = {
	{ .name = "xive",
	  .kind = COMMAND_LINE_CHOICE,
	  .number = &xive_choice,
	  .choices = xive_choices },
};

void papr_stray_interrupt(uint32_t source)
{
	static uint32_t count;

	if (__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) > STRAYS_MAX)
		muster_panic("interrupt source %#x: %u interrupts came that are nobody's", source,
			     STRAYS_MAX + 1);
	console_print("muster: CPU %u: interrupt source %#x is nobody's: left over from before, "
		      "dropped\n",
		      cpu_this().number, source);
}

/*
 * H_CEDE (LoPAPR 1.1, 14.11.3.3) is called with MSR[EE] off and comes back with it on. An interrupt that
 * comes after the caller has looked at its queue waits for that, since EE is off, and then keeps H_CEDE from
 * waiting; so does an H_PROD since the last H_CEDE. Either way the interrupt is taken before the next
 * instruction here.
 */
static void wait_for_interrupt(void)
{
	papr_hcall_seen(H_CEDE);
	trap_wait(H_CEDE);
}

/* For a panic: every other CPU, whatever it is at, takes a system reset, and stops there. */
static void stop_others(void)
{
	(void)papr_hcall_raw(H_SIGNAL_SYS_RESET, ALL_OTHERS, 0, 0, 0, NULL);
}

static int send_nmi(cpu_t cpu)
{
	return papr_hcall_raw(H_SIGNAL_SYS_RESET, cpu_vcpu_id(cpu).value, 0, 0, 0, NULL)
		       ? MUSTER_E_INVALID
		       : 0;
}

/*
 * The decrementer cannot be turned off, only be put far away: 2^31 ticks, four seconds, or, where it has more
 * bits, years. Whether it has them the hypervisor decides for each guest, so it is looked at.
 */
static void decrementer_begin(void)
{
	uint32_t bits = papr_firmware.processor.decrementer_bits;

	if (bits <= 32 || bits > 64)
		return;
	decrementer_farthest = (INT64_C(1) << (bits - 1)) - 1;
	decrementer_set(decrementer_farthest);
	if (decrementer_get() > INT32_MAX)
		return;
	decrementer_farthest = INT32_MAX;
	decrementer_set(decrementer_farthest);
}

static const struct papr_controller *choose(void)
{
	switch (papr_firmware.interrupts.kind) {
	case DEVICE_TREE_INTERRUPTS_XICS:
		return &papr_xics;
	case DEVICE_TREE_INTERRUPTS_XIVE:
		if (xive_choice)
			console_print("muster: xive=off: XIVE was agreed on all the same, or by "
				      "the kernel before: it is used\n");
		if (&papr_xive)
			return &papr_xive;
		console_print("muster: xive: this image was linked without what drives it: link "
			      "with -u muster_with_xive, or give the guest XICS (ic-mode=xics)\n");
		return NULL;
	case DEVICE_TREE_INTERRUPTS_NONE:
		break;
	}
	console_print("muster: device tree: no interrupt controller: neither ibm,power-ivpe nor "
		      "IBM,ppc-xicp\n");
	return NULL;
}

int papr_interrupts_step(cpu_t cpu)
{
	const struct papr_controller *chosen = choose();
	int error;

	if (!chosen)
		return MUSTER_E_NOT_SUPPORTED;
	error = chosen->begin(cpu);
	if (!error && chosen->prepare)
		error = chosen->prepare(cpu);
	if (error && chosen == &papr_xive)
		console_print("muster: xive: not usable: start again with xive=off, or give the "
			      "guest XICS\n");
	if (error)
		return error;
	controller = chosen;
	decrementer_begin();
	trap_handler_set(TRAP_EXTERNAL, chosen->take);
	ppc64_machine.kick = chosen->kick;
	ppc64_machine.wait_for_interrupt = wait_for_interrupt;
	ppc64_machine.stop_others = stop_others;
	ppc64_machine.send_nmi = send_nmi;
	return 0;
}

int papr_interrupt_queue_step(cpu_t cpu)
{
	return controller->prepare ? controller->prepare(cpu) : 0;
}

void papr_interrupt_queue_undo(cpu_t cpu)
{
	if (controller->forget)
		controller->forget(cpu);
}

int papr_local_interrupts_step(cpu_t cpu)
{
	decrementer_set(decrementer_farthest);
	return controller->enable(cpu);
}

void papr_local_interrupts_undo(cpu_t cpu)
{
	controller->disable(cpu);
}

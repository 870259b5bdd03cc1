// SPDX-License-Identifier: MIT
/*
 * The bring-up table of POWER without a hypervisor, with OPAL for firmware, and its small steps; the larger ones are
 * PAPR's, where these call nobody. vCPU areas exist only with a hypervisor: no row here makes any. It must never make a
 * hypercall. One CPU only: starting others is not supported, and they are in the id table as not present.
 */
#include "platform/opal/opal.h"

#include "arch/ppc64/registers.h"
#include "arch/ppc64/start.h"
#include "arch/ppc64/trap.h"
#include "core/cpu_memory.h"
#include "core/image_choice.h"
#include "core/runner.h"
#include "platform/papr/papr.h"
#include "platform/table_steps.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

IMAGE_CHOICE(opal);

static bool opal_detect(void)
{
	return hypervisor_state();
}

static const char *opal_hypervisor(void)
{
	return "none";
}

static int hypervisor_step(cpu_t cpu)
{
	(void)cpu;
	return 0;
}

static int cpu_ids_step(cpu_t cpu)
{
	int error = papr_cpu_ids_step(cpu);

	if (!error && cpu_possible_count() > 1)
		console_print("muster: opal: starting CPUs is not supported: %u are left out\n",
			      cpu_possible_count() - 1);
	return error;
}

/* No controller is driven, so that little can end a wait: who waits looks again and again. */
static void wait_for_interrupt(void)
{
	interrupts_on();
	cpu_relax();
	interrupts_off();
}

/* The one CPU there is interrupts itself, with what needs no controller: the decrementer, as soon as interrupts are
 * on. */
static void kick(cpu_t cpu)
{
	(void)cpu;
	decrementer_set(-1);
}

static int interrupts_step(cpu_t cpu)
{
	(void)cpu;
	trap_handler_set(TRAP_DECREMENTER, call_queue_serve);
	ppc64_machine.kick = kick;
	ppc64_machine.wait_for_interrupt = wait_for_interrupt;
	return 0;
}

static int nothing_step(cpu_t cpu)
{
	(void)cpu;
	return 0;
}

static int start_step(cpu_t cpu)
{
	/* None is present, so that nothing is to be started with all the others. */
	if (cpu.number == STEP_ALL_CPUS)
		return 0;
	console_print("muster: CPU %u: opal: starting CPUs is not supported\n", cpu.number);
	return MUSTER_E_NOT_SUPPORTED;
}

static const struct bringup_step steps[] = {
	/* clang-format off */
	{ "console", CAP(PERCPU_BASE), CAP(CONSOLE),
	  WHERE_BOOT, UNDO_NOTHING, opal_console_step, NULL },
	{ "hypervisor", CAP(CONSOLE), CAP(HYPERVISOR),
	  WHERE_BOOT, UNDO_NOTHING, hypervisor_step, NULL },
	{ "device-tree", CAP(CONSOLE) | CAP(HYPERVISOR), CAP(FIRMWARE),
	  WHERE_BOOT, UNDO_NOTHING, opal_device_tree_step, NULL },
	{ "layout", CAP(CONSOLE) | CAP(HYPERVISOR), CAP(LAYOUT),
	  WHERE_BOOT, UNDO_NOTHING, papr_layout_step, NULL },
	{ "command-line", CAP(FIRMWARE) | CAP(CONSOLE), CAP(COMMAND_LINE),
	  WHERE_BOOT, UNDO_NOTHING, papr_command_line_step, NULL },
	{ "memory-map", CAP(FIRMWARE) | CAP(COMMAND_LINE) | CAP(LAYOUT), CAP(MEMORY_MAP),
	  WHERE_BOOT, UNDO_NOTHING, papr_memory_map_step, NULL },
	{ "page-tables", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(FIRMWARE), CAP(PAGE_TABLES),
	  WHERE_BOOT, UNDO_NOTHING, opal_tables_step, NULL },
	{ "clock", CAP(FIRMWARE), CAP(CLOCK),
	  WHERE_BOOT, UNDO_NOTHING, papr_clock_step, NULL },
	{ "nodes", CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES), CAP(NODES),
	  WHERE_BOOT, UNDO_NOTHING, papr_nodes_step, NULL },
	{ "cpu-ids", CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(NODES), CAP(CPU_IDS),
	  WHERE_BOOT, UNDO_NOTHING, cpu_ids_step, NULL },
	{ "boot-unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS),
	  CAP(UNITS) | CAP(UNIT) | CAP(STACK),
	  WHERE_BOOT, UNDO_NOTHING, boot_unit_step, NULL },
	{ "interrupts", CAP(CPU_IDS) | CAP(UNIT), CAP(INTERRUPTS),
	  WHERE_BOOT, UNDO_NOTHING, interrupts_step, NULL },

	{ "unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS),
	  CAP(UNIT) | CAP(STACK),
	  WHERE_PREPARE, UNDO_STEP, cpu_memory_create, cpu_memory_destroy },

	{ "start", CAP(CPU_IDS) | CAP(INTERRUPTS) | CAP(CLOCK) | CAP(UNIT) | CAP(STACK), CAP(STARTED),
	  WHERE_START, UNDO_NOTHING, start_step, NULL },

	{ "trap-vectors", CAP(PERCPU_BASE) | CAP(PAGE_TABLES) | CAP(UNIT) | CAP(STACK), CAP(DESCRIPTORS),
	  WHERE_ONLINE, UNDO_NOTHING, papr_trap_vectors_step, NULL },
	{ "cpu-check", CAP(CPU_IDS) | CAP(DESCRIPTORS) | CAP(UNIT) | CAP(STACK), CAP(CPU_CHECKED),
	  WHERE_ONLINE, UNDO_NOTHING, papr_cpu_check_step, NULL },
	{ "stack-marks", CAP(LAYOUT) | CAP(STACK), 0,
	  WHERE_ONLINE, UNDO_NOTHING, stack_marks_step, NULL },
	{ "local-interrupts", CAP(INTERRUPTS) | CAP(CPU_CHECKED) | CAP(DESCRIPTORS), CAP(CPU_INTERRUPT),
	  WHERE_ONLINE, UNDO_NOTHING, nothing_step, NULL },
	{ "call-queue", CAP(UNIT) | CAP(CPU_INTERRUPT), CAP(CALL_QUEUE),
	  WHERE_ONLINE, UNDO_STEP, call_queue_open, call_queue_close },
	{ "online", CAP(CALL_QUEUE) | CAP(CPU_CHECKED) | CAP(CPU_IDS), CAP(ONLINE),
	  WHERE_ONLINE, UNDO_NOTHING, online_step, NULL },
	/* clang-format on */
};

static const struct bringup_table table = {
	.platform = "opal",
	.steps = steps,
	.count = sizeof(steps) / sizeof(steps[0]),
};

const struct platform platform_opal = {
	.name = "opal",
	.detect = opal_detect,
	.table = &table,
	.hypervisor = opal_hypervisor,
	.emergency_console = opal_emergency_console,
	.power_off = opal_power_off,
};

/* SPDX-License-Identifier: MIT */
/* The PC: ACPI, local APICs, INIT and start-up IPIs. What its files share. */
#ifndef PLATFORM_PC_PC_H
#define PLATFORM_PC_PC_H

#include "arch/x86_64/trap.h"
#include "core/cpu_table.h"
#include "firmware/acpi.h"
#include "platform/pc/pc_boot.h"
#include "platform/platform.h"

#include <muster/layout.h>

extern const struct platform platform_pc;

/* What the boot protocol and the firmware said; filled in by the steps named. */
struct pc_firmware {
	struct pc_boot boot;   /* command-line */
	struct acpi_root root; /* firmware */
	struct acpi_table madt_table;
	struct acpi_madt madt;	 /* cpu-ids */
	struct acpi_power power; /* firmware; zero if there is none */
};
extern struct pc_firmware pc_firmware;

/* pc.c: what only joins core and arch, for the tables of guests that are PCs in this respect. */
int pc_layout_step(cpu_t cpu);
int pc_tables_step(cpu_t cpu);
int pc_nodes_step(cpu_t cpu);
int pc_boot_stacks_step(cpu_t cpu);
/* Step `firmware` where the clock is to be measured from there on, and that step `clock`. */
int pc_firmware_timed_step(cpu_t cpu);
int pc_clock_step(cpu_t cpu);

/* pc_firmware.c */
int pc_command_line_step(cpu_t cpu);
int pc_memory_map_step(cpu_t cpu);
/* The same where the memory map comes from elsewhere: from a function like pc_boot_memory_map_read(). */
typedef int pc_memory_map_reader(boot_range_function *range, void *context);
int pc_memory_map_build(pc_memory_map_reader *read);
/* The first address that the CPU or the direct map does not reach: RAM from there on is left out. */
uint64_t pc_ram_limit(void);
int pc_firmware_step(cpu_t cpu);

/* pc_ids.c */
int pc_cpu_ids_step(cpu_t cpu);
/*
 * The same for a guest with a MADT whose hypervisor has ids of its own. The function says what one of
 * its CPUs is called: uid (FWID_UNKNOWN_VALUE: the MADT does not have it) and APIC id are the firmware's;
 * running: it is the CPU that asks.
 */
typedef vcpu_id_t pc_vcpu_id_function(uint32_t uid, uint32_t apic_id, bool running);
int pc_cpu_ids_read(pc_vcpu_id_function *vcpu_id);

/* pc_spares.c: each processor of the MADT is shown, and then the records are made. */
typedef struct cpu_description pc_describe_function(const struct acpi_processor *processor);
void pc_spares_see(const struct acpi_processor *processor);
void pc_spares_add(pc_describe_function *describe, hwid_t boot);

/* pc_nodes.c */
int pc_nodes_read(void);
/* The node of a processor, NODE_ANY when the SRAT does not say. Needs step `nodes`. */
uint32_t pc_node_of(uint32_t apic_id);
/* The CPU table is complete: name processors that only one of SRAT and MADT knows. */
void pc_nodes_compare(void);

/* pc_start.c */
int pc_interrupts_step(cpu_t cpu);
int pc_local_apic_step(cpu_t cpu);
void pc_local_apic_undo(cpu_t cpu);
int pc_start_step(cpu_t cpu);
void pc_name_unknown(void);
void pc_kick(cpu_t cpu);
/* Step `interrupts` for a guest with local APICs: who takes a call, how a CPU is told of one, and how one is
 * reset. What a local APIC sends that nobody asked for is taken, and named where it is odd. */
int pc_interrupts_begin(trap_handler *call, void (*kick)(cpu_t cpu), int (*reset_one)(cpu_t cpu));

int pc_start_code_step(cpu_t cpu);
void pc_start_code_undo(cpu_t cpu);
void pc_start_undo(cpu_t cpu);

/* What the rows of a PC's table call: the steps above; or, in an image that has it, pc_wake.c, which makes the
 * same steps and takes CPUs that wait from where they are. */
int pc_memory_map_row(cpu_t cpu);
int pc_start_code_row(cpu_t cpu);
int pc_start_row(cpu_t cpu);

/* pc_wake.c: RAM, and ACPI's part of it, that this kernel was told of and does not reach. The next one may. */
#define PC_LEFT_OUT_MAX 16u
struct pc_left_out {
	uint32_t count;
	struct {
		uint64_t base, size;
		uint32_t type; /* BOOT_RANGE_* */
	} ranges[PC_LEFT_OUT_MAX];
};
extern struct pc_left_out pc_left_out;

/* pc_mailbox.c: set up what the MADT says, if it says something that can be used. */
int pc_mailbox_begin(void);
void pc_mailbox_end(void);
bool pc_mailbox_exists(void);
/* Is it the firmware that this CPU waits with? Then it is started by the mailbox. */
bool pc_mailbox_holds(hwid_t hwid);
int pc_mailbox_start(hwid_t hwid);
/* It is started in another way: a word about that, where it is odd. */
void pc_mailbox_left_out(hwid_t hwid);
/* It waited in the park page, and not with the firmware. */
void pc_mailbox_released(hwid_t hwid);
/* A CPU has stopped: make sure that it is with the firmware again, if that takes it. */
void pc_mailbox_took_back(hwid_t hwid);
void pc_mailbox_say(void);
/*
 * Handovers. The kernel before us: which CPUs are with the firmware no more, by its record; by a region without a
 * record that can be used, all of them may have been taken. And this one, when it leaves: say the same; and, where the
 * firmware takes CPUs back, is one that has left back there? 0, or MUSTER_E_NOT_SUPPORTED: then it can be had back
 * by nobody.
 */
struct handed_over;
struct handover_list;
void pc_mailbox_after(const struct handed_over *handed, const struct firmware_reader *reader);
void pc_mailbox_tell(struct handover_list *list);
int pc_mailbox_put_away(cpu_t cpu);
/* pc_hotplug.c */
int pc_hotplug_poll(struct platform_news *news);
int pc_hotplug_eject(cpu_t cpu);

/* i386/pc_layout.c: a hole at the top of the address space, ordered by a word of the command line. */
#ifdef __i386__
#define PC_WORDS_I386 1
int pc_hole_reserve(struct layout_draft *draft);
/* Low memory of a PC with 32-bit addresses: with less there is nothing to try. */
#define PC_LOW_MEMORY_LEAST UINT64_C(0x1000000)
#else
#define PC_WORDS_I386 0
#endif

/* pc_power.c */
#define PC_WORDS (2 + PC_WORDS_I386)
extern const struct command_line_word pc_words[PC_WORDS];
void pc_emergency_console(void);
int pc_console_step(cpu_t cpu);
int pc_console_choose(void);
void pc_power_off(int status);

#endif

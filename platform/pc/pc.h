/* SPDX-License-Identifier: MIT */
/* The PC: ACPI, local APICs, INIT and start-up IPIs. What its files share. */
#ifndef PLATFORM_PC_PC_H
#define PLATFORM_PC_PC_H

#include "firmware/acpi.h"
#include "platform/pc/pc_boot.h"
#include "platform/platform.h"

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

/* pc_firmware.c */
int pc_command_line_step(cpu_t cpu);
int pc_memory_map_step(cpu_t cpu);
int pc_firmware_step(cpu_t cpu);

/* pc_ids.c */
int pc_cpu_ids_step(cpu_t cpu);

/* pc_start.c */
int pc_interrupts_step(cpu_t cpu);
int pc_local_apic_step(cpu_t cpu);
void pc_local_apic_undo(cpu_t cpu);
int pc_start_step(cpu_t cpu);
void pc_name_unknown(void);
void pc_kick(cpu_t cpu);

/* pc_power.c */
#define PC_WORDS 2
extern const struct command_line_word pc_words[PC_WORDS];
int pc_console_step(cpu_t cpu);
int pc_console_choose(void);
void pc_power_off(int status);

#endif

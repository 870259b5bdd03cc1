/* SPDX-License-Identifier: MIT */
/* PAPR: pseries guests of PowerVM, KVM and QEMU. What its files share. */
#ifndef PLATFORM_PAPR_PAPR_H
#define PLATFORM_PAPR_PAPR_H

#include "firmware/device_tree.h"
#include "platform/platform.h"

extern const struct platform platform_papr;

/* What the firmware said: filled in by step `device-tree`, but what other steps are named for. */
struct papr_firmware {
	struct device_tree tree;
	uint64_t tree_physical;
	struct device_tree_agreed agreed;
	struct device_tree_chosen chosen;
	struct device_tree_rtas rtas;
	struct device_tree_processor processor;
	struct device_tree_interrupts interrupts;
	bool affinity_told; /* affinity is filled in */
	struct device_tree_affinity affinity;
	bool negotiated;  /* ibm,client-architecture-support was called, and went well */
	bool translation; /* radix was agreed on */
	/* There is no hypervisor (platform/opal): no call is made, real mode reaches all memory, and CPUs but
	 * the one that runs are not to be had. */
	bool bare;
};
extern struct papr_firmware papr_firmware;

/* papr_firmware.c */
int papr_device_tree_step(cpu_t cpu);
/* Of that step: the tree that r3 leads to, and what everybody wants of it. */
int papr_flattened_open(void);
int papr_tree_read(void);

/* papr.c: rows that platform/opal has too. */
int papr_clock_step(cpu_t cpu);
int papr_trap_vectors_step(cpu_t cpu);
int papr_cpu_check_step(cpu_t cpu);

/* papr_openfirmware.c: with Open Firmware, while it is there. Puts the tree in papr_firmware.tree and RTAS in
 * its place; then the firmware is gone, but for RTAS. */
int papr_openfirmware_read(void);

/* papr_memory.c */
int papr_layout_step(cpu_t cpu);
int papr_command_line_step(cpu_t cpu);
int papr_memory_map_step(cpu_t cpu);
int papr_tables_step(cpu_t cpu);
/* Can a CPU use what lies there, with translation as it is? */
bool papr_reachable(uint64_t address);
/* For a handover. Where the process table is that the hypervisor has been told of; 0: nowhere. And interrupts come
 * with translation on, or off. Returns the hypercall's status. */
uint64_t papr_process_table(void);
long papr_interrupt_location(bool translation);

/* papr_ids.c */
int papr_nodes_step(cpu_t cpu);
int papr_cpu_ids_step(cpu_t cpu);
/* The node of a thread by its number and place: the hypervisor's word goes before the tree's. */
uint32_t papr_node_of(const struct device_tree_cpu *cpu);

/* papr_interrupts.c */
#define PAPR_WORDS 1
extern const struct command_line_word papr_words[PAPR_WORDS];
int papr_interrupts_step(cpu_t cpu);
int papr_interrupt_queue_step(cpu_t cpu);
void papr_interrupt_queue_undo(cpu_t cpu);
int papr_local_interrupts_step(cpu_t cpu);
void papr_local_interrupts_undo(cpu_t cpu);

/* papr_start.c */
int papr_start_code_step(cpu_t cpu);
void papr_start_code_undo(cpu_t cpu);
int papr_start_step(cpu_t cpu);
void papr_start_undo(cpu_t cpu);
/* One that has said that it stops: until RTAS says so too. 0, or MUSTER_E_BUSY with a line. */
int papr_wait_stopped(cpu_t cpu);

/* papr_hotplug.c */
int papr_hotplug_poll(struct platform_news *news);
int papr_hotplug_eject(cpu_t cpu);

/* papr_guest.c */
int papr_boot_areas_step(cpu_t cpu);
struct papr_home;
struct papr_home *papr_home(void);

/* papr_power.c */
void papr_emergency_console(void);
int papr_console_step(cpu_t cpu);
/* The terminal that the tree names, instead of the first. */
void papr_console_unit(uint32_t unit);
void papr_power_off(int status);
/* With RTAS's call of that number: comes back only when that failed, with its status. */
int32_t papr_power_off_by(uint32_t token);
/* By way of Open Firmware, as long as it is there; else nothing. */
void papr_openfirmware_power_off(void);

#endif

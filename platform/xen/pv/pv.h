/* SPDX-License-Identifier: MIT */
/*
 * The PV guest of Xen: it runs in ring 3 on page tables that only Xen writes, with event channels for
 * interrupts and hypercalls for the rest. What its files share.
 */
#ifndef PLATFORM_XEN_PV_PV_H
#define PLATFORM_XEN_PV_PV_H

#include "core/machine.h"
#include "platform/platform.h"
#include "platform/xen/hypercall.h"
#include "platform/xen/pv/pv_boot.h"

extern const struct platform platform_xen_pv;

/* What Xen said at the start; filled in by step `hypervisor`. */
extern struct pv_boot pv_boot;

/* From assembly (entry_xen_pv.S), in this order. The first runs without a per-CPU base: traps are reported
 * from then on, and a base can be loaded. */
void xen_pv_early(void);
void xen_pv_start(uintptr_t start_info) __attribute__((noreturn));
void xen_pv_callback_unexpected(uint32_t which) __attribute__((noreturn));
/* In it. */
void xen_pv_secondary_entry(void);
void xen_pv_stop_this_cpu(uint32_t *state_word, uint32_t state) __attribute__((noreturn));
extern const char xen_pv_trap_stubs[], xen_pv_upcall[], xen_pv_failsafe[], xen_pv_syscall[];

/* pv_start.c: words of the command line; the end. Has xen_pv_early() been called? */
bool pv_began(void);
#define PV_WORDS 2
extern const struct command_line_word pv_words[PV_WORDS];
bool pv_two_level_wanted(void);
int pv_console_step(cpu_t cpu);
void pv_power_off(int status);

/* pv_trap.c: trap table and callbacks, for the boot CPU, and into what another CPU begins with. */
void pv_traps_early(void);
int pv_callbacks_step(cpu_t cpu);
void pv_traps_into(struct vcpu_guest_context *context);

/* pv_gdt.c: a GDT for each CPU. Its page: PREPARE, and BOOT for the boot CPU, whose GDT that loads; into
 * what another CPU begins with; and ONLINE, segments from it. */
int pv_gdt_create(cpu_t cpu);
void pv_gdt_destroy(cpu_t cpu);
int pv_gdt_boot_step(cpu_t cpu);
void pv_gdt_boot_undo(cpu_t cpu);
void pv_gdt_into(struct vcpu_guest_context *context, cpu_t cpu);
int pv_segments_step(cpu_t cpu);
void pv_segments_undo(cpu_t cpu);

/* pv_memory.c */
int pv_hypervisor_step(cpu_t cpu);
int pv_command_line_step(cpu_t cpu);
int pv_layout_step(cpu_t cpu);
int pv_memory_map_step(cpu_t cpu);
int pv_clock_step(cpu_t cpu);

/* pv_page_table.c: see there. Physical addresses are pseudo-physical: 0 ... nr_pages, ours; machine
 * addresses are Xen's. */
int pv_fixmap_step(cpu_t cpu);
uintptr_t pv_fixmap_set(uint32_t slot, uint64_t machine, enum map_protection protection);
int pv_page_tables_step(cpu_t cpu);
/* The machine's frame for a physical address; UINT64_MAX: there is none. */
uint64_t pv_frame(uint64_t physical);
/* CR3 for another CPU: that of the kernel's own tables. */
uint64_t pv_root_machine(void);

/* pv_vcpu.c */
int pv_cpu_ids_step(cpu_t cpu);
int pv_initialise_step(cpu_t cpu);
int pv_up_step(cpu_t cpu);
void pv_up_undo(cpu_t cpu);
int pv_reset(cpu_t cpu);
void pv_stop_others(void);
int pv_send_nmi(cpu_t cpu);

#endif

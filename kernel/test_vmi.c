// SPDX-License-Identifier: MIT
/*
 * test=vmi: the hypervisor's part of the address space is out of reach on every CPU, and costs no more low
 * memory than it must; the ROM was told of all low memory before it was looked at, and page tables, CPUs and
 * returns from traps go through it. By the counts of a ROM that has them; after the other tests, which take
 * CPUs down and up.
 */
#include "kernel/tests.h"

#include <muster/fault.h>
#include <muster/vmi.h>

/* Only where there is VMI, and an image that has it. */
#pragma weak vmi_is_active
#pragma weak vmi_hole_start
#pragma weak vmi_low_memory_lost
#pragma weak vmi_segments_last
#pragma weak vmi_rom_calls
#pragma weak vmi_rom_fact

/* Numbers of VMI 3.0. */
#define CALL_IRET	       33
#define CALL_SET_PXE_LONG      39
#define CALL_ALLOCATE_PAGE     44
#define CALL_SET_INITIAL_STATE 62

#define ADDRESSES	       UINT64_C(0x100000000)
#define PAGE		       4096u
#define TABLE_REACH	       (UINT64_C(1) << 21) /* what one entry of a page directory maps */

static void take_last(void *argument)
{
	*(uint32_t *)argument = vmi_segments_last();
}

static void try_hole(void *argument)
{
	uint32_t hole = vmi_hole_start();
	uint32_t middle = hole + (uint32_t)((ADDRESSES - hole) / 2);

	*(bool *)argument = fault_on_read(hole) && fault_on_write(hole) && fault_on_read(middle) &&
			    fault_on_read(UINT32_MAX) && fault_on_execute(middle);
}

static void nothing(void *unused)
{
	(void)unused;
}

static void test_hole(struct ktap *ktap)
{
	uint64_t hole = vmi_hole_start();
	uint64_t size = hole ? ADDRESSES - hole : 0;
	uint64_t rounded = (size + TABLE_REACH - 1) & ~(TABLE_REACH - 1);
	/* Without a hole the last entry is nobody's: the fixmap ends where its last page has an address
	 * behind it. */
	uint64_t lost = rounded > TABLE_REACH ? rounded - TABLE_REACH : 0;
	uint32_t reached = 0, kept_out = 0;

	ktap_note(ktap, "the hole has %#jx bytes, and takes %#jx of low memory", size,
		  vmi_low_memory_lost());
	ktap_result(ktap, vmi_low_memory_lost() == lost,
		    "vmi: low memory lost is the hole, rounded to one page-table entry");
	ktap_result(ktap, vmi_rom_fact(VMI_ROM_HOLE_MAPPED) == 0, "vmi: nothing is mapped in it");
	ktap_result(ktap, vmi_rom_fact(VMI_ROM_SEGMENTS) == 0, "vmi: no segment was refused");
	for (uint32_t i = 0; i < cpu_online_count(); i++) {
		uint32_t last = 0;
		bool faults = false;

		(void)cpu_call(cpu_from_number(i), take_last, &last);
		reached += last == (uint32_t)(hole - 1);
		if (hole)
			(void)cpu_call(cpu_from_number(i), try_hole, &faults);
		kept_out += faults;
	}
	ktap_result(ktap, reached == cpu_online_count(),
		    "vmi: every CPU's segments end where it begins");
	if (hole)
		ktap_result(ktap, kept_out == cpu_online_count(),
			    "vmi: every access to it faults, on every CPU");
	else
		ktap_skip(ktap, "vmi: every access to it faults, on every CPU", "there is none");
}

static void test_mapping(struct ktap *ktap)
{
	uint64_t end = (uint64_t)vmi_rom_fact(VMI_ROM_MAPPING_START) +
		       (uint64_t)vmi_rom_fact(VMI_ROM_MAPPING_PAGES) * PAGE;
	struct percpu_handle handle;
	int64_t entries, tables;

	ktap_result(ktap,
		    vmi_rom_fact(VMI_ROM_MAPPINGS) == 1 && vmi_rom_fact(VMI_ROM_MAPPING_FRAME) == 0,
		    "vmi: the linear mapping was told once, from frame 0");
	/* Up to the windows: all that low memory can be, however little there is of it. */
	ktap_result(ktap,
		    end > (uintptr_t)percpu_unit(cpu_this()) - (UINT64_C(64) << 20) &&
			    end <= (uintptr_t)percpu_unit(cpu_from_number(0)),
		    "vmi: it covers all low memory that there can be");
	ktap_result(ktap, vmi_rom_fact(VMI_ROM_UNMAPPED) == 0,
		    "vmi: every page-table entry that was set lay in it");
	ktap_result(ktap, vmi_rom_calls(CALL_ALLOCATE_PAGE) > 0, "vmi: tables were told");
	entries = vmi_rom_calls(CALL_SET_PXE_LONG);
	handle = percpu_alloc(percpu_unit_size(), 64);
	tables = vmi_rom_calls(CALL_SET_PXE_LONG) - entries;
	ktap_note(ktap, "%jd entries were set for a percpu_alloc()", tables);
	ktap_result(ktap, !percpu_error(handle) && tables > 0,
		    "vmi: page-table entries are set through the ROM");
	(void)percpu_free(handle);
}

static void test_cpus(struct ktap *ktap)
{
	int64_t others = (int64_t)cpu_online_count() - 1;
	int64_t returns = vmi_rom_calls(CALL_IRET);

	ktap_result(ktap,
		    vmi_rom_fact(VMI_ROM_STARTED) >= others &&
			    vmi_rom_calls(CALL_SET_INITIAL_STATE) >= others,
		    "vmi: every other CPU was started by SetInitialAPState");
	if (!others) {
		ktap_skip(ktap, "vmi: traps return through the ROM", "there is one CPU");
		return;
	}
	for (int i = 0; i < 8; i++)
		(void)cpu_call(test_last_cpu(), nothing, NULL);
	ktap_result(ktap, vmi_rom_calls(CALL_IRET) > returns, "vmi: traps return through the ROM");
}

void test_vmi(struct ktap *ktap)
{
	if (!vmi_is_active || !vmi_is_active()) {
		ktap_result(ktap, false, "vmi: there is a ROM, and it is used");
		return;
	}
	if (vmi_rom_calls(CALL_IRET) < 0) {
		ktap_result(ktap, false, "vmi: the ROM counts what it is asked");
		return;
	}
	test_hole(ktap);
	test_mapping(ktap);
	test_cpus(ktap);
}

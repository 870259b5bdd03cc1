// SPDX-License-Identifier: MIT
/*
 * What every CPU is doing in bring-up and since when: the current, last finished and failed step,
 * the time stamps. Written by the runner; read by the report, by
 * panics and by the NMI that asks a hung guest where it is. Must never wait for another CPU.
 *
 * The boot CPU's progress is kept here, because it begins before there is a CPU table; the others'
 * is in their records.
 */
#include "core/machine.h"
#include "core/runner.h"
#include "core/string.h"

#include <muster/arch/cpu.h>
#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>

/* An image may leave the records out: core/image_choice.h. */
#pragma weak progress_record_step
#pragma weak progress_record_where
#pragma weak progress_record_failed

struct bringup_rows bringup_rows;

static struct step_progress boot_progress = { STEP_NONE, STEP_NONE, STEP_NONE, 0 };
static struct step_stamp boot_stamps[BRINGUP_STEPS_MAX];
static uint64_t entry_ticks;
static bool over;
uint64_t progress_boot = UINT64_MAX;

const struct bringup_table *bringup_table_current(void)
{
	return bringup_rows.table;
}

void bringup_entry_mark(void)
{
	entry_ticks = counter_read();
}

bool bringup_is_over(void)
{
	return __atomic_load_n(&over, __ATOMIC_RELAXED);
}

void bringup_over(void)
{
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
}

uint64_t bringup_entry_ticks(void)
{
	return entry_ticks;
}

uint64_t bringup_online_ticks(cpu_t cpu)
{
	return cpu.number < cpu_possible_count() ? cpu_record(cpu)->online_ticks : 0;
}

void progress_begin(const struct bringup_table *table)
{
	uint32_t where = 0;

	bringup_rows.table = table;
	for (size_t row = 0; table && row < table->count; row++)
		while (where <= table->steps[row].where && where < WHERE_COUNT)
			bringup_rows.first[where++] = (uint8_t)row;
	while (where <= WHERE_COUNT)
		bringup_rows.first[where++] = table ? (uint8_t)table->count : 0;
	progress_boot = UINT64_MAX;
	boot_progress = (struct step_progress){ STEP_NONE, STEP_NONE, STEP_NONE, 0 };
	memset(boot_stamps, 0, sizeof(boot_stamps));
}

static bool has_record(cpu_t cpu)
{
	return cpu.number && cpu.number < cpu_possible_count();
}

/* Read in whole values, for an NMI asks too. What it is at is also what it does for another. */
static struct step_progress boot_progress_now(void)
{
	uint64_t at = __atomic_load_n(&progress_boot, __ATOMIC_RELAXED);

	return (struct step_progress){
		.now = at != UINT64_MAX ? (uint8_t)(at >> 32)
					: __atomic_load_n(&boot_progress.now, __ATOMIC_RELAXED),
		.finished = __atomic_load_n(&boot_progress.finished, __ATOMIC_RELAXED),
		.failed = __atomic_load_n(&boot_progress.failed, __ATOMIC_RELAXED),
		.error = __atomic_load_n(&boot_progress.error, __ATOMIC_RELAXED),
	};
}

static struct step_progress progress_of(cpu_t cpu)
{
	const struct cpu_record *record;

	if (!cpu.number)
		return boot_progress_now();
	if (!has_record(cpu))
		return (struct step_progress){ STEP_NONE, STEP_NONE, STEP_NONE, 0 };
	record = cpu_record(cpu);
	return (struct step_progress){
		.now = __atomic_load_n(&record->step_now, __ATOMIC_RELAXED),
		.finished = __atomic_load_n(&record->step_finished, __ATOMIC_ACQUIRE),
		.failed = __atomic_load_n(&record->step_failed, __ATOMIC_RELAXED),
		.error = __atomic_load_n(&record->error, __ATOMIC_RELAXED),
	};
}

uint8_t progress_row_now(cpu_t cpu)
{
	return progress_of(cpu).now;
}

static struct step_stamp *stamp_of(size_t row, cpu_t cpu)
{
	struct cpu_record *record;

	if (!cpu.number)
		return &boot_stamps[row];
	if (!has_record(cpu) || row < phase_begin(WHERE_PREPARE))
		return NULL;
	record = cpu_record(cpu);
	return record->stamps ? record_stamp(record, row) : NULL;
}

int progress_stamps_create(void)
{
	size_t rows = bringup_rows.table->count - phase_begin(WHERE_PREPARE);
	size_t bytes = rows * sizeof(struct step_stamp);
	uint32_t others = cpu_possible_count() - 1;
	struct step_stamp *stamps;
	uint64_t physical;

	if (!others)
		return 0;
	physical = mem_alloc(bytes * others, 0, .owner = "step stamps");
	if (!physical)
		return MUSTER_E_NO_MEMORY;
	stamps = machine_get()->direct(physical);
	memset(stamps, 0, bytes * others);
	for_each_other_record (record)
		record->stamps = stamps + rows * (record->number - 1);
	return 0;
}

/* Which steps are announced: those of the boot CPU's own and of the first other CPU. The others'
 * are seen through the wait and the NMI; announcing each would cost more than the steps. */
static bool announced(size_t row, cpu_t cpu)
{
	enum step_where where = bringup_rows.table->steps[row].where;

	if (where == WHERE_PREPARE || where == WHERE_START)
		return cpu.number == 1;
	return !cpu.number;
}

void bringup_announce(cpu_t cpu, uintptr_t stack_pointer)
{
	size_t row = progress_of(cpu).now;

	if (!cpu.number) {
		uint64_t at = __atomic_load_n(&progress_boot, __ATOMIC_RELAXED);

		row = (size_t)(at >> 32);
		cpu = cpu_from_number((uint32_t)at);
	}
	if (progress_record_where && bringup_rows.table && row < bringup_rows.table->count)
		progress_record_where(row, cpu, stack_pointer);
}

void progress_boot_waits(void)
{
	__atomic_store_n(&boot_progress.now, boot_progress_now().now, __ATOMIC_RELAXED);
	__atomic_store_n(&progress_boot, UINT64_MAX, __ATOMIC_RELAXED);
}

void progress_announce(size_t row, cpu_t cpu)
{
	if (progress_record_step && announced(row, cpu))
		progress_record_step(row, cpu);
}

/* What is kept is the first time that it was finished: the timeline is that of bring-up. */
void progress_boot_now(size_t row)
{
	cpu_t boot = cpu_from_number(0);

	progress_announce(row, boot);
	progress_boot_at(row, boot);
	if (!boot_stamps[row].end)
		boot_stamps[row].start = counter_read();
}

void progress_boot_finished(size_t row)
{
	if (!boot_stamps[row].end)
		boot_stamps[row].end = counter_read();
	__atomic_store_n(&boot_progress.finished, (uint8_t)row, __ATOMIC_RELAXED);
}

void progress_start_finished(size_t row, struct cpu_record *record)
{
	uint8_t finished = __atomic_load_n(&record->step_finished, __ATOMIC_RELAXED);

	while ((finished == STEP_NONE || finished < row) &&
	       !__atomic_compare_exchange_n(&record->step_finished, &finished, (uint8_t)row, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

void progress_set_failed(size_t row, cpu_t cpu, int error)
{
	if (cpu.number) {
		__atomic_store_n(&cpu_record(cpu)->step_failed, (uint8_t)row, __ATOMIC_RELAXED);
		__atomic_store_n(&cpu_record(cpu)->error, error, __ATOMIC_RELAXED);
	} else {
		__atomic_store_n(&boot_progress.failed, (uint8_t)row, __ATOMIC_RELAXED);
		__atomic_store_n(&boot_progress.error, error, __ATOMIC_RELAXED);
	}
	console_print("muster: CPU %u: step %s failed: %s\n", cpu.number,
		      bringup_rows.table->steps[row].name, muster_error_name(error));
	if (progress_record_failed)
		progress_record_failed(row, cpu, error);
}

void progress_clear(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);

	/* Other CPUs may be asking where this one is. */
	__atomic_store_n(&record->step_now, STEP_NONE, __ATOMIC_RELAXED);
	__atomic_store_n(&record->step_finished, STEP_NONE, __ATOMIC_RELEASE);
	__atomic_store_n(&record->step_failed, STEP_NONE, __ATOMIC_RELAXED);
	__atomic_store_n(&record->error, 0, __ATOMIC_RELAXED);
	record->given_up = 0;
}

struct step_stamp bringup_stamp(size_t step, cpu_t cpu)
{
	struct step_stamp *stamp = NULL;

	if (bringup_rows.table && step < bringup_rows.table->count)
		stamp = stamp_of(step, cpu);
	return stamp ? *stamp : (struct step_stamp){ 0, 0 };
}

static const char *row_name(uint8_t row)
{
	const struct bringup_table *table = bringup_rows.table;

	return table && row < table->count ? table->steps[row].name : "none";
}

const char *bringup_step_now(cpu_t cpu)
{
	return row_name(progress_of(cpu).now);
}

const char *bringup_step_finished(cpu_t cpu)
{
	return row_name(progress_of(cpu).finished);
}

const char *bringup_step_failed(cpu_t cpu)
{
	return row_name(progress_of(cpu).failed);
}

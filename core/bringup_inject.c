// SPDX-License-Identifier: MIT
/*
 * Failures and hangs on order: fail=STEP@CPU and hang=STEP@CPU, and the same by call. The runner asks
 * before it runs a step. One order at a time, taken once.
 */
#include "core/runner.h"
#include "core/string.h"

#include <muster/arch/cpu.h>
#include <muster/console.h>
#include <muster/error.h>

uint32_t injection_row = STEP_NONE;

/* The rest of the order; written before its row is. */
static struct {
	uint32_t cpu;
	bool hang;
} order;

static uint32_t order_row(void)
{
	return __atomic_load_n(&injection_row, __ATOMIC_ACQUIRE);
}

static void order_set(size_t row, uint32_t cpu, bool hang)
{
	order.hang = hang;
	order.cpu = cpu;
	__atomic_store_n(&injection_row, (uint32_t)row, __ATOMIC_RELEASE);
}

bool injection_taken(size_t row, cpu_t cpu)
{
	bool hang;

	if (order_row() != row || order.cpu != cpu.number)
		return false;
	hang = order.hang;
	__atomic_store_n(&injection_row, STEP_NONE, __ATOMIC_RELEASE);
	/* What a real hang is: interrupts as they were, no end, and no mercy. */
	while (hang)
		cpu_relax();
	return true;
}

static int find_row(const char *name, size_t length, size_t *row)
{
	const struct bringup_table *table = bringup_table_current();

	for (size_t i = 0; table && i < table->count; i++) {
		if (strlen(table->steps[i].name) == length &&
		    !memcmp(table->steps[i].name, name, length)) {
			*row = i;
			return 0;
		}
	}
	return MUSTER_E_NOT_FOUND;
}

/* Does the step ever run for that CPU? */
static bool runs_on(size_t row, uint32_t cpu)
{
	switch (bringup_table_current()->steps[row].where) {
	case WHERE_BOOT:
		return !cpu;
	case WHERE_PREPARE:
	case WHERE_START:
		return cpu;
	default:
		return true;
	}
}

static int inject(const char *name, uint32_t cpu, bool hang)
{
	size_t row;

	if (!name) {
		order_set(STEP_NONE, 0, false);
		return 0;
	}
	if (find_row(name, strlen(name), &row))
		return MUSTER_E_NOT_FOUND;
	if (!runs_on(row, cpu) || (cpu_possible_count() && cpu >= cpu_possible_count()))
		return MUSTER_E_INVALID;
	order_set(row, cpu, hang);
	return 0;
}

int bringup_inject_failure(const char *name, cpu_t cpu)
{
	return inject(name, cpu.number, false);
}

int bringup_inject_hang(const char *name, cpu_t cpu)
{
	return inject(name, cpu.number, true);
}

/* Decimal, at least one digit, at most 9. */
static bool read_number(const char *text, uint32_t *number)
{
	uint32_t value = 0;
	size_t digits = 0;

	for (; *text >= '0' && *text <= '9' && digits < 9; text++, digits++)
		value = value * 10 + (uint32_t)(*text - '0');
	*number = value;
	return digits && !*text;
}

int injection_read(const char *text, bool hang)
{
	const char *word = hang ? "hang" : "fail";
	uint32_t cpu = 0;
	size_t length = 0;
	size_t row;

	while (text[length] && text[length] != '@')
		length++;
	if (!text[length] || !read_number(text + length + 1, &cpu)) {
		console_print("muster: command line: %s=%s: not of the form STEP@CPU\n", word,
			      text);
		return MUSTER_E_INVALID;
	}
	if (find_row(text, length, &row)) {
		console_print("muster: command line: %s=%s: platform %s has no such step\n", word,
			      text, bringup_table_current()->platform);
		return MUSTER_E_INVALID;
	}
	if (!runs_on(row, cpu)) {
		console_print("muster: command line: %s=%s: this step never runs for CPU %u\n",
			      word, text, cpu);
		return MUSTER_E_INVALID;
	}
	if (order_row() != STEP_NONE) {
		console_print("muster: command line: %s=%s: one fail= or hang= at a time\n", word,
			      text);
		return MUSTER_E_INVALID;
	}
	order_set(row, cpu, hang);
	return 0;
}

/* Start-ups of that CPU that are still to be lost. Only the boot CPU starts CPUs. */
static struct {
	uint32_t cpu;
	uint32_t count;
} loss;

bool injection_loses(void)
{
	return loss.count;
}

bool injection_lost(cpu_t cpu)
{
	if (!loss.count || loss.cpu != cpu.number)
		return false;
	loss.count--;
	return true;
}

int bringup_inject_loss(cpu_t cpu, uint32_t count)
{
	if (count && (!cpu.number || cpu.number >= cpu_possible_count()))
		return MUSTER_E_INVALID;
	loss.cpu = cpu.number;
	loss.count = count;
	return 0;
}

int injection_read_lost(const char *text)
{
	char count[16];
	size_t length = 0;

	while (text[length] && text[length] != '@' && length + 1 < sizeof(count)) {
		count[length] = text[length];
		length++;
	}
	count[length] = '\0';
	if (text[length] != '@' || !read_number(count, &loss.count) ||
	    !read_number(text + length + 1, &loss.cpu) || !loss.cpu) {
		loss.count = 0;
		console_print(
			"muster: command line: lose=%s: not of the form COUNT@CPU, CPU from 1 on\n",
			text);
		return MUSTER_E_INVALID;
	}
	return 0;
}

static bool cpu_is_present(uint32_t cpu)
{
	return cpu < cpu_possible_count() && cpu_record(cpu_from_number(cpu))->present;
}

int injection_check(void)
{
	if (loss.count && !cpu_is_present(loss.cpu)) {
		console_print("muster: command line: lose at CPU %u: it is not present\n",
			      loss.cpu);
		return MUSTER_E_INVALID;
	}
	if (order_row() == STEP_NONE || cpu_is_present(order.cpu))
		return 0;
	console_print("muster: command line: %s at CPU %u: it is not present\n",
		      order.hang ? "hang" : "fail", order.cpu);
	return MUSTER_E_INVALID;
}

size_t injection_overdue(size_t row)
{
	uint32_t ordered = order_row();

	return ordered != STEP_NONE && !order.cpu && ordered <= row ? ordered : STEP_NONE;
}

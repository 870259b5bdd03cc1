// SPDX-License-Identifier: MIT
/*
 * The lines that say where bring-up is while it goes on (docs/report.md), for whoever watches the guest
 * from outside: a step that begins, a CPU that is waited for, a step that failed. Called from
 * bring-up, and from the NMI that asks a hung guest where it is. Must not wait for another CPU but for its line on the console.
 */
#include "core/console_early.h"
#include "core/image_choice.h"
#include "core/runner.h"

#include <muster/console.h>
#include <muster/error.h>

IMAGE_CHOICE(progress_records);

void progress_record_step(size_t row, cpu_t cpu)
{
	const struct bringup_step *step = &bringup_rows.table->steps[row];

	console_print_later("@muster 1 at step=%s where=%s cpu=%u\n", step->name,
			    step_where_name(step->where), cpu.number);
}

void progress_record_where(size_t row, cpu_t cpu, uintptr_t stack_pointer)
{
	const struct bringup_step *step = &bringup_rows.table->steps[row];

	console_print_from_nmi(stack_pointer, "@muster 1 at step=%s where=%s cpu=%u\n", step->name,
			       step_where_name(step->where), cpu.number);
}

void progress_record_failed(size_t row, cpu_t cpu, int error)
{
	char word[32];

	format_text(word, sizeof(word), "%s", muster_error_name(error));
	for (char *blank = word; *blank; blank++)
		if (*blank == ' ')
			*blank = '-';
	console_print("@muster 1 failed cpu=%u step=%s error=%s\n", cpu.number,
		      bringup_rows.table->steps[row].name, word);
}

/* Name one CPU that has been started and is not there yet. */
void progress_record_waiting(void)
{
	for_each_cpu (cpu) {
		enum cpu_state state = cpu_state(cpu);

		if (state != CPU_STARTING && state != CPU_ARRIVED)
			continue;
		console_print("@muster 1 waiting cpu=%u step=%s online=%u present=%u\n", cpu.number,
			      state == CPU_ARRIVED ? bringup_step_now(cpu) : "none",
			      cpu_online_count(), cpu_present_count());
		return;
	}
}

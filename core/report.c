// SPDX-License-Identifier: MIT
/*
 * Sends the report record (docs/report.md) over the console: what became of every CPU, when each
 * step ran, and the tests. Called by kernels at their end. Must never leave out a CPU.
 */
#include "core/cpu_table.h"
#include "core/hypercall_count.h"
#include "core/layout_current.h"
#include "core/machine.h"
#include "core/string.h"

#include <muster/muster.h>

#define PREFIX	 "@muster 1 "
#define LINE_MAX 512 /* bytes, with the prefix and the end of line */

static uint32_t records;

static void record(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void record(const char *format, ...)
{
	char line[LINE_MAX + 1 - sizeof(PREFIX "\n") + 1];
	va_list arguments;

	va_start(arguments, format);
	format_text_v(line, sizeof(line), format, arguments);
	va_end(arguments);
	console_print(PREFIX "%s\n", line);
	records++;
}

/* A number, or "-" for the value that means "unknown". */
static const char *known(char *buffer, size_t size, uint64_t value, uint64_t unknown)
{
	if (value == unknown)
		return "-";
	format_text(buffer, size, "%llu", (unsigned long long)value);
	return buffer;
}

static uint64_t since_entry(uint64_t ticks)
{
	uint64_t entry = bringup_entry_ticks();

	/* Another CPU's counter may be a little behind. */
	return ticks > entry ? clock_nanoseconds(ticks - entry) : 0;
}

static void send_guest(void)
{
	record("guest platform=%s arch=%s hypervisor=%s entry=%s possible=%u present=%u online=%u left_out=%u",
	       muster_platform(), muster_architecture(), muster_hypervisor(), muster_entry(),
	       cpu_possible_count(), cpu_present_count(), cpu_online_count(), cpu_table_left_out());
}

static void send_cpu(cpu_t cpu)
{
	uint64_t online = bringup_online_ticks(cpu);
	const struct cpu_record *of = cpu_record(cpu);
	char fwid[24], vcpu_id[24], node[24], ns[24];

	record("cpu cpu=%u hwid=0x%llx fwid=%s vcpu_id=%s node=%s state=%s unit=0x%llx online_ns=%s step=%s",
	       cpu.number, (unsigned long long)cpu_hwid(cpu).value,
	       known(fwid, sizeof(fwid), cpu_fwid(cpu).value, FWID_UNKNOWN_VALUE),
	       known(vcpu_id, sizeof(vcpu_id), of->vcpu_id.value, VCPU_ID_UNKNOWN_VALUE),
	       known(node, sizeof(node), cpu_node(cpu), NODE_ANY), cpu_state_name(cpu_state(cpu)),
	       (unsigned long long)percpu_unit(cpu),
	       known(ns, sizeof(ns), online ? since_entry(online) : UINT64_MAX, UINT64_MAX),
	       bringup_step_finished(cpu));
}

static void send_areas(cpu_t cpu)
{
	const struct area_table *table = area_table_current();

	for (size_t i = 0; table && i < table->count; i++) {
		struct area_info info = area_info(cpu, i);

		if (info.state != AREA_NONE)
			record("area cpu=%u kind=%s addr=0x%llx size=%u told=%u state=%s",
			       cpu.number, table->kinds[i].name, (unsigned long long)info.physical,
			       table->kinds[i].size, table->kinds[i].told,
			       area_state_name(info.state));
	}
}

static void send_stacks(cpu_t cpu)
{
	for (unsigned int kind = 0; kind < STACK_KINDS; kind++)
		if (stack_top(cpu, (enum stack_kind)kind))
			record("stack cpu=%u kind=%s size=%zu used=%zu", cpu.number,
			       stack_kind_name((enum stack_kind)kind),
			       stack_size((enum stack_kind)kind),
			       stack_high_water(cpu, (enum stack_kind)kind));
}

static void send_steps(cpu_t cpu)
{
	const struct bringup_table *table = bringup_table_current();

	for (size_t i = 0; table && i < table->count; i++) {
		struct step_stamp stamp = bringup_stamp(i, cpu);
		char end[24];

		if (!stamp.start)
			continue;
		record("step cpu=%u name=%s where=%s start_ns=%llu end_ns=%s", cpu.number,
		       table->steps[i].name, step_where_name(table->steps[i].where),
		       (unsigned long long)since_entry(stamp.start),
		       known(end, sizeof(end), stamp.end ? since_entry(stamp.end) : UINT64_MAX,
			     UINT64_MAX));
	}
}

/* Is no range before it that owner's? */
static bool is_first_of(size_t index, const char *owner)
{
	for (size_t i = 0; i < index; i++)
		if (mem_at(i)->owner && !strcmp(mem_at(i)->owner, owner))
			return false;
	return true;
}

/* What each owner of RAM has, with `-` for the blanks in its name. */
static void send_memory(void)
{
	for (size_t i = 0; i < mem_count(); i++) {
		const char *owner = mem_at(i)->owner;
		char word[32];

		if (!owner || mem_at(i)->kind != MEMORY_RAM || !is_first_of(i, owner))
			continue;
		format_text(word, sizeof(word), "%s", owner);
		for (char *blank = word; *blank; blank++)
			if (*blank == ' ')
				*blank = '-';
		record("memory owner=%s bytes=%llu", word, (unsigned long long)mem_owned_by(owner));
	}
}

static void send_hypercalls(void)
{
	struct hypercall_counted counted;

	for (size_t place = 0; hypercall_counted_next(&place, &counted);)
		record("hypercall step=%s call=%s count=%llu", counted.step, counted.call,
		       (unsigned long long)counted.count);
}

/* One part of the address space: its first and its last byte. */
static void send_part(const char *part, uint64_t first, uint64_t last, const char *owner)
{
	char word[32];

	format_text(word, sizeof(word), "%s", owner);
	for (char *blank = word; *blank; blank++)
		if (*blank == ' ')
			*blank = '-';
	record("layout part=%s first=0x%llx last=0x%llx owner=%s", part, (unsigned long long)first,
	       (unsigned long long)last, word);
}

static void send_layout(void)
{
	const struct layout *layout = layout_current();
	uint64_t last, fixmap_bytes, windows_bytes;
	const struct layout_hole *hole;

	if (!layout)
		return;
	/* Above the kernel there is a hole, or nothing. */
	last = layout_kernel_top(layout) - 1;
	for (uint32_t i = 0; (hole = layout_hole_at(layout, i)); i++)
		if (hole->start == layout_kernel_top(layout))
			last = hole->start + (hole->size - 1);
	fixmap_bytes = (uint64_t)layout_fixmap_slots(layout) * MEMORY_PAGE_SIZE;
	windows_bytes = layout_windows.count << layout_windows.shift;
	send_part("all", 0, last, "-");
	send_part("user", 0, layout_user_end(layout) - 1, "-");
	send_part("direct", layout_direct_start(layout),
		  layout_direct_start(layout) + (layout_direct_size(layout) - 1), "-");
	send_part("image", layout_image_start(layout), layout_image_end(layout) - 1, "-");
	send_part("windows", layout_window_start(layout),
		  layout_window_start(layout) + (windows_bytes - 1), "-");
	send_part("fixmap", layout_fixmap_start(layout),
		  layout_fixmap_start(layout) + (fixmap_bytes - 1), "-");
	for (uint32_t i = 0; (hole = layout_hole_at(layout, i)); i++)
		send_part("hole", hole->start, hole->start + (hole->size - 1), hole->owner);
}

void report_send(const struct ktap *tests, int status)
{
	records = 0;
	send_guest();
	for_each_cpu (cpu)
		send_cpu(cpu);
	for_each_cpu (cpu)
		send_areas(cpu);
	for_each_cpu (cpu)
		send_stacks(cpu);
	for_each_cpu (cpu)
		send_steps(cpu);
	if (!cpu_possible_count())
		send_steps(cpu_from_number(0));
	send_memory();
	send_layout();
	send_hypercalls();
	if (tests)
		record("tests passed=%u failed=%u", tests->passed, tests->failed);
	console_print(PREFIX "end records=%u status=%d\n", records, status);
}

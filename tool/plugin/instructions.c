// SPDX-License-Identifier: MIT
/*
 * A TCG plugin for QEMU: counts the instructions that each vCPU executes, cut into phases, and in each
 * phase work apart from waits, at the marks of include/muster/mark.h. Loaded by `muster bench`, or by
 * hand (docs/bench.md). Must never change what the guest does, nor count a wait as work.
 *
 * Counts are exact and repeat where the guest's path does: each instruction is counted when it begins,
 * so one that faults counts each time it is tried, and a string instruction with `rep` counts once an
 * iteration and once for its end, because QEMU executes it so. An instruction counts in the wait or phase that it is in; the
 * marks of a wait count in it, and that of a phase is the phase's first.
 *
 * Arguments: out=FILE, where the counts go when QEMU ends (default: its standard error); begin=ADDRESS
 * and end=ADDRESS: while a guest without marks is between these two instructions, counted from 0, all
 * vCPUs are in phase PEER_PHASE, and wait=FIRST-BEHIND (may be repeated): instructions at these
 * addresses are waits.
 */
#include "tool/plugin/qemu_plugin.h"

#include <muster/arch/x86_64/mark.h>
#include <muster/mark_number.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_1;

/* QEMU looks at the version after this, before it calls anything. */
__attribute__((constructor)) static void choose_version(void)
{
	if (qemu_plugin_read_memory_vaddr)
		qemu_plugin_version = QEMU_PLUGIN_API_4;
	else if (qemu_plugin_get_registers)
		qemu_plugin_version = QEMU_PLUGIN_API_2;
}

#define PHASES	  (MARK_PHASE_MAX + 1)
#define WAITS_MAX 8
/* Beside the numbers of marks, which have 8 bits: begin= and end=. */
#define PEER_BEGIN	0x100
#define PEER_END	0x101
#define PEER_PHASE	MARK_ARRIVE
#define PEER_AFTER	MARK_ONLINE
#define INSTRUCTION_MAX 15 /* bytes: Intel SDM vol. 2A, 2.3.11 */
#define NO_MARK		0x200
#define WAITS_BIT	12

/* One vCPU's. Written by its own thread only, and a cache line apart from the next one's. */
struct counts {
	uint64_t work[PHASES], waits[PHASES];
	uint32_t phase;
	uint32_t waiting; /* how many waits are open */
} __attribute__((aligned(64)));

/* Addresses from first to behind, without that. */
struct range {
	uint64_t first, behind;
};

static struct counts *counts;
static unsigned int vcpus;
static uint32_t strange; /* marks whose number means nothing here, and ends without a begin */
static uint32_t peer_phase;
static bool peer;
static uint64_t peer_begin, peer_end;
static struct range wait_ranges[WAITS_MAX];
static size_t wait_range_count;
static const char *out;

/* A callback's argument: the number of the mark, and whether the address is one of a wait. */
static void *argument_of(uint32_t mark, bool waits)
{
	return (void *)((uintptr_t)mark | (uintptr_t)waits << WAITS_BIT);
}

static void strange_mark(void)
{
	__atomic_fetch_add(&strange, 1, __ATOMIC_RELAXED);
}

static void phase_enter(struct counts *of, uint32_t mark)
{
	if (mark == PEER_BEGIN || mark == PEER_END)
		__atomic_store_n(&peer_phase, mark == PEER_BEGIN ? PEER_PHASE : PEER_AFTER,
				 __ATOMIC_RELAXED);
	else if (mark >= MARK_NUMBER_PHASE && mark < MARK_NUMBER_PHASE + PHASES)
		of->phase = mark - MARK_NUMBER_PHASE;
	else
		strange_mark();
}

static void count(struct counts *of, bool waits)
{
	uint32_t phase = peer ? __atomic_load_n(&peer_phase, __ATOMIC_RELAXED) : of->phase;
	uint64_t *place = waits || of->waiting ? &of->waits[phase] : &of->work[phase];

	/* The thread that ends QEMU reads it meanwhile. */
	__atomic_store_n(place, *place + 1, __ATOMIC_RELAXED);
}

static void executed(unsigned int vcpu, void *argument)
{
	if (vcpu < vcpus)
		count(&counts[vcpu], (uintptr_t)argument >> WAITS_BIT);
}

static void mark_executed(unsigned int vcpu, void *argument)
{
	uint32_t mark = (uintptr_t)argument & ((1u << WAITS_BIT) - 1);
	struct counts *of;

	if (vcpu >= vcpus)
		return;
	of = &counts[vcpu];
	if (mark == MARK_NUMBER_WAIT_BEGIN)
		of->waiting++;
	else if (mark == MARK_NUMBER_WAIT_NONE)
		of->waiting = 0;
	else if (mark != MARK_NUMBER_WAIT_END)
		phase_enter(of, mark);
	count(of, (uintptr_t)argument >> WAITS_BIT);
	if (mark != MARK_NUMBER_WAIT_END)
		return;
	if (of->waiting)
		of->waiting--;
	else
		strange_mark();
}

/* An instruction's bytes, in `copy` or where QEMU has them. */
static const uint8_t *bytes_of(const struct qemu_plugin_insn *instruction, uint8_t *copy)
{
	uintptr_t found = qemu_plugin_insn_data(instruction, copy, INSTRUCTION_MAX);

	/* A count, or an address: no address is that small. */
	return found <= INSTRUCTION_MAX ? copy : (const uint8_t *)found;
}

/* The number of the mark that an instruction is, or NO_MARK. */
static uint32_t mark_of(const struct qemu_plugin_insn *instruction)
{
	static const uint8_t opcode[] = { X86_MARK_OPCODE_BYTES };
	uint8_t copy[INSTRUCTION_MAX] = { 0 };
	const uint8_t *bytes = bytes_of(instruction, copy);
	size_t size = qemu_plugin_insn_size(instruction);
	uint32_t displacement;

	/* The prefix of 16-bit code. */
	if (size && *bytes == 0x67) {
		bytes++;
		size--;
	}
	if (size != sizeof(opcode) + sizeof(displacement) || memcmp(bytes, opcode, sizeof(opcode)))
		return NO_MARK;
	memcpy(&displacement, bytes + sizeof(opcode), sizeof(displacement));
	return (displacement & ~UINT32_C(0xff)) == X86_MARK_BASE ? displacement & 0xff : NO_MARK;
}

/* The same for an address that was named. */
static uint32_t peer_mark_of(uint64_t address)
{
	return !peer		       ? NO_MARK
	       : address == peer_begin ? PEER_BEGIN
	       : address == peer_end   ? PEER_END
				       : NO_MARK;
}

static bool is_wait(uint64_t address)
{
	for (size_t i = 0; i < wait_range_count; i++)
		if (address >= wait_ranges[i].first && address < wait_ranges[i].behind)
			return true;
	return false;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
	size_t size = qemu_plugin_tb_n_insns(block);

	(void)id;
	for (size_t i = 0; i < size; i++) {
		struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
		uint64_t address = qemu_plugin_insn_vaddr(instruction);
		uint32_t mark = peer ? peer_mark_of(address) : mark_of(instruction);

		qemu_plugin_register_vcpu_insn_exec_cb(instruction,
						       mark != NO_MARK ? mark_executed : executed,
						       QEMU_PLUGIN_CB_NO_REGS,
						       argument_of(mark, is_wait(address)));
	}
}

static void write_counts(FILE *file)
{
	for (unsigned int vcpu = 0; vcpu < vcpus; vcpu++) {
		for (unsigned int phase = 0; phase < PHASES; phase++) {
			uint64_t work =
				__atomic_load_n(&counts[vcpu].work[phase], __ATOMIC_RELAXED);
			uint64_t waits =
				__atomic_load_n(&counts[vcpu].waits[phase], __ATOMIC_RELAXED);

			if (work || waits)
				fprintf(file,
					"instructions 1 vcpu=%u phase=%u work=%" PRIu64
					" waits=%" PRIu64 "\n",
					vcpu, phase, work, waits);
		}
	}
	fprintf(file, "instructions 1 end vcpus=%u strange=%" PRIu32 "\n", vcpus,
		__atomic_load_n(&strange, __ATOMIC_RELAXED));
}

/* However QEMU ends: by the guest, by its monitor, or by a signal that it can catch. */
static void at_exit(qemu_plugin_id_t id, void *unused)
{
	FILE *file = out ? fopen(out, "w") : stderr;

	(void)id;
	(void)unused;
	if (!file) {
		fprintf(stderr, "instructions: out=%s: %s\n", out, strerror(errno));
		return;
	}
	write_counts(file);
	if (out && fclose(file))
		fprintf(stderr, "instructions: out=%s: %s\n", out, strerror(errno));
}

static bool read_address(const char *text, char terminator, uint64_t *address, const char **behind)
{
	char *end;

	errno = 0;
	*address = strtoull(text, &end, 0);
	*behind = end;
	return *text >= '0' && *text <= '9' && !errno && *end == terminator;
}

static bool read_range(const char *text)
{
	struct range *range = &wait_ranges[wait_range_count];
	const char *behind;

	if (wait_range_count == WAITS_MAX || !read_address(text, '-', &range->first, &behind) ||
	    !read_address(behind + 1, '\0', &range->behind, &behind) ||
	    range->behind <= range->first)
		return false;
	wait_range_count++;
	return true;
}

static bool read_argument(const char *argument, bool *begun, bool *ended)
{
	const char *behind;

	if (!strncmp(argument, "out=", 4) && argument[4])
		return (out = strdup(argument + 4));
	if (!strncmp(argument, "begin=", 6))
		return *begun = read_address(argument + 6, '\0', &peer_begin, &behind);
	if (!strncmp(argument, "end=", 4))
		return *ended = read_address(argument + 4, '\0', &peer_end, &behind);
	return !strncmp(argument, "wait=", 5) && read_range(argument + 5);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc,
			char **argv)
{
	bool begun = false, ended = false;

	if (!info->system_emulation || strcmp(info->target_name, "x86_64")) {
		fprintf(stderr, "instructions: target %s: only a machine of x86_64 is counted\n",
			info->target_name);
		return -1;
	}
	for (int i = 0; i < argc; i++) {
		if (!read_argument(argv[i], &begun, &ended)) {
			fprintf(stderr,
				"instructions: %s: not out=FILE, begin=ADDRESS, end=ADDRESS or one of %d wait=FIRST-BEHIND\n",
				argv[i], WAITS_MAX);
			return -1;
		}
	}
	if (begun != ended) {
		fprintf(stderr, "instructions: begin= and end=: one needs the other\n");
		return -1;
	}
	peer = begun;
	vcpus = (unsigned int)info->system.max_vcpus;
	counts = aligned_alloc(64, vcpus * sizeof(*counts));
	if (!counts) {
		fprintf(stderr, "instructions: no memory for %u vCPUs\n", vcpus);
		return -1;
	}
	memset(counts, 0, vcpus * sizeof(*counts));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * The part of QEMU's interface for TCG plugins that ours uses, declared by hand because no distribution
 * ships the header. From QEMU's documentation, docs/devel/tcg-plugins.rst ("API"): version 1 of the
 * interface, which is that of QEMU 4.2 to 8.1, and those up to 4, of QEMU 8.2 to 10. What is declared here is the
 * same in all of them, but for one function. A QEMU refuses plugins of versions that it no longer knows
 * or does not know yet, so ours says the one that it finds.
 */
#ifndef TOOL_PLUGIN_QEMU_PLUGIN_H
#define TOOL_PLUGIN_QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Versions, and a function that each brought; NULL in a QEMU without it. */
#define QEMU_PLUGIN_API_1 1
#define QEMU_PLUGIN_API_2 2
#define QEMU_PLUGIN_API_4 4
void qemu_plugin_get_registers(void) __attribute__((weak));	/* since version 2 */
void qemu_plugin_read_memory_vaddr(void) __attribute__((weak)); /* since version 4 */
/* What QEMU looks up in a plugin. */
#define QEMU_PLUGIN_EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;

struct qemu_plugin_tb;	 /* a translation block: a straight run of instructions */
struct qemu_plugin_insn; /* one of them; neither outlives the translation callback */

/* What a plugin is told when it is loaded. */
struct qemu_plugin_info {
	const char *target_name;
	struct {
		int min, cur;
	} version;
	bool system_emulation;
	struct {
		int smp_vcpus, max_vcpus;
	} system;
};

_Static_assert(offsetof(struct qemu_plugin_info, version) == 8, "follows the name");
_Static_assert(offsetof(struct qemu_plugin_info, system_emulation) == 16, "follows the version");
_Static_assert(offsetof(struct qemu_plugin_info, system) == 20, "follows the flag, aligned to 4");
_Static_assert(sizeof(struct qemu_plugin_info) == 32, "");

/* What a callback may do with the guest's registers. */
enum qemu_plugin_cb_flags {
	QEMU_PLUGIN_CB_NO_REGS
};

typedef void qemu_plugin_translated_t(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void qemu_plugin_executed_t(unsigned int vcpu, void *argument);
typedef void qemu_plugin_exit_t(qemu_plugin_id_t id, void *argument);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_translated_t *called);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
					    qemu_plugin_executed_t *called,
					    enum qemu_plugin_cb_flags flags, void *argument);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_exit_t *called,
				    void *argument);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
/*
 * Before version 3 it takes the instruction alone and returns a pointer to its bytes; since then it copies
 * at most `size` bytes to `to` and returns how many. To be called with all arguments: functions that take
 * fewer do not look at the rest (System V ABI, AMD64 supplement, 3.2.3).
 */
uintptr_t qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction, void *to, size_t size);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);

/* Ours, called by QEMU. */
extern QEMU_PLUGIN_EXPORT int qemu_plugin_version;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info,
					   int argc, char **argv);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The part of QEMU's interface for TCG plugins that ours uses, declared by hand because no distribution
 * ships the header. From QEMU's documentation, docs/devel/tcg-plugins.rst ("API"), version 1 of the
 * interface, which is that of QEMU 4.2 to 8.x; later ones say what the oldest is that they still load.
 */
#ifndef TOOL_PLUGIN_QEMU_PLUGIN_H
#define TOOL_PLUGIN_QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_PLUGIN_API 1
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
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);

/* Ours, called by QEMU. */
extern QEMU_PLUGIN_EXPORT int qemu_plugin_version;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info,
					   int argc, char **argv);

#endif

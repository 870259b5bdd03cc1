// SPDX-License-Identifier: MIT
/*
 * QEMU's CPU hotplug registers, against a model of them that is written from their specification: what
 * is found, heard, acknowledged and ejected, and that no port is touched on a machine that is not QEMU's.
 */
#include "device/qemu_cpu_hotplug.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CPUS 6
#define Q35  0x29c08086u
#define I440 0x12378086u
#define QEMU 0x11001af4u

enum {
	ENABLED = 1,
	INSERTED = 2,
	REMOVE = 4,
	EJECT = 8
};

static struct {
	uint32_t bridge, subsystem;
	uint16_t base; /* 0: no block; reads as all ones */
	bool old;      /* the old form for ever: a bitmap of CPUs that are there */
	bool modern;   /* it has been told to change */
	uint32_t pci_address;
	uint32_t selector, cpus;
	uint8_t command;
	uint8_t status[CPUS];
	uint64_t id[CPUS];
	bool keeps;	      /* an eject does nothing */
	unsigned int touched; /* accesses to what is neither PCI's nor the block's */
	unsigned int accesses;
} model;

static bool in_block(uint16_t port)
{
	model.accesses++;
	if (model.accesses > 100000)
		fail_msg("it never ends");
	if (model.base && port >= model.base && port < model.base + 12)
		return true;
	model.touched++;
	return false;
}

static uint8_t read8(uint16_t port)
{
	if (!in_block(port))
		return 0xff;
	if (!model.modern)
		return (uint8_t)(port == model.base ? 1 : 0);
	if (model.selector >= model.cpus || port != model.base + 4)
		return 0;
	return model.status[model.selector];
}

static uint32_t read32(uint16_t port)
{
	if (port == 0xcfc)
		return model.pci_address == 0x80000000 ? model.bridge : model.subsystem;
	if (!in_block(port))
		return UINT32_MAX;
	if (!model.modern)
		return port == model.base;
	if (model.selector >= model.cpus)
		return 0;
	if (port == model.base + 8)
		return model.command == 3   ? (uint32_t)model.id[model.selector]
		       : model.command == 0 ? model.selector
					    : 0;
	return model.command == 3 ? (uint32_t)(model.id[model.selector] >> 32) : 0;
}

/* Command 0 goes to the next CPU, from the one that is selected on, that has something to say. */
static void next_with_news(void)
{
	for (uint32_t i = 0; i < model.cpus; i++) {
		uint32_t at = (model.selector + i) % model.cpus;

		if (model.status[at] & (INSERTED | REMOVE)) {
			model.selector = at;
			return;
		}
	}
}

static void write8(uint16_t port, uint8_t value)
{
	uint8_t *status = &model.status[model.selector < CPUS ? model.selector : 0];

	if (!in_block(port) || !model.modern || model.selector >= model.cpus)
		return;
	if (port == model.base + 5) {
		model.command = value;
		if (!value)
			next_with_news();
	} else if (port == model.base + 4) {
		*status &= (uint8_t) ~(value & (INSERTED | REMOVE));
		if (value & EJECT && !model.keeps)
			*status = 0;
	}
}

static void write32(uint16_t port, uint32_t value)
{
	if (port == 0xcf8) {
		model.pci_address = value;
		return;
	}
	if (!in_block(port) || port != model.base)
		return;
	if (model.modern)
		model.selector = value;
	else if (!value && !model.old)
		model.modern = true;
}

static const struct port_access ports = { read8, read32, write8, write32 };
static struct qemu_cpu_hotplug hotplug;
static struct qemu_cpu_news news;

/* A Q35 with six CPUs of sparse ids, the first two there. */
static int begin(void **state)
{
	(void)state;
	memset(&model, 0, sizeof(model));
	model.bridge = Q35;
	model.subsystem = QEMU;
	model.base = 0xcd8;
	model.cpus = CPUS;
	for (uint32_t i = 0; i < CPUS; i++)
		model.id[i] = i + i / 3;
	model.status[0] = model.status[1] = ENABLED;
	return 0;
}

static void found_on_both_machines(void **state)
{
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), 0);
	assert_int_equal(hotplug.base, 0xcd8);
	assert_int_equal(hotplug.cpus, CPUS);
	assert_int_equal(model.touched, 0);
	begin(state);
	model.bridge = I440;
	model.base = 0xaf00;
	model.modern = true; /* as firmware may have left it */
	model.selector = 77;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), 0);
	assert_int_equal(hotplug.base, 0xaf00);
	assert_int_equal(hotplug.cpus, CPUS);
	assert_int_equal(model.touched, 0);
	begin(state);
	model.cpus = 1;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), 0);
	assert_int_equal(hotplug.cpus, 1);
}

/* A real machine has such a bridge too, and who knows what at these ports. */
static void other_machines_are_left_alone(void **state)
{
	model.subsystem = 0x00001043;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(model.accesses, 0);
	begin(state);
	model.bridge = 0x12378087;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(model.accesses, 0);
	begin(state);
	model.bridge = UINT32_MAX;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(model.accesses, 0);
	assert_int_equal(hotplug.base, 0);
}

static void without_the_block(void **state)
{
	model.base = 0;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(hotplug.base, 0);
	begin(state);
	model.old = true;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(hotplug.base, 0);
}

static void news_are_heard_once(void **state)
{
	(void)state;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), 0);
	assert_int_equal(qemu_cpu_hotplug_next(&hotplug, &news), 0);
	model.status[4] = ENABLED | INSERTED;
	model.status[1] = ENABLED | REMOVE;
	model.id[4] = 0x300000005;
	assert_int_equal(qemu_cpu_hotplug_next(&hotplug, &news), 1);
	assert_false(news.inserted);
	assert_int_equal(news.arch_id, 1);
	assert_int_equal(qemu_cpu_hotplug_next(&hotplug, &news), 1);
	assert_true(news.inserted);
	assert_true(news.arch_id == 0x300000005);
	assert_int_equal(qemu_cpu_hotplug_next(&hotplug, &news), 0);
	assert_int_equal(model.status[1], ENABLED);
	assert_int_equal(model.status[4], ENABLED);
	assert_int_equal(model.touched, 0);
}

/* Put in, and asked back before anybody looked: in this order. */
static void two_news_of_one(void **state)
{
	(void)state;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), 0);
	model.status[2] = ENABLED | INSERTED | REMOVE;
	assert_int_equal(qemu_cpu_hotplug_next(&hotplug, &news), 1);
	assert_true(news.inserted);
	assert_int_equal(qemu_cpu_hotplug_next(&hotplug, &news), 1);
	assert_false(news.inserted);
	assert_int_equal(news.arch_id, 2);
	assert_int_equal(qemu_cpu_hotplug_next(&hotplug, &news), 0);
}

/* The insert bit says something only where the CPU is there. */
static void what_is_not_there_is_no_news(void **state)
{
	(void)state;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), 0);
	model.status[3] = INSERTED;
	model.status[5] = ENABLED | INSERTED;
	assert_int_equal(qemu_cpu_hotplug_next(&hotplug, &news), 1);
	assert_int_equal(news.arch_id, 6);
	assert_int_equal(qemu_cpu_hotplug_next(&hotplug, &news), 0);
	assert_int_equal(model.status[3], 0);
}

static void ejects_by_id(void **state)
{
	(void)state;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), 0);
	model.status[4] = ENABLED;
	assert_int_equal(qemu_cpu_hotplug_eject(&hotplug, 5), 0);
	assert_int_equal(model.status[4], 0);
	assert_int_equal(model.status[0] & model.status[1], ENABLED);
	assert_int_equal(qemu_cpu_hotplug_eject(&hotplug, 3), MUSTER_E_NOT_FOUND);
	model.keeps = true;
	assert_int_equal(qemu_cpu_hotplug_eject(&hotplug, 1), MUSTER_E_TIMED_OUT);
	assert_int_equal(model.status[1], ENABLED);
	assert_int_equal(model.touched, 0);
}

/* Registers that never say anything sensible: every walk ends. */
static uint32_t ones32(uint16_t port)
{
	(void)port;
	model.accesses++;
	assert_true(model.accesses < 200000);
	return UINT32_MAX;
}

static uint8_t ones8(uint16_t port)
{
	return (uint8_t)ones32(port);
}

static void a_mad_block(void **state)
{
	static const struct port_access mad = { ones8, ones32, write8, write32 };

	(void)state;
	assert_int_equal(qemu_cpu_hotplug_begin(&hotplug, &ports), 0);
	hotplug.ports = &mad;
	assert_int_equal(qemu_cpu_hotplug_next(&hotplug, &news), 1);
	assert_true(news.arch_id == UINT64_MAX);
	assert_int_equal(qemu_cpu_hotplug_eject(&hotplug, 0), MUSTER_E_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(found_on_both_machines), TEST(other_machines_are_left_alone),
		TEST(without_the_block),      TEST(news_are_heard_once),
		TEST(two_news_of_one),	      TEST(what_is_not_there_is_no_news),
		TEST(ejects_by_id),	      TEST(a_mad_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

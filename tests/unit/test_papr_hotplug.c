// SPDX-License-Identifier: MIT
/*
 * Cores of two threads that come to a PAPR guest and go: what the platform tells a kernel, thread by thread, and when
 * it gives a core back. QEMU has no such cores. The file under test is compiled in here, with RTAS and what of its
 * platform it calls played by the test.
 */
#include "platform/papr/papr_hotplug.c"
#include "tests/unit/device_tree_image.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CORE_0	"/cpus/PowerPC,POWER9@0"
#define CORE_1	"/cpus/PowerPC,POWER9@1"
#define SERVERS "ibm,ppc-interrupt-server#s"
#define NODE	3u

enum token {
	CHECK_EXCEPTION = 1,
	CONFIGURE,
	GET_SENSOR,
	SET_INDICATOR,
};

struct papr_firmware papr_firmware;
static void *memory;
static uint32_t events[8][2]; /* action, index */
static uint32_t event_count, event_next, classes_asked;
static uint32_t configured;	    /* how far its node has been told */
static uint32_t core_server;	    /* of the core that comes */
static uint32_t isolated, unusable; /* how often, and which was the last */
static uint32_t isolated_index;
static int still_runs;
static bool endless;

static void put(uint8_t *to, uint32_t value)
{
	for (uint32_t i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static int32_t play_event(const uint32_t *in)
{
	uint8_t *section = event_log + 8 + 16;

	assert_int_equal(in[0], 0x500);
	assert_int_equal(in[4], (uint32_t)(uintptr_t)event_log);
	assert_int_equal(in[5], DR_LOG_BYTES);
	classes_asked = in[2];
	if (endless)
		event_next = 0;
	if (event_next == event_count)
		return 1;
	put(event_log, 0x060000e5);
	put(event_log + 4, 16 + 20);
	put(section, 0x48500014);
	section[8] = 1;
	section[9] = (uint8_t)events[event_next][0];
	section[10] = 2;
	put(section + 12, events[event_next++][1]);
	return 0;
}

static int32_t play_configure(void)
{
	if (configured++)
		return 0;
	put(work + 8, 100);
	put(work + 12, 8);
	put(work + 16, 200);
	memcpy(work + 100, SERVERS, sizeof(SERVERS));
	put(work + 200, core_server);
	put(work + 204, core_server + 1);
	return 3;
}

int32_t rtas_call(uint32_t token, const uint32_t *in, uint32_t in_count, uint32_t *results,
		  uint32_t out_count)
{
	assert_true(in_count + out_count <= RTAS_ARGUMENTS);
	switch (token) {
	case CHECK_EXCEPTION:
		return play_event(in);
	case CONFIGURE:
		return play_configure();
	case GET_SENSOR:
		results[0] = 2;
		return 0;
	case SET_INDICATOR:
		if (in[0] == 9001 && !in[2]) {
			isolated++;
			isolated_index = in[1];
		}
		unusable += in[0] == 9003 && !in[2];
		/* Nothing is in this one. */
		return in[1] == 0x10000006 ? -3 : 0;
	default:
		return -1;
	}
}

int papr_wait_stopped(cpu_t cpu)
{
	(void)cpu;
	return still_runs;
}

uint32_t papr_node_of(const struct device_tree_cpu *cpu)
{
	assert_true(cpu->present);
	return NODE;
}

/* Two cores of two threads, one of them there; as papr_ids.c makes records of them. */
static void add(void *context, const struct device_tree_cpu *cpu)
{
	const struct cpu_description description = {
		.hwid = hwid_from_value(cpu->server),
		.fwid = fwid_from_value(cpu->server),
		.vcpu_id = vcpu_id_from_value(cpu->server),
		.node = NODE_ANY,
		.present = cpu->present,
	};

	(void)context;
	assert_true(cpu_table_add(&description) >= 0);
}

static int begin(void **state)
{
	struct device_tree_cpus cpus;

	(void)state;
	tree_load(TREE("no-cas"));
	tree_delete_node(CORE_1);
	tree_set_cells(CORE_0, SERVERS, 0, 1);
	tree_set_cells("/cpus", "ibm,drc-indexes", 2, 0x10000000, 0x10000002);
	papr_firmware = (struct papr_firmware){
		.tree = tree,
		.negotiated = true,
		.rtas = { .check_exception = CHECK_EXCEPTION,
			  .configure_connector = CONFIGURE,
			  .get_sensor_state = GET_SENSOR,
			  .set_indicator = SET_INDICATOR },
	};
	free(memory);
	memory = aligned_alloc(4096, (cpu_table_bytes(8) + 4095) & ~(size_t)4095);
	assert_non_null(memory);
	assert_int_equal(cpu_table_begin(memory, 8), 0);
	assert_int_equal(device_tree_cpus_read(&tree, NULL, &cpus, add, NULL), 0);
	assert_int_equal(cpu_table_end(), 0);
	assert_int_equal(cpu_possible_count(), 4);
	event_count = event_next = configured = isolated = unusable = 0;
	core_server = 2;
	still_runs = 0;
	endless = false;
	news_left.count = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(memory);
	memory = NULL;
	return 0;
}

static void hear(uint32_t action, uint32_t index)
{
	events[event_count][0] = action;
	events[event_count++][1] = index;
}

static void expect_news(bool appeared, uint64_t server)
{
	struct platform_news news;

	assert_int_equal(papr_hotplug_poll(&news), 1);
	assert_int_equal(news.appeared, appeared);
	assert_int_equal(news.hwid.value, server);
}

static void expect_silence(void)
{
	struct platform_news news;

	assert_int_equal(papr_hotplug_poll(&news), 0);
}

/* The first thread is told first; the last is asked back first. */
static void threads_come_and_are_wanted(void **state)
{
	(void)state;
	expect_silence();
	hear(1, 0x10000002);
	expect_news(true, 2);
	expect_news(true, 3);
	expect_silence();
	assert_int_equal(cpu_node(cpu_from_number(2)), NODE);
	assert_int_equal(cpu_node(cpu_from_number(3)), NODE);
	assert_int_equal(cpu_node(cpu_from_number(1)), NODE_ANY);
	hear(2, 0x10000002);
	expect_news(false, 3);
	expect_news(false, 2);
	expect_silence();
	/* One that was there from the beginning. */
	hear(2, 0x10000000);
	expect_news(false, 1);
	expect_news(false, 0);
	assert_int_equal(classes_asked, 0x10000000);
}

/* It numbers its threads in another way than its connector: that is what it is. */
static void a_core_is_what_it_says(void **state)
{
	(void)state;
	core_server = 40;
	hear(1, 0x10000002);
	expect_news(true, 40);
	expect_news(true, 41);
	assert_int_equal(cpu_node(cpu_from_number(2)), NODE_ANY);
}

static void of_what_nobody_knows(void **state)
{
	(void)state;
	hear(2, 0x10000077);
	expect_news(false, 0x77);
	expect_silence();
	/* Said to be there, and is not; then one that is. */
	hear(1, 0x10000006);
	hear(1, 0x10000002);
	expect_news(true, 2);
	assert_true(capture_has("set-indicator 9003 of connector 0x10000006 to 1: status -3"));
}

static void a_host_without_an_end(void **state)
{
	(void)state;
	hear(1, 0x10000006);
	endless = true;
	expect_silence();
}

static void a_core_goes_with_its_last_thread(void **state)
{
	cpu_t first = cpu_from_number(2), second = cpu_from_number(3);

	(void)state;
	cpu_state_set(first, CPU_PRESENT);
	cpu_state_set(second, CPU_PRESENT);
	assert_int_equal(papr_hotplug_eject(second), 0);
	assert_int_equal(isolated, 0);
	cpu_state_set(second, CPU_POSSIBLE);
	still_runs = MUSTER_E_BUSY;
	assert_int_equal(papr_hotplug_eject(first), MUSTER_E_BUSY);
	assert_int_equal(isolated, 0);
	still_runs = 0;
	assert_int_equal(papr_hotplug_eject(first), 0);
	assert_int_equal(isolated, 1);
	assert_int_equal(unusable, 1);
	assert_int_equal(isolated_index, 0x10000002);
}

static void without_negotiation_it_comes_as_power(void **state)
{
	(void)state;
	papr_firmware.negotiated = false;
	expect_silence();
	assert_int_equal(classes_asked, 0x50000000);
}

static void without_rtas_there_is_no_way(void **state)
{
	struct platform_news news;

	(void)state;
	papr_firmware.rtas.set_indicator = DEVICE_TREE_NO_TOKEN;
	assert_int_equal(papr_hotplug_poll(&news), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(papr_hotplug_eject(cpu_from_number(2)), MUSTER_E_NOT_SUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(threads_come_and_are_wanted, begin, end),
		cmocka_unit_test_setup_teardown(a_core_is_what_it_says, begin, end),
		cmocka_unit_test_setup_teardown(of_what_nobody_knows, begin, end),
		cmocka_unit_test_setup_teardown(a_host_without_an_end, begin, end),
		cmocka_unit_test_setup_teardown(a_core_goes_with_its_last_thread, begin, end),
		cmocka_unit_test_setup_teardown(without_negotiation_it_comes_as_power, begin, end),
		cmocka_unit_test_setup_teardown(without_rtas_there_is_no_way, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

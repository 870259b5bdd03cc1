// SPDX-License-Identifier: MIT
/*
 * Event channels and areas of a Xen guest against a small Xen of our own: which ABI is chosen, that
 * every call names the vCPU id and never the CPU number (H4), refusals, and an upcall that serves what was
 * sent, by either ABI.
 */
#include "core/area_store.h"
#include "core/cpu_table.h"
#include "core/runner.h"
#include "core/unit.h"
#include "host_machine.h"
#include "platform/xen/event_channel.h"
#include "platform/xen/event_fifo.h"
#include "platform/xen/vcpu_areas.h"
#include "platform/xen/xen_guest.h"
#include "platform/xen/xen_time.h"

#include <muster/error.h>
#include <muster/memory.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <xen/errno.h>

#include <cmocka.h>

#define CPUS  3u
#define PAGE  4096u
#define PORTS 64u

char xen_hypercall_page[1];
struct xen_guest xen_guest;
static struct shared_info shared;

/* The other side. */
static struct {
	long refuse[64];      /* by EVTCHNOP: what it answers instead */
	long refuse_vcpu[64]; /* by VCPUOP */
	uint32_t next_port;
	uint32_t port_vcpu[PORTS];
	struct evtchn_fifo_control_block *control[CPUS]; /* by vCPU id - 100 */
	event_word_t *words;
	uint32_t pages;
	uint32_t vcpu_info[CPUS], runstate[CPUS], time[CPUS];
	bool unmasked[PORTS];
	uint32_t sent;
} xen;

static void *behind(uint64_t frame)
{
	void *pointer = machine_get()->direct((frame - 1000) * PAGE);

	assert_non_null(pointer);
	return pointer;
}

/* Not the same number as the page's own: what is not asked for is noticed. */
static uint64_t frame(uint64_t physical)
{
	return physical / PAGE + 1000;
}

static uint32_t index_of(uint32_t vcpu)
{
	assert_in_range(vcpu, 100, 100 + CPUS - 1);
	return vcpu - 100;
}

static void send_fifo(uint32_t port)
{
	struct evtchn_fifo_control_block *control = xen.control[index_of(xen.port_vcpu[port])];
	const uint32_t queue = EVTCHN_FIFO_PRIORITY_DEFAULT;

	xen.words[port] = 1u << EVTCHN_FIFO_PENDING | 1u << EVTCHN_FIFO_LINKED;
	control->head[queue] = port;
	control->ready |= 1u << queue;
}

static long event_op(uint32_t command, void *argument)
{
	if (xen.refuse[command])
		return xen.refuse[command];
	switch (command) {
	case EVTCHNOP_init_control: {
		struct evtchn_init_control *call = argument;

		if (call->vcpu - 100 >= CPUS)
			return -XEN_ENOENT;
		assert_null(xen.control[call->vcpu - 100]);
		assert_int_equal(call->offset, 0);
		xen.control[call->vcpu - 100] = behind(call->control_gfn);
		return 0;
	}
	case EVTCHNOP_expand_array: {
		struct evtchn_expand_array *call = argument;

		assert_int_equal(xen.pages++, 0);
		xen.words = behind(call->array_gfn);
		return 0;
	}
	case EVTCHNOP_bind_ipi: {
		struct evtchn_bind_ipi *call = argument;

		call->port = ++xen.next_port;
		xen.port_vcpu[call->port] = 100 + index_of(call->vcpu);
		return 0;
	}
	case EVTCHNOP_unmask:
		xen.unmasked[((struct evtchn_unmask *)argument)->port] = true;
		return 0;
	case EVTCHNOP_send: {
		uint32_t port = ((struct evtchn_send *)argument)->port;

		xen.sent = port;
		if (xen_events_are_fifo())
			send_fifo(port);
		else
			shared.evtchn_pending[0] |= UINT64_C(1) << port;
		return 0;
	}
	case EVTCHNOP_close:
		return 0;
	default:
		fail();
		return -XEN_ENOSYS;
	}
}

static long vcpu_op(uint32_t command, uint32_t vcpu, void *argument)
{
	uint32_t index = index_of(vcpu);

	if (xen.refuse_vcpu[command])
		return xen.refuse_vcpu[command];
	switch (command) {
	case VCPUOP_register_vcpu_info: {
		struct vcpu_register_vcpu_info *call = argument;

		assert_int_equal(call->offset % 64, 0);
		assert_non_null(behind(call->mfn));
		return xen.vcpu_info[index]++ ? -XEN_EINVAL : 0;
	}
	case VCPUOP_register_runstate_memory_area:
	case VCPUOP_register_vcpu_time_memory_area: {
		struct vcpu_register_runstate_memory_area *call = argument;

		/* Not memory of the guest's. */
		if (call->addr.p == HYPERVISOR_VIRT_START)
			return -XEN_EFAULT;
		if (command == VCPUOP_register_runstate_memory_area)
			xen.runstate[index]++;
		else
			xen.time[index]++;
		return 0;
	}
	default:
		fail();
		return -XEN_ENOSYS;
	}
}

/* The last call that is not counted, and how long it was to wait. */
static struct {
	uint64_t number, command, timeout;
} last_raw;

long xen_hypercall_raw(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	last_raw.number = number;
	last_raw.command = a;
	last_raw.timeout = b ? ((const struct sched_poll *)b)->timeout : 0;
	assert_true(!c && !d && !e);
	return 0;
}

long xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	(void)d;
	(void)e;
	if (number == __HYPERVISOR_event_channel_op)
		return event_op((uint32_t)a, (void *)b);
	assert_int_equal(number, __HYPERVISOR_vcpu_op);
	return vcpu_op((uint32_t)a, (uint32_t)b, (void *)c);
}

static void begin(bool two_level)
{
	host_begin(CPUS);
	memset(&xen, 0, sizeof(xen));
	memset(&shared, 0, sizeof(shared));
	xen_guest = (struct xen_guest){ .frame = frame, .shared = &shared };
	xen_events_forget();
	areas_forget();
	assert_int_equal(unit_move_boot(), 0);
	for (uint32_t i = 1; i < CPUS; i++)
		assert_int_equal(unit_create(cpu_from_number(i)), 0);
	xen_events_choose(two_level);
}

static void prepare_all(void)
{
	assert_int_equal(xen_areas_boot(cpu_from_number(0)), 0);
	assert_int_equal(xen_events_prepare(cpu_from_number(0)), 0);
	for (uint32_t i = 1; i < CPUS; i++) {
		assert_int_equal(areas_prepare(cpu_from_number(i)), 0);
		assert_int_equal(xen_events_prepare(cpu_from_number(i)), 0);
	}
	assert_int_equal(xen_areas_online(cpu_from_number(0)), 0);
}

static void test_fifo_is_chosen(void **state)
{
	(void)state;
	begin(false);
	assert_true(xen_events_are_fifo());
	assert_int_equal(xen_area_table_choose()->count, 4);
	assert_string_equal(xen_area_table_choose()->kinds[XEN_AREA_FIFO].name, "event-fifo");
	begin(true);
	assert_false(xen_events_are_fifo());
	assert_int_equal(xen_area_table_choose()->count, 3);
}

/* A Xen without FIFO: 2-level, and a line. */
static void test_fallback(void **state)
{
	(void)state;
	begin(false);
	xen.refuse[EVTCHNOP_init_control] = -XEN_ENOSYS;
	xen_events_choose(false);
	assert_false(xen_events_are_fifo());
	assert_true(host_log_has("no FIFO event channels (ENOSYS)"));
	prepare_all();
	assert_int_equal(xen.pages, 0);
}

/* Each area and each channel is its own vCPU's; the boot CPU did all of it (H4). */
static void test_ids(void **state)
{
	(void)state;
	begin(false);
	prepare_all();
	for (uint32_t i = 0; i < CPUS; i++) {
		assert_non_null(xen.control[i]);
		assert_int_equal(xen.vcpu_info[i], 1);
		assert_int_equal(xen.runstate[i], 1);
		assert_int_equal(xen.time[i], 1);
		assert_int_equal(xen.port_vcpu[i + 1], 100 + i);
		assert_true(xen.unmasked[i + 1]);
		xen_events_kick(cpu_from_number(i));
		assert_int_equal(xen.sent, i + 1);
	}
	/* Nobody's queues are another's. */
	assert_true(xen.control[0] != xen.control[1] && xen.control[1] != xen.control[2]);
}

/* What a guest can do without, and what it cannot. */
static void test_not_offered(void **state)
{
	(void)state;
	begin(false);
	xen.refuse_vcpu[VCPUOP_register_runstate_memory_area] = -XEN_ENOSYS;
	prepare_all();
	assert_true(host_log_has("area runstate: Xen has no such call"));
	assert_int_equal(area_table_current()->count, 3);
	assert_string_equal(area_table_current()->kinds[2].name, "time");
	assert_int_equal(xen.runstate[0], 0);
	assert_int_equal(xen.time[2], 1);
	begin(true);
	xen.refuse_vcpu[VCPUOP_register_vcpu_info] = -XEN_ENOSYS;
	assert_int_equal(xen_areas_boot(cpu_from_number(0)), MUSTER_E_NOT_SUPPORTED);
	assert_true(host_log_has("vcpu-info: Xen refuses it for vCPU 100: ENOSYS"));
}

static void test_refusals(void **state)
{
	(void)state;
	begin(false);
	xen.refuse_vcpu[VCPUOP_register_vcpu_info] = -XEN_EINVAL;
	assert_int_equal(xen_areas_boot(cpu_from_number(0)), MUSTER_E_INVALID);
	assert_true(host_log_has("vcpu-info: Xen refuses it for vCPU 100: EINVAL"));
	begin(false);
	xen.refuse[EVTCHNOP_init_control] = -XEN_ENOMEM;
	assert_int_equal(xen_areas_boot(cpu_from_number(0)), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("FIFO control block: Xen refuses it for vCPU 100: ENOMEM"));
	begin(false);
	assert_int_equal(xen_areas_boot(cpu_from_number(0)), 0);
	xen.refuse[EVTCHNOP_bind_ipi] = -XEN_ENOSPC;
	assert_int_equal(xen_events_prepare(cpu_from_number(1)), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("Xen refuses one for vCPU 101: ENOSPC"));
	/* And it can be tried again. */
	xen.refuse[EVTCHNOP_bind_ipi] = 0;
	assert_int_equal(xen_events_prepare(cpu_from_number(1)), 0);
	begin(false);
	assert_int_equal(xen_areas_boot(cpu_from_number(0)), 0);
	xen.refuse[EVTCHNOP_expand_array] = -XEN_EINVAL;
	assert_int_equal(xen_events_prepare(cpu_from_number(0)), MUSTER_E_INVALID);
	assert_true(host_log_has("array of event words: Xen refuses page 0: EINVAL"));
}

/* A channel is the CPU's for good. */
static void test_prepared_again(void **state)
{
	(void)state;
	begin(false);
	prepare_all();
	assert_int_equal(xen_events_prepare(cpu_from_number(2)), 0);
	assert_int_equal(xen.next_port, CPUS);
}

/* The boot CPU is sent an event, and takes the upcall. */
static void upcall_one(void)
{
	struct vcpu_info *info = xen_vcpu_info();
	cpu_t here = cpu_from_number(0);

	assert_non_null(info);
	assert_int_equal(call_queue_open(here), 0);
	host_log_clear();
	xen_events_kick(here);
	info->evtchn_upcall_pending = 1;
	info->evtchn_pending_sel = UINT64_MAX;
	xen_events_upcall();
	assert_int_equal(info->evtchn_upcall_pending, 0);
	assert_false(host_log_has("nobody's"));
}

static void test_upcall_fifo(void **state)
{
	(void)state;
	begin(false);
	prepare_all();
	upcall_one();
	assert_int_equal(xen.words[1], 0);
	/* One that is nobody's is named, and dropped. */
	xen.port_vcpu[9] = 100;
	send_fifo(9);
	host_log_clear();
	xen_events_upcall();
	assert_true(host_log_has("event channel 9 is nobody's"));
	assert_int_equal(xen.words[9], 0);
}

/* Bits of others in the same word stay. */
static void test_upcall_two_level(void **state)
{
	(void)state;
	begin(true);
	prepare_all();
	xen_events_kick(cpu_from_number(2));
	upcall_one();
	assert_int_equal(shared.evtchn_pending[0], UINT64_C(1) << 3);
	assert_int_equal(xen_vcpu_info()->evtchn_pending_sel, 0);
}

static struct vcpu_time_info time_of(uint32_t mul, int8_t shift)
{
	return (struct vcpu_time_info){ .version = 2,
					.tsc_to_system_mul = mul,
					.tsc_shift = shift };
}

static void test_frequency(void **state)
{
	struct vcpu_time_info time = time_of(0x80000000, 1);
	uint64_t frequency = xen_tsc_frequency(&time);

	(void)state;
	/* ((10^9 << 32) / mul) >> shift: public/xen.h. */
	assert_int_equal(frequency, 1000000000);
	time = time_of(0xa0000000, -1);
	assert_in_range(xen_tsc_frequency(&time), 3199999998, 3200000000);
	/* What cannot be: nothing, no time at all, being written for ever. */
	time = time_of(0, 0);
	assert_int_equal(xen_tsc_frequency(&time), 0);
	time = time_of(1, -31);
	assert_int_equal(xen_tsc_frequency(&time), 0);
	time = time_of(UINT32_MAX, 31);
	assert_int_equal(xen_tsc_frequency(&time), 0);
	time = time_of(0x80000000, -128);
	assert_int_equal(xen_tsc_frequency(&time), 0);
	time = time_of(0x80000000, 1);
	time.version = 3;
	assert_int_equal(xen_tsc_frequency(&time), 0);
}

static void test_system_time(void **state)
{
	struct vcpu_time_info time = time_of(0x80000000, 1);

	(void)state;
	time.tsc_timestamp = 1000;
	time.system_time = 50;
	/* ((ticks - timestamp) << shift) * mul >> 32, behind system_time: public/xen.h. */
	assert_int_equal(xen_system_time(&time, 1000), 50);
	assert_int_equal(xen_system_time(&time, 1700), 750);
	assert_int_equal(xen_system_time(&time, 900), 50);
	assert_int_equal(xen_system_time(&time, 1000 + (UINT64_C(1) << 50)),
			 50 + (UINT64_C(1) << 50));
	time.tsc_shift = -1;
	assert_int_equal(xen_system_time(&time, 5000), 1050);
	time.tsc_shift = 32;
	assert_int_equal(xen_system_time(&time, 5000), 0);
	time.tsc_shift = 0;
	time.tsc_to_system_mul = 0;
	assert_int_equal(xen_system_time(&time, 5000), 0);
	time.tsc_to_system_mul = 1;
	time.version = 1;
	assert_int_equal(xen_system_time(&time, 5000), 0);
}

/* A wait has an end, in Xen's time; without that there is none to name, and it is none. */
static void test_wait(void **state)
{
	struct vcpu_info info = { .time = time_of(0x80000000, 1) };

	(void)state;
	info.time.tsc_timestamp = UINT64_MAX;
	info.time.system_time = 7000;
	xen_vcpu_info_set(&info);
	xen_wait_a_moment();
	assert_int_equal(last_raw.number, __HYPERVISOR_sched_op);
	assert_int_equal(last_raw.command, SCHEDOP_poll);
	assert_int_equal(last_raw.timeout, 7000 + 200000);
	info.time.tsc_to_system_mul = 0;
	xen_wait_a_moment();
	assert_int_equal(last_raw.command, SCHEDOP_yield);
	xen_vcpu_info_set(NULL);
	xen_wait_a_moment();
	assert_int_equal(last_raw.command, SCHEDOP_yield);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fifo_is_chosen),
		cmocka_unit_test(test_fallback),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_not_offered),
		cmocka_unit_test(test_prepared_again),
		cmocka_unit_test(test_upcall_fifo),
		cmocka_unit_test(test_upcall_two_level),
		cmocka_unit_test(test_frequency),
		cmocka_unit_test(test_system_time),
		cmocka_unit_test(test_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

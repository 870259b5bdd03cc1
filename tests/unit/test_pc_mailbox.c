// SPDX-License-Identifier: MIT
/*
 * Which CPU of a PC is started by the mailbox, and when no longer: firmware with and without a reset
 * vector, played by a thread; a CPU that is late; a mailbox or reset vector where none can be.
 */
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start_page.h"
#include "core/clock_store.h"
#include "core/cpu_table.h"
#include "core/memory_map.h"
#include "firmware/acpi_abi.h"
#include "host_machine.h"
#include "platform/handover.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include <cmocka.h>

#define MIB	  UINT64_C(0x100000)
#define MAILBOX	  (256 * MIB) /* beyond the memory map: the firmware's own */
#define RESET	  (257 * MIB + 0x123)
#define VECTOR	  0x9f040u
#define SHORT	  10
#define LONG	  20000
#define PHYSICALS (UINT64_C(1) << 40)

static struct acpi_abi_mailbox memory;
static pthread_t firmware;
static atomic_bool ends;
static atomic_uint silent; /* APIC id that does not answer */
static atomic_uint wakeups, tests;
static uint64_t gives_back_to;
static int give_back_error;

/* What the platform's code calls of the architecture. */
struct pc_firmware pc_firmware;

uint64_t physical_limit(void)
{
	return PHYSICALS;
}

uintptr_t fixmap_set(uint32_t slot, uint64_t physical, enum map_protection protection)
{
	assert_int_equal(slot, FIXMAP_MAILBOX);
	assert_int_equal(physical, MAILBOX);
	assert_int_equal(protection, MAP_READ_WRITE);
	return (uintptr_t)&memory;
}

uint64_t start_page_vector(void)
{
	return VECTOR;
}

int start_page_give_back_begin(uint64_t vector)
{
	if (!give_back_error)
		gives_back_to = vector;
	return give_back_error;
}

void start_page_give_back_end(void)
{
	gives_back_to = 0;
}

static void *play(void *unused)
{
	volatile struct acpi_abi_mailbox *at = &memory;

	(void)unused;
	while (!ends) {
		uint16_t command = __atomic_load_n(&at->command, __ATOMIC_ACQUIRE);

		if (command && at->apic_id != silent) {
			if (command == 1 && at->vector == VECTOR)
				wakeups++;
			tests += command == 2;
			__atomic_store_n(&at->command, (uint16_t)0, __ATOMIC_RELEASE);
		}
		sched_yield();
	}
	return NULL;
}

static int begin(void **state)
{
	(void)state;
	host_begin(4);
	memset(&memory, 0, sizeof(memory));
	memset(&pc_firmware, 0, sizeof(pc_firmware));
	pc_firmware.madt.wakeup.mailbox = MAILBOX;
	silent = UINT32_MAX;
	wakeups = tests = 0;
	gives_back_to = 0;
	give_back_error = 0;
	ends = false;
	*clock_cpu_limit_store() = LONG;
	return pthread_create(&firmware, NULL, play, NULL);
}

static int end(void **state)
{
	(void)state;
	/* Those with the firmware or with us are static: start them over for the next test. */
	pc_mailbox_end();
	ends = true;
	return pthread_join(firmware, NULL);
}

static hwid_t id(uint32_t value)
{
	return hwid_from_value(value);
}

static void without_a_reset_vector_once(void **state)
{
	(void)state;
	assert_int_equal(pc_mailbox_begin(), 0);
	assert_true(pc_mailbox_exists());
	assert_true(pc_mailbox_holds(id(1)));
	assert_int_equal(pc_mailbox_start(id(1)), 0);
	assert_int_equal(wakeups, 1);
	/* From now on it waits with us; another one does not. */
	assert_false(pc_mailbox_holds(id(1)));
	assert_true(pc_mailbox_holds(id(254)));
	pc_mailbox_took_back(id(1));
	assert_int_equal(tests, 0);
	pc_mailbox_left_out(id(1));
	assert_string_equal(host_log(), "");
	pc_mailbox_say();
	assert_true(host_log_has("1 CPUs were started by the wakeup mailbox at 0x10000000; the "
				 "firmware does not take them back\n"));
}

static void with_a_reset_vector_again_and_again(void **state)
{
	(void)state;
	pc_firmware.madt.wakeup.reset_vector = RESET;
	assert_int_equal(pc_mailbox_begin(), 0);
	assert_true(gives_back_to == RESET);
	for (uint32_t i = 1; i < 5; i++) {
		assert_true(pc_mailbox_holds(id(1)));
		assert_int_equal(pc_mailbox_start(id(1)), 0);
		/* Not yet: a reset of it now is an INIT. */
		assert_false(pc_mailbox_holds(id(1)));
		pc_mailbox_took_back(id(1));
		assert_int_equal(wakeups, i);
		assert_int_equal(tests, i);
	}
	pc_mailbox_end();
	assert_true(!gives_back_to);
	assert_false(pc_mailbox_exists());
	assert_false(pc_mailbox_holds(id(2)));
}

static void one_that_does_not_come_back(void **state)
{
	(void)state;
	pc_firmware.madt.wakeup.reset_vector = RESET;
	assert_int_equal(pc_mailbox_begin(), 0);
	assert_int_equal(pc_mailbox_start(id(3)), 0);
	*clock_cpu_limit_store() = SHORT;
	silent = 3;
	pc_mailbox_took_back(id(3));
	assert_true(host_log_has("APIC id 0x3 has not taken its command 2 within 10 ms\n"));
	assert_false(pc_mailbox_holds(id(3)));
	pc_mailbox_left_out(id(3));
	assert_true(host_log_has("APIC id 0x3 is not with the firmware: it is started by INIT\n"));
	assert_true(pc_mailbox_holds(id(2)));
	assert_int_equal(pc_mailbox_start(id(2)), MUSTER_E_BUSY);
	/* There it is, where the test looked for it. */
	silent = UINT32_MAX;
	while (__atomic_load_n(&memory.command, __ATOMIC_ACQUIRE))
		sched_yield();
	*clock_cpu_limit_store() = LONG;
	assert_int_equal(pc_mailbox_start(id(2)), 0);
	assert_true(pc_mailbox_holds(id(3)));
	assert_int_equal(pc_mailbox_start(id(3)), 0);
}

/* One that takes its command when it has been given up on will be held by us, not by the firmware. */
static void one_that_is_late(void **state)
{
	(void)state;
	assert_int_equal(pc_mailbox_begin(), 0);
	*clock_cpu_limit_store() = SHORT;
	silent = 9;
	assert_int_equal(pc_mailbox_start(id(9)), MUSTER_E_TIMED_OUT);
	assert_true(pc_mailbox_holds(id(9)));
	assert_int_equal(pc_mailbox_start(id(10)), MUSTER_E_BUSY);
	silent = UINT32_MAX;
	while (__atomic_load_n(&memory.command, __ATOMIC_ACQUIRE))
		sched_yield();
	assert_false(pc_mailbox_holds(id(9)));
	*clock_cpu_limit_store() = LONG;
	assert_true(pc_mailbox_holds(id(10)));
	assert_int_equal(pc_mailbox_start(id(10)), 0);
}

static void mailboxes_that_cannot_be(void **state)
{
	(void)state;
	pc_firmware.madt.wakeup.mailbox = 0;
	assert_int_equal(pc_mailbox_begin(), 0);
	assert_false(pc_mailbox_exists());
	assert_string_equal(host_log(), "");
	pc_firmware.madt.wakeup.mailbox = 16 * MIB;
	assert_int_equal(pc_mailbox_begin(), 0);
	assert_false(pc_mailbox_exists());
	assert_true(
		host_log_has("wakeup: mailbox at 0x1000000: in memory that the memory map calls "
			     "RAM: it is not used\n"));
	pc_firmware.madt.wakeup.mailbox = PHYSICALS;
	assert_int_equal(pc_mailbox_begin(), 0);
	assert_false(pc_mailbox_exists());
	assert_true(host_log_has("mailbox at 0x10000000000: beyond what this CPU can address"));
}

/* Then the mailbox is as one of version 0. */
static void reset_vectors_that_cannot_be(void **state)
{
	(void)state;
	pc_firmware.madt.wakeup.reset_vector = 16 * MIB + 5;
	assert_int_equal(pc_mailbox_begin(), 0);
	assert_true(pc_mailbox_exists());
	assert_true(!gives_back_to);
	assert_true(host_log_has("wakeup: reset vector at 0x1000005: in memory that the memory map "
				 "calls RAM: it is not used\n"));
	assert_int_equal(pc_mailbox_start(id(77)), 0);
	assert_false(pc_mailbox_holds(id(77)));
	pc_mailbox_end();
	pc_firmware.madt.wakeup.reset_vector = RESET;
	give_back_error = MUSTER_E_NO_MEMORY;
	assert_int_equal(pc_mailbox_begin(), MUSTER_E_NO_MEMORY);
	assert_false(pc_mailbox_exists());
}

/* The kernel before us, as far as it matters here: its record lies in `handed_entries`, at no address. */
#define RECORD (512 * MIB)
static struct handover_entry handed_entries[4];

static bool read_handed(void *context, uint64_t physical, void *buffer, size_t size)
{
	uint64_t offset = physical - RECORD - sizeof(struct handover_record);

	(void)context;
	if (offset > sizeof(handed_entries) - size)
		return false;
	memcpy(buffer, (const char *)handed_entries + offset, size);
	return true;
}

static const struct firmware_reader handed_reader = { .read = read_handed };

static struct handed_over handed(uint32_t entries)
{
	struct handed_over before = { .region = RECORD, .region_size = MIB, .good = true };

	before.found.has_record = true;
	before.found.page.record = RECORD;
	before.found.record.entry_count = entries;
	before.found.record.entry_size = sizeof(struct handover_entry);
	return before;
}

static void those_that_the_kernel_before_has_taken(void **state)
{
	struct handed_over before = { .good = false };

	(void)state;
	assert_int_equal(pc_mailbox_begin(), 0);
	pc_mailbox_after(&before, &handed_reader);
	for (uint32_t i = 0; i < 4; i++)
		assert_true(pc_mailbox_holds(id(i)));
	before = handed(4);
	handed_entries[0] =
		(struct handover_entry){ .kind = HANDOVER_GIVEN_BACK, .hwid = 1, .size = 64 };
	handed_entries[1] = (struct handover_entry){ .kind = HANDOVER_MAILBOX_CPU, .hwid = 2 };
	handed_entries[2] =
		(struct handover_entry){ .kind = HANDOVER_MAILBOX_CPU, .hwid = UINT64_MAX };
	handed_entries[3] = (struct handover_entry){ .kind = HANDOVER_MAILBOX_CPU, .hwid = 3 };
	pc_mailbox_after(&before, &handed_reader);
	assert_true(pc_mailbox_holds(id(1)));
	assert_false(pc_mailbox_holds(id(2)));
	assert_false(pc_mailbox_holds(id(3)));
	/* Nothing is known of them. */
	pc_mailbox_end();
	assert_int_equal(pc_mailbox_begin(), 0);
	before.good = false;
	pc_mailbox_after(&before, &handed_reader);
	for (uint32_t i = 1; i < 4; i++)
		assert_false(pc_mailbox_holds(cpu_hwid(cpu_from_number(i))));
}

static void the_next_kernel_is_told(void **state)
{
	struct handover_entry entries[4];
	struct handover_list list = { .at = entries, .room = 4 };

	(void)state;
	pc_mailbox_tell(&list);
	assert_int_equal(list.count, 0);
	assert_int_equal(pc_mailbox_begin(), 0);
	pc_mailbox_tell(&list);
	assert_int_equal(list.count, 0);
	assert_int_equal(pc_mailbox_start(cpu_hwid(cpu_from_number(2))), 0);
	pc_mailbox_tell(&list);
	assert_int_equal(list.count, 1);
	assert_int_equal(entries[0].kind, HANDOVER_MAILBOX_CPU);
	assert_true(entries[0].hwid == cpu_hwid(cpu_from_number(2)).value && !entries[0].size);
}

/* One that does not park must be back with the firmware, or it is nobody's to leave. */
static void put_away(void **state)
{
	cpu_t one = cpu_from_number(1), two = cpu_from_number(2);

	(void)state;
	assert_int_equal(pc_mailbox_begin(), 0);
	assert_int_equal(pc_mailbox_start(cpu_hwid(one)), 0);
	cpu_record(one)->state = CPU_HELD;
	assert_int_equal(pc_mailbox_put_away(one), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(pc_mailbox_put_away(two), 0);
	pc_mailbox_end();

	pc_firmware.madt.wakeup.reset_vector = RESET;
	assert_int_equal(pc_mailbox_begin(), 0);
	assert_int_equal(pc_mailbox_start(cpu_hwid(one)), 0);
	assert_int_equal(pc_mailbox_start(cpu_hwid(two)), 0);
	assert_int_equal(pc_mailbox_put_away(one), 0);
	assert_int_equal(tests, 1);
	/* It has not left: nobody asks it. */
	cpu_record(two)->state = CPU_ONLINE;
	assert_int_equal(pc_mailbox_put_away(two), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(tests, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests_of_mailbox[] = {
		TEST(without_a_reset_vector_once),
		TEST(with_a_reset_vector_again_and_again),
		TEST(one_that_does_not_come_back),
		TEST(one_that_is_late),
		TEST(mailboxes_that_cannot_be),
		TEST(reset_vectors_that_cannot_be),
		TEST(those_that_the_kernel_before_has_taken),
		TEST(the_next_kernel_is_told),
		TEST(put_away),
	};

	return cmocka_run_group_tests(tests_of_mailbox, NULL, NULL);
}

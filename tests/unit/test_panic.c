// SPDX-License-Identifier: MIT
/*
 * The end of a kernel: what a panic says, and what becomes of a panic within a panic and of two
 * CPUs' at once. The file is compiled into this test under another name, since hosted tests have a
 * panic of their own.
 */
#define muster_panic panic_tested
#include "core/panic.c"
#undef muster_panic

#include "mock_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static jmp_buf ended;
static int exit_status;
static unsigned int halts, stops, backtraces;

static void __attribute__((noreturn)) end_guest(int status)
{
	exit_status = status;
	longjmp(ended, 1);
}

/* Halted for good: nothing is served any more, so it is not the wait of an idle CPU. */
static void halt(void) __attribute__((noreturn));
static void halt(void)
{
	halts++;
	longjmp(ended, 2);
}

static void stop(void)
{
	stops++;
}

static void show_backtrace(void)
{
	backtraces++;
}

static void panic_in_backtrace(void)
{
	show_backtrace();
	panic_tested("again");
}

static struct machine *machine;

static int begin(void **state)
{
	(void)state;
	guest_begin(4);
	machine = (struct machine *)machine_get();
	machine->exit = end_guest;
	machine->halt = halt;
	machine->stop_others = stop;
	machine->backtrace = show_backtrace;
	progress_begin(&guest.table);
	progress_boot_now(3);
	host_log_clear();
	panicking = 0;
	halts = stops = backtraces = 0;
	exit_status = -1;
	return 0;
}

static void message_backtrace_exit(void **state)
{
	(void)state;
	if (!setjmp(ended))
		panic_tested("value %d of %s", 42, "thing");
	assert_string_equal(host_log(), "muster: panic: CPU 0 in step cpu-ids: value 42 of thing\n"
					"@muster 1 panic cpu=0 step=cpu-ids\n");
	assert_int_equal(exit_status, PANIC_STATUS);
	assert_int_equal(backtraces, 1);
	assert_int_equal(stops, 1);
}

static void within_a_panic(void **state)
{
	(void)state;
	machine->backtrace = panic_in_backtrace;
	if (!setjmp(ended))
		panic_tested("first");
	/* Out at once, with no second message and no second backtrace. */
	assert_true(host_log_has("first"));
	assert_false(host_log_has("again"));
	assert_int_equal(backtraces, 1);
	assert_int_equal(exit_status, PANIC_STATUS);
}

static void while_another_panics(void **state)
{
	(void)state;
	panicking = 1 + 3;
	if (!setjmp(ended))
		panic_tested("second");
	/* Silent, and halted for good. */
	assert_string_equal(host_log(), "");
	assert_int_equal(halts, 1);
	assert_int_equal(exit_status, -1);
	assert_int_equal(panicking, 1 + 3);
}

/* A console lock that its holder will never give back does not silence it. */
static void write_and_panic(const char *piece, size_t length)
{
	static bool once;

	(void)piece;
	(void)length;
	if (!once) {
		once = true;
		panic_tested("while printing");
	}
	guest_trace(cpu_from_number(0), "", "written");
}

static void while_printing(void **state)
{
	uint64_t start = counter_read();

	(void)state;
	machine->console_write = write_and_panic;
	if (!setjmp(ended))
		console_print("a line\n");
	assert_non_null(strstr(guest.trace[0], "written"));
	/* It did not wait for the holder, which is itself. */
	assert_true(counter_read() - start < 900000000);
	assert_int_equal(exit_status, PANIC_STATUS);
}

/* Before anything is known: no machine, no table. */
static void in_the_first_instructions(void **state)
{
	static const struct machine early = { .architecture = "none", .halt = halt };

	(void)state;
	progress_begin(NULL);
	machine_set(&early);
	if (!setjmp(ended))
		panic_tested("early");
	assert_int_equal(halts, 1);
	machine_set(machine);
	console_print("%s", "");
	assert_string_equal(host_log(), "muster: panic: CPU 0 in step none: early\n"
					"@muster 1 panic cpu=0 step=none\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(message_backtrace_exit),	 TEST(within_a_panic),
		TEST(while_another_panics),	 TEST(while_printing),
		TEST(in_the_first_instructions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

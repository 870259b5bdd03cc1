// SPDX-License-Identifier: MIT
/*
 * The console: early text, lines of several CPUs (threads here), and holders of its lock that die,
 * come back late, or panic.
 */
#include "core/clock_store.h"
#include "core/console_early.h"
#include "tests/unit/console_capture.h"

#include <muster/arch/cpu.h>
#include <muster/console.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND	UINT64_C(1000000000) /* the hosted counter counts nanoseconds */
#define WRITERS 8
#define LINES	150

static const struct machine no_console = { .architecture = "test" };

static int begin(void **state)
{
	(void)state;
	clock_frequency_set(SECOND);
	capture_begin();
	return 0;
}

/* A machine whose console does what the test wants. */
static void use_console(void (*write)(const char *text, size_t length))
{
	static struct machine machine;

	machine.architecture = "test";
	machine.console_write = write;
	machine_set(&machine);
}

static void early_text_comes_first(void **state)
{
	(void)state;
	machine_set(&no_console);
	console_print("early %d\n", 1);
	console_flush_early(); /* there is still no console: nothing is lost */
	console_print("early %d\n", 2);
	assert_string_equal(capture.text, "");
	capture_begin();
	console_flush_early();
	assert_string_equal(capture.text, "early 1\nearly 2\n");
	console_flush_early();
	assert_string_equal(capture.text, "early 1\nearly 2\n");

	/* The same when nobody asks for it. */
	machine_set(&no_console);
	console_print("early 3\n");
	capture_begin();
	console_print("late\n");
	assert_string_equal(capture.text, "early 3\nlate\n");
}

/* Where the console is dear such a line waits for the next text, in its order; else it does not. */
static void later_is_before_the_next(void **state)
{
	(void)state;
	console_print_later("at %d\n", 1);
	assert_string_equal(capture.text, "at 1\n");
	console_is_dear = true;
	console_print_later("at %d\n", 2);
	console_print_later("at %d\n", 3);
	assert_string_equal(capture.text, "at 1\n");
	console_print("more\n");
	assert_string_equal(capture.text, "at 1\nat 2\nat 3\nmore\n");
	console_print_later("at %d\n", 4);
	console_flush_early();
	assert_string_equal(capture.text, "at 1\nat 2\nat 3\nmore\nat 4\n");
	console_is_dear = false;
}

/* However many: none is lost, and none is longer than it may be. */
static void later_is_never_lost(void **state)
{
	(void)state;
	console_is_dear = true;
	for (int i = 0; i < 1000; i++)
		console_print_later("kept %d\n", i);
	console_flush_early();
	console_print_later("%200d\n", 7);
	console_flush_early();
	console_is_dear = false;
	assert_int_equal(capture_count("kept "), 1000);
	assert_true(capture_has("kept 998\nkept 999\n"));
	assert_int_equal(capture_count("lost"), 0);
	assert_int_equal(capture.used, 10 * 7 + 90 * 8 + 900 * 9 + 127);
}

static void early_text_has_an_end(void **state)
{
	(void)state;
	machine_set(&no_console);
	for (int i = 0; i < 100; i++)
		console_print("%*d\n", 49, i);
	capture_begin();
	console_flush_early();
	assert_memory_equal(capture.text + 48, "0\n", 2);
	assert_memory_equal(capture.text + 81 * 50 - 3, "80\n", 3);
	/* 100 lines of 50 bytes are 904 more than 4096. */
	assert_string_equal(capture.text + CONSOLE_EARLY_SIZE,
			    "\nmuster: console: 904 bytes of early text lost\n");
	console_print("late\n");
	assert_int_equal(capture_count("late"), 1);
	assert_int_equal(capture_count("lost"), 1);
}

static void long_lines_come_out_whole(void **state)
{
	char expected[2001];

	(void)state;
	memset(expected, 'x', 2000);
	expected[2000] = '\0';
	console_print("%s", expected);
	assert_string_equal(capture.text, expected);
	console_print("%s", "");
	assert_int_equal(capture.used, 2000);
}

/* An NMI comes while the holder writes: to the holder itself, as many as fit, and more. */
static int nmis_to_come;

static void write_and_take_nmi(const char *text, size_t length)
{
	int nmis = nmis_to_come;

	nmis_to_come = 0;
	capture_write(text, length / 2);
	for (int i = 0; i < nmis; i++)
		console_print_from_nmi((uintptr_t)__builtin_frame_address(0), "at %d\n", i);
	capture_write(text + length / 2, length - length / 2);
}

static void an_nmi_does_not_break_the_holders_line(void **state)
{
	uint64_t start;

	(void)state;
	use_console(write_and_take_nmi);
	start = counter_read();
	nmis_to_come = 1;
	console_print("interrupted\n");
	assert_string_equal(capture.text, "interrupted\nat 0\n");
	nmis_to_come = 6;
	console_print("interrupted\n");
	assert_string_equal(capture.text, "interrupted\nat 0\ninterrupted\nat 0\nat 1\nat 2\nat 3\n"
					  "muster: console: 2 lines of NMIs lost\n");
	/* One that prints is interrupted in its turn. */
	nmis_to_come = 1;
	console_print_from_nmi((uintptr_t)__builtin_frame_address(0), "nobody's line is cut\n");
	assert_true(capture_has("lost\nnobody's line is cut\nat 0\n"));
	/* And where the line is kept. */
	console_is_dear = true;
	console_print_later("kept\n");
	nmis_to_come = 1;
	console_print("more\n");
	console_is_dear = false;
	assert_true(capture_has("kept\nmore\nat 0\n") || capture_has("kept\nat 0\nmore\n"));
	/* Nobody has waited for himself. */
	assert_true(counter_read() - start < SECOND / 2);
}

/* To another CPU than the holder: its line comes when the holder's is over. */
static sem_t half_written, nmi_begins;

static void write_in_halves(const char *text, size_t length)
{
	capture_write(text, length / 2);
	if (text[0] == 'a' && text[1] == ' ') {
		sem_post(&half_written);
		sem_wait(&nmi_begins);
		usleep(20000);
	}
	capture_write(text + length / 2, length - length / 2);
}

static void *print_in_halves(void *unused)
{
	(void)unused;
	console_print("a line of others\n");
	return NULL;
}

static void an_nmi_waits_for_anothers_line(void **state)
{
	pthread_t other;

	(void)state;
	sem_init(&half_written, 0, 0);
	sem_init(&nmi_begins, 0, 0);
	use_console(write_in_halves);
	assert_int_equal(pthread_create(&other, NULL, print_in_halves, NULL), 0);
	sem_wait(&half_written);
	sem_post(&nmi_begins);
	console_print_from_nmi((uintptr_t)__builtin_frame_address(0), "at 1\n");
	assert_string_equal(capture.text, "a line of others\nat 1\n");
	pthread_join(other, NULL);
}

/* All at once: threads that print, each with NMIs that come to it meanwhile. No line is lost, none is cut. */
static uint32_t nmis_said;

static void write_with_nmis(const char *text, size_t length)
{
	static __thread uint32_t count;

	capture_write(text, length / 2);
	if (text[0] == 'l' && ++count % 3 == 0) {
		__atomic_add_fetch(&nmis_said, 1, __ATOMIC_RELAXED);
		console_print_from_nmi((uintptr_t)__builtin_frame_address(0), "nmi!\n");
	}
	sched_yield();
	capture_write(text + length / 2, length - length / 2);
}

static void *print_and_be_interrupted(void *unused)
{
	(void)unused;
	for (int i = 0; i < LINES; i++) {
		console_print("line that is long\n");
		if (i % 5 == 0) {
			__atomic_add_fetch(&nmis_said, 1, __ATOMIC_RELAXED);
			console_print_from_nmi((uintptr_t)__builtin_frame_address(0), "nmi!\n");
		}
	}
	return NULL;
}

static void nmis_cut_no_line(void **state)
{
	pthread_t threads[WRITERS];

	(void)state;
	nmis_said = 0;
	use_console(write_with_nmis);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, print_and_be_interrupted, NULL),
				 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(capture_count("line that is long\n"), WRITERS * LINES);
	assert_int_equal(capture_count("nmi!\n"), nmis_said);
	assert_int_equal(capture.used, WRITERS * LINES * 18 + nmis_said * 5);
}

/* Give the others a chance to get in between. */
static void slow_write(const char *text, size_t length)
{
	capture_write(text, length / 2);
	sched_yield();
	capture_write(text + length / 2, length - length / 2);
}

static void *print_lines(void *argument)
{
	char line[200];

	memset(line, 'a' + (int)(intptr_t)argument, sizeof(line));
	for (int i = 0; i < LINES / WRITERS; i++)
		console_print("%.*s\n", (int)sizeof(line), line);
	return NULL;
}

static void lines_do_not_mix(void **state)
{
	pthread_t threads[WRITERS];

	(void)state;
	use_console(slow_write);
	for (intptr_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, print_lines, (void *)i), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(capture.used, (size_t)WRITERS * (LINES / WRITERS) * 201);
	for (size_t at = 0; at < capture.used; at += 201) {
		for (size_t i = 0; i < 200; i++)
			assert_int_equal(capture.text[at + i], capture.text[at]);
		assert_int_equal(capture.text[at + 200], '\n');
	}
}

static void write_and_die(const char *text, size_t length)
{
	(void)text;
	(void)length;
	pthread_exit(NULL);
}

static void *print_once(void *argument)
{
	console_print("%s", (const char *)argument);
	return NULL;
}

static uint64_t seconds_tenths(uint64_t since)
{
	return (counter_read() - since) / (SECOND / 10);
}

static void a_dead_holder_silences_nobody(void **state)
{
	pthread_t thread;
	uint64_t since;

	(void)state;
	use_console(write_and_die);
	pthread_create(&thread, NULL, print_once, (void *)(uintptr_t) "x");
	pthread_join(thread, NULL);
	capture_begin();
	since = counter_read();
	console_print("after\n");
	assert_in_range(seconds_tenths(since), 9, 50);
	assert_string_equal(capture.text, "after\n");
	/* From here on the lock is as before: nobody waits again. */
	since = counter_read();
	console_print("again\n");
	assert_in_range(seconds_tenths(since), 0, 5);
	assert_string_equal(capture.text, "after\nagain\n");
}

/* A console whose writers say that they are in it, and stay until they are let go. */
static sem_t entered;
static sem_t go_first, go_second;

static void write_and_stay(const char *text, size_t length)
{
	if (*text == '3') {
		sem_post(&entered);
		return;
	}
	capture_write(text, length);
	sem_post(&entered);
	sem_wait(*text == '1' ? &go_first : &go_second);
}

/* Within so many milliseconds, did somebody enter? */
static bool somebody_entered(long milliseconds)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += milliseconds % 1000 * 1000000;
	until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return !sem_timedwait(&entered, &until);
}

static void a_late_holder_does_not_free_anothers_lock(void **state)
{
	pthread_t first, second, third;

	(void)state;
	sem_init(&entered, 0, 0);
	sem_init(&go_first, 0, 0);
	sem_init(&go_second, 0, 0);
	use_console(write_and_stay);
	pthread_create(&first, NULL, print_once, (void *)(uintptr_t) "1");
	assert_true(somebody_entered(5000));
	pthread_create(&second, NULL, print_once, (void *)(uintptr_t) "2");
	assert_true(somebody_entered(5000)); /* after a second of waiting for the first */
	sem_post(&go_first);
	pthread_join(first, NULL);
	/* The second has the lock: the third must not get in because the first has gone. */
	pthread_create(&third, NULL, print_once, (void *)(uintptr_t) "3");
	assert_false(somebody_entered(300));
	sem_post(&go_second);
	assert_true(somebody_entered(5000));
	pthread_join(second, NULL);
	pthread_join(third, NULL);
	assert_string_equal(capture.text, "12");
}

static bool panicked;

static void write_and_panic(const char *text, size_t length)
{
	capture_write(text, length);
	if (!panicked) {
		panicked = true;
		console_break_lock();
		console_print(" panic!\n");
	}
}

static void a_panic_while_printing_prints(void **state)
{
	uint64_t since = counter_read();

	(void)state;
	panicked = false;
	use_console(write_and_panic);
	console_print("half a line");
	assert_string_equal(capture.text, "half a line panic!\n");
	console_print("on\n");
	assert_string_equal(capture.text, "half a line panic!\non\n");
	assert_in_range(seconds_tenths(since), 0, 5);
}

/* Before the clock is known polls are counted; the wait ends all the same. */
static void without_a_clock_the_wait_ends_too(void **state)
{
	pthread_t thread;

	(void)state;
	use_console(write_and_die);
	pthread_create(&thread, NULL, print_once, (void *)(uintptr_t) "x");
	pthread_join(thread, NULL);
	clock_frequency_set(0);
	capture_begin();
	console_print("after\n");
	assert_string_equal(capture.text, "after\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(early_text_comes_first, begin),
		cmocka_unit_test_setup(early_text_has_an_end, begin),
		cmocka_unit_test_setup(later_is_before_the_next, begin),
		cmocka_unit_test_setup(later_is_never_lost, begin),
		cmocka_unit_test_setup(an_nmi_does_not_break_the_holders_line, begin),
		cmocka_unit_test_setup(an_nmi_waits_for_anothers_line, begin),
		cmocka_unit_test_setup(nmis_cut_no_line, begin),
		cmocka_unit_test_setup(long_lines_come_out_whole, begin),
		cmocka_unit_test_setup(lines_do_not_mix, begin),
		cmocka_unit_test_setup(a_dead_holder_silences_nobody, begin),
		cmocka_unit_test_setup(a_late_holder_does_not_free_anothers_lock, begin),
		cmocka_unit_test_setup(a_panic_while_printing_prints, begin),
		cmocka_unit_test_setup(without_a_clock_the_wait_ends_too, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

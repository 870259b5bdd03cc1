// SPDX-License-Identifier: MIT
/*
 * Self-test results as KTAP version 1 (Linux documentation, "The Kernel Test Anything Protocol
 * (KTAP), version 1"). Test code of a kernel calls it, on one CPU. It must not stop anything: a
 * failed test is a line and a count.
 */
#include <muster/console.h>
#include <muster/ktap.h>
#include <stdarg.h>

/* Of a test's name; the rest is cut off, so that a result is one line of the console. */
#define NAME_SIZE 160

void ktap_begin(struct ktap *ktap, uint32_t planned)
{
	*ktap = (struct ktap){ .planned = planned };
	console_print("KTAP version 1\n");
	if (planned)
		console_print("1..%u\n", planned);
}

int ktap_result(struct ktap *ktap, int pass, const char *name, ...)
{
	char text[NAME_SIZE];
	va_list arguments;

	va_start(arguments, name);
	format_text_v(text, sizeof(text), name, arguments);
	va_end(arguments);
	ktap->run++;
	if (pass)
		ktap->passed++;
	else
		ktap->failed++;
	console_print("%s %u %s\n", pass ? "ok" : "not ok", ktap->run, text);
	return pass;
}

void ktap_skip(struct ktap *ktap, const char *name, const char *why)
{
	ktap->run++;
	ktap->skipped++;
	console_print("ok %u %s # SKIP %s\n", ktap->run, name, why);
}

void ktap_note(struct ktap *ktap, const char *format, ...)
{
	char text[NAME_SIZE];
	va_list arguments;

	(void)ktap;
	va_start(arguments, format);
	format_text_v(text, sizeof(text), format, arguments);
	va_end(arguments);
	console_print("# %s\n", text);
}

uint32_t ktap_end(struct ktap *ktap)
{
	if (!ktap->planned) {
		console_print("1..%u\n", ktap->run);
	} else if (ktap->run < ktap->planned) {
		console_print("# planned %u tests, ran %u: the missing ones count as failed\n",
			      ktap->planned, ktap->run);
		ktap->failed += ktap->planned - ktap->run;
	} else if (ktap->run > ktap->planned) {
		/* A reader of KTAP takes a test outside the plan for an error, so it is one here.
		 */
		console_print("# planned %u tests, ran %u: those not planned count as failed\n",
			      ktap->planned, ktap->run);
		ktap->failed += ktap->run - ktap->planned;
	}
	console_print("# totals: pass:%u fail:%u skip:%u\n", ktap->passed, ktap->failed,
		      ktap->skipped);
	return ktap->failed;
}

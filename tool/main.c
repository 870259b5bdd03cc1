// SPDX-License-Identifier: MIT
/*
 * The host program `muster`: finds the subcommand and calls it. Nothing else is in here, so that
 * everything else can be linked into tests.
 */
#include "tool/commands.h"
#include "tool/exit_code.h"
#include "tool/symbols.h"

#include <stdio.h>
#include <string.h>

#ifndef MUSTER_VERSION
#define MUSTER_VERSION "0.1"
#endif

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
};

static int help_command(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fputs("usage: muster run [OPTIONS] [-- QEMU OPTIONS]   boot a platform, list its CPUs\n"
	      "       muster check [OPTIONS] [FILTER]          run the boot matrix\n"
	      "       muster bench [OPTIONS]                   measure, beside targets and peers\n"
	      "       muster symbols ELF | --empty             make a kernel's symbol table\n"
	      "       muster help | --version\n"
	      "\n"
	      "run:   --platform P     the profile to boot (default: pc)\n"
	      "       --cpus N         number of CPUs (default: the profile's)\n"
	      "       --mem M          memory: N or NM in MiB, NG in GiB (default: the profile's)\n"
	      "       --append STR     more words for the guest's command line\n"
	      "       --timeout S      seconds until the guest is stopped, 1 to 3600 (default: 30)\n"
	      "       --json FILE      write the guest's report there\n"
	      "       --log FILE       keep the guest's console there\n"
	      "       --verbose        show every line of the console\n"
	      "       --layout         draw the guest's address space\n"
	      "       --host-actions   do what the guest asks of its host: NMIs, CPUs more and less\n"
	      "check: -j N             guests at the same time, 1 to 64 (default: 2)\n"
	      "       --all            the entries of tier `all` too\n"
	      "       --matrix FILE    another matrix\n"
	      "       --list           name the entries and run none\n"
	      "bench: --quick          few CPUs and no peers\n"
	      "       --strict         exit with 1 when a target is missed\n"
	      "       --json FILE      write the figures there\n"
	      "       --kut DIR        a built checkout of kvm-unit-tests, to compare with\n"
	      "       --timeout S      seconds for one boot (default: 120)\n"
	      "all:   --build DIR      where the guest's image is (default: beside muster)\n"
	      "       --profiles DIR   where profiles are looked for first\n"
	      "\n"
	      "Exit code: 0 good, 1 the guest failed, 2 it could not be tried, 130 interrupted.\n",
	      stdout);
	return EXIT_GOOD;
}

static int version_command(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("muster " MUSTER_VERSION);
	return EXIT_GOOD;
}

static const struct command commands[] = {
	{ "run", run_command },	    { "check", check_command },
	{ "bench", bench_command }, { "symbols", symbols_command },
	{ "help", help_command },   { "--help", help_command },
	{ "-h", help_command },	    { "--version", version_command },
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("muster: say what to do: run, check, bench, symbols; `muster help` tells more\n",
		      stderr);
		return EXIT_CANNOT;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "muster: unknown command \"%s\"; `muster help` lists them\n", argv[1]);
	return EXIT_CANNOT;
}

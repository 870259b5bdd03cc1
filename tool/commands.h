/* SPDX-License-Identifier: MIT */
/* The subcommands, as main.c calls them: argv[0] is the subcommand. They return the exit code. */
#ifndef TOOL_COMMANDS_H
#define TOOL_COMMANDS_H

int run_command(int argc, char **argv);
int check_command(int argc, char **argv);
int bench_command(int argc, char **argv);

#endif

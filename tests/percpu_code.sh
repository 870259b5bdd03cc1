#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles this_cpu(n)++ with the kernel's flags and looks at the code: one instruction through %gs,
# and the return.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/increment.c" <<'C'
#include <muster/percpu.h>
PERCPU(unsigned long, counter);
void increment(void);
void increment(void)
{
	this_cpu(counter)++;
}
C
"$1" -std=gnu17 -O2 -ffreestanding -fno-pic -mcmodel=kernel -mno-red-zone -mgeneral-regs-only \
	-fcf-protection=none -fomit-frame-pointer -Iinclude -c "$dir/increment.c" -o "$dir/increment.o"
llvm-objdump -d --no-show-raw-insn "$dir/increment.o" | sed -n 's/^ *[0-9a-f]*:[[:space:]]*//p' |
	grep -v nop >"$dir/code"
cat "$dir/code"
[ "$(grep -c . "$dir/code")" = 2 ] && grep -qE '^(inc|add)q.*%gs:' "$dir/code" && grep -q '^ret' "$dir/code"

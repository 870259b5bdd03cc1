#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles this_cpu(n)++ with the kernel's flags and looks at the code: one instruction through %gs, or %fs on
# i386, and the return. For a dynamic variable another one loads its offset first.
# Usage: percpu_code.sh COMPILER [i386]
set -eu
if [ "${2:-}" = i386 ]; then
	flags="--target=i386-unknown-none-elf -march=i686"
	instruction='^(inc|add)l.*%fs:'
else
	flags="-mcmodel=kernel -mno-red-zone"
	instruction='^(inc|add)q.*%gs:'
fi
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
cat >"$dir/dynamic.c" <<'C'
#include <muster/percpu.h>
extern PERCPU_DYNAMIC(unsigned long) counter;
void increment(void);
void increment(void)
{
	this_cpu_of(counter)++;
}
C
code() { # COMPILER NAME
	"$1" $flags -std=gnu17 -O2 -ffreestanding -fno-pic \
		-mgeneral-regs-only -fcf-protection=none -fomit-frame-pointer -Iinclude \
		-c "$dir/$2.c" -o "$dir/$2.o"
	llvm-objdump -d --no-show-raw-insn "$dir/$2.o" | sed -n 's/^ *[0-9a-f]*:[[:space:]]*//p' |
		grep -v nop >"$dir/$2.code"
	cat "$dir/$2.code"
	grep -qE "$instruction" "$dir/$2.code" && grep -q '^ret' "$dir/$2.code"
}
code "$1" increment
[ "$(grep -c . "$dir/increment.code")" = 2 ]
code "$1" dynamic >/dev/null
[ "$(grep -c . "$dir/dynamic.code")" = 3 ] && grep -q '^mov' "$dir/dynamic.code"

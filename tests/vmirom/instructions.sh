#!/bin/sh
# SPDX-License-Identifier: MIT
# What the VMI ROM costs: guest instructions from the kernel's first to the last CPU online, without and with
# it, may differ by a tenth at most. BOOT is counted up to step `clock` (which waits), by addresses; the rest
# by marks. Arguments: the build folder, the number of CPUs.
set -eu
build=$1
cpus=$2
limit=10 # percent
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
image=$build/muster-i386.elf
# The plugin counts 64-bit machines, which run 32-bit kernels too.
first=$(llvm-readelf -h "$image" | sed -n 's/.*Entry point address: *//p')
clock=0x$(llvm-nm "$image" | awk '$3 == "pc_clock_step" { print $1 }')

counted() { # WORDS OF THE PLUGIN [QEMU OPTION...]
	words=$1
	shift
	timeout 60 qemu-system-x86_64 -machine q35 -cpu max -accel tcg -smp "$cpus" -m 512 -nodefaults -no-reboot \
		-no-user-config -display none -serial "file:$dir/console" -kernel "$image" \
		-append "debug-exit=0x501 test=none" -device isa-debug-exit,iobase=0x501,iosize=4 \
		-plugin "$build/muster-instructions.so,out=$dir/counts$words" "$@" || [ $? = 1 ]
	grep -q "online=$cpus " "$dir/console" || { cat "$dir/console" >&2; exit 1; }
	awk '/ phase=[123] / { split($5, work, "="); sum += work[2] } END { print sum }' "$dir/counts"
}

all() { # [QEMU OPTION...]
	boot=$(counted ",begin=$first,end=$clock" "$@")
	rest=$(counted "" "$@")
	echo $((boot + rest))
}

native=$(all)
vmi=$(all -option-rom "$build/vmi-64.rom")
grep -q 'platform=vmi' "$dir/console" || { echo "the ROM was not used" >&2; exit 1; }
echo "$cpus CPUs: $native instructions without the ROM, $vmi with it: $(((vmi - native) * 1000 / native)) per mille more"
[ $((vmi * 100)) -le $((native * (100 + limit))) ]

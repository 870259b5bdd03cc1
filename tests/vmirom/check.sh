#!/bin/sh
# SPDX-License-Identifier: MIT
# The VMI test ROM by itself, under SeaBIOS: on q35 and pc a good one is found and does what it is to do;
# one with a wrong checksum never gets into memory, and on microvm it
# does not either, or lies in memory that can be written (QEMU 10).
# Arguments: the build folder.
build=$1
log=$build/vmirom/check.log

boot() { # machine, ROM
	timeout 20 qemu-system-x86_64 -machine "$1" -cpu max -accel tcg -smp 2 -m 64M -nodefaults -no-reboot \
		-no-user-config -display none -serial "file:$log" -option-rom "$2" \
		-device isa-debug-exit,iobase=0x501,iosize=4 -kernel "$build/vmirom-payload.elf"
	tr -d '\r' <"$log" | grep -q "$3" && return 0
	echo "$1, $2: wanted: $3" && cat "$log"
	return 1
}

boot q35 "$build/vmi-64.rom" '^passed$' && ! grep -q '^not ok' "$log" &&
	boot pc "$build/vmi-4.rom" '^passed$' && ! grep -q '^not ok' "$log" &&
	boot q35 "$build/vmi-wrong-checksum.rom" '^not ok 0x00000001' &&
	boot microvm "$build/vmi-64.rom" '^not ok 0x0000000[12]'

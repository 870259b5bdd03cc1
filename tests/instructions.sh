#!/bin/sh
# SPDX-License-Identifier: MIT
# The plugin that counts instructions: exact on a guest whose instructions are counted by hand, the same
# on muster's bring-up each time, and not lost whichever way a guest ends. Usage: instructions.sh BUILD.
set -eu
BUILD=$1
QEMU=qemu-system-x86_64
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
plugin=$BUILD/muster-instructions.so

fail() {
	echo "$1" >&2
	exit 1
}

# tests/boot/counted.S says where each number comes from. Phase 8 waits without saying so.
counted() { # GUEST OUT [QEMU OPTION...]
	guest=$1
	out=$2
	shift 2
	timeout 60 $QEMU -nodefaults -no-reboot -display none -machine q35 -cpu max -smp 4 -m 128 \
		-device isa-debug-exit,iobase=0x501,iosize=4 -kernel "$BUILD/tests/$guest-x86_64.elf" \
		-plugin "$plugin,out=$out" "$@" && status=0 || status=$?
	[ $status = 1 ] || fail "the counted guest ended with $status, not 1"
}
cat >"$dir/expected" <<'T'
instructions 1 vcpu=0 phase=5 work=2002 waits=0
instructions 1 vcpu=0 phase=6 work=6 waits=1006
instructions 1 vcpu=1 phase=10 work=6 waits=0
instructions 1 vcpu=2 phase=10 work=6 waits=0
instructions 1 vcpu=3 phase=10 work=6 waits=0
instructions 1 end vcpus=4 strange=0
T
for accel in tcg tcg,thread=single; do
	counted counted "$dir/counts" -accel $accel
	grep -vE 'phase=(0|7|8|9) ' "$dir/counts" | diff "$dir/expected" - || fail "counts with $accel"
	# A repeated string instruction: once for each time round up to QEMU 9, once in QEMU 10.
	grep -E 'phase=(7|9) ' "$dir/counts" | cut -d ' ' -f 5 | tr '\n' ' ' |
		grep -qxE 'work=107 work=4 |work=7 work=5 ' || fail "repeated instructions with $accel"
done

# Marks that mean nothing, and an end without its begin, are said and change nothing else.
counted strange "$dir/counts" -accel tcg
grep -q '^instructions 1 end vcpus=4 strange=3$' "$dir/counts" || fail "marks out of place are not said"
grep -q ' vcpu=0 phase=5 work=2002 waits=0$' "$dir/counts" || fail "marks out of place changed a count"

# Twice the same, though the waits differ: the boot CPU's PREPARE, and all that each other CPU does. (In
# START the boot CPU meets others that are further already or not.)
bring_up() { # OUT PLATFORM
	"$BUILD/muster" run --platform "$2" --cpus 8 --append test=none -- \
		-plugin "$plugin,out=$1" >"$dir/log" 2>&1 || fail "$(cat "$dir/log")"
	grep -q '^instructions 1 end vcpus=8 strange=0$' "$1" || fail "no good end with $2"
	sed -n 's/\( vcpu=0 phase=1 work=.*\) waits.*/\1/p; s/\( vcpu=[1-7] phase=3 work=.*\) waits.*/\1/p' "$1"
}
profiles=$(ls tool/profiles | sed -n 's/^\(pc.*\)\.profile$/\1/p')
for platform in $profiles; do
	bring_up "$dir/a" "$platform" >"$dir/first"
	bring_up "$dir/b" "$platform" >"$dir/second"
	[ "$(grep -c . "$dir/first")" = 8 ] || fail "$platform: not PREPARE and 7 CPUs: $(cat "$dir/first")"
	diff "$dir/first" "$dir/second" || fail "$platform: two boots, two counts"
done

# Arguments that are none are refused.
timeout 60 $QEMU -nodefaults -display none -machine q35 -kernel "$BUILD/tests/counted-x86_64.elf" \
	-plugin "$plugin,out=$dir/c,weather=1" 2>"$dir/log" && fail "weather=1 was taken"
grep -q 'weather=1: not out=FILE' "$dir/log" || fail "$(cat "$dir/log")"

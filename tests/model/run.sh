#!/bin/sh
# SPDX-License-Identifier: MIT
# Proves the model of the park page by spin, for 2 to MAX CPUs (the boot CPU counted; default 4): and
# then, with two CPUs, that each rule is needed: the model without it must fail. Usage: run.sh BUILD [MAX].
set -u
model=$(cd "$(dirname "$0")" && pwd)/park.pml
build=${1:-build}/model
max=${2:-4}
failed=0

# The verdict of one model: prints "errors: N" and how many states there were.
prove() { # FOLDER DEFINES...
	folder=$build/$1
	shift
	rm -rf "$folder" && mkdir -p "$folder" && cd "$folder" || return 1
	spin "$@" -a "$model" >spin.log 2>&1 || { cat spin.log; return 1; }
	clang -O2 -w -DSAFETY -DNOFAIR -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=1500 -o pan pan.c >clang.log 2>&1 ||
		{ tail -n 3 clang.log; return 1; }
	./pan -m200000 >pan.log 2>&1
	grep -q 'max search depth too small' pan.log && { echo "depth"; return 1; }
	sed -n 's/.*errors: \([0-9]*\).*/errors: \1/p; s/^ *\([0-9.e+]*\) states, stored.*/states: \1/p' pan.log | tr '\n' ' '
	cd "$OLDPWD" || return 1
}

say() { # GOOD? NAME WHAT
	[ "$1" = yes ] || failed=1
	echo "$([ "$1" = yes ] && echo ok || echo not ok) - model: $2: $3"
}

cpus=2
while [ "$cpus" -le "$max" ]; do
	result=$(prove "cpus-$cpus" -DCPUS=$((cpus - 1)) -DNMIS=$((cpus > 3 ? 1 : 2)))
	case $result in
	*"errors: 0 "*) say yes "$cpus CPUs" "$result" ;;
	*) say no "$cpus CPUs" "$result" ;;
	esac
	cpus=$((cpus + 1))
done
for rule in CLOSING TABLES_FIRST SECOND_LOOK COUNTING_LATE CLEARING WAITING_FOR_THEM RESET; do
	result=$(prove "without-$rule" -DCPUS=2 -DWITHOUT_$rule)
	case $result in
	*"errors: 1 "*) say yes "fails without $rule" "$result" ;;
	*) say no "fails without $rule" "$result" ;;
	esac
done
exit $failed

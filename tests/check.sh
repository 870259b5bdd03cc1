#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every test that `make check` built, one line each, and counts. The last line is
# "N passed, N failed"; exit 1 unless all passed. Run in the root of the tree.
set -u
BUILD=${BUILD:-build}
FUZZ_SECONDS=${FUZZ_SECONDS:-5}
MATRIX=${MATRIX:-}
ONLY=${ONLY:-}
LOGS=$BUILD/check
mkdir -p "$LOGS"
passed=0
failed=0

result() { # STATUS NAME [LOG]
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		echo "ok - $2"
	else
		failed=$((failed + 1))
		echo "not ok - $2"
		[ -n "${3:-}" ] && tail -n 25 "$3" | sed 's/^/    /'
	fi
}

run_test() { # NAME COMMAND...
	name=$1
	shift
	log=$LOGS/$(echo "$name" | tr ' /' '__').log
	"$@" >"$log" 2>&1
	result $? "$name" "$log"
}

# cmocka prints each test; they are counted one by one.
run_cmocka() { # NAME PROGRAM
	log=$LOGS/$(echo "$1" | tr ' /' '__').log
	"$2" >"$log" 2>&1
	status=$?
	good=$(grep -c '^\[       OK \]' "$log")
	bad=$(sed -n 's/^\[  FAILED  \].* \([0-9]*\) test(s).*/\1/p' "$log" | head -n 1)
	passed=$((passed + good))
	if [ $status = 0 ] && [ "$good" -gt 0 ]; then
		echo "ok - $1: $good tests"
	else
		failed=$((failed + ${bad:-1}))
		echo "not ok - $1"
		tail -n 25 "$log" | sed 's/^/    /'
	fi
}

unit() {
	# Their C library is fetched (make/fetch_i386.sh), which may fail and must not go unseen.
	run_test "unit tests with 32 bits: all of them are built" sh -c \
		"make --no-print-directory -q BUILD='$BUILD' unit-32 || { echo 'make unit-32 says why'; exit 1; }"
	for program in "$BUILD"/tests/unit/test_* "$BUILD"/tests/unit/tool/test_* \
		"$BUILD"/tests/history/h* "$BUILD"/tsan/tests/unit/test_* "$BUILD"/tests_32/tests/unit/test_*; do
		case $program in *.d | *.o | *.passed) continue ;; esac
		[ -x "$program" ] && [ -f "$program" ] &&
			run_cmocka "${program#"$BUILD"/}" "$program"
	done
}

# What the last line of a log counts; one without such a line did not get there.
count() { # LOG
	last=$(tail -n 1 "$1")
	good=$(echo "$last" | sed -n 's/^\([0-9]*\) passed, [0-9]* failed$/\1/p')
	bad=$(echo "$last" | sed -n 's/^[0-9]* passed, \([0-9]*\) failed$/\1/p')
	passed=$((passed + ${good:-0}))
	failed=$((failed + ${bad:-1}))
}

sources() {
	run_test "floors: nobody includes upwards" sh tests/floors/check.sh
	run_test "floors: the check finds what is broken" sh -c \
		'sh tests/floors/check.sh tests/floors/broken | grep -c "" | grep -qx 2'
	for refused in tests/history/*.refused.c; do
		run_test "refused by the compiler: $(basename "$refused")" \
			make --no-print-directory BUILD="$BUILD" -W "$refused" \
			"$BUILD/refused/$(basename "$refused" .refused.c)"
	done
	for header in include/muster/*.h; do
		for language in c c++; do
			run_test "public header alone: $(basename "$header") as $language" \
				sh -c "echo '#include <${header#include/}>' |
				clang -x $language -Wall -Wextra -Werror -Iinclude -fsyntax-only -"
		done
	done
	run_test "this_cpu(n)++ is one instruction, clang" sh tests/percpu_code.sh clang
	run_test "this_cpu(n)++ is one instruction, gcc" sh tests/percpu_code.sh gcc
	run_test "the VMI test ROM by itself" sh tests/vmirom/check.sh "$BUILD"
	for cpus in 16 ${MATRIX:+1 64}; do
		run_test "VMI: $cpus CPUs with at most a tenth more instructions" \
			sh tests/vmirom/instructions.sh "$BUILD" "$cpus"
	done
	run_test "this_cpu(n)++ is one instruction, i386" sh tests/percpu_code.sh clang i386
	run_test "nothing in the image is writable and executable" sh -c \
		"! llvm-readelf -lW $BUILD/muster-x86_64.elf | grep LOAD | grep -q 'RWE'"
	run_test "nothing in the i386 image is writable and executable" sh -c \
		"! llvm-readelf -lW $BUILD/muster-i386.elf | grep LOAD | grep -q 'RWE'"
	run_test "what a kernel supplies and may replace is as docs/embedding.md says" \
		env BUILD="$BUILD" sh tests/embedding.sh
	run_test "the check of docs/embedding.md finds what is not true" sh -c \
		"for wrong in 's/.console_print. . weak/\`console_write\` | weak/' '/muster_main/d' '/muster_platform/d' \
			's/.memcpy. . weak/\`memcpy\` | alone/'; do
			sed \"\$wrong\" docs/embedding.md >$LOGS/wrong.md
			BUILD=$BUILD sh tests/embedding.sh $LOGS/wrong.md && exit 1
		done; exit 0"
	run_test "x86-64 with gcc" make --no-print-directory -j2 BUILD="$BUILD/gcc" CC_X86_64=gcc \
		"$BUILD/gcc/muster-x86_64.elf"
	run_test "the kernel that gcc built boots" "$BUILD/muster" run --build "$BUILD/gcc" --cpus 8
}

# One line each, as they are counted: ok - ..., not ok - ...
models() {
	log=$LOGS/models.log
	sh tests/model/run.sh "$BUILD" | tee "$log"
	passed=$((passed + $(grep -c '^ok ' "$log")))
	failed=$((failed + $(grep -c '^not ok ' "$log")))
	[ "$(grep -c '' "$log")" -ge 10 ] || result 1 "model: it ran" "$log"
}

sources_and_models() {
	sources
	models
}

# Two parts at once, each on a core of its own; their lines come when both are done.
both() { # PART PART
	for part in "$1" "$2"; do
		ONLY=$part sh tests/check.sh >"$LOGS/part-$part.log" 2>&1 &
	done
	wait
	for part in "$1" "$2"; do
		log=$LOGS/part-$part.log
		sed '$d' "$log"
		count "$log"
	done
}

# Every second fuzzer, from the first or from the second.
fuzz_odd() {
	fuzz_each 1
}

fuzz_even() {
	fuzz_each 0
}

fuzz_each() { # 1: odd, 0: even
	number=0
	for program in "$BUILD"/tests/fuzz/fuzz_*; do
		case $program in *.d) continue ;; esac
		number=$((number + 1))
		[ $((number % 2)) = "$1" ] || continue
		name=$(basename "$program")
		corpus=$BUILD/corpus/$name
		mkdir -p "$corpus"
		seeds=tests/fuzz/corpus/${name#fuzz_}
		[ -d "$seeds" ] || seeds=
		run_test "fuzz: ${name#fuzz_}, $FUZZ_SECONDS s" "$program" -max_total_time="$FUZZ_SECONDS" \
			-max_len=8192 -timeout=10 -print_final_stats=1 -artifact_prefix="$LOGS/" "$corpus" $seeds
	done
}

fuzz() {
	both fuzz_odd fuzz_even
}

boots() {
	log=$LOGS/matrix.log
	"$BUILD/muster" check -j 2 $MATRIX | tee "$log"
	count "$log"
}

figures() {
	run_test "instructions are counted exactly" sh tests/instructions.sh "$BUILD"
	run_test "bench, few CPUs and no peers" "$BUILD/muster" bench --quick --json "$LOGS/bench.json"
	run_test "bench: its JSON has what the table has" sh -c \
		"grep -q '\"cpus\": 16' '$LOGS/bench.json' && grep -q '\"verdict\": \"reached\"' '$LOGS/bench.json'"
	run_test "bench: what is counted keeps its limits" sh tests/bench_limits.sh "$LOGS/bench.json"
}

if [ -n "$ONLY" ]; then
	$ONLY
else
	both sources_and_models unit
	boots
	figures
	fuzz
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]

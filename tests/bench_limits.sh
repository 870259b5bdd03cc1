#!/bin/sh
# SPDX-License-Identifier: MIT
# Are the limits kept of what bench counts, and does not time? Usage: bench_limits.sh BENCH.JSON. A row that was not
# measured is as bad as one that missed: then nobody looks.
set -eu
awk -F'"' '
BEGIN {
	wanted["instructions for each AP more, 16 to 64"]
	wanted["of these the boot CPU'"'"'s"]
	wanted["unit and main stack of a CPU"]
	wanted["the same with exception stacks"]
	wanted["hello, bytes loaded from its file"]
	wanted["parked: from the decision to wake to the store, of 2"]
	wanted["this_cpu(n)++"]
}
$2 == "name" { name = $4 }
$2 == "value" { value = $3 }
# The first row of a name: that of 16 to 64 CPUs comes before that of 64 to 255.
$2 == "verdict" && (name in wanted) && !(name in seen) {
	seen[name]
	if ($4 != "reached") {
		print name value ": " $4
		bad = 1
	}
}
END {
	for (name in wanted)
		if (!(name in seen)) {
			print name ": no such row"
			bad = 1
		}
	exit bad
}' "$1"

#!/bin/sh
# SPDX-License-Identifier: MIT
# Holds docs/embedding.md against the objects: what core needs from above, what a kernel supplies, what
# it may replace, what an image may leave out; and links a kernel with each replacement alone, and with
# all at once, and with each of what may be left out. Run in the root of the tree, after a build; needs $BUILD/libmuster-x86_64.a. Usage: embedding.sh [DOCUMENT]
set -u
BUILD=${BUILD:-build}
document=${1:-docs/embedding.md}
library=$BUILD/libmuster-x86_64.a
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export LC_ALL=C
bad=0

fault() {
	echo "embedding: $*"
	bad=1
}

# The symbols in the tables under one heading, but for those of another architecture; of one way only, if it
# is given.
table() { # HEADING [HOW]
	awk -v heading="## $1" -v how="${2:-}" -F '|' '
		/^## / { inside = $0 == heading }
		inside && $2 ~ /`/ && $3 !~ /^ on ppc64:/ {
			gsub(/[ `]/, "", $2); gsub(/ /, "", $3)
			if (how == "" || $3 == how) print $2
		}' "$document" | sort -u
}

same() { # WHAT DOCUMENTED FOUND
	[ -s "$3" ] || fault "$1: nothing found: is $BUILD built?"
	comm -23 "$2" "$3" | while read -r name; do echo "embedding: $1: $name: in $document only"; done
	comm -13 "$2" "$3" | while read -r name; do echo "embedding: $1: $name: not in $document"; done
	cmp -s "$2" "$3" || bad=1
}

# Undefined in these files and defined in none of them. What is weakly undefined may be missing.
undefined_in() {
	llvm-nm --undefined-only "$@" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u >"$dir/u"
	llvm-nm --defined-only --extern-only "$@" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >"$dir/d"
	comm -23 "$dir/u" "$dir/d"
}

table "What core needs of the floors above it" >"$dir/documented"
undefined_in "$BUILD"/x86_64/core/*.o >"$dir/found"
same "core needs" "$dir/documented" "$dir/found"

table "What the kernel supplies" >"$dir/documented"
undefined_in "$library" >"$dir/found"
same "the kernel supplies" "$dir/documented" "$dir/found"

{
	table "What a kernel may replace" weak
	table "What is weak for the library's own sake"
} | sort -u >"$dir/documented"
llvm-nm --defined-only "$library" 2>/dev/null | awk '$2 == "W" || $2 == "V" { print $3 }' | sort -u >"$dir/found"
same "may be replaced" "$dir/documented" "$dir/found"

# A kernel that defines these symbols, and does nothing else than muster_main(). The links are made as
# make/x86_64.mk makes them; $whole is what they ask for of what may be left out.
whole='-u muster_everything'
link() { # NAME SYMBOL...
	name=$1
	shift
	{
		echo '	.text'
		echo '	.globl muster_main'
		echo 'muster_main:'
		# Called, so that the linker has to choose.
		for symbol; do echo "	movabsq \$$symbol, %rax"; done
		echo '	jmp muster_bring_up'
		for symbol; do printf '\t.globl %s\n%s: ud2\n' "$symbol" "$symbol"; done
	} >"$dir/kernel.S"
	clang --target=x86_64-unknown-none-elf -c "$dir/kernel.S" -o "$dir/kernel.o" &&
		ld.lld -nostdlib --gc-sections -z max-page-size=4096 --build-id=none -T arch/x86_64/muster.lds \
			$whole "$dir/kernel.o" "$library" -o "$dir/$name.elf" 2>"$dir/$name.errors"
}

# Strong in the result: the library's would be weak.
is_ours() { # NAME SYMBOL
	llvm-nm "$dir/$1.elf" | awk -v symbol="$2" '$3 == symbol { print $2 }' | grep -qx T
}

links=0
table "What a kernel may replace" >"$dir/replaceable"
while read -r symbol; do
	if ! link one "$symbol"; then
		fault "a kernel with its own $symbol does not link: $(head -n 1 "$dir/one.errors")"
	elif ! is_ours one "$symbol"; then
		fault "a kernel with its own $symbol has the library's"
	fi
	links=$((links + 1))
done <"$dir/replaceable"
link all $(cat "$dir/replaceable") || fault "a kernel with all of them does not link: $(head -n 1 "$dir/all.errors")"
link none || fault "a kernel without any does not link: $(head -n 1 "$dir/none.errors")"
# And that this can be seen at all: what may not be replaced is a duplicate.
if link wrong cpu_possible_count || ! grep -q 'duplicate symbol: cpu_possible_count' "$dir/wrong.errors"; then
	fault "cpu_possible_count is nobody's to replace, and could be"
fi

choices() { # FILE: what it has of what may be left out
	llvm-nm --defined-only "$1" 2>/dev/null | awk '$3 ~ /^muster_with_/ { print $3 }' | sort -u
}

bytes() { # NAME: of code and constants
	llvm-size "$dir/$1.elf" | awk 'NR == 2 { print $1 }'
}

table "What an image may leave out" >"$dir/documented"
choices "$library" >"$dir/found"
same "may be left out" "$dir/documented" "$dir/found"
choices "$dir/none.elf" >"$dir/found"
same "muster_everything" "$dir/documented" "$dir/found"
whole='-u muster_with_pvh'
link least
while read -r choice; do
	whole="-u muster_with_pvh -u $choice"
	link chosen || fault "an image with $choice does not link: $(head -n 1 "$dir/chosen.errors")"
	printf '%s\n' muster_with_pvh "$choice" | sort -u >"$dir/wanted"
	choices "$dir/chosen.elf" >"$dir/found"
	same "an image with $choice" "$dir/wanted" "$dir/found"
	[ "$choice" = muster_with_pvh ] || [ "$(bytes chosen)" -gt $(($(bytes least) + 64)) ] ||
		fault "$choice: an image with it is no larger: nothing of it is there"
done <"$dir/documented"

[ $bad = 0 ] && echo "embedding: $links symbols replaced, one by one and all together"
exit $bad

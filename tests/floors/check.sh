#!/bin/sh
# SPDX-License-Identifier: MIT
# The floors of the house: a folder includes only from the floors below it and from itself
# (docs/design.md, "The house"). Usage: check.sh [ROOT]. Prints every include that breaks the rule;
# exit 1 if there is one.
set -u
root=${1:-.}
cd "$root" || exit 2

# What a file of each folder may include in quotes; <muster/...> is free to all but the kernels, which
# have nothing else.
allowed() {
	case $1 in
	include) echo "" ;;
	core) echo "core" ;;
	firmware) echo "core firmware" ;;
	arch) echo "core firmware arch" ;;
	device) echo "core firmware arch device" ;;
	platform) echo "core firmware arch device platform" ;;
	handover) echo "core firmware arch device platform handover" ;;
	kernel) echo "kernel" ;;
	examples) echo "examples" ;;
	tool) echo "tool" ;;
	esac
}

broken=0
for floor in include core firmware arch device platform handover kernel examples tool; do
	[ -d "$floor" ] || continue
	for file in $(find "$floor" -name '*.[chS]'); do
		for included in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file"); do
			below=${included%%/*}
			case " $(allowed $floor) " in
			*" $below "*) ;;
			*)
				echo "$file: includes $included: $floor may include $(allowed $floor | sed 's/^$/include only/')"
				broken=1
				;;
			esac
		done
		# A public header is all that a public header builds on; system headers are the host's.
		case $floor in
		core | firmware | arch | device | platform | handover | include | kernel | examples)
			for included in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*<\([^>]*\)>.*/\1/p' "$file"); do
				case $included in
				# Interfaces of a hypervisor and of a boot protocol.
				xen/* | asm/bootparam.h) ;;
				# Built for kernels too.
				libfdt.h)
					case $file in firmware/*) ;; *)
						echo "$file: includes <$included>: trees are read by firmware/"
						broken=1 ;;
					esac ;;
				muster/* | stdint.h | stddef.h | stdbool.h | stdarg.h | limits.h) ;;
				sched.h | string.h | time.h)
					case $file in include/muster/arch/host/*) ;; *)
						echo "$file: includes <$included>: there is none in a kernel"
						broken=1 ;;
					esac ;;
				*)
					echo "$file: includes <$included>: there is none in a kernel"
					broken=1
					;;
				esac
			done
			;;
		esac
	done
done
exit $broken

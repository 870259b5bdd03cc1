#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the packages named that are not installed, and says so first. As root or by sudo; where
# neither can be, prints the list and stops. An index that updates only in part is no failure, as long
# as what is needed can be had.
set -u

missing=""
for package; do
	# clang's runtime has the version in its name on Debian 12.
	case $package in
	libclang-rt-dev)
		version=$(clang --version 2>/dev/null | sed -n 's/.*clang version \([0-9]*\).*/\1/p')
		package="libclang-rt-${version:-14}-dev"
		# Where there is no such package the runtime comes with clang itself.
		if [ -n "$(clang -print-file-name=libclang_rt.asan-x86_64.a 2>/dev/null | grep /)" ] &&
			[ -e "$(clang -print-file-name=libclang_rt.asan-x86_64.a)" ]; then
			continue
		fi
		;;
	esac
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" && continue
	missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null; then
	echo "muster: needed, and there is no apt-get to install it with:$missing" >&2
	exit 1
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "muster: needed, please install as root:$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "muster: installing:$missing"
log=$(mktemp)
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >"$log" 2>&1; then
	# Maybe the package index is old, or was never fetched.
	$as_root apt-get update >>"$log" 2>&1
	if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >>"$log" 2>&1; then
		echo "muster: could not install:$missing" >&2
		tail -n 5 "$log" >&2
		rm -f "$log"
		exit 1
	fi
fi
rm -f "$log"

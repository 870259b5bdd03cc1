#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts the distribution's libfdt, built for another architecture, into a folder: libfdt.a, and its two
# headers but the one that a freestanding program brings itself (firmware/libfdt). Never to be installed.
# Usage: fetch_libfdt.sh ARCHITECTURE FOLDER, the architecture by the distribution's name. Leaves
# FOLDER/libfdt.a and FOLDER/include. apt checks the signature, with a configuration of its own, because
# the machine's package index has its own architecture only. What cannot be had is one line that names
# the package, and exit 1.
set -u
architecture=$1
folder=$2
package=libfdt-dev:$architecture

cannot() {
	echo "muster: libfdt: $1" >&2
	exit 1
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || cannot "no apt-get and dpkg-deb here"
rm -rf "$folder/download" "$folder/unpacked"
echo "muster: fetching $package"
. make/foreign_apt.sh
foreign_apt_begin "$architecture" "$folder/download" || cannot "no folder $folder"
download=$foreign_folder
log=$foreign_log
(cd "$download" && apt-get $foreign_options download "$package") >>"$log" 2>&1 ||
	cannot "package $package could not be had: $(grep '^E:' "$log" | tail -n 1)"
dpkg-deb -x "$download"/libfdt-dev_*.deb "$folder/unpacked" >"$log" 2>&1 || cannot "$package: $(tail -n 1 "$log")"
library=$(find "$folder/unpacked" -name libfdt.a | head -n 1)
[ -n "$library" ] || cannot "no libfdt.a in package $package"
mkdir -p "$folder/include" &&
	cp "$folder/unpacked/usr/include/fdt.h" "$folder/unpacked/usr/include/libfdt.h" "$folder/include/" &&
	cp "$library" "$folder/libfdt.part" && mv "$folder/libfdt.part" "$folder/libfdt.a" ||
	cannot "package $package has no fdt.h and libfdt.h"
rm -rf "$folder/download" "$folder/unpacked"

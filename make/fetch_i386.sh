#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts what it takes to build and run tests with 32 bits into a folder, as a small system of its own: the
# distribution's C library, compiler support and cmocka for i386. Never to be installed: the machine's own
# packages stay those of its own architecture. Usage: fetch_i386.sh FOLDER. Leaves FOLDER/usr and FOLDER/lib.
# apt checks the signatures, with a configuration of its own. What cannot be had is one line that names the
# package, and exit 1.
set -u
folder=$1
# libgcc has the compiler's version in its name: that of the index.
packages="libc6 libc6-dev linux-libc-dev libcrypt-dev libcmocka0 libcmocka-dev libgcc-s1"

cannot() {
	echo "muster: tests with 32 bits: $1" >&2
	exit 1
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || cannot "no apt-get and dpkg-deb here"
rm -rf "$folder"
. make/foreign_apt.sh
echo "muster: fetching $packages libgcc-*-dev for i386"
foreign_apt_begin i386 "$folder/download" || cannot "no folder $folder"
libgcc=$(apt-cache $foreign_options depends gcc 2>/dev/null | sed -n 's/.*Depends: gcc-\([0-9]*\).*/libgcc-\1-dev/p' | head -n 1)
for package in $packages ${libgcc:-libgcc-dev}; do
	(cd "$foreign_folder" && apt-get $foreign_options download "$package") >>"$foreign_log" 2>&1 ||
		cannot "package $package:i386 could not be had: $(grep '^E:' "$foreign_log" | tail -n 1)"
	dpkg-deb -x "$foreign_folder/$package"_*.deb "$folder" >>"$foreign_log" 2>&1 || cannot "$package: $(tail -n 1 "$foreign_log")"
	rm -f "$foreign_folder/$package"_*.deb
done
rm -rf "$folder/download"
# Newer distributions have nothing there: all of it is below usr.
[ -e "$folder/lib" ] || ln -s usr/lib "$folder/lib"

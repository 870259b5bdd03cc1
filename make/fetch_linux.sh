#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts the distribution's kernel, whichever version it has today, into a folder: for comparison, never to
# be installed. Usage: fetch_linux.sh FOLDER PACKAGE [ARCHITECTURE], the architecture by the distribution's
# name if it is not the machine's. Leaves FOLDER/boot/vmlinu*. apt checks the signature.
# What cannot be had is one line that names the package; exit 0 all the same, so that the rest goes on.
set -u
folder=$1
package=$2
architecture=${3:-}

for kernel in "$folder"/boot/vmlinu*; do
	[ -e "$kernel" ] && exit 0
done
cannot() {
	echo "muster: Linux for comparison: package $package could not be had: $1" >&2
	exit 0
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || cannot "no apt-get and dpkg-deb here"
mkdir -p "$folder/download" || cannot "no folder $folder"
foreign_options=
if [ -n "$architecture" ]; then
	. make/foreign_apt.sh
	foreign_apt_begin "$architecture" "$folder/download/foreign" || cannot "no folder $folder"
fi
# The package itself is empty: it depends on the one with today's version in its name.
real=$(apt-cache $foreign_options depends "$package" 2>/dev/null |
	sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$real" ] || cannot "the package index does not name it; apt-get update?"
echo "muster: fetching $real for comparison"
log=$folder/download/log
(cd "$folder/download" && apt-get $foreign_options download "$real") >"$log" 2>&1 || cannot "$(tail -n 1 "$log")"
# Only the kernel is wanted, not its modules, which are most of it.
mkdir -p "$folder/unpacked"
dpkg-deb --fsys-tarfile "$folder"/download/linux-image-*.deb 2>"$log" |
	tar -x -C "$folder/unpacked" --wildcards './boot/vmlinu*' 2>>"$log" || cannot "$(tail -n 1 "$log")"
mkdir -p "$folder/boot" && mv "$folder"/unpacked/boot/vmlinu* "$folder/boot/" || cannot "no kernel in $real"
rm -rf "$folder/unpacked" "$folder/download"

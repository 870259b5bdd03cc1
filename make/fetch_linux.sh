#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts the distribution's kernel, whichever version it has today, into a folder: for comparison, never to
# be installed. Usage: fetch_linux.sh FOLDER. Leaves FOLDER/boot/vmlinuz-*. apt checks the signature.
# What cannot be had is one line that names the package; exit 0 all the same, so that the rest goes on.
set -u
folder=$1
package=linux-image-amd64

for kernel in "$folder"/boot/vmlinuz-*; do
	[ -e "$kernel" ] && exit 0
done
cannot() {
	echo "muster: Linux for comparison: package $package could not be had: $1" >&2
	exit 0
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || cannot "no apt-get and dpkg-deb here"
# The package itself is empty: it depends on the one with today's version in its name.
real=$(apt-cache depends "$package" 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$real" ] || cannot "the package index does not name it; apt-get update?"
mkdir -p "$folder/download" || cannot "no folder $folder"
echo "muster: fetching $real for comparison"
log=$folder/download/log
(cd "$folder/download" && apt-get download "$real") >"$log" 2>&1 || cannot "$(tail -n 1 "$log")"
# Only the kernel is wanted, not its modules, which are most of it.
mkdir -p "$folder/unpacked"
dpkg-deb --fsys-tarfile "$folder"/download/linux-image-*.deb 2>"$log" |
	tar -x -C "$folder/unpacked" --wildcards './boot/vmlinuz-*' 2>>"$log" || cannot "$(tail -n 1 "$log")"
mkdir -p "$folder/boot" && mv "$folder"/unpacked/boot/vmlinuz-* "$folder/boot/" || cannot "no kernel in $real"
rm -rf "$folder/unpacked" "$folder/download"

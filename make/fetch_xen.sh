#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts the distribution's Xen hypervisor, whichever version it has today, into a folder as an ELF that
# QEMU loads by its multiboot header: never to be installed. Usage: fetch_xen.sh FOLDER. Leaves
# FOLDER/xen.elf. apt checks the signature. What cannot be had is one line that names the package, and
# exit 1.
set -u
folder=$1
pattern='^xen-hypervisor-[0-9][0-9.]*-amd64$'

cannot() {
	echo "muster: Xen: $1" >&2
	exit 1
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || cannot "no apt-get and dpkg-deb here"
# The version is in the name. Where there are several, the newest.
package=$(apt-cache pkgnames xen-hypervisor- 2>/dev/null | grep "$pattern" | sort -V | tail -n 1)
[ -n "$package" ] ||
	cannot "no package with a name like xen-hypervisor-VERSION-amd64 in the package index; apt-get update?"
rm -rf "$folder/download" "$folder/unpacked" && mkdir -p "$folder/download" || cannot "no folder $folder"
echo "muster: fetching $package"
log=$folder/download/log
(cd "$folder/download" && apt-get download "$package") >"$log" 2>&1 ||
	cannot "package $package could not be had: $(tail -n 1 "$log")"
dpkg-deb -x "$folder"/download/*.deb "$folder/unpacked" >"$log" 2>&1 || cannot "$package: $(tail -n 1 "$log")"
# An EFI program lies beside the image; a package may hold more than one image.
image=$(find "$folder/unpacked/boot" -name 'xen-*.gz' | sort -V | tail -n 1)
[ -n "$image" ] || cannot "no image boot/xen-*.gz in package $package"
gzip -dc "$image" >"$folder/xen.part" 2>"$log" || cannot "$image: $(tail -n 1 "$log")"
mv "$folder/xen.part" "$folder/xen.elf" || cannot "no $folder/xen.elf"
rm -rf "$folder/download" "$folder/unpacked"

#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks the distribution's kexec-tools with the libraries that it needs, and busybox-static, into a
# folder, never installed. Usage: fetch_kexec.sh FOLDER. apt checks the signatures. What cannot be had
# is one line that names the package, and exit 1.
set -u
folder=$1

cannot() {
	echo "muster: kexec: $1" >&2
	exit 1
}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || cannot "no apt-get and dpkg-deb here"
packages="busybox-static"
todo="kexec-tools"
while [ -n "$todo" ]; do
	set -- $todo
	package=$1
	shift
	todo=$*
	case " $packages " in *" $package "*) continue ;; esac
	packages="$packages $package"
	# Of what it depends on, libraries: nothing here is configured.
	todo="$todo $(apt-cache depends --important "$package" 2>/dev/null |
		sed -n 's/^ *Depends: \(lib[^<>:]*\)$/\1/p' | tr '\n' ' ')"
	todo=$(echo $todo)
done
rm -rf "$folder" && mkdir -p "$folder/download" || cannot "no folder $folder"
echo "muster: fetching kexec-tools and busybox-static"
log=$folder/download/log
for package in $packages; do
	(cd "$folder/download" && apt-get download "$package") >"$log" 2>&1 ||
		cannot "package $package could not be had: $(tail -n 1 "$log")"
done
for package in "$folder"/download/*.deb; do
	dpkg-deb -x "$package" "$folder/root" >"$log" 2>&1 || cannot "$package: $(tail -n 1 "$log")"
done
rm -rf "$folder/download"
# Where all programs are under /usr, the packages do not say that they are found without it too.
for place in bin sbin lib lib64; do
	[ -e "$folder/root/$place" ] || ln -s "usr/$place" "$folder/root/$place"
done
[ -e "$folder/root/sbin/kexec" ] && [ -e "$folder/root/bin/busybox" ] ||
	cannot "package kexec-tools or busybox-static has its program elsewhere"

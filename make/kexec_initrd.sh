#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes an initrd whose only program loads an image by kexec and goes there. Usage: kexec_initrd.sh
# ROOT IMAGE INITRD; ROOT: what fetch_kexec.sh unpacked. The image's command line is the machine's
# serial number, as SMBIOS has it: so one initrd does for all command lines.
set -eu
from=$1
image=$2
initrd=$3
tree=$initrd.tree

# The file of that name among the libraries that were unpacked.
library() {
	find "$from/lib/" "$from/usr/lib/" "$from/lib64/" "$from/usr/lib64/" -name "$1" 2>/dev/null | head -n 1
}
# And all that it needs, once each.
copy_libraries() {
	for name in $(llvm-readelf --needed-libs "$1" | sed -n 's/^ *\(lib.*\.so.*\|ld-.*\.so.*\)$/\1/p'); do
		[ -e "$tree/lib/$name" ] && continue
		path=$(library "$name")
		[ -n "$path" ] || { echo "muster: kexec: $1 needs $name, which was not unpacked" >&2; exit 1; }
		cp -L "$path" "$tree/lib/$name"
		copy_libraries "$tree/lib/$name"
	done
}

rm -rf "$tree"
mkdir -p "$tree/bin" "$tree/lib" "$tree/lib64" "$tree/proc" "$tree/sys" "$tree/dev"
cp "$from/bin/busybox" "$from/sbin/kexec" "$tree/bin/"
cp -L "$(library 'ld-linux-x86-64.so.2')" "$tree/lib64/"
copy_libraries "$from/sbin/kexec"
cp "$image" "$tree/image.elf"
# A module of a size that is no multiple of a page.
head -c 12345 "$image" >"$tree/module"
cat >"$tree/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
line=$(/bin/busybox cat /sys/class/dmi/id/product_serial)
/bin/kexec --type=elf-x86_64 -l /image.elf --args-linux --initrd=/module --command-line="$line" && /bin/kexec -e
echo "muster: kexec: it came back"
/bin/busybox poweroff -f
INIT
chmod 755 "$tree/init"
(cd "$tree" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$initrd.part"
rm -rf "$tree"
mv "$initrd.part" "$initrd"

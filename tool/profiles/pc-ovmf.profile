# SPDX-License-Identifier: MIT
# The same PC with EFI: OVMF starts GRUB from a CD, and GRUB, when boot services have ended, the
# kernel by its multiboot2 header. OVMF wants at least 256 MiB.
description = x86-64 PC (q35, OVMF, GRUB, multiboot2 entry)
platform = pc
arch = x86_64
image = muster-x86_64.iso
boot = cdrom

qemu = qemu-system-x86_64
machine = q35
cpu = max
accel = tcg
args = -bios OVMF.fd
args = -device isa-debug-exit,iobase=0x501,iosize=4

append = debug-exit=0x501
cpus = 4
cpus-max = 255
mem = 512M
exit = isa-debug-exit

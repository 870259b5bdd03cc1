# SPDX-License-Identifier: MIT
# The PC with the VMI test ROM; SeaBIOS starts GRUB from a CD, and GRUB the kernel by its multiboot2 header.
description = i386 PC with the VMI test ROM (q35, SeaBIOS, GRUB, multiboot2 entry)
platform = vmi
arch = i386
image = muster-i386.iso
boot = cdrom
option-rom = vmi-64.rom

qemu = qemu-system-i386
machine = q35
cpu = max
accel = tcg
args = -device isa-debug-exit,iobase=0x501,iosize=4

append = debug-exit=0x501
cpus = 4
cpus-max = 255
mem = 512M
exit = isa-debug-exit

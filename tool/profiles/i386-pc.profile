# SPDX-License-Identifier: MIT
# The older machine, with its PCI bridge of 1996: QEMU's pc (i440fx) with SeaBIOS.
description = i386 PC (i440fx, SeaBIOS, PVH entry)
platform = pc
arch = i386
image = muster-i386.elf

qemu = qemu-system-i386
machine = pc
cpu = max
accel = tcg
args = -device isa-debug-exit,iobase=0x501,iosize=4

append = debug-exit=0x501
cpus = 4
cpus-max = 255
mem = 512M
exit = isa-debug-exit

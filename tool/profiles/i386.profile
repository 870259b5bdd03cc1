# SPDX-License-Identifier: MIT
# A PC with a processor of 32 bits: QEMU's q35 with SeaBIOS; the kernel is entered by its PVH note.
description = i386 PC (q35, SeaBIOS, PVH entry)
platform = pc
arch = i386
image = muster-i386.elf

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

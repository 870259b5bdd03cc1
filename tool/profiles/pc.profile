# SPDX-License-Identifier: MIT
# A PC: QEMU's q35 with SeaBIOS; the kernel is entered by its PVH note.
description = x86-64 PC (q35, SeaBIOS, PVH entry)
platform = pc
arch = x86_64
image = muster-x86_64.elf

qemu = qemu-system-x86_64
machine = q35
cpu = max
accel = tcg
args = -device isa-debug-exit,iobase=0x501,iosize=4

append = debug-exit=0x501
cpus = 4
cpus-max = 255
mem = 512M
exit = isa-debug-exit

# SPDX-License-Identifier: MIT
# The 32-bit PC whose hypervisor has a VMI ROM: QEMU with the ROM under tests/vmirom, which keeps the top
# 64 MiB of the address space. No hypervisor with such a ROM ships any more.
description = i386 PC with the VMI test ROM (q35, SeaBIOS, PVH entry)
platform = vmi
arch = i386
image = muster-i386.elf
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

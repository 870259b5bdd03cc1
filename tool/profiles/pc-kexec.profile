# SPDX-License-Identifier: MIT
# The same PC under Linux, which starts all CPUs and goes on to the kernel by kexec: to the 64-bit
# entry with boot_params. What Linux says goes to the same console, as little as it can be had.
description = x86-64 PC (q35, from Linux by kexec, boot_params entry)
platform = pc
arch = x86_64
image = muster-x86_64.kexec
boot = initrd
loader = peers/linux/vmlinuz
loader-append = console=ttyS0 quiet loglevel=1 lpj=4600000 panic=-1

qemu = qemu-system-x86_64
machine = q35
cpu = max
accel = tcg
args = -device isa-debug-exit,iobase=0x501,iosize=4

append = debug-exit=0x501
cpus = 4
cpus-max = 64
mem = 512M
exit = isa-debug-exit

# SPDX-License-Identifier: MIT
# The same PC without a serial port: the console is port 0xE9, and the way out is ACPI's.
description = x86-64 PC with a debug console and ACPI power-off
platform = pc
arch = x86_64
image = muster-x86_64.elf

qemu = qemu-system-x86_64
machine = q35
cpu = max
accel = tcg
console = debugcon

cpus = 4
cpus-max = 255
mem = 512M
exit = power-off

# SPDX-License-Identifier: MIT
# QEMU's microvm: no PCI, no SCI, reduced ACPI hardware. It tells of its CPUs by ACPI only with acpi=on;
# the 8254 (or the real-time clock, rtc=on) is there to measure the clock with; the way out is FADT's
# sleep control register. It has no CPU hotplug.
description = i386 microvm (PVH entry, reduced ACPI hardware)
platform = pc
arch = i386
image = muster-i386.elf

qemu = qemu-system-i386
machine = microvm,acpi=on,pit=on,rtc=on
cpu = max
accel = tcg

cpus = 4
cpus-max = 255
mem = 512M
exit = power-off

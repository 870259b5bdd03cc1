# SPDX-License-Identifier: MIT
# PAPR: QEMU's pseries machine with the little firmware VOF; the kernel is entered by Open Firmware's client
# interface. What the machine would show of mitigations that QEMU's emulation does not have is turned off.
description = ppc64le PAPR guest (pseries, VOF, POWER9)
platform = papr
arch = ppc64le
image = muster-ppc64le.elf

qemu = qemu-system-ppc64
machine = pseries,x-vof=on,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off
cpu = power9
accel = tcg

cpus = 4
cpus-max = 1024
mem = 512M
exit = power-off

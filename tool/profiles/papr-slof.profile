# SPDX-License-Identifier: MIT
# The same machine with SLOF, the whole Open Firmware, which takes seconds to come up.
description = ppc64le PAPR guest (pseries, SLOF, POWER9)
platform = papr
arch = ppc64le
image = muster-ppc64le.elf

qemu = qemu-system-ppc64
machine = pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off
cpu = power9
accel = tcg

cpus = 4
cpus-max = 1024
mem = 512M
exit = power-off

# SPDX-License-Identifier: MIT
# POWER without a hypervisor: QEMU's powernv9 with skiboot, whose OPAL is console and way out. The BMC is what
# turns the machine off. One CPU: others are not started.
description = ppc64le without a hypervisor (powernv9, skiboot, POWER9)
platform = opal
arch = ppc64le
image = muster-ppc64le.elf

qemu = qemu-system-ppc64
machine = powernv9
accel = tcg
args = -device ipmi-bmc-sim,id=bmc0 -device isa-ipmi-bt,bmc=bmc0,irq=10

cpus = 1
cpus-max = 1
mem = 1G
exit = power-off

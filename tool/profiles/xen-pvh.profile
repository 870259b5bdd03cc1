# SPDX-License-Identifier: MIT
# Xen on the same PC; the kernel is its dom0, as a PVH guest: entered by its PVH note, with local APICs
# and ACPI tables that Xen makes. `cpus` are vCPUs; `-- -smp N` gives the machine another number of CPUs
# than they are. `mem` is the machine's, of which Xen takes its part.
#
# What QEMU's emulation wants: SVM; an IOMMU, or Xen does not show its guest the memory with the ACPI
# tables; no SMAP and SMEP, no MONITOR (Xen's idle loop faults), no RDTSCP. The rest QEMU has not.
#
# The way out is isa-debug-exit, whose status is the guest's own whatever became of its report. ACPI's
# ports, which Xen leaves to its dom0, and SCHEDOP_shutdown (a reboot) end QEMU too, with status 0.
#
# sched=credit: with more vCPUs than CPUs under TCG, Xen 4.17's default scheduler now and then leaves a
# vCPU that is to run waiting beside an idle CPU, for ever.
description = x86-64 Xen, PVH dom0 (q35, SeaBIOS, PVH entry)
platform = xen/pvh
arch = x86_64
image = muster-x86_64.elf
boot = module
loader = peers/xen/xen.elf
loader-append = com1=115200,8n1 console=com1 guest_loglvl=all sched=credit dom0=pvh dom0_max_vcpus={cpus}

qemu = qemu-system-x86_64
machine = q35
cpu = EPYC,-smap,-smep,-monitor,-rdtscp,-rdseed,-sha-ni,-fxsr-opt,-misalignsse,-3dnowprefetch,-osvw,-topoext,-nrip-save,-xsavec
accel = tcg
args = -device amd-iommu
args = -device isa-debug-exit,iobase=0x501,iosize=4

append = debug-exit=0x501
cpus = 4
cpus-max = 128
machine-cpus-max = 16
mem = 512M
exit = isa-debug-exit

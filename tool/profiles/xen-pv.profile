# SPDX-License-Identifier: MIT
# Xen on the same PC; the kernel is its dom0, as a PV guest: entered by its ELF notes, in 64-bit mode on
# page tables that Xen made. `cpus` are vCPUs; `-- -smp N` gives the machine another number of CPUs than
# they are. `mem` is the machine's, of which Xen takes its part.
#
# What QEMU's emulation wants: no SMAP and SMEP (with SMAP, Xen faults on its guest's stack), no MONITOR.
#
# sched=credit: with more vCPUs than CPUs under TCG, Xen 4.17's default scheduler now and then leaves a
# vCPU that is to run waiting beside an idle CPU, for ever.
description = x86-64 Xen, PV dom0 (q35, SeaBIOS, Xen PV entry)
platform = xen/pv
arch = x86_64
image = muster-x86_64.elf
boot = module
loader = peers/xen/xen.elf
loader-append = com1=115200,8n1 console=com1 guest_loglvl=all sched=credit dom0=pv dom0_max_vcpus={cpus}

qemu = qemu-system-x86_64
machine = q35
cpu = max,-smap,-smep,-monitor
accel = tcg
args = -device isa-debug-exit,iobase=0x501,iosize=4

append = debug-exit=0x501
cpus = 4
cpus-max = 128
machine-cpus-max = 16
mem = 512M
exit = isa-debug-exit

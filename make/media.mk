# SPDX-License-Identifier: MIT
# What the ways in other than PVH need: a CD with GRUB, for BIOS and EFI, and an initrd for a Linux
# that goes on to the kernel by kexec. Neither holds a command line: that is the machine's serial
# number, which GRUB and Linux read from SMBIOS, so one of each does for all command lines.

PACKAGES_GRUB  := grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools ovmf
PACKAGES_KEXEC := cpio

GRUB_MODULES := normal multiboot2 smbios iso9660 part_msdos

$(BUILD)/packages-grub: make/packages.sh make/media.mk
	@mkdir -p $(@D)
	@sh make/packages.sh $(PACKAGES_GRUB)
	@touch $@
$(BUILD)/packages-kexec: make/packages.sh make/media.mk
	@mkdir -p $(@D)
	@sh make/packages.sh $(PACKAGES_KEXEC)
	@touch $@

$(BUILD)/%.iso: $(BUILD)/%.elf make/grub.cfg make/media.mk | $(BUILD)/packages-grub
	$(Q)rm -rf $@.tree && mkdir -p $@.tree/boot/grub
	$(Q)llvm-strip -o $@.tree/image.elf $<
	$(Q)cp make/grub.cfg $@.tree/boot/grub/grub.cfg
	$(Q)grub-mkrescue --fonts= --locales= --themes= --install-modules="$(GRUB_MODULES)" \
		-o $@.part $@.tree >$@.log 2>&1 || { tail -n 5 $@.log; exit 1; }
	$(Q)rm -rf $@.tree $@.log && mv $@.part $@

# Any kernel that kexec can start from will do. What cannot be had is said by the script.
$(BUILD)/peers/linux/vmlinuz: make/fetch_linux.sh
	$(Q)sh make/fetch_linux.sh $(BUILD)/peers/linux linux-image-amd64
	$(Q)cp $(BUILD)/peers/linux/boot/vmlinuz-* $@
$(BUILD)/peers/kexec/root/sbin/kexec: make/fetch_kexec.sh
	$(Q)sh make/fetch_kexec.sh $(BUILD)/peers/kexec
	@touch $@
$(BUILD)/%.kexec: $(BUILD)/%.elf make/kexec_initrd.sh $(BUILD)/peers/kexec/root/sbin/kexec \
		| $(BUILD)/packages-kexec
	$(Q)llvm-strip -o $@.elf $<
	$(Q)sh make/kexec_initrd.sh $(BUILD)/peers/kexec/root $@.elf $@ && rm $@.elf

# Xen, as QEMU loads it.
XEN := $(BUILD)/peers/xen/xen.elf
$(XEN): make/fetch_xen.sh
	$(Q)sh make/fetch_xen.sh $(@D)

# What a platform of `make run` needs besides the kernel.
MEDIA_pc-grub  := $(BUILD)/muster-x86_64.iso
MEDIA_pc-ovmf  := $(BUILD)/muster-x86_64.iso
MEDIA_i386-grub := $(BUILD)/muster-i386.iso
MEDIA_vmi-grub := $(BUILD)/muster-i386.iso $(BUILD)/vmi-64.rom
MEDIA_pc-kexec := $(BUILD)/muster-x86_64.kexec $(BUILD)/peers/linux/vmlinuz
MEDIA_xen-pv   := $(XEN)
MEDIA_xen-pvh  := $(XEN)
# And what the boot matrix needs.
MEDIA := $(BUILD)/muster-x86_64.iso $(BUILD)/muster-i386.iso $(BUILD)/h01-boot-x86_64.iso $(BUILD)/muster-x86_64.kexec \
	$(BUILD)/h01-boot-x86_64.kexec $(BUILD)/wrong-entry-x86_64.kexec $(BUILD)/moved-x86_64.kexec \
	$(BUILD)/peers/linux/vmlinuz $(XEN)

# One that cannot be had fails the boots that need it, and nothing else.
.PHONY: media
media:
	-$(Q)$(MAKE) --no-print-directory --silent -k $(MEDIA)

# SPDX-License-Identifier: MIT
# The VMI option ROM for tests (tests/vmirom), once for each hole and each fault: build/vmi-NAME.rom.

VMIROM_FLAGS := --target=i386-unknown-none-elf -march=i686 -std=gnu17 -O2 -ffreestanding -fpie \
	-fvisibility=hidden -mregparm=3 -mgeneral-regs-only -fomit-frame-pointer -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none -I. -Iinclude -MMD -MP
VMIROM_SOURCES := rom calls rom_init
VMIROM_SEAL    := $(BUILD)/vmirom/seal
# Where the byte is that makes them add up: rom_checksum in tests/vmirom/rom.S.
VMIROM_BYTE    := 48

$(VMIROM_SEAL): tests/vmirom/seal.c | $(BUILD)/packages-build
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(filter-out -MMD -MP,$(HOST_CFLAGS)) $< -o $@

# $(1): name, $(2): what it is built with, $(3): how wrong its checksum is
define vmi_rom
VMIROMS += $(BUILD)/vmi-$(1).rom
VMIROM_OBJECTS_$(1) := $$(VMIROM_SOURCES:%=$(BUILD)/vmirom/$(1)/%.o)
$(BUILD)/vmirom/$(1)/%.o: tests/vmirom/%.S | $(BUILD)/packages-build
	@mkdir -p $$(@D)
	$(Q)clang $$(VMIROM_FLAGS) $(2) -c $$< -o $$@
$(BUILD)/vmirom/$(1)/%.o: tests/vmirom/%.c | $(BUILD)/packages-build
	@mkdir -p $$(@D)
	$(Q)clang $$(VMIROM_FLAGS) $$(WARNINGS) $(2) -c $$< -o $$@
$(BUILD)/vmi-$(1).rom: $$(VMIROM_OBJECTS_$(1)) tests/vmirom/rom.lds $(VMIROM_SEAL)
	$(Q)ld.lld -m elf_i386 -nostdlib -T tests/vmirom/rom.lds $$(VMIROM_OBJECTS_$(1)) -o $(BUILD)/vmirom/$(1)/rom.elf
	$(Q)llvm-objcopy -O binary -j .rom $(BUILD)/vmirom/$(1)/rom.elf $$@.part
	$(Q)$(VMIROM_SEAL) $$@.part $(VMIROM_BYTE) $(3) && mv $$@.part $$@
-include $$(VMIROM_OBJECTS_$(1):.o=.d)
endef

VMIROMS :=
$(foreach hole,0 4 16 64 168 3072,$(eval $(call vmi_rom,$(hole),-DHOLE_MIB=$(hole))))
$(eval $(call vmi_rom,wrong-major,-DHOLE_MIB=64 -DROM_API_MAJOR=4))
$(eval $(call vmi_rom,unknown-kind,-DHOLE_MIB=64 -DROM_UNKNOWN_KIND))
$(eval $(call vmi_rom,failing-init,-DHOLE_MIB=64 -DROM_INIT_FAILS))
$(eval $(call vmi_rom,other-kinds,-DHOLE_MIB=64 -DROM_OTHER_KINDS))
# These never get into memory.
$(eval $(call vmi_rom,wrong-checksum,-DHOLE_MIB=64,1))

.PHONY: vmiroms
vmiroms: $(VMIROMS)

# A guest that tests the ROM.
VMIROM_PAYLOAD := $(BUILD)/vmirom-payload.elf
VMIROM_PAYLOAD_FLAGS := --target=i386-unknown-none-elf -march=i686 -std=gnu17 -O1 -ffreestanding -fno-pic \
	-mgeneral-regs-only -fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-I. -Iinclude -MMD -MP
VMIROM_PAYLOAD_OBJECTS := $(patsubst %,$(BUILD)/vmirom/payload/%.o,$(basename $(wildcard tests/vmirom/payload/*.c \
	tests/vmirom/payload/*.S) firmware/vmi_rom.c core/string.c))
$(BUILD)/vmirom/payload/%.o: %.S
	@mkdir -p $(@D)
	$(Q)clang $(VMIROM_PAYLOAD_FLAGS) -c $< -o $@
$(BUILD)/vmirom/payload/%.o: %.c
	@mkdir -p $(@D)
	$(Q)clang $(VMIROM_PAYLOAD_FLAGS) $(WARNINGS) -fno-builtin -c $< -o $@
$(VMIROM_PAYLOAD): $(VMIROM_PAYLOAD_OBJECTS) tests/vmirom/payload/payload.lds
	$(Q)ld.lld -m elf_i386 -nostdlib -z noexecstack --build-id=none -T tests/vmirom/payload/payload.lds \
		$(VMIROM_PAYLOAD_OBJECTS) -o $@
-include $(VMIROM_PAYLOAD_OBJECTS:.o=.d)

# What `make run PLATFORM=vmi` needs besides the kernel.
MEDIA_vmi := $(BUILD)/vmi-64.rom

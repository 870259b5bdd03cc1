# SPDX-License-Identifier: MIT
# The x86-64 library, the muster kernel and the example, freestanding. CC_X86_64=gcc works too.

CC_X86_64 ?= clang
AR        := llvm-ar
X86_FLAGS := -std=gnu17 -O2 -g -ffreestanding -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone \
	-mgeneral-regs-only -fno-omit-frame-pointer -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
	-I. -Iinclude -idirafter $(BUILD)/include -MMD -MP $(WARNINGS)
ifneq ($(findstring clang,$(CC_X86_64)),)
X86_FLAGS += --target=x86_64-unknown-none-elf
endif

X86_SOURCES := $(wildcard core/*.c firmware/*.c arch/x86_64/*.c arch/x86_64/*.S device/*.c \
	platform/*.c platform/pc/*.c platform/xen/*.c platform/xen/*.S platform/xen/*/*.c platform/xen/*/*.S)
X86_OBJECTS := $(patsubst %,$(BUILD)/x86_64/%.o,$(basename $(X86_SOURCES)))
X86_LIBRARY := $(BUILD)/libmuster-x86_64.a

$(BUILD)/x86_64/%.o: %.c | $(BUILD)/packages-build $(BUILD)/include/xen
	@mkdir -p $(@D)
	$(Q)$(CC_X86_64) $(X86_FLAGS) -c $< -o $@
$(BUILD)/x86_64/%.o: %.S | $(BUILD)/packages-build $(BUILD)/include/xen
	@mkdir -p $(@D)
	$(Q)$(CC_X86_64) $(filter-out $(WARNINGS),$(X86_FLAGS)) -c $< -o $@
# These are what the compiler makes calls to: they must not become calls to themselves.
$(BUILD)/x86_64/core/string.o: X86_FLAGS += -fno-builtin

# What runs once, on the boot CPU, is compiled for size: a fifth less code, for a hundredth more
# instructions up to its being online. What runs for every CPU, on every CPU, or in a call is not.
X86_HOT  := core/bringup core/bringup_step core/call core/cpu_memory core/cpu_table core/memory core/percpu_alloc \
	core/percpu_blocks core/percpu_pages core/stack core/string core/unit arch/x86_64/cpu_check \
	arch/x86_64/cpu_compare arch/x86_64/descriptors arch/x86_64/page_table arch/x86_64/percpu \
	device/local_apic
X86_COLD := $(filter-out $(X86_HOT:%=$(BUILD)/x86_64/%.o),$(X86_OBJECTS))
$(X86_COLD): X86_FLAGS += -Oz

$(X86_LIBRARY): $(X86_OBJECTS)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Kernels: the objects of one folder and the library, linked twice. The first link shows where the
# functions are, the second has the table of their names; the table is last among what is read-only,
# so no function moves.
# $(1): file, $(2): objects
X86_LINK = ld.lld -nostdlib -O2 --gc-sections -z max-page-size=4096 -z noexecstack --build-id=none \
	-T $$(X86_SCRIPT) -u pvh_entry
X86_SCRIPT := arch/x86_64/muster.lds

define x86_kernel
$(1)_OBJECTS := $$(patsubst %.c,$(BUILD)/x86_64/%.o,$(2))
$(BUILD)/$(1)-x86_64.elf: $$($(1)_OBJECTS) $(X86_LIBRARY) $(BUILD)/muster arch/x86_64/muster.lds
	@mkdir -p $(BUILD)/x86_64/$(1)
	$(Q)$(BUILD)/muster symbols --empty > $(BUILD)/x86_64/$(1)/symbols0.S
	$(Q)$(CC_X86_64) $(filter-out $(WARNINGS),$(X86_FLAGS)) -c $(BUILD)/x86_64/$(1)/symbols0.S -o $(BUILD)/x86_64/$(1)/symbols0.o
	$(Q)$(X86_LINK) $(3) $$($(1)_OBJECTS) $(BUILD)/x86_64/$(1)/symbols0.o $(X86_LIBRARY) -o $(BUILD)/x86_64/$(1)/pass1.elf
	$(Q)$(BUILD)/muster symbols $(BUILD)/x86_64/$(1)/pass1.elf > $(BUILD)/x86_64/$(1)/symbols.S
	$(Q)$(CC_X86_64) $(filter-out $(WARNINGS),$(X86_FLAGS)) -c $(BUILD)/x86_64/$(1)/symbols.S -o $(BUILD)/x86_64/$(1)/symbols.o
	$(Q)$(X86_LINK) $(3) $$($(1)_OBJECTS) $(BUILD)/x86_64/$(1)/symbols.o $(X86_LIBRARY) -o $$@
-include $$($(1)_OBJECTS:.o=.d)
endef

$(eval $(call x86_kernel,muster,$(wildcard kernel/*.c)))
$(eval $(call x86_kernel,hello,examples/hello/hello.c))
$(eval $(call x86_kernel,embed,$(wildcard examples/embed/*.c)))

# Kernels that do on purpose what real ones once did by mistake: tests/history.
$(eval $(call x86_kernel,h01-boot,tests/history/h01_percpu_before_base.c,--wrap=percpu_base_load))
$(eval $(call x86_kernel,h01-secondary,tests/history/h01_percpu_before_base_secondary.c,--wrap=percpu_base_load))
$(eval $(call x86_kernel,h02,tests/history/h02_base_and_tables.c,--wrap=descriptor_tables_load))
$(eval $(call x86_kernel,h03,tests/history/h03_boot_area_reused.c,--wrap=unit_move_boot))
# Kernels that a loader takes wrongly: entered where only a multiboot2 loader may go; and loaded 2 MiB
# above where they are linked, with an entry address that was moved along.
$(eval $(call x86_kernel,wrong-entry,examples/hello/hello.c,-e multiboot2_entry))
$(eval $(call x86_kernel,moved,examples/hello/hello.c,-e moved_entry --defsym moved_entry=linux_entry+0x200000))
$(BUILD)/moved-x86_64.elf: X86_SCRIPT := $(BUILD)/moved.lds
$(BUILD)/moved-x86_64.elf: $(BUILD)/moved.lds
$(BUILD)/moved.lds: arch/x86_64/muster.lds
	@mkdir -p $(@D)
	$(Q)sed '/AT(/s/) {/ + 0x200000) {/' $< > $@
# What only a PV guest of Xen has.
$(eval $(call x86_kernel,xen-pv-checks,tests/boot/xen_pv_checks.c))
HISTORY_KERNELS := $(foreach kernel,h01-boot h01-secondary h02 h03 xen-pv-checks,$(BUILD)/$(kernel)-x86_64.elf)

-include $(X86_OBJECTS:.o=.d)

# Firmware of our own, for boot tests: tests/boot/mailbox. It links nothing of the library.
SHIM         := $(BUILD)/shim-x86_64.elf
SHIM_SOURCES := $(wildcard tests/boot/mailbox/*.c tests/boot/mailbox/*.S)
SHIM_OBJECTS := $(patsubst %,$(BUILD)/x86_64/%.o,$(basename $(SHIM_SOURCES)))
$(SHIM_OBJECTS): X86_FLAGS += -fno-builtin
$(SHIM): $(SHIM_OBJECTS) tests/boot/mailbox/shim.lds
	$(Q)ld.lld -nostdlib -z max-page-size=4096 -z noexecstack --build-id=none \
		-T tests/boot/mailbox/shim.lds $(SHIM_OBJECTS) -o $@
-include $(SHIM_OBJECTS:.o=.d)

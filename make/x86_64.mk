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

# Devices that only ppc64 has.
PPC64_DEVICES := device/dr_connector.c device/xics.c device/xive.c
X86_SOURCES := $(wildcard core/*.c $(filter-out $(FDT_SOURCES),$(wildcard firmware/*.c)) arch/*.c arch/x86_64/*.c arch/x86_64/*.S $(filter-out $(PPC64_DEVICES),$(wildcard device/*.c)) \
	platform/*.c handover/*.c platform/pc/*.c platform/xen/*.c platform/xen/*.S platform/xen/*/*.c platform/xen/*/*.S)
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

# What runs once, or whose size does not show in what a CPU costs (`make bench`), is compiled for size: a
# quarter less code, for a hundredth more instructions up to the boot CPU's being online.
X86_HOT  := core/bringup_step core/cpu_table core/percpu_alloc core/percpu_blocks core/stack \
	core/unit arch/x86_64/cpu_check
X86_COLD := $(filter-out $(X86_HOT:%=$(BUILD)/x86_64/%.o),$(X86_OBJECTS))
$(X86_COLD): X86_FLAGS += -Oz

$(X86_LIBRARY): $(X86_OBJECTS)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Kernels: the objects of one folder and the library, linked twice. The first link shows where the
# functions are, the second has the table of their names; the table is last among what is read-only,
# so no function moves.
# $(1): file, $(2): objects
X86_LINK = ld.lld -nostdlib -O2 --gc-sections -z max-page-size=4096 -z noexecstack --build-id=none \
	-T $(X86_SCRIPT)
X86_SCRIPT := arch/x86_64/muster.lds

define x86_kernel
$(1)_OBJECTS := $$(patsubst %.c,$(BUILD)/x86_64/%.o,$(2))
$(BUILD)/$(1)-x86_64.elf: $$($(1)_OBJECTS) $(X86_LIBRARY) $(BUILD)/muster arch/x86_64/muster.lds
	@mkdir -p $(BUILD)/x86_64/$(1)
	$(Q)$(BUILD)/muster symbols --empty > $(BUILD)/x86_64/$(1)/symbols0.S
	$(Q)$(CC_X86_64) $(filter-out $(WARNINGS),$(X86_FLAGS)) -c $(BUILD)/x86_64/$(1)/symbols0.S -o $(BUILD)/x86_64/$(1)/symbols0.o
	$(Q)$$(X86_LINK) $(3) $$($(1)_OBJECTS) $(BUILD)/x86_64/$(1)/symbols0.o $(X86_LIBRARY) -o $(BUILD)/x86_64/$(1)/pass1.elf
	$(Q)$(BUILD)/muster symbols $(BUILD)/x86_64/$(1)/pass1.elf > $(BUILD)/x86_64/$(1)/symbols.S
	$(Q)$(CC_X86_64) $(filter-out $(WARNINGS),$(X86_FLAGS)) -c $(BUILD)/x86_64/$(1)/symbols.S -o $(BUILD)/x86_64/$(1)/symbols.o
	$(Q)$$(X86_LINK) $(3) $$($(1)_OBJECTS) $(BUILD)/x86_64/$(1)/symbols.o $(X86_LIBRARY) -o $$@
-include $$($(1)_OBJECTS:.o=.d)
endef

# All that an image may leave out (core/image_choice.h) is in these.
X86_WHOLE := -u muster_everything
# Self-tests of what only a ppc64 hypervisor has are left out.
X86_KERNEL := $(filter-out kernel/test_papr.c kernel/papr_%.c,$(wildcard kernel/*.c))
$(eval $(call x86_kernel,muster,$(X86_KERNEL),$(X86_WHOLE)))
$(eval $(call x86_kernel,embed,$(wildcard examples/embed/*.c),$(X86_WHOLE)))

# The smallest: one way in, one link, no names for its backtraces.
HELLO := $(BUILD)/x86_64/examples/hello/hello.o
$(BUILD)/hello-x86_64.elf: $(HELLO) $(X86_LIBRARY) arch/x86_64/muster.lds
	$(Q)$(X86_LINK) --icf=safe -e pvh_entry -u muster_with_pvh $(HELLO) $(X86_LIBRARY) -o $@
-include $(HELLO:.o=.d)

# Kernels that do on purpose what real ones once did by mistake: tests/history.
$(eval $(call x86_kernel,h01-boot,tests/history/h01_percpu_before_base.c,$(X86_WHOLE) --wrap=percpu_base_load))
$(eval $(call x86_kernel,h01-secondary,tests/history/h01_percpu_before_base_secondary.c,$(X86_WHOLE) --wrap=percpu_base_load))
$(eval $(call x86_kernel,h02,tests/history/h02_base_and_tables.c,$(X86_WHOLE) --wrap=descriptor_tables_load))
$(eval $(call x86_kernel,h03,tests/history/h03_boot_area_reused.c,$(X86_WHOLE) --wrap=unit_move_boot))
$(eval $(call x86_kernel,h05,tests/history/h05_apic_id_as_vcpu_id.c,$(X86_WHOLE) --wrap=pc_cpu_ids_read))
# Kernels that a loader takes wrongly: entered where only a multiboot2 loader may go; and loaded 2 MiB
# above where they are linked, with an entry address that was moved along.
$(eval $(call x86_kernel,wrong-entry,examples/hello/hello.c,$(X86_WHOLE) -e multiboot2_entry))
$(eval $(call x86_kernel,moved,examples/hello/hello.c,$(X86_WHOLE) -e moved_entry --defsym moved_entry=linux_entry+0x200000))
$(BUILD)/moved-x86_64.elf: X86_SCRIPT := $(BUILD)/moved.lds
$(BUILD)/moved-x86_64.elf: $(BUILD)/moved.lds
$(BUILD)/moved.lds: arch/x86_64/muster.lds
	@mkdir -p $(@D)
	$(Q)sed '/AT(/s/) {/ + 0x200000) {/' $< > $@
$(eval $(call x86_kernel,h04-xen,tests/history/h04xen_vcpu_zero.c,$(X86_WHOLE) --wrap=cpu_vcpu_id))
$(eval $(call x86_kernel,h03-xen,tests/history/h03xen_gdt_page.c,$(X86_WHOLE) --wrap=pv_gdt_destroy))
$(eval $(call x86_kernel,h02-xen,tests/history/h02xen_base_before_gdt.c,$(X86_WHOLE) --wrap=pv_gdt_boot_step --wrap=pv_segments_step))
$(eval $(call x86_kernel,h11,$(X86_KERNEL) tests/history/h11_park_without_tables.c,$(X86_WHOLE) --wrap=park_region_fill))
# One that leaves something with Xen when it hands over.
$(foreach area,runstate time events,$(eval $(call x86_kernel,keeps-$(area),$(X86_KERNEL) tests/boot/keeps_$(area).c,$(X86_WHOLE) --wrap=xen_hypercall)))
# A panic before step `console`.
$(eval $(call x86_kernel,early-panic,tests/boot/early_panic.c,$(X86_WHOLE)))
# What only a PV guest of Xen has.
$(eval $(call x86_kernel,xen-pv-checks,tests/boot/xen_pv_checks.c,$(X86_WHOLE)))
HISTORY_KERNELS := $(foreach kernel,h01-boot h01-secondary h02 h02-xen h03 h03-xen h04-xen h05 h11 xen-pv-checks early-panic keeps-runstate keeps-time keeps-events,$(BUILD)/$(kernel)-x86_64.elf)

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

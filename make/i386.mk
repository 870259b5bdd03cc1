# SPDX-License-Identifier: MIT
# The i386 library, the muster kernel and the example, freestanding. The compiler is clang, which needs no
# other for this target. Much of arch/x86_64 is i386's too; what is not is in arch/i386 under the same name.

CC_I386    := clang --target=i386-unknown-none-elf
# A Pentium Pro's instructions, CMPXCHG8B and long NOPs among them.
I386_FLAGS := -std=gnu17 -O2 -g -march=i686 -ffreestanding -fno-pic -fno-pie -mgeneral-regs-only \
	-fno-omit-frame-pointer -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
	-ffunction-sections -fdata-sections -I. -Iinclude -MMD -MP $(WARNINGS)

# Of arch/x86_64, what both have. Of a PC, all but what begins in 64-bit mode.
I386_NOT_PC  := $(patsubst %,platform/pc/pc_%.c,boot_linux layout mailbox)
I386_SHARED  := backtrace cpu_check cpu_compare interrupt_flag page_table page_table_build page_walk park_arrive park_region \
	start start_page trap
I386_ENTRIES := entry_multiboot2 entry_pvh
I386_SOURCES := $(wildcard core/*.c arch/*.c arch/i386/*.c arch/i386/*.S platform/pc/i386/*.c platform/vmi/*.c platform/vmi/*.S) \
	$(I386_SHARED:%=arch/x86_64/%.c) $(I386_ENTRIES:%=arch/x86_64/%.S) \
	$(filter-out $(FDT_SOURCES) firmware/linux_boot.c,$(wildcard firmware/*.c)) \
	$(filter-out device/wakeup_mailbox.c $(PPC64_DEVICES),$(wildcard device/*.c)) \
	$(filter-out platform/list.c platform/everything.c,$(wildcard platform/*.c)) $(wildcard handover/*.c) \
	$(filter-out $(I386_NOT_PC),$(wildcard platform/pc/*.c))
I386_OBJECTS := $(patsubst %,$(BUILD)/i386/%.o,$(basename $(I386_SOURCES)))
I386_LIBRARY := $(BUILD)/libmuster-i386.a

$(BUILD)/i386/%.o: %.c | $(BUILD)/packages-build
	@mkdir -p $(@D)
	$(Q)$(CC_I386) $(I386_FLAGS) -c $< -o $@
$(BUILD)/i386/%.o: %.S | $(BUILD)/packages-build
	@mkdir -p $(@D)
	$(Q)$(CC_I386) $(filter-out $(WARNINGS),$(I386_FLAGS)) -c $< -o $@
# These are what the compiler makes calls to: they must not become calls to themselves.
$(BUILD)/i386/core/string.o $(BUILD)/i386/arch/i386/arithmetic_64.o: I386_FLAGS += -fno-builtin
# What runs once is compiled for size, as on x86-64.
I386_HOT  := core/bringup_step core/cpu_table core/hypercall_count core/percpu_alloc core/percpu_blocks core/stack core/string core/unit \
	arch/x86_64/cpu_check arch/i386/arithmetic_64
I386_COLD := $(filter-out $(I386_HOT:%=$(BUILD)/i386/%.o),$(I386_OBJECTS))
$(I386_COLD): I386_FLAGS += -Oz

$(I386_LIBRARY): $(I386_OBJECTS)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Kernels, linked twice for the names of their functions, as on x86-64.
I386_LINK = ld.lld -m elf_i386 -nostdlib -O2 --gc-sections -z max-page-size=4096 -z noexecstack --build-id=none \
	-T arch/i386/muster.lds

# $(1): file, $(2): sources, $(3): more words for the linker
define i386_kernel
$(1)_I386_OBJECTS := $$(patsubst %.c,$(BUILD)/i386/%.o,$(2))
$(BUILD)/$(1)-i386.elf: $$($(1)_I386_OBJECTS) $(I386_LIBRARY) $(BUILD)/muster arch/i386/muster.lds
	@mkdir -p $(BUILD)/i386/$(1)
	$(Q)$(BUILD)/muster symbols --empty > $(BUILD)/i386/$(1)/symbols0.S
	$(Q)$(CC_I386) -c $(BUILD)/i386/$(1)/symbols0.S -o $(BUILD)/i386/$(1)/symbols0.o
	$(Q)$$(I386_LINK) $(3) $$($(1)_I386_OBJECTS) $(BUILD)/i386/$(1)/symbols0.o $(I386_LIBRARY) -o $(BUILD)/i386/$(1)/pass1.elf
	$(Q)$(BUILD)/muster symbols $(BUILD)/i386/$(1)/pass1.elf > $(BUILD)/i386/$(1)/symbols.S
	$(Q)$(CC_I386) -c $(BUILD)/i386/$(1)/symbols.S -o $(BUILD)/i386/$(1)/symbols.o
	$(Q)$$(I386_LINK) $(3) $$($(1)_I386_OBJECTS) $(BUILD)/i386/$(1)/symbols.o $(I386_LIBRARY) -o $$@
-include $$($(1)_I386_OBJECTS:.o=.d)
endef

I386_WHOLE  := -u muster_everything
# Self-tests of what only a 64-bit hypervisor has.
I386_KERNEL := $(filter-out kernel/test_papr.c kernel/papr_%.c kernel/test_xen.c kernel/xen_%.c,$(wildcard kernel/*.c))
$(eval $(call i386_kernel,muster,$(I386_KERNEL),$(I386_WHOLE)))

# Kernels that do on purpose what real ones once did by mistake, and what would be a mistake here: see
# make/x86_64.mk.
$(eval $(call i386_kernel,h01-boot,tests/history/h01_percpu_before_base.c,$(I386_WHOLE) --wrap=percpu_base_load))
$(eval $(call i386_kernel,h01-secondary,tests/history/h01_percpu_before_base_secondary.c,$(I386_WHOLE) --wrap=percpu_base_load))
$(eval $(call i386_kernel,h02,tests/history/h02_base_and_tables.c,$(I386_WHOLE) --wrap=descriptor_tables_load))
$(eval $(call i386_kernel,h03,tests/history/h03_boot_area_reused.c,$(I386_WHOLE) --wrap=unit_move_boot))
$(eval $(call i386_kernel,h11,$(I386_KERNEL) tests/history/h11_park_without_tables.c,$(I386_WHOLE) --wrap=park_region_fill))
$(eval $(call i386_kernel,own-base,tests/boot/i386_own_base.c,$(I386_WHOLE)))
$(eval $(call i386_kernel,wrong-base,tests/boot/i386_wrong_base.c,$(I386_WHOLE) --wrap=percpu_base_load))
$(eval $(call i386_kernel,early-panic,tests/boot/early_panic.c,$(I386_WHOLE)))
$(eval $(call i386_kernel,embed,$(wildcard examples/embed/*.c),$(I386_WHOLE)))
I386_KERNELS := $(foreach kernel,h01-boot h01-secondary h02 h03 h11 own-base wrong-base early-panic embed,$(BUILD)/$(kernel)-i386.elf)

I386_HELLO := $(BUILD)/i386/examples/hello/hello.o
$(BUILD)/hello-i386.elf: $(I386_HELLO) $(I386_LIBRARY) arch/i386/muster.lds
	$(Q)$(I386_LINK) --icf=safe -u muster_with_pvh $(I386_HELLO) $(I386_LIBRARY) -o $@
-include $(I386_HELLO:.o=.d)

all: $(I386_LIBRARY) $(BUILD)/muster-i386.elf $(BUILD)/hello-i386.elf

-include $(I386_OBJECTS:.o=.d)

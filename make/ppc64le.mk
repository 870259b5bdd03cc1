# SPDX-License-Identifier: MIT
# The ppc64le library, the muster kernel and the example: ELFv2, freestanding, position-independent. The
# cross compiler is clang itself.

CC_PPC64    := clang --target=powerpc64le-unknown-linux-gnu
# General registers only: whoever interrupts whom saves no others.
PPC64_FLAGS := -std=gnu17 -O2 -g -ffreestanding -fpie -mcpu=power8 -mno-altivec -mno-vsx -msoft-float \
	-mno-htm -mlong-double-64 -fno-stack-protector -fno-asynchronous-unwind-tables -ffunction-sections \
	-fdata-sections -I. -Iinclude -MMD -MP $(WARNINGS)

# What only x86-64 has: ACPI and its boot protocols, the PC's devices, its list of platforms.
PPC64_SOURCES := $(filter-out platform/list.c platform/everything.c,$(wildcard core/*.c arch/*.c \
	arch/ppc64/*.c arch/ppc64/*.S $(PPC64_DEVICES) platform/*.c handover/*.c platform/papr/*.c \
	platform/opal/*.c platform/opal/*.S)) firmware/park_read.c $(FDT_SOURCES) $(LIBFDT_NEEDS)
PPC64_OBJECTS := $(patsubst %,$(BUILD)/ppc64le/%.o,$(basename $(PPC64_SOURCES)))
PPC64_LIBRARY := $(BUILD)/libmuster-ppc64le.a
PPC64_LIBFDT  := $(LIBFDT_ppc64)/libfdt.a

$(BUILD)/ppc64le/%.o: %.c | $(BUILD)/packages-build $(PPC64_LIBFDT)
	@mkdir -p $(@D)
	$(Q)$(CC_PPC64) $(PPC64_FLAGS) -c $< -o $@
$(BUILD)/ppc64le/%.o: %.S | $(BUILD)/packages-build
	@mkdir -p $(@D)
	$(Q)$(CC_PPC64) $(filter-out $(WARNINGS),$(PPC64_FLAGS)) -c $< -o $@
# These are what the compiler makes calls to: they must not become calls to themselves.
$(BUILD)/ppc64le/core/string.o: PPC64_FLAGS += -fno-builtin
$(patsubst %.c,$(BUILD)/ppc64le/%.o,$(FDT_SOURCES) $(LIBFDT_NEEDS)): PPC64_FLAGS += $(LIBFDT_FLAGS_ppc64)
# What runs once is compiled for size, as on x86-64.
PPC64_HOT  := core/bringup_step core/cpu_table core/percpu_alloc core/percpu_blocks core/stack core/string core/unit
PPC64_COLD := $(filter-out $(PPC64_HOT:%=$(BUILD)/ppc64le/%.o),$(PPC64_OBJECTS))
$(PPC64_COLD): PPC64_FLAGS += -Oz

# The distribution's libfdt goes into the archive, so that a kernel links one thing.
$(PPC64_LIBRARY): $(PPC64_OBJECTS) $(PPC64_LIBFDT)
	$(Q)rm -f $@ && $(AR) rcs $@ $(PPC64_OBJECTS) && $(AR) qcsL $@ $(PPC64_LIBFDT)

# Kernels, linked twice for the names of their functions, as on x86-64. The entry code moves addresses of
# one kind only: the link is wrong if there is another.
PPC64_LINK = ld.lld -nostdlib -pie --no-dynamic-linker -z norelro -O2 --gc-sections -z max-page-size=65536 \
	-z noexecstack --build-id=none -T arch/ppc64/muster.lds
PPC64_CHECK = if llvm-readelf -rW $@ | grep R_PPC64 | grep -qv R_PPC64_RELATIVE; then \
	echo "$@: relocations that the entry code does not know"; rm -f $@; exit 1; fi

# $(1): file, $(2): sources, $(3): more words for the linker
define ppc64_kernel
$(1)_PPC64_OBJECTS := $$(patsubst %.c,$(BUILD)/ppc64le/%.o,$(2))
$(BUILD)/$(1)-ppc64le.elf: $$($(1)_PPC64_OBJECTS) $(PPC64_LIBRARY) $(BUILD)/muster arch/ppc64/muster.lds
	@mkdir -p $(BUILD)/ppc64le/$(1)
	$(Q)$(BUILD)/muster symbols --empty > $(BUILD)/ppc64le/$(1)/symbols0.S
	$(Q)$(CC_PPC64) -c $(BUILD)/ppc64le/$(1)/symbols0.S -o $(BUILD)/ppc64le/$(1)/symbols0.o
	$(Q)$$(PPC64_LINK) $(3) $$($(1)_PPC64_OBJECTS) $(BUILD)/ppc64le/$(1)/symbols0.o $(PPC64_LIBRARY) -o $(BUILD)/ppc64le/$(1)/pass1.elf
	$(Q)$(BUILD)/muster symbols $(BUILD)/ppc64le/$(1)/pass1.elf > $(BUILD)/ppc64le/$(1)/symbols.S
	$(Q)$(CC_PPC64) -c $(BUILD)/ppc64le/$(1)/symbols.S -o $(BUILD)/ppc64le/$(1)/symbols.o
	$(Q)$$(PPC64_LINK) $(3) $$($(1)_PPC64_OBJECTS) $(BUILD)/ppc64le/$(1)/symbols.o $(PPC64_LIBRARY) -o $$@
	$(Q)$$(PPC64_CHECK)
-include $$($(1)_PPC64_OBJECTS:.o=.d)
endef

PPC64_WHOLE  := -u muster_everything
# Self-tests of what only an x86-64 hypervisor has.
PPC64_KERNEL := $(filter-out kernel/test_xen.c kernel/xen_%.c,$(wildcard kernel/*.c))
$(eval $(call ppc64_kernel,muster,$(PPC64_KERNEL),$(PPC64_WHOLE)))

PPC64_HELLO := $(BUILD)/ppc64le/examples/hello/hello.o
$(BUILD)/hello-ppc64le.elf: $(PPC64_HELLO) $(PPC64_LIBRARY) arch/ppc64/muster.lds
	$(Q)$(PPC64_LINK) --icf=safe $(PPC64_HELLO) $(PPC64_LIBRARY) -o $@
	$(Q)$(PPC64_CHECK)
-include $(PPC64_HELLO:.o=.d)

# One that goes on to another as kexec does: boot tests of the flattened tree's way in.
$(eval $(call ppc64_kernel,kexec,$(wildcard tests/boot/kexec_ppc64/*.c),-u muster_with_command_line))
$(BUILD)/ppc64le/tests/boot/kexec_ppc64/bad_tree.o: PPC64_FLAGS += $(LIBFDT_FLAGS_ppc64)
# Kernels that do on purpose what real ones once did by mistake: tests/history.
$(eval $(call ppc64_kernel,h01-boot,tests/history/h01_percpu_before_base.c,$(PPC64_WHOLE) --wrap=percpu_base_load))
$(eval $(call ppc64_kernel,h01-secondary,tests/history/h01_percpu_before_base_secondary.c,$(PPC64_WHOLE) --wrap=percpu_base_load))
$(eval $(call ppc64_kernel,h03,tests/history/h03_boot_area_reused.c,$(PPC64_WHOLE) --wrap=unit_move_boot))
$(eval $(call ppc64_kernel,early-panic,tests/boot/early_panic.c,$(PPC64_WHOLE)))
$(eval $(call ppc64_kernel,h10,tests/history/h10_traced_after_panic.c,$(PPC64_WHOLE) --wrap=papr_hcall --wrap=rtas_call))
# Kernels that leave something with the hypervisor when they hand over.
$(foreach area,vpa log shadow,$(eval $(call ppc64_kernel,keeps-$(area),$(PPC64_KERNEL) tests/boot/keeps_$(area).c,$(PPC64_WHOLE) --wrap=papr_hcall)))
check-build: $(foreach area,vpa log shadow,$(BUILD)/keeps-$(area)-ppc64le.elf)
check-build: $(foreach kernel,h01-boot h01-secondary h03 h10 early-panic,$(BUILD)/$(kernel)-ppc64le.elf)
check-build: $(BUILD)/kexec-ppc64le.elf

all: $(PPC64_LIBRARY) $(BUILD)/muster-ppc64le.elf $(BUILD)/hello-ppc64le.elf

-include $(PPC64_OBJECTS:.o=.d)

# SPDX-License-Identifier: MIT
# What runs on the build machine: core and firmware compiled for tests with AddressSanitizer and
# UndefinedBehaviorSanitizer, the tests, the fuzzers.

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wvla -Wwrite-strings -Wundef
HOST_CFLAGS := -std=gnu17 -O1 -g -fno-omit-frame-pointer $(WARNINGS) -I. -Iinclude \
	-idirafter $(BUILD)/include -MMD -MP
HOST_CFLAGS += $(LIBFDT_FLAGS)
SANITIZE    := -fsanitize=address,undefined -fno-sanitize-recover=all

# A test has its own panic, and the C library's string functions. What of arch and platform is pure
# is tested here too.
HOSTED_SOURCES := $(filter-out core/string.c core/panic.c,$(wildcard core/*.c)) \
	$(wildcard firmware/*.c) arch/x86_64/cpu_compare.c device/wakeup_mailbox.c \
	device/qemu_cpu_hotplug.c platform/xen/xen_cpuid.c \
	tests/unit/host_machine.c
HOSTED_SOURCES += device/dr_connector.c device/xics.c device/xive.c
HOSTED_SOURCES += platform/papr/papr_negotiate.c platform/papr/papr_areas.c platform/papr/papr_home.c platform/papr/papr_log.c
HOSTED_SOURCES += handover/payload_elf.c handover/payload_parts.c handover/wish.c
HOSTED_SOURCES += platform/xen/event_fifo.c platform/xen/xen_error.c platform/xen/pv/pv_boot.c
HOSTED_SOURCES += platform/vmi/vmi_patch.c
HOSTED_SOURCES += arch/i386/arithmetic_64.c
HOSTED_OBJECTS := $(HOSTED_SOURCES:%.c=$(BUILD)/hosted/%.o)
# tests/history holds hosted tests, sources that must not compile, and kernels (make/x86_64.mk).
HISTORY_TESTS  := h03_boot_area $(basename $(notdir $(wildcard tests/history/h04_*.c))) h06_fixmap_seal h07_hole_before_memory h08_area_contract h09_area_after_leave h08_papr_vpa h09_papr_leave
UNIT_ALONE     := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
HISTORY_ALONE  := $(HISTORY_TESTS:%=$(BUILD)/tests/history/%)
UNIT_TESTS     := $(UNIT_ALONE) $(HISTORY_ALONE)
REFUSED        := $(patsubst tests/history/%.refused.c,$(BUILD)/refused/%,$(wildcard tests/history/*.refused.c))

$(BUILD)/hosted/%.o: %.c | $(BUILD)/packages-build $(BUILD)/include/xen
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(HOST_CFLAGS) $(SANITIZE) -c $< -o $@

$(UNIT_ALONE): $(BUILD)/tests/unit/%: tests/unit/%.c $(HOSTED_OBJECTS) | $(BUILD)/packages-check
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(HOST_CFLAGS) $(SANITIZE) $< $(EXTRA_OBJECTS) $(HOSTED_OBJECTS) -lcmocka -lpthread -l:libfdt.a -o $@

# A handover's plan, with a stand-in for the architecture.
PLAN_OBJECTS := $(patsubst %,$(BUILD)/hosted/handover/%.o,plan region told) $(BUILD)/hosted/platform/pc/pc_told.o
$(BUILD)/tests/unit/test_handover_plan: EXTRA_OBJECTS := $(PLAN_OBJECTS)
$(BUILD)/tests/unit/test_handover_plan: $(PLAN_OBJECTS)
# The park region itself, with stand-ins for the code that lies in it.
REGION_OBJECTS := $(patsubst %,$(BUILD)/hosted/arch/x86_64/%.o,park_region park_mode)
$(BUILD)/tests/unit/test_park_region: EXTRA_OBJECTS := $(REGION_OBJECTS)
$(BUILD)/tests/unit/test_park_region: $(REGION_OBJECTS)
# Steps of a platform, with stand-ins in the test for what of the architecture they call.
$(BUILD)/tests/unit/test_pc_ids: EXTRA_OBJECTS := $(BUILD)/hosted/platform/pc/pc_ids.o $(BUILD)/hosted/platform/pc/pc_spares.o \
	$(BUILD)/hosted/platform/pc/pc_nodes.o
$(BUILD)/tests/unit/test_pc_ids: $(BUILD)/hosted/platform/pc/pc_ids.o $(BUILD)/hosted/platform/pc/pc_spares.o $(BUILD)/hosted/platform/pc/pc_nodes.o
$(BUILD)/tests/unit/test_xen_memory_map: EXTRA_OBJECTS := $(BUILD)/hosted/platform/xen/xen_memory_map.o
$(BUILD)/tests/unit/test_xen_memory_map: $(BUILD)/hosted/platform/xen/xen_memory_map.o
$(BUILD)/tests/unit/test_xen_pvh_ids: EXTRA_OBJECTS := $(BUILD)/hosted/platform/pc/pc_ids.o $(BUILD)/hosted/platform/pc/pc_spares.o \
	$(BUILD)/hosted/platform/xen/pvh/xen_pvh_ids.o
$(BUILD)/tests/unit/test_xen_pvh_ids: $(BUILD)/hosted/platform/pc/pc_ids.o $(BUILD)/hosted/platform/pc/pc_spares.o \
	$(BUILD)/hosted/platform/xen/pvh/xen_pvh_ids.o
$(BUILD)/tests/unit/test_pc_mailbox: EXTRA_OBJECTS := $(BUILD)/hosted/platform/pc/pc_mailbox.o
$(BUILD)/tests/unit/test_pc_mailbox: $(BUILD)/hosted/platform/pc/pc_mailbox.o

$(BUILD)/tests/unit/test_xen_events: EXTRA_OBJECTS := $(BUILD)/hosted/platform/xen/event_channel.o \
	$(BUILD)/hosted/platform/xen/event_listen.o $(BUILD)/hosted/platform/xen/vcpu_areas.o \
	$(BUILD)/hosted/platform/xen/xen_time.o
$(BUILD)/tests/unit/test_xen_events: $(BUILD)/hosted/platform/xen/event_channel.o \
	$(BUILD)/hosted/platform/xen/event_listen.o $(BUILD)/hosted/platform/xen/vcpu_areas.o \
	$(BUILD)/hosted/platform/xen/xen_time.o
$(BUILD)/tests/unit/test_xen_pv_vcpu: EXTRA_OBJECTS := $(BUILD)/hosted/platform/xen/pv/pv_vcpu.o
$(BUILD)/tests/unit/test_xen_pv_vcpu: $(BUILD)/hosted/platform/xen/pv/pv_vcpu.o
$(BUILD)/tests/unit/test_xen_listen: EXTRA_OBJECTS := $(BUILD)/hosted/platform/xen/event_listen.o
$(BUILD)/tests/unit/test_xen_listen: $(BUILD)/hosted/platform/xen/event_listen.o

$(HISTORY_ALONE): $(BUILD)/tests/history/%: tests/history/%.c $(HOSTED_OBJECTS) | $(BUILD)/packages-check
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(HOST_CFLAGS) $(SANITIZE) $< $(HOSTED_OBJECTS) -lcmocka -lpthread -l:libfdt.a -o $@

# A source that must be refused by the compiler, and must not be refused once -DCONTROL puts right
# what is wrong with it: so it is refused for the right reason.
$(BUILD)/refused/%: tests/history/%.refused.c | $(BUILD)/packages-build $(BUILD)/include/xen
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(filter-out -MMD -MP,$(HOST_CFLAGS)) -DCONTROL -fsyntax-only $<
	$(Q)if $(CC_HOST) $(filter-out -MMD -MP,$(HOST_CFLAGS)) -fsyntax-only $< 2>/dev/null; then \
		echo "$<: compiled, which it must not"; exit 1; fi
	$(Q)touch $@

# Fuzzers: the parsers again, with coverage. The corpora under tests/fuzz/corpus are replayed and
# then FUZZ_SECONDS are spent on each.
FUZZ_SECONDS ?= 5
FUZZ_FLAGS   := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_SOURCES := core/format.c core/format_text.c core/console.c core/command_line.c core/machine.c \
	core/clock.c core/error.c $(wildcard firmware/*.c)
FUZZ_SOURCES += handover/payload_elf.c handover/payload_parts.c
FUZZ_SOURCES += device/dr_connector.c
FUZZ_SOURCES += platform/xen/event_fifo.c platform/xen/pv/pv_boot.c
FUZZ_OBJECTS := $(FUZZ_SOURCES:%.c=$(BUILD)/fuzzed/%.o)
FUZZERS      := $(patsubst tests/fuzz/fuzz_%.c,%,$(filter-out %/fuzz_report.c %/fuzz_bench.c,$(wildcard tests/fuzz/fuzz_*.c)))

$(BUILD)/fuzzed/%.o: %.c | $(BUILD)/packages-check
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(HOST_CFLAGS) $(FUZZ_FLAGS) -c $< -o $@
$(BUILD)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(HOST_CFLAGS) -fsanitize=fuzzer,address,undefined $< $(FUZZ_OBJECTS) $(FUZZ_MORE) -l:libfdt.a -o $@
$(BUILD)/tests/fuzz/fuzz_percpu_blocks: FUZZ_MORE := $(BUILD)/fuzzed/core/percpu_blocks.o \
	$(BUILD)/fuzzed/core/percpu_pool.o
$(BUILD)/tests/fuzz/fuzz_percpu_blocks: $(BUILD)/fuzzed/core/percpu_blocks.o $(BUILD)/fuzzed/core/percpu_pool.o

# libfdt's headers are in a package that the build itself does not need.
$(FDT_SOURCES:%.c=$(BUILD)/hosted/%.o): | $(BUILD)/packages-check

# Of all that was ever built here: some tests and fuzzers have objects that no list has.
-include $(UNIT_TESTS:=.d) $(shell find $(BUILD)/hosted $(BUILD)/fuzzed -name '*.d' 2>/dev/null)

# SPDX-License-Identifier: MIT
# The unit tests once more, as programs of 32 bits: core and firmware where a pointer has half of a uint64_t,
# structures are aligned to 4, and a 64-bit division is a call. With a C library of their own (fetch_i386.sh).

I386_ROOT    := $(BUILD)/peers/i386
HOST_32_LOADER = $(abspath $(I386_ROOT))/lib/ld-linux.so.2
CC_HOST_32   := clang --target=i386-linux-gnu -march=i686 --sysroot=$(I386_ROOT)
HOST_32_CFLAGS := $(HOST_CFLAGS) $(SANITIZE)
HOST_32_LINK = -Wl,--dynamic-linker=$(HOST_32_LOADER) -Wl,-rpath,$(abspath $(I386_ROOT))/lib/i386-linux-gnu \
	-Wl,-rpath,$(abspath $(I386_ROOT))/usr/lib/i386-linux-gnu -lcmocka -lpthread

# All but those of device trees, whose library is the machine's own, and those of guests that have 64 bits.
HOST_32_NOT     := device_tree openfirmware linux_boot papr pc_ids pc_mailbox xen xics xive dr_connector
HOST_32_SOURCES := $(filter-out $(FDT_SOURCES) $(PPC64_DEVICES) firmware/linux_boot.c platform/%,$(HOSTED_SOURCES))
HOST_32_SOURCES += platform/vmi/vmi_patch.c
HOST_32_OBJECTS := $(HOST_32_SOURCES:%.c=$(BUILD)/hosted_32/%.o)
HOST_32_TESTS   := $(filter-out $(foreach what,$(HOST_32_NOT),$(wildcard tests/unit/test_$(what)*.c)),$(wildcard tests/unit/test_*.c))
UNIT_32_TESTS   := $(HOST_32_TESTS:%.c=$(BUILD)/tests_32/%)

$(I386_ROOT)/lib/ld-linux.so.2: make/fetch_i386.sh
	$(Q)sh make/fetch_i386.sh $(I386_ROOT)
	@touch $@
$(BUILD)/hosted_32/%.o: %.c | $(BUILD)/packages-check $(I386_ROOT)/lib/ld-linux.so.2
	@mkdir -p $(@D)
	$(Q)$(CC_HOST_32) $(HOST_32_CFLAGS) -c $< -o $@
$(UNIT_32_TESTS): $(BUILD)/tests_32/%: %.c $(HOST_32_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(CC_HOST_32) $(HOST_32_CFLAGS) $< $(EXTRA_OBJECTS) $(HOST_32_OBJECTS) $(HOST_32_LINK) -o $@

# As for 64 bits.
PLAN_32_OBJECTS := $(PLAN_OBJECTS:$(BUILD)/hosted/%=$(BUILD)/hosted_32/%)
$(BUILD)/tests_32/tests/unit/test_handover_plan: EXTRA_OBJECTS := $(PLAN_32_OBJECTS)
$(BUILD)/tests_32/tests/unit/test_handover_plan: $(PLAN_32_OBJECTS)

REGION_32_OBJECTS := $(patsubst %,$(BUILD)/hosted_32/arch/%.o,x86_64/park_region i386/park_mode)
$(BUILD)/tests_32/tests/unit/test_park_region: EXTRA_OBJECTS := $(REGION_32_OBJECTS)
$(BUILD)/tests_32/tests/unit/test_park_region: $(REGION_32_OBJECTS)

.PHONY: unit-32
unit-32: $(UNIT_32_TESTS)
-include $(HOST_32_OBJECTS:.o=.d) $(PLAN_32_OBJECTS:.o=.d) $(REGION_32_OBJECTS:.o=.d) $(UNIT_32_TESTS:=.d)

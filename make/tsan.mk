# SPDX-License-Identifier: MIT
# The tests of what several CPUs do at once, built again with ThreadSanitizer.

TSAN_FLAGS   := -fsanitize=thread
TSAN_SOURCES := $(filter-out core/string.c core/panic.c,$(wildcard core/*.c)) \
	tests/unit/host_machine.c
TSAN_OBJECTS := $(TSAN_SOURCES:%.c=$(BUILD)/tsan/%.o)
TSAN_TESTS   := $(addprefix $(BUILD)/tsan/tests/unit/test_,call call_close bringup bringup_late \
	bringup_lost bringup_updown percpu_alloc_cpus area_updown cpu_mask cpu_table)

$(BUILD)/tsan/%.o: %.c | $(BUILD)/packages-build $(BUILD)/include/xen
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(HOST_CFLAGS) $(TSAN_FLAGS) -c $< -o $@

$(TSAN_TESTS): $(BUILD)/tsan/tests/unit/%: tests/unit/%.c $(TSAN_OBJECTS) | $(BUILD)/packages-check
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(HOST_CFLAGS) $(TSAN_FLAGS) $< $(TSAN_OBJECTS) -lcmocka -lpthread -o $@

.PHONY: tsan
tsan: $(TSAN_TESTS:=.passed)
$(BUILD)/tsan/%.passed: $(BUILD)/tsan/%
	$(Q)$< && touch $@

-include $(TSAN_OBJECTS:.o=.d) $(TSAN_TESTS:=.d)

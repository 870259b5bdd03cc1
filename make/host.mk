# SPDX-License-Identifier: MIT
# What runs on the build machine: the tool, and core and firmware compiled for unit tests with
# AddressSanitizer and UndefinedBehaviorSanitizer.

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wvla -Wwrite-strings -Wundef
HOST_CFLAGS := -std=gnu17 -O1 -g -fno-omit-frame-pointer $(WARNINGS) -I. -Iinclude -MMD -MP
SANITIZE    := -fsanitize=address,undefined -fno-sanitize-recover=all

HOSTED_SOURCES := $(filter-out core/string.c,$(wildcard core/*.c)) $(wildcard firmware/*.c) \
	tests/unit/host_machine.c
HOSTED_OBJECTS := $(HOSTED_SOURCES:%.c=$(BUILD)/hosted/%.o)
UNIT_TESTS     := $(patsubst tests/unit/test_%.c,$(BUILD)/tests/unit/test_%,$(wildcard tests/unit/test_*.c))

$(BUILD)/hosted/%.o: %.c | $(BUILD)/packages-build
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(HOST_CFLAGS) $(SANITIZE) -c $< -o $@

$(BUILD)/tests/unit/%: tests/unit/%.c $(HOSTED_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(HOST_CFLAGS) $(SANITIZE) $< $(HOSTED_OBJECTS) -lcmocka -lpthread -o $@

.PHONY: unit
unit: $(UNIT_TESTS:=.passed)
$(BUILD)/tests/unit/%.passed: $(BUILD)/tests/unit/%
	$(Q)$< && touch $@

-include $(HOSTED_OBJECTS:.o=.d) $(UNIT_TESTS:=.d)

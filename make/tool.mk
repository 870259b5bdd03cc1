# SPDX-License-Identifier: MIT
# The host program, and its tests: the same sources once more with AddressSanitizer and
# UndefinedBehaviorSanitizer, linked into each test.

TOOL_CFLAGS  := -std=gnu17 -O2 -g -D_GNU_SOURCE $(WARNINGS) -I. -MMD -MP
TOOL_LIBS    := -ljansson -lpthread
TOOL_SOURCES := $(wildcard tool/*.c)
TOOL_OBJECTS := $(TOOL_SOURCES:%.c=$(BUILD)/host/%.o)

$(BUILD)/muster: $(TOOL_OBJECTS)
	$(Q)$(CC_HOST) $(TOOL_OBJECTS) $(TOOL_LIBS) -o $@

$(BUILD)/host/tool/%.o: tool/%.c | $(BUILD)/packages-build
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(TOOL_CFLAGS) -c $< -o $@

TOOL_TEST_CFLAGS  := $(TOOL_CFLAGS) -O1 -fno-omit-frame-pointer $(SANITIZE)
TOOL_TEST_OBJECTS := $(TOOL_SOURCES:%.c=$(BUILD)/sanitized/%.o)
TOOL_TEST_LINKED  := $(filter-out %/main.o,$(TOOL_TEST_OBJECTS))
TOOL_TESTS        := $(patsubst tests/unit/tool/%.c,$(BUILD)/tests/unit/tool/%, \
	$(wildcard tests/unit/tool/test_*.c))

$(BUILD)/sanitized/tool/%.o: tool/%.c | $(BUILD)/packages-build
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(TOOL_TEST_CFLAGS) -c $< -o $@

# The whole tool with sanitizers, and a program that stands in for QEMU: test_run uses both.
$(BUILD)/sanitized/muster: $(TOOL_TEST_OBJECTS)
	$(Q)$(CC_HOST) $(SANITIZE) $(TOOL_TEST_OBJECTS) $(TOOL_LIBS) -o $@

$(BUILD)/tests/unit/tool/fake_qemu: tests/unit/tool/fake_qemu.c
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(TOOL_CFLAGS) $< -o $@

$(TOOL_TESTS): $(BUILD)/tests/unit/tool/test_%: tests/unit/tool/test_%.c $(TOOL_TEST_LINKED) \
		| $(BUILD)/packages-check
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(TOOL_TEST_CFLAGS) -DTEST_BUILD='"$(BUILD)"' $< $(TOOL_TEST_LINKED) \
		-lcmocka $(TOOL_LIBS) -o $@

$(BUILD)/tests/unit/tool/test_run.passed: $(BUILD)/sanitized/muster \
	$(BUILD)/tests/unit/tool/fake_qemu

.PHONY: tool-unit
tool-unit: $(TOOL_TESTS:=.passed)
$(BUILD)/tests/unit/tool/%.passed: $(BUILD)/tests/unit/tool/%
	$(Q)$< && touch $@

-include $(TOOL_OBJECTS:.o=.d) $(TOOL_TEST_OBJECTS:.o=.d) $(TOOL_TESTS:=.d)

TOOL_FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_report.c))
TOOL_FUZZ_SOURCES := tool/mixed_lines.c tool/report.c tool/report_line.c tool/report_find.c tool/text.c
$(TOOL_FUZZERS): $(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(TOOL_FUZZ_SOURCES) | $(BUILD)/packages-check
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(filter-out -MMD -MP,$(TOOL_TEST_CFLAGS)) -fsanitize=fuzzer $< $(TOOL_FUZZ_SOURCES) -o $@

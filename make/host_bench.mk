# SPDX-License-Identifier: MIT
# Benchmarks that run on the build machine: core as hosted tests have it, but optimised and without
# sanitizers.

BENCH_CFLAGS  := $(filter-out -O1 -g -fno-omit-frame-pointer,$(HOST_CFLAGS)) -O2 -g
BENCH_OBJECTS := $(patsubst %.c,$(BUILD)/bench/%.o,$(filter-out $(FDT_SOURCES) platform/papr/%,$(HOSTED_SOURCES)))
BENCHES       := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))

$(BUILD)/bench/%.o: %.c | $(BUILD)/packages-build $(BUILD)/include/xen
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(BENCH_CFLAGS) -c $< -o $@
$(BENCHES): $(BUILD)/tests/bench/%: $(BUILD)/bench/tests/bench/%.o $(BENCH_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $^ -lpthread -o $@

all: $(BENCHES)

-include $(BENCH_OBJECTS:.o=.d) $(BENCHES:$(BUILD)/%=$(BUILD)/bench/%.d)

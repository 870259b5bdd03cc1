# SPDX-License-Identifier: MIT
# Figures: the TCG plugin that counts instructions, and `make bench`.

INSTRUCTIONS := $(BUILD)/muster-instructions.so

# QEMU's functions are found when it loads it.
$(INSTRUCTIONS): tool/plugin/instructions.c tool/plugin/qemu_plugin.h include/muster/mark_number.h \
		include/muster/arch/x86_64/mark.h | $(BUILD)/packages-build
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) -std=gnu17 -O2 -g -D_GNU_SOURCE $(WARNINGS) -I. -Iinclude -fPIC -shared \
		-fvisibility=hidden $< -o $@

# One table from one run; KUT=DIR names a built checkout of kvm-unit-tests.
BENCH_JSON	 ?= $(BUILD)/bench.json
BENCH_OPTIONS	 ?=
.PHONY: bench
bench: all | $(BUILD)/packages-run
	$(Q)sh make/fetch_linux.sh $(BUILD)/peers/linux linux-image-amd64
	$(Q)sh make/fetch_linux.sh $(BUILD)/peers/linux-ppc64el linux-image-powerpc64le ppc64el
	-$(Q)$(MAKE) --no-print-directory --silent $(XEN)
	$(Q)$(BUILD)/muster bench --json $(BENCH_JSON) $(if $(KUT),--kut $(KUT)) $(BENCH_OPTIONS)

# A guest that is nothing but marks and counted loops: tests/instructions.sh.
COUNTED_GUEST := $(BUILD)/tests/counted-x86_64.elf
STRANGE_GUEST := $(BUILD)/tests/strange-x86_64.elf
# The other has marks out of place, which must be said.
$(STRANGE_GUEST): COUNTED_FLAGS := -DOUT_OF_PLACE
$(COUNTED_GUEST) $(STRANGE_GUEST): tests/boot/counted.S include/muster/mark_number.h include/muster/arch/x86_64/mark.h \
		| $(BUILD)/packages-build
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) --target=x86_64-unknown-none-elf -Iinclude $(COUNTED_FLAGS) -c $< -o $(@:.elf=.o)
	$(Q)ld.lld -nostdlib -Ttext=0x100000 --build-id=none -e counted_start $(@:.elf=.o) -o $@

check-build: $(COUNTED_GUEST) $(STRANGE_GUEST)

# Bench's readers, with coverage: the whole tool but its main.
BENCH_FUZZER := $(BUILD)/tests/fuzz/fuzz_bench
BENCH_FUZZ_SOURCES := $(filter-out tool/main.c,$(wildcard tool/*.c))
$(BENCH_FUZZER): tests/fuzz/fuzz_bench.c $(BENCH_FUZZ_SOURCES) | $(BUILD)/packages-check
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) $(filter-out -MMD -MP,$(TOOL_TEST_CFLAGS)) -fsanitize=fuzzer $< \
		$(BENCH_FUZZ_SOURCES) $(TOOL_LIBS) -o $@
check-build fuzz: $(BENCH_FUZZER)

# SPDX-License-Identifier: MIT
# `make check` and `make check-all`: everything, counted. Each part prints "ok" or "not ok" lines, and
# tests/check.sh counts them and ends with "N passed, N failed".

.PHONY: check check-all fuzz lint check-build
CHECK_FUZZ_SECONDS := 5

check-build: all $(UNIT_TESTS) $(TOOL_TESTS) $(TSAN_TESTS) $(FUZZERS:%=$(BUILD)/tests/fuzz/fuzz_%) \
	$(TOOL_FUZZERS) $(HISTORY_KERNELS) $(BUILD)/sanitized/muster | $(BUILD)/packages-run

check:
	$(Q)$(MAKE) --no-print-directory -j2 check-build
	$(Q)BUILD=$(BUILD) FUZZ_SECONDS=$(CHECK_FUZZ_SECONDS) sh tests/check.sh
check-all:
	$(Q)$(MAKE) --no-print-directory -j2 check-build
	$(Q)BUILD=$(BUILD) FUZZ_SECONDS=60 MATRIX=--all sh tests/check.sh
fuzz: FUZZ_SECONDS = 60
fuzz: $(FUZZERS:%=$(BUILD)/tests/fuzz/fuzz_%) $(TOOL_FUZZERS)
	$(Q)BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) ONLY=fuzz sh tests/check.sh

C_FILES = $(shell git ls-files '*.[ch]' | grep -v '^tests/floors/broken')
lint: | $(BUILD)/packages-lint $(BUILD)/packages-build
	clang-format --dry-run -Werror $(C_FILES)
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr \
		-I. -Iinclude core firmware tool
	clang-tidy --quiet --warnings-as-errors='*' \
		--checks='-*,bugprone-*,clang-analyzer-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-clang-analyzer-security.insecureAPI.*' \
		$(wildcard core/*.c firmware/*.c) -- -std=gnu17 -I. -Iinclude -idirafter $(BUILD)/include

# SPDX-License-Identifier: MIT
# muster's build. `make help` lists what can be typed.

BUILD	?= build
CC_HOST	?= clang
Q	?= @
SHELL	:= /bin/sh

.DEFAULT_GOAL := all
# Nothing that was built is thrown away as "intermediate".
.SECONDARY:

include make/libfdt.mk
include make/host.mk
include make/host_bench.mk
include make/tsan.mk
include make/tool.mk
include make/x86_64.mk
include make/i386.mk
include make/host_32.mk
include make/ppc64le.mk
include make/install.mk
include make/figures.mk
include make/media.mk
include make/check.mk

PLATFORM ?= pc
CPUS	 ?=
MEM	 ?=
APPEND	 ?=
RUN_OPTIONS := --platform $(PLATFORM) $(if $(CPUS),--cpus $(CPUS)) $(if $(MEM),--mem $(MEM)) \
	$(if $(APPEND),--append '$(APPEND)')

.PHONY: all run clean help
all: $(BUILD)/muster $(BUILD)/libmuster-x86_64.a $(BUILD)/muster-x86_64.elf $(BUILD)/hello-x86_64.elf \
	$(BUILD)/embed-x86_64.elf $(INSTRUCTIONS)

run: all $(MEDIA_$(PLATFORM)) | $(BUILD)/packages-run
	$(Q)$(BUILD)/muster run $(RUN_OPTIONS)
	@echo
	@echo "Next: make run CPUS=16 APPEND=fail=unit@3   (CPU 3 fails a step; see who comes up)"
	@echo "      make check                            (every test there is)"

clean:
	rm -rf $(BUILD)

help:
	@echo "make            build the library, the muster kernel, the example and the tool"
	@echo "make run        boot the muster kernel: PLATFORM=pc CPUS=16 MEM=2G APPEND='fail=unit@3'"
	@echo "make check      every test, at most 10 minutes"
	@echo "make check-all  the whole boot matrix and longer fuzzing"
	@echo "make bench      figures, beside targets and peers: KUT=DIR, a built kvm-unit-tests"
	@echo "make fuzz       a minute on each parser (FUZZ_SECONDS=60)"
	@echo "make lint       clang-format, clang-tidy, cppcheck"
	@echo "make install    PREFIX=/usr/local DESTDIR="
	@echo "make clean      remove $(BUILD)/"
	@echo "Q= shows the commands; CC_X86_64=gcc builds the x86-64 library with gcc."

# SPDX-License-Identifier: MIT
# muster's build. `make help` lists what can be typed.

BUILD	?= build
CC_HOST	?= clang
Q	?= @

include make/host.mk
include make/tool.mk
include make/x86_64.mk
include make/install.mk

.DEFAULT_GOAL := all
.PHONY: all
all: $(BUILD)/muster $(BUILD)/muster-x86_64.elf $(BUILD)/hello-x86_64.elf

# SPDX-License-Identifier: MIT
# Figures: the TCG plugin that counts instructions, and `make bench`.

INSTRUCTIONS := $(BUILD)/muster-instructions.so

# QEMU's functions are found when it loads it.
$(INSTRUCTIONS): tool/plugin/instructions.c tool/plugin/qemu_plugin.h include/muster/mark_number.h \
		include/muster/arch/x86_64/mark.h | $(BUILD)/packages-build
	@mkdir -p $(@D)
	$(Q)$(CC_HOST) -std=gnu17 -O2 -g -D_GNU_SOURCE $(WARNINGS) -I. -Iinclude -fPIC -shared \
		-fvisibility=hidden $< -o $@

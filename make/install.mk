# SPDX-License-Identifier: MIT
PACKAGES_TODO := 1
$(BUILD)/packages-build:
	@mkdir -p $(BUILD)/include
	@ln -sfn /usr/include/xen $(BUILD)/include/xen
	@touch $@

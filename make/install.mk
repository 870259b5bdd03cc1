# SPDX-License-Identifier: MIT
# What the build, `make run` and `make check` need from the distribution: each installs only what it
# needs and what is not there yet.

PACKAGES_BUILD := clang lld llvm libjansson-dev libxen-dev linux-libc-dev
PACKAGES_RUN   := qemu-system-x86 seabios qemu-system-ppc
PACKAGES_CHECK := libcmocka-dev gcc libclang-rt-dev spin $(PACKAGES_LIBFDT)
$(BUILD)/packages-%: make/packages.sh make/install.mk
	@mkdir -p $(@D)
	@sh make/packages.sh $(PACKAGES_$(call upper,$*))
	@touch $@

upper = $(subst build,BUILD,$(subst run,RUN,$(subst check,CHECK,$(subst lint,LINT,$(1)))))
PACKAGES_LINT := clang-tidy cppcheck clang-format $(PACKAGES_LIBFDT)

# Xen's public headers and Linux's for x86, and nothing else of the host's /usr/include, for
# freestanding code.
$(BUILD)/include/linux: | $(BUILD)/packages-build
	@mkdir -p $(@D)
	@ln -sfn /usr/include/x86_64-linux-gnu/asm $(@D)/asm
	@ln -sfn /usr/include/asm-generic $(@D)/asm-generic
	@ln -sfn /usr/include/video $(@D)/video
	@ln -sfn /usr/include/linux $@
$(BUILD)/x86_64/firmware/linux_boot.o $(BUILD)/hosted/firmware/linux_boot.o \
	$(BUILD)/fuzzed/firmware/linux_boot.o: | $(BUILD)/include/linux
$(BUILD)/include/xen: | $(BUILD)/packages-build
	@mkdir -p $(@D)
	@ln -sfn /usr/include/xen $@

PREFIX ?= /usr/local
.PHONY: install
install: all $(BUILD)/libmuster-x86_64.a
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/muster $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/muster/profiles
	install -m 755 $(BUILD)/muster $(DESTDIR)$(PREFIX)/bin/muster
	install -m 644 $(BUILD)/libmuster-x86_64.a $(BUILD)/muster-x86_64.elf arch/x86_64/muster.lds \
		$(DESTDIR)$(PREFIX)/lib/muster
	install -m 644 $(I386_LIBRARY) $(BUILD)/muster-i386.elf $(DESTDIR)$(PREFIX)/lib/muster
	install -m 644 arch/i386/muster.lds $(DESTDIR)$(PREFIX)/lib/muster/muster-i386.lds
	install -m 644 $(BUILD)/libmuster-ppc64le.a $(BUILD)/muster-ppc64le.elf $(DESTDIR)$(PREFIX)/lib/muster
	install -m 644 arch/ppc64/muster.lds $(DESTDIR)$(PREFIX)/lib/muster/muster-ppc64le.lds
	install -m 755 $(INSTRUCTIONS) $(DESTDIR)$(PREFIX)/lib/muster
	install -m 644 tool/profiles/*.profile $(DESTDIR)$(PREFIX)/share/muster/profiles
	install -m 644 docs/muster.1 $(DESTDIR)$(PREFIX)/share/man/man1
	cd include && find muster -name '*.h' -exec install -D -m 644 {} $(DESTDIR)$(PREFIX)/include/{} \;

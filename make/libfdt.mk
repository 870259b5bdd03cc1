# SPDX-License-Identifier: MIT
# libfdt, which reads and writes flattened device trees: the distribution's static library, for the
# architecture that it is linked into, and on the build machine for tests.
#
# What the ppc64el libfdt.a wants, of the objects that muster uses (fdt, fdt_ro, fdt_sw, fdt_check,
# fdt_strerror, fdt_addresses):
#  - memcpy memmove memset memcmp strlen strnlen (core/string.c); memchr strrchr __stack_chk_fail
#    (firmware/libfdt/needs.c, which no wildcard takes: name it beside the library).
#  - A stack canary: most functions read the 8 bytes at -0x7010(r13), ELFv2's place for it before the
#    thread pointer, on the way in and compare on the way out. Any value will do as long as reading does
#    not fault and nobody changes it in between: so r13 must be the unit's biased pointer before the first call.
#  - r2, the TOC pointer, set up by each function from r12 or kept by a local call: link with one .TOC.
#  - No floating-point, AltiVec or VSX instruction, POWER8 at most.
# fdt_overlay and fdt_rw want strchr and strtoul besides; nothing here calls them.

PACKAGES_LIBFDT := libfdt-dev
LIBFDT_ppc64	:= $(BUILD)/libfdt/ppc64el
LIBFDT_FLAGS	:= -Ifirmware/libfdt

# Linked with LIBFDT_ppc64/libfdt.a; compiled with these, after -I. -Iinclude.
LIBFDT_FLAGS_ppc64 := $(LIBFDT_FLAGS) -idirafter $(LIBFDT_ppc64)/include
LIBFDT_NEEDS	   := firmware/libfdt/needs.c

# Readers of device trees: sources that include libfdt, which x86-64 has none of.
FDT_SOURCES := $(wildcard firmware/device_tree*.c firmware/openfirmware*.c)

$(LIBFDT_ppc64)/libfdt.a: make/fetch_libfdt.sh
	$(Q)sh make/fetch_libfdt.sh ppc64el $(@D)

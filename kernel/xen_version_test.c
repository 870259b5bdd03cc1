// SPDX-License-Identifier: MIT
/*
 * Rules of xen_version (public/version.h, features.h): what Xen says of itself. Called by test_xen.c.
 */
#include "kernel/xen_test.h"

#define BUILD_ID_ROOM 64

/* Is there a zero within size bytes? */
static bool ends(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!text[i])
			return true;
	return false;
}

static bool holds_text(const char *text, size_t size, const char *wanted)
{
	for (size_t i = 0; i < size && text[i]; i++) {
		size_t at = 0;

		while (wanted[at] && i + at < size && text[i + at] == wanted[at])
			at++;
		if (!wanted[at])
			return true;
	}
	return false;
}

static void test_texts(struct xen_test *test)
{
	static struct xen_compile_info compiled;
	static xen_capabilities_info_t capabilities;
	static xen_changeset_info_t changeset;
	static xen_commandline_t line;
	xen_extraversion_t extra;

	xen_rule(test, "version.h: arg == xen_extraversion_t",
		 version_op(XENVER_extraversion, &extra), 0, "XENVER_extraversion");
	xen_holds(test, "version.h: 16 characters", ends(extra, sizeof(extra)),
		  "XENVER_extraversion: it ends");
	xen_rule(test, "version.h: arg == xen_compile_info_t",
		 version_op(XENVER_compile_info, &compiled), 0, "XENVER_compile_info");
	xen_holds(test, "version.h: 64, 16, 32, 32 characters",
		  ends(compiled.compiler, sizeof(compiled.compiler)) &&
			  ends(compiled.compile_by, sizeof(compiled.compile_by)) &&
			  ends(compiled.compile_domain, sizeof(compiled.compile_domain)) &&
			  ends(compiled.compile_date, sizeof(compiled.compile_date)),
		  "XENVER_compile_info: each field ends within it");
	xen_rule(test, "version.h: xen_capabilities_info_t",
		 version_op(XENVER_capabilities, &capabilities), 0, "XENVER_capabilities");
	xen_holds(test, "version.h: 1024 characters; source: \"xen-3.0-\", \"hvm-3.0-\"",
		  ends(capabilities, sizeof(capabilities)) &&
			  holds_text(capabilities, sizeof(capabilities),
				     test->pv ? "xen-3.0-x86_64" : "hvm-3.0-x86_64"),
		  "XENVER_capabilities names this kind of guest");
	xen_rule(test, "version.h: xen_changeset_info_t", version_op(XENVER_changeset, &changeset),
		 0, "XENVER_changeset");
	xen_holds(test, "version.h: 64 characters", ends(changeset, sizeof(changeset)),
		  "XENVER_changeset: it ends");
	xen_rule(test, "version.h: xen_commandline_t", version_op(XENVER_commandline, &line), 0,
		 "XENVER_commandline");
	xen_holds(test, "version.h: 1024 characters", ends(line, sizeof(line)),
		  "XENVER_commandline: it ends");
}

static void test_features(struct xen_test *test)
{
	struct xen_feature_info features = { .submap_idx = 0 };
	const uint32_t direct = 1u << XENFEAT_direct_mapped;
	const uint32_t not_direct = 1u << XENFEAT_not_direct_mapped;
	const uint32_t translated = 1u << XENFEAT_auto_translated_physmap;
	uint32_t map;

	xen_rule(test, "version.h: IN: which submap", version_op(XENVER_get_features, &features), 0,
		 "XENVER_get_features, submap 0");
	map = features.submap;
	xen_holds(test, "features.h: one of the two is set", !(map & direct) != !(map & not_direct),
		  "XENVER_get_features: %#x: direct mapped, or not", map);
	xen_holds(test, "features.h: no frames of the machine", !(map & translated) == test->pv,
		  "XENVER_get_features: %#x: translated: %s", map, map & translated ? "yes" : "no");
	features.submap_idx = XENFEAT_NR_SUBMAPS;
	xen_rule(test, "features.h: XENFEAT_NR_SUBMAPS; source",
		 version_op(XENVER_get_features, &features), -XEN_EINVAL,
		 "XENVER_get_features, submap %u, which is none", XENFEAT_NR_SUBMAPS);
	xen_rule(test, "source", version_op(XENVER_get_features, bad_pointer()), -XEN_EFAULT,
		 "XENVER_get_features, bad pointer");
}

static void test_build_id(struct xen_test *test)
{
	static union {
		struct xen_build_id id;
		uint8_t room[sizeof(struct xen_build_id) + BUILD_ID_ROOM];
	} buffer;
	long size = version_op(XENVER_build_id, NULL);

	if (size < 0) {
		xen_rule(test, "source: ENODATA: built without", size, -XEN_ENODATA,
			 "XENVER_build_id without a buffer");
		return;
	}
	xen_holds(test, "version.h: returns the size", size > 0 && size <= BUILD_ID_ROOM,
		  "XENVER_build_id without a buffer: %ld bytes", size);
	buffer.id.len = (uint32_t)size;
	xen_rule(test, "version.h: the bytes written", version_op(XENVER_build_id, &buffer), size,
		 "XENVER_build_id, room for %ld", size);
	buffer.id.len = (uint32_t)size - 1;
	xen_rule(test, "version.h: IN: size of buf[]; source", version_op(XENVER_build_id, &buffer),
		 -XEN_ENOBUFS, "XENVER_build_id, room for %ld", size - 1);
	buffer.id.len = 0;
	/* No case of its own any more since 4.20. */
	xen_rule(test, "source", version_op(XENVER_build_id, &buffer),
		 test->version < XEN_VERSION(4, 20) ? -XEN_EINVAL : -XEN_ENOBUFS,
		 "XENVER_build_id, room for 0");
}

static void test_pointers(struct xen_test *test)
{
	static const struct {
		uint32_t op;
		const char *name;
	} ops[] = {
		{ XENVER_extraversion, "XENVER_extraversion" },
		{ XENVER_compile_info, "XENVER_compile_info" },
		{ XENVER_capabilities, "XENVER_capabilities" },
		{ XENVER_changeset, "XENVER_changeset" },
		{ XENVER_platform_parameters, "XENVER_platform_parameters" },
		{ XENVER_guest_handle, "XENVER_guest_handle" },
		{ XENVER_commandline, "XENVER_commandline" },
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		xen_rule(test, "source", version_op(ops[i].op, bad_pointer()), -XEN_EFAULT,
			 "%s, bad pointer", ops[i].name);
}

static void test_start(struct xen_test *test)
{
	struct xen_platform_parameters parameters = { 0 };

	xen_rule(test, "version.h", version_op(XENVER_platform_parameters, &parameters), 0,
		 "XENVER_platform_parameters");
	if (test->pv)
		xen_holds(test, "xen-x86_64.h: HYPERVISOR_VIRT_START",
			  parameters.virt_start == HYPERVISOR_VIRT_START || !parameters.virt_start,
			  "XENVER_platform_parameters: virt_start %#lx",
			  (unsigned long)parameters.virt_start);
	else
		xen_skip(test, "XENVER_platform_parameters: virt_start",
			 "nothing of Xen is in this guest's address space");
}

void xen_test_version(struct xen_test *test)
{
	xen_domain_handle_t handle;
	long version = version_op(XENVER_version, NULL);

	xen_rule(test, "version.h: major << 16 | minor; no error", version, ANY_SUCCESS,
		 "XENVER_version");
	xen_holds(test, "version.h: major << 16 | minor", version >> 16 >= 3 && version >> 16 < 100,
		  "XENVER_version: %ld.%ld", version >> 16, version & 0xffff);
	test_texts(test);
	test_start(test);
	test_features(test);
	xen_rule(test, "version.h: returns the page size", version_op(XENVER_pagesize, NULL),
		 PAGE_BYTES, "XENVER_pagesize");
	xen_rule(test, "version.h: arg == NULL; source", version_op(XENVER_pagesize, &version),
		 -XEN_EINVAL, "XENVER_pagesize with an argument");
	xen_rule(test, "version.h: xen_domain_handle_t", version_op(XENVER_guest_handle, &handle),
		 0, "XENVER_guest_handle");
	test_build_id(test);
	test_pointers(test);
	xen_rule(test, "source", version_op(OP_NONE, NULL), -XEN_ENOSYS, "xen_version, command %u",
		 OP_NONE);
}

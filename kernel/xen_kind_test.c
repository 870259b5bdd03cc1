// SPDX-License-Identifier: MIT
/*
 * Rules of the other hypercalls (public/xen.h): which there are, several in one, and those that only PV
 * guests or only HVM guests have. Called by test_xen.c, on the boot CPU. None of these calls would change
 * anything of ours if it were taken, but where it says so.
 */
#include "kernel/xen_test.h"

#include <xen/callback.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>

#define CALL_NONE     47u /* between the common ones and the architecture's */
#define CALL_LAST     63u
#define NON_CANONICAL UINT64_C(0x8000000000000000)
#define REGISTER_NONE 8u
#define SEGMENT_NONE  99u
#define ASSIST_NONE   63u
#define VERSION_NONE  0u
#define VECTOR_SOME   0xf0
#define TYPE_NONE     99u

static long call(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return xen_hypercall(number, a, b, c, d, 0);
}

static void test_numbers(struct xen_test *test)
{
	static const uint32_t none[] = { CALL_NONE, CALL_LAST, __HYPERVISOR_arch_7 };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		xen_rule(test, "xen.h: not in the list; source: ENOSYS", call(none[i], 0, 0, 0, 0),
			 -XEN_ENOSYS, "hypercall %u", none[i]);
}

static void test_multicall(struct xen_test *test)
{
	static struct multicall_entry entries[3];
	const uint64_t list = (uintptr_t)entries;

	entries[0] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version };
	entries[0].args[0] = XENVER_version;
	entries[1] = (struct multicall_entry){ .op = CALL_LAST };
	entries[2] = (struct multicall_entry){ .op = __HYPERVISOR_vcpu_op };
	entries[2].args[0] = VCPUOP_is_up;
	entries[2].args[1] = vcpu_of(test->here);
	xen_rule(test, "xen.h: multicall", call(__HYPERVISOR_multicall, list, 3, 0, 0), 0,
		 "multicall of 3, of which the second does not exist");
	xen_rule(test, "xen.h: result", (long)entries[0].result, test->version,
		 "multicall: its first, XENVER_version");
	xen_rule(test, "xen.h: result", (long)entries[1].result, -XEN_ENOSYS,
		 "multicall: its second, hypercall %u", CALL_LAST);
	xen_rule(test, "xen.h: result", (long)entries[2].result, 1,
		 "multicall: its third, VCPUOP_is_up");
	entries[0] = (struct multicall_entry){ .op = __HYPERVISOR_multicall };
	xen_rule(test, "source", call(__HYPERVISOR_multicall, list, 1, 0, 0), 0,
		 "multicall of a multicall");
	xen_rule(test, "source", (long)entries[0].result, -XEN_EINVAL,
		 "multicall of a multicall: the one within");
	xen_rule(test, "source: nothing to do", call(__HYPERVISOR_multicall, list, 0, 0, 0), 0,
		 "multicall of 0");
	xen_rule(test, "source", call(__HYPERVISOR_multicall, (uintptr_t)bad_pointer(), 1, 0, 0),
		 -XEN_EFAULT, "multicall, bad pointer");
}

static void test_grants(struct xen_test *test)
{
	struct gnttab_query_size size = { .dom = DOMAIN_NONE };

	xen_rule(test, "source: the call itself",
		 call(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, (uintptr_t)&size, 1, 0), 0,
		 "GNTTABOP_query_size, domain %#x, which is none", DOMAIN_NONE);
	xen_holds(test, "grant_table.h: GNTST_bad_domain is -2", size.status == GNTST_bad_domain,
		  "GNTTABOP_query_size of it: status %d", size.status);
	size.dom = DOMID_SELF;
	(void)call(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, (uintptr_t)&size, 1, 0);
	xen_holds(test, "grant_table.h: nr_frames, max_nr_frames",
		  size.status == GNTST_okay && size.nr_frames <= size.max_nr_frames,
		  "GNTTABOP_query_size, self: status %d, %u of %u frames", size.status,
		  size.nr_frames, size.max_nr_frames);
	xen_rule(test, "source",
		 call(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, (uintptr_t)bad_pointer(), 1,
		      0),
		 -XEN_EFAULT, "GNTTABOP_query_size, bad pointer");
	xen_rule(test, "source",
		 call(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, (uintptr_t)&size,
		      UINT32_MAX, 0),
		 -XEN_EINVAL, "GNTTABOP_query_size, 2^32 - 1 of them");
	xen_rule(test, "source", call(__HYPERVISOR_grant_table_op, OP_NONE, 0, 0, 0), -XEN_ENOSYS,
		 "grant_table_op %u", OP_NONE);
}

static long get_param(uint32_t index, domid_t domain)
{
	struct xen_hvm_param param = { .domid = domain, .index = index };

	return call(__HYPERVISOR_hvm_op, HVMOP_get_param, (uintptr_t)&param, 0, 0);
}

static long set_vector(uint32_t vcpu, uint8_t vector)
{
	struct xen_hvm_evtchn_upcall_vector upcall = { .vcpu = vcpu, .vector = vector };

	return call(__HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, (uintptr_t)&upcall, 0, 0);
}

static void test_vectors(struct xen_test *test)
{
	if (test->pv) {
		xen_rule(test, "source: HVM guests only",
			 set_vector(vcpu_of(test->here), VECTOR_SOME), -XEN_EINVAL,
			 "HVMOP_set_evtchn_upcall_vector, which only HVM guests have");
		return;
	}
	xen_rule(test, "source: the processor's own", set_vector(vcpu_of(test->here), 0xf),
		 -XEN_EINVAL, "HVMOP_set_evtchn_upcall_vector 0xf");
	xen_rule(test, "source", set_vector(VCPU_NONE, VECTOR_SOME), -XEN_ENOENT,
		 "HVMOP_set_evtchn_upcall_vector, vCPU %#x, which is none", VCPU_NONE);
}

static void test_hvm_op(struct xen_test *test)
{
	xen_rule(test, "params.h: HVM_NR_PARAMS; source: EINVAL",
		 get_param(HVM_NR_PARAMS, DOMID_SELF), -XEN_EINVAL,
		 "HVMOP_get_param %u, which is none", HVM_NR_PARAMS);
	xen_rule(test, "source", get_param(HVM_PARAM_CALLBACK_IRQ, DOMAIN_NONE), -XEN_ESRCH,
		 "HVMOP_get_param, domain %#x, which is none", DOMAIN_NONE);
	xen_rule(test, "params.h: of HVM guests; source: EINVAL",
		 get_param(HVM_PARAM_CALLBACK_IRQ, DOMID_SELF), test->pv ? -XEN_EINVAL : 0,
		 "HVMOP_get_param, HVM_PARAM_CALLBACK_IRQ");
	xen_rule(test, "source",
		 call(__HYPERVISOR_hvm_op, HVMOP_get_param, (uintptr_t)bad_pointer(), 0, 0),
		 -XEN_EFAULT, "HVMOP_get_param, bad pointer");
	xen_rule(test, "source", call(__HYPERVISOR_hvm_op, OP_NONE, 0, 0, 0), -XEN_ENOSYS,
		 "hvm_op %u", OP_NONE);
	test_vectors(test);
}

static void test_common(struct xen_test *test)
{
	struct xen_platform_op platform = { .cmd = 0, .interface_version = VERSION_NONE };

	xen_rule(test, "xen.h: VMASST_TYPE_*; source: EINVAL",
		 call(__HYPERVISOR_vm_assist, VMASST_CMD_enable, ASSIST_NONE, 0, 0), -XEN_EINVAL,
		 "vm_assist, type %u, which is none", ASSIST_NONE);
	xen_rule(test, "xen.h: VMASST_CMD_*; source: ENOSYS",
		 call(__HYPERVISOR_vm_assist, OP_NONE, VMASST_TYPE_runstate_update_flag, 0, 0),
		 -XEN_ENOSYS, "vm_assist, command %u, which is none", OP_NONE);
	xen_rule(test, "xen.h: CONSOLEIO_*; source: ENOSYS",
		 call(__HYPERVISOR_console_io, OP_NONE, 0, 0, 0),
		 test->privileged ? -XEN_ENOSYS : -XEN_EPERM, "console_io, command %u", OP_NONE);
	xen_rule(test, "source", call(__HYPERVISOR_physdev_op, OP_NONE, 0, 0, 0), -XEN_ENOSYS,
		 "physdev_op %u", OP_NONE);
	if (test->privileged)
		xen_rule(test, "platform.h: XENPF_INTERFACE_VERSION; source: EACCES",
			 call(__HYPERVISOR_platform_op, (uintptr_t)&platform, 0, 0, 0), -XEN_EACCES,
			 "platform_op, interface version 0");
	else
		xen_skip(test, "platform_op", "this is not the hardware domain");
}

static void test_callbacks(struct xen_test *test)
{
	struct callback_register callback = { .type = TYPE_NONE };
	struct callback_unregister event = { .type = CALLBACKTYPE_event };

	xen_rule(test, "callback.h: CALLBACKTYPE_*; source: ENOSYS",
		 call(__HYPERVISOR_callback_op, CALLBACKOP_register, (uintptr_t)&callback, 0, 0),
		 -XEN_ENOSYS, "CALLBACKOP_register, type %u, which is none", TYPE_NONE);
	callback =
		(struct callback_register){ .type = CALLBACKTYPE_event, .address = NON_CANONICAL };
	xen_rule(test, "source",
		 call(__HYPERVISOR_callback_op, CALLBACKOP_register, (uintptr_t)&callback, 0, 0),
		 -XEN_EINVAL, "CALLBACKOP_register, an address that is not canonical");
	xen_rule(test, "source",
		 call(__HYPERVISOR_callback_op, CALLBACKOP_unregister, (uintptr_t)&event, 0, 0),
		 -XEN_EINVAL, "CALLBACKOP_unregister, CALLBACKTYPE_event");
	xen_rule(test, "source",
		 call(__HYPERVISOR_callback_op, CALLBACKOP_register, (uintptr_t)bad_pointer(), 0,
		      0),
		 -XEN_EFAULT, "CALLBACKOP_register, bad pointer");
	xen_rule(test, "source", call(__HYPERVISOR_callback_op, OP_NONE, 0, 0, 0), -XEN_ENOSYS,
		 "callback_op %u", OP_NONE);
}

static void test_registers(struct xen_test *test)
{
	static uint64_t frames[1] = { UINT64_C(0xffffffffff) };
	struct physdev_set_iopl level = { .iopl = 4 };

	xen_rule(test, "source: a register that is none",
		 call(__HYPERVISOR_set_debugreg, REGISTER_NONE, 0, 0, 0), -XEN_ENODEV,
		 "set_debugreg %u", REGISTER_NONE);
	xen_rule(test, "source: a breakpoint in Xen",
		 call(__HYPERVISOR_set_debugreg, 0, HYPERVISOR_VIRT_START, 0, 0), -XEN_EPERM,
		 "set_debugreg 0, an address in Xen");
	xen_rule(test, "xen-x86_64.h: SEGBASE_*; source: EINVAL",
		 call(__HYPERVISOR_set_segment_base, SEGMENT_NONE, 0, 0, 0), -XEN_EINVAL,
		 "set_segment_base, register %u, which is none", SEGMENT_NONE);
	xen_rule(test, "source",
		 call(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, NON_CANONICAL, 0, 0),
		 -XEN_EINVAL, "set_segment_base, an address that is not canonical");
	xen_rule(test, "xen.h: FIRST_RESERVED_GDT_ENTRY; source: EINVAL",
		 call(__HYPERVISOR_set_gdt, (uintptr_t)frames, FIRST_RESERVED_GDT_ENTRY + 1, 0, 0),
		 -XEN_EINVAL, "set_gdt, an entry too many");
	xen_rule(test, "source", call(__HYPERVISOR_set_gdt, (uintptr_t)frames, 1, 0, 0),
		 -XEN_EINVAL, "set_gdt, a frame that does not exist");
	xen_rule(test, "source", call(__HYPERVISOR_set_gdt, (uintptr_t)bad_pointer(), 1, 0, 0),
		 -XEN_EFAULT, "set_gdt, bad pointer");
	xen_rule(test, "physdev.h; source: EINVAL",
		 call(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, (uintptr_t)&level, 0, 0),
		 -XEN_EINVAL, "PHYSDEVOP_set_iopl, 4");
}

static void test_tables(struct xen_test *test)
{
	static struct trap_info traps[2] = { { .vector = 3, .address = NON_CANONICAL } };
	struct mmuext_op extended = { .cmd = TYPE_NONE };
	const uint64_t op = (uintptr_t)&extended;
	uint32_t done;

	xen_rule(test, "source", call(__HYPERVISOR_set_trap_table, (uintptr_t)traps, 0, 0, 0),
		 -XEN_EINVAL, "set_trap_table, an address that is not canonical");
	xen_rule(test, "source",
		 call(__HYPERVISOR_set_trap_table, (uintptr_t)bad_pointer(), 0, 0, 0), -XEN_EFAULT,
		 "set_trap_table, bad pointer");
	xen_rule(test, "xen.h: MMUEXT_*; source: ENOSYS",
		 call(__HYPERVISOR_mmuext_op, op, 1, (uintptr_t)&done, DOMID_SELF), -XEN_ENOSYS,
		 "mmuext_op %u", TYPE_NONE);
	extended.cmd = MMUEXT_TLB_FLUSH_LOCAL;
	xen_rule(test, "source", call(__HYPERVISOR_mmuext_op, op, 1, (uintptr_t)&done, DOMAIN_NONE),
		 -XEN_ESRCH, "mmuext_op, domain %#x, which is none", DOMAIN_NONE);
	extended = (struct mmuext_op){ .cmd = MMUEXT_PIN_L4_TABLE };
	extended.arg1.mfn = UINT64_C(0xffffffffff);
	xen_rule(test, "source", call(__HYPERVISOR_mmuext_op, op, 1, (uintptr_t)&done, DOMID_SELF),
		 -XEN_EINVAL, "MMUEXT_PIN_L4_TABLE, a frame that does not exist");
	extended.arg1.mfn = xen_frame(area_info(test->here, area_named("vcpu-info")).physical);
	xen_rule(test, "source: page tables are never writable",
		 call(__HYPERVISOR_mmuext_op, op, 1, (uintptr_t)&done, DOMID_SELF), -XEN_EINVAL,
		 "MMUEXT_PIN_L4_TABLE, a data page");
	xen_rule(test, "xen.h: Xen's part of the address space; source: EINVAL",
		 call(__HYPERVISOR_update_va_mapping, HYPERVISOR_VIRT_START, 0, 0, 0), -XEN_EINVAL,
		 "update_va_mapping, an address in Xen");
	xen_rule(test, "source",
		 call(__HYPERVISOR_mmu_update, (uintptr_t)bad_pointer(), 1, (uintptr_t)&done,
		      DOMID_SELF),
		 -XEN_EFAULT, "mmu_update, bad pointer");
	xen_rule(test, "nmi.h: XENNMI_*; source: ENOSYS",
		 call(__HYPERVISOR_nmi_op, OP_NONE, 0, 0, 0), -XEN_ENOSYS, "nmi_op %u", OP_NONE);
}

/* Those that work on what an HVM guest has from the processor. Not iret: in the page that Xen fills for
 * an HVM guest, its entry is an invalid instruction. */
static void test_pv_only(struct xen_test *test)
{
	static const struct {
		uint32_t number;
		const char *name;
	} only[] = {
		{ __HYPERVISOR_set_trap_table, "set_trap_table" },
		{ __HYPERVISOR_mmu_update, "mmu_update" },
		{ __HYPERVISOR_set_gdt, "set_gdt" },
		{ __HYPERVISOR_stack_switch, "stack_switch" },
		{ __HYPERVISOR_fpu_taskswitch, "fpu_taskswitch" },
		{ __HYPERVISOR_set_debugreg, "set_debugreg" },
		{ __HYPERVISOR_get_debugreg, "get_debugreg" },
		{ __HYPERVISOR_update_descriptor, "update_descriptor" },
		{ __HYPERVISOR_update_va_mapping, "update_va_mapping" },
		{ __HYPERVISOR_set_segment_base, "set_segment_base" },
		{ __HYPERVISOR_nmi_op, "nmi_op" },
		{ __HYPERVISOR_callback_op, "callback_op" },
	};

	for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++)
		xen_rule(test, "source: PV guests only", call(only[i].number, 0, 0, 0, 0),
			 -XEN_ENOSYS, "%s, which only PV guests have", only[i].name);
}

void xen_test_kind(struct xen_test *test)
{
	test_numbers(test);
	test_multicall(test);
	test_grants(test);
	test_hvm_op(test);
	test_common(test);
	if (!test->pv) {
		test_pv_only(test);
		return;
	}
	test_callbacks(test);
	test_registers(test);
	test_tables(test);
}

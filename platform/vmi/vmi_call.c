// SPDX-License-Identifier: MIT
/*
 * Calls through the ROM. Step `vmi` activates it, reads a relocation record for every call that this
 * kernel can make, and writes over the kernel's patch sites; that is before the kernel's own page tables,
 * which let nobody write code. From then on vmi_call() and the sites go through the ROM.
 *
 * A record that is wrong means that no call is made at all, so that nothing is half one way and half the
 * other.
 */
#include "arch/i386/offsets.h"
#include "arch/i386/patch_site.h"
#include "core/hypercall_count.h"
#include "core/layout_current.h"
#include "core/string.h"
#include "platform/vmi/vmi.h"
#include "platform/vmi/vmi_patch.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

/* As the ROM's functions have them: three register arguments, the rest on the stack. */
typedef uint64_t __attribute__((regparm(3)))
rom_function(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e);

/* Where stubs of entry_vmi.S find the code: by call. Constant from step `page-tables` on. */
extern uint32_t vmi_code[VMI_CALLS];
uint32_t vmi_code[VMI_CALLS] __attribute__((section(".bss.read_only_later")));
static uint8_t vmi_kind[VMI_CALLS] __attribute__((section(".bss.read_only_later")));

/* Stubs count and go on to the ROM. The other sites are patched as they are: entries of page tables are counted
 * many at a time, SetGDT is called by a CPU that has no base yet, and IRET is where nothing may be touched. */
extern const char vmi_stub_inval_page[], vmi_stub_set_cr3[];

static const char *stub_of(uint16_t call)
{
	switch (call) {
	case VMI_CALL_INVAL_PAGE:
		return vmi_stub_inval_page;
	case VMI_CALL_SET_CR3:
		return vmi_stub_set_cr3;
	default:
		return NULL;
	}
}

/* What is called by C; all else is patch sites. */
static const uint16_t called[] = {
	VMI_CALL_SET_LINEAR_MAPPING,
	VMI_CALL_ALLOCATE_PAGE,
	VMI_CALL_SET_INITIAL_STATE,
	VMI_CALL_APIC_WRITE,
};

uint32_t vmi_rom_start(void)
{
	return KERNEL_VIRTUAL + vmi_guest.rom.base;
}

bool vmi_has(uint16_t call)
{
	return vmi_code[call];
}

void vmi_count(uint32_t call, uint32_t times)
{
	if (vmi_code[call])
		hypercall_count_many((uint16_t)call, times, vmi_call_name);
}

uint64_t vmi_code_call(uint32_t code, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
	return ((rom_function *)(uintptr_t)code)(a, b, c, d, e);
}

uint64_t vmi_call_uncounted(uint16_t call, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
			    uint32_t e)
{
	return vmi_code[call] ? vmi_code_call(vmi_code[call], a, b, c, d, e) : 0;
}

uint64_t vmi_call(uint16_t call, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
	vmi_count(call, 1);
	return vmi_call_uncounted(call, a, b, c, d, e);
}

static rom_function *rom_entry(uint32_t offset)
{
	return (rom_function *)(uintptr_t)(vmi_rom_start() + offset);
}

int vmi_record_read(uint16_t call, struct vmi_relocation *relocation)
{
	uint64_t record = rom_entry(VMI_HEADER_GET_RELOCATION)(call, 0, 0, 0, 0);

	return vmi_relocation_read(&vmi_guest.rom, vmi_rom_start(), call, record, relocation);
}

/* Once for each call, however many sites it has. */
static int record_read(uint16_t call)
{
	static bool was_read[VMI_CALLS];
	struct vmi_relocation relocation;
	int error;

	if (was_read[call])
		return 0;
	was_read[call] = true;
	error = vmi_record_read(call, &relocation);
	vmi_kind[call] = (uint8_t)relocation.kind;
	vmi_code[call] = relocation.address;
	return error;
}

static int records_read(void)
{
	int first = 0;

	for (size_t i = 0; i < sizeof(called) / sizeof(called[0]); i++) {
		int error = record_read(called[i]);

		/* What is called comes back. */
		if (!error && vmi_kind[called[i]] == VMI_KIND_JUMP) {
			console_print(
				"muster: vmi: call %u (%s): relocation kind: jump: must be one "
				"that comes back\n",
				called[i], vmi_call_name(called[i]));
			error = MUSTER_E_NOT_SUPPORTED;
		}
		first = first ? first : error;
	}
	for (const struct patch_site *site = patch_sites_start; site < patch_sites_end; site++) {
		int error = record_read(site->call);

		first = first ? first : error;
	}
	return first;
}

/* The code that is running is written to, by the only CPU there is; what it has fetched already goes with the
 * next serialising instruction (Intel SDM vol. 3A, 8.1.3 and 8.3). */
static uint32_t sites_patch(void)
{
	uint32_t patched = 0;

	for (const struct patch_site *site = patch_sites_start; site < patch_sites_end; site++) {
		const char *stub = stub_of(site->call);
		enum vmi_relocation_kind kind = (enum vmi_relocation_kind)vmi_kind[site->call];
		uint32_t target = vmi_code[site->call];
		uint8_t bytes[VMI_PATCH_MAX];
		int length;

		if (stub && kind == VMI_KIND_CALL)
			target = (uintptr_t)stub;
		length = vmi_patch_bytes(kind, target, site->address, site->length, bytes);
		if (length < 0)
			muster_panic("vmi: patch site %#x of %u bytes: call %u does not fit",
				     site->address, site->length, site->call);
		memcpy((void *)(uintptr_t)site->address, bytes, (size_t)length);
		patched += length > 0;
	}
	__asm__ volatile("cpuid" : : "a"(0) : "ebx", "ecx", "edx", "memory");
	return patched;
}

/* In another ring than the processor's highest nearly all that this kernel does by itself would have to be a
 * call. Nobody has shown us such a hypervisor since this was written. */
static void ring_check(void)
{
	uint32_t selector;

	__asm__ volatile("movl %%cs, %0" : "=r"(selector));
	if (selector & 3)
		muster_panic(
			"vmi: after vmi_init the kernel runs in ring %u: only ring 0 is supported",
			selector & 3);
}

int vmi_activate_step(cpu_t cpu)
{
	const struct layout *layout = layout_current();
	uint32_t answer, patched;

	(void)cpu;
	if (vmi_guest.refused)
		return 0;
	answer = (uint32_t)rom_entry(VMI_HEADER_INIT)(0, 0, 0, 0, 0);
	if (answer) {
		console_print("muster: vmi: vmi_init: %#x: must be 0\n", answer);
		return vmi_refuse("the ROM could not begin");
	}
	ring_check();
	if (records_read()) {
		memset(vmi_code, 0, sizeof(vmi_code));
		return vmi_refuse("a relocation record is wrong");
	}
	patched = sites_patch();
	vmi_guest.active = true;
	vmi_page_tables_begin();
	console_print("muster: vmi: %u of %zu places in the code go through the ROM\n", patched,
		      (size_t)(patch_sites_end - patch_sites_start));
	/* All that low memory can ever be: how much of it there is nobody has looked at yet. */
	(void)vmi_call(VMI_CALL_SET_LINEAR_MAPPING, 0, (uint32_t)layout_direct_start(layout),
		       (uint32_t)(layout_direct_size(layout) / MEMORY_PAGE_SIZE), 0, 0);
	return 0;
}

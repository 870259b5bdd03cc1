// SPDX-License-Identifier: MIT
/*
 * Tests the test ROM as a kernel meets it: found where the BIOS put it, read-only, its segments, calls,
 * counts and CPUs. Run by tests/vmirom/check.sh with two CPUs; writes KTAP to COM1. Uses the kernel's own
 * reader of the ROM and nothing else of the library.
 */
#include "core/string.h"
#include "firmware/vmi_abi.h"
#include "firmware/vmi_rom.h"

#include <muster/console.h>

#define DISTANCE	  0xc0000000u
#define APIC		  0xe0000000u /* where it is mapped: below every hole */
#define LARGE		  0x83u
#define UNCACHED	  0x10u
#define CR0_PAGING	  0x80000000u
#define CR0_WRITE_PROTECT 0x10000u
#define CR4_PAE		  0x20u
#define CR4_GLOBAL	  0x80u

struct pointer {
	uint16_t limit;
	uint32_t base;
} __attribute__((packed));

extern uint64_t gdt[5];
extern struct pointer gdt_pointer;
extern uint32_t faults, probe;
extern const char fault_entry[], cpu_entry[];
uint32_t read_at(uint32_t address);
void iret_by(uint32_t code);
void payload_main(void);

struct seen {
	uint32_t eax, ebx, ecx, edx, esi, edi, ebp, esp;
	uint16_t cs, ds, es, fs, gs, ss;
	uint32_t eflags, cr3, cr4, cr0;
	struct pointer idt;
} __attribute__((packed));
extern volatile struct seen seen;
volatile struct seen seen;
extern volatile uint32_t arrived;
volatile uint32_t arrived;

static uint64_t pointers[4] __attribute__((aligned(32)));
static uint64_t low[512] __attribute__((aligned(4096)));
static uint64_t high[512] __attribute__((aligned(4096)));
static uint64_t idt[32];
static uint32_t cpu_stack[256];
static struct vmi_rom rom;
static uint32_t rom_at;
static const uint32_t *counts;
static uint32_t made[VMI_COUNTS_CALLS];
static uint32_t number, failed;

static void out(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "d"(port));
}

static void say(const char *text)
{
	for (; *text; text++)
		out(0x3f8, (uint8_t)*text);
}

/* What the reader has to say goes out without its values. */
void console_print(const char *format, ...)
{
	say(format);
}

static void say_number(uint32_t value)
{
	char digits[9];

	for (int i = 7; i >= 0; i--, value >>= 4)
		digits[i] = "0123456789abcdef"[value & 15];
	digits[8] = '\0';
	say(digits);
}

static void check(bool good, const char *name)
{
	say(good ? "ok 0x" : "not ok 0x");
	say_number(++number);
	say(" ");
	say(name);
	say("\n");
	failed += !good;
}

static bool memory_read(void *context, uint64_t physical, void *buffer, size_t size)
{
	(void)context;
	memcpy(buffer, (const void *)(uint32_t)(physical + DISTANCE), size);
	return true;
}

static void paging_on(void)
{
	uint32_t value;

	for (uint32_t i = 0; i < 512; i++) {
		low[i] = (uint64_t)i << 21 | LARGE;
		/* Something is mapped in every hole: only a segment can keep anybody out. */
		high[i] = (uint64_t)(i % 256) << 21 | LARGE;
	}
	high[(APIC - DISTANCE) >> 21] = 0xfee00000 | LARGE | UNCACHED;
	pointers[0] = (uint32_t)low | 1;
	pointers[3] = (uint32_t)high | 1;
	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	__asm__ volatile("mov %0, %%cr4" ::"r"(value | CR4_PAE));
	__asm__ volatile("mov %0, %%cr3" ::"r"(pointers));
	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	__asm__ volatile("mov %0, %%cr0" ::"r"(value | CR0_PAGING | CR0_WRITE_PROTECT));
	idt[13] = ((uint32_t)fault_entry & 0xffff) | 8u << 16 | UINT64_C(0x8e00) << 32 |
		  (uint64_t)((uint32_t)fault_entry & 0xffff0000) << 32;
	idt[12] = idt[13];
	__asm__ volatile("lidt %0" ::"m"((struct pointer){ sizeof(idt) - 1, (uint32_t)idt }));
}

static void segment_set(uint16_t selector)
{
	__asm__ volatile("mov %0, %%gs" ::"r"((uint32_t)selector));
}

static bool reads(uint32_t address)
{
	uint32_t before = faults;

	(void)read_at(address);
	return faults == before;
}

/* QEMU's own emulation does not look at limits when memory is accessed; LSL does what it should. */
static bool limits_are_kept;

static void limits_try(void)
{
	gdt[4] = UINT64_C(0x00409300000000ff);
	segment_set(0x20);
	limits_are_kept = !reads(0x100000);
	say(limits_are_kept ? "# this machine keeps limits\n"
			    : "# this machine does not keep limits\n");
}

/* The segment ends there: its first bytes and its last, by what the machine can tell. */
static bool ends_at(uint16_t selector, uint32_t last)
{
	uint32_t limit = 0;

	__asm__ volatile("lsl %1, %0" : "+r"(limit) : "r"((uint32_t)selector));
	segment_set(selector);
	return limit == last && reads(0) && reads(last - 3) &&
	       (!limits_are_kept || (!reads(last - 2) && !reads(last + 1)));
}

typedef uint64_t __attribute__((regparm(3))) record_call(uint32_t call);
typedef uint32_t __attribute__((regparm(3))) rom_call(uint32_t a, uint32_t b, uint32_t c, ...);

static uint64_t record(uint16_t call)
{
	made[VMI_COUNTS_GET_RELOCATION]++;
	return ((record_call *)(rom_at + VMI_HEADER_GET_RELOCATION))(call);
}

static uint32_t code(uint16_t call)
{
	struct vmi_relocation found;

	if (vmi_relocation_read(&rom, rom_at, call, record(call), &found))
		check(false, vmi_call_name(call));
	made[call]++;
	return found.address;
}

/* Register parameters and one on the stack. */
static uint32_t call_4(uint16_t call, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	typedef uint32_t __attribute__((regparm(3)))
	function(uint32_t, uint32_t, uint32_t, uint32_t);

	return ((function *)code(call))(a, b, c, d);
}

static void test_found(void)
{
	const struct firmware_reader reader = { memory_read, NULL };
	volatile uint8_t *byte;
	uint8_t was;

	check(!vmi_rom_find(&reader, &rom), "the ROM is found, and still adds up");
	rom_at = rom.base + DISTANCE;
	byte = (volatile uint8_t *)(rom_at + VMI_HEADER_RESERVED + 90);
	was = *byte;
	*byte = (uint8_t)~was;
	check(*byte == was, "it is read-only");
	check(!memcmp((const void *)(rom_at + VMI_COUNTS_OFFSET), "Vcnt", 4), "it counts");
	counts = (const uint32_t *)(*(const uint32_t *)(rom_at + VMI_COUNTS_OFFSET + 4) + DISTANCE);
	check((uint32_t)counts < 0x9fc00 + DISTANCE && (uint32_t)counts >= 0x90000 + DISTANCE,
	      "in low memory");
}

static void test_segments(void)
{
	uint32_t top = rom.virtual_top;
	struct pointer pointer = { sizeof(gdt) - 1, (uint32_t)gdt };
	uint32_t base = 0xd0001234;

	limits_try();
	check(ends_at(0x10, UINT32_MAX) || !limits_are_kept, "before init all can be read");
	made[VMI_COUNTS_INIT]++;
	check(!((rom_call *)(rom_at + VMI_HEADER_INIT))(0, 0, 0), "init");
	check(ends_at(0x10, top - 1) && ends_at(8, top - 1), "segments end at the hole");

	/* A table of ours again, with a segment that begins elsewhere, in pages and in bytes. */
	for (int i = 1; i < 4; i++)
		gdt[i] |= UINT64_C(0x000f00000000ffff);
	gdt[3] |= (uint64_t)(base & 0xffffff) << 16 | (uint64_t)(base >> 24) << 56;
	gdt[4] = UINT64_C(0x0040930000000fff) | (uint64_t)((top - 0x800) & 0xffffff) << 16 |
		 (uint64_t)((top - 0x800) >> 24) << 56;
	call_4(VMI_CALL_SET_GDT, (uint32_t)&pointer, 0, 0, 0);
	check(ends_at(0x10, top - 1), "SetGDT shortens");
	/* In pages: what is left of the last one is lost. */
	check(ends_at(0x18, (top - base) / 0x1000 * 0x1000 - 1), "one with a base");
	check(ends_at(0x20, 0x7ff), "one with a limit in bytes");
	check(counts[VMI_COUNTS_SEGMENTS / 4] == 0, "none was refused");
	call_4(VMI_CALL_WRITE_GDT_ENTRY, (uint32_t)gdt, 4, 0xffff, 0x00cf9300);
	check(ends_at(0x20, top - 1), "WriteGDTEntry shortens");
	/* One that lies in the hole as a whole cannot be. */
	call_4(VMI_CALL_WRITE_GDT_ENTRY, (uint32_t)gdt, 4, 0xffff,
	       0x00409300 | (top & 0xff000000) | (top >> 16 & 0xff));
	check(counts[VMI_COUNTS_SEGMENTS / 4] == 1, "one in the hole is refused");
	check(!(gdt[4] >> 47 & 1), "and not present");
	segment_set(0);
}

static void test_calls(void)
{
	static uint64_t entry;
	uint32_t value, again;
	const uint32_t *mapping = &counts[VMI_COUNTS_MAPPINGS / 4];

	check(record(VMI_CALLS) == 0 && record(65535) == 0, "unknown calls are native");
	check((record(VMI_CALL_IO_DELAY) >> 32 & 0xff) == VMI_RELOCATION_NOP, "IODelay is nothing");
	check((record(VMI_CALL_IRET) >> 32 & 0xff) == VMI_RELOCATION_JUMP, "IRET is a jump");
	iret_by(code(VMI_CALL_IRET));
	check(true, "and comes back");
	__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	again = call_4(VMI_CALL_GET_CR3, 1, 2, 3, 4);
	check(again == value, "GetCR3");
	call_4(VMI_CALL_SET_CR3, value, 0, 0, 0);
	call_4(VMI_CALL_FLUSH_TLB, VMI_FLUSH_TLB | VMI_FLUSH_GLOBAL, 0, 0, 0);
	call_4(VMI_CALL_INVAL_PAGE, DISTANCE, 0, 0, 0);

	call_4(VMI_CALL_SET_PXE, 0x1234, (uint32_t)&entry + DISTANCE, VMI_PAGE_PT, 0);
	check(counts[VMI_COUNTS_UNMAPPED / 4] == 1, "an entry before SetLinearMapping is noticed");
	call_4(VMI_CALL_SET_LINEAR_MAPPING, 0, DISTANCE, 0x1000, 0);
	check(mapping[0] == DISTANCE && mapping[1] == 0x1000 && mapping[2] == 0 && mapping[3] == 1,
	      "SetLinearMapping");
	call_4(VMI_CALL_SET_PXE_LONG, 0x89abcdef, 0x01234567, (uint32_t)&entry + DISTANCE,
	       VMI_PAGE_PT);
	check(entry == 0x0123456789abcdef, "SetPxELong");
	check(counts[VMI_COUNTS_UNMAPPED / 4] == 1, "an entry in the mapping is none too many");
	call_4(VMI_CALL_SET_PXE_LONG, 5, 0, (uint32_t)&entry, VMI_PAGE_PT);
	check(counts[VMI_COUNTS_UNMAPPED / 4] == 2 && entry == 5,
	      "one that is not in it is noticed");
	call_4(VMI_CALL_ALLOCATE_PAGE, 1, VMI_PAGE_PT, 0, 0);
	call_4(VMI_CALL_WRITE_IDT_ENTRY, (uint32_t)idt, 31, 0x11223344, 0x55667788);
	check(idt[31] == 0x5566778811223344, "WriteIDTEntry");
	/* All of it is mapped here, in pages of 2 MiB. */
	check(call_4(VMI_COUNTS_CHECK, 0, 0, 0, 0) == -rom.virtual_top >> 21,
	      "what is mapped in the hole");
	high[(rom.virtual_top - DISTANCE) >> 21] = 0;
	check(call_4(VMI_COUNTS_CHECK, 0, 0, 0, 0) == (-rom.virtual_top >> 21) - 1, "is counted");
	high[(rom.virtual_top - DISTANCE) >> 21] = LARGE;
	value = call_4(VMI_CALL_GET_INTERRUPT_MASK, 0, 0, 0, 0);
	check(!(value & 0x200), "GetInterruptMask");
}

static void wait_a_little(void)
{
	for (volatile uint32_t i = 0; i < 20000000 && arrived < 2; i++)
		__asm__ volatile("pause");
}

static void test_cpu(uint32_t id)
{
	struct vmi_cpu_state state = { .cr2 = 0,
				       .cr3 = (uint32_t)pointers,
				       .cr4 = CR4_PAE | CR4_GLOBAL,
				       .eip = (uint32_t)cpu_entry,
				       .eax = 1,
				       .ebx = 2,
				       .ecx = 3,
				       .edx = 4,
				       .esp = (uint32_t)(cpu_stack + 200),
				       .ebp = 5,
				       .esi = 6,
				       .edi = 7,
				       .cs = 8,
				       .ss = 0x10,
				       .ds = 0x18,
				       .es = 0x10,
				       .fs = 0x18,
				       .gdtr_limit = 4 * 8 - 1,
				       .gdtr_base = (uint32_t)gdt,
				       .idtr_base = (uint32_t)idt,
				       .idtr_limit = sizeof(idt) - 1 };
	uint32_t before = faults;

	__asm__ volatile("mov %%cr0, %0" : "=r"(state.cr0));
	/* Long again: SetInitialAPState has to see to it. */
	gdt[2] |= UINT64_C(0x000f00000000ffff);
	probe = rom.virtual_top;
	call_4(VMI_CALL_SET_INITIAL_STATE, (uint32_t)&state, id, 0, 0);
	call_4(VMI_CALL_APIC_WRITE, APIC + 0xf0, 0x1ff, 0, 0);
	call_4(VMI_CALL_APIC_WRITE, APIC + 0x310, id << 24, 0, 0);
	call_4(VMI_CALL_APIC_WRITE, APIC + 0x300, 0x4500, 0, 0);
	/* The vector is nobody's: the ROM has another. */
	call_4(VMI_CALL_APIC_WRITE, APIC + 0x300, 0x4677, 0, 0);
	wait_a_little();
	check(arrived == 2 && counts[VMI_COUNTS_STARTED / 4] == 1, "a CPU was started");
	check(seen.eax == 1 && seen.ebx == 2 && seen.ecx == 3 && seen.edx == 4 && seen.ebp == 5 &&
		      seen.esi == 6 && seen.edi == 7 && seen.esp == state.esp,
	      "with its registers");
	check(seen.cs == 8 && seen.ds == 0x18 && seen.es == 0x10 && seen.fs == 0x18 && !seen.gs &&
		      seen.ss == 0x10 && seen.eflags == 2,
	      "its segments and flags");
	check(seen.cr0 == state.cr0 && seen.cr3 == state.cr3 && seen.cr4 == state.cr4, "its modes");
	check(seen.idt.base == (uint32_t)idt && seen.idt.limit == sizeof(idt) - 1, "its traps");
	check(!limits_are_kept || faults == before + 1, "no way into the hole");
	check(ends_at(0x10, rom.virtual_top - 1), "segments that end there");
	check(call_4(VMI_CALL_APIC_READ, APIC + 0xf0, 0, 0, 0) == 0x1ff, "APICRead");
}

void payload_main(void)
{
	bool same = true;

	paging_on();
	test_found();
	if (failed) {
		say("Bail out!\n");
	} else {
		test_segments();
		test_calls();
		test_cpu(1);
		for (uint32_t i = 0; i < VMI_COUNTS_CALLS; i++)
			if (counts[i] != made[i]) {
				say("# ");
				say(vmi_call_name((uint16_t)i));
				say("\n");
				same = false;
			}
		check(same, "every call was counted once");
	}
	say(failed ? "failed\n" : "passed\n");
	out(0x501, failed ? 1 : 0);
}

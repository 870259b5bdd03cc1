/* SPDX-License-Identifier: MIT */
/*
 * The numbers of VMware's Virtual Machine Interface, API 3: header of the option ROM, calls,
 * relocation records, state of a CPU that is started. Facts of the interface as its only known guest
 * used it (Linux 2.6.21 to 2.6.36: asm/vmi.h, kernel/vmi_32.c); docs/vmi.md says what they mean. For C
 * and assembly: the kernel's side and the ROM under tests/vmirom read the same file.
 */
#ifndef FIRMWARE_VMI_ABI_H
#define FIRMWARE_VMI_ABI_H

#define VMI_OPTION_ROM_SIGNATURE 0xaa55
#define VMI_SIGNATURE		 0x696d5663 /* "cVmi" */
#define VMI_API_MAJOR		 3
#define VMI_API_MINOR		 0

#define VMI_PCI_VENDOR		 0x15ad
#define VMI_PCI_DEVICE		 0x0801

/* Where option ROMs are, and the steps in which one can begin. */
#define VMI_WINDOW_START 0xc0000
#define VMI_WINDOW_END	 0xe0000
#define VMI_WINDOW_STEP	 2048
#define VMI_LENGTH_UNIT	 512

/* What a relocation record asks for. */
#define VMI_RELOCATION_NONE 0
#define VMI_RELOCATION_CALL 1
#define VMI_RELOCATION_JUMP 2
#define VMI_RELOCATION_NOP  3

/* Calls. */
#define VMI_CALL_CPUID		     0
#define VMI_CALL_WRMSR		     1
#define VMI_CALL_RDMSR		     2
#define VMI_CALL_SET_GDT	     3
#define VMI_CALL_SET_LDT	     4
#define VMI_CALL_SET_IDT	     5
#define VMI_CALL_SET_TR		     6
#define VMI_CALL_GET_GDT	     7
#define VMI_CALL_GET_LDT	     8
#define VMI_CALL_GET_IDT	     9
#define VMI_CALL_GET_TR		     10
#define VMI_CALL_WRITE_GDT_ENTRY     11
#define VMI_CALL_WRITE_LDT_ENTRY     12
#define VMI_CALL_WRITE_IDT_ENTRY     13
#define VMI_CALL_UPDATE_KERNEL_STACK 14
#define VMI_CALL_SET_CR0	     15
#define VMI_CALL_SET_CR2	     16
#define VMI_CALL_SET_CR3	     17
#define VMI_CALL_SET_CR4	     18
#define VMI_CALL_GET_CR0	     19
#define VMI_CALL_GET_CR2	     20
#define VMI_CALL_GET_CR3	     21
#define VMI_CALL_GET_CR4	     22
#define VMI_CALL_WBINVD		     23
#define VMI_CALL_SET_DR		     24
#define VMI_CALL_GET_DR		     25
#define VMI_CALL_RDPMC		     26
#define VMI_CALL_RDTSC		     27
#define VMI_CALL_CLTS		     28
#define VMI_CALL_ENABLE_INTERRUPTS   29
#define VMI_CALL_DISABLE_INTERRUPTS  30
#define VMI_CALL_GET_INTERRUPT_MASK  31
#define VMI_CALL_SET_INTERRUPT_MASK  32
#define VMI_CALL_IRET		     33
#define VMI_CALL_SYSEXIT	     34
#define VMI_CALL_HALT		     35
#define VMI_CALL_REBOOT		     36
#define VMI_CALL_SHUTDOWN	     37
#define VMI_CALL_SET_PXE	     38
#define VMI_CALL_SET_PXE_LONG	     39
#define VMI_CALL_UPDATE_PXE	     40
#define VMI_CALL_UPDATE_PXE_LONG     41
#define VMI_CALL_MACHINE_TO_PHYSICAL 42
#define VMI_CALL_PHYSICAL_TO_MACHINE 43
#define VMI_CALL_ALLOCATE_PAGE	     44
#define VMI_CALL_RELEASE_PAGE	     45
#define VMI_CALL_INVAL_PAGE	     46
#define VMI_CALL_FLUSH_TLB	     47
#define VMI_CALL_SET_LINEAR_MAPPING  48
#define VMI_CALL_SET_IOPL_MASK	     61
#define VMI_CALL_SET_INITIAL_STATE   62 /* SetInitialAPState */
#define VMI_CALL_APIC_WRITE	     63
#define VMI_CALL_APIC_READ	     64
#define VMI_CALL_IO_DELAY	     65
#define VMI_CALL_SET_LAZY_MODE	     73
#define VMI_CALLS		     74 /* the highest number known, and one */

/* Flags of page-table calls: the level, and what is known of the address. */
#define VMI_PAGE_PT	    0x01
#define VMI_PAGE_PD	    0x02
#define VMI_PAGE_PDP	    0x04
#define VMI_PAGE_PAE	    0x10 /* of AllocatePage and ReleasePage */
#define VMI_PAGE_ZEROED	    0x40 /* the same: the page is zero */
#define VMI_PAGE_CURRENT_AS 0x10 /* of SetPxE and UpdatePxE: bits 31:12 are the address */

#define VMI_FLUSH_TLB	    0x01
#define VMI_FLUSH_GLOBAL    0x02

/* Offsets in the header of the ROM. */
#define VMI_HEADER_LENGTH	  2
#define VMI_HEADER_ENTRY	  3
#define VMI_HEADER_SIGNATURE	  8
#define VMI_HEADER_API_MINOR	  12
#define VMI_HEADER_API_MAJOR	  13
#define VMI_HEADER_JUMP_SLOTS	  14
#define VMI_HEADER_VIRTUAL_TOP	  16
#define VMI_HEADER_LICENCE	  22
#define VMI_HEADER_PCI		  24
#define VMI_HEADER_PNP		  26
#define VMI_HEADER_RESERVED	  32
#define VMI_HEADER_INIT		  128
#define VMI_HEADER_GET_RELOCATION 136
#define VMI_HEADER_SIZE		  144
#define VMI_JUMP_SIZE		  8

/* Offsets in the state with which a CPU begins. */
#define VMI_STATE_CR0	     0
#define VMI_STATE_CR2	     4
#define VMI_STATE_CR3	     8
#define VMI_STATE_CR4	     12
#define VMI_STATE_EFER	     16
#define VMI_STATE_EIP	     24
#define VMI_STATE_EFLAGS     28
#define VMI_STATE_EAX	     32
#define VMI_STATE_EBX	     36
#define VMI_STATE_ECX	     40
#define VMI_STATE_EDX	     44
#define VMI_STATE_ESP	     48
#define VMI_STATE_EBP	     52
#define VMI_STATE_ESI	     56
#define VMI_STATE_EDI	     60
#define VMI_STATE_CS	     64
#define VMI_STATE_SS	     66
#define VMI_STATE_DS	     68
#define VMI_STATE_ES	     70
#define VMI_STATE_FS	     72
#define VMI_STATE_GS	     74
#define VMI_STATE_LDTR	     76
#define VMI_STATE_GDTR_LIMIT 78
#define VMI_STATE_GDTR_BASE  80
#define VMI_STATE_IDTR_BASE  84
#define VMI_STATE_IDTR_LIMIT 88
#define VMI_STATE_SIZE	     92 /* with what rounds it up to its alignment in 32-bit code, 4 */

/*
 * Ours alone: a ROM that counts its calls has this in the header's reserved bytes, and behind the word
 * the physical address of a page that begins with VMI_COUNTS_CALLS counts of 32 bits, by call. Then:
 * linear mappings as they were told, four of {address, pages, first frame, told}; page-table entries
 * that were not in mapping 0 when they were set; segments that could not be shortened; CPUs started.
 */
#define VMI_COUNTS_SIGNATURE	  0x746e6356 /* "Vcnt" */
#define VMI_COUNTS_OFFSET	  VMI_HEADER_RESERVED
#define VMI_COUNTS_CALLS	  128
#define VMI_COUNTS_CHECK	  125 /* a call: page directory entries present in the hole, in EAX */
#define VMI_COUNTS_INIT		  126 /* where vmi_init and get_reloc are counted */
#define VMI_COUNTS_GET_RELOCATION 127
#define VMI_COUNTS_MAPPINGS	  512
#define VMI_COUNTS_UNMAPPED	  576
#define VMI_COUNTS_SEGMENTS	  580
#define VMI_COUNTS_STARTED	  584
#define VMI_COUNTS_SIZE		  588

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct vmi_header {
	uint16_t option_rom_signature;
	uint8_t length; /* in units of 512 bytes */
	uint8_t entry[4];
	uint8_t padding;
	uint32_t signature;
	uint8_t api_minor, api_major;
	uint8_t jump_slots;
	uint8_t reserved_1;
	uint32_t virtual_top; /* the hypervisor's part of the address space begins here */
	uint16_t reserved_2;
	uint16_t licence, pci, pnp; /* offsets in the ROM */
	uint32_t reserved_3;
	uint8_t reserved_4[96];
	uint8_t init[VMI_JUMP_SIZE], get_relocation[VMI_JUMP_SIZE]; /* code */
} __attribute__((packed));
_Static_assert(offsetof(struct vmi_header, length) == VMI_HEADER_LENGTH, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, entry) == VMI_HEADER_ENTRY, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, signature) == VMI_HEADER_SIGNATURE, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, api_minor) == VMI_HEADER_API_MINOR, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, api_major) == VMI_HEADER_API_MAJOR, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, jump_slots) == VMI_HEADER_JUMP_SLOTS, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, virtual_top) == VMI_HEADER_VIRTUAL_TOP, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, licence) == VMI_HEADER_LICENCE, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, pci) == VMI_HEADER_PCI, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, pnp) == VMI_HEADER_PNP, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, reserved_4) == VMI_HEADER_RESERVED, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, init) == VMI_HEADER_INIT, "VMI 3.0");
_Static_assert(offsetof(struct vmi_header, get_relocation) == VMI_HEADER_GET_RELOCATION, "VMI 3.0");
_Static_assert(sizeof(struct vmi_header) == VMI_HEADER_SIZE, "VMI 3.0");

struct vmi_cpu_state {
	uint32_t cr0, cr2, cr3, cr4;
	uint32_t efer_low, efer_high;
	uint32_t eip, eflags;
	uint32_t eax, ebx, ecx, edx, esp, ebp, esi, edi;
	uint16_t cs, ss, ds, es, fs, gs, ldtr;
	uint16_t gdtr_limit;
	uint32_t gdtr_base, idtr_base;
	uint16_t idtr_limit;
	uint16_t padding;
};
_Static_assert(offsetof(struct vmi_cpu_state, cr4) == VMI_STATE_CR4, "VMI 3.0");
_Static_assert(offsetof(struct vmi_cpu_state, efer_low) == VMI_STATE_EFER, "VMI 3.0");
_Static_assert(offsetof(struct vmi_cpu_state, eip) == VMI_STATE_EIP, "VMI 3.0");
_Static_assert(offsetof(struct vmi_cpu_state, eax) == VMI_STATE_EAX, "VMI 3.0");
_Static_assert(offsetof(struct vmi_cpu_state, edi) == VMI_STATE_EDI, "VMI 3.0");
_Static_assert(offsetof(struct vmi_cpu_state, cs) == VMI_STATE_CS, "VMI 3.0");
_Static_assert(offsetof(struct vmi_cpu_state, ldtr) == VMI_STATE_LDTR, "VMI 3.0");
_Static_assert(offsetof(struct vmi_cpu_state, gdtr_limit) == VMI_STATE_GDTR_LIMIT, "VMI 3.0");
_Static_assert(offsetof(struct vmi_cpu_state, gdtr_base) == VMI_STATE_GDTR_BASE, "VMI 3.0");
_Static_assert(offsetof(struct vmi_cpu_state, idtr_base) == VMI_STATE_IDTR_BASE, "VMI 3.0");
_Static_assert(offsetof(struct vmi_cpu_state, idtr_limit) == VMI_STATE_IDTR_LIMIT, "VMI 3.0");
_Static_assert(sizeof(struct vmi_cpu_state) == VMI_STATE_SIZE, "VMI 3.0");
#endif

#endif

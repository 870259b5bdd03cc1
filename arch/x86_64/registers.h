/* SPDX-License-Identifier: MIT */
/* The instructions that C has no words for. Intel SDM vol. 2; each is one function, no more. For
 * i386 too: control registers have the width of addresses. */
#ifndef ARCH_X86_64_REGISTERS_H
#define ARCH_X86_64_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __i386__
/* Has the boot CPU no-execute, and with it an EFER? Set by the entry code. Every x86-64 has both. */
extern bool i386_has_no_execute;
#endif

static inline uint64_t msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

static inline uint64_t cr0_read(void)
{
	uintptr_t value;

	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static inline uint64_t cr2_read(void)
{
	uintptr_t value;

	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline uint64_t cr3_read(void)
{
	uintptr_t value;

	__asm__ volatile("mov %%cr3, %0" : "=r"(value)::"memory");
	return value;
}

static inline void cr3_write(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr3" ::"r"((uintptr_t)value) : "memory");
}

static inline uint64_t cr4_read(void)
{
	uintptr_t value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static inline void cr4_write(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr4" ::"r"((uintptr_t)value) : "memory");
}

static inline void page_invalidate(uintptr_t address)
{
	__asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}

struct cpuid_leaf {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_leaf cpuid_read(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_leaf out;

	__asm__ volatile("cpuid"
			 : "=a"(out.eax), "=b"(out.ebx), "=c"(out.ecx), "=d"(out.edx)
			 : "a"(leaf), "c"(subleaf));
	return out;
}

static inline void port_write8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline void port_write16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline void port_write32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t port_read8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint16_t port_read16(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint32_t port_read32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

#endif

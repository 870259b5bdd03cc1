/* SPDX-License-Identifier: MIT */
/*
 * A PAPR hypervisor for tests of areas: strict about H_REGISTER_VPA by the book, or as an old one was; it
 * remembers what it holds, and writes to it as a real one does.
 */
#ifndef TESTS_UNIT_MOCK_PAPR_H
#define TESTS_UNIT_MOCK_PAPR_H

#include "platform/papr/papr_areas.h"
#include "tests/unit/mock_areas.h"

#define MOCK_SUCCESS   0
#define MOCK_FUNCTION  (-2)
#define MOCK_PARAMETER (-4)
#define MOCK_RESOURCE  (-16)

struct mock_papr_vcpu {
	uint64_t vpa, shadow, log; /* 0: not registered */
};

static struct {
	struct mock_papr_vcpu vcpus[MOCK_CPUS];
	uint32_t least;	 /* bytes that a VPA must have */
	bool none;	 /* there is no such call */
	uint64_t refuse; /* a function that is refused; 0: none */
	uint32_t calls, refusals, strangers;
	char order[4096];
} papr;

static inline uint32_t papr_told_32(uint64_t physical, uint32_t at)
{
	uint32_t value;

	memcpy(&value, (char *)machine_get()->direct(physical) + at, sizeof(value));
	return __builtin_bswap32(value);
}

static inline bool papr_crosses(uint64_t address, uint64_t size)
{
	return address / 4096 != (address + size - 1) / 4096;
}

static inline long papr_register(struct mock_papr_vcpu *vcpu, uint64_t function, uint64_t address)
{
	uint32_t size, vpa_size;

	if (!address || address % 128 || address >= HOST_MEMORY_SIZE)
		return MOCK_PARAMETER;
	size = papr_told_32(address, 4);
	vpa_size = size >> 16; /* 2 bytes at 4 */
	switch (function) {
	case PAPR_REGISTER_VPA:
		if (vpa_size < papr.least || papr_crosses(address, vpa_size))
			return MOCK_PARAMETER;
		vcpu->vpa = address;
		return MOCK_SUCCESS;
	case PAPR_REGISTER_SLB_SHADOW:
		if (size < 8 || papr_crosses(address, size))
			return MOCK_PARAMETER;
		if (!vcpu->vpa)
			return MOCK_RESOURCE;
		vcpu->shadow = address;
		return MOCK_SUCCESS;
	default:
		if (size < 48)
			return MOCK_PARAMETER;
		if (!vcpu->vpa)
			return MOCK_RESOURCE;
		vcpu->log = address;
		return MOCK_SUCCESS;
	}
}

static inline long papr_deregister(struct mock_papr_vcpu *vcpu, uint64_t function)
{
	switch (function) {
	case PAPR_DEREGISTER_VPA:
		if (vcpu->shadow || vcpu->log)
			return MOCK_RESOURCE;
		vcpu->vpa = 0;
		return MOCK_SUCCESS;
	case PAPR_DEREGISTER_SLB_SHADOW:
		vcpu->shadow = 0;
		return MOCK_SUCCESS;
	default:
		vcpu->log = 0;
		return MOCK_SUCCESS;
	}
}

/* Server numbers are CPU numbers and 100. */
static inline long papr_register_area(uint64_t flags, uint64_t server, uint64_t address)
{
	static const char *const names[8] = {
		"", "+vpa", "+dtl", "+slb", "", "-vpa", "-dtl", "-slb"
	};
	uint64_t function = flags >> PAPR_AREA_FUNCTION_SHIFT & 7;
	size_t used = strlen(papr.order);
	long status;

	papr.calls++;
	if (papr.none)
		return MOCK_FUNCTION;
	if (server < 100 || server - 100 >= MOCK_CPUS ||
	    flags != function << PAPR_AREA_FUNCTION_SHIFT || !*names[function] ||
	    function == papr.refuse)
		return MOCK_PARAMETER;
	/* The book warns of speaking for another. */
	papr.strangers += server - 100 != cpu_this().number;
	status = function < PAPR_DEREGISTER_VPA
			 ? papr_register(&papr.vcpus[server - 100], function, address)
			 : papr_deregister(&papr.vcpus[server - 100], function);
	papr.refusals += status != 0;
	if (!status && used < sizeof(papr.order) - 32)
		snprintf(papr.order + used, 32, "%s%s%u", used ? " " : "", names[function],
			 (unsigned int)server - 100);
	return status;
}

static struct papr_area_guest papr_guest_mock = {
	.register_area = papr_register_area,
	.offered = true,
	.data_cache_line = 128,
	.slb_entries = 32,
};

/* As real ones do: count dispatches. And as none should: write to all that is registered. */
static inline void papr_dispatch(uint32_t cpu)
{
	struct papr_vpa *vpa = machine_get()->direct(papr.vcpus[cpu].vpa);

	vpa->dispatches = __builtin_bswap32(__builtin_bswap32(vpa->dispatches) + 2);
}

static inline void papr_mock_begin(uint32_t cpus)
{
	mock_areas_begin(cpus, HOST_MEMORY_SIZE / 2);
	memset(&papr, 0, sizeof(papr));
	papr.least = PAPR_VPA_SIZE;
	papr_guest_mock = (struct papr_area_guest){
		.register_area = papr_register_area,
		.offered = true,
		.data_cache_line = 128,
		.slb_entries = 32,
	};
}

static inline int papr_online(uint32_t cpu)
{
	int error;

	mock_play(cpu);
	error = papr_areas_online(cpu_from_number(cpu));
	mock_play(0);
	if (!error)
		cpu_state_set(cpu_from_number(cpu), CPU_ONLINE);
	return error;
}

static inline void papr_offline(uint32_t cpu)
{
	mock_play(cpu);
	papr_areas_online_undo(cpu_from_number(cpu));
	mock_play(0);
	cpu_state_set(cpu_from_number(cpu), CPU_HELD);
}

/* What the tests of rows do not need. */
static inline void papr_mock_unused(void)
{
	(void)mock_table;
	(void)mock_online;
	(void)mock_offline;
}

#endif

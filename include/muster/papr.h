/* SPDX-License-Identifier: MIT */
/*
 * PAPR, for a kernel that wants more of it than the library does: the memory that hypervisor and vCPU share,
 * as the book lays it out, and what it tells; and hypercalls of its own. LoPAPR 1.1; everything in shared memory is
 * big-endian. Where the machine is not a PAPR guest papr_guest() says so, and no call here may be made.
 */
#ifndef MUSTER_PAPR_H
#define MUSTER_PAPR_H

#include <muster/cpu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define PAPR_ABI(condition, what) static_assert(condition, what)
#else
#define PAPR_ABI(condition, what) _Static_assert(condition, what)
#endif

#define PAPR_VPA_SIZE 640u  /* bytes of a virtual processor area that mean something */
#define PAPR_VPA_TOLD 1024u /* that the hypervisor is told: KVM before Linux 4.14 refuses fewer */

/* What a virtual processor area begins with: "LPAC" in EBCDIC. */
#define PAPR_VPA_DESCRIPTOR UINT32_C(0xd397d781)
/* Bit of `status`: the processor is shared with other partitions. */
#define PAPR_VPA_SHARED 0x02u

/* The virtual processor area (VPA; LoPAPR, Shared Processor LPAR Option, table "Per Virtual Processor Area"). Lines of 128 bytes:
 * written by the hypervisor, by its own CPU, and read by others. */
struct papr_vpa {
	uint32_t descriptor;
	uint16_t size; /* told */
	uint8_t reserved_6[3];
	uint8_t status;
	uint8_t reserved_a[14];
	uint32_t node_id; /* of the hardware it runs on */
	uint32_t processor_id;
	uint8_t reserved_20[56];
	uint8_t home_changes
		[8]; /* counters: one for each reference point, of changes of the home node */
	uint8_t reserved_60[32];

	uint8_t reserved_80[48];
	uint8_t cede_latency_hint;
	uint8_t reserved_b1[7];
	uint8_t log_mask; /* what goes to the dispatch trace log: PAPR_LOG_* */
	uint8_t donate_dedicated;
	uint8_t floating_point_in_use; /* 0: the hypervisor need not keep these registers */
	uint8_t performance_monitor_in_use;
	uint8_t reserved_bc[28];
	uint64_t wait_state_cycles;
	uint8_t reserved_e0[28];
	uint16_t slb_count; /* entries that the hypervisor keeps */
	uint8_t idle;
	uint8_t vector_in_use;

	uint32_t dispatches;  /* and preemptions: even while it runs */
	uint32_t dispersions; /* dispatches on another processor than before */
	uint64_t page_faults;
	uint64_t page_fault_time;
	uint8_t reserved_118[64];
	uint64_t wait_dispatch_time; /* time base ticks from enqueued to dispatched */
	uint64_t ready_wait_time;
	uint64_t wait_ready_time;
	uint8_t reserved_170[16];

	uint32_t page_ins;
	uint8_t reserved_184[148];
	uint64_t log_index; /* entries ever written to the dispatch trace log */
	uint8_t reserved_220[96];
};
PAPR_ABI(sizeof(struct papr_vpa) == PAPR_VPA_SIZE, "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, size) == 0x4, "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, status) == 0x9, "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, node_id) == 0x18, "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, home_changes) == 0x58, "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, cede_latency_hint) == 0xb0,
	 "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, log_mask) == 0xb8, "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, wait_state_cycles) == 0xd8,
	 "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, slb_count) == 0xfc, "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, dispatches) == 0x100, "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, wait_dispatch_time) == 0x158,
	 "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, page_ins) == 0x180, "LoPAPR, Per Virtual Processor Area");
PAPR_ABI(offsetof(struct papr_vpa, log_index) == 0x218, "LoPAPR, Per Virtual Processor Area");

/* The SLB shadow buffer (LoPAPR, the same): entries that the hypervisor puts back when it dispatches. */
#define PAPR_SLB_SHADOW_ENTRIES 7u /* that fit into one line of 128 bytes */
struct papr_slb_shadow {
	uint32_t persistent; /* entries that are to be put back */
	uint32_t size;	     /* told */
	uint64_t reserved;
	struct {
		uint64_t esid;
		uint64_t vsid;
	} entries[PAPR_SLB_SHADOW_ENTRIES];
};
PAPR_ABI(sizeof(struct papr_slb_shadow) == 128, "LoPAPR, SLB Shadow Buffer");

/* The dispatch trace log (LoPAPR, the same): a ring of these. Its first 8 bytes tell its size when it is
 * registered, and are then overwritten. */
#define PAPR_LOG_BYTES	 4096u
#define PAPR_LOG_CEDE	 0x01u /* bits of log_mask: when it waited of its own */
#define PAPR_LOG_PREEMPT 0x02u /* when its time was over */
#define PAPR_LOG_FAULT	 0x04u /* when a page was not there */
struct papr_log_entry {
	uint8_t dispatch_reason;
	uint8_t preempt_reason;
	uint16_t processor;	/* server number of the hardware thread */
	uint32_t enqueued_time; /* ticks from enqueued to dispatched */
	uint32_t ready_time;	/* from ready to enqueued */
	uint32_t waiting_time;	/* from waiting to ready */
	uint64_t time;		/* time base when dispatched */
	uint64_t fault_address;
	uint64_t srr0;
	uint64_t srr1;
};
PAPR_ABI(sizeof(struct papr_log_entry) == 48, "LoPAPR, Dispatch Trace Log Entry");
PAPR_ABI(offsetof(struct papr_log_entry, time) == 16, "LoPAPR, Dispatch Trace Log Entry");
#define PAPR_LOG_ENTRIES (PAPR_LOG_BYTES / (uint32_t)sizeof(struct papr_log_entry))

/* Is this a PAPR guest? Needs: step `device-tree`; false before. */
bool papr_guest(void);

/* Is the machine QEMU's, by the root of its tree? Its hypervisor may be QEMU itself or KVM. Needs the same. */
bool papr_is_qemu(void);

/* The kinds of areas, as area_ptr() and area_info() have them. */
enum papr_area {
	PAPR_AREA_VPA,
	PAPR_AREA_SLB_SHADOW,
	PAPR_AREA_LOG,
};

/* Does the hypervisor share processors between partitions (hcall-splpar)? Without, a CPU has no areas: nothing
 * below may be called but papr_hypercall(). Needs: step `boot-areas`. */
bool papr_has_areas(void);

#define PAPR_RESULTS_MAX 6u /* r4 to r9 */

/*
 * One hypercall: a token and up to four arguments, those that are not used 0. results: NULL, or room for
 * PAPR_RESULTS_MAX numbers. Returns the status: 0, or a negative or positive number of LoPAPR's table
 * "Hypervisor Call Return Code Values". Nothing is looked at: a call can take away what the library lives on. From
 * any CPU, at any time, after a panic too. Needs: papr_guest().
 */
long papr_hypercall(uint64_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		    uint64_t *results);

/*
 * One call of the run-time services, by its name in the device tree ("start-cpu"). arguments: count numbers;
 * results: NULL, or room for results_count numbers behind the status. Returns the status. A call that the tree
 * does not name is PAPR_NO_SERVICE. On the boot CPU. Needs: step `device-tree`.
 */
#define PAPR_NO_SERVICE INT32_MIN
int32_t papr_service(const char *name, const uint32_t *arguments, uint32_t count, uint32_t *results,
		     uint32_t results_count);

/* How many system resets of the boot CPU came while it was in a run-time service, or on the way there or back; each
 * was survived. */
uint64_t papr_resets_in_services(void);

/* Where the hypervisor writes for the CPU that this runs on; NULL: nowhere, before step `areas-online` and after its
 * undo. For fields that a kernel keeps up to date (idle, registers in use). Do not keep it. */
struct papr_vpa *papr_vpa_here(void);

/* How often a CPU was dispatched and preempted, and how often to another processor than before. From any
 * CPU; the CPU asked for is online. Needs: CAP_SHARED_AREAS. */
struct papr_dispatches {
	uint32_t count; /* of both: even while it runs */
	uint32_t dispersions;
};
struct papr_dispatches papr_dispatches(cpu_t cpu);

/*
 * Reading the dispatch trace log of a CPU: one reader for a log, which may be another CPU's. What was
 * overwritten before it was read is counted, not returned; what may be being written is not read.
 */
struct papr_log_reader {
	uint64_t next; /* entry that comes next, of all that were ever written */
	uint64_t lost; /* that were overwritten, or of which the hypervisor lost count */
};

/* Begin where the log is now. */
void papr_log_begin(struct papr_log_reader *reader, const volatile struct papr_vpa *vpa);
/* The next entry, in our byte order. 1; 0: there is none yet. */
int papr_log_next(struct papr_log_reader *reader, const volatile struct papr_vpa *vpa,
		  const volatile struct papr_log_entry *log, struct papr_log_entry *entry);

#ifdef __cplusplus
}
#endif

#undef PAPR_ABI
#endif

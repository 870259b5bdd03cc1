/* SPDX-License-Identifier: MIT */
/*
 * Flattened device trees, read-only (Devicetree Specification 0.4, chapter 5; what POWER guests find in
 * them: LoPAPR 1.1, appendix B, and the Power.org binding of Open Firmware). A tree is what a boot
 * loader hands over, what kexec wrote, or what firmware/openfirmware.h makes of a live one. Trusts no byte:
 * a tree is checked as a whole when it is opened, and each property when it is read. What is wrong is one
 * line that names node, property, value and rule; then it is done without, as each function says.
 *
 * Readers need no step; they write nothing but their results.
 */
#ifndef FIRMWARE_DEVICE_TREE_H
#define FIRMWARE_DEVICE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_TREE_MAX	  (64u << 20) /* bytes; a longer one is refused */
#define DEVICE_TREE_ALIGN 8u	      /* of its address: 5.6 */

struct device_tree {
	const void *blob;
	uint32_t size;
	bool again; /* what is wrong has been said: no more lines about it */
};

/* The same tree, for whoever reads something in it once more. */
static inline struct device_tree device_tree_again(const struct device_tree *tree)
{
	struct device_tree again = { tree->blob, tree->size, true };

	return again;
}

/*
 * A tree in memory. available: bytes that can be read from blob on. Its whole structure is checked: header,
 * that blocks lie in it, that every node ends and every name and value lies in its block. Returns 0, or
 * MUSTER_E_CORRUPT with a line.
 */
int device_tree_open(const void *blob, uint64_t available, struct device_tree *tree);

/* What the header says of the CPU that booted: its `reg`, or one of its interrupt server numbers (5.2). */
uint32_t device_tree_boot_cpu(const struct device_tree *tree);

/* What firmware and guest have agreed on: /chosen, ibm,architecture-vec-5 (LoPAPR, the answer to
 * ibm,client-architecture-support). */
struct device_tree_agreed {
	bool told;		/* there is such a property */
	uint32_t affinity_form; /* of ibm,associativity: 0, 1 or 2 */
	bool radix;		/* the radix tree translates, else the hash table */
	bool guest_flush;	/* with radix: guests invalidate translations themselves */
	bool xive;		/* XIVE's exploitation mode, else XICS */
	bool dynamic_memory;	/* memory stands in ibm,dynamic-reconfiguration-memory */
};
void device_tree_agreed_read(const struct device_tree *tree, struct device_tree_agreed *agreed);

/*
 * Where something is: the domain that its node is made of, and the domains that it shares with less and less
 * near ones, as ibm,associativity-reference-points tells. levels[0] is `domain`.
 */
#define DEVICE_TREE_LEVELS_MAX	4u
#define DEVICE_TREE_DOMAINS_MAX 32u /* of a list; a longer one is no list */
#define DEVICE_TREE_NO_DOMAIN	UINT32_MAX
struct device_tree_place {
	uint32_t domain; /* DEVICE_TREE_NO_DOMAIN: nobody says */
	uint32_t levels[DEVICE_TREE_LEVELS_MAX];
};

/* How places are told: read once, and asked with every list of domains. */
struct device_tree_affinity {
	uint32_t form;
	uint32_t level_count; /* 0: there are no nodes */
	uint32_t points[DEVICE_TREE_LEVELS_MAX];
	int node; /* that has the tables of form 2 */
};

/* Returns 0; MUSTER_E_NOT_FOUND when the tree says nothing of nodes, MUSTER_E_CORRUPT when it is nonsense. */
int device_tree_affinity_read(const struct device_tree *tree,
			      struct device_tree_affinity *affinity);

/* The place that a list of domains means: count of them, in the order of ibm,associativity. A list that is
 * too short for a reference point, or has the value for "none" there, is no place; no line. */
struct device_tree_place device_tree_place(const struct device_tree_affinity *affinity,
					   const uint32_t *domains, uint32_t count);

/*
 * The distance from one place to another, 10 to 255; 0: the tree does not say. Form 0: 10 or 20. Form 1:
 * 10, and twice as much for each level that differs from the nearest on. Form 2: the table's.
 */
uint8_t device_tree_distance(const struct device_tree *tree,
			     const struct device_tree_affinity *affinity,
			     const struct device_tree_place *from,
			     const struct device_tree_place *to);

/* A range of memory: RAM, and where it is; or reserved. */
struct device_tree_memory {
	uint64_t base;
	uint64_t size; /* not 0, does not wrap */
	struct device_tree_place place;
};

struct device_tree_memory_reader {
	void (*ram)(void *context, const struct device_tree_memory *memory);
	void (*reserved)(void *context, const struct device_tree_memory *memory);
	void *context;
};

/*
 * RAM: nodes whose device_type is "memory", and the blocks of ibm,dynamic-reconfiguration-memory that are
 * assigned to us and not reserved (LoPAPR, Dynamic Reconfiguration of memory; both forms of the property). Reserved: the header's map
 * and what stands under /reserved-memory. A range that is empty is skipped; one that wraps is named and
 * left out. affinity: NULL, or for places. Returns 0, or MUSTER_E_NOT_FOUND with a line when there is no RAM.
 */
int device_tree_memory_read(const struct device_tree *tree,
			    const struct device_tree_affinity *affinity,
			    const struct device_tree_memory_reader *to);

#define DEVICE_TREE_THREADS_MAX \
	16u /* of a core; more are left out. POWER8 to POWER10 have up to 8 */

/* One thread of a core. */
struct device_tree_cpu {
	uint32_t server; /* interrupt server number: its name in hypercalls and RTAS calls */
	uint32_t reg;	 /* of the core's node */
	uint32_t thread; /* 0 ... threads - 1 */
	uint32_t threads;
	struct device_tree_place place;
	bool present; /* false: may come one day */
};

/* What was said of CPUs, for messages and checks. */
struct device_tree_cpus {
	uint32_t cores;		/* nodes that are CPUs and can be used */
	uint32_t cpus;		/* threads of these */
	uint32_t possible_only; /* threads that may come */
	uint32_t threads;	/* of the core that has most */
};

/*
 * Every thread of every core: those that are there in the order of the tree, then those that may come
 * (device_tree_spares_read()). Server numbers are those of ibm,ppc-interrupt-server#s, one for each thread;
 * a node without such a property is one thread whose number is its `reg`, and gets a line. A node that is
 * not in order, or neither has one, is named and left out. Numbers may be given twice: judging that is the
 * id table's. Returns 0, or MUSTER_E_NOT_FOUND with a line when there is no CPU.
 */
int device_tree_cpus_read(const struct device_tree *tree,
			  const struct device_tree_affinity *affinity,
			  struct device_tree_cpus *cpus,
			  void (*cpu)(void *context, const struct device_tree_cpu *cpu),
			  void *context);

/*
 * Threads of cores that are not there and may come. /cpus lists dynamic reconfiguration connectors (LoPAPR,
 * Dynamic Reconfiguration): one for each core that there can be, of which an index is all that is told before the core
 * comes. The core's numbers are taken to be the index without its type, which is believed only as long as it is
 * true of all cores that are there; ibm,lrdr-capacity and the interrupt controllers' ranges must allow
 * them. When something does not agree no CPU can come, and one line says why. Called by device_tree_cpus_read().
 */
void device_tree_spares_read(const struct device_tree *tree, struct device_tree_cpus *cpus,
			     void (*cpu)(void *context, const struct device_tree_cpu *cpu),
			     void *context);

/* How many cores there can ever be, the last cell of ibm,lrdr-capacity; 0: it does not say. */
uint32_t device_tree_cores_max(const struct device_tree *tree);

/* What is the same for all CPUs: of the first node that is one. 0: the tree does not say. Returns 0, or
 * MUSTER_E_NOT_FOUND with a line when there is none. */
struct device_tree_processor {
	uint32_t timebase_frequency; /* ticks a second */
	uint32_t version;	     /* what the PVR holds, or a logical version */
	uint32_t data_cache_line;    /* bytes that dcbz clears and an area is aligned to */
	uint32_t slb_entries;
	uint32_t hash_table_shift; /* log2 of the hash page table's bytes */
	uint32_t radix_encodings;  /* sizes of pages that the radix tree has */
	uint32_t decrementer_bits;
};
int device_tree_processor_read(const struct device_tree *tree,
			       struct device_tree_processor *processor);

/* /chosen, and what it leads to. */
struct device_tree_chosen {
	const char *command_line; /* in the tree; NULL: none */
	uint64_t initrd;	  /* physical; 0: none */
	uint64_t initrd_size;
	bool terminal;		/* the console is a virtual terminal (hvterm) */
	uint32_t terminal_unit; /* its name in hypercalls: `reg` of its node */
};
void device_tree_chosen_read(const struct device_tree *tree, struct device_tree_chosen *chosen);

/* Run-time abstraction services (LoPAPR): what to call them by. */
#define DEVICE_TREE_NO_TOKEN UINT32_MAX
struct device_tree_rtas {
	bool found;	/* there is such a node */
	uint64_t base;	/* where a kernel before us, or the boot wrapper, put it; 0: nobody has */
	uint64_t entry; /* physical; 0: as above */
	uint32_t size;	/* bytes that it needs */
	uint32_t start_cpu;
	uint32_t stop_self;
	uint32_t query_cpu_stopped_state;
	uint32_t power_off;
	uint32_t system_reboot;
	uint32_t os_term;
	uint32_t check_exception;
	uint32_t configure_connector;
	uint32_t set_indicator;
	uint32_t get_sensor_state;
};
/* A call that there is no token for is DEVICE_TREE_NO_TOKEN; start-cpu's absence gets a line. Returns 0, or
 * MUSTER_E_NOT_FOUND with a line when there is no such node. */
int device_tree_rtas_read(const struct device_tree *tree, struct device_tree_rtas *rtas);

/* Is that function set, such as "hcall-splpar", among those that the hypervisor has (LoPAPR)? */
bool device_tree_hypertas_has(const struct device_tree *tree, const char *function);

/* The interrupt controller that the tree shows: XICS (hypercalls) or XIVE. */
enum device_tree_interrupts_kind {
	DEVICE_TREE_INTERRUPTS_NONE,
	DEVICE_TREE_INTERRUPTS_XICS, /* compatible IBM,ppc-xicp */
	DEVICE_TREE_INTERRUPTS_XIVE, /* compatible ibm,power-ivpe */
};
struct device_tree_interrupts {
	enum device_tree_interrupts_kind kind;
	uint32_t server_first; /* of the server numbers that it takes */
	uint32_t server_count; /* 0: it does not say */
	uint64_t os_page;      /* XIVE: the thread's management page at the OS level; 0: none */
	uint32_t ipi_first;    /* XIVE: interrupt numbers set aside for IPIs */
	uint32_t ipi_count;
	uint32_t queue_shift; /* XIVE: log2 of the bytes of an event queue that can be had */
	uint32_t
		reserved_priority; /* XIVE: the lowest of those that the hypervisor keeps; 0: all but 7 are ours */
};
int device_tree_interrupts_read(const struct device_tree *tree,
				struct device_tree_interrupts *interrupts);

/* The park region that the kernel before us left (docs/park.md): the node in /reserved-memory that is compatible with
 * PARK_COMPATIBLE. False when there is none, or, with a line, none that can be understood. Addresses are not checked. */
bool device_tree_park_region(const struct device_tree *tree, uint64_t *base, uint64_t *size);

/* What the next kernel is told. */
struct device_tree_next {
	uint32_t room;		      /* bytes there are for the tree */
	const char *command_line;     /* not NULL */
	uint64_t initrd, initrd_size; /* size 0: none */
	uint64_t region, region_size; /* the park region */
};

/*
 * Write the tree for it: ours, with its command line, its initrd and the park region instead of ours. to: `room`
 * bytes, as many as device_tree_next_bytes() says, at a multiple of DEVICE_TREE_ALIGN. Returns 0, or MUSTER_E_NO_MEMORY
 * with a line.
 */
uint32_t device_tree_next_bytes(const struct device_tree *tree, uint32_t line_bytes);
int device_tree_next_write(const struct device_tree *tree, void *to,
			   const struct device_tree_next *next);

#endif

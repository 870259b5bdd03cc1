// SPDX-License-Identifier: MIT
/*
 * The machine of hosted tests: see host_machine.h. Every unit test, history test and fuzzer that
 * needs a machine links it. It must never be kinder than a real one: no mapping that core did not
 * ask for, no memory that is cleared on the way.
 */
#define _GNU_SOURCE /* memfd_create() */

#include "host_machine.h"

#include "core/cpu_memory.h"
#include "core/cpu_table.h"
#include "core/layout_current.h"
#include "core/memory_map.h"
#include "core/needs.h"
#include "core/stack_area.h"

#include <muster/error.h>
#include <muster/memory.h>
#include <muster/muster.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW_SIZE  (UINT64_C(256) << 20) /* the kernel's virtual address space */
#define WINDOW_PAGES (WINDOW_SIZE / MEMORY_PAGE_SIZE)
#define WINDOW_ALIGN (UINT64_C(2) << 20)
#define NOT_MAPPED   UINT64_MAX
#define LOG_SIZE     (1u << 20)

struct host_machine host;

static int memory_file = -1;
static char *memory;	 /* all of it, the direct map */
static uintptr_t window; /* [window, window + WINDOW_SIZE) */
static uint64_t window_physical[WINDOW_PAGES];
static void *cpu_memory;
static struct machine machine;

static char log_text[LOG_SIZE];
static size_t log_used;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

/* The section of per-CPU variables; not there in a program that has none. */
extern char __start_percpu[] __attribute__((weak));
extern char __stop_percpu[] __attribute__((weak));
static struct percpu_image image;

static __thread uintptr_t base;
static __thread jmp_buf panic_jump;
static __thread bool panic_expected;
static __thread char panic_message[512];
static __thread sigjmp_buf fault_jump;
static __thread volatile bool fault_expected;

/* The console. */

static void write_log(const char *text, size_t length)
{
	pthread_mutex_lock(&log_lock);
	if (length > LOG_SIZE - 1 - log_used)
		length = LOG_SIZE - 1 - log_used;
	memcpy(log_text + log_used, text, length);
	log_used += length;
	log_text[log_used] = '\0';
	pthread_mutex_unlock(&log_lock);
}

const char *host_log(void)
{
	return log_text;
}

void host_log_clear(void)
{
	log_used = 0;
	log_text[0] = '\0';
}

bool host_log_has(const char *text)
{
	return strstr(log_text, text);
}

/* Panics. */

jmp_buf *host_panic_begin(void)
{
	panic_expected = true;
	panic_message[0] = '\0';
	return &panic_jump;
}

const char *host_panic_end(bool panicked)
{
	panic_expected = false;
	return panicked ? panic_message : NULL;
}

void muster_panic(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(panic_message, sizeof(panic_message), format, arguments);
	va_end(arguments);
	if (panic_expected)
		longjmp(panic_jump, 1);
	fprintf(stderr, "unexpected panic: %s\nlog:\n%s", panic_message, log_text);
	abort();
}

/* Faults. */

static void on_fault(int number)
{
	if (fault_expected)
		siglongjmp(fault_jump, 1);
	/* Not ours: fall again, the way the signal does by itself. */
	signal(number, SIG_DFL);
}

static bool access_faults(uintptr_t address, bool write)
{
	volatile char *byte = (volatile char *)address;
	const struct sigaction action = { .sa_handler = on_fault };
	struct sigaction old_segment, old_bus;
	bool fault = true;

	sigaction(SIGSEGV, &action, &old_segment);
	sigaction(SIGBUS, &action, &old_bus);
	fault_expected = true;
	if (!sigsetjmp(fault_jump, 1)) {
		char value = *byte;

		if (write)
			*byte = value;
		fault = false;
	}
	fault_expected = false;
	sigaction(SIGSEGV, &old_segment, NULL);
	sigaction(SIGBUS, &old_bus, NULL);
	return fault;
}

bool host_read_faults(uintptr_t address)
{
	return access_faults(address, false);
}

bool host_write_faults(uintptr_t address)
{
	return access_faults(address, true);
}

/* Per-CPU data. */

void *percpu_host_this(uintptr_t address)
{
	uintptr_t head = (uintptr_t)&percpu_head;

	if (!base)
		muster_panic("per-CPU data used in a thread that plays no CPU");
	if (address - head < sizeof(percpu_head))
		return (void *)(base + (address - head));
	return (void *)(base + (address - image.link_base));
}

void *percpu_host_this_at(uintptr_t offset)
{
	if (!base)
		muster_panic("per-CPU data used in a thread that plays no CPU");
	return (void *)(base + offset);
}

void percpu_host_base_load(uintptr_t unit)
{
	base = unit;
}

const struct percpu_image *host_percpu_image(void)
{
	return &image;
}

/*
 * The image as a kernel's linker script would make it: the head, then the variables, at the same
 * alignment as here.
 */
static void image_make(void)
{
	uintptr_t start = (uintptr_t)__start_percpu;
	size_t variables = (size_t)((uintptr_t)__stop_percpu - start);
	char *template = (char *)image.image;

	if (!template) {
		if (!start)
			start = 2 * sizeof(percpu_head);
		image.link_base = (start - sizeof(percpu_head)) & ~(uintptr_t)63;
		image.size = (start - image.link_base + variables + 7) & ~(size_t)7;
		template = calloc(1, image.size);
		image.image = template;
		memcpy(template, &percpu_head, sizeof(percpu_head));
		if (variables)
			memcpy(template + (start - image.link_base), __start_percpu, variables);
	}
	image.boot_area_size =
		(image.size + MEMORY_PAGE_SIZE - 1) & ~(size_t)(MEMORY_PAGE_SIZE - 1);
	image.boot_area = memory + HOST_BOOT_AREA;
	memcpy(image.boot_area, template, image.size);
	((struct percpu_head *)image.boot_area)->self = (uintptr_t)image.boot_area;
	/* As entry code does when it has found some noise. */
	((struct percpu_head *)image.boot_area)->canary = UINT64_C(0x1dea0fca4a51e500);
	percpu_setup(&image);
}

static void load_base(uintptr_t unit)
{
	host.base_loads++;
	host.base_loaded = unit;
	percpu_host_base_load(unit);
}

/* Memory. */

static void hide(uintptr_t address, uint64_t size)
{
	void *at = mmap((void *)address, size, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	if (at == MAP_FAILED) {
		perror("mmap of a hole in the window");
		abort();
	}
}

static void check_window(const char *what, uintptr_t address, uint64_t size)
{
	if (address < window || size > WINDOW_SIZE || address - window > WINDOW_SIZE - size ||
	    !size || (address | size) % MEMORY_PAGE_SIZE)
		muster_panic("%s(%#lx, %#lx): not pages of the window", what,
			     (unsigned long)address, (unsigned long)size);
}

static int map(uint64_t address, uint64_t physical, uint64_t size, enum map_protection protection,
	       uint32_t node)
{
	bool writable = protection == MAP_READ_WRITE || protection == MAP_DEVICE;
	size_t first = (address - window) / MEMORY_PAGE_SIZE;
	size_t pages = size / MEMORY_PAGE_SIZE;

	check_window("map", address, size);
	if (physical % MEMORY_PAGE_SIZE || physical + size > HOST_MEMORY_SIZE)
		muster_panic("map(%#lx): physical %#lx", (unsigned long)address,
			     (unsigned long)physical);
	host.map_node = node;
	if (host.map_fails_at && !--host.map_fails_at)
		return MUSTER_E_NO_MEMORY;
	for (size_t i = 0; i < pages; i++)
		if (window_physical[first + i] != NOT_MAPPED)
			return MUSTER_E_EXISTS;
	if (mmap((void *)address, size, PROT_READ | (writable ? PROT_WRITE : 0),
		 MAP_SHARED | MAP_FIXED, memory_file, (off_t)physical) == MAP_FAILED) {
		perror("mmap of memory in the window");
		abort();
	}
	for (size_t i = 0; i < pages; i++)
		window_physical[first + i] = physical + i * MEMORY_PAGE_SIZE;
	host.maps++;
	host.pages_mapped += pages;
	return 0;
}

static void unmap(uint64_t address, uint64_t size)
{
	size_t first = (address - window) / MEMORY_PAGE_SIZE;

	check_window("unmap", address, size);
	for (size_t i = 0; i < size / MEMORY_PAGE_SIZE; i++) {
		if (window_physical[first + i] == NOT_MAPPED)
			muster_panic("unmap(%#lx): nothing is mapped there",
				     (unsigned long)(address + i * MEMORY_PAGE_SIZE));
		window_physical[first + i] = NOT_MAPPED;
		host.pages_mapped--;
	}
	hide(address, size);
	host.unmaps++;
}

static void *direct(uint64_t physical)
{
	return physical < HOST_MEMORY_SIZE ? memory + physical : NULL;
}

static uint64_t physical_of(uintptr_t address)
{
	uint64_t page;

	if (address - (uintptr_t)memory < HOST_MEMORY_SIZE)
		return address - (uintptr_t)memory;
	if (address - window >= WINDOW_SIZE)
		return UINT64_MAX;
	page = window_physical[(address - window) / MEMORY_PAGE_SIZE];
	return page == NOT_MAPPED ? UINT64_MAX : page + address % MEMORY_PAGE_SIZE;
}

static int make_writable(uintptr_t address, uint64_t size)
{
	uint64_t physical = physical_of(address);

	host.make_writables++;
	host.writable_address = address;
	host.writable_size = size;
	host.base_at_make_writable = base;
	host.owner_at_make_writable = NULL;
	for (size_t i = 0; mem_at(i); i++)
		if (physical - mem_at(i)->base < mem_at(i)->size)
			host.owner_at_make_writable = mem_at(i)->owner;
	if (host.make_writable_error)
		return host.make_writable_error;
	if (mprotect((void *)address, size, PROT_READ | PROT_WRITE))
		muster_panic("make_writable(%#lx, %#lx)", (unsigned long)address,
			     (unsigned long)size);
	return 0;
}

/*
 * What a platform supplies, and what core may leave to a kernel: weak, so that whoever links the
 * real one gets it.
 */

__attribute__((weak)) void bringup_uses_check(uint64_t set)
{
	(void)set;
}

__attribute__((weak)) const char *muster_platform(void)
{
	return "hosted";
}

__attribute__((weak)) const char *muster_architecture(void)
{
	return machine_get()->architecture;
}

__attribute__((weak)) const char *muster_hypervisor(void)
{
	return "none";
}

__attribute__((weak)) const char *muster_entry(void)
{
	return "test";
}

__attribute__((weak)) void muster_exit(int status)
{
	muster_panic("the guest exits with %d", status);
}

/* The rest. */

static void kick(cpu_t cpu)
{
	(void)cpu;
	__atomic_fetch_add(&host.kicks, 1, __ATOMIC_RELAXED);
}

static void wait_for_interrupt(void)
{
	sched_yield();
}

static void __attribute__((noreturn)) stop_this_cpu(uint32_t *state_word, uint32_t state)
{
	percpu_host_base_load(0);
	__atomic_store_n(state_word, state, __ATOMIC_RELEASE);
	pthread_exit(NULL);
}

static void __attribute__((noreturn)) leave(int status)
{
	muster_panic("the guest exits with %d", status);
}

static hwid_t hwid_this(void)
{
	return hwid_from_value(6);
}

static uint64_t clock_measure(void)
{
	return 1000000000; /* counter_read() of a hosted program counts nanoseconds */
}

static const struct machine machine_template = {
	.architecture = "host",
	.console_write = write_log,
	.map = map,
	.unmap = unmap,
	.direct = direct,
	.physical = physical_of,
	.make_writable = make_writable,
	.percpu_base_load = load_base,
	.kick = kick,
	.wait_for_interrupt = wait_for_interrupt,
	.stop_this_cpu = stop_this_cpu,
	.exit = leave,
	.hwid_this = hwid_this,
	.clock_measure = clock_measure,
};

/* Once a program: the memory file, and address space that nobody else will use. */
static void reserve(void)
{
	void *at;

	memory_file = memfd_create("memory", 0);
	if (memory_file < 0 || ftruncate(memory_file, (off_t)HOST_MEMORY_SIZE))
		abort();
	at = mmap(NULL, HOST_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_file, 0);
	if (at == MAP_FAILED) {
		perror("mmap of a hole in the window");
		abort();
	}
	memory = at;
	at = mmap(NULL, WINDOW_SIZE + WINDOW_ALIGN, PROT_NONE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED) {
		perror("mmap of a hole in the window");
		abort();
	}
	window = ((uintptr_t)at + WINDOW_ALIGN - 1) & ~(uintptr_t)(WINDOW_ALIGN - 1);
}

struct machine *host_machine_begin(void)
{
	if (memory_file < 0)
		reserve();
	hide(window, WINDOW_SIZE);
	if (mprotect(memory, HOST_MEMORY_SIZE, PROT_READ | PROT_WRITE))
		abort();
	memset(window_physical, 0xff, sizeof(window_physical));
	memset(&host, 0, sizeof(host));
	machine = machine_template;
	machine_set(&machine);
	host_log_clear();
	memory_map_begin();
	layout_forget();
	stack_adopt(0, 0);
	free(cpu_memory);
	cpu_memory = aligned_alloc(64, (cpu_table_bytes(HOST_CPUS_MAX) + 63) & ~(size_t)63);
	cpu_table_begin(cpu_memory, HOST_CPUS_MAX);
	image_make();
	percpu_host_base_load((uintptr_t)image.boot_area);
	return &machine;
}

void host_memory_begin(void)
{
	memory_map_begin();
	if (memory_map_add(0, HOST_MEMORY_SIZE, MEMORY_RAM) || memory_map_end() ||
	    mem_claim(HOST_BOOT_AREA, image.boot_area_size, "kernel"))
		muster_panic("no memory map");
}

struct layout_machine host_layout_machine(uint32_t cpus)
{
	const struct layout_machine numbers = {
		.user_end = UINT64_C(1) << 46,
		.kernel_start = window,
		.address_last = window + (WINDOW_SIZE - 1),
		.image_start = window + WINDOW_SIZE / 2,
		.image_end = window + WINDOW_SIZE / 2 + (UINT64_C(1) << 20),
		.direct_align = WINDOW_ALIGN,
		.fixmap_align = WINDOW_ALIGN,
		.window_stride = 64 << 10,
		.fixmap_slots = 64,
		.cpus_max = cpus,
		.direct_size = UINT64_C(16) << 20,
	};

	return numbers;
}

const struct layout *host_layout_begin(uint32_t cpus)
{
	const struct layout_machine numbers = host_layout_machine(cpus);
	struct layout_draft draft;
	const struct layout *layout;

	layout_forget();
	layout_draft_begin(&draft, &numbers);
	layout = layout_seal(&draft);
	if (!layout)
		muster_panic("no layout");
	return layout;
}

void host_cpus_begin(uint32_t cpus)
{
	host_cpus_begin_with(cpus, cpus);
}

void host_cpus_begin_with(uint32_t cpus, uint32_t present)
{
	cpu_table_begin(cpu_memory, HOST_CPUS_MAX);
	for (uint32_t i = 0; i < cpus; i++) {
		const struct cpu_description description = {
			.hwid = hwid_from_value(10 * i + 6),
			.fwid = fwid_from_value(3 * i + 40),
			.vcpu_id = vcpu_id_from_value(i + 100),
			.node = NODE_ANY,
			.present = i < present,
		};

		if (cpu_table_add(&description) != (int)i)
			muster_panic("no CPU %u", i);
	}
	if (cpu_table_end())
		muster_panic("no CPUs");
}

const struct layout *host_begin(uint32_t cpus)
{
	host_machine_begin();
	host_memory_begin();
	host_cpus_begin(cpus);
	cpu_memory_forget();
	return host_layout_begin(cpus);
}

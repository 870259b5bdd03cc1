// SPDX-License-Identifier: MIT
/*
 * Calls to other CPUs: one queue a CPU, pushed to by anybody without a lock, emptied as a whole by
 * its owner, who restores the order. Called from kernels and, on the target, from the interrupt that
 * a push sends. A served function must never wait for another CPU.
 *
 * A queue that is closed (its CPU is not online) takes nothing: the closing CPU exchanges the head
 * for CLOSED and serves what it got, so that no call is lost between the last look and the close.
 */
#include "core/machine.h"
#include "core/needs.h"
#include "core/runner.h"

#include <muster/arch/cpu.h>
#include <muster/call.h>
#include <muster/clock.h>
#include <muster/console.h>
#include <muster/error.h>
#include <muster/mark.h>
#include <muster/muster.h>
#include <muster/percpu.h>

enum request_state {
	REQUEST_FREE,
	REQUEST_POSTED
};

#define CLOSED ((struct cpu_call_request *)1)

struct call_queue {
	struct cpu_call_request *head;	  /* newest first; CLOSED while the CPU is not online */
	struct cpu_call_request *pending; /* taken from head, oldest first, the owner's own */
	struct cpu_call_request *running; /* the one whose function runs, the owner's own */
	uint32_t serving;		  /* the CPU is inside a called function */
	bool leaving;			  /* it is to leave when it is in no call */
};

static PERCPU(struct call_queue, call_queue) = { .head = CLOSED };
/* For calls that wait: of the caller, and for calls to all: of the target. */
static PERCPU(struct cpu_call_request, waiting_request);
static PERCPU(struct cpu_call_request, broadcast_request);
/* One call to all at a time, because each target has one request for them. How often the lock was
 * given back tells a waiter whether things move: its limit is for one holder, not for bad luck. */
static uint32_t broadcast_lock, broadcasts; /* the lock: 0, or the holder's number + 1 */

int call_queue_open(cpu_t cpu)
{
	struct call_queue *queue = percpu_ptr(call_queue, cpu);

	bringup_uses(CAP(UNIT));
	queue->pending = queue->running = NULL;
	queue->serving = 0;
	queue->leaving = false;
	__atomic_store_n(&queue->head, NULL, __ATOMIC_RELEASE);
	return 0;
}

static struct cpu_call_request *in_order(struct cpu_call_request *newest)
{
	struct cpu_call_request *oldest = NULL;

	while (newest) {
		struct cpu_call_request *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

/* Kept in the queue and not in a variable: a function that takes the CPU elsewhere does not return,
 * and what came behind it is served when the queue is closed. */
static void run_pending(struct call_queue *queue)
{
	struct cpu_call_request *request;

	while ((request = queue->pending)) {
		queue->pending = request->next;
		queue->running = request;
		request->function(request->argument);
		queue->running = NULL;
		/* The owner may use it again from here on. */
		__atomic_store_n(&request->state, REQUEST_FREE, __ATOMIC_RELEASE);
	}
}

static void serve(struct call_queue *queue, struct cpu_call_request *replacement)
{
	struct cpu_call_request *taken;

	queue->serving++;
	run_pending(queue);
	taken = __atomic_exchange_n(&queue->head, replacement, __ATOMIC_ACQUIRE);
	queue->pending = taken == CLOSED ? NULL : in_order(taken);
	run_pending(queue);
	queue->serving--;
}

static void serve_posted(struct call_queue *queue)
{
	struct cpu_call_request *head = __atomic_load_n(&queue->head, __ATOMIC_RELAXED);

	if (head && head != CLOSED)
		serve(queue, NULL);
}

bool call_queue_is_serving(void)
{
	return this_cpu(call_queue).serving;
}

/* The common case of an idle loop. */
static bool nothing_to_do(void)
{
	return !this_cpu_load(call_queue.head) && !this_cpu(call_queue).leaving;
}

void call_queue_serve(void)
{
	struct call_queue *queue;

	if (nothing_to_do())
		return;
	queue = percpu_ptr(call_queue, cpu_this());
	serve_posted(queue);
	if (queue->leaving)
		bringup_leave();
}

/* Not at once: the CPU may be waiting for a call of its own, with the lock of those to all. */
void call_queue_leave(void *unused)
{
	(void)unused;
	percpu_ptr(call_queue, cpu_this())->leaving = true;
}

void call_queue_close(cpu_t cpu)
{
	serve(percpu_ptr(call_queue, cpu), CLOSED);
}

static void abandon(struct cpu_call_request *request)
{
	while (request && request != CLOSED) {
		struct cpu_call_request *next = request->next;

		__atomic_store_n(&request->state, REQUEST_FREE, __ATOMIC_RELEASE);
		request = next;
	}
}

void call_queue_abandon(cpu_t cpu)
{
	struct call_queue *queue = percpu_ptr(call_queue, cpu);
	uint32_t holder = cpu.number + 1;

	abandon(__atomic_exchange_n(&queue->head, CLOSED, __ATOMIC_ACQUIRE));
	abandon(queue->pending);
	/* What stood behind it is `pending` by now. */
	if (queue->running)
		__atomic_store_n(&queue->running->state, REQUEST_FREE, __ATOMIC_RELEASE);
	queue->pending = queue->running = NULL;
	if (__atomic_compare_exchange_n(&broadcast_lock, &holder, 0, false, __ATOMIC_ACQ_REL,
					__ATOMIC_RELAXED))
		__atomic_fetch_add(&broadcasts, 1, __ATOMIC_RELAXED);
}

/* Put a request on a CPU's queue, and interrupt the CPU if nobody has done so. */
static int post(cpu_t cpu, struct cpu_call_request *request)
{
	struct call_queue *queue = percpu_ptr(call_queue, cpu);
	struct cpu_call_request *head = __atomic_load_n(&queue->head, __ATOMIC_RELAXED);

	__atomic_store_n(&request->state, REQUEST_POSTED, __ATOMIC_RELAXED);
	do {
		if (head == CLOSED) {
			__atomic_store_n(&request->state, REQUEST_FREE, __ATOMIC_RELAXED);
			return MUSTER_E_OFFLINE;
		}
		request->next = head;
	} while (!__atomic_compare_exchange_n(&queue->head, &head, request, true, __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
	if (!head)
		machine_get()->kick(cpu);
	return 0;
}

bool cpu_call_done(const struct cpu_call_request *request)
{
	return __atomic_load_n(&request->state, __ATOMIC_ACQUIRE) == REQUEST_FREE;
}

int cpu_call_async(cpu_t cpu, struct cpu_call_request *request, cpu_call_function *function,
		   void *argument)
{
	uint64_t flags;
	int error;

	bringup_uses(CAP(ONLINE));
	if (cpu.number >= cpu_possible_count())
		return MUSTER_E_INVALID;
	if (!cpu_call_done(request))
		return MUSTER_E_BUSY;
	/* From the look at its state until the request is in its queue nothing may come in between:
	 * cpu_down() relies on it. */
	flags = interrupts_save_off();
	if (!cpu_is_online(cpu)) {
		error = MUSTER_E_OFFLINE;
	} else {
		request->function = function;
		request->argument = argument;
		error = post(cpu, request);
	}
	interrupts_restore(flags);
	return error;
}

/* Wait until a request is done, serving calls to this CPU meanwhile. */
static int wait_done(const struct cpu_call_request *request, cpu_t target)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());

	MARK_WAIT_BEGIN();
	while (!cpu_call_done(request)) {
		if (clock_limit_over(&limit)) {
			console_print(
				"muster: CPU %u: a call from CPU %u was not done within %u ms; "
				"its last step: %s\n",
				target.number, cpu_this().number, clock_cpu_limit(),
				bringup_step_now(target));
			MARK_WAIT_END();
			return MUSTER_E_TIMED_OUT;
		}
		serve_posted(percpu_ptr(call_queue, cpu_this()));
		cpu_relax();
	}
	MARK_WAIT_END();
	return 0;
}

static void call_here(cpu_call_function *function, void *argument)
{
	struct call_queue *queue = percpu_ptr(call_queue, cpu_this());

	queue->serving++;
	function(argument);
	queue->serving--;
}

int cpu_call(cpu_t cpu, cpu_call_function *function, void *argument)
{
	uint64_t flags = interrupts_save_off();
	cpu_t here = cpu_this();
	struct cpu_call_request *request = percpu_ptr(waiting_request, here);
	int error = 0;

	bringup_uses(CAP(ONLINE));
	if (percpu_ptr(call_queue, here)->serving)
		error = MUSTER_E_ORDER;
	else if (cpu_equal(cpu, here))
		call_here(function, argument);
	else
		error = cpu_call_async(cpu, request, function, argument);
	if (!error && !cpu_equal(cpu, here))
		error = wait_done(request, cpu);
	interrupts_restore(flags);
	return error;
}

static int broadcast_lock_take(void)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
	uint32_t seen = __atomic_load_n(&broadcasts, __ATOMIC_RELAXED);
	uint32_t nobody = 0;

	MARK_WAIT_BEGIN();
	while (!__atomic_compare_exchange_n(&broadcast_lock, &nobody, cpu_this().number + 1, false,
					    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		uint32_t now = __atomic_load_n(&broadcasts, __ATOMIC_RELAXED);

		if (now != seen) {
			seen = now;
			limit = clock_limit_begin(clock_cpu_limit());
		} else if (clock_limit_over(&limit)) {
			console_print(
				"muster: CPU %u: a call to all CPUs waited %u ms for another\n",
				cpu_this().number, clock_cpu_limit());
			MARK_WAIT_END();
			return MUSTER_E_TIMED_OUT;
		}
		serve_posted(percpu_ptr(call_queue, cpu_this()));
		cpu_relax();
		nobody = 0;
	}
	MARK_WAIT_END();
	return 0;
}

static void broadcast_lock_give(void)
{
	__atomic_fetch_add(&broadcasts, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&broadcast_lock, 0, __ATOMIC_RELEASE);
}

/* Post to every other online CPU. A request still under way from an earlier call without a wait is
 * waited for first. Returns how many, or an error. */
static int broadcast_post(cpu_t here, cpu_call_function *function, void *argument)
{
	int posted = 0;

	for_each_cpu (cpu) {
		struct cpu_call_request *request;
		int error;

		if (cpu_equal(cpu, here) || !cpu_is_online(cpu))
			continue;
		request = percpu_ptr(broadcast_request, cpu);
		error = wait_done(request, cpu);
		if (error)
			return error;
		error = cpu_call_async(cpu, request, function, argument);
		if (!error)
			posted++;
		else if (error != MUSTER_E_OFFLINE)
			return error;
	}
	return posted;
}

/* A CPU that leaves serves what it got before it stops. Then its memory is there while the lock is
 * ours: cpu_down() takes it too. */
static int broadcast_wait(cpu_t here)
{
	int result = 0;

	for_each_cpu (cpu) {
		enum cpu_state state = cpu_state(cpu);
		int error = 0;

		if (!cpu_equal(cpu, here) && (state == CPU_ONLINE || state == CPU_LEAVING))
			error = wait_done(percpu_ptr(broadcast_request, cpu), cpu);
		if (error)
			result = error;
	}
	return result;
}

int cpus_call(cpu_call_function *function, void *argument, bool wait)
{
	uint64_t flags = interrupts_save_off();
	cpu_t here = cpu_this();
	int result = MUSTER_E_ORDER;
	int error = 0;

	bringup_uses(CAP(ONLINE));
	if (percpu_ptr(call_queue, here)->serving)
		goto out;
	result = broadcast_lock_take();
	if (result)
		goto out;
	result = broadcast_post(here, function, argument);
	call_here(function, argument);
	if (wait)
		error = broadcast_wait(here);
	broadcast_lock_give();
	result = result < 0 ? result : error ? error : result + 1;
out:
	interrupts_restore(flags);
	return result;
}

static void flush_here(void *unused)
{
	(void)unused;
	machine_get()->flush_translations();
}

void call_flush_translations(void)
{
	if (!machine_get()->flush_translations)
		return;
	/* Nobody else runs yet, and calls may not be possible. */
	if (cpu_online_count() < 2)
		flush_here(NULL);
	else if (cpus_call(flush_here, NULL, true) < 0)
		muster_panic("other CPUs may still use memory that was given back");
}

void cpu_idle(void)
{
	uint64_t flags = interrupts_save_off();

	if (nothing_to_do()) {
		MARK_WAIT_BEGIN();
		machine_get()->wait_for_interrupt();
		MARK_WAIT_END();
	}
	call_queue_serve();
	interrupts_restore(flags);
}

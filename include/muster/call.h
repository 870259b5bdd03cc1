/* SPDX-License-Identifier: MIT */
/*
 * Running a function on another CPU.
 *
 * Functions run on the target with its interrupts off, in the order in which one caller posted
 * them. They must be short and must not wait for another CPU.
 */
#ifndef MUSTER_CALL_H
#define MUSTER_CALL_H

#include <muster/cpu.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void cpu_call_function(void *argument);

/*
 * A request that the caller owns. Zero it before its first use; it must stay where it is until
 * cpu_call_done(). Then it may be used again.
 */
struct cpu_call_request {
	struct cpu_call_request *next;
	cpu_call_function *function;
	void *argument;
	uint32_t state;
};

/*
 * Run function(argument) on that CPU and wait until it has returned. On the calling CPU itself it
 * is a plain call with interrupts off. While it waits the caller serves calls to itself, so two
 * CPUs that call each other do not block. Returns 0; MUSTER_E_INVALID when there is no such CPU;
 * MUSTER_E_OFFLINE when it is not online;
 * MUSTER_E_ORDER when called from within a called function; MUSTER_E_TIMED_OUT after the limit
 * (clock.h), with a line that names both CPUs and the target's last step; the function may then
 * still run later, and until it has, further waiting calls from here are MUSTER_E_BUSY.
 * Needs: CAP_ONLINE of both.
 */
int cpu_call(cpu_t cpu, cpu_call_function *function, void *argument);

/*
 * The same without waiting. Returns 0 once it is posted; MUSTER_E_BUSY when the request is still
 * under way; MUSTER_E_INVALID, MUSTER_E_OFFLINE as above. Needs: CAP_ONLINE of both.
 */
int cpu_call_async(cpu_t cpu, struct cpu_call_request *request, cpu_call_function *function,
		   void *argument);
/* Has it run, or never been posted? Needs no step. */
bool cpu_call_done(const struct cpu_call_request *request);

/*
 * Run function(argument) on every online CPU, the calling one included, at the same time.
 * wait: return only when all have finished; one that is given up on meanwhile (cpu_down()) is not
 * waited for, and may still run it. Without it the argument must live until they have.
 * Returns the number of CPUs it ran or will run on, this one included, or MUSTER_E_ORDER,
 * MUSTER_E_TIMED_OUT as above. Needs: CAP_ONLINE of the calling CPU.
 */
int cpus_call(cpu_call_function *function, void *argument, bool wait);

/*
 * Wait for an interrupt, once, with interrupts on; calls are served. For idle loops. A CPU that is to
 * go leaves from here, and does not return. Needs: CAP_CALL_QUEUE of the calling CPU.
 */
void cpu_idle(void);

#ifdef __cplusplus
}
#endif

#endif

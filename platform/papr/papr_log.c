// SPDX-License-Identifier: MIT
/*
 * Reading a dispatch trace log (LoPAPR, the same), which the hypervisor writes while it is read: it fills the
 * entry that the index leads to, and then counts the index up. Called by whoever wants to know where a CPU's time
 * went. It must not believe that the index only ever grows, nor return an entry that may be half of one and half
 * of another.
 */
#include <muster/papr.h>

static uint64_t index_of(const volatile struct papr_vpa *vpa)
{
	uint64_t index = __builtin_bswap64(vpa->log_index);

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return index;
}

void papr_log_begin(struct papr_log_reader *reader, const volatile struct papr_vpa *vpa)
{
	*reader = (struct papr_log_reader){ .next = index_of(vpa) };
}

static void copy(struct papr_log_entry *entry, const volatile struct papr_log_entry *from)
{
	*entry = (struct papr_log_entry){
		.dispatch_reason = from->dispatch_reason,
		.preempt_reason = from->preempt_reason,
		.processor = __builtin_bswap16(from->processor),
		.enqueued_time = __builtin_bswap32(from->enqueued_time),
		.ready_time = __builtin_bswap32(from->ready_time),
		.waiting_time = __builtin_bswap32(from->waiting_time),
		.time = __builtin_bswap64(from->time),
		.fault_address = __builtin_bswap64(from->fault_address),
		.srr0 = __builtin_bswap64(from->srr0),
		.srr1 = __builtin_bswap64(from->srr1),
	};
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* Leave out what is not there any more. The oldest of a full ring is the one being written over. */
static void skip_lost(struct papr_log_reader *reader, uint64_t index)
{
	uint64_t behind = index - reader->next;

	if (behind < PAPR_LOG_ENTRIES)
		return;
	reader->lost += behind - (PAPR_LOG_ENTRIES - 1);
	reader->next = index - (PAPR_LOG_ENTRIES - 1);
}

int papr_log_next(struct papr_log_reader *reader, const volatile struct papr_vpa *vpa,
		  const volatile struct papr_log_entry *log, struct papr_log_entry *entry)
{
	/* A log that is written faster than it is read is given up on for now, and not for ever. */
	for (uint32_t tries = 0; tries < PAPR_LOG_ENTRIES; tries++) {
		uint64_t index = index_of(vpa), after;

		/* It went back: registered anew, or wrong. What it had before is not to be had. */
		if (index < reader->next) {
			reader->lost++;
			reader->next = index;
		}
		skip_lost(reader, index);
		if (reader->next == index)
			return 0;
		copy(entry, &log[reader->next % PAPR_LOG_ENTRIES]);
		after = index_of(vpa);
		if (after >= index && after - reader->next < PAPR_LOG_ENTRIES) {
			reader->next++;
			return 1;
		}
	}
	return 0;
}

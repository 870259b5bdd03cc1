/* SPDX-License-Identifier: MIT */
/* POWER without a hypervisor: OPAL is its firmware. What its files share. */
#ifndef PLATFORM_OPAL_OPAL_H
#define PLATFORM_OPAL_OPAL_H

#include "platform/platform.h"

extern const struct platform platform_opal;

/* skiboot, doc/opal-api. */
enum opal_token {
	OPAL_CONSOLE_WRITE = 1,
	OPAL_CEC_POWER_DOWN = 5,
	OPAL_POLL_EVENTS = 10,
	OPAL_REINIT_CPUS = 70,
	OPAL_CONSOLE_FLUSH = 117,
};

/* Statuses: as above, return-codes. */
#define OPAL_SUCCESS	0
#define OPAL_BUSY	(-2)
#define OPAL_PARTIAL	(-3)
#define OPAL_BUSY_EVENT (-12)
#define OPAL_NONE	INT64_MIN /* no call was made: nobody has said where OPAL is */

/* opal_power.c: where OPAL is, physical, and a call. Addresses among the arguments are physical. Uses no
 * per-CPU data. */
void opal_place_set(uint64_t base, uint64_t entry);
int64_t opal_call(enum opal_token token, uint64_t a, uint64_t b, uint64_t c);
void opal_emergency_console(void);
int opal_console_step(cpu_t cpu);
void opal_power_off(int status);

/* opal_firmware.c */
int opal_device_tree_step(cpu_t cpu);
int opal_tables_step(cpu_t cpu);

#endif

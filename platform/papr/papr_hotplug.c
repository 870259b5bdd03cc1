// SPDX-License-Identifier: MIT
/*
 * CPUs that come and go on PAPR: by the core, all its threads at once, through device/dr_connector.h and real
 * RTAS. Called when a kernel polls, on the boot CPU. A kernel that reads the firmware's events itself must not
 * poll here: each is told once.
 */
#include "arch/ppc64/start.h"
#include "core/cpu_table.h"
#include "core/image_choice.h"
#include "device/dr_connector.h"
#include "platform/papr/papr.h"
#include "platform/papr/rtas.h"

#include <muster/muster.h>

IMAGE_CHOICE(hotplug);

/* check-exception (LoPAPR 1.1, 7.3.3.1): the vector of an external interrupt, which events come by; classes
 * of events; not an urgent one. A guest that did not ask for hot-plug events of their own gets them as the
 * class for power. */
#define EVENT_VECTOR	  0x500u
#define EVENT_CLASS_POWER 0x40000000u
#define EVENT_CLASS_PLUG  0x10000000u
#define SENSOR_ENTITY	  9003u
#define EVENTS_MAX	  64u /* that are looked at in one go */
#define CONNECTOR_TYPE_CPU \
	0x10000000u /* an index is this and the number of a core's first thread */

static uint8_t event_log[DR_LOG_BYTES] __attribute__((aligned(4096)));
static uint8_t work[DR_WORK_BYTES] __attribute__((aligned(4096)));

/* What has been heard of one core and not been told yet: a thread at a time. */
static struct {
	bool appeared;
	uint32_t servers[DR_THREADS_MAX];
	uint32_t count;
} news_left;

static int32_t call_event(uint8_t *log)
{
	uint32_t classes = EVENT_CLASS_PLUG | (papr_firmware.negotiated ? 0 : EVENT_CLASS_POWER);
	const uint32_t in[] = { EVENT_VECTOR, 0, classes, 0, (uint32_t)physical_of(log),
				DR_LOG_BYTES };

	return rtas_call(papr_firmware.rtas.check_exception, in, 6, NULL, 1);
}

static int32_t call_configure(uint8_t *area)
{
	const uint32_t in[] = { (uint32_t)physical_of(area), 0 };

	return rtas_call(papr_firmware.rtas.configure_connector, in, 2, NULL, 1);
}

static int32_t call_sense(uint32_t index, uint32_t *state)
{
	const uint32_t in[] = { SENSOR_ENTITY, index };

	return rtas_call(papr_firmware.rtas.get_sensor_state, in, 2, state, 2);
}

static int32_t call_indicate(uint32_t indicator, uint32_t index, uint32_t state)
{
	const uint32_t in[] = { indicator, index, state };

	return rtas_call(papr_firmware.rtas.set_indicator, in, 3, NULL, 1);
}

static const struct dr_calls calls = {
	.event = call_event,
	.configure = call_configure,
	.sense = call_sense,
	.indicate = call_indicate,
	.log = event_log,
	.work = work,
};

static bool can(void)
{
	const struct device_tree_rtas *rtas = &papr_firmware.rtas;

	return rtas->check_exception != DEVICE_TREE_NO_TOKEN &&
	       rtas->configure_connector != DEVICE_TREE_NO_TOKEN &&
	       rtas->get_sensor_state != DEVICE_TREE_NO_TOKEN &&
	       rtas->set_indicator != DEVICE_TREE_NO_TOKEN;
}

/* The threads of one core, of the CPU table: those of the node with that `reg`, or with that thread. */
struct core_walk {
	uint32_t number;
	uint32_t reg;
	bool found;
	uint32_t servers[DR_THREADS_MAX];
	uint32_t count;
};

static void look_for_server(void *context, const struct device_tree_cpu *cpu)
{
	struct core_walk *walk = context;

	if (cpu->server != walk->number)
		return;
	walk->reg = cpu->reg;
	walk->found = true;
}

static void collect(void *context, const struct device_tree_cpu *cpu)
{
	struct core_walk *walk = context;

	if (cpu->reg == walk->reg && walk->count < DR_THREADS_MAX)
		walk->servers[walk->count++] = cpu->server;
}

/* The core that a thread is of. */
static bool core_of(uint32_t server, struct core_walk *walk)
{
	struct device_tree_cpus cpus;

	*walk = (struct core_walk){ .number = server };
	(void)device_tree_cpus_read(&papr_firmware.tree, NULL, &cpus, look_for_server, walk);
	if (walk->found)
		(void)device_tree_cpus_read(&papr_firmware.tree, NULL, &cpus, collect, walk);
	return walk->found;
}

/* It comes with its place, which nobody knew before. */
static void set_node(const struct dr_core *core)
{
	struct device_tree_cpu thread = { .present = true, .place.domain = DEVICE_TREE_NO_DOMAIN };

	if (papr_firmware.affinity_told)
		thread.place = device_tree_place(&papr_firmware.affinity, core->domains,
						 core->domain_count);
	for (uint32_t i = 0; i < core->server_count; i++) {
		cpu_t cpu = cpu_by_hwid(hwid_from_value(core->servers[i]));

		thread.server = core->servers[i];
		if (!cpu_is_none(cpu) && cpu_state(cpu) == CPU_POSSIBLE)
			cpu_record(cpu)->node = papr_node_of(&thread);
	}
}

static void hear_added(uint32_t index)
{
	struct dr_core core;

	if (dr_core_take(&calls, index, &core))
		return;
	set_node(&core);
	news_left.appeared = true;
	/* Told from the end on. */
	for (uint32_t i = core.server_count; i-- > 0;)
		news_left.servers[news_left.count++] = core.servers[i];
}

static void hear_wanted(uint32_t index)
{
	struct core_walk walk;

	news_left.appeared = false;
	/* One that nobody knows is told of too: who holds it against the table names it. */
	if (!core_of(index & ~CONNECTOR_TYPE_CPU, &walk)) {
		news_left.servers[news_left.count++] = index & ~CONNECTOR_TYPE_CPU;
		return;
	}
	for (uint32_t i = 0; i < walk.count; i++)
		news_left.servers[news_left.count++] = walk.servers[i];
}

int papr_hotplug_poll(struct platform_news *news)
{
	struct dr_event event;

	if (!can())
		return MUSTER_E_NOT_SUPPORTED;
	/* A host that goes on with what comes to nothing is heard again at the next poll. */
	for (uint32_t i = 0; !news_left.count; i++) {
		if (i == EVENTS_MAX || !dr_event_next(&calls, &event))
			return 0;
		if (event.action == DR_ADDED)
			hear_added(event.index);
		else
			hear_wanted(event.index);
	}
	*news = (struct platform_news){ news_left.appeared,
					hwid_from_value(news_left.servers[--news_left.count]) };
	return 1;
}

/* The core goes when the last of its threads goes: until then they are only not used. */
static bool is_last(const struct core_walk *walk, uint32_t server)
{
	for (uint32_t i = 0; i < walk->count; i++) {
		cpu_t cpu = cpu_by_hwid(hwid_from_value(walk->servers[i]));

		if (walk->servers[i] != server && !cpu_is_none(cpu) &&
		    cpu_state(cpu) != CPU_POSSIBLE)
			return false;
	}
	return true;
}

int papr_hotplug_eject(cpu_t cpu)
{
	uint32_t server = (uint32_t)cpu_hwid(cpu).value;
	struct core_walk walk;
	int error;

	if (!can())
		return MUSTER_E_NOT_SUPPORTED;
	/* Isolated while it runs it would be cut off in the middle of something. */
	error = papr_wait_stopped(cpu);
	if (error)
		return error;
	if (!core_of(server, &walk))
		return MUSTER_E_NOT_FOUND;
	return is_last(&walk, server) ? dr_core_give(&calls, CONNECTOR_TYPE_CPU | walk.reg) : 0;
}

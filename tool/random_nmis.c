// SPDX-License-Identifier: MIT
/*
 * Random NMIs: random_nmis.h. Called by boot.c while a guest runs. Must never leave the guest stopped.
 *
 * On x86 an NMI keeps others away until it has been taken, and two that come together are one. On POWER
 * nothing does: a system reset that comes before the one before it has saved where it came from (MSR[RI] is 0
 * until then: Power ISA 3.0 B, book III, 6.4.3) cannot be survived by anybody, and no hypervisor sends it. QEMU
 * would. So the guest is stopped, QEMU says where each vCPU is, and if all are where there is a way back, the
 * reset is on its way before the guest goes on.
 */
#include "tool/random_nmis.h"

#include <stdlib.h>
#include <string.h>

#define GAP_SECONDS_MAX 0.008
/* For a vCPU that is stopped that never changes: then it is sent all the same. */
#define ASK_SECONDS_MAX 0.2

#define NIP_NAME	"NIP "
#define MSR_NAME	"MSR "
#define SYSTEM_RESET	0x100
#define MSR_RI		2

/* What is behind the next such name, and the hexadecimal number there; NULL: there is none. */
static const char *next_number(const char *text, const char *name, uint64_t *number)
{
	const char *at = strstr(text, name);

	if (!at)
		return NULL;
	at += strlen(name);
	*number = strtoull(at, NULL, 16);
	return at;
}

bool random_nmis_unrecoverable(const char *registers)
{
	uint64_t nip, msr;

	for (const char *at = registers; (at = next_number(at, NIP_NAME, &nip));) {
		if (!next_number(at, MSR_NAME, &msr))
			return false;
		if (nip == SYSTEM_RESET || !(msr & MSR_RI))
			return true;
	}
	return false;
}

static void send(struct random_nmis *nmis, struct qmp_link *link, double seconds)
{
	nmis->sent += qmp_send(link, "inject-nmi", NULL) != 0;
	nmis->next = seconds + GAP_SECONDS_MAX * (double)rand() / RAND_MAX;
	nmis->asked = 0;
}

bool random_nmis_reply(struct random_nmis *nmis, struct qmp_link *link, uint64_t id,
		       const json_t *returned, double seconds)
{
	const char *text = json_string_value(returned);

	if (!nmis->question || id != nmis->question)
		return false;
	nmis->question = 0;
	if (!text || !random_nmis_unrecoverable(text) || seconds - nmis->asked > ASK_SECONDS_MAX)
		send(nmis, link, seconds);
	(void)qmp_send(link, "cont", NULL);
	return true;
}

void random_nmis_go_on(struct random_nmis *nmis, struct qmp_link *link, double seconds)
{
	if (nmis->question || nmis->sent == nmis->wanted || seconds < nmis->next)
		return;
	if (!nmis->ask) {
		send(nmis, link, seconds);
		return;
	}
	if (!nmis->asked)
		nmis->asked = seconds;
	if (qmp_send(link, "stop", NULL))
		nmis->question = qmp_send(link, "human-monitor-command",
					  json_pack("{s:s}", "command-line", "info registers -a"));
}

// SPDX-License-Identifier: MIT
/*
 * Random NMIs: random_nmis.h. Called by boot.c while a guest runs. On x86 two that come together are one, and an
 * NMI keeps others away until it has been taken. On POWER nothing does: a system reset that comes before the one
 * before it has saved where it came from (MSR[RI] is 0 until then; Power ISA 3.0 B, book III, 6.4.3) cannot be
 * survived by anybody, and no hypervisor sends it. QEMU would. So the next one must wait until all vCPUs have
 * got that far, which only QEMU can tell; but not for ever, because a vCPU that is stopped never does.
 */
#include "tool/random_nmis.h"

#include <stdlib.h>
#include <string.h>

#define GAP_SECONDS_MAX	 0.008 /* behind the moment when the last one has been taken by all */
#define TAKE_SECONDS_MAX 0.2

#define NIP_NAME	 "NIP "
#define MSR_NAME	 "MSR "
#define SYSTEM_RESET	 0x100
#define MSR_RI		 2

/* The hexadecimal number behind the next such name; NULL: there is none. */
static const char *next_number(const char *text, const char *name, uint64_t *number)
{
	const char *at = strstr(text, name);

	if (!at)
		return NULL;
	at += strlen(name);
	*number = strtoull(at, NULL, 16);
	return at;
}

bool random_nmis_pending(const char *registers)
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

bool random_nmis_reply(struct random_nmis *nmis, uint64_t id, const json_t *returned,
		       double seconds)
{
	const char *text = json_string_value(returned);

	if (!nmis->question || id != nmis->question)
		return false;
	nmis->question = 0;
	if (text && random_nmis_pending(text) && seconds - nmis->sent_at < TAKE_SECONDS_MAX)
		return true;
	nmis->taken = true;
	nmis->next = seconds + GAP_SECONDS_MAX * (double)rand() / RAND_MAX;
	return true;
}

void random_nmis_go_on(struct random_nmis *nmis, struct qmp_link *link, double seconds)
{
	if (nmis->question)
		return;
	if (nmis->sent && !nmis->taken) {
		nmis->question = qmp_send(link, "human-monitor-command",
					  json_pack("{s:s}", "command-line", "info registers -a"));
		return;
	}
	if (nmis->sent == nmis->wanted || seconds < nmis->next ||
	    !qmp_send(link, "inject-nmi", NULL))
		return;
	nmis->sent++;
	nmis->sent_at = seconds;
	nmis->taken = false;
}

// SPDX-License-Identifier: MIT
/*
 * The home node of a vCPU, as the hypervisor tells it (LoPAPR, Virtual Processor Home Node Option). Step `cpu-ids` asks for each CPU, on the
 * boot CPU, so that everything made for it lies there; a CPU asks its VPA whether it has moved since. It must
 * take nothing from an answer that the tree's reference points do not lead to.
 */
#include "platform/papr/papr_home.h"

#include <muster/console.h>

#define STATUS_FUNCTION	   (-2) /* LoPAPR, Hypervisor Call Return Code Values */

#define PIECES_OF_REGISTER 4u
#define PIECE_BITS	   16u
#define PIECE_NONE	   0xffffu
#define PIECE_SHORT	   0x8000u /* 15 bits follow */
#define PIECE_VALUE	   0x7fffu

static uint32_t piece(const uint64_t *registers, uint32_t at)
{
	uint32_t right = PIECES_OF_REGISTER - 1 - at % PIECES_OF_REGISTER;

	return registers[at / PIECES_OF_REGISTER] >> right * PIECE_BITS & 0xffff;
}

uint32_t papr_home_unpack(const uint64_t registers[PAPR_RESULTS_MAX],
			  uint32_t domains[PAPR_HOME_DOMAINS_MAX])
{
	const uint32_t pieces = PAPR_RESULTS_MAX * PIECES_OF_REGISTER;
	uint32_t count = 0;

	for (uint32_t at = 0; at < pieces; at++) {
		uint32_t value = piece(registers, at);

		if (value == PIECE_NONE)
			break;
		if (value & PIECE_SHORT) {
			domains[count++] = value & PIECE_VALUE;
			continue;
		}
		/* Half a number at the end is none. */
		if (++at < pieces)
			domains[count++] = value << PIECE_BITS | piece(registers, at);
	}
	return count;
}

struct device_tree_place papr_home_place(struct papr_home *home, uint32_t server, bool present,
					 const struct device_tree_place *told)
{
	uint64_t registers[PAPR_RESULTS_MAX] = { 0 };
	uint32_t domains[PAPR_HOME_DOMAINS_MAX];
	struct device_tree_place place;
	long status;

	if (!home->offered || !home->affinity)
		return *told;
	status = home->ask(PAPR_HOME_OF_VIRTUAL, server, registers);
	if (status == STATUS_FUNCTION) {
		console_print(
			"muster: papr: H_HOME_NODE_ASSOCIATIVITY: there is no such call, though "
			"hcall-vphn is listed: the tree's nodes stand\n");
		home->offered = false;
		return *told;
	}
	if (status) {
		if (present)
			console_print("muster: papr: H_HOME_NODE_ASSOCIATIVITY of %#x: status %ld: "
				      "the tree's node stands\n",
				      server, status);
		return *told;
	}
	place = device_tree_place(home->affinity, domains, papr_home_unpack(registers, domains));
	if (place.domain == DEVICE_TREE_NO_DOMAIN)
		return *told;
	if (told->domain != DEVICE_TREE_NO_DOMAIN && told->domain != place.domain)
		console_print(
			"muster: papr: CPU %#x is in domain %u by the device tree and in domain "
			"%u by the hypervisor: that is believed\n",
			server, told->domain, place.domain);
	return place;
}

bool papr_home_changed(const volatile struct papr_vpa *vpa, uint8_t seen[8])
{
	bool changed = false;

	for (uint32_t i = 0; i < sizeof(vpa->home_changes); i++) {
		uint8_t now = vpa->home_changes[i];

		changed |= now != seen[i];
		seen[i] = now;
	}
	return changed;
}

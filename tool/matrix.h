/* SPDX-License-Identifier: MIT */
/*
 * The boot matrix: a text file, an entry a line, `NAME key=value ...`; a value with blanks stands in
 * double quotes; # begins a comment line. Keys:
 *
 *	platform=pc		the profile
 *	cpus=, mem=, append=, qemu=	as for `muster run` (qemu: more words for QEMU)
 *	image=, option-rom=	instead of the profile's
 *	timeout=		seconds (default 30)
 *	payload=muster|FILE	what the guest is to hand over to; park=, payload-append=, initrd= as for
 *				`muster run`
 *	random-nmis=		so many NMIs at random moments, once a kernel has been handed over to
 *	repeat=			so many boots in a row, each of which must be good
 *	tier=check|all		`all`: only with --all
 *	ends=yes|no		the guest must end by itself, even if it panics (default no)
 *	host-actions=yes|no	what the guest asks of its host is done (default no)
 * and what must come of it:
 *	expect=ok|fail		(default ok) good in every respect, or not
 *	online=			so many CPUs online
 *	entry=			the boot CPU's way in, as the report says it
 *	possible=, present=	so many CPUs that may ever exist, and that are there
 *	hwids=0,4-6		these hardware ids, in this order
 *	fwids=, vcpus=		and these firmware ids and vCPU ids
 *	nodes=0,1,-		these nodes, of the CPUs in this order; - for none
 *	status=			the guest's exit status
 *	line=			a line of the console holds this text
 *	never=			and none holds this
 *	reason=			the verdict holds this text
 *	nmis=, added=, removed=	so many NMIs sent, CPUs added and gone, because the guest asked
 *	tests=			so many self-tests passed
 *	generation=, parked=	so many handovers, and CPUs parked at the last, and at none fewer
 *	machine-checks=, nmis-survived=	so many survived in park pages
 * With random-nmis= some of them must have been counted in park pages.
 */
#ifndef TOOL_MATRIX_H
#define TOOL_MATRIX_H

#include "tool/text.h"

/* A number that must come of it, if one is given. */
struct matrix_number {
	bool given;
	uint64_t value;
};

struct matrix_entry {
	char *name, *platform, *append, *hwids, *fwids, *vcpus, *nodes, *line, *never, *reason,
		*image, *entry, *option_rom, *payload, *payload_append, *park,
		*initrd; /* NULL: not given */
	struct word_list qemu;
	uint64_t cpus, memory, timeout, repeat, random_nmis;
	bool expect_fail, only_all, host_actions, ends;
	bool has_online, has_status;
	uint64_t online, status;
	struct matrix_number possible, present, nmis, added, removed, tests, generation, parked,
		machine_checks, nmis_survived;
};

struct matrix {
	struct matrix_entry *entries;
	size_t count;
};

/* Returns 0, or -1 and fills message with one line that names file, line, key and rule. matrix_free()
 * either way. */
int matrix_parse(struct matrix *matrix, const char *text, size_t size, const char *path,
		 char *message, size_t message_size);
void matrix_free(struct matrix *matrix);

#endif

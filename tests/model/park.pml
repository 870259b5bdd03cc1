/* SPDX-License-Identifier: MIT */
/*
 * The park page's protocol (docs/park.md), for spin: a kernel parks its CPUs, overwrites itself with the
 * next, which releases them with one store, waits until the page is empty, and hands over a second time
 * in the same page. CPUs may be late by any time, NMIs come at any moment. CPUS others and the boot CPU.
 *
 * What must hold: no CPU stays behind (a state in which somebody waits for ever is an invalid end state);
 * none comes twice from one handover, nor before the kernel that it is to run; the old kernel is
 * overwritten only when no CPU uses anything of it, and the page is used again only when no CPU is
 * inside; an NMI always finds tables that are there.
 *
 * Each WITHOUT_... takes one rule of the protocol away, and tests/model/run.sh sees the model fail then.
 */
#ifndef CPUS
#define CPUS 2
#endif
#define HANDOVERS 2
#ifndef NMIS
#define NMIS 2
#endif

/* Whose code, stack and descriptor tables a CPU uses. */
mtype = { KERNEL, PAGE, NOTHING };
mtype uses[CPUS] = KERNEL;
byte kernel_of[CPUS]; /* the generation of the kernel that it runs */

/* The page. */
byte entered, parked, left;
bool closed;
byte release; /* 0: wait; else the generation of the kernel to go to */
bool slot[CPUS];
bool page_in_use;

/* The rest of the machine. */
byte generation; /* of the kernel that is in memory */
bool asked[CPUS], init_sent[CPUS];
bool armed[CPUS]; /* MONITOR has seen no store and no NMI yet */
byte came[CPUS];  /* times that it began in a kernel, the first time not counted */
bool over;

/* It is in the kernel that was released to it. */
inline begin_in_kernel(me, where)
{
	assert(where == generation);
	came[me]++;
	assert(came[me] == generation);
	kernel_of[me] = where;
}

proctype cpu(byte me)
{
	byte to;

life:	{
		do
		:: asked[me] ->
			/* Late by any time: nobody makes it go on from here. */
			asked[me] = false;
			atomic {
#ifndef WITHOUT_CLOSING
				if
				:: closed -> goto held
				:: else
				fi;
#endif
				entered++
			};
			assert(page_in_use);
#ifdef WITHOUT_TABLES_FIRST
			atomic { slot[me] = true; parked++ };
#endif
			uses[me] = PAGE;
#ifndef WITHOUT_TABLES_FIRST
			slot[me] = true;
			parked++;
#endif
			/* The wait. */
			do
			:: release != 0 -> break
			:: else ->
				armed[me] = true;
#ifndef WITHOUT_SECOND_LOOK
				if
				:: release != 0 -> break
				:: else
				fi;
#endif
				!armed[me] /* MWAIT */
			od;
			to = release;
#ifdef WITHOUT_COUNTING_LATE
			left++;
#endif
			d_step { uses[me] = KERNEL; begin_in_kernel(me, to) };
#ifndef WITHOUT_COUNTING_LATE
			left++
#endif
		:: over -> goto end
		od;
		/* It came when the door was closed: it waits for its reset, with what the old kernel has. */
held:		false
	} unless { init_sent[me] };
	d_step { init_sent[me] = false; uses[me] = NOTHING; asked[me] = false; armed[me] = false };
	/* Until a start-up comes, of whichever kernel. */
	asked[me] || over;
	if
	:: over -> goto end
	:: else
	fi;
	d_step { asked[me] = false; uses[me] = KERNEL; begin_in_kernel(me, generation) };
	goto life;
end:	skip
}

active proctype boot()
{
	byte i, counted;

	i = 0;
	do
	:: i < CPUS -> run cpu(i); i++
	:: else -> break
	od;
	do
	:: generation < HANDOVERS ->
		/* The page is made, or made anew. */
		atomic {
			i = 0;
			do
			:: i < CPUS -> assert(uses[i] != PAGE); slot[i] = false; i++
			:: else -> break
			od;
			assert(!page_in_use);
			entered = 0; parked = 0; left = 0; closed = false;
#ifndef WITHOUT_CLEARING
			release = 0;
#endif
			page_in_use = true
		};
		i = 0;
		do
		:: i < CPUS -> asked[i] = true; i++
		:: else -> break
		od;
		/* All have parked, or the time is over: when that is, nobody knows. */
		if
		:: parked == CPUS
		:: true
		fi;
		closed = true;
		/* Who is in by now will have parked in a moment. */
#ifndef WITHOUT_WAITING_FOR_THEM
		parked == entered;
#endif
		counted = parked;
		i = 0;
		do
		:: i < CPUS ->
			if
			:: slot[i]
			:: else ->
#ifndef WITHOUT_RESET
				init_sent[i] = true;
				uses[i] == NOTHING
#endif
			fi;
			i++
		:: else -> break
		od;
		/* The old kernel is overwritten. */
		atomic {
			i = 0;
			do
			:: i < CPUS -> assert(uses[i] != KERNEL); i++
			:: else -> break
			od;
			generation++
		};
		/* The next kernel. One store: */
		atomic {
			release = generation;
			i = 0;
			do
			:: i < CPUS -> armed[i] = false; i++
			:: else -> break
			od
		};
		/* and those that are not in the page are started cold. */
		i = 0;
		do
		:: i < CPUS ->
			if
			:: slot[i]
			:: else -> asked[i] = true
			fi;
			i++
		:: else -> break
		od;
		left == counted;
		atomic {
			i = 0;
			do
			:: i < CPUS -> assert(uses[i] != PAGE); i++
			:: else -> break
			od;
			page_in_use = false
		};
		/* All are online before anything is asked of them. */
		i = 0;
		do
		:: i < CPUS -> came[i] == generation; i++
		:: else -> break
		od
	:: else -> break
	od;
	over = true
}

/* An NMI takes any CPU out of MWAIT, wherever it is, and needs tables. */
active proctype nmi()
{
	byte sent, i;

	do
	:: sent < NMIS && !over ->
		i = 0;
		do
		:: i < CPUS - 1 -> i++
		:: true -> break
		od;
		atomic {
			assert(!(uses[i] == KERNEL && kernel_of[i] != generation));
			assert(!(uses[i] == PAGE && !page_in_use));
			if
			:: uses[i] != NOTHING -> armed[i] = false
			:: else
			fi
		};
		sent++
	:: true -> break
	od
}

/* SPDX-License-Identifier: MIT */
/* Asks seald what deliveries ask.
 *
 *   seald-load -s SOCKET -n PROFILES [-c CLIENTS] [-t SECONDS] [-W USERS]
 *              [-r RATE] [-a SOCKET -w WRITES] [-g]
 *
 * -s  the socket "mail-seal"
 * -n  how many users there are, named as store-fill names them
 * -c  connections; each has one question on its way, as an lmtp process has
 * -t  for so long, or until every user was asked for
 * -W  asks for so many of the users, again and again, after a first time that is
 *     not counted. 0: for each user once, in no order
 * -r  so many questions a second, at random moments. The time of an answer is
 *     counted from when its question was due, also where all connections were
 *     busy. 0: as fast as answers come
 * -a  the socket "mail-seal-admin"
 * -w  so many changes of users a second meanwhile
 * -g  prints "ready" before it begins to count, and waits for a line on stdin
 *
 * One thread asks, one writes. Prints one line of JSON. */
#include "load.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_CLIENTS 64
#define VERSION "VERSION\tmail-seal\t1\t0\n"
#define USER "user%07lu@example.org"

static struct {
	const char *socket, *admin;
	unsigned long profiles, clients, warm, rate, writes;
	double seconds;
	bool gate;
} opt = { .clients = 1, .seconds = 5 };

/* splitmix64: the same numbers in each run */
static uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/*
 * Who is asked for
 */

struct order {
	unsigned long *users;
	size_t count, next;
	bool again;
};

static void order_init(struct order *order)
{
	unsigned long i, j, swap;
	uint64_t state = 1;

	order->users = load_alloc(opt.profiles, sizeof(*order->users));
	for (i = 0; i < opt.profiles; i++)
		order->users[i] = i;
	for (i = opt.profiles - 1; i > 0; i--) {
		j = random_next(&state) % (i + 1);
		swap = order->users[i];
		order->users[i] = order->users[j];
		order->users[j] = swap;
	}
	order->count = opt.profiles;
	if (opt.warm > 0 && opt.warm < order->count)
		order->count = opt.warm;
	order->next = 0;
	order->again = opt.warm > 0;
}

static bool order_next(struct order *order, unsigned long *user_r)
{
	if (order->next == order->count && order->again)
		order->next = 0;
	if (order->next == order->count)
		return false;
	*user_r = order->users[order->next++];
	return true;
}

/*
 * Asking
 */

struct client {
	struct load_conn conn;
	bool busy;
	unsigned long id;
	uint64_t due;		/* when its question was */
};

static struct {
	struct client clients[MAX_CLIENTS];
	struct order order;
	struct load_times times;
	unsigned long refused;
	uint64_t state, due, end;
} run;

static void ask(struct client *client, unsigned long user, uint64_t due)
{
	char line[256];

	snprintf(line, sizeof(line), "%lu\tSEAL\tuser=" USER
		 "\tcipher=aes256-cbc\tsign=no\n", ++client->id, user);
	client->due = due;
	client->busy = true;
	load_send_text(&client->conn, line);
}

static void answered(struct client *client, const char *line)
{
	char *rest;

	load_times_add(&run.times, load_now() - client->due);
	if (strtoul(line, &rest, 10) != client->id ||
	    strncmp(rest, "\tOK\t", 4) != 0) {
		if (run.refused++ == 0)
			fprintf(stderr, "refused: %.200s\n", line);
	}
	client->busy = false;
}

static void connect_all(void)
{
	struct client *client;

	for (client = run.clients; client < run.clients + opt.clients; client++) {
		load_connect(&client->conn, opt.socket);
		load_send_text(&client->conn, VERSION);
		(void)load_line(&client->conn);
	}
}

/* When the next question is due: now, or after a time as between independent
 * arrivals. */
static void next_due(void)
{
	double u;

	if (opt.rate == 0) {
		run.due = load_now();
		return;
	}
	u = ((double)(random_next(&run.state) >> 11) + 1) / 9007199254740993.0;
	run.due += (uint64_t)(-log(u) / (double)opt.rate * LOAD_NSECS);
}

/* Gives questions that are due to whoever is free. Whether there may be more. */
static bool ask_due(void)
{
	struct client *client;
	unsigned long user;

	for (client = run.clients; client < run.clients + opt.clients; client++) {
		if (client->busy)
			continue;
		if (run.due > load_now())
			return true;
		if (run.due >= run.end || !order_next(&run.order, &user))
			return false;
		ask(client, user, run.due);
		next_due();
	}
	return true;
}

/* Waits for an answer, or until the next question is due where somebody is free
 * to ask it. Whether anybody was busy. */
static bool wait_for_answers(bool more)
{
	struct pollfd fds[MAX_CLIENTS];
	struct timespec timeout;
	unsigned int i, busy = 0;
	uint64_t now = load_now();
	bool sleep;
	char *line;

	for (i = 0; i < opt.clients; i++) {
		fds[i].fd = run.clients[i].busy ? run.clients[i].conn.fd : -1;
		fds[i].events = POLLIN;
		busy += run.clients[i].busy;
	}
	if (busy == 0 && !more)
		return false;
	sleep = more && busy < opt.clients;
	now = run.due > now ? run.due - now : 0;
	timeout.tv_sec = (time_t)(now / LOAD_NSECS);
	timeout.tv_nsec = (long)(now % LOAD_NSECS);
	if (ppoll(fds, opt.clients, sleep ? &timeout : NULL, NULL) < 0 &&
	    errno != EINTR)
		load_die("poll: %s", strerror(errno));
	for (i = 0; i < opt.clients; i++) {
		if (fds[i].fd < 0 || (fds[i].revents & ~POLLOUT) == 0)
			continue;
		load_fill(&run.clients[i].conn);
		while ((line = load_line_here(&run.clients[i].conn)) != NULL)
			answered(&run.clients[i], line);
	}
	return true;
}

static void ask_all(double seconds)
{
	bool more;

	run.end = load_now() + (uint64_t)(seconds * LOAD_NSECS);
	run.due = load_now();
	do {
		more = ask_due();
	} while (wait_for_answers(more));
}

/* Each of the warm users once. */
static void warm_up(void)
{
	unsigned long rate = opt.rate;

	run.order.again = false;
	opt.rate = 0;
	ask_all(1000);
	opt.rate = rate;
	run.order.again = true;
	run.order.next = 0;
	run.times.count = 0;
}

/*
 * Writing
 */

static struct {
	pthread_t thread;
	atomic_bool stop;
	struct load_times times;
} writer;

static void *write_all(void *context)
{
	static struct load_conn conn;
	uint64_t state = 2, due = load_now(), now, from;
	unsigned long id = 0;
	struct timespec pause;
	char line[256];

	(void)context;
	load_connect(&conn, opt.admin);
	load_send_text(&conn, VERSION);
	(void)load_line(&conn);
	while (!atomic_load(&writer.stop)) {
		from = load_now();
		id++;
		snprintf(line, sizeof(line), "%lu\tUSER-SET\tuser=" USER
			 "\tkill_switch=%s\n", id,
			 (unsigned long)(random_next(&state) % opt.profiles),
			 id % 2 == 0 ? "no" : "yes");
		load_send_text(&conn, line);
		if (strstr(load_line(&conn), "\tOK") == NULL)
			load_die("a write was refused");
		load_times_add(&writer.times, load_now() - from);
		due += LOAD_NSECS / opt.writes;
		if (due > (now = load_now())) {
			pause.tv_sec = (time_t)((due - now) / LOAD_NSECS);
			pause.tv_nsec = (long)((due - now) % LOAD_NSECS);
			nanosleep(&pause, NULL);
		}
	}
	return NULL;
}

/*
 * The program
 */

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "s:a:n:c:t:W:r:w:g")) != -1) {
		switch (c) {
		case 's': opt.socket = optarg; break;
		case 'a': opt.admin = optarg; break;
		case 'n': opt.profiles = load_number(optarg, 9999999); break;
		case 'c': opt.clients = load_number(optarg, MAX_CLIENTS); break;
		case 't': opt.seconds = atof(optarg); break;
		case 'W': opt.warm = load_number(optarg, 9999999); break;
		case 'r': opt.rate = load_number(optarg, 1000000); break;
		case 'w': opt.writes = load_number(optarg, 100000); break;
		case 'g': opt.gate = true; break;
		default: exit(2);
		}
	}
	if (opt.socket == NULL || opt.profiles == 0 || opt.clients == 0 ||
	    optind < argc || (opt.writes > 0 && opt.admin == NULL))
		load_die("see the head of seald-load.c");
}

static void report(uint64_t ns)
{
	printf("{\"answers\": %zu, \"refused\": %lu, \"seconds\": %.6f, "
	       "\"writes\": %zu, ", run.times.count, run.refused,
	       (double)ns / LOAD_NSECS, writer.times.count);
	load_times_print(&run.times);
	printf(", \"writing\": {");
	load_times_print(&writer.times);
	printf("}}\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	uint64_t from;

	(void)signal(SIGPIPE, SIG_IGN);
	parse_options(argc, argv);
	order_init(&run.order);
	connect_all();
	if (opt.warm > 0)
		warm_up();
	if (opt.gate)
		load_gate("ready");
	if (opt.writes > 0 &&
	    pthread_create(&writer.thread, NULL, write_all, NULL) != 0)
		load_die("cannot start a thread");
	from = load_now();
	ask_all(opt.seconds);
	from = load_now() - from;
	if (opt.writes > 0) {
		atomic_store(&writer.stop, true);
		pthread_join(writer.thread, NULL);
	}
	report(from);
	if (opt.gate)
		load_gate("done");
	return run.refused == 0 ? 0 : 1;
}

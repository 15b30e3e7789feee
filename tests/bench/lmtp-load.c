/* SPDX-License-Identifier: MIT */
/* Delivers messages by LMTP as an MTA does: MAIL, RCPT and DATA in one write,
 * many transactions in one connection.
 *
 *   lmtp-load -s SOCKET -u USER [-u USER...] [-m FILE...] [-n MESSAGES]
 *             [-c SESSIONS] [-w WARM] [-r TRANSACTIONS] [-g]
 *
 * -m  a whole message with CRLF line ends; several are sent in turn. None: a
 *     session consists of LHLO and QUIT, and -n counts these.
 * -u  session number i delivers to the i-th of these users
 * -n  how many, over all sessions; each session sends the same number
 * -w  deliveries of each session before that, which are not counted
 * -r  a new connection after so many transactions; 0: never
 * -g  prints "ready" when all are connected and warm, and begins when a line
 *     arrives on stdin; connections are kept until the next one
 *
 * Each message is made unique by a Received field of its own. Prints one line of
 * JSON. Exit status: 0; 1 where a delivery was refused; 2 where all failed. */
#include "load.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_MESSAGES 16
#define MAX_USERS 64
#define MAX_SESSIONS 64

/* As it goes over the wire: dots are stuffed, "." ends it. */
struct message {
	char *data;
	size_t len;
};

static struct {
	const char *socket;
	const char *users[MAX_USERS];
	struct message messages[MAX_MESSAGES];
	unsigned long user_count, message_count, total, sessions, warm, reuse;
	bool gate;
} opt = { .total = 100, .sessions = 1 };

struct session {
	unsigned int number;
	struct load_conn conn;
	unsigned long in_connection, sent, refused;
	uint64_t bytes;
	struct load_times times;
	pthread_t thread;
};

/* all sessions, and main */
static pthread_barrier_t warm, begin, done, leave;

/*
 * The protocol
 */

/* Reads one reply, of many lines perhaps; whether it has that code. */
static bool expect(struct session *session, const char *code)
{
	const char *line;

	do {
		line = load_line(&session->conn);
	} while (strlen(line) > 3 && line[3] == '-');
	if (strncmp(line, code, 3) == 0)
		return true;
	fprintf(stderr, "expected %s: %s\n", code, line);
	return false;
}

static void must(struct session *session, const char *code)
{
	if (!expect(session, code))
		exit(2);
}

static void session_connect(struct session *session)
{
	load_connect(&session->conn, opt.socket);
	session->in_connection = 0;
	must(session, "220");
	load_send_text(&session->conn, "LHLO load.example.org\r\n");
	must(session, "250");
}

static void session_quit(struct session *session)
{
	if (session->conn.fd < 0)
		return;
	load_send_text(&session->conn, "QUIT\r\n");
	must(session, "221");
	load_close(&session->conn);
}

/* Whether it was delivered. */
static bool transaction(struct session *session)
{
	static _Thread_local char head[1024];
	const struct message *message =
		&opt.messages[session->sent % opt.message_count];
	const char *user = opt.users[session->number % opt.user_count];
	struct iovec parts[2] = { { head, 0 },
				  { message->data, message->len } };
	bool known;
	int len;

	snprintf(head, sizeof(head), "MAIL FROM:<sender@remote.example>\r\n"
		 "RCPT TO:<%s>\r\nDATA\r\n", user);
	load_send_text(&session->conn, head);
	must(session, "250");
	known = expect(session, "250");
	if (!expect(session, "354") || !known)
		exit(2);
	len = snprintf(head, sizeof(head),
		"Received: from mail.remote.example (mail.remote.example "
		"[192.0.2.25])\r\n\tby mx.example.org (Postfix) with ESMTPS "
		"id %08X%08lX\r\n\tfor <%s>; Thu,  1 Oct 2026 10:00:00 +0000 "
		"(UTC)\r\n", session->number, session->sent, user);
	parts[0].iov_len = (size_t)len;
	load_send(&session->conn, parts, 2);
	session->bytes += (size_t)len + message->len;
	session->sent++;
	return expect(session, "250");
}

static void one(struct session *session)
{
	uint64_t from = load_now();

	if (session->conn.fd < 0)
		session_connect(session);
	if (opt.message_count > 0 && !transaction(session))
		session->refused++;
	if (opt.message_count == 0 ||
	    ++session->in_connection == opt.reuse)
		session_quit(session);
	load_times_add(&session->times, load_now() - from);
}

static void *session_run(void *context)
{
	struct session *session = context;
	unsigned long i;

	for (i = 0; i < opt.warm; i++)
		one(session);
	if (opt.reuse == 0 && opt.message_count > 0 && session->conn.fd < 0)
		session_connect(session);
	session->times.count = 0;
	session->bytes = 0;
	pthread_barrier_wait(&warm);
	pthread_barrier_wait(&begin);
	for (i = 0; i < opt.total / opt.sessions; i++)
		one(session);
	pthread_barrier_wait(&done);
	pthread_barrier_wait(&leave);
	session_quit(session);
	return NULL;
}

/*
 * The program
 */

static void read_message(const char *path)
{
	struct message *message = &opt.messages[opt.message_count++];
	char *line = NULL;
	size_t size = 0, room;
	ssize_t len;
	FILE *file = fopen(path, "r");

	if (file == NULL || fseek(file, 0, SEEK_END) < 0)
		load_die("cannot read %s", path);
	/* each stuffed line is at least two bytes, and becomes three */
	room = (size_t)ftell(file) * 3 / 2 + 16;
	rewind(file);
	message->data = load_alloc(room, 1);
	while ((len = getline(&line, &size, file)) > 0) {
		if (line[0] == '.')
			message->data[message->len++] = '.';
		memcpy(message->data + message->len, line, (size_t)len);
		message->len += (size_t)len;
	}
	if (message->len < 2 ||
	    memcmp(message->data + message->len - 2, "\r\n", 2) != 0)
		load_die("%s does not end in CRLF", path);
	memcpy(message->data + message->len, ".\r\n", 3);
	message->len += 3;
	free(line);
	fclose(file);
}

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "s:u:m:n:c:w:r:g")) != -1) {
		switch (c) {
		case 's': opt.socket = optarg; break;
		case 'n': opt.total = load_number(optarg, 100000000); break;
		case 'c':
			opt.sessions = load_number(optarg, MAX_SESSIONS);
			break;
		case 'w': opt.warm = load_number(optarg, 1000000); break;
		case 'r': opt.reuse = load_number(optarg, 1000000); break;
		case 'g': opt.gate = true; break;
		case 'u':
			if (opt.user_count == MAX_USERS)
				load_die("too many users");
			opt.users[opt.user_count++] = optarg;
			break;
		case 'm':
			if (opt.message_count == MAX_MESSAGES)
				load_die("too many messages");
			read_message(optarg);
			break;
		default:
			exit(2);
		}
	}
	if (opt.socket == NULL || opt.sessions == 0 || optind < argc ||
	    (opt.message_count > 0 && opt.user_count == 0))
		load_die("see the head of lmtp-load.c");
}

static double own_cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool report(struct session *sessions, uint64_t ns, double cpu)
{
	struct load_times times = { NULL, 0, 0 };
	unsigned long i, refused = 0;
	uint64_t bytes = 0;

	for (i = 0; i < opt.sessions; i++) {
		refused += sessions[i].refused;
		bytes += sessions[i].bytes;
		load_times_merge(&times, &sessions[i].times);
	}
	printf("{\"messages\": %zu, \"refused\": %lu, \"sessions\": %lu, "
	       "\"bytes\": %llu, \"seconds\": %.6f, \"client_cpu\": %.6f, ",
	       times.count, refused, opt.sessions, (unsigned long long)bytes,
	       (double)ns / LOAD_NSECS, cpu);
	load_times_print(&times);
	printf("}\n");
	fflush(stdout);
	free(times.ns);
	return refused == 0;
}

int main(int argc, char **argv)
{
	static struct session sessions[MAX_SESSIONS];
	pthread_barrier_t *const barriers[] = { &warm, &begin, &done, &leave };
	unsigned int i;
	uint64_t from;
	double cpu;
	bool good;

	parse_options(argc, argv);
	for (i = 0; i < 4; i++)
		pthread_barrier_init(barriers[i], NULL,
				     (unsigned int)opt.sessions + 1);
	for (i = 0; i < opt.sessions; i++) {
		sessions[i].number = i;
		sessions[i].conn.fd = -1;
		if (pthread_create(&sessions[i].thread, NULL, session_run,
				   &sessions[i]) != 0)
			load_die("cannot start a thread");
	}
	pthread_barrier_wait(&warm);
	if (opt.gate)
		load_gate("ready");
	cpu = own_cpu();
	from = load_now();
	pthread_barrier_wait(&begin);
	pthread_barrier_wait(&done);
	good = report(sessions, load_now() - from, own_cpu() - cpu);
	if (opt.gate)
		load_gate("done");
	pthread_barrier_wait(&leave);
	for (i = 0; i < opt.sessions; i++)
		pthread_join(sessions[i].thread, NULL);
	return good ? 0 : 1;
}

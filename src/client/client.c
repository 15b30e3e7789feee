/* SPDX-License-Identifier: MIT */
#include "client/client.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "base/error.h"
#include "client/answer-private.h"

#define CLIENT_PROTOCOL "VERSION\tmail-seal\t"
#define CLIENT_VERSION CLIENT_PROTOCOL "1\t"

/* Dovecot removes its sockets and makes them anew when it reloads: a socket
 * that is away for longer is away. */
#define ABSENT_MS 250

struct seal_client {
	struct sockaddr_un addr;
	unsigned int timeout_ms;
	int fd;				/* blocking; -1: not connected */
	bool greeted;			/* seald's version has been read */
	uint64_t last_id;
	struct seal_buf in;
	/* the question that was asked ahead, without its id; empty: no answer is
	   owed */
	struct seal_buf ahead;
};

/* One question on its way. */
struct question {
	struct seal_client *client;
	int64_t deadline;		/* monotonic, milliseconds */
	bool kept;			/* on a connection that was there */
	bool waited;			/* some of its time is used up */
	bool answered;			/* a first byte has come back */
	bool lost;			/* the connection ended before that */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void client_close(struct seal_client *client)
{
	if (client->fd != -1)
		close(client->fd);
	client->fd = -1;
	client->greeted = false;
	seal_buf_clear(&client->in);
	seal_buf_clear(&client->ahead);
}

struct seal_client *seal_client_new(const char *path, unsigned int timeout_ms,
				    struct seal_error *err)
{
	struct seal_client *client;

	if (strlen(path) >= sizeof(client->addr.sun_path)) {
		(void)seal_error_set(err, SEAL_ERR_LIMIT,
				     "socket path too long: %s", path);
		return NULL;
	}
	client = calloc(1, sizeof(*client));
	if (client == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	client->addr.sun_family = AF_UNIX;
	strcpy(client->addr.sun_path, path);
	client->timeout_ms = timeout_ms;
	client->fd = -1;
	return client;
}

void seal_client_free(struct seal_client **_client)
{
	struct seal_client *client = *_client;

	*_client = NULL;
	if (client == NULL)
		return;
	client_close(client);
	seal_buf_free(&client->in);
	seal_buf_free(&client->ahead);
	free(client);
}

/* Fails with errno, and remembers whether asking anew makes sense. */
static int question_lost(struct question *q, const char *what,
			 struct seal_error *err)
{
	q->lost = !q->answered;
	return seal_error_set(err, SEAL_ERR_IO, "%s: %s(): %s",
			      q->client->addr.sun_path, what, strerror(errno));
}

static int question_wait(struct question *q, short events,
			 struct seal_error *err)
{
	struct pollfd fd = { .fd = q->client->fd, .events = events };
	int64_t left;
	int ret;

	q->waited = true;
	do {
		left = q->deadline - now_ms();
		ret = left <= 0 ? 0 : poll(&fd, 1, (int)left);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return question_lost(q, "poll", err);
	if (ret == 0)
		return seal_error_set(err, SEAL_ERR_IO,
			"%s: no answer within %u ms",
			q->client->addr.sun_path, q->client->timeout_ms);
	return 0;
}

/* Until when connecting is tried again after it has failed so. */
static int64_t connect_deadline(const struct question *q, int error)
{
	int64_t soon = q->deadline - q->client->timeout_ms + ABSENT_MS;

	switch (error) {
	case EAGAIN:	/* the listener's queue is full; poll() cannot wait */
	case EINTR:
		return q->deadline;
	case ENOENT:
	case ECONNREFUSED:
		return soon < q->deadline ? soon : q->deadline;
	default:
		return 0;
	}
}

/* From here on a recv() waits for as long as a question may take. */
static int make_blocking(const struct seal_client *client)
{
	const struct timeval timeout = {
		.tv_sec = client->timeout_ms / 1000,
		.tv_usec = client->timeout_ms % 1000 * 1000
	};

	return setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
			  sizeof(timeout)) < 0 ||
		fcntl(client->fd, F_SETFL, 0) < 0 ? -1 : 0;
}

static int client_connect(struct question *q, struct seal_error *err)
{
	static const struct timespec pause = { 0, 10 * 1000 * 1000 };
	struct seal_client *client = q->client;
	const struct sockaddr *addr = (const void *)&client->addr;
	int saved;

	client->fd = socket(AF_UNIX,
			    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0) {
		client->fd = -1;
		return question_lost(q, "socket", err);
	}
	while (connect(client->fd, addr, sizeof(client->addr)) < 0) {
		saved = errno;
		if (now_ms() < connect_deadline(q, saved)) {
			(void)nanosleep(&pause, NULL);
			continue;
		}
		client_close(client);
		errno = saved;
		return question_lost(q, "connect", err);
	}
	if (make_blocking(client) < 0)
		return question_lost(q, "setsockopt", err);
	return 0;
}

static int question_send(struct question *q, const struct seal_buf *line,
			 struct seal_error *err)
{
	size_t sent = 0;
	ssize_t ret;

	while (sent < line->len) {
		ret = send(q->client->fd, line->data + sent, line->len - sent,
			   MSG_NOSIGNAL | MSG_DONTWAIT);
		if (ret > 0)
			sent += (size_t)ret;
		else if (errno == EAGAIN || errno == EINTR) {
			if (question_wait(q, POLLOUT, err) < 0)
				return -1;
		} else
			return question_lost(q, "send", err);
	}
	return 0;
}

/* As recv(), without waiting; but while all of the question's time is left, as
 * mostly on a kept connection, the system call that reads is also the one that
 * waits: a poll() more is a good part of what a question costs. */
static ssize_t question_recv(struct question *q, void *to, size_t size)
{
	int flags = q->waited ? MSG_DONTWAIT : 0;

	q->waited = true;
	return recv(q->client->fd, to, size, flags);
}

/* Reads until client->in holds a whole line; returns its length without the
 * LF, which is overwritten by NUL. */
static ssize_t question_read_line(struct question *q, struct seal_error *err)
{
	struct seal_buf *in = &q->client->in;
	size_t seen = 0;
	unsigned char *to, *lf;
	ssize_t ret;

	for (;;) {
		lf = in->len == seen ? NULL :
			memchr(in->data + seen, '\n', in->len - seen);
		if (lf != NULL) {
			*lf = '\0';
			return lf - in->data;
		}
		seen = in->len;
		if (seen > SEAL_CLIENT_LINE_MAX)
			return seal_error_set(err, SEAL_ERR_LIMIT,
				"%s: the answer is longer than %d bytes",
				q->client->addr.sun_path, SEAL_CLIENT_LINE_MAX);
		to = seal_buf_reserve(in, 8192, err);
		if (to == NULL)
			return -1;
		ret = question_recv(q, to, 8192);
		if (ret > 0) {
			in->len += (size_t)ret;
			q->answered = true;
		} else if (ret == 0) {
			errno = ECONNRESET;
			return question_lost(q, "recv", err);
		} else if (errno == EAGAIN || errno == EINTR) {
			if (question_wait(q, POLLIN, err) < 0)
				return -1;
		} else
			return question_lost(q, "recv", err);
	}
}

static int nonsense(const struct seal_client *client, const char *what,
		    struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_INPUT, "%s: seald sent %s",
			      client->addr.sun_path, what);
}

static int question_read_version(struct question *q, struct seal_error *err)
{
	struct seal_client *client = q->client;
	ssize_t len = question_read_line(q, err);
	const char *line = (const char *)client->in.data;

	if (len < 0)
		return -1;
	if (strncmp(line, CLIENT_PROTOCOL, strlen(CLIENT_PROTOCOL)) != 0)
		return nonsense(client, "the greeting of another service", err);
	/* an upgrade in the middle, or half of one */
	if (strncmp(line, CLIENT_VERSION, strlen(CLIENT_VERSION)) != 0)
		return seal_error_set(err, SEAL_ERR_INPUT,
			"%s: seald is of another build than this plugin or "
			"program: they speak different versions of their "
			"protocol. Install both from one version, and restart "
			"Dovecot", client->addr.sun_path);
	seal_buf_consume(&client->in, (size_t)len + 1);
	client->greeted = true;
	return 0;
}

/* "ID KIND name=value..." of len bytes at the front of client->in. */
static int question_parse(struct question *q, size_t len,
			  struct seal_answer *answer, struct seal_error *err)
{
	struct seal_client *client = q->client;
	const char *what;
	int ret;

	ret = seal_answer_parse((char *)client->in.data, len, client->last_id,
				answer, &what, err);
	if (ret > 0)
		seal_buf_consume(&client->in, len + 1);
	return ret == 0 ? nonsense(client, what, err) : ret < 0 ? -1 : 0;
}

static int question_read_answer(struct question *q,
				int (*row)(void *context,
					   const struct seal_answer *row,
					   struct seal_error *err),
				void *context, struct seal_answer *answer,
				struct seal_error *err)
{
	struct seal_client *client = q->client;
	ssize_t len;

	if (!client->greeted && question_read_version(q, err) < 0)
		return -1;
	for (;;) {
		len = question_read_line(q, err);
		if (len < 0 ||
		    question_parse(q, (size_t)len, answer, err) < 0)
			return -1;
		if (answer->kind != SEAL_ANSWER_ROW)
			break;
		if (row == NULL)
			return nonsense(client, "rows nobody asked for", err);
		if (row(context, answer, err) < 0)
			return -1;
	}
	return client->in.len == 0 ? 0 :
		nonsense(client, "more than one answer", err);
}

/* A question without its id. */
static int build_question(const char *const *args, struct seal_buf *question,
			  struct seal_error *err)
{
	for (; *args != NULL; args++) {
		if (seal_buf_append(question, "\t", 1, err) < 0 ||
		    seal_client_escape(question, *args, err) < 0)
			return -1;
	}
	return seal_buf_append(question, "\n", 1, err);
}

static int send_question(struct question *q, const struct seal_buf *question,
			 struct seal_error *err)
{
	struct seal_buf line = SEAL_BUF_INIT;
	char head[64];
	int ret = -1;

	snprintf(head, sizeof(head), "%s%" PRIu64,
		 q->kept ? "" : CLIENT_VERSION "0\n", ++q->client->last_id);
	if (seal_buf_append(&line, head, strlen(head), err) == 0 &&
	    seal_buf_append(&line, question->data, question->len, err) == 0)
		ret = question_send(q, &line, err);
	seal_buf_free(&line);
	return ret;
}

/* Is this question under way already? One that nobody asks after all is given up
 * with its connection. */
static bool is_asked_ahead(struct seal_client *client,
			   const struct seal_buf *question)
{
	bool same = client->ahead.len == question->len &&
		memcmp(client->ahead.data, question->data, question->len) == 0;

	if (!same && client->ahead.len > 0)
		client_close(client);
	seal_buf_clear(&client->ahead);
	return same;
}

static int ask_once(struct question *q, const struct seal_buf *question,
		    int (*row)(void *context, const struct seal_answer *row,
			       struct seal_error *err),
		    void *context, struct seal_answer *answer,
		    struct seal_error *err)
{
	struct seal_client *client = q->client;
	bool asked = is_asked_ahead(client, question);
	int ret = -1;

	q->kept = client->fd != -1;
	q->lost = false;
	if ((q->kept || client_connect(q, err) == 0) &&
	    (asked || send_question(q, question, err) == 0) &&
	    /* it takes a moment until there is something on a new one */
	    (q->kept || question_wait(q, POLLIN, err) == 0))
		ret = question_read_answer(q, row, context, answer, err);
	if (ret < 0)
		client_close(client);
	return ret;
}

int seal_client_ask(struct seal_client *client, const char *const *args,
		    int (*row)(void *context, const struct seal_answer *row,
			       struct seal_error *err),
		    void *context, struct seal_answer *answer_r,
		    struct seal_error *err)
{
	struct question q = {
		.client = client,
		.deadline = now_ms() + client->timeout_ms
	};
	struct seal_buf question = SEAL_BUF_INIT;
	int ret;

	ret = build_question(args, &question, err);
	if (ret == 0) {
		ret = ask_once(&q, &question, row, context, answer_r, err);
		if (ret < 0 && q.kept && q.lost)
			ret = ask_once(&q, &question, row, context, answer_r,
				       err);
	}
	seal_buf_free(&question);
	return ret;
}

void seal_client_ask_ahead(struct seal_client *client, const char *const *args)
{
	/* no time to wait in: what does not go out at once is asked later */
	struct question q = { .client = client, .kept = true };
	struct seal_error ignored;

	if (client->fd == -1 || client->ahead.len > 0)
		return;
	if (build_question(args, &client->ahead, &ignored) < 0)
		seal_buf_clear(&client->ahead);
	else if (send_question(&q, &client->ahead, &ignored) < 0)
		client_close(client);
}

int seal_client_escape(struct seal_buf *out, const char *src,
		       struct seal_error *err)
{
	static const char special[] = "\001\t\r\n", code[] = "1trn";
	size_t plain;

	for (;;) {
		plain = strcspn(src, special);
		if (seal_buf_append(out, src, plain, err) < 0)
			return -1;
		src += plain;
		if (*src == '\0')
			return 0;
		if (seal_buf_append(out, "\001", 1, err) < 0 ||
		    seal_buf_append(out, &code[strchr(special, *src) - special],
				    1, err) < 0)
			return -1;
		src++;
	}
}

/* SPDX-License-Identifier: MIT */
#include "lib.h"
/* Dovecot's; with quotes it would be ours, which is nearer */
#include <connection.h>
#include "ioloop.h"
#include "istream.h"
#include "master-service.h"
#include "ostream.h"
#include "safe-memset.h"
#include "plugin/seald/connection.h"

#include "base/error.h"
#include "client/client.h"
#include "plugin/seald/answer.h"
#include "plugin/seald/keeper.h"
#include "plugin/seald/worker.h"

#define IDLE_TIMEOUT_SECS 60

struct seald_connection {
	struct connection conn;
	enum seald_listener listener;
	struct seald_worker *worker;	/* answers in our place */
	struct timeout *to_output;	/* runs while the client does not read */
	bool answered;
};

static struct connection_list *connections;
static bool draining;

static void connection_destroy(struct connection *_conn)
{
	struct seald_connection *conn =
		container_of(_conn, struct seald_connection, conn);

	if (_conn->disconnect_reason == CONNECTION_DISCONNECT_BUFFER_FULL)
		e_error(_conn->event, "Request line is longer than %u bytes",
			SEAL_CLIENT_LINE_MAX);
	seald_worker_forget(&conn->worker);
	timeout_remove(&conn->to_output);
	connection_deinit(_conn);
	i_free(conn);
	master_service_client_connection_destroyed(master_service);
}

/* Nothing more is owed to this client. */
static bool connection_is_done(const struct seald_connection *conn)
{
	return conn->answered && conn->worker == NULL &&
		o_stream_get_buffer_used_size(conn->conn.output) == 0;
}

static bool connections_have_room(unsigned int places)
{
	return connections->connections_count + places <=
		master_service_get_client_limit(master_service);
}

/* Its place is wanted, and it can ask again elsewhere or later. */
static bool connection_must_go(const struct seald_connection *conn)
{
	return (draining || !connections_have_room(1)) &&
		connection_is_done(conn);
}

/*
 * Output
 */

static void connection_send(const void *data, size_t size, void *context)
{
	struct seald_connection *conn = context;
	struct ostream *output = conn->conn.output;

	/* uncorked, a line goes to the kernel at once where there is room, and no
	   copy of a content key stays behind in the stream's buffer */
	o_stream_uncork(output);
	o_stream_nsend(output, data, size);
	conn->answered = TRUE;
}

static void connection_output_timeout(struct seald_connection *conn)
{
	conn->conn.disconnect_reason = CONNECTION_DISCONNECT_IDLE_TIMEOUT;
	connection_destroy(&conn->conn);
}

static int connection_flush(struct seald_connection *conn)
{
	int ret = o_stream_flush(conn->conn.output);

	if (ret < 0 || (ret > 0 && connection_must_go(conn))) {
		connection_destroy(&conn->conn);
		return 1;
	}
	timeout_reset(conn->to_output);
	if (ret > 0) {
		o_stream_unset_flush_callback(conn->conn.output);
		timeout_remove(&conn->to_output);
		connection_input_resume(&conn->conn);
	}
	return ret;
}

/* A client that does not read its answers is not read from either; so at most
 * one answer waits, and a worker can write where our answer ended. */
static bool connection_throttle(struct seald_connection *conn)
{
	if (o_stream_get_buffer_used_size(conn->conn.output) == 0)
		return FALSE;
	connection_input_halt(&conn->conn);
	conn->to_output = timeout_add(IDLE_TIMEOUT_SECS * 1000,
				      connection_output_timeout, conn);
	o_stream_set_flush_callback(conn->conn.output, connection_flush, conn);
	return TRUE;
}

/*
 * Requests
 */

static void connection_worker_done(bool ok, void *context)
{
	struct seald_connection *conn = context;

	conn->worker = NULL;
	conn->answered = TRUE;
	if (!ok || connection_must_go(conn)) {
		/* the client must not wait for the rest of the answer */
		connection_destroy(&conn->conn);
		return;
	}
	connection_input_resume(&conn->conn);
}

static void
connection_run(struct seald_connection *conn, struct seald_answer *answer,
	       const struct seald_command *command, const char *const *args)
{
	struct seald_request request = {
		.command = command, .args = args, .answer = answer,
		.cache = seald_keeper_cache(), .now = ioloop_time,
	};
	struct seal_error err;

	request.store = seald_keeper_store(&err);
	if (request.store == NULL) {
		seald_answer_fail(answer, &err);
	} else if (!command->walks ||
		   seald_request_get(&request, "user") != NULL) {
		seald_command_run(&request, conn->conn.event);
	} else {
		conn->worker = seald_worker_new(conn->conn.fd_out, command,
			answer->id, args, conn->conn.event,
			connection_worker_done, conn, &err);
		if (conn->worker == NULL)
			seald_answer_fail(answer, &err);
		else
			connection_input_halt(&conn->conn);
	}
}

/* ID COMMAND [argument...] */
static int connection_args(struct connection *_conn, const char *const *args)
{
	struct seald_connection *conn =
		container_of(_conn, struct seald_connection, conn);
	const struct seald_command *command;
	struct seald_answer answer;
	struct seal_error err;

	if (args[0][0] == '\0' || args[1] == NULL) {
		e_error(_conn->event, "Received a line without a request");
		return -1;
	}
	seald_answer_init(&answer, args[0], connection_send, conn);
	command = seald_command_find(conn->listener, args[1], args + 2, &err);
	if (command != NULL) {
		connection_run(conn, &answer, command, args + 2);
	} else {
		if (conn->listener != SEALD_LISTENER_ADMIN)
			e_warning(_conn->event, "Bad request: %s", err.text);
		seald_answer_fail(&answer, &err);
	}
	seald_answer_deinit(&answer);
	if (conn->worker != NULL || connection_throttle(conn))
		return 0;
	return connection_must_go(conn) ? -1 : 1;
}

static int connection_line(struct connection *_conn, const char *line)
{
	int ret;

	/* an escaped NUL would silently cut the value short: another user's name */
	if (strstr(line, "\0010") != NULL) {
		e_error(_conn->event, "Received a NUL byte");
		return -1;
	}
	ret = connection_input_line_default(_conn, line);
	/* a master key may have been in it; the line is the stream's, which is
	   done with it */
	safe_memset((void *)line, 0, strlen(line));
	return ret;
}

static const struct connection_settings connection_set = {
	.service_name_in = "mail-seal",
	.service_name_out = "mail-seal",
	.major_version = 1,
	.minor_version = 0,
	.input_idle_timeout_secs = IDLE_TIMEOUT_SECS,
	.input_max_size = SEAL_CLIENT_LINE_MAX,
	.output_max_size = SIZE_MAX,	/* see connection_throttle() */
	.client = FALSE
};

static const struct connection_vfuncs connection_vfuncs = {
	.destroy = connection_destroy,
	.input_line = connection_line,
	.input_args = connection_args
};

/* Called for a new connection. One more place stays free as long as possible:
 * Dovecot's master turns clients away as soon as there is none. The client that
 * has been silent for longest can most easily connect again. */
static void connections_make_room(void)
{
	struct connection *_conn, *oldest = NULL;

	if (connections_have_room(2))
		return;
	for (_conn = connections->connections; _conn != NULL;
	     _conn = _conn->next) {
		if (connection_is_done(container_of(_conn,
					struct seald_connection, conn)) &&
		    (oldest == NULL || _conn->last_input < oldest->last_input))
			oldest = _conn;
	}
	if (oldest != NULL)
		connection_destroy(oldest);
}

void seald_connection_new(int fd, enum seald_listener listener)
{
	struct seald_connection *conn;

	conn = i_new(struct seald_connection, 1);
	conn->listener = listener;
	connection_init_server(connections, &conn->conn, NULL, fd, fd);
	connections_make_room();
}

void seald_connections_init(void)
{
	connections = connection_list_init(&connection_set, &connection_vfuncs);
}

void seald_connections_deinit(void)
{
	connection_list_deinit(&connections);
}

void seald_connections_drain(void)
{
	struct connection *_conn, *next;

	draining = TRUE;
	for (_conn = connections->connections; _conn != NULL; _conn = next) {
		next = _conn->next;
		if (connection_is_done(container_of(_conn,
					struct seald_connection, conn)))
			connection_destroy(_conn);
	}
}

/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "buffer.h"
#include "ioloop.h"
#include "istream.h"
#include "llist.h"
#include "http-server.h"
#include "master-service.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/gate.h"
#include "plugin/portal/routes.h"
#include "plugin/portal/server.h"
#include "plugin/portal/sign-in.h"
#include "plugin/settings/compat-portal.h"

/* From the connection, or the last answer, to the whole of the next request. The
 * library's own limit begins anew with each byte: not enough against a client that
 * sends one now and then. */
#define REQUEST_MSECS (30 * 1000)
#define TARGET_MAX 1024			/* bytes of a request's path */
#define HEADER_MAX (16 * 1024)
#define FIELDS_MAX 64

struct portal_connection {
	struct portal_connection *prev, *next;	/* newest first */
	struct http_server_connection *http;
	struct timeout *to_request;	/* while we wait for the client */
	struct portal_exchange *exchange;	/* the last one, or NULL */
	struct portal_peer peer;
};

static struct http_server *server;
static struct portal_connection *head, *tail;
static unsigned int count;

/* It has sent no whole request in time, or others want its place. */
static void connection_drop(struct portal_connection *conn, const char *reason)
{
	timeout_remove(&conn->to_request);
	/* frees conn, unless the library is in the midst of it */
	http_server_connection_close(&conn->http, reason);
}

static void connection_timeout(struct portal_connection *conn)
{
	connection_drop(conn, "No request came in time");
}

static void connection_wait(struct portal_connection *conn)
{
	timeout_remove(&conn->to_request);
	conn->to_request = timeout_add(REQUEST_MSECS, connection_timeout, conn);
}

static void connection_destroyed(void *context, const char *reason ATTR_UNUSED)
{
	struct portal_connection *conn = context;

	timeout_remove(&conn->to_request);
	DLLIST2_REMOVE(&head, &tail, conn);
	count--;
	i_free(conn);
	master_service_client_connection_destroyed(master_service);
}

/*
 * Requests
 */

static void handle_signed_in(struct portal_exchange *exchange)
{
	exchange->route->handler(exchange);
}

/* The request is complete: from here on it is we who take our time. */
static void handle_body(struct portal_exchange *exchange)
{
	struct portal_connection *conn = exchange->connection;

	timeout_remove(&conn->to_request);
	T_BEGIN {
		portal_sign_in_exchange(exchange, handle_signed_in);
	} T_END;
}

static void connection_cut(struct portal_connection *conn)
{
	connection_drop(conn, "The body breaks off");
}

/* A part of the body is there. */
static void handle_input(struct portal_exchange *exchange)
{
	struct portal_connection *conn = exchange->connection;
	struct istream *input = exchange->input;
	const unsigned char *data;
	size_t size;

	while (i_stream_read_more(input, &data, &size) > 0) {
		if (exchange->late == NULL)
			buffer_append(exchange->body, data, size);
		i_stream_skip(input, size);
	}
	if (input->stream_errno != 0) {
		/* the library would keep the connection; it is in the midst of
		   it now */
		timeout_remove(&conn->to_request);
		conn->to_request = timeout_add_short(0, connection_cut, conn);
	} else if (input->v_offset == exchange->length) {
		if (portal_exchange_read(exchange))
			handle_body(exchange);
	}
}

/* Not with http_server_request_buffer_payload(): its stream ends the process where
 * a body comes in parts. */
static void read_body(struct portal_exchange *exchange)
{
	exchange->input = http_server_request_get_payload_input(
		exchange->request, FALSE);
	if (portal_gate_pass(exchange) && portal_sign_in_check(exchange)) {
		/* room for all of it: a buffer that moves leaves a copy behind */
		(void)buffer_append_space_unsafe(exchange->body,
						 exchange->length);
		buffer_set_used_size(exchange->body, 0);
	}
	http_server_request_handle_payload(exchange->request, handle_input,
					   exchange);
}

static void handle_exchange(struct portal_exchange *exchange)
{
	if (!portal_gate_measure(exchange))
		return;
	/* A body of no bytes would be waited for: 2.3 hangs, 2.4 ends the
	   process. */
	if (exchange->length > 0)
		read_body(exchange);
	else if (portal_gate_pass(exchange) && portal_sign_in_check(exchange))
		handle_body(exchange);
}

/* It was answered, or the connection is closed. */
static void request_destroyed(struct portal_exchange *exchange)
{
	struct portal_connection *conn = exchange->connection;

	if (conn->exchange == exchange)
		conn->exchange = NULL;
	i_stream_unref(&exchange->input);
	http_server_request_unref(&exchange->request);
	portal_exchange_unref(&exchange);
	if (conn->http != NULL)
		connection_wait(conn);
}

static void handle_request(void *context, struct http_server_request *request)
{
	struct portal_connection *conn = context;
	struct portal_exchange *exchange =
		portal_exchange_new(request, &conn->peer);

	exchange->connection = conn;
	conn->exchange = exchange;
	http_server_request_set_destroy_callback(request, request_destroyed,
						 exchange);
	/* it must outlive its answer, which may be given in here */
	portal_exchange_ref(exchange);
	T_BEGIN {
		handle_exchange(exchange);
	} T_END;
	portal_exchange_unref(&exchange);
}

static const struct http_server_callbacks callbacks = {
	.handle_request = handle_request,
	.connection_destroy = connection_destroyed
};

/*
 * Connections
 */

/* Both ends are on this machine: what is sent is on no wire. */
static bool is_local(const struct master_service_connection *conn)
{
	return net_ip_compare(&conn->real_remote_ip, &conn->real_local_ip);
}

static void read_peer(const struct master_service_connection *conn,
		      struct portal_peer *peer_r)
{
	peer_r->remote_ip = conn->remote_ip;
	peer_r->local_ip = conn->local_ip;
	peer_r->remote_port = conn->remote_port;
	peer_r->local_port = conn->local_port;
	peer_r->real_remote_ip = conn->real_remote_ip;
	peer_r->real_local_ip = conn->real_local_ip;
	peer_r->real_remote_port = conn->real_remote_port;
	peer_r->real_local_port = conn->real_local_port;
	peer_r->tls = conn->ssl || compat_proxy_has_tls(conn);
	peer_r->secured = peer_r->tls || is_local(conn);
}

/* It has sent nothing yet, or is reading an answer. */
static bool is_waited_for(const struct portal_connection *conn)
{
	return conn->to_request != NULL ||
		(conn->exchange != NULL && conn->exchange->answered);
}

/* Where all places are taken, the oldest one that it is for the client to go on with
 * gives up its own: else a thousand slow clients would keep everybody out. */
static void make_room(void)
{
	struct portal_connection *conn;

	if (count + 1 < master_service_get_client_limit(master_service))
		return;
	for (conn = tail; conn != NULL; conn = conn->prev) {
		if (is_waited_for(conn)) {
			connection_drop(conn, "Others want its place");
			return;
		}
	}
}

void portal_server_accept(struct master_service_connection *master_conn)
{
	struct portal_connection *conn;

	make_room();
	conn = i_new(struct portal_connection, 1);
	master_service_client_connection_accept(master_conn);
	read_peer(master_conn, &conn->peer);
	DLLIST2_PREPEND(&head, &tail, conn);
	count++;
	connection_wait(conn);
	conn->http = http_server_connection_create(server, master_conn->fd,
						   master_conn->fd,
						   master_conn->ssl,
						   &callbacks, conn);
}

void portal_server_init(void)
{
	server = compat_http_server_init(REQUEST_MSECS, PORTAL_BODY_MAX,
					 TARGET_MAX, HEADER_MAX, FIELDS_MAX);
}

void portal_server_drain(void)
{
	struct portal_connection *conn, *next;

	/* who has not sent a whole request would keep us for half a minute */
	for (conn = head; conn != NULL; conn = next) {
		next = conn->next;
		if (conn->to_request != NULL)
			connection_drop(conn, "The portal ends");
	}
	http_server_shut_down(server);
}

void portal_server_deinit(void)
{
	/* the server asserts that it has none when it ends */
	while (head != NULL)
		connection_drop(head, "The portal ends");
	http_server_deinit(&server);
}

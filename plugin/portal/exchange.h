/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_EXCHANGE_H
#define PORTAL_EXCHANGE_H

#include <jansson.h>
#include "net.h"

struct http_server_request;
struct portal_route;

/* Who is at the other end of a connection. */
struct portal_peer {
	struct ip_addr remote_ip, local_ip, real_remote_ip, real_local_ip;
	in_port_t remote_port, local_port, real_remote_port, real_local_port;
	/* nobody on the way can read along: TLS, here or up to a proxy that says
	   so, or both ends are on this machine */
	bool secured;
	bool tls;
};

/* One request and its answer. Each is answered exactly once, by one of the
 * portal_answer functions; after that it may be gone, unless a reference is
 * held. */
struct portal_exchange {
	pool_t pool;			/* as long as the exchange */
	unsigned int refs;
	struct http_server_request *request;	/* NULL: it is over */
	struct portal_peer peer;
	void *connection;		/* the server's */
	const struct portal_route *route;
	const char *id;			/* of a profile, from the path; or NULL */
	uoff_t length;			/* of the body, as the request says */
	struct istream *input;		/* while it is read; or NULL */
	struct http_server_response *late;	/* waits until it is; or NULL */
	bool late_close;
	bool answered;			/* it is with the client now */
	buffer_t *body;			/* wiped with the exchange */

	/* From signing in, or from the token; NULL where the route asks for none */
	const char *user;
	const char *const *addresses;	/* NULL-terminated, maybe empty */
};

/* Holds a reference to the request, which its creator takes back, with its own
 * reference to the exchange, when the request is destroyed. */
struct portal_exchange *
portal_exchange_new(struct http_server_request *request,
		    const struct portal_peer *peer);
void portal_exchange_ref(struct portal_exchange *exchange);
/* Leaves NULL. */
void portal_exchange_unref(struct portal_exchange **exchange);

/* The request's header field; NULL: it has none. */
const char *portal_exchange_header(const struct portal_exchange *exchange,
				   const char *name);
/* Signs the exchange in as this user: copies both. addresses: NULL-terminated. */
void portal_exchange_set_user(struct portal_exchange *exchange,
			      const char *user, const char *const *addresses);

/* The whole body has gone by. TRUE: it is wanted. FALSE: the request had been
 * refused, which is answered now. */
bool portal_exchange_read(struct portal_exchange *exchange);

/* The body as a JSON object; an empty body is an empty object. NULL: it is none,
 * and that was answered. json_decref() frees it. */
json_t *portal_exchange_json(struct portal_exchange *exchange);
/* TRUE: the body is empty, or an empty object. FALSE: it is not, and that was
 * answered. */
bool portal_exchange_nothing(struct portal_exchange *exchange);

/*
 * Answers
 */

/* JSON; takes the reference to body. */
void portal_answer_json(struct portal_exchange *exchange, unsigned int status,
			json_t *body);
/* Anything else; NULL data: nothing. */
void portal_answer_data(struct portal_exchange *exchange, unsigned int status,
			const char *type, const void *data, size_t size);
/* 200 with what never changes and never goes away: it is not copied, however many
 * clients are slow to read it. */
void portal_answer_constant(struct portal_exchange *exchange, const char *type,
			    const void *data, size_t size);
/* 204 */
void portal_answer_empty(struct portal_exchange *exchange);

/* A failure: openapi.json lists status and code. The text is a sentence for the
 * user, in English. */
void portal_answer_failure(struct portal_exchange *exchange,
			   unsigned int status, const char *code,
			   const char *text);
/* The same, and the connection is closed: what else comes on it is not read. */
void portal_answer_failure_close(struct portal_exchange *exchange,
				 unsigned int status, const char *code,
				 const char *text);
/* 401 with the challenge that the route wants. */
void portal_answer_unauthenticated(struct portal_exchange *exchange,
				   const char *text);
/* Adds a header field to the answer that will follow. */
void portal_answer_header(struct portal_exchange *exchange, const char *name,
			  const char *value);

/* A string for JSON: what is not UTF-8 becomes '?'. */
json_t *portal_json_string(const char *text);
/* An array of such strings; texts: NULL-terminated. */
json_t *portal_json_strings(const char *const *texts);

#endif

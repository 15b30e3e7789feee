/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_COMPAT_PORTAL_H
#define MAIL_SEAL_COMPAT_PORTAL_H

/* As compat.h, for the portal: what it needs of Dovecot's HTTP server and auth
 * client. */

#include "auth-client.h"
#include "http-server.h"
#include "master-service.h"

/* 2.4.3 tells callbacks why something failed */
#if DOVECOT_PREREQ(2, 4, 3)
#  define COMPAT_AUTH_STATUS \
	enum auth_request_status status, const char *log_error ATTR_UNUSED
#  define COMPAT_AUTH_CONNECTED const char *error ATTR_UNUSED
#else
#  define COMPAT_AUTH_STATUS enum auth_request_status status
#  define COMPAT_AUTH_CONNECTED bool connected ATTR_UNUSED
#endif

static inline void
compat_auth_request_info_init(struct auth_request_info *info,
			      const char *protocol, bool secured, bool tls)
{
	i_zero(info);
#if DOVECOT_PREREQ(2, 4, 0)
	info->protocol = protocol;
	info->flags = (secured ? AUTH_REQUEST_FLAG_CONN_SECURED : 0) |
		(tls ? AUTH_REQUEST_FLAG_CONN_SECURED_TLS : 0);
#else
	info->service = protocol;
	info->flags = (secured ? AUTH_REQUEST_FLAG_SECURED : 0) |
		(tls ? AUTH_REQUEST_FLAG_TRANSPORT_SECURITY_TLS : 0);
#endif
}

/* Does a proxy say that it has spoken TLS with the client? */
static inline bool
compat_proxy_has_tls(const struct master_service_connection *conn)
{
#if DOVECOT_PREREQ(2, 4, 0)
	return conn->haproxied && conn->haproxy.ssl;
#else
	return conn->proxied && conn->proxy.ssl;
#endif
}

/* An HTTP server that takes its TLS settings from Dovecot's. */
static inline struct http_server *
compat_http_server_init(unsigned int idle_msecs, uoff_t payload_max,
			uoff_t target_max, uoff_t header_max,
			unsigned int fields_max)
{
#if DOVECOT_PREREQ(2, 4, 0)
	struct http_server_settings *set;
	struct http_server *server;
	pool_t pool = pool_alloconly_create("http server settings", 512);

	/* the server keeps them, and their pool */
	set = p_new(pool, struct http_server_settings, 1);
	http_server_settings_init(pool, set);
	set->max_client_idle_time_msecs = idle_msecs;
	set->request_max_payload_size = payload_max;
	set->request_max_target_length = target_max;
	set->request_hdr_max_size = header_max;
	set->request_hdr_max_field_size = header_max;
	set->request_hdr_max_fields = fields_max;
	server = http_server_init(set,
				  master_service_get_event(master_service));
	pool_unref(&pool);
	return server;
#else
	struct http_server_settings set;

	i_zero(&set);
	set.max_client_idle_time_msecs = idle_msecs;
	set.max_pipelined_requests = 1;
	set.request_limits.max_payload_size = payload_max;
	set.request_limits.max_target_length = target_max;
	set.request_limits.header.max_size = header_max;
	set.request_limits.header.max_field_size = header_max;
	set.request_limits.header.max_fields = fields_max;
	return http_server_init(&set);
#endif
}

#endif

/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "base64.h"
#include "buffer.h"
#include "ioloop.h"
#include "llist.h"
#include "safe-memset.h"
#include "str.h"
#include "auth-client.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/login.h"
#include "plugin/settings/compat-portal.h"

#include <unistd.h>

#define SERVICE "mail-seal-portal"
#define CONNECT_MSECS (5 * 1000)	/* until auth is there; it may be restarting */
#define TIMEOUT_MSECS (60 * 1000)	/* the penalty is a quarter of it at most */

struct login {
	struct login *prev, *next;
	struct auth_client_request *request;	/* NULL: not sent yet */
	struct timeout *to;
	char *response;				/* SASL PLAIN's, in base64 */
	struct portal_peer peer;
	portal_login_callback_t *callback;
	void *context;
};

static struct auth_client *auth;
static struct login *logins;
static unsigned int logins_count;

static void finish(struct login *login, enum portal_login_result result,
		   const char *user, const char *const *addresses)
{
	DLLIST_REMOVE(&logins, login);
	logins_count--;
	timeout_remove(&login->to);
	if (login->request != NULL)
		auth_client_request_abort(&login->request, "Not needed");
	safe_memset(login->response, 0, strlen(login->response));
	i_free(login->response);
	login->callback(result, user, addresses, login->context);
	i_free(login);
}

static const char *find_arg(const char *const *args, const char *name)
{
	size_t len = strlen(name);

	for (; args != NULL && *args != NULL; args++) {
		if (strncmp(*args, name, len) == 0 && (*args)[len] == '=')
			return *args + len + 1;
	}
	return NULL;
}

/* Fields that come without a value, too */
static bool has_arg(const char *const *args, const char *name)
{
	return find_arg(args, name) != NULL ||
		(args != NULL && str_array_find(args, name));
}

/* What Dovecot's login processes see to, auth does not: an account that is closed
 * (nologin), and one that is on another server (proxy), which alone may know
 * whether the password is right. */
static bool may_log_in(const char *const *args)
{
	return !has_arg(args, "nologin") && !has_arg(args, "proxy");
}

static void finish_ok(struct login *login, const char *const *args)
{
	const char *user = find_arg(args, "user");
	const char *addresses = find_arg(args, "mail_seal_addresses");

	if (user == NULL || *user == '\0') {
		i_error("auth does not say who has signed in");
		finish(login, PORTAL_LOGIN_UNAVAILABLE, NULL, NULL);
		return;
	}
	if (!may_log_in(args)) {
		finish(login, PORTAL_LOGIN_REFUSED, NULL, NULL);
		return;
	}
	if (addresses == NULL)
		addresses = strchr(user, '@') == NULL ? "" : user;
	finish(login, PORTAL_LOGIN_OK, user,
	       (const char *const *)t_strsplit_spaces(addresses, ", \t\r\n"));
}

static void replied(struct auth_client_request *request ATTR_UNUSED,
		    COMPAT_AUTH_STATUS, const char *data_base64 ATTR_UNUSED,
		    const char *const *args, void *context)
{
	struct login *login = context;

	switch (status) {
	case AUTH_REQUEST_STATUS_CONTINUE:
		/* PLAIN has said all it has to say */
		finish(login, PORTAL_LOGIN_REFUSED, NULL, NULL);
		return;
	case AUTH_REQUEST_STATUS_OK:
		login->request = NULL;
		finish_ok(login, args);
		return;
	case AUTH_REQUEST_STATUS_FAIL:
		login->request = NULL;
		finish(login, find_arg(args, "code") != NULL &&
		       strcmp(find_arg(args, "code"), "temp_fail") == 0 ?
		       PORTAL_LOGIN_UNAVAILABLE : PORTAL_LOGIN_REFUSED,
		       NULL, NULL);
		return;
	case AUTH_REQUEST_STATUS_INTERNAL_FAIL:
	case AUTH_REQUEST_STATUS_ABORT:
		login->request = NULL;
		finish(login, PORTAL_LOGIN_UNAVAILABLE, NULL, NULL);
		return;
	}
	i_unreached();
}

static void timed_out(struct login *login)
{
	i_error("auth has not answered for %u seconds",
		(login->request == NULL ? CONNECT_MSECS : TIMEOUT_MSECS) / 1000);
	finish(login, PORTAL_LOGIN_UNAVAILABLE, NULL, NULL);
}

static void send_login(struct login *login)
{
	struct auth_request_info info;

	compat_auth_request_info_init(&info, SERVICE, login->peer.secured,
				      login->peer.tls);
	info.mech = "PLAIN";
	info.remote_ip = login->peer.remote_ip;
	info.local_ip = login->peer.local_ip;
	info.remote_port = login->peer.remote_port;
	info.local_port = login->peer.local_port;
	info.real_remote_ip = login->peer.real_remote_ip;
	info.real_local_ip = login->peer.real_local_ip;
	info.real_remote_port = login->peer.real_remote_port;
	info.real_local_port = login->peer.real_local_port;
	info.initial_resp_base64 = login->response;
	timeout_remove(&login->to);
	login->to = timeout_add(TIMEOUT_MSECS, timed_out, login);
	login->request = auth_client_request_new(auth, &info, replied, login);
}

/* A request that is made before auth has shaken hands ends the process. */
static void connect_changed(struct auth_client *client,
			    COMPAT_AUTH_CONNECTED, void *context ATTR_UNUSED)
{
	struct login *login, *next;

	for (login = logins; login != NULL; login = next) {
		next = login->next;
		if (login->request != NULL)
			continue;
		if (auth_client_is_connected(client))
			send_login(login);
		else
			finish(login, PORTAL_LOGIN_UNAVAILABLE, NULL, NULL);
	}
}

void portal_login_init(const char *base_dir)
{
	auth = auth_client_init(t_strconcat(base_dir, "/auth-client", NULL),
				getpid(), FALSE);
	auth_client_set_connect_notify(auth, connect_changed, NULL);
	auth_client_connect(auth);
}

void portal_login_deinit(void)
{
	while (logins != NULL)
		finish(logins, PORTAL_LOGIN_UNAVAILABLE, NULL, NULL);
	auth_client_deinit(&auth);
}

/* RFC 4616: authzid NUL authcid NUL passwd, without an authzid */
static char *plain_response(const char *name, const char *password)
{
	buffer_t *plain = t_buffer_create(256);
	string_t *base64 = t_str_new(512);
	char *response;

	buffer_append_c(plain, '\0');
	buffer_append(plain, name, strlen(name) + 1);
	buffer_append(plain, password, strlen(password));
	base64_encode(plain->data, plain->used, base64);
	response = i_strdup(str_c(base64));
	safe_memset(buffer_get_modifiable_data(plain, NULL), 0, plain->used);
	safe_memset(str_c_modifiable(base64), 0, str_len(base64));
	return response;
}

static bool is_same_caller(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family &&
		net_is_in_network(a, b, a->family == AF_INET6 ? 64 : 32);
}

static bool has_room(const struct portal_peer *peer)
{
	const struct login *login;
	unsigned int same = 0;

	for (login = logins; login != NULL; login = login->next) {
		if (is_same_caller(&login->peer.remote_ip, &peer->remote_ip))
			same++;
	}
	return logins_count < PORTAL_LOGINS_MAX &&
		same < PORTAL_LOGINS_ADDRESS_MAX;
}

void portal_login(const char *name, const char *password,
		  const struct portal_peer *peer,
		  portal_login_callback_t *callback, void *context)
{
	struct login *login;

	if (!has_room(peer)) {
		callback(PORTAL_LOGIN_BUSY, NULL, NULL, context);
		return;
	}
	login = i_new(struct login, 1);
	login->response = plain_response(name, password);
	login->peer = *peer;
	login->callback = callback;
	login->context = context;
	login->to = timeout_add(CONNECT_MSECS, timed_out, login);
	DLLIST_PREPEND(&logins, login);
	logins_count++;
	if (auth_client_is_connected(auth))
		send_login(login);
	else if (auth_client_is_disconnected(auth))
		auth_client_connect(auth);
}

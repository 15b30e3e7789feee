/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "buffer.h"
#include "istream.h"
#include "llist.h"
#include "net.h"
#include "str-sanitize.h"
#include "smtp-address.h"
#include "smtp-client.h"
#include "smtp-client-connection.h"
#include "smtp-client-transaction.h"
#include "smtp-reply.h"
#include "plugin/portal/mail.h"

#define TIMEOUT_MSECS (30 * 1000)
/* On their way, of each user one. The others wait: whoever asks for much would else
 * fill lmtp's queue of connections, and with that also hold up the server's own
 * mail. */
#define AT_ONCE 10
#define USER_MAX 16			/* of one user's, more than anybody needs */
#define ALL_MAX 1000

struct delivery {
	struct delivery *prev, *next;
	char *user;
	buffer_t *message;
	struct smtp_client_transaction *trans;	/* NULL: waits for its turn */
	portal_mail_callback_t *callback;
	void *context;
	enum portal_mail_result result;
};

static struct smtp_client *client;
static char *socket_path;
static struct delivery *head, *tail;	/* oldest first */
static unsigned int count, sending;

static void finish(struct delivery *delivery)
{
	DLLIST2_REMOVE(&head, &tail, delivery);
	count--;
	if (delivery->callback != NULL)
		delivery->callback(delivery->result, delivery->context);
	buffer_free(&delivery->message);
	i_free(delivery->user);
	i_free(delivery);
}

static void read_reply(struct delivery *delivery,
		       const struct smtp_reply *reply)
{
	if (reply->status / 100 == 5)
		delivery->result = PORTAL_MAIL_REFUSED;
	i_error("Mail to user=%s was not delivered: LMTP says: %s",
		str_sanitize(delivery->user, 256),
		str_sanitize(smtp_reply_log(reply), 512));
}

static void recipient_replied(const struct smtp_reply *reply,
			      struct delivery *delivery)
{
	if (!smtp_reply_is_success(reply))
		read_reply(delivery, reply);
}

static void data_replied(const struct smtp_reply *reply,
			 struct delivery *delivery)
{
	if (smtp_reply_is_success(reply))
		delivery->result = PORTAL_MAIL_DELIVERED;
	else
		read_reply(delivery, reply);
}

/* The library wants one; each recipient has its own. */
static void ignore_reply(const struct smtp_reply *reply ATTR_UNUSED,
			 struct delivery *delivery ATTR_UNUSED)
{
}

static void send_waiting(void);

/* The end of the transaction, whatever became of it. */
static void transaction_finished(struct delivery *delivery)
{
	delivery->trans = NULL;
	sending--;
	finish(delivery);
	send_waiting();
}

static void send_delivery(struct delivery *delivery,
			  const struct smtp_address *to)
{
	struct smtp_client_connection *conn;
	struct istream *input;

	conn = smtp_client_connection_create_unix(client, SMTP_PROTOCOL_LMTP,
						  socket_path, NULL);
	smtp_client_connection_connect(conn, NULL, NULL);
	delivery->trans = smtp_client_transaction_create(conn, NULL, NULL, 0,
		transaction_finished, delivery);
	sending++;
	smtp_client_connection_unref(&conn);
	smtp_client_transaction_add_rcpt(delivery->trans, to, NULL,
					 recipient_replied, data_replied,
					 delivery);
	input = i_stream_create_from_buffer(delivery->message);
	smtp_client_transaction_send(delivery->trans, input, ignore_reply,
				     delivery);
	i_stream_unref(&input);
}

/* A client of 2.3 whose connection to a socket fails ends the process: so that is
 * tried before. */
static bool lmtp_listens(void)
{
	int fd = net_connect_unix(socket_path);

	if (fd == -1) {
		i_error("connect(%s) failed: %m", socket_path);
		return FALSE;
	}
	i_close_fd(&fd);
	return TRUE;
}

static void start(struct delivery *delivery)
{
	struct smtp_address *to;
	const char *error;

	if (smtp_address_parse_username(pool_datastack_create(), delivery->user,
					&to, &error) < 0) {
		i_error("Mail to user=%s cannot be addressed: %s",
			str_sanitize(delivery->user, 256), error);
		finish(delivery);
	} else if (!lmtp_listens()) {
		finish(delivery);
	} else {
		send_delivery(delivery, to);
	}
}

static bool is_on_its_way(const char *user)
{
	const struct delivery *delivery = head;

	while (delivery != NULL && (delivery->trans == NULL ||
				    strcmp(delivery->user, user) != 0))
		delivery = delivery->next;
	return delivery != NULL;
}

/* The oldest of those whose turn it may be; so a user's mails come in order, and a
 * mailbox that does not answer holds up its own user's only. */
static struct delivery *find_waiting(void)
{
	struct delivery *delivery = head;

	while (delivery != NULL && (delivery->trans != NULL ||
				    is_on_its_way(delivery->user)))
		delivery = delivery->next;
	return delivery;
}

/* From the beginning each time: any of them may be gone after a start. */
static void send_waiting(void)
{
	struct delivery *delivery;

	while (sending < AT_ONCE && (delivery = find_waiting()) != NULL) {
		T_BEGIN {
			start(delivery);
		} T_END;
	}
}

static bool has_room(const char *user)
{
	const struct delivery *delivery;
	unsigned int of_user = 0;

	for (delivery = head; delivery != NULL; delivery = delivery->next) {
		if (strcmp(delivery->user, user) == 0)
			of_user++;
	}
	return of_user < USER_MAX && count < ALL_MAX;
}

void portal_mail(const char *user, const void *data, size_t size,
		 portal_mail_callback_t *callback, void *context)
{
	struct delivery *delivery;

	if (!has_room(user)) {
		i_error("Mail to user=%s was not delivered: too many wait",
			str_sanitize(user, 256));
		if (callback != NULL)
			callback(PORTAL_MAIL_FAILED, context);
		return;
	}
	delivery = i_new(struct delivery, 1);
	delivery->user = i_strdup(user);
	delivery->callback = callback;
	delivery->context = context;
	delivery->result = PORTAL_MAIL_FAILED;
	delivery->message = buffer_create_dynamic(default_pool, size);
	buffer_append(delivery->message, data, size);
	DLLIST2_APPEND(&head, &tail, delivery);
	count++;
	send_waiting();
}

void portal_mail_init(const char *base_dir)
{
	struct smtp_client_settings set;

	i_zero(&set);
	set.my_hostname = "localhost";
	set.command_timeout_msecs = TIMEOUT_MSECS;
	set.connect_timeout_msecs = TIMEOUT_MSECS;
	client = smtp_client_init(&set);
	socket_path = i_strconcat(base_dir, "/lmtp", NULL);
}

void portal_mail_deinit(void)
{
	struct delivery *delivery, *next;

	/* else they would begin when the others end */
	for (delivery = head; delivery != NULL; delivery = next) {
		next = delivery->next;
		if (delivery->trans == NULL)
			finish(delivery);
	}
	while ((delivery = head) != NULL) {
		/* which says so, unless it is failing already */
		smtp_client_transaction_destroy(&delivery->trans);
		if (delivery == head)
			finish(delivery);
	}
	smtp_client_deinit(&client);
	i_free(socket_path);
}

/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "base/error.h"
#include "plugin/storage/storage-private.h"

/* A slow seald must not hold up a delivery for longer: LMTP clients wait, and
   the message comes again. */
#define ASK_TIMEOUT_MSECS 2000

/* One connection per process and socket: its users come one after the other. */
static struct asked {
	const char *suffix;	/* of the socket's name */
	struct seal_client *client;
	char *path;
} asked[] = {
	[MAIL_SEAL_ASK_SEAL] = { .suffix = "" },
	[MAIL_SEAL_ASK_SIGN] = { .suffix = "-sign" },
	[MAIL_SEAL_ASK_OPEN] = { .suffix = "-open" }
};

static void asked_close(struct asked *to)
{
	seal_client_free(&to->client);
	i_free(to->path);
}

void mail_seal_ask_deinit(void)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(asked); i++)
		asked_close(&asked[i]);
}

static bool asked_is_at(const struct asked *to, const char *path)
{
	return to->client != NULL && strcmp(to->path, path) == 0;
}

static int asked_connect(struct asked *to, const char *socket_path,
			 struct seal_error *err)
{
	const char *path = t_strconcat(socket_path, to->suffix, NULL);

	if (asked_is_at(to, path))
		return 0;
	asked_close(to);
	to->client = seal_client_new(path, ASK_TIMEOUT_MSECS, err);
	if (to->client == NULL)
		return -1;
	to->path = i_strdup(path);
	return 0;
}

struct seal_client *mail_seal_ask_client(enum mail_seal_ask what,
					 const char *socket_path,
					 struct seal_error *err)
{
	int ret;

	T_BEGIN {
		ret = asked_connect(&asked[what], socket_path, err);
	} T_END;
	return ret < 0 ? NULL : asked[what].client;
}

int mail_seal_ask(enum mail_seal_ask what, const char *socket_path,
		  const char *const *args, struct seal_answer *answer,
		  struct seal_error *err)
{
	struct seal_client *client =
		mail_seal_ask_client(what, socket_path, err);

	return client == NULL ? -1 :
		seal_client_ask(client, args, NULL, NULL, answer, err);
}

void mail_seal_ask_ahead(enum mail_seal_ask what, const char *socket_path,
			 const char *const *args)
{
	struct asked *to = &asked[what];

	if (asked_is_at(to, t_strconcat(socket_path, to->suffix, NULL)))
		seal_client_ask_ahead(to->client, args);
}

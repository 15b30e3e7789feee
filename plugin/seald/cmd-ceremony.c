/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/seald/command.h"

#include "base/buf.h"
#include "base/error.h"
#include "pki/issuer.h"
#include "plugin/seald/answer.h"
#include "plugin/seald/keeper.h"
#include "service/ceremony.h"
#include "service/profiles.h"
#include "store/profile.h"

static int create(const struct seald_request *request, char *id_r,
		  struct seal_buf *pem, struct seal_error *err)
{
	const char *addresses = seald_request_get(request, "addresses");
	const char *text = seald_request_get(request, "days");
	unsigned int days = SEAL_DAYS_DEFAULT;
	struct seal_keyring *keyring;
	int ret;

	if (text != NULL && str_to_uint(text, &days) < 0)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "days is not a number");
	keyring = seald_keeper_keyring(err);
	if (keyring == NULL)
		return -1;
	ret = seal_ceremony_create(request->store, keyring,
				   seald_request_get(request, "user"),
				   t_strsplit(addresses, ","), days,
				   seald_request_get(request, "label"),
				   seald_request_get(request, "nonce"),
				   request->now, id_r, pem, err);
	/* pending profiles that had expired may have gone */
	seald_keeper_replaced();
	return ret;
}

/* CREATE user= addresses= [days=] [label=] [nonce=] */
int cmd_create(struct seald_request *request, struct seal_error *err)
{
	struct seal_buf pem = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1];
	int ret;

	ret = create(request, id, &pem, err);
	if (ret == 0) {
		request->made = t_strdup(id);
		seald_answer_start(request->answer, "OK");
		seald_answer_add(request->answer, "id", id);
		seald_answer_add_base64(request->answer, "request", pem.data,
					pem.len);
		seald_answer_end(request->answer);
	}
	seal_buf_free(&pem);
	return ret;
}

static int issue(const struct seald_request *request, struct seal_buf *chain,
		 struct seal_buf *wish, struct seal_buf *issued,
		 struct seal_error *err)
{
	struct seal_keyring *keyring;

	if (seald_request_get_base64(request, "chain", chain, err) < 0 ||
	    seald_request_get_base64(request, "request", wish, err) < 0)
		return -1;
	keyring = seald_keeper_keyring(err);
	if (keyring == NULL)
		return -1;
	return seal_ceremony_issue(request->store, keyring,
				   seald_request_get(request, "user"),
				   seald_request_get(request, "id"),
				   (const char *)chain->data, chain->len,
				   (const char *)wish->data, wish->len,
				   request->now, issued, err);
}

/* ISSUE user= id= chain= request= */
int cmd_issue(struct seald_request *request, struct seal_error *err)
{
	struct seal_buf chain = SEAL_BUF_INIT, wish = SEAL_BUF_INIT;
	struct seal_buf issued = SEAL_BUF_INIT;
	int ret;

	ret = issue(request, &chain, &wish, &issued, err);
	if (ret == 0) {
		seald_answer_start(request->answer, "OK");
		seald_answer_add_base64(request->answer, "issued", issued.data,
					issued.len);
		seald_answer_end(request->answer);
	}
	seal_buf_free(&chain);
	seal_buf_free(&wish);
	seal_buf_free(&issued);
	return ret;
}

/* PROVE user= id= from= to= [cipher=] */
int cmd_prove(struct seald_request *request, struct seal_error *err)
{
	const char *name = seald_request_get(request, "cipher");
	enum seal_cipher cipher = SEAL_CIPHER_AES256_CBC;
	struct seal_buf message = SEAL_BUF_INIT;
	int ret;

	if (name != NULL &&
	    (cipher = seal_cipher_find(name)) == SEAL_CIPHER_NONE)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "unknown cipher: %s", name);
	ret = seal_ceremony_prove(request->store,
				  seald_request_get(request, "user"),
				  seald_request_get(request, "id"), cipher,
				  seald_request_get(request, "from"),
				  seald_request_get(request, "to"),
				  request->now, &message, err);
	if (ret == 0) {
		seald_answer_start(request->answer, "OK");
		seald_answer_add_base64(request->answer, "message",
					message.data, message.len);
		seald_answer_end(request->answer);
	}
	seal_buf_free(&message);
	return ret;
}

/* ACTIVATE user= id= [code=] */
int cmd_activate(struct seald_request *request, struct seal_error *err)
{
	const char *user = seald_request_get(request, "user");
	const char *id = seald_request_get(request, "id");
	const char *code = seald_request_get(request, "code");
	int ret;

	if (code != NULL) {
		ret = seal_ceremony_activate(request->store, user, id, code,
					     request->now, err);
	} else {
		ret = seal_profiles_activate(request->store, user, id,
					     request->now, err);
	}
	if (ret < 0)
		return -1;
	seald_answer_ok(request->answer);
	return 0;
}

/* The keyring, NULL where there is none: an imported profile has no secrets, and
 * can go without. */
static struct seal_keyring *keyring_if_any(void)
{
	struct seal_error logged;

	return seald_keeper_keyring(&logged);
}

/* DELETE user= id= */
int cmd_delete(struct seald_request *request, struct seal_error *err)
{
	int ret = seal_ceremony_delete(request->store, keyring_if_any(),
				       seald_request_get(request, "user"),
				       seald_request_get(request, "id"), err);

	seald_keeper_replaced();
	if (ret < 0)
		return -1;
	seald_answer_ok(request->answer);
	return 0;
}

/* SET user= id= NAME=VALUE... */
int cmd_set(struct seald_request *request, struct seal_error *err)
{
	unsigned int i, count = 0, total = str_array_length(request->args);
	const char **names = t_new(const char *, total + 1);
	const char **values = t_new(const char *, total + 1);

	for (i = 0; i < total; i++) {
		names[count] = t_strcut(request->args[i], '=');
		values[count] = request->args[i] + strlen(names[count]) + 1;
		if (strcmp(names[count], "user") != 0 &&
		    strcmp(names[count], "id") != 0)
			count++;
	}
	if (count == 0)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "no option to set was given");
	if (seal_ceremony_set(request->store, keyring_if_any(),
			      seald_request_get(request, "user"),
			      seald_request_get(request, "id"),
			      names, values, count, err) < 0)
		return -1;
	seald_answer_ok(request->answer);
	return 0;
}

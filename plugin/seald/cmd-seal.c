/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/seald/command.h"

#include "base/error.h"
#include "plugin/seald/answer.h"
#include "plugin/seald/keeper.h"
#include "service/ceremony.h"
#include "service/lookup.h"
#include "store/profile.h"

#define LOG_SECS 60

/* What the request asks for. */
struct wish {
	const char *user;
	enum seal_cipher cipher;
	bool names;
	enum seal_profile_sign sign;
};

/* A lost master key would otherwise be a line for each message. */
static void log_unsigned(const char *user, const struct seal_error *why)
{
	static time_t logged;
	time_t now = time(NULL);

	if (now >= logged && now - logged < LOG_SECS)
		return;
	logged = now;
	i_error("Mail of %s is not signed: %s", user, why->text);
}

static bool can_sign(const struct seald_request *request, const char *id)
{
	struct seal_profile active = { .kind = SEAL_PROFILE_ISSUED };
	const char *user = seald_request_get(request, "user");
	struct seal_keyring *keyring;
	struct seal_error why;
	int ret;

	/* which logs where it has none */
	keyring = seald_keeper_keyring(&why);
	if (keyring == NULL)
		return FALSE;
	i_strocpy(active.id, id, sizeof(active.id));
	ret = seal_ceremony_can_sign(keyring, seald_keeper_signing(),
				     request->now, user, &active, &why);
	if (ret < 0) {
		seald_keeper_failed(&why);
		log_unsigned(user, &why);
	}
	return ret > 0;
}

/* The profile's own choice, else the request's; and "no" where it cannot be
 * done, since mail has to be sealed all the same. */
static enum seal_profile_sign
decide_sign(const struct seald_request *request, const struct wish *wish,
	    const struct seal_lookup *lookup)
{
	enum seal_profile_sign sign =
		lookup->sign != SEAL_PROFILE_SIGN_DEFAULT ?
		lookup->sign : wish->sign;

	return lookup->issued && sign != SEAL_PROFILE_SIGN_NO &&
		can_sign(request, lookup->profile) ?
		sign : SEAL_PROFILE_SIGN_NO;
}

static void answer_yes(struct seald_answer *answer,
		       const struct seal_lookup *lookup,
		       enum seal_profile_sign sign, bool names)
{
	seald_answer_start(answer, "OK");
	seald_answer_add(answer, "profile", lookup->profile);
	seald_answer_add(answer, "cipher", seal_cipher_name(lookup->cipher));
	seald_answer_add_bool(answer, "kill_switch", lookup->kill_switch);
	seald_answer_add_bool(answer, "expired", lookup->expired);
	seald_answer_add(answer, "sign", seal_profile_sign_name(sign));
	seald_answer_add_base64(answer, "key", lookup->key.data,
				lookup->key.len);
	seald_answer_add_base64(answer, "recipients", lookup->recipients.data,
				lookup->recipients.len);
	if (names) {
		seald_answer_add_base64(answer, "names", lookup->names.data,
					lookup->names.len);
	}
	seald_answer_end(answer);
}

static void answer_no(struct seald_answer *answer,
		      const struct seal_lookup *lookup)
{
	seald_answer_start(answer, "NO");
	seald_answer_add(answer, "code", "no-profile");
	seald_answer_add_bool(answer, "kill_switch", lookup->kill_switch);
	seald_answer_add(answer, "text", "the user has no active profile");
	seald_answer_end(answer);
}

static int read_wish(const struct seald_request *request, struct wish *wish_r,
		     struct seal_error *err)
{
	const char *cipher = seald_request_get(request, "cipher");
	const char *sign = seald_request_get(request, "sign");
	int number = sign == NULL ? SEAL_PROFILE_SIGN_NO :
		seal_profile_sign_find(sign);

	i_zero(wish_r);
	wish_r->user = seald_request_get(request, "user");
	wish_r->cipher = seal_cipher_find(cipher);
	if (wish_r->cipher == SEAL_CIPHER_NONE)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "unknown cipher: %s", cipher);
	if (number < 0 || number == SEAL_PROFILE_SIGN_DEFAULT)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "sign is no, verified or always");
	wish_r->sign = number;
	if (seald_request_get(request, "names") == NULL)
		return 0;
	return seald_request_get_bool(request, "names", &wish_r->names, err);
}

/* SEAL user= cipher= [names=yes] [sign=no|verified|always] */
int cmd_seal(struct seald_request *request, struct seal_error *err)
{
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct wish wish;
	int ret;

	if (read_wish(request, &wish, err) < 0)
		return -1;
	ret = seal_lookup_user(request->store, request->cache, wish.user,
			       wish.cipher, wish.names, request->now, &lookup,
			       err);
	if (ret > 0)
		answer_yes(request->answer, &lookup,
			   decide_sign(request, &wish, &lookup), wish.names);
	else if (ret == 0)
		answer_no(request->answer, &lookup);
	seal_lookup_free(&lookup);
	return ret < 0 ? -1 : 0;
}

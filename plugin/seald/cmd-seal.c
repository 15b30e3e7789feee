/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/seald/command.h"

#include "base/error.h"
#include "plugin/seald/answer.h"
#include "service/lookup.h"

static void answer_yes(struct seald_answer *answer,
		       const struct seal_lookup *lookup, bool names)
{
	seald_answer_start(answer, "OK");
	seald_answer_add(answer, "profile", lookup->profile);
	seald_answer_add(answer, "cipher", seal_cipher_name(lookup->cipher));
	seald_answer_add_bool(answer, "kill_switch", lookup->kill_switch);
	seald_answer_add_bool(answer, "expired", lookup->expired);
	seald_answer_add(answer, "sign", "no");
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

/* SEAL user= cipher= [names=yes] */
int cmd_seal(struct seald_request *request, struct seal_error *err)
{
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	const char *user = seald_request_get(request, "user");
	const char *cipher_name = seald_request_get(request, "cipher");
	enum seal_cipher cipher = seal_cipher_find(cipher_name);
	bool names = FALSE;
	int ret;

	if (cipher == SEAL_CIPHER_NONE)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "unknown cipher: %s", cipher_name);
	if (seald_request_get(request, "names") != NULL &&
	    seald_request_get_bool(request, "names", &names, err) < 0)
		return -1;
	ret = seal_lookup_user(request->store, user, cipher, names,
			       request->now, &lookup, err);
	if (ret > 0)
		answer_yes(request->answer, &lookup, names);
	else if (ret == 0)
		answer_no(request->answer, &lookup);
	seal_lookup_free(&lookup);
	return ret < 0 ? -1 : 0;
}

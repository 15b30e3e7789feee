/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "base64.h"
#include "str.h"
#include "base/error.h"
#include "client/client.h"
#include "plugin/storage/storage-private.h"

/* The words of the setting, of seald's protocol and of the mark. */
static const char *const sign_words[] = {
	[SEAL_SIGN_NO] = "no",
	[SEAL_SIGN_VERIFIED] = "verified",
	[SEAL_SIGN_ALWAYS] = "always"
};

const char *mail_seal_sign_word(enum seal_sign sign)
{
	return sign_words[sign];
}

int mail_seal_sign_find(const char *word, enum seal_sign *sign_r)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(sign_words); i++) {
		if (strcmp(sign_words[i], word) == 0) {
			*sign_r = i;
			return 0;
		}
	}
	return -1;
}

static int read_signature(const struct seal_answer *answer,
			  struct seal_buf *out, struct seal_error *err)
{
	const char *text = seal_answer_get(answer, "text");
	int ret;

	if (answer->kind != SEAL_ANSWER_OK)
		return seal_error_set(err, SEAL_ERR_IO, "seald: %s",
			text != NULL ? text : "refused without a reason");
	ret = seal_answer_get_base64(answer, "cms", out, err);
	if (ret == 0 || (ret > 0 && out->len == 0))
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "seald's answer is incomplete");
	return ret < 0 ? -1 : 0;
}

static int ask_signature(struct mail_seal_decision *decision,
			 const char *address, const unsigned char *digest,
			 size_t digest_len, struct seal_buf *out,
			 struct seal_error *err)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	int ret;

	T_BEGIN {
		string_t *digest_arg = t_str_new(64);

		str_append(digest_arg, "digest=");
		base64_encode(digest, digest_len, digest_arg);
		const char *const args[] = {
			"SIGN", t_strconcat("user=", decision->owner, NULL),
			t_strconcat("profile=", decision->profile, NULL),
			t_strconcat("address=", address, NULL),
			str_c(digest_arg),
			decision->set->replies ? "replies=yes" : NULL, NULL
		};
		ret = mail_seal_ask(MAIL_SEAL_ASK_SIGN,
				    decision->set->socket_path, args, &answer,
				    err);
	} T_END;
	if (ret == 0)
		ret = read_signature(&answer, out, err);
	seal_answer_free(&answer);
	return ret;
}

int mail_seal_sign(void *context, const char *address,
		   const unsigned char *digest, size_t digest_len,
		   struct seal_buf *out, struct seal_error *err)
{
	struct mail_seal_decision *decision = context;
	struct seal_buf *signature = &decision->signature;

	i_assert(digest_len == sizeof(decision->digest));
	if (signature->len == 0 ||
	    memcmp(decision->digest, digest, digest_len) != 0) {
		seal_buf_clear(signature);
		if (ask_signature(decision, address, digest, digest_len,
				  signature, err) < 0) {
			seal_buf_clear(signature);
			return -1;
		}
		memcpy(decision->digest, digest, digest_len);
	}
	return seal_buf_append(out, signature->data, signature->len, err);
}

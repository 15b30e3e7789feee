/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/seald/profile-fields.h"

#include "base/error.h"
#include "pki/recipient.h"
#include "plugin/seald/answer.h"
#include "store/profile.h"

/* What the certificates of a profile amount to. */
struct summary {
	bool dated;			/* not_before and not_after are known */
	int64_t not_before, not_after;
	bool usable;
	/* why not: the first damaged certificate's, else the first one's */
	struct seal_error reason;
};

/* Reads and judges one certificate. The recipient (NULL where it does not parse)
 * is the caller's; reason is empty for a usable one. */
static struct seal_recipient *
judge(const struct seal_buf *der, time_t now, struct seal_error *reason)
{
	struct seal_recipient *recipient;

	i_zero(reason);
	recipient = seal_recipient_new(der->data, der->len, reason);
	if (recipient != NULL)
		(void)seal_recipient_judge(recipient, now, reason);
	return recipient;
}

static void summarise(const struct seal_profile *profile, time_t now,
		      struct summary *sum)
{
	struct seal_recipient *recipient;
	struct seal_recipient_text text;
	struct seal_error reason;
	bool damaged = FALSE;
	unsigned int i;

	i_zero(sum);
	(void)seal_error_set(&sum->reason, SEAL_ERR_REFUSED,
			     "it has no certificate yet");
	for (i = 0; i < profile->certificate_count; i++) {
		recipient = judge(&profile->certificates[i], now, &reason);
		if (reason.code == SEAL_ERR_NONE)
			sum->usable = TRUE;
		else if (!damaged && (i == 0 || recipient == NULL))
			sum->reason = reason;
		if (recipient == NULL) {
			damaged = TRUE;
			continue;
		}
		seal_recipient_describe(recipient, &text);
		if (!sum->dated || text.not_after > sum->not_after) {
			sum->dated = TRUE;
			sum->not_before = text.not_before;
			sum->not_after = text.not_after;
		}
		seal_recipient_free(&recipient);
	}
	/* as seal_lookup_user(): one that does not parse stops all of them */
	if (damaged)
		sum->usable = FALSE;
}

static void add_dates(struct seald_answer *answer, bool known,
		      int64_t not_before, int64_t not_after)
{
	if (known) {
		seald_answer_add_number(answer, "not_before", not_before);
		seald_answer_add_number(answer, "not_after", not_after);
	} else {
		seald_answer_add(answer, "not_before", "");
		seald_answer_add(answer, "not_after", "");
	}
}

void seald_profile_fields(struct seald_answer *answer, const char *user,
			  const struct seal_profile *profile, time_t now)
{
	struct summary sum;

	summarise(profile, now, &sum);
	seald_answer_add(answer, "user", user);
	seald_answer_add(answer, "id", profile->id);
	seald_answer_add(answer, "kind", seal_profile_kind_name(profile->kind));
	seald_answer_add(answer, "state",
			 seal_profile_state_name(profile->state));
	seald_answer_add(answer, "label", profile->label);
	seald_answer_add(answer, "cipher",
			 profile->cipher == SEAL_CIPHER_NONE ? "default" :
			 seal_cipher_name(profile->cipher));
	seald_answer_add(answer, "sign", seal_profile_sign_name(profile->sign));
	seald_answer_add(answer, "key_transport",
			 profile->oaep ? "oaep" : "pkcs1");
	/* an imported profile signs nothing */
	seald_answer_add(answer, "sender_key",
			 profile->kind != SEAL_PROFILE_ISSUED ? "" :
			 seal_profile_sender_key_name(profile->sender_key));
	seald_answer_add_number(answer, "created", profile->created);
	add_dates(answer, sum.dated, sum.not_before, sum.not_after);
	seald_answer_add(answer, "usable",
			 sum.usable ? "yes" : sum.reason.text);
}

void seald_profile_fields_damaged(struct seald_answer *answer, const char *user,
				  const struct seal_error *problem)
{
	static const char *const empty[] = {
		"label", "cipher", "sign", "key_transport", "sender_key",
		"created", "not_before", "not_after"
	};
	unsigned int i;

	seald_answer_add(answer, "user", user);
	seald_answer_add(answer, "id", "");
	seald_answer_add(answer, "kind", "");
	seald_answer_add(answer, "state", "damaged");
	for (i = 0; i < N_ELEMENTS(empty); i++)
		seald_answer_add(answer, empty[i], "");
	seald_answer_add(answer, "usable", problem->text);
}

void seald_certificate_fields(struct seald_answer *answer,
			      const struct seal_profile *profile,
			      unsigned int idx, time_t now)
{
	struct seal_recipient *recipient;
	struct seal_recipient_text text;
	struct seal_error reason;

	i_zero(&text);
	recipient = judge(&profile->certificates[idx], now, &reason);
	if (recipient != NULL)
		seal_recipient_describe(recipient, &text);
	seald_answer_add_number(answer, "certificate", idx + 1);
	seald_answer_add(answer, "subject", text.subject);
	seald_answer_add(answer, "issuer", text.issuer);
	seald_answer_add(answer, "serial", text.serial);
	seald_answer_add(answer, "addresses", text.addresses);
	seald_answer_add(answer, "key", text.key);
	seald_answer_add(answer, "fingerprint", text.fingerprint);
	add_dates(answer, recipient != NULL, text.not_before, text.not_after);
	seald_answer_add(answer, "usable",
			 reason.code == SEAL_ERR_NONE ? "yes" : reason.text);
	seal_recipient_free(&recipient);
}

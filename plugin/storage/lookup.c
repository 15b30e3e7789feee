/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "base/error.h"
#include "client/client.h"
#include "plugin/storage/engine.h"
#include "plugin/storage/part.h"
#include "plugin/storage/storage-private.h"

#include <ctype.h>

static bool answer_is_yes(const struct seal_answer *answer, const char *name)
{
	return null_strcmp(seal_answer_get(answer, name), "yes") == 0;
}

static bool answer_has_bool(const struct seal_answer *answer, const char *name)
{
	return answer_is_yes(answer, name) ||
		null_strcmp(seal_answer_get(answer, name), "no") == 0;
}

static int parse_sign(struct mail_seal_decision *decision,
		      const struct seal_answer *answer, struct seal_error *err)
{
	const char *word = seal_answer_get(answer, "sign");
	struct seal_signer_order *sign = &decision->order.sign;

	if (word == NULL || mail_seal_sign_find(word, &sign->policy) < 0)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "seald's answer is incomplete");
	sign->authserv_id = decision->set->authserv_id;
	sign->ask = mail_seal_sign;
	sign->context = decision;
	return 0;
}

/* An answer without one of its fields is nonsense, which is no "no". */
static int parse_order(struct mail_seal_decision *decision,
		       const struct seal_answer *answer, bool want_names,
		       struct seal_error *err)
{
	struct seal_order *order = &decision->order;
	const char *profile = seal_answer_get(answer, "profile");
	const char *cipher = seal_answer_get(answer, "cipher");
	const char *p;

	if (profile == NULL || cipher == NULL ||
	    !answer_has_bool(answer, "kill_switch") ||
	    !answer_has_bool(answer, "expired"))
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "seald's answer is incomplete");
	/* it becomes part of a header field */
	for (p = profile; i_isalnum(*p); p++) ;
	if (*p != '\0' || p == profile ||
	    (size_t)(p - profile) >= sizeof(decision->profile))
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "seald sent a malformed profile id");
	i_strocpy(decision->profile, profile, sizeof(decision->profile));
	order->profile = decision->profile;
	order->cipher = seal_cipher_find(cipher);
	if (seal_answer_get_base64(answer, "key", &order->key, err) < 0 ||
	    seal_answer_get_base64(answer, "recipients",
				   &order->recipients, err) < 0 ||
	    seal_answer_get_base64(answer, "names", &order->names, err) < 0)
		return -1;
	if (order->cipher == SEAL_CIPHER_NONE || order->recipients.len == 0 ||
	    order->key.len != seal_cipher_key_length(order->cipher) ||
	    (want_names && seal_answer_get(answer, "names") == NULL))
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "seald's answer does not fit together");
	return parse_sign(decision, answer, err);
}

static enum seal_policy_state
read_answer(struct mail_seal_decision *decision,
	    const struct seal_answer *answer, bool want_names,
	    struct seal_error *err)
{
	const char *text = seal_answer_get(answer, "text");
	const char *code = seal_answer_get(answer, "code");

	switch (answer->kind) {
	case SEAL_ANSWER_OK:
		if (parse_order(decision, answer, want_names, err) < 0)
			return SEAL_STATE_FAILED;
		return answer_is_yes(answer, "expired") ?
			SEAL_STATE_EXPIRED : SEAL_STATE_USABLE;
	case SEAL_ANSWER_NO:
		if (code == NULL || strcmp(code, "no-profile") != 0 ||
		    !answer_has_bool(answer, "kill_switch"))
			break;
		return SEAL_STATE_NO_PROFILE;
	case SEAL_ANSWER_FAIL:
	case SEAL_ANSWER_ROW:
		break;
	}
	(void)seal_error_set(err, SEAL_ERR_IO, "seald: %s",
			     text != NULL ? text : "refused without a reason");
	return SEAL_STATE_FAILED;
}

#define QUESTION_MAX 6

/* The question for one owner; its words are from the data stack. */
static void question(const struct mail_seal_settings *set, const char *owner,
		     const char *args_r[QUESTION_MAX])
{
	*args_r++ = "SEAL";
	*args_r++ = t_strconcat("user=", owner, NULL);
	*args_r++ = t_strconcat("cipher=", seal_cipher_name(set->cipher), NULL);
	*args_r++ = t_strconcat("sign=", mail_seal_sign_word(set->sign), NULL);
	if (set->encrypted == SEAL_ENCRYPTED_MINE)
		*args_r++ = "names=yes";
	*args_r = NULL;
}

static enum seal_policy_state
lookup(struct mail_seal_user *suser, struct mail_seal_decision *decision,
       bool *kill_switch_r, struct seal_error *err)
{
	const struct mail_seal_settings *set = &suser->set;
	struct seal_answer answer = SEAL_ANSWER_INIT;
	enum seal_policy_state state = SEAL_STATE_FAILED;
	const char *args[QUESTION_MAX];

	question(set, decision->owner, args);
	*kill_switch_r = FALSE;
	if (mail_seal_ask(MAIL_SEAL_ASK_SEAL, set->socket_path, args, &answer,
			  err) == 0) {
		state = read_answer(decision, &answer,
				    set->encrypted == SEAL_ENCRYPTED_MINE, err);
		*kill_switch_r = answer_is_yes(&answer, "kill_switch");
	}
	seal_answer_free(&answer);
	return state;
}

void mail_seal_lookup_ahead(const struct mail_seal_settings *set,
			    const char *owner)
{
	T_BEGIN {
		const char *args[QUESTION_MAX];

		question(set, owner, args);
		mail_seal_ask_ahead(MAIL_SEAL_ASK_SEAL, set->socket_path, args);
	} T_END;
}

static const char *
state_reason(enum seal_policy_state state, bool kill_switch,
	     const struct mail_seal_decision *decision,
	     const struct seal_error *err)
{
	switch (state) {
	case SEAL_STATE_NO_PROFILE:
		return kill_switch ?
			"no active profile, and the kill switch is on" :
			"no active profile (mail_seal_without_profile)";
	case SEAL_STATE_EXPIRED:
		return t_strdup_printf("the certificate of active profile %s "
			"has expired (%s)", decision->profile, kill_switch ?
			"and the kill switch is on" : "mail_seal_expired");
	case SEAL_STATE_FAILED:
	case SEAL_STATE_USABLE:
		break;
	}
	return err->text;
}

struct mail_seal_decision *
mail_seal_decide(struct mail_user *user, const char *owner)
{
	struct mail_seal_user *suser = MAIL_SEAL_USER_CONTEXT(user);
	struct mail_seal_decision *decision;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	enum seal_policy_state state = SEAL_STATE_FAILED;
	bool kill_switch = FALSE;

	i_assert(suser != NULL);
	if (suser->ready != NULL && strcmp(suser->ready->owner, owner) == 0) {
		suser->ready->refcount++;
		return suser->ready;
	}
	decision = i_new(struct mail_seal_decision, 1);
	decision->refcount = 1;
	decision->owner = i_strdup(owner);
	decision->set = &suser->set;
	T_BEGIN {
		if (suser->set_error != NULL)
			(void)seal_error_set(&err, SEAL_ERR_INPUT, "%s",
					     suser->set_error);
		else if (mail_seal_part_get(MAIL_SEAL_ENGINE, &err) != NULL)
			state = lookup(suser, decision, &kill_switch, &err);
		/* the recipient's holds wherever their mail is filed */
		if (strcmp(owner, user->username) == 0)
			suser->kill_switch = kill_switch;
		else if (suser->kill_switch)
			kill_switch = TRUE;
		decision->action = seal_policy_decide(&suser->set.policy,
						      state, kill_switch);
		if (decision->action == SEAL_ACTION_DEFER ||
		    decision->action == SEAL_ACTION_REJECT)
			mail_seal_refuse(user, owner, decision->action,
				state_reason(state, kill_switch, decision,
					     &err));
	} T_END;
	decision->order.pass = decision->action == SEAL_ACTION_DELIVER;
	decision->order.encrypted = suser->set.encrypted;
	return decision;
}

enum seal_policy_action mail_seal_decide_early(struct mail_user *user)
{
	struct mail_seal_user *suser = MAIL_SEAL_USER_CONTEXT(user);
	enum seal_policy_action action;

	if (suser->ready == NULL)
		suser->ready = mail_seal_decide(user, user->username);
	action = suser->ready->action;
	/* a refusal is final for this message, and not for the next one */
	if (action == SEAL_ACTION_DEFER || action == SEAL_ACTION_REJECT)
		mail_seal_decision_unref(&suser->ready);
	return action;
}

void mail_seal_decision_unref(struct mail_seal_decision **_decision)
{
	struct mail_seal_decision *decision = *_decision;

	*_decision = NULL;
	if (decision == NULL || --decision->refcount > 0)
		return;
	seal_buf_free(&decision->order.key);
	seal_buf_free(&decision->order.recipients);
	seal_buf_free(&decision->order.names);
	seal_buf_free(&decision->signature);
	i_free(decision->owner);
	i_free(decision);
}

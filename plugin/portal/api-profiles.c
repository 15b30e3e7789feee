/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "array.h"
#include "plugin/portal/ask.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/mail.h"
#include "plugin/portal/notice.h"
#include "plugin/portal/profile-json.h"
#include "plugin/portal/routes.h"

#include "pki/issuer.h"

/* What a user sees of their profiles, a new one, and the test mail. */

#define NONCE_LEN 22

static void answer_no_address(struct portal_exchange *exchange)
{
	portal_answer_failure(exchange, 409, "refused", "Your account has no "
		"e-mail address that the server knows. Ask the people who run "
		"your mail to add it.");
}

/*
 * GET /api/v1/profiles
 */

static int add_profile(void *context, const struct seal_answer *row,
		       struct seal_error *err ATTR_UNUSED)
{
	json_array_append_new(context, portal_profile_json(row));
	return 0;
}

static int add_certificate(void *context, const struct seal_answer *row,
			   struct seal_error *err ATTR_UNUSED)
{
	json_array_append_new(context, portal_certificate_json(row));
	return 0;
}

static int add_certificates(struct portal_exchange *exchange, json_t *profile)
{
	const char *id = json_string_value(json_object_get(profile, "id"));
	const char *args[] = { portal_arg("id", id), NULL };
	struct seal_answer answer = SEAL_ANSWER_INIT;
	json_t *certificates = json_array();
	int ret = portal_ask(exchange, "SHOW", args, add_certificate,
			     certificates, &answer);

	json_object_set_new(profile, "certificates", certificates);
	seal_answer_free(&answer);
	return ret;
}

static int list(struct portal_exchange *exchange, json_t *profiles,
		bool *kill_switch_r)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	const char *value;
	json_t *profile;
	size_t i;
	int ret = portal_ask(exchange, "LIST", NULL, add_profile, profiles,
			     &answer);

	*kill_switch_r = FALSE;
	seal_answer_free(&answer);
	json_array_foreach(profiles, i, profile) {
		if (ret == 0)
			ret = add_certificates(exchange, profile);
	}
	if (ret == 0)
		ret = portal_ask(exchange, "USER-SHOW", NULL, NULL, NULL,
				 &answer);
	if (ret == 0) {
		value = seal_answer_get(&answer, "kill_switch");
		*kill_switch_r = null_strcmp(value, "yes") == 0;
	}
	seal_answer_free(&answer);
	return ret;
}

void portal_list(struct portal_exchange *exchange)
{
	json_t *profiles = json_array();
	bool kill_switch;

	if (list(exchange, profiles, &kill_switch) < 0) {
		json_decref(profiles);
		return;
	}
	portal_answer_json(exchange, 200, json_pack("{s:o, s:o, s:b, s:o}",
		"user", portal_json_string(exchange->user),
		"addresses", portal_json_strings(exchange->addresses),
		"kill_switch", kill_switch, "profiles", profiles));
}

/*
 * POST /api/v1/profiles
 */

static int ask_create(struct portal_exchange *exchange, int days,
		      const char *label, const char *nonce,
		      struct seal_answer *answer_r)
{
	ARRAY_TYPE(const_string) args;
	const char *arg;

	t_array_init(&args, 8);
	arg = portal_arg("addresses", t_strarray_join(exchange->addresses, ","));
	array_push_back(&args, &arg);
	arg = portal_arg("nonce", nonce);
	array_push_back(&args, &arg);
	arg = t_strdup_printf("days=%d", days);
	array_push_back(&args, &arg);
	if (label != NULL && *label != '\0') {
		arg = portal_arg("label", label);
		array_push_back(&args, &arg);
	}
	array_append_zero(&args);
	return portal_ask(exchange, "CREATE", array_front(&args), NULL, NULL,
			  answer_r);
}

static void create(struct portal_exchange *exchange, int days,
		   const char *label, const char *nonce)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_buf pem = SEAL_BUF_INIT;
	const char *id;

	if (ask_create(exchange, days, label, nonce, &answer) == 0 &&
	    portal_value_base64(exchange, &answer, "request", &pem) == 0) {
		id = t_strdup(seal_answer_get(&answer, "id"));
		portal_notice_send(exchange, PORTAL_NOTICE_CREATED, id);
		portal_answer_json(exchange, 201, json_pack("{s:s, s:s%}",
			"id", id, "request", pem.data, pem.len));
	}
	seal_buf_free(&pem);
	seal_answer_free(&answer);
}

/* 128 bits in base64url: what a client makes of fewer, others could guess. */
static bool is_nonce(const char *nonce)
{
	return strlen(nonce) == NONCE_LEN &&
		strspn(nonce, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		       "abcdefghijklmnopqrstuvwxyz0123456789-_") == NONCE_LEN;
}

void portal_create(struct portal_exchange *exchange)
{
	json_t *body = portal_exchange_json(exchange);
	const char *label = NULL, *nonce;
	json_int_t days = SEAL_DAYS_DEFAULT;

	if (body == NULL)
		return;
	if (json_unpack_ex(body, NULL, JSON_STRICT, "{s?I, s?s, s:s}",
			   "days", &days, "label", &label, "nonce",
			   &nonce) < 0)
		portal_answer_failure(exchange, 400, "input", "A new profile "
			"takes \"nonce\", and \"days\" (a number) and "
			"\"label\" where you like, and nothing else.");
	else if (exchange->addresses[0] == NULL)
		answer_no_address(exchange);
	else if (!is_nonce(nonce))
		portal_answer_failure(exchange, 400, "input", "\"nonce\" is 22 "
			"characters of base64url.");
	else if (days < SEAL_DAYS_MIN || days > SEAL_DAYS_MAX)
		portal_answer_failure(exchange, 400, "input", t_strdup_printf(
			"\"days\" is %d to %d.", SEAL_DAYS_MIN, SEAL_DAYS_MAX));
	else
		create(exchange, (int)days, label, nonce);
	json_decref(body);
}

/*
 * POST /api/v1/profiles/{id}/prove
 */

static void test_mail_delivered(enum portal_mail_result result, void *context)
{
	struct portal_exchange *exchange = context;

	if (exchange->request == NULL)
		; /* nobody waits for it any more */
	else if (result == PORTAL_MAIL_DELIVERED)
		portal_answer_json(exchange, 200, json_pack("{s:o}", "to",
			portal_json_string(portal_notice_to(exchange))));
	else if (result == PORTAL_MAIL_REFUSED)
		/* which is what a user with the kill switch and without an active
		   profile has asked for */
		portal_answer_failure(exchange, 409, "refused", "Your mailbox "
			"does not accept the test mail. If the kill switch is "
			"on, turn it off until the profile is active.");
	else
		portal_answer_failure(exchange, 503, "unavailable", "The test "
			"mail could not be delivered to your mailbox. Try "
			"again later.");
	portal_exchange_unref(&exchange);
}

static void prove(struct portal_exchange *exchange)
{
	const char *args[] = {
		portal_arg("from", portal_notice_from(exchange)),
		portal_arg("to", portal_notice_to(exchange)), NULL
	};
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_buf mail = SEAL_BUF_INIT;

	if (portal_ask(exchange, "PROVE", args, NULL, NULL, &answer) == 0 &&
	    portal_value_base64(exchange, &answer, "message", &mail) == 0) {
		portal_exchange_ref(exchange);
		portal_mail(exchange->user, mail.data, mail.len,
			    test_mail_delivered, exchange);
	}
	seal_buf_free(&mail);
	seal_answer_free(&answer);
}

void portal_prove(struct portal_exchange *exchange)
{
	if (!portal_exchange_nothing(exchange))
		return;
	if (portal_notice_to(exchange) == NULL)
		answer_no_address(exchange);
	else
		prove(exchange);
}

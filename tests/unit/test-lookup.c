/* SPDX-License-Identifier: MIT */
#include "service/lookup.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include "base/sink.h"
#include "cms/envelope.h"
#include "service-check.h"

#define CBC SEAL_CIPHER_AES256_CBC

static struct service_certs certs;
static struct seal_store *store;

static const struct {
	const char *name;
	const char *certs;		/* of the one profile */
	enum seal_profile_state state;
	int answer;
	enum seal_error_code code;
	bool expired;
	const char *opened_by;		/* and by no other */
	const char *why;
} rows[] = {
	{ "RSA", "r", SEAL_PROFILE_ACTIVE, 1, 0, false, "r", "" },
	{ "EC", "e", SEAL_PROFILE_ACTIVE, 1, 0, false, "e", "" },
	{ "three devices", "rex", SEAL_PROFILE_ACTIVE, 1, 0, false, "rex", "" },
	{ "one expired", "oe", SEAL_PROFILE_ACTIVE, 1, 0, false, "e", "" },
	{ "one not yet valid", "rf", SEAL_PROFILE_ACTIVE, 1, 0, false, "r",
	  "" },
	{ "one of each kind", "cofr", SEAL_PROFILE_ACTIVE, 1, 0, false, "r",
	  "" },
	{ "expired", "o", SEAL_PROFILE_ACTIVE, 1, 0, true, "o", "" },
	{ "expired, and a CA's", "co", SEAL_PROFILE_ACTIVE, 1, 0, true, "o",
	  "" },
	{ "expired and not yet valid", "of", SEAL_PROFILE_ACTIVE, -1,
	  SEAL_ERR_REFUSED, false, "", "valid" },
	{ "not yet valid", "f", SEAL_PROFILE_ACTIVE, -1, SEAL_ERR_REFUSED,
	  false, "", "valid" },
	{ "a CA's", "c", SEAL_PROFILE_ACTIVE, -1, SEAL_ERR_REFUSED, false, "",
	  "CA" },
	{ "none", "", SEAL_PROFILE_ACTIVE, -1, SEAL_ERR_REFUSED, false, "",
	  "no certificate" },
	{ "ready", "r", SEAL_PROFILE_READY, 0, 0, false, "", "" },
	{ "retired", "r", SEAL_PROFILE_RETIRED, 0, 0, false, "", "" },
	{ "pending", "", SEAL_PROFILE_PENDING, 0, 0, false, "", "" },
};

/* Seals with what was looked up. */
static bool seal(const struct seal_lookup *lookup, const char *text,
		 struct seal_buf *out)
{
	struct seal_sink sink = seal_sink_to_buf(out);
	struct seal_envelope *envelope;
	struct seal_error err;
	bool good;

	envelope = seal_envelope_new(lookup->cipher, lookup->key.data,
				     lookup->key.len, lookup->recipients.data,
				     lookup->recipients.len, &sink, &err);
	if (envelope == NULL)
		return false;
	good = seal_envelope_more(envelope, (const unsigned char *)text,
				  strlen(text), &err) == 0 &&
		seal_envelope_finish(envelope, &err) == 0;
	seal_envelope_free(&envelope);
	return good;
}

/* Each of these and none of the others opens what is sealed now. */
static bool is_for(const struct seal_lookup *lookup, const char *letters)
{
	static const char text[] = "Content-Type: text/plain\r\n\r\nhello\r\n";
	struct seal_buf sealed = SEAL_BUF_INIT;
	const char *p;
	bool good;

	good = seal(lookup, text, &sealed);
	for (p = "rexofc"; good && *p != '\0'; p++) {
		good = judge_opens(&sealed, service_cert(&certs, *p), text,
				   sizeof(text) - 1) ==
			(strchr(letters, *p) != NULL);
		if (!good)
			tap_note("%c", *p);
	}
	seal_buf_free(&sealed);
	return good;
}

static void test_answers(void)
{
	struct seal_lookup lookup;
	struct seal_error err;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		lookup = (struct seal_lookup)SEAL_LOOKUP_INIT;
		service_put(store, &certs, "user", rows[i].certs,
			    rows[i].state);
		err.code = SEAL_ERR_NONE;
		ret = seal_lookup_user(store, NULL, "user", CBC, false, SERVICE_NOW,
				       &lookup, &err);
		if (!tap_ok(ret == rows[i].answer && (ret >= 0 ||
			    (err.code == rows[i].code &&
			     strstr(err.text, rows[i].why) != NULL)) &&
			    (ret != 1 || (lookup.expired == rows[i].expired &&
			     lookup.cipher == CBC && lookup.key.len == 32 &&
			     lookup.names.len == 0 &&
			     is_for(&lookup, rows[i].opened_by))),
			    "%s", rows[i].name))
			tap_note("%d: code %d: %s", ret, err.code, err.text);
		seal_lookup_free(&lookup);
		seal_lookup_free(&lookup);
	}
}

static void test_nobody(void)
{
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_error err;

	tap_ok(seal_lookup_user(store, NULL, "nobody", CBC, true, SERVICE_NOW,
				&lookup, &err) == 0 && !lookup.kill_switch,
	       "nobody");
	tap_ok(seal_lookup_user(store, NULL, "", CBC, true, SERVICE_NOW, &lookup,
				&err) == -1 && err.code == SEAL_ERR_LIMIT,
	       "an empty name is no answer");
	if (seal_profiles_set_kill_switch(store, "nobody", true, &err) < 0)
		abort();
	tap_ok(seal_lookup_user(store, NULL, "nobody", CBC, true, SERVICE_NOW,
				&lookup, &err) == 0 && lookup.kill_switch,
	       "kill switch without a profile");
	service_put(store, &certs, "nobody", "r", SEAL_PROFILE_ACTIVE);
	tap_ok(seal_lookup_user(store, NULL, "nobody", CBC, false, SERVICE_NOW,
				&lookup, &err) == 1 && lookup.kill_switch,
	       "kill switch with one");
	seal_lookup_free(&lookup);
}

/* Through the front door: import, options, activate; every way to seal. */
static void test_options(void)
{
	static const char *const names[] = { "cipher", "key_transport" };
	static const char *const ciphers[] = {
		"default", "aes256-cbc", "aes128-cbc", "aes256-gcm",
		"aes128-gcm"
	};
	static const char *const transports[] = { "pkcs1", "oaep" };
	const char *values[2];
	char id[SEAL_PROFILE_ID_LEN + 1];
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_buf last = SEAL_BUF_INIT;
	struct seal_error err;
	enum seal_cipher want;
	size_t i;
	bool good;

	service_import(store, &certs, "options", "re", id);
	if (seal_profiles_activate(store, "options", id, SERVICE_NOW,
				   &err) < 0)
		abort();
	for (i = 0; i < 10; i++) {
		values[0] = ciphers[i / 2];
		values[1] = transports[i % 2];
		want = i < 2 ? SEAL_CIPHER_AES128_GCM :
			seal_cipher_find(values[0]);
		good = seal_profiles_set(store, "options", id, names, values, 2,
					 &err) == 0 &&
			seal_lookup_user(store, NULL, "options",
					 SEAL_CIPHER_AES128_GCM, false,
					 SERVICE_NOW, &lookup, &err) == 1;
		tap_ok(good && strcmp(lookup.profile, id) == 0 &&
		       lookup.cipher == want &&
		       lookup.key.len == seal_cipher_key_length(want) &&
		       is_for(&lookup, "re"), "cipher %s, %s", values[0],
		       values[1]);
		tap_ok(lookup.key.len != last.len ||
		       memcmp(lookup.key.data, last.data, last.len) != 0,
		       "a fresh key each time");
		seal_buf_free(&last);
		if (seal_buf_append(&last, lookup.key.data, lookup.key.len,
				    &err) < 0)
			abort();
		seal_lookup_free(&lookup);
		lookup = (struct seal_lookup)SEAL_LOOKUP_INIT;
	}
	values[0] = "default";
	if (seal_profiles_set(store, "options", id, names, values, 1, &err) < 0)
		abort();
	tap_ok(seal_lookup_user(store, NULL, "options", SEAL_CIPHER_NONE, false,
				SERVICE_NOW, &lookup, &err) == -1 &&
	       err.code == SEAL_ERR_INPUT, "no cipher at all");
	seal_lookup_free(&lookup);
	seal_buf_free(&last);
}

static void append_names(const char *letters, struct seal_buf *out)
{
	struct seal_error err;

	for (; *letters != '\0'; letters++) {
		if (seal_recipient_names(service_cert(&certs,
					 *letters)->recipient, out, &err) < 0)
			abort();
	}
}

static void test_names(void)
{
	char one[SEAL_PROFILE_ID_LEN + 1], two[SEAL_PROFILE_ID_LEN + 1];
	char three[SEAL_PROFILE_ID_LEN + 1];
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_buf want = SEAL_BUF_INIT;
	struct seal_error err;

	service_import(store, &certs, "names", "re", one);
	service_import(store, &certs, "names", "r", two);
	service_import(store, &certs, "names", "x", three);
	if (seal_profiles_activate(store, "names", one, SERVICE_NOW,
				   &err) < 0 ||
	    seal_profiles_activate(store, "names", three, SERVICE_NOW,
				   &err) < 0)
		abort();
	append_names("rex", &want);
	tap_ok(seal_lookup_user(store, NULL, "names", CBC, true, SERVICE_NOW, &lookup,
				&err) == 1 && lookup.names.len == want.len &&
	       memcmp(lookup.names.data, want.data, want.len) == 0,
	       "names: of the active and the retired profile");
	seal_lookup_free(&lookup);
	seal_buf_free(&want);
}

static int spoil(struct seal_user_record *record, void *context,
		 struct seal_error *err)
{
	unsigned int *number = context;

	(void)err;
	record->profiles[0].certificates[*number].data[0] ^= 1;
	return 1;
}

static void test_damage(void)
{
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_error err;
	unsigned int number = 1;

	service_put(store, &certs, "damage", "re", SEAL_PROFILE_ACTIVE);
	if (seal_store_update(store, "damage", spoil, &number, &err) != 1)
		abort();
	tap_ok(seal_lookup_user(store, NULL, "damage", CBC, false, SERVICE_NOW,
				&lookup, &err) == -1 &&
	       err.code == SEAL_ERR_DAMAGED &&
	       strstr(err.text, "certificate 2") != NULL,
	       "a certificate that does not parse");
	seal_lookup_free(&lookup);
	tap_ok(ERR_peek_error() == 0, "nothing is left in libcrypto's queue");
}

/* How many values in DER stand one after the other. */
static unsigned int count_der(const struct seal_buf *buf)
{
	const unsigned char *p = buf->data, *end = p + buf->len;
	unsigned int count = 0;
	int tag, class;
	long len;

	for (; p < end; p += len, count++) {
		if ((ASN1_get_object(&p, &len, &tag, &class, end - p) & 0x80))
			return 0;
	}
	return count;
}

static void test_allocations(void)
{
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_buf want = SEAL_BUF_INIT;
	struct seal_error err;
	bool good = true, failed = true;
	unsigned long n;
	int ret = 0;

	service_put(store, &certs, "memory", "ore", SEAL_PROFILE_ACTIVE);
	append_names("ore", &want);
	for (n = 1; failed && good; n += service_step(n)) {
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = seal_lookup_user(store, NULL, "memory", CBC, true, SERVICE_NOW,
				       &lookup, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ERR_peek_error() == 0 && (ret == 1 ?
			!lookup.expired && count_der(&lookup.recipients) == 2 &&
			lookup.key.len == 32 && lookup.names.len == want.len &&
			memcmp(lookup.names.data, want.data, want.len) == 0 :
			ret == -1 && (err.code == SEAL_ERR_MEMORY ||
				      err.code == SEAL_ERR_CRYPTO));
		seal_lookup_free(&lookup);
		lookup = (struct seal_lookup)SEAL_LOOKUP_INIT;
	}
	tap_ok(good, "with each of %lu allocations failing", n);
	if (!good)
		tap_note("before %lu: %d: code %d: %s", n, ret, err.code,
			 err.text);
	seal_buf_free(&want);
}

int main(void)
{
	tap_alloc_init();
	service_start(&certs, &store);
	test_answers();
	test_nobody();
	test_options();
	test_names();
	test_damage();
	test_allocations();
	service_end(&certs, &store);
	return tap_done();
}

/* SPDX-License-Identifier: MIT */

/* Creating, issuing, deleting, options; test-ceremony-prove.c and
 * test-ceremony-sign.c have the rest. */

#include "service/ceremony.h"

#include "ceremony-check.h"
#include "pki/recipient.h"

static struct ceremony c;

/*
 * create
 */

static bool openssl_reads(const struct seal_buf *request, const char *id)
{
	const char *const argv[] = {
		"openssl", "req", "-verify", "-noout", "-subject", NULL
	};
	size_t len;
	char *out;
	bool good;

	good = tap_run(argv, request->data, request->len, &out, &len) == 0 &&
		strstr(out, id) != NULL;
	free(out);
	return good;
}

static void test_create(void)
{
	struct seal_buf request = SEAL_BUF_INIT;
	const struct seal_profile *profile;
	char id[SEAL_PROFILE_ID_LEN + 1];
	struct device device;
	struct seal_error err;

	ceremony_fresh(&c);
	tap_ok(seal_ceremony_create(c.store, c.keyring, CEREMONY_USER,
				    ceremony_addresses, 100, "my phone",
				    "the-nonce!", c.now, id, &request,
				    &err) == 0 &&
	       openssl_reads(&request, id), "create: openssl reads the request");
	profile = ceremony_profile(&c, CEREMONY_USER, id);
	tap_ok(profile != NULL && profile->state == SEAL_PROFILE_PENDING &&
	       profile->kind == SEAL_PROFILE_ISSUED &&
	       profile->created == c.now &&
	       strcmp(profile->label, "my phone") == 0 &&
	       profile->certificate_count == 0 && profile->issuer.len == 0 &&
	       profile->ceremony != NULL && profile->ceremony->days == 100 &&
	       strcmp(profile->ceremony->nonce, "the-nonce!") == 0 &&
	       strcmp(profile->ceremony->addresses[0], CEREMONY_USER) == 0 &&
	       strcmp(profile->ceremony->addresses[1],
		      "other@example.org") == 0 &&
	       profile->ceremony->addresses[2] == NULL,
	       "create: the profile is pending, with what was asked");
	device_answer(&device, &request, SEAL_KEY_P256, ceremony_addresses,
		      100, c.now);
	tap_ok(strcmp(device.asked.nonce, "the-nonce!") == 0 &&
	       strcmp(device.asked.profile_id, id) == 0,
	       "create: the device reads the nonce");
	tap_ok(ceremony_has_secrets(&c, CEREMONY_USER, id),
	       "create: the secrets are stored");
	tap_ok(ceremony_refused(seal_profiles_activate(c.store, CEREMONY_USER,
						       id, c.now, &err), &err,
				SEAL_ERR_REFUSED) &&
	       ceremony_refused(seal_profiles_deactivate(c.store, CEREMONY_USER,
							 id, c.now, &err), &err,
				SEAL_ERR_REFUSED) &&
	       ceremony_is(&c, id, SEAL_PROFILE_PENDING),
	       "create: a pending profile is never activated");
	device_free(&device);
	tap_ok(ceremony_create(&c, CEREMONY_USER, id, &request, &err) == 0 &&
	       strlen(ceremony_profile(&c, CEREMONY_USER,
				       id)->ceremony->nonce) == 32,
	       "create: a nonce is made");
	seal_buf_free(&request);
}

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *name;
	const char *addresses[3];
	unsigned int days;
	const char *label, *nonce;
	enum seal_error_code code;
} creates[] = {
	{ "all as it should be", { "a@b" }, 730, "l", "n", SEAL_ERR_NONE },
	{ "the shortest time", { "a@b" }, 2, NULL, NULL, SEAL_ERR_NONE },
	{ "the longest time", { "a@b" }, 1095, NULL, NULL, SEAL_ERR_NONE },
	{ "UTF-8 in the local part", { "j\xc3\xb6rg@b" }, 730, NULL, NULL,
	  SEAL_ERR_NONE },
	{ "a plus and an apostrophe", { "a+b'c@b.example" }, 730, NULL, NULL,
	  SEAL_ERR_NONE },
	{ "no day", { "a@b" }, 0, NULL, NULL, SEAL_ERR_LIMIT },
	{ "one day", { "a@b" }, 1, NULL, NULL, SEAL_ERR_LIMIT },
	{ "a day too many", { "a@b" }, 1096, NULL, NULL, SEAL_ERR_LIMIT },
	{ "no address", { NULL }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "an empty address", { "" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "no @", { "ab" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "two @", { "a@b@c" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "no local part", { "@b" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "no domain", { "a@" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "a newline", { "a@b\n" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "a space", { "a b@c" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "a no-break space", { "a\xc2\xa0" "b@c" }, 730, NULL, NULL,
	  SEAL_ERR_INPUT },
	{ "DEL", { "a\x7f@c" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "latin-1", { "j\xf6rg@b" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "a bracket", { "a@b>" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "a display name", { "A<a@b>" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "quotes", { "\"a\"@b" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "a comma", { "a,b@c" }, 730, NULL, NULL, SEAL_ERR_INPUT },
	{ "a domain in UTF-8", { "a@b\xc3\xbc" "cher.example" }, 730, NULL,
	  NULL, SEAL_ERR_INPUT },
	{ "255 bytes", { X50 X50 X50 X50 X50 "xxx@b" }, 730, NULL, NULL,
	  SEAL_ERR_INPUT },
	{ "254 bytes", { X50 X50 X50 X50 X50 "xx@b" }, 730, NULL, NULL,
	  SEAL_ERR_NONE },
	{ "the second address is bad", { "a@b", "c" }, 730, NULL, NULL,
	  SEAL_ERR_INPUT },
	{ "an empty nonce", { "a@b" }, 730, NULL, "", SEAL_ERR_INPUT },
	{ "a nonce with a space", { "a@b" }, 730, NULL, "a b", SEAL_ERR_INPUT },
	{ "a nonce of 65", { "a@b" }, 730, NULL, X50 "123456789012345",
	  SEAL_ERR_INPUT },
	{ "a label with a newline", { "a@b" }, 730, "a\nb", NULL,
	  SEAL_ERR_INPUT },
};

static void test_create_rows(void)
{
	struct seal_buf request = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1], user[32];
	struct seal_error err;
	bool good;
	size_t i;
	int ret;

	ceremony_fresh(&c);
	for (i = 0; i < sizeof(creates) / sizeof(creates[0]); i++) {
		snprintf(user, sizeof(user), "user%zu", i);
		seal_buf_clear(&request);
		ret = seal_ceremony_create(c.store, c.keyring, user,
					   creates[i].addresses,
					   creates[i].days, creates[i].label,
					   creates[i].nonce, c.now, id,
					   &request, &err);
		good = creates[i].code == SEAL_ERR_NONE ?
			ret == 0 && request.len > 0 &&
			ceremony_profile(&c, user, id) != NULL :
			ceremony_refused(ret, &err, creates[i].code) &&
			request.len == 0 && *id == '\0' &&
			ceremony_profile(&c, user, id) == NULL &&
			c.record == NULL;
		tap_ok(good && ERR_peek_error() == 0, "create: %s",
		       creates[i].name);
	}
	seal_buf_free(&request);
}

static void test_create_limits(void)
{
	char id[4][SEAL_PROFILE_ID_LEN + 1], user[SEAL_STORE_USER_MAX + 1];
	struct seal_buf request = SEAL_BUF_INIT, before = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i;

	ceremony_fresh(&c);
	for (i = 0; i < SEAL_PENDING_MAX; i++) {
		c.now += 100;
		if (ceremony_create(&c, CEREMONY_USER, id[i], &request,
				    &err) < 0)
			abort();
	}
	ceremony_snapshot(&c, CEREMONY_USER, &before);
	tap_ok(ceremony_refused(ceremony_create(&c, CEREMONY_USER, id[3],
						&request, &err), &err,
				SEAL_ERR_LIMIT) &&
	       ceremony_unchanged(&c, CEREMONY_USER, &before),
	       "limits: too many pending");
	tap_ok(ceremony_create(&c, "other", id[3], &request, &err) == 0,
	       "limits: others have their own");
	/* the first is a day old, the second not yet */
	c.now += SEAL_PENDING_SECONDS - 200;
	tap_ok(ceremony_create(&c, CEREMONY_USER, id[3], &request, &err) == 0 &&
	       ceremony_profile(&c, CEREMONY_USER, id[0]) == NULL &&
	       ceremony_profile(&c, CEREMONY_USER, id[1]) != NULL &&
	       !ceremony_has_secrets(&c, CEREMONY_USER, id[0]) &&
	       ceremony_has_secrets(&c, CEREMONY_USER, id[1]) &&
	       ceremony_has_secrets(&c, CEREMONY_USER, id[3]),
	       "limits: after a day there is room again");

	memset(user, 'u', sizeof(user));
	user[SEAL_KEYRING_USER_MAX + 1] = '\0';
	tap_ok(ceremony_refused(ceremony_create(&c, user, id[3], &request,
						&err), &err, SEAL_ERR_LIMIT) &&
	       ceremony_profile(&c, user, id[3]) == NULL,
	       "limits: a user's name too long for the keyring");
	user[SEAL_KEYRING_USER_MAX] = '\0';
	tap_ok(ceremony_create(&c, user, id[3], &request, &err) == 0,
	       "limits: the longest user's name");
	ceremony_rekey(&c, NULL);
	tap_ok(ceremony_refused(ceremony_create(&c, "new", id[3], &request,
						&err), &err,
				SEAL_ERR_REFUSED) &&
	       ceremony_profile(&c, "new", id[3]) == NULL && *id[3] == '\0',
	       "limits: no master key");
	seal_keyring_close(&c.keyring);
	tap_ok(ceremony_refused(ceremony_create(&c, "new", id[3], &request,
						&err), &err, SEAL_ERR_REFUSED),
	       "limits: no keyring");
	seal_buf_free(&request);
	seal_buf_free(&before);
}

/*
 * issue
 */

/* openssl judges the chain, and the device what it got. */
static void check_issued(const char *id, const struct device *device,
			 const struct seal_buf *issued, const char *name)
{
	const struct seal_profile *profile =
		ceremony_profile(&c, CEREMONY_USER, id);
	struct seal_der_input user = {
		profile->certificates[0].data, profile->certificates[0].len
	}, root = { device->root.data, device->root.len
	}, issuer = { device->issuer.data, device->issuer.len };
	struct seal_buf pem = SEAL_BUF_INIT, chain = SEAL_BUF_INIT;
	struct seal_error err = { .text = "" };
	const char *argv[] = {
		"openssl", "verify", "-x509_strict", "-purpose", "smimesign",
		"-CAfile", NULL, "-untrusted", NULL, NULL, NULL
	};

	tap_ok(profile->state == SEAL_PROFILE_READY &&
	       profile->certificate_count == 1 && profile->ceremony == NULL &&
	       profile->issuer.len == device->issuer.len &&
	       memcmp(profile->issuer.data, device->issuer.data,
		      device->issuer.len) == 0 &&
	       profile->root.len == device->root.len &&
	       memcmp(profile->root.data, device->root.data,
		      device->root.len) == 0, "%s: it is stored", name);
	device_pem(&pem, SEAL_PEM_CERTIFICATE, &profile->certificates[0]);
	argv[9] = tap_file("user.pem", pem.data, pem.len);
	device_pem(&pem, SEAL_PEM_CERTIFICATE, &device->issuer);
	device_pem(&pem, SEAL_PEM_CERTIFICATE, &device->root);
	tap_ok(issued->len == pem.len &&
	       memcmp(issued->data, pem.data, pem.len) == 0,
	       "%s: user, issuer and root are returned", name);
	tap_ok(seal_chain_check_user(&user, &root, &issuer, device->key,
				     ceremony_addresses, &err) == 0,
	       "%s: the device finds it right", name);
	device_pem(&chain, SEAL_PEM_CERTIFICATE, &device->root);
	argv[6] = tap_file("root.pem", chain.data, chain.len);
	seal_buf_clear(&chain);
	device_pem(&chain, SEAL_PEM_CERTIFICATE, &device->issuer);
	argv[8] = tap_file("issuer.pem", chain.data, chain.len);
	tap_ok(judge_run(argv, NULL), "%s: openssl verifies the chain", name);
	/* for OpenSSL, encrypting is what RSA does */
	argv[4] = "smimeencrypt";
	if (EVP_PKEY_is_a(device->key, "RSA"))
		tap_ok(judge_run(argv, NULL), "%s: for encryption too", name);
	seal_buf_free(&pem);
	seal_buf_free(&chain);
}

static void test_issue(void)
{
	static const enum seal_key_kind kinds[] = {
		SEAL_KEY_P256, SEAL_KEY_RSA2048
	};
	struct seal_buf request = SEAL_BUF_INIT, issued = SEAL_BUF_INIT;
	struct seal_buf before = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1];
	struct device device;
	struct seal_error err;
	size_t i;

	ceremony_fresh(&c);
	for (i = 0; i < 2; i++) {
		if (ceremony_create(&c, CEREMONY_USER, id, &request, &err) < 0)
			abort();
		device_answer(&device, &request, kinds[i], ceremony_addresses,
			      SEAL_DAYS_DEFAULT, c.now);
		if (i == 1) {
			/* issuer first */
			seal_buf_clear(&device.chain);
			device_pem(&device.chain, SEAL_PEM_CERTIFICATE,
				   &device.issuer);
			device_pem(&device.chain, SEAL_PEM_CERTIFICATE,
				   &device.root);
		}
		if (!tap_ok(ceremony_issue(&c, CEREMONY_USER, id, &device,
					   &issued, &err) == 0, "issue: %s",
			    seal_key_kind_name(kinds[i])))
			tap_note("%s", err.text);
		check_issued(id, &device, &issued,
			     seal_key_kind_name(kinds[i]));
		ceremony_snapshot(&c, CEREMONY_USER, &before);
		tap_ok(ceremony_refused(ceremony_issue(&c, CEREMONY_USER, id,
						       &device, &issued, &err),
					&err, SEAL_ERR_REFUSED) &&
		       issued.len == 0 && strstr(err.text, "once") != NULL &&
		       ceremony_unchanged(&c, CEREMONY_USER, &before),
		       "issue: not a second time");
		device_free(&device);
	}
	tap_ok(seal_profiles_activate(c.store, CEREMONY_USER, id, c.now,
				      &err) == 0 &&
	       ceremony_is(&c, id, SEAL_PROFILE_ACTIVE),
	       "issue: an administrator activates without a code");
	seal_buf_free(&request);
	seal_buf_free(&issued);
	seal_buf_free(&before);
}

/* What is wrong with it, and what comes of that. */
enum wrong {
	NOTHING, OTHER_PROFILE, OTHER_NONCE, OTHER_ADDRESS, TOO_LONG,
	OTHER_ISSUER, ONE_CERTIFICATE, THREE_CERTIFICATES, CHAIN_NOT_PEM,
	KEY_IN_CHAIN, REQUEST_NOT_PEM, NO_REQUEST, SWAPPED, LATE, UNKNOWN_ID,
	UNKNOWN_USER, NO_MASTER, NO_KEYRING, NO_SECRETS
};

static const struct {
	const char *name;
	enum wrong wrong;
	enum seal_error_code code;
	const char *text;
} issues[] = {
	{ "another profile's request and chain", OTHER_PROFILE,
	  SEAL_ERR_REFUSED, "" },
	{ "another nonce", OTHER_NONCE, SEAL_ERR_REFUSED, "nonce" },
	{ "a foreign address", OTHER_ADDRESS, SEAL_ERR_REFUSED, "request" },
	{ "more days than agreed", TOO_LONG, SEAL_ERR_REFUSED, "root" },
	{ "an issuer of another root", OTHER_ISSUER, SEAL_ERR_REFUSED, "" },
	{ "root only", ONE_CERTIFICATE, SEAL_ERR_INPUT, "one certificate" },
	{ "three certificates", THREE_CERTIFICATES, SEAL_ERR_INPUT,
	  "more than two" },
	{ "a chain that is no PEM", CHAIN_NOT_PEM, SEAL_ERR_INPUT, "" },
	{ "a private key", KEY_IN_CHAIN, SEAL_ERR_REFUSED, "private key" },
	{ "a request that is no PEM", REQUEST_NOT_PEM, SEAL_ERR_INPUT,
	  "request" },
	{ "no request", NO_REQUEST, SEAL_ERR_INPUT, "request" },
	{ "chain and request swapped", SWAPPED, SEAL_ERR_INPUT, "" },
	{ "a day too late", LATE, SEAL_ERR_REFUSED, "too long" },
	{ "an unknown id", UNKNOWN_ID, SEAL_ERR_NOTFOUND, "" },
	{ "an unknown user", UNKNOWN_USER, SEAL_ERR_NOTFOUND, "" },
	{ "no master key", NO_MASTER, SEAL_ERR_REFUSED, "master key" },
	{ "no keyring", NO_KEYRING, SEAL_ERR_REFUSED, "keyring" },
	{ "no secrets", NO_SECRETS, SEAL_ERR_DAMAGED, "secrets" },
};

static void spoil(enum wrong wrong, struct device *device,
		  const struct seal_buf *asked, const char *id)
{
	static const char *const foreign[] = { "root@example.net", NULL };
	struct seal_issuer_asked issuer_asked = device->asked;
	struct seal_buf der = SEAL_BUF_INIT, swap;
	struct seal_error err;
	char other[SEAL_PROFILE_ID_LEN + 1];
	struct seal_buf request = SEAL_BUF_INIT;

	switch (wrong) {
	case OTHER_PROFILE:
		if (ceremony_create(&c, CEREMONY_USER, other, &request,
				    &err) < 0)
			abort();
		device_free(device);
		device_answer(device, &request, SEAL_KEY_P256,
			      ceremony_addresses, SEAL_DAYS_DEFAULT, c.now);
		break;
	case OTHER_NONCE:
	case OTHER_ADDRESS:
		if (seal_user_request(device->key, wrong == OTHER_NONCE ?
				      "other" : issuer_asked.nonce,
				      wrong == OTHER_ADDRESS ? foreign :
				      ceremony_addresses, &der, &err) < 0)
			abort();
		seal_buf_clear(&device->request);
		device_pem(&device->request, SEAL_PEM_REQUEST, &der);
		break;
	case TOO_LONG:
		device_free(device);
		device_answer(device, asked, SEAL_KEY_P256, ceremony_addresses,
			      SEAL_DAYS_DEFAULT + 1, c.now);
		break;
	case OTHER_ISSUER:
		swap = device->root;
		device->root = (struct seal_buf) SEAL_BUF_INIT;
		device_free(device);
		device_answer(device, asked, SEAL_KEY_P256, ceremony_addresses,
			      SEAL_DAYS_DEFAULT, c.now);
		seal_buf_clear(&device->chain);
		device_pem(&device->chain, SEAL_PEM_CERTIFICATE, &swap);
		device_pem(&device->chain, SEAL_PEM_CERTIFICATE,
			   &device->issuer);
		seal_buf_free(&swap);
		break;
	case ONE_CERTIFICATE:
		seal_buf_clear(&device->chain);
		/* fall through */
	case THREE_CERTIFICATES:
		device_pem(&device->chain, SEAL_PEM_CERTIFICATE, &device->root);
		break;
	case CHAIN_NOT_PEM:
		device->chain.data[12] ^= 1;
		break;
	case KEY_IN_CHAIN:
		device_pem(&device->chain, SEAL_PEM_KEY, &device->root);
		break;
	case REQUEST_NOT_PEM:
		device->request.data[0] = 'x';
		break;
	case NO_REQUEST:
		device->request.len = 0;
		break;
	case SWAPPED:
		swap = device->chain;
		device->chain = device->request;
		device->request = swap;
		break;
	case LATE:
		c.now += SEAL_PENDING_SECONDS;
		break;
	case NO_MASTER:
		ceremony_rekey(&c, NULL);
		break;
	case NO_KEYRING:
		seal_keyring_close(&c.keyring);
		break;
	case NO_SECRETS:
		if (seal_keyring_delete(c.keyring, CEREMONY_USER, id, &err) < 0)
			abort();
		break;
	case NOTHING:
	case UNKNOWN_ID:
	case UNKNOWN_USER:
		break;
	}
	seal_buf_free(&der);
	seal_buf_free(&request);
}

static void test_issue_rows(void)
{
	struct seal_buf request = SEAL_BUF_INIT, issued = SEAL_BUF_INIT;
	struct seal_buf before = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1];
	struct device device;
	struct seal_error err;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(issues) / sizeof(issues[0]); i++) {
		ceremony_fresh(&c);
		if (ceremony_create(&c, CEREMONY_USER, id, &request, &err) < 0)
			abort();
		device_answer(&device, &request, SEAL_KEY_P256,
			      ceremony_addresses, SEAL_DAYS_DEFAULT, c.now);
		spoil(issues[i].wrong, &device, &request, id);
		ceremony_snapshot(&c, CEREMONY_USER, &before);
		ret = ceremony_issue(&c, issues[i].wrong == UNKNOWN_USER ?
				     "nobody" : CEREMONY_USER,
				     issues[i].wrong == UNKNOWN_ID ?
				     "0123456789abcdef" : id, &device, &issued,
				     &err);
		tap_ok(ceremony_refused(ret, &err, issues[i].code) &&
		       strstr(err.text, issues[i].text) != NULL &&
		       issued.len == 0 && ERR_peek_error() == 0 &&
		       ceremony_unchanged(&c, CEREMONY_USER, &before),
		       "issue: %s", issues[i].name);
		device_free(&device);
	}
	seal_buf_free(&request);
	seal_buf_free(&issued);
	seal_buf_free(&before);
}

static void test_issue_imported(void)
{
	struct seal_buf request = SEAL_BUF_INIT, issued = SEAL_BUF_INIT;
	struct seal_buf pem = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1], own[SEAL_PROFILE_ID_LEN + 1];
	struct device device, answer;
	struct seal_error err;

	ceremony_fresh(&c);
	ceremony_ready(&c, "other", SEAL_KEY_P256, id, &device);
	device_pem(&pem, SEAL_PEM_CERTIFICATE,
		   &ceremony_profile(&c, "other", id)->certificates[0]);
	if (seal_profiles_import(c.store, CEREMONY_USER,
				 (const char *)pem.data, pem.len, NULL, c.now,
				 own, &err) < 0)
		abort();
	if (ceremony_create(&c, CEREMONY_USER, id, &request, &err) < 0)
		abort();
	device_answer(&answer, &request, SEAL_KEY_P256, ceremony_addresses,
		      SEAL_DAYS_DEFAULT, c.now);
	tap_ok(ceremony_refused(ceremony_issue(&c, CEREMONY_USER, own, &answer,
					       &issued, &err), &err,
				SEAL_ERR_REFUSED),
	       "issue: not for an imported profile");
	device_free(&device);
	device_free(&answer);
	seal_buf_free(&request);
	seal_buf_free(&issued);
	seal_buf_free(&pem);
}

/*
 * delete, set
 */

static void test_delete(void)
{
	struct seal_buf request = SEAL_BUF_INIT, pem = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1], own[SEAL_PROFILE_ID_LEN + 1];
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	struct device device;
	struct seal_error err;

	ceremony_fresh(&c);
	if (ceremony_create(&c, CEREMONY_USER, id, &request, &err) < 0)
		abort();
	tap_ok(seal_ceremony_delete(c.store, c.keyring, CEREMONY_USER, id,
				    &err) == 0 &&
	       ceremony_profile(&c, CEREMONY_USER, id) == NULL &&
	       !ceremony_has_secrets(&c, CEREMONY_USER, id),
	       "delete: a pending profile");
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_P256, id, &device);
	if (seal_profiles_activate(c.store, CEREMONY_USER, id, c.now,
				   &err) < 0 ||
	    seal_keyring_get(c.keyring, CEREMONY_USER, id, &secrets, &err) != 1)
		abort();
	tap_ok(ceremony_refused(seal_ceremony_delete(c.store, c.keyring,
						     CEREMONY_USER, id, &err),
				&err, SEAL_ERR_REFUSED) &&
	       ceremony_has_secrets(&c, CEREMONY_USER, id),
	       "delete: not while it is active");
	(void)seal_profiles_deactivate(c.store, CEREMONY_USER, id, c.now, &err);
	tap_ok(ceremony_refused(seal_ceremony_delete(c.store, NULL,
						     CEREMONY_USER, id, &err),
				&err, SEAL_ERR_REFUSED) &&
	       ceremony_is(&c, id, SEAL_PROFILE_RETIRED),
	       "delete: an issued one not without a keyring");
	device_pem(&pem, SEAL_PEM_CERTIFICATE,
		   &ceremony_profile(&c, CEREMONY_USER, id)->certificates[0]);
	tap_ok(seal_ceremony_delete(c.store, c.keyring, CEREMONY_USER, id,
				    &err) == 0 &&
	       ceremony_profile(&c, CEREMONY_USER, id) == NULL &&
	       !ceremony_has_secrets(&c, CEREMONY_USER, id),
	       "delete: a retired profile");
	/* killed between the two */
	if (seal_keyring_put(c.keyring, CEREMONY_USER, id, &secrets, &err) < 0)
		abort();
	tap_ok(ceremony_refused(seal_ceremony_delete(c.store, c.keyring,
						     CEREMONY_USER, id, &err),
				&err, SEAL_ERR_NOTFOUND) &&
	       !ceremony_has_secrets(&c, CEREMONY_USER, id),
	       "delete: repeated after an interruption");
	if (seal_profiles_import(c.store, CEREMONY_USER,
				 (const char *)pem.data, pem.len, NULL, c.now,
				 own, &err) < 0)
		abort();
	tap_ok(seal_ceremony_delete(c.store, NULL, CEREMONY_USER, own,
				    &err) == 0 &&
	       ceremony_profile(&c, CEREMONY_USER, own) == NULL,
	       "delete: an imported one needs no keyring");
	device_free(&device);
	seal_secrets_free(&secrets);
	seal_buf_free(&request);
	seal_buf_free(&pem);
}

static int set(const char *id, const char *name, const char *value,
	       struct seal_error *err)
{
	const char *const names[] = { "label", name };
	const char *const values[] = { "changed", value };

	return seal_ceremony_set(c.store, c.keyring, CEREMONY_USER, id, names,
				 values, 2, err);
}

static size_t rsa_key_len(const char *id, unsigned char *sum_r)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	struct seal_error err;
	size_t i, len;

	if (seal_keyring_get(c.keyring, CEREMONY_USER, id, &secrets, &err) != 1)
		abort();
	len = secrets.sender_rsa_key.len;
	*sum_r = 0;
	for (i = 0; i < len; i++)
		*sum_r = (unsigned char)(*sum_r * 31 +
					 secrets.sender_rsa_key.data[i]);
	seal_secrets_free(&secrets);
	return len;
}

static void test_set(void)
{
	char id[SEAL_PROFILE_ID_LEN + 1], own[SEAL_PROFILE_ID_LEN + 1];
	struct seal_buf before = SEAL_BUF_INIT, pem = SEAL_BUF_INIT;
	struct device device;
	struct seal_error err;
	unsigned char first, later;
	size_t len = 0;

	ceremony_fresh(&c);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_P256, id, &device);
	ceremony_snapshot(&c, CEREMONY_USER, &before);
	tap_ok(ceremony_refused(set(id, "sender_key", "rsa4096", &err), &err,
				SEAL_ERR_INPUT) &&
	       ceremony_refused(set(id, "no", "rsa", &err), &err,
				SEAL_ERR_INPUT) &&
	       ceremony_refused(set("0", "sender_key", "rsa", &err), &err,
				SEAL_ERR_NOTFOUND) &&
	       ceremony_unchanged(&c, CEREMONY_USER, &before) &&
	       rsa_key_len(id, &first) == 0, "set: refused, nothing changed");
	tap_ok(ceremony_profile(&c, CEREMONY_USER, id)->sender_key ==
	       SEAL_PROFILE_SENDER_P256, "set: P-256 at first");
	tap_ok(set(id, "sender_key", "rsa", &err) == 0 &&
	       ceremony_profile(&c, CEREMONY_USER, id)->sender_key ==
	       SEAL_PROFILE_SENDER_RSA &&
	       strcmp(ceremony_profile(&c, CEREMONY_USER, id)->label,
		      "changed") == 0 &&
	       (len = rsa_key_len(id, &first)) > 1000,
	       "set: rsa makes a key");
	tap_ok(set(id, "sender_key", "p256", &err) == 0 &&
	       set(id, "sender_key", "rsa", &err) == 0 &&
	       rsa_key_len(id, &later) == len && first == later,
	       "set: the key stays the same");
	tap_ok(set(id, "cipher", "aes128-cbc", &err) == 0 &&
	       ceremony_profile(&c, CEREMONY_USER, id)->cipher ==
	       SEAL_CIPHER_AES128_CBC, "set: the plain options too");
	ceremony_rekey(&c, NULL);
	tap_ok(ceremony_refused(set(id, "sender_key", "rsa", &err), &err,
				SEAL_ERR_REFUSED) &&
	       set(id, "cipher", "default", &err) == 0,
	       "set: only rsa needs the keyring");
	device_pem(&pem, SEAL_PEM_CERTIFICATE,
		   &ceremony_profile(&c, CEREMONY_USER, id)->certificates[0]);
	(void)seal_ceremony_delete(c.store, c.keyring, CEREMONY_USER, id, &err);
	if (seal_profiles_import(c.store, CEREMONY_USER,
				 (const char *)pem.data, pem.len, NULL, c.now,
				 own, &err) < 0)
		abort();
	tap_ok(ceremony_refused(set(own, "sender_key", "p256", &err), &err,
				SEAL_ERR_REFUSED),
	       "set: not for an imported profile");
	device_free(&device);
	seal_buf_free(&before);
	seal_buf_free(&pem);
}

/*
 * Allocations
 */

static bool out_of_memory(const struct seal_error *err)
{
	return err->code == SEAL_ERR_MEMORY || err->code == SEAL_ERR_CRYPTO;
}

static void test_create_allocations(void)
{
	struct seal_buf request = SEAL_BUF_INIT, before = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1];
	bool good = true, failed = true;
	struct seal_error err;
	unsigned long n;
	int ret;

	ceremony_fresh(&c);
	for (n = 1; good && failed; n += ceremony_step(n)) {
		ceremony_snapshot(&c, CEREMONY_USER, &before);
		seal_buf_clear(&request);
		tap_alloc_fail_at(n);
		ret = ceremony_create(&c, CEREMONY_USER, id, &request, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ret == 0 ? openssl_reads(&request, id) :
			out_of_memory(&err) && request.len == 0 &&
			ceremony_unchanged(&c, CEREMONY_USER, &before);
		good = good && ERR_peek_error() == 0;
		if (ret == 0)
			(void)seal_ceremony_delete(c.store, c.keyring,
						   CEREMONY_USER, id, &err);
	}
	tap_ok(good, "create: allocations failing, up to %lu", n);
	if (!good)
		tap_note("%d: %s", ret, err.text);
	seal_buf_free(&request);
	seal_buf_free(&before);
}

static void test_issue_allocations(void)
{
	struct seal_buf request = SEAL_BUF_INIT, issued = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1];
	bool good = true, failed = true;
	struct seal_buf before = SEAL_BUF_INIT;
	struct device device;
	struct seal_error err;
	unsigned long n;
	int ret;

	ceremony_fresh(&c);
	if (ceremony_create(&c, CEREMONY_USER, id, &request, &err) < 0)
		abort();
	device_answer(&device, &request, SEAL_KEY_P256, ceremony_addresses,
		      SEAL_DAYS_DEFAULT, c.now);
	ceremony_snapshot(&c, CEREMONY_USER, &before);
	for (n = 1; good && failed; n += ceremony_step(n)) {
		tap_alloc_fail_at(n);
		ret = ceremony_issue(&c, CEREMONY_USER, id, &device, &issued,
				     &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ERR_peek_error() == 0;
		if (ret < 0) {
			good = good && out_of_memory(&err) &&
				issued.len == 0 &&
				ceremony_unchanged(&c, CEREMONY_USER, &before);
			continue;
		}
		/* once more, from the beginning */
		good = good && issued.len > 0 &&
			ceremony_is(&c, id, SEAL_PROFILE_READY);
		device_free(&device);
		if (seal_ceremony_delete(c.store, c.keyring, CEREMONY_USER, id,
					 &err) < 0 ||
		    ceremony_create(&c, CEREMONY_USER, id, &request, &err) < 0)
			abort();
		device_answer(&device, &request, SEAL_KEY_P256,
			      ceremony_addresses, SEAL_DAYS_DEFAULT, c.now);
		ceremony_snapshot(&c, CEREMONY_USER, &before);
	}
	tap_ok(good, "issue: allocations failing, up to %lu", n);
	if (!good)
		tap_note("%d: %s: %s", ret, seal_error_code_name(err.code),
			 err.text);
	device_free(&device);
	seal_buf_free(&request);
	seal_buf_free(&issued);
	seal_buf_free(&before);
}

int main(void)
{
	tap_alloc_init();
	test_create();
	test_create_rows();
	test_create_limits();
	test_issue();
	test_issue_rows();
	test_issue_imported();
	test_delete();
	test_set();
	test_create_allocations();
	test_issue_allocations();
	ceremony_end(&c);
	return tap_done();
}

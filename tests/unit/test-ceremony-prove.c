/* SPDX-License-Identifier: MIT */

/* The proving message, and activating with its code. */

#include "service/ceremony.h"

#include <ctype.h>
#include "ceremony-check.h"

#define FROM "postmaster@example.org"
#define CODE_LEN 12

static struct ceremony c;
static const char *message_file;

/* What openssl finds in the message with that device's key; "" where it cannot
 * open it. The caller frees. */
static char *open_message(const struct seal_buf *message,
			  const struct device *device)
{
	const char *const argv[] = {
		"openssl", "cms", "-decrypt", "-in", message_file, "-inkey",
		device->key_file, "-recip", device->cert_file, NULL
	};
	size_t len;
	char *out;

	judge_write(message_file, message->data, message->len);
	if (tap_run(argv, NULL, 0, &out, &len) != 0)
		out[0] = '\0';
	return out;
}

/* The code in it, "" where there is none. */
static void find_code(const char *text, char code_r[CODE_LEN + 1])
{
	const char *line = strstr(text, "\nCode: ");

	code_r[0] = '\0';
	if (line != NULL && strlen(line) > 7 + CODE_LEN)
		snprintf(code_r, CODE_LEN + 1, "%s", line + 7);
}

static int prove(const char *id, struct seal_buf *message,
		 struct seal_error *err)
{
	seal_buf_clear(message);
	return seal_ceremony_prove(c.store, CEREMONY_USER, id,
				   SEAL_CIPHER_AES256_CBC, FROM, CEREMONY_USER,
				   c.now, message, err);
}

static void proved(const char *id, const struct device *device,
		   char code_r[CODE_LEN + 1])
{
	struct seal_buf message = SEAL_BUF_INIT;
	struct seal_error err;
	char *text;

	if (prove(id, &message, &err) < 0) {
		tap_note("%s", err.text);
		abort();
	}
	text = open_message(&message, device);
	find_code(text, code_r);
	free(text);
	seal_buf_free(&message);
	if (*code_r == '\0')
		abort();
}

static int activate(const char *id, const char *code, struct seal_error *err)
{
	return seal_ceremony_activate(c.store, CEREMONY_USER, id, code, c.now,
				      err);
}

static bool holds(const void *data, size_t len, const char *text)
{
	return memmem(data, len, text, strlen(text)) != NULL;
}

/* The header of the outer message, as a string. */
static char *header_of(const struct seal_buf *message)
{
	const unsigned char *end = memmem(message->data, message->len,
					  "\r\n\r\n", 4);
	size_t len = end == NULL ? 0 : (size_t)(end - message->data) + 2;
	char *header = malloc(len + 1);

	if (header == NULL)
		abort();
	memcpy(header, message->data, len);
	header[len] = '\0';
	return header;
}

static void test_message(void)
{
	struct seal_buf message = SEAL_BUF_INIT, der = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1], code[CODE_LEN + 1], mark[64];
	char *header, *text;
	struct device device;
	struct seal_error err;

	ceremony_fresh(&c);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_RSA2048, id, &device);
	device_files(&device, &c, CEREMONY_USER, id);
	tap_ok(prove(id, &message, &err) == 0, "message: written");
	header = header_of(&message);
	tap_ok(strstr(header, "From: Mail Seal <" FROM ">\r\n") != NULL &&
	       strstr(header, "To: <" CEREMONY_USER ">\r\n") != NULL &&
	       strstr(header, "Subject: ") != NULL &&
	       strstr(header, "Date: ") != NULL &&
	       strstr(header, " +0000\r\n") != NULL &&
	       strstr(header, "Message-ID: <") != NULL &&
	       strstr(header, "@example.org>\r\n") != NULL &&
	       strstr(header, "Auto-Submitted: auto-generated\r\n") != NULL &&
	       strstr(header, "MIME-Version: 1.0\r\n") != NULL &&
	       strstr(header, "application/pkcs7-mime") != NULL,
	       "message: its header");
	snprintf(mark, sizeof(mark), "profile=%s; cipher=aes256-cbc", id);
	tap_ok(strstr(header, mark) != NULL, "message: its mark");
	text = open_message(&message, &device);
	find_code(text, code);
	tap_ok(strlen(code) == CODE_LEN && code[4] == '-' && code[9] == '-' &&
	       strspn(code, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789-") == CODE_LEN,
	       "message: a code (%s)", text);
	tap_ok(strstr(text, id) != NULL && strstr(text, "24 hours") != NULL &&
	       strstr(text, "nobody but you") != NULL,
	       "message: what it is, and what to do");
	ceremony_snapshot(&c, CEREMONY_USER, &der);
	tap_ok(!holds(message.data, message.len, code) &&
	       !holds(der.data, der.len, code),
	       "message: the code is nowhere else");
	tap_ok(ceremony_profile(&c, CEREMONY_USER, id)->proof != NULL &&
	       ceremony_profile(&c, CEREMONY_USER, id)->proof->tries == 0 &&
	       ceremony_is(&c, id, SEAL_PROFILE_READY), "message: proof waits");
	free(header);
	free(text);
	device_free(&device);
	seal_buf_free(&message);
	seal_buf_free(&der);
}

/* Where another profile is active, its key opens the code. */
static void test_other_active(void)
{
	char first[SEAL_PROFILE_ID_LEN + 1], id[SEAL_PROFILE_ID_LEN + 1];
	struct seal_buf message = SEAL_BUF_INIT;
	struct device old, device;
	char code[CODE_LEN + 1], *text;
	struct seal_error err;
	time_t now;

	ceremony_fresh(&c);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_RSA2048, first, &old);
	device_files(&old, &c, CEREMONY_USER, first);
	(void)seal_profiles_activate(c.store, CEREMONY_USER, first, c.now,
				     &err);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_RSA2048, id, &device);
	device_files(&device, &c, CEREMONY_USER, id);
	if (prove(id, &message, &err) < 0)
		abort();
	text = open_message(&message, &device);
	tap_ok(*text == '\0', "active: the new key does not open it");
	free(text);
	text = open_message(&message, &old);
	find_code(text, code);
	tap_ok(activate(id, code, &err) == 0 &&
	       ceremony_is(&c, id, SEAL_PROFILE_ACTIVE) &&
	       ceremony_is(&c, first, SEAL_PROFILE_RETIRED),
	       "active: the active one's opens it, and it is replaced");
	free(text);
	if (prove(first, &message, &err) < 0)
		abort();
	text = open_message(&message, &device);
	find_code(text, code);
	tap_ok(activate(first, code, &err) == 0 &&
	       ceremony_is(&c, first, SEAL_PROFILE_ACTIVE),
	       "active: and back again");
	free(text);
	/* the active one's certificate expires; another one comes */
	now = c.now;
	device_free(&device);
	c.now += (time_t)SEAL_DAYS_DEFAULT * 86400;
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_RSA2048, id, &device);
	tap_ok(prove(id, &message, &err) == 0, "active: also where it expired");
	text = open_message(&message, &old);
	find_code(text, code);
	tap_ok(activate(id, code, &err) == 0 &&
	       ceremony_is(&c, id, SEAL_PROFILE_ACTIVE),
	       "active: its key still opens it");
	free(text);
	c.now = now;
	device_free(&old);
	device_free(&device);
	seal_buf_free(&message);
}

static void test_prove_refused(void)
{
	static const char *const bad[] = {
		"", "a", "a@b\r\nBcc: c@d", "a@b>", "a b@c", "\xff@c"
	};
	struct seal_buf message = SEAL_BUF_INIT, request = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1], pending[SEAL_PROFILE_ID_LEN + 1];
	struct seal_buf before = SEAL_BUF_INIT;
	struct device device;
	struct seal_error err;
	time_t now;
	bool good = true;
	size_t i;

	ceremony_fresh(&c);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_P256, id, &device);
	if (ceremony_create(&c, CEREMONY_USER, pending, &request, &err) < 0)
		abort();
	ceremony_snapshot(&c, CEREMONY_USER, &before);
	tap_ok(ceremony_refused(prove(pending, &message, &err), &err,
				SEAL_ERR_REFUSED), "prove: not while pending");
	tap_ok(ceremony_refused(prove("0", &message, &err), &err,
				SEAL_ERR_NOTFOUND), "prove: no such profile");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		good = good &&
			ceremony_refused(seal_ceremony_prove(c.store,
				CEREMONY_USER, id, SEAL_CIPHER_AES256_CBC,
				bad[i], "a@b", c.now, &message, &err), &err,
				SEAL_ERR_INPUT) &&
			ceremony_refused(seal_ceremony_prove(c.store,
				CEREMONY_USER, id, SEAL_CIPHER_AES256_CBC,
				"a@b", bad[i], c.now, &message, &err), &err,
				SEAL_ERR_INPUT);
	tap_ok(good, "prove: addresses that would break the header");
	tap_ok(ceremony_refused(seal_ceremony_prove(c.store, CEREMONY_USER, id,
				SEAL_CIPHER_NONE, FROM, FROM, c.now, &message,
				&err), &err, SEAL_ERR_INPUT),
	       "prove: no cipher");
	now = c.now;
	c.now += (time_t)2000 * 86400;
	tap_ok(ceremony_refused(prove(id, &message, &err), &err,
				SEAL_ERR_REFUSED), "prove: not when expired");
	c.now = now;
	tap_ok(message.len == 0 &&
	       ceremony_unchanged(&c, CEREMONY_USER, &before),
	       "prove: nothing was changed");
	(void)seal_profiles_activate(c.store, CEREMONY_USER, id, c.now, &err);
	tap_ok(ceremony_refused(prove(id, &message, &err), &err,
				SEAL_ERR_REFUSED), "prove: not when active");
	device_free(&device);
	seal_buf_free(&message);
	seal_buf_free(&request);
	seal_buf_free(&before);
}

/* A code that is not this one. */
static const char *wrong_code(const char *code)
{
	static char other[CODE_LEN + 1];

	memcpy(other, code, sizeof(other));
	other[CODE_LEN - 1] = code[CODE_LEN - 1] == 'A' ? 'B' : 'A';
	return other;
}

static void lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

static void test_code(void)
{
	char id[SEAL_PROFILE_ID_LEN + 1], code[CODE_LEN + 1];
	char later[CODE_LEN + 1], typed[64], long_code[2000];
	struct device device;
	struct seal_error err;
	unsigned int i;
	bool good = true;

	ceremony_fresh(&c);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_RSA2048, id, &device);
	device_files(&device, &c, CEREMONY_USER, id);
	tap_ok(ceremony_refused(activate(id, "ABCD-EFGH-JK", &err), &err,
				SEAL_ERR_REFUSED) &&
	       strstr(err.text, "no code") != NULL, "code: there is none");
	proved(id, &device, code);
	tap_ok(ceremony_refused(activate("0", code, &err), &err,
				SEAL_ERR_NOTFOUND), "code: no such profile");

	for (i = 1; i <= SEAL_CODE_TRIES; i++) {
		good = good && ceremony_refused(activate(id, wrong_code(code),
							 &err), &err,
						SEAL_ERR_REFUSED) &&
			ceremony_is(&c, id, SEAL_PROFILE_READY) &&
			ceremony_profile(&c, CEREMONY_USER,
					 id)->proof->tries == i;
		/* as after a restart */
		if (i == 2) {
			seal_store_close(&c.store);
			c.store = seal_store_open(c.profiles, 0, &err);
		}
	}
	tap_ok(good, "code: wrong ones count");
	tap_ok(ceremony_refused(activate(id, code, &err), &err,
				SEAL_ERR_REFUSED) &&
	       strstr(err.text, "void") != NULL &&
	       ceremony_is(&c, id, SEAL_PROFILE_READY),
	       "code: the right one is void after five");

	proved(id, &device, later);
	tap_ok(strcmp(code, later) != 0 &&
	       ceremony_refused(activate(id, code, &err), &err,
				SEAL_ERR_REFUSED),
	       "code: a new one makes the former void");
	proved(id, &device, code);
	c.now += SEAL_CODE_SECONDS;
	tap_ok(ceremony_refused(activate(id, code, &err), &err,
				SEAL_ERR_REFUSED) &&
	       strstr(err.text, "expired") != NULL, "code: a day old");
	c.now -= 1;
	memset(long_code, 'A', sizeof(long_code));
	long_code[sizeof(long_code) - 1] = '\0';
	tap_ok(ceremony_refused(activate(id, long_code, &err), &err,
				SEAL_ERR_REFUSED) &&
	       ceremony_refused(activate(id, "", &err), &err,
				SEAL_ERR_REFUSED), "code: long, or empty");
	snprintf(typed, sizeof(typed), "  %.4s%.4s  %s -\n", code, code + 5,
		 code + 10);
	lower(typed);
	tap_ok(activate(id, typed, &err) == 0 &&
	       ceremony_is(&c, id, SEAL_PROFILE_ACTIVE) &&
	       ceremony_profile(&c, CEREMONY_USER, id)->proof == NULL,
	       "code: case, spaces and hyphens do not matter");
	tap_ok(activate(id, "", &err) == 0, "code: active already");
	(void)seal_profiles_deactivate(c.store, CEREMONY_USER, id, c.now, &err);
	tap_ok(ceremony_refused(activate(id, code, &err), &err,
				SEAL_ERR_REFUSED) &&
	       ceremony_is(&c, id, SEAL_PROFILE_RETIRED),
	       "code: is good once");
	device_free(&device);
}

static void test_code_elsewhere(void)
{
	char id[SEAL_PROFILE_ID_LEN + 1], other[SEAL_PROFILE_ID_LEN + 1];
	char code[CODE_LEN + 1], later[CODE_LEN + 1];
	struct device device, second;
	struct seal_error err;

	ceremony_fresh(&c);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_RSA2048, id, &device);
	device_files(&device, &c, CEREMONY_USER, id);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_RSA2048, other, &second);
	device_files(&second, &c, CEREMONY_USER, other);
	proved(id, &device, code);
	proved(other, &second, later);
	tap_ok(ceremony_refused(activate(other, code, &err), &err,
				SEAL_ERR_REFUSED) &&
	       ceremony_is(&c, other, SEAL_PROFILE_READY),
	       "code: not for another profile");
	/* an administrator needs none, and then none waits */
	(void)seal_profiles_activate(c.store, CEREMONY_USER, id, c.now, &err);
	tap_ok(ceremony_profile(&c, CEREMONY_USER, id)->proof == NULL &&
	       activate(other, later, &err) == 0,
	       "code: each profile has its own");
	device_free(&device);
	device_free(&second);
}

static void test_allocations(void)
{
	struct seal_buf message = SEAL_BUF_INIT, before = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1], code[CODE_LEN + 1];
	bool good = true, failed = true;
	struct device device;
	struct seal_error err;
	unsigned long n;
	int ret;

	ceremony_fresh(&c);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_RSA2048, id, &device);
	device_files(&device, &c, CEREMONY_USER, id);
	for (n = 1; good && failed; n += ceremony_step(n)) {
		ceremony_snapshot(&c, CEREMONY_USER, &before);
		tap_alloc_fail_at(n);
		ret = prove(id, &message, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = (ret == 0 ? message.len > 0 : message.len == 0 &&
			(err.code == SEAL_ERR_MEMORY ||
			 err.code == SEAL_ERR_CRYPTO) &&
			ceremony_unchanged(&c, CEREMONY_USER, &before)) &&
			ERR_peek_error() == 0;
	}
	tap_ok(good, "prove: allocations failing, up to %lu", n);
	for (n = 1, failed = true; good && failed; n += ceremony_step(n)) {
		(void)seal_profiles_deactivate(c.store, CEREMONY_USER, id,
					       c.now, &err);
		proved(id, &device, code);
		tap_alloc_fail_at(n);
		ret = activate(id, code, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = (ret == 0 ? ceremony_is(&c, id, SEAL_PROFILE_ACTIVE) :
			(err.code == SEAL_ERR_MEMORY ||
			 err.code == SEAL_ERR_CRYPTO) &&
			!ceremony_is(&c, id, SEAL_PROFILE_ACTIVE) &&
			ceremony_profile(&c, CEREMONY_USER,
					 id)->proof->tries == 0) &&
			ERR_peek_error() == 0;
	}
	tap_ok(good, "activate: allocations failing, up to %lu", n);
	if (!good)
		tap_note("%d: %s", ret, err.text);
	device_free(&device);
	seal_buf_free(&message);
	seal_buf_free(&before);
}

int main(void)
{
	tap_alloc_init();
	message_file = tap_file("message", NULL, 0);
	test_message();
	test_other_active();
	test_prove_refused();
	test_code();
	test_code_elsewhere();
	test_allocations();
	ceremony_end(&c);
	return tap_done();
}

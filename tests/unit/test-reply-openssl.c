/* SPDX-License-Identifier: MIT */
/* What the openssl program signed and encrypted comes out as it went in; and how much
 * memory a long message takes. */
#include "unseal/reply.h"

#include <malloc.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include "unit/judge.h"
#include "unit/reply-check.h"

/* RSA-2048: what stands last in its RecipientInfo */
#define WRAPPED 256

static struct judge_key sender, own, other;
static EVP_PKEY *sender_key;

static int ask(void *context, const unsigned char *recipients,
	       size_t recipients_len, size_t key_len,
	       struct seal_reply_key *key_r, struct seal_error *err)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(sender_key, NULL);
	unsigned char key[WRAPPED];
	size_t len = sizeof(key);
	bool opened;

	(void)context;
	opened = ctx != NULL && recipients_len > WRAPPED &&
		EVP_PKEY_decrypt_init(ctx) == 1 &&
		EVP_PKEY_decrypt(ctx, key, &len, recipients + recipients_len -
				 WRAPPED, WRAPPED) == 1 && len == key_len;
	EVP_PKEY_CTX_free(ctx);
	if (!opened)
		return seal_error_set(err, SEAL_ERR_CRYPTO, "not to the sender");
	if (seal_buf_append(&key_r->key, key, len, err) < 0 ||
	    seal_buf_append(&key_r->signers, own.der.data, own.der.len,
			    err) < 0)
		return -1;
	return 1;
}

static const char inner[] = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
	"The opened message,\r\n\r\n  as it went in.\r\n";

static const struct {
	const char *name;
	/* for openssl cms -sign (NULL: not signed), and for -encrypt */
	const char *sign[6], *encrypt[6];
	bool by_other, refused;
} rows[] = {
	{ "unsigned", { NULL }, { "-aes128" }, false, false },
	{ "detached", { "-md", "sha256" }, { "-aes128" }, false, false },
	{ "opaque", { "-nodetach" }, { "-aes256" }, false, false },
	{ "opaque, streamed", { "-nodetach", "-stream" },
	  { "-aes-128-cbc", "-stream" }, false, false },
	{ "SHA-512, no attributes", { "-md", "sha512", "-noattr" },
	  { "-aes192" }, false, false },
	{ "PSS, GCM", { "-keyopt", "rsa_padding_mode:pss" },
	  { "-aes-256-gcm" }, false, false },
	{ "key identifiers", { "-keyid", "-nodetach" },
	  { "-des3", "-keyid" }, false, false },
	{ "by somebody else", { "-md", "sha256" }, { "-aes128" }, true, true },
	{ "opaque by somebody else", { "-nodetach" }, { "-aes-128-gcm" }, true,
	  true }
};

/* Runs openssl cms over in; the result replaces it. */
static bool cms(const char *const *before, const char *const *options,
		const char *const *after, struct seal_buf *in)
{
	const char *argv[32] = { "openssl", "cms" };
	unsigned int n = 2;
	char *out;
	size_t len;
	int status;

	for (; *before != NULL; before++)
		argv[n++] = *before;
	for (; *options != NULL; options++)
		argv[n++] = *options;
	for (; *after != NULL; after++)
		argv[n++] = *after;
	argv[n] = NULL;
	status = tap_run(argv, in->data, in->len, &out, &len);
	seal_buf_clear(in);
	reply_add(in, out, len);
	free(out);
	return status == 0;
}

static bool make(unsigned int row, struct seal_buf *message)
{
	const struct judge_key *by = rows[row].by_other ? &other : &own;
	const char *const sign[] = {
		"-sign", "-binary", "-crlfeol", "-signer", by->cert, "-inkey",
		by->key, NULL
	}, *const encrypt[] = {
		"-encrypt", "-binary", "-crlfeol", NULL
	}, *const to[] = { "-recip", sender.cert, NULL }, *const none[] = { NULL };

	seal_buf_clear(message);
	reply_add_text(message, inner);
	return (rows[row].sign[0] == NULL ||
		cms(sign, rows[row].sign, none, message)) &&
		cms(encrypt, rows[row].encrypt, to, message);
}

static void test_rows(void)
{
	static const char outer[] = "Subject: x\r\n";
	struct seal_reply_order order = { ask, NULL, false };
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_buf entity = SEAL_BUF_INIT;
	enum seal_reply_verdict verdict;
	struct seal_error err;
	char wanted[1024];
	unsigned int i;
	bool good;

	snprintf(wanted, sizeof(wanted), "%s%s%s", outer, REPLY_VERSION, inner);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		good = make(i, &entity);
		seal_buf_clear(&message);
		reply_add_text(&message, outer);
		reply_add(&message, entity.data, entity.len);
		err.text[0] = '\0';
		good = good && reply_open(&order, &message, 100, 0, &out,
					  &verdict, &err) == 0;
		if (good && rows[i].refused)
			good = verdict == SEAL_REPLY_REFUSED &&
				strstr(err.text, "your certificates") != NULL;
		else
			good = good && verdict == SEAL_REPLY_OPENED &&
				reply_same(&out, wanted);
		tap_ok(good, "openssl: %s %s", rows[i].name, err.text);
	}
	seal_buf_free(&entity);
	seal_buf_free(&message);
	seal_buf_free(&out);
}

static int count_bytes(void *context, const unsigned char *data, size_t len,
		       struct seal_error *err)
{
	(void)data, (void)err;
	*(uint64_t *)context += len;
	return 0;
}

static size_t allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* One run; *most_r is the most that was allocated between two pieces. */
static bool run(struct seal_reply *reply, const struct seal_buf *message,
		const struct seal_sink *sink, size_t *most_r)
{
	enum seal_reply_verdict verdict = SEAL_REPLY_PASS;
	struct seal_error err;
	size_t at, n, now;

	if (seal_reply_begin(reply, sink, &err) < 0)
		return false;
	for (at = 0; at < message->len; at += n) {
		n = message->len - at < 32768 ? message->len - at : 32768;
		if (seal_reply_more(reply, message->data + at, n, &err) != 1)
			return false;
		now = allocated();
		if (now > *most_r)
			*most_r = now;
	}
	return seal_reply_finish(reply, &verdict, &err) == 0 &&
		verdict == SEAL_REPLY_OPENED;
}

/* A signed message of 12 MB in an envelope of more takes less than one. */
static void test_memory(void)
{
	const size_t size = 12 * 1024 * 1024;
	struct seal_reply_order order = { ask, NULL, true };
	struct seal_buf message = SEAL_BUF_INIT;
	struct seal_reply *reply;
	struct seal_error err;
	uint64_t written = 0;
	struct seal_sink sink = { .write = count_bytes, .context = &written };
	static const char *const none[] = { NULL };
	const char *const sign[] = {
		"-sign", "-binary", "-crlfeol", "-signer", own.cert, "-inkey",
		own.key, NULL
	}, *const encrypt[] = {
		"-encrypt", "-binary", "-crlfeol", "-aes128", "-recip",
		sender.cert, NULL
	};
	size_t before, most = 0, i;
	bool good;

	reply_add_text(&message, "Content-Type: text/plain\r\n\r\n");
	for (i = 0; i < size / 64; i++)
		reply_add_text(&message, "sixty-two bytes in each of the lines "
			       "of a message that is long\r\n");
	good = cms(sign, none, none, &message) &&
		cms(encrypt, none, none, &message);
	before = allocated();
	reply = seal_reply_new(&order, &err);
	good = good && reply != NULL && run(reply, &message, NULL, &most) &&
		run(reply, &message, &sink, &most);
	tap_ok(good && written == seal_reply_size(reply) && written > size &&
	       most < before + 1024 * 1024,
	       "%llu bytes are opened with %zu", (unsigned long long)written,
	       most < before ? 0 : most - before);
	seal_reply_free(&reply);
	seal_buf_free(&message);
}

int main(void)
{
	static const char *const id[] = { "subjectKeyIdentifier=hash", NULL };
	BIO *bio;

	if (!judge_make(&sender, "sender", "rsa:2048", NULL, id) ||
	    !judge_make(&own, "own", "rsa:2048", NULL, id) ||
	    !judge_make(&other, "other", "rsa:2048", NULL, id))
		abort();
	bio = BIO_new_file(sender.key, "r");
	sender_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	test_rows();
	test_memory();
	EVP_PKEY_free(sender_key);
	judge_free(&sender);
	judge_free(&own);
	judge_free(&other);
	return tap_done();
}

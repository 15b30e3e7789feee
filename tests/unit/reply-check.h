/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_REPLY_CHECK_H
#define SEAL_TESTS_REPLY_CHECK_H

/* Outgoing messages as recipes say, a seald that is none, and the two runs. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "tap.h"
#include "unit/cms-make.h"
#include "unseal/reply.h"

#define REPLY_OUTER_ABOVE "From: a@example.org\r\nTo: b@example.net\r\n" \
	"Subject: [...]\r\nMessage-ID: <1@example.org>\r\n"
#define REPLY_VERSION "MIME-Version: 1.0\r\n"
/* what a mail program writes, with a mark that it may not */
#define REPLY_OUTER REPLY_OUTER_ABOVE "X-Mail-Seal: v=1\r\n" REPLY_VERSION
#define REPLY_TEXT "Content-Type: text/plain; charset=utf-8\r\n" \
	"Content-Transfer-Encoding: 8bit\r\n\r\nHello,\r\n\r\n.\r\n--by\r\nme\r\n"

struct reply_signers {
	struct cms_signer own, other;
};

static inline void reply_signers_make(struct reply_signers *signers)
{
	cms_signer_make(&signers->own, EVP_RSA_gen(2048), "own");
	cms_signer_make(&signers->other, EVP_RSA_gen(2048), "other");
}

static inline void reply_signers_free(struct reply_signers *signers)
{
	cms_signer_free(&signers->own);
	cms_signer_free(&signers->other);
}

static inline void reply_add(struct seal_buf *buf, const void *data, size_t len)
{
	struct seal_error err;

	if (seal_buf_append(buf, data, len, &err) < 0)
		abort();
}

static inline void reply_add_text(struct seal_buf *buf, const char *text)
{
	reply_add(buf, text, strlen(text));
}

/* lines of 64 columns */
static inline void reply_add_base64(struct seal_buf *buf,
				    const struct seal_buf *data)
{
	unsigned char line[80];
	size_t at, n;
	int len;

	for (at = 0; at < data->len; at += n) {
		n = data->len - at < 48 ? data->len - at : 48;
		len = EVP_EncodeBlock(line, data->data + at, (int)n);
		reply_add(buf, line, (size_t)len);
		reply_add_text(buf, "\r\n");
	}
}

/* An envelope's RecipientInfo is then somebody else's. */
static inline void reply_make_foreign(struct seal_buf *cms)
{
	unsigned char *id = memmem(cms->data, cms->len, "\x04\x03kek", 5);

	if (id == NULL)
		abort();
	memcpy(id, "\x04\x03you", 5);
}

static inline void reply_wrap_cms(struct seal_buf *entity, char how,
				  const struct reply_signers *signers)
{
	const struct cms_signer *by = how == 'X' ? &signers->other :
		&signers->own;
	struct seal_buf cms = SEAL_BUF_INIT;

	switch (how) {
	case 'o':
	case 'X':
		cms_sign(by, EVP_sha256(), 0, false, entity->data, entity->len,
			 &cms);
		break;
	case 'O':
		cms_sign(by, EVP_sha512(), CMS_STREAM | CMS_NOATTR, false,
			 entity->data, entity->len, &cms);
		break;
	default:
		cms_encrypt(how == 'g' ? EVP_aes_256_gcm() :
			    how == 'c' ? EVP_camellia_128_cbc() :
			    EVP_aes_128_cbc(), how == 'E' || how == 'b',
			    entity->data, entity->len, &cms);
	}
	if (how == 'f')
		reply_make_foreign(&cms);
	seal_buf_clear(entity);
	/* one that does not say what it is, and one that says it wrong */
	reply_add_text(entity, how == 'O' ?
		       "Content-Type: application/x-pkcs7-mime\r\n" :
		       "Content-Type: application/pkcs7-mime; "
		       "smime-type=enveloped-data; name=smime.p7m\r\n");
	if (how == 'b') {
		reply_add_text(entity, "Content-Transfer-Encoding: binary\r\n"
			       "\r\n");
		reply_add(entity, cms.data, cms.len);
	} else {
		reply_add_text(entity, "Content-Transfer-Encoding: base64\r\n"
			       "\r\n");
		reply_add_base64(entity, &cms);
	}
	seal_buf_free(&cms);
}

static inline void reply_wrap_detached(struct seal_buf *entity, char how,
				       const struct reply_signers *signers)
{
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	char boundary[16], text[256];

	/* another one in each layer */
	snprintf(boundary, sizeof(boundary), "b%zu", entity->len);
	cms_sign(how == 'x' ? &signers->other : &signers->own,
		 how == '1' ? EVP_sha1() : EVP_sha256(), CMS_DETACHED, false,
		 entity->data, entity->len, &cms);
	snprintf(text, sizeof(text), "Content-Type: multipart/signed; "
		 "micalg=sha-256;\r\n\tprotocol=\"application/pkcs7-signature\"; "
		 "boundary=\"%s\"\r\n\r\nThis is signed.\r\n--%s\r\n", boundary,
		 boundary);
	reply_add_text(&out, text);
	reply_add(&out, entity->data, entity->len);
	snprintf(text, sizeof(text), "\r\n--%s\r\nContent-Type: "
		 "application/pkcs7-signature; name=smime.p7s\r\n"
		 "Content-Transfer-Encoding: base64\r\n\r\n", boundary);
	reply_add_text(&out, text);
	reply_add_base64(&out, &cms);
	snprintf(text, sizeof(text), "\r\n--%s--\r\n", boundary);
	reply_add_text(&out, text);
	seal_buf_free(&cms);
	seal_buf_free(entity);
	*entity = out;
}

/* All lines end in LF from here on. */
static inline void reply_to_lf(struct seal_buf *buf)
{
	size_t i, n = 0;

	for (i = 0; i < buf->len; i++) {
		if (buf->data[i] != '\r')
			buf->data[n++] = buf->data[i];
	}
	buf->len = n;
}

/* What the inner entity is put into, from the inside outwards:
 *   e g c   an envelope: AES-128-CBC, AES-256-GCM, Camellia; E streamed; b streamed
 *           and binary; f to somebody else
 *   s x 1   multipart/signed: by the user, by somebody else, over SHA-1
 *   o X     opaque, the same; O streamed, without attributes
 *   l       line ends become LF
 *   m       a message/rfc822 */
static inline void reply_make(struct seal_buf *message, const char *outer,
			      const char *inner, const char *recipe,
			      const struct reply_signers *signers)
{
	struct seal_buf entity = SEAL_BUF_INIT, with_head = SEAL_BUF_INIT;

	reply_add_text(&entity, inner);
	for (; *recipe != '\0'; recipe++) {
		if (*recipe == 'l') {
			reply_to_lf(&entity);
		} else if (*recipe == 'm') {
			reply_add_text(&with_head,
				       "Content-Type: message/rfc822\r\n\r\n");
			reply_add(&with_head, entity.data, entity.len);
			seal_buf_free(&entity);
			entity = with_head;
			memset(&with_head, 0, sizeof(with_head));
		} else if (strchr("sx1", *recipe) != NULL) {
			reply_wrap_detached(&entity, *recipe, signers);
		} else {
			reply_wrap_cms(&entity, *recipe, signers);
		}
	}
	seal_buf_clear(message);
	reply_add_text(message, outer);
	reply_add(message, entity.data, entity.len);
	seal_buf_free(&entity);
}

/* What answers instead of seald: envelopes whose recipient is "kek" are the user's. */
struct reply_seald {
	const struct reply_signers *signers;
	enum seal_error_code fails;	/* NONE: it works */
	bool wrong_key;
	unsigned int asked;
};

static inline int reply_ask(void *context, const unsigned char *recipients,
			    size_t recipients_len, size_t key_len,
			    struct seal_reply_key *key_r,
			    struct seal_error *err)
{
	struct reply_seald *seald = context;
	unsigned char key[64];

	seald->asked++;
	if (seald->fails != SEAL_ERR_NONE)
		return seal_error_set(err, seald->fails, "seald says no");
	if (memmem(recipients, recipients_len, "\x04\x03kek", 5) == NULL)
		return 0;
	if (!cms_open_key(recipients, recipients_len, key_len, key)) {
		if (tap_alloc_failed())
			return seal_error_memory(err);
		memset(key, 1, sizeof(key));
	}
	if (seald->wrong_key)
		memset(key, (int)seald->asked, sizeof(key));
	if (seal_buf_append(&key_r->key, key, key_len, err) < 0 ||
	    seal_buf_append(&key_r->signers, seald->signers->own.der.data,
			    seald->signers->own.der.len, err) < 0)
		return -1;
	return 1;
}

/* Feeds all, up to cut and from there on, or in pieces of step (if not 0). */
static inline int reply_feed(struct seal_reply *reply,
			     const struct seal_buf *message, size_t step,
			     size_t cut, struct seal_error *err)
{
	size_t at, n;
	int ret = 1;

	for (at = 0; at < message->len && ret > 0; at += n) {
		n = step > 0 ? step : at < cut ? cut : message->len;
		if (n > message->len - at)
			n = message->len - at;
		ret = seal_reply_more(reply, message->data + at, n, err);
	}
	return ret < 0 ? -1 : 0;
}

/* One run; out NULL: the first. As seal_reply_finish(). */
static inline int reply_run(struct seal_reply *reply,
			    const struct seal_buf *message, size_t step,
			    size_t cut, struct seal_buf *out,
			    enum seal_reply_verdict *verdict_r,
			    struct seal_error *err)
{
	struct seal_sink sink;

	if (out != NULL)
		sink = seal_sink_to_buf(out);
	if (seal_reply_begin(reply, out == NULL ? NULL : &sink, err) < 0 ||
	    reply_feed(reply, message, step, cut, err) < 0)
		return -1;
	return seal_reply_finish(reply, verdict_r, err);
}

/* Both runs. out is cleared first. */
static inline int reply_open(const struct seal_reply_order *order,
			     const struct seal_buf *message, size_t step,
			     size_t cut, struct seal_buf *out,
			     enum seal_reply_verdict *verdict_r,
			     struct seal_error *err)
{
	struct seal_reply *reply = seal_reply_new(order, err);
	int ret;

	seal_buf_clear(out);
	if (reply == NULL)
		return -1;
	ret = reply_run(reply, message, step, cut, NULL, verdict_r, err);
	if (ret == 0 && *verdict_r == SEAL_REPLY_OPENED) {
		ret = reply_run(reply, message, step, cut, out, verdict_r, err);
		if (ret == 0 && (*verdict_r != SEAL_REPLY_OPENED ||
				 out->len != seal_reply_size(reply))) {
			tap_note("size %zu, not %llu", out->len,
				 (unsigned long long)seal_reply_size(reply));
			ret = -2;
		}
	}
	seal_reply_free(&reply);
	return ret;
}

static inline bool reply_same(const struct seal_buf *out, const char *wanted)
{
	if (out->len == strlen(wanted) &&
	    (out->len == 0 || memcmp(out->data, wanted, out->len) == 0))
		return true;
	tap_note("%zu bytes: %.*s", out->len, (int)out->len,
		 out->data == NULL ? "" : (const char *)out->data);
	return false;
}

#endif

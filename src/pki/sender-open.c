/* SPDX-License-Identifier: MIT */

/* What is encrypted to a sender certificate. */

#include "pki/sender.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include "base/error.h"
#include "pki/cert.h"
#include "pki/frame.h"
#include "pki/received-private.h"
#include "pki/sender-private.h"

int seal_sender_names(const struct seal_sender *sender, struct seal_buf *out,
		      struct seal_error *err)
{
	unsigned char id[SEAL_CERT_KEY_ID_LEN];
	size_t before = out->len, start;

	if (seal_cert_key_id(sender->key, id, err) < 0 ||
	    seal_buf_append(out, sender->sid.data, sender->sid.len, err) < 0)
		return -1;
	start = out->len;
	if (seal_buf_append(out, id, sizeof(id), err) == 0 &&
	    seal_frame(out, start, SEAL_TAG_OCTET_STRING, err) == 0)
		return 0;
	out->len = before;
	return -1;
}

/* Appends found where good is 0xff, and random where it is 0. */
static int put_either(unsigned char good, const unsigned char *found,
		      const unsigned char *random, size_t len,
		      struct seal_buf *out, struct seal_error *err)
{
	unsigned char *to = seal_buf_reserve(out, len, err);
	size_t i;

	if (to == NULL)
		return -1;
	__asm__("" : "+r"(good));	/* no branch on it */
	for (i = 0; i < len; i++)
		to[i] = (unsigned char)((found[i] & good) |
					(random[i] & ~good));
	out->len += len;
	return 0;
}

int seal_sender_open(const struct seal_sender *sender,
		     const struct seal_received *received, size_t i,
		     size_t key_len, struct seal_buf *key,
		     struct seal_error *err)
{
	const struct seal_recipient_name *name = &received->names[i];
	unsigned char random[SEAL_RECEIVED_KEY_MAX];
	unsigned char found[SEAL_RECEIVED_KEY_MAX] = { 0 }, good = 0;
	int ret;

	ERR_clear_error();
	/* before anything is known */
	if (RAND_priv_bytes(random, (int)key_len) != 1)
		return seal_error_crypto(err, "making random bytes");
	ret = name->transport != NULL ?
		seal_received_rsa(name, sender->key, key_len, found, &good,
				  err) :
		seal_received_ec(name, sender->key, key_len, found, &good, err);
	if (ret == 0)
		ret = put_either(good, found, random, key_len, key, err);
	OPENSSL_cleanse(random, sizeof(random));
	OPENSSL_cleanse(found, sizeof(found));
	ERR_clear_error();
	return ret;
}

/* SPDX-License-Identifier: MIT */
#include "pki/recipient.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include "base/error.h"
#include "pki/recipient-private.h"

#define DER_MAX (64 * 1024)

/* What libcrypto takes for a key and a context, measured (3.0). */
#define RSA_SIZE(bits) (1400 + (size_t)(bits) / 8 * 4)
#define EC_SIZE 4200

static struct seal_recipient *
read_once(const unsigned char *der, size_t len, struct seal_error *err)
{
	struct seal_recipient *recipient = calloc(1, sizeof(*recipient));

	if (recipient == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	/* the queue is asked what went wrong here, not before */
	ERR_clear_error();
	if (seal_recipient_read(recipient, der, len, err) < 0)
		seal_recipient_free(&recipient);
	ERR_clear_error();
	return recipient;
}

static bool seems_malformed(const struct seal_recipient *recipient,
			    const struct seal_error *err)
{
	return recipient == NULL ? err->code == SEAL_ERR_INPUT :
		recipient->unfit != NULL;
}

struct seal_recipient *seal_recipient_new(const unsigned char *der, size_t len,
					  struct seal_error *err)
{
	struct seal_recipient *recipient;

	if (len > DER_MAX) {
		(void)seal_error_set(err, SEAL_ERR_INPUT,
				     "a certificate of more than 64 kB");
		return NULL;
	}
	recipient = read_once(der, len, err);
	/* libcrypto does not always say that it was memory it lacked. The
	 * caller keeps what this makes, so a passing shortage must not look
	 * like damage. */
	if (seems_malformed(recipient, err)) {
		seal_recipient_free(&recipient);
		recipient = read_once(der, len, err);
	}
	return recipient;
}

void seal_recipient_free(struct seal_recipient **_recipient)
{
	struct seal_recipient *recipient = *_recipient;

	if (recipient == NULL)
		return;
	*_recipient = NULL;
	seal_buf_free(&recipient->der);
	seal_buf_free(&recipient->rid);
	seal_buf_free(&recipient->key_id);
	seal_buf_free(&recipient->head);
	EVP_PKEY_CTX_free(recipient->work);
	EVP_PKEY_free(recipient->key);
	free(recipient->unfit);
	free(recipient);
}

size_t seal_recipient_size(const struct seal_recipient *recipient)
{
	return sizeof(*recipient) + recipient->der.size + recipient->rid.size +
		recipient->key_id.size + recipient->head.size +
		(recipient->kind == SEAL_RECIPIENT_RSA ?
		 RSA_SIZE(EVP_PKEY_get_bits(recipient->key)) : EC_SIZE);
}

static void date_reason(const struct seal_recipient *recipient,
			const char *verb, int64_t when,
			struct seal_error *reason)
{
	time_t t = (time_t)when;
	struct tm tm;
	char date[40];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		date[0] = '\0';
	(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			     "certificate %s: its validity %s %s",
			     recipient->serial, verb, date);
}

enum seal_recipient_verdict
seal_recipient_judge(const struct seal_recipient *recipient, time_t now,
		     struct seal_error *reason)
{
	if (recipient->unfit != NULL) {
		(void)seal_error_set(reason, SEAL_ERR_REFUSED, "%s",
				     recipient->unfit);
		return SEAL_RECIPIENT_UNFIT;
	}
	if (now < recipient->not_before) {
		date_reason(recipient, "begins", recipient->not_before, reason);
		return SEAL_RECIPIENT_NOT_YET_VALID;
	}
	if (now > recipient->not_after) {
		date_reason(recipient, "ended", recipient->not_after, reason);
		return SEAL_RECIPIENT_EXPIRED;
	}
	return SEAL_RECIPIENT_OK;
}

int seal_recipient_names(const struct seal_recipient *recipient,
			 struct seal_buf *out, struct seal_error *err)
{
	size_t before = out->len;

	if (seal_buf_append(out, recipient->rid.data, recipient->rid.len,
			    err) < 0)
		return -1;
	if (seal_buf_append(out, recipient->key_id.data, recipient->key_id.len,
			    err) == 0)
		return 0;
	out->len = before;
	return -1;
}

/* SPDX-License-Identifier: MIT */

/* Who may have replies opened must not learn from the answers what was in a content key
 * that does not fit (Bleichenbacher's attack): whatever is wrong, the answer has
 * the same shape, and libcrypto is asked to do the same. Time is told, but decides
 * nothing: that depends on the machine. */

#include "pki/received.h"

#include <time.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include "pki/frame.h"
#include "judge-chain.h"
#include "opening-check.h"

#define ADDRESS "alice@example.net"
#define MODULUS 256
#define KEY_LEN 16

/*
 * What libcrypto is asked to do: wrapped at link time
 */

static unsigned int decrypts, privates, randoms, checks, noted;
static int last_padding;

int __real_EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *len,
			    const unsigned char *in, size_t in_len);
int __wrap_EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *len,
			    const unsigned char *in, size_t in_len);
int __real_RAND_priv_bytes(unsigned char *out, int len);
int __wrap_RAND_priv_bytes(unsigned char *out, int len);
int __real_RAND_bytes(unsigned char *out, int len);
int __wrap_RAND_bytes(unsigned char *out, int len);
int __real_BN_cmp(const BIGNUM *a, const BIGNUM *b);
int __wrap_BN_cmp(const BIGNUM *a, const BIGNUM *b);

int __wrap_EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *len,
			    const unsigned char *in, size_t in_len)
{
	int ret = __real_EVP_PKEY_decrypt(ctx, out, len, in, in_len);

	(void)EVP_PKEY_CTX_get_rsa_padding(ctx, &last_padding);
	/* that it fails would show */
	if (ret == 1 && in_len == MODULUS)
		decrypts++;
	return ret;
}

int __wrap_RAND_priv_bytes(unsigned char *out, int len)
{
	privates++;
	return __real_RAND_priv_bytes(out, len);
}

int __wrap_RAND_bytes(unsigned char *out, int len)
{
	randoms++;
	return __real_RAND_bytes(out, len);
}

int __wrap_BN_cmp(const BIGNUM *a, const BIGNUM *b)
{
	checks++;
	return __real_BN_cmp(a, b);
}

/* Since the last time. */
static bool asked_for_the_same(void)
{
	bool good = decrypts == 1 && privates == 1 && randoms == 1 &&
		checks == 1 && last_padding == RSA_NO_PADDING;

	if (!good && noted++ == 0)
		tap_note("%u decrypted, %u and %u random, %u compared",
			 decrypts, privates, randoms, checks);
	decrypts = privates = randoms = checks = 0;
	return good;
}

/*
 * Keys as they should not be
 */

enum kind {
	GOOD, FIRST_BYTE, SECOND_BYTE, BLOCK_TYPE_1, SHORT_PADDING, EARLY_ZERO,
	ZERO_FIRST, LATE_ZERO, NO_ZERO, KEY_TOO_SHORT, KEY_TOO_LONG, KEY_EMPTY,
	ALL_ZERO, ALL_ONES, RANDOM, LAST_PADDING_ZERO,
	/* of the number, not the block: */
	NUMBER_ZERO, NUMBER_ONE, NUMBER_MODULUS, NUMBER_LARGE, NUMBER_SHORT,
	NUMBER_LONG, NUMBER_EMPTY, ANOTHER_KEY, KINDS
};

static const char *const kind_names[KINDS] = {
	"good", "first byte", "second byte", "block type 1",
	"padding of 7 bytes", "a zero in the padding",
	"a zero at once", "the zero one byte late", "no zero",
	"a key too short", "a key too long", "an empty key", "zeros", "ones",
	"a random block", "the zero one byte early",
	"the number zero", "the number one", "the modulus", "a larger number",
	"a short number", "a long number", "no number",
	"another certificate's"
};

static EVP_PKEY *rsa_key, *other_rsa;
static struct seal_sender *sender;
static struct seal_buf names, rid;
static const unsigned char content_key[KEY_LEN + 1] = "sixteen bytes...";

static void fill_padding(unsigned char *p, size_t len)
{
	size_t i;

	if (__real_RAND_bytes(p, (int)len) != 1)
		abort();
	for (i = 0; i < len; i++) {
		if (p[i] == 0)
			p[i] = 0xa5;
	}
}

/* EME-PKCS1-v1_5, and what is wrong with it. */
static void make_block(enum kind kind, unsigned char block[MODULUS])
{
	size_t zero = MODULUS - KEY_LEN - 1, i;

	fill_padding(block, MODULUS);
	block[0] = 0;
	block[1] = 2;
	block[zero] = 0;
	memcpy(block + zero + 1, content_key, KEY_LEN);
	switch (kind) {
	case FIRST_BYTE:
		block[0] = 1;
		break;
	case SECOND_BYTE:
		block[1] = 3;
		break;
	case BLOCK_TYPE_1:
		block[1] = 1;
		memset(block + 2, 0xff, zero - 2);
		break;
	case SHORT_PADDING:
		block[9] = 0;
		break;
	case EARLY_ZERO:
		block[100] = 0;
		break;
	case ZERO_FIRST:
		block[2] = 0;
		break;
	case LATE_ZERO:
	case KEY_TOO_SHORT:
		block[zero] = 7;
		block[zero + 1] = 0;
		break;
	case NO_ZERO:
		for (i = 2; i < MODULUS; i++)
			block[i] |= 1;
		break;
	case LAST_PADDING_ZERO:
		block[zero - 1] = 0;
		break;
	case KEY_TOO_LONG:
		block[zero] = 7;
		block[zero - 8] = 0;
		break;
	case KEY_EMPTY:
		for (i = zero; i < MODULUS - 1; i++)
			block[i] |= 1;
		block[MODULUS - 1] = 0;
		break;
	case ALL_ZERO:
		memset(block, 0, MODULUS);
		break;
	case ALL_ONES:
		memset(block, 0xff, MODULUS);
		block[0] = 0;
		break;
	case RANDOM:
		if (__real_RAND_bytes(block, MODULUS) != 1)
			abort();
		block[0] &= 0x3f;
		break;
	default:
		break;
	}
}

/* The block as a number, encrypted. */
static void encrypt_block(EVP_PKEY *key, const unsigned char block[MODULUS],
			  unsigned char out[MODULUS])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	size_t len = MODULUS;

	if (EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1 ||
	    EVP_PKEY_encrypt(ctx, out, &len, block, MODULUS) != 1 ||
	    len != MODULUS)
		abort();
	EVP_PKEY_CTX_free(ctx);
}

/* What stands in the message. Returns its length. */
static size_t make_number(enum kind kind, unsigned char number[MODULUS + 1])
{
	unsigned char block[MODULUS];
	BIGNUM *modulus = NULL;

	make_block(kind, block);
	encrypt_block(kind == ANOTHER_KEY ? other_rsa : rsa_key, block, number);
	switch (kind) {
	case NUMBER_ZERO:
		memset(number, 0, MODULUS);
		break;
	case NUMBER_ONE:
		memset(number, 0, MODULUS);
		number[MODULUS - 1] = 1;
		break;
	case NUMBER_MODULUS:
		if (EVP_PKEY_get_bn_param(rsa_key, "n", &modulus) != 1 ||
		    BN_bn2binpad(modulus, number, MODULUS) != MODULUS)
			abort();
		BN_free(modulus);
		break;
	case NUMBER_LARGE:
		memset(number, 0xff, MODULUS);
		break;
	case NUMBER_SHORT:
		return MODULUS - 1;
	case NUMBER_LONG:
		memmove(number + 1, number, MODULUS);
		number[0] = 0;
		return MODULUS + 1;
	case NUMBER_EMPTY:
		return 0;
	case ANOTHER_KEY:
		/* whatever the other modulus, below this one */
		number[0] &= 0x3f;
		break;
	default:
		break;
	}
	return MODULUS;
}

/* A KeyTransRecipientInfo with that. */
static void make_infos(enum kind kind, struct seal_buf *infos)
{
	static const unsigned char algorithm[] = {
		0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01, 0x01, 0x01, 0x05, 0x00
	};
	unsigned char number[MODULUS + 1];
	size_t len = make_number(kind, number), from;
	struct seal_error err;

	seal_buf_clear(infos);
	(void)seal_buf_append(infos, "\x02\x01\x00", 3, &err);
	(void)seal_buf_append(infos, rid.data, rid.len, &err);
	(void)seal_buf_append(infos, algorithm, sizeof(algorithm), &err);
	from = infos->len;
	(void)seal_buf_append(infos, number, len, &err);
	(void)seal_frame(infos, from, SEAL_TAG_OCTET_STRING, &err);
	(void)seal_frame(infos, 0, SEAL_TAG_SEQUENCE, &err);
}

/*
 * Tries
 */

struct answers {
	unsigned int count, wrong, same, ones;
	unsigned char last[KEY_LEN];
	double nanoseconds, squares;
};

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void look_at(struct answers *answers, const struct seal_buf *key)
{
	unsigned int i;

	if (answers->count++ > 0 && memcmp(key->data, answers->last, KEY_LEN) == 0)
		answers->same++;
	memcpy(answers->last, key->data, KEY_LEN);
	for (i = 0; i < KEY_LEN * 8; i++)
		answers->ones += key->data[i / 8] >> i % 8 & 1;
}

/* Opens the same message twice. */
static void try_once(enum kind kind, struct answers *answers)
{
	struct seal_buf infos = SEAL_BUF_INIT, key = SEAL_BUF_INIT;
	struct seal_received *received;
	struct seal_error err;
	double ns;
	int i;

	make_infos(kind, &infos);
	received = seal_received_read(infos.data, infos.len, &err);
	if (received == NULL || seal_received_find(received, 0, &names) != 0)
		abort();
	for (i = 0; i < 2; i++) {
		seal_buf_clear(&key);
		decrypts = privates = randoms = checks = 0;
		ns = now_ns();
		if (seal_sender_open(sender, received, 0, KEY_LEN, &key,
				     &err) != 0 || key.len != KEY_LEN ||
		    ERR_peek_error() != 0)
			answers->wrong++;
		ns = now_ns() - ns;
		answers->nanoseconds += ns;
		answers->squares += ns * ns;
		if (!asked_for_the_same() ||
		    (memcmp(key.data, content_key, KEY_LEN) == 0) !=
		    (kind == GOOD))
			answers->wrong++;
		look_at(answers, &key);
	}
	seal_received_free(&received);
	seal_buf_free(&infos);
	seal_buf_free(&key);
}

/* Half of all bits, within six standard deviations: once in a billion. */
static bool looks_random(const struct answers *answers)
{
	double bits = (double)answers->count * KEY_LEN * 8;
	double off = (double)answers->ones - bits / 2;

	return off * off < 36 * bits / 4;
}

static void test_kinds(unsigned int tries)
{
	struct answers answers[KINDS] = { { .count = 0 } };
	unsigned int i, kind;

	/* in turn, so that they share what the machine is up to */
	for (i = 0; i < tries; i++) {
		for (kind = 0; kind < KINDS; kind++)
			try_once((enum kind)kind, &answers[kind]);
	}
	for (kind = 0; kind < KINDS; kind++) {
		const struct answers *a = &answers[kind];
		double mean = a->nanoseconds / a->count / 1000;

		tap_ok(a->wrong == 0, "%s: %u answers of one shape",
		       kind_names[kind], a->count);
		if (kind != GOOD)
			tap_ok(a->same == 0 && looks_random(a),
			       "%s: each random", kind_names[kind]);
		tap_note("%s: %.1f microseconds, variance %.0f",
			 kind_names[kind], mean,
			 a->squares / a->count / 1e6 - mean * mean);
	}
}

/* The sender's issuer and serial number, the first of its names. */
static void take_rid(void)
{
	const unsigned char *p, *v;
	struct seal_error err;
	size_t len;

	if (seal_sender_names(sender, &names, &err) < 0)
		abort();
	p = names.data;
	(void)envelope_step(&p, p + names.len, &v, &len);
	if (seal_buf_append(&rid, names.data, (size_t)(p - names.data),
			    &err) < 0)
		abort();
}

int main(void)
{
	static const unsigned char secret[SEAL_SENDER_SECRET_LEN + 1] =
		"the secret of a golden sender...";
	struct judge_chain chain;
	struct seal_error err;

	judge_chain_make(&chain);
	rsa_key = seal_key_generate(SEAL_KEY_RSA2048, &err);
	other_rsa = seal_key_generate(SEAL_KEY_RSA2048, &err);
	if (rsa_key == NULL || other_rsa == NULL)
		abort();
	sender = judge_sender(chain.issuer_key, chain.issuer.data,
			      chain.issuer.len, secret, rsa_key, ADDRESS, true,
			      &err);
	if (sender == NULL)
		abort();
	take_rid();
	test_kinds(tap_is_slow() ? 2 : 60);
	seal_sender_free(&sender);
	seal_buf_free(&names);
	seal_buf_free(&rid);
	EVP_PKEY_free(rsa_key);
	EVP_PKEY_free(other_rsa);
	judge_chain_free(&chain);
	return tap_done();
}

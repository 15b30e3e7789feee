/* SPDX-License-Identifier: MIT */

/* RecipientInfos that came: read, and content keys recovered. libcrypto's CMS makes them;
 * those that it does not make are made here, and libcrypto opens them, too. */

#include "pki/received.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include "pki/agree.h"
#include "pki/cert.h"
#include "pki/frame.h"
#include "judge-chain.h"
#include "opening-check.h"

#define ADDRESS "alice@example.net"
#define N(array) (sizeof(array) / sizeof((array)[0]))

static const unsigned char secret[SEAL_SENDER_SECRET_LEN + 1] =
	"the secret of a golden sender...";

static struct judge_chain chain;
static EVP_PKEY *rsa_key;
static struct seal_sender *ec, *rsa;
static X509 *ec_cert, *rsa_cert;

static struct seal_sender *make_sender(EVP_PKEY *key, X509 **cert_r)
{
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err;
	struct seal_sender *sender;

	sender = judge_sender(chain.issuer_key, chain.issuer.data,
			      chain.issuer.len, secret, key, ADDRESS, true,
			      &err);
	if (sender == NULL || seal_sender_certificate(sender, &der, &err) < 0)
		abort();
	*cert_r = judge_x509(&der);
	seal_buf_free(&der);
	return sender;
}

static EVP_PKEY *copy_key(const EVP_PKEY *key)
{
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err;
	EVP_PKEY *copy;

	if (seal_key_encode(key, &der, &err) < 0 ||
	    (copy = seal_key_decode(der.data, der.len, &err)) == NULL)
		abort();
	seal_buf_free(&der);
	return copy;
}

static void put(struct seal_buf *out, const void *data, size_t len)
{
	struct seal_error err;

	if (seal_buf_append(out, data, len, &err) < 0)
		abort();
}

static void frame(struct seal_buf *out, size_t from, unsigned char tag)
{
	struct seal_error err;

	if (seal_frame(out, from, tag, &err) < 0)
		abort();
}

/* Finds the sender among them, and takes its key. Returns whether there is one of
 * key_len bytes. */
static bool take_key(const struct seal_sender *sender,
		     const unsigned char *infos, size_t len, size_t key_len,
		     struct seal_buf *key)
{
	struct seal_buf names = SEAL_BUF_INIT;
	struct seal_received *received;
	struct seal_error err = { .text = "" };
	bool good;
	size_t i;

	seal_buf_clear(key);
	received = seal_received_read(infos, len, &err);
	good = received != NULL && seal_sender_names(sender, &names, &err) == 0;
	if (good) {
		i = seal_received_find(received, 0, &names);
		good = i < seal_received_count(received) &&
			seal_sender_open(sender, received, i, key_len, key,
					 &err) == 0 && key->len == key_len;
	}
	if (!good)
		tap_note("no key: %s", err.text);
	seal_received_free(&received);
	seal_buf_free(&names);
	return good && ERR_peek_error() == 0;
}

static bool envelope_is_opened(const struct envelope *e,
			       const struct seal_sender *sender)
{
	struct seal_buf key = SEAL_BUF_INIT;
	bool good = take_key(sender, e->infos, e->infos_len,
			     (size_t)EVP_CIPHER_get_key_length(e->cipher),
			     &key) && envelope_opens(e, &key);

	seal_buf_free(&key);
	return good;
}

/* Writes the elements again with lengths that are indefinite, and octets in pieces. */
static void to_ber(const unsigned char *p, size_t len, struct seal_buf *out)
{
	const unsigned char *end = p + len, *start, *v;
	unsigned char tag, head[2];
	size_t v_len, half;

	while (p < end) {
		start = p;
		tag = envelope_step(&p, end, &v, &v_len);
		if ((tag & V_ASN1_CONSTRUCTED) != 0) {
			head[0] = tag;
			head[1] = 0x80;
			put(out, head, 2);
			to_ber(v, v_len, out);
			put(out, "\0\0", 2);
		} else if (tag == SEAL_TAG_OCTET_STRING) {
			half = v_len / 2;
			put(out, "\x24\x80", 2);
			put(out, v, half);
			frame(out, out->len - half, SEAL_TAG_OCTET_STRING);
			put(out, v + half, v_len - half);
			frame(out, out->len - (v_len - half),
			      SEAL_TAG_OCTET_STRING);
			put(out, "\0\0", 2);
		} else {
			put(out, start, (size_t)(p - start));
		}
	}
}

static bool ber_is_opened(const struct envelope *e,
			  const struct seal_sender *sender)
{
	struct seal_buf ber = SEAL_BUF_INIT, key = SEAL_BUF_INIT;
	bool good;

	to_ber(e->infos, e->infos_len, &ber);
	good = take_key(sender, ber.data, ber.len,
			(size_t)EVP_CIPHER_get_key_length(e->cipher), &key) &&
		envelope_opens(e, &key);
	seal_buf_free(&ber);
	seal_buf_free(&key);
	return good;
}

static void test_way(const char *name, bool with_rsa, const EVP_CIPHER *cipher,
		     const struct envelope_way *way)
{
	X509 *const certs[] = { with_rsa ? rsa_cert : ec_cert, NULL };
	const struct seal_sender *sender = with_rsa ? rsa : ec;
	struct envelope e;

	envelope_make(&e, cipher, certs, way);
	tap_ok(envelope_is_opened(&e, sender), "%s, %s", name,
	       EVP_CIPHER_get0_name(cipher));
	tap_ok(ber_is_opened(&e, sender), "%s, %s, BER", name,
	       EVP_CIPHER_get0_name(cipher));
	envelope_free(&e);
}

static void test_ways(void)
{
	static const struct {
		const char *name;
		bool rsa;
		struct envelope_way way;
	} rows[] = {
		{ "EC", false, { .oaep = false } },
		{ "EC, key identifier", false, { .key_id = true } },
		{ "EC, SHA-1", false, { .digest = EVP_sha1 } },
		{ "EC, SHA-224", false, { .digest = EVP_sha224 } },
		{ "EC, SHA-256", false, { .digest = EVP_sha256 } },
		{ "EC, SHA-384", false, { .digest = EVP_sha384 } },
		{ "EC, SHA-512", false, { .digest = EVP_sha512 } },
		{ "EC, cofactor, SHA-1", false,
		  { .digest = EVP_sha1, .cofactor = true } },
		{ "EC, cofactor, SHA-224", false,
		  { .digest = EVP_sha224, .cofactor = true } },
		{ "EC, cofactor, SHA-256", false,
		  { .digest = EVP_sha256, .cofactor = true } },
		{ "EC, cofactor, SHA-384", false,
		  { .digest = EVP_sha384, .cofactor = true } },
		{ "EC, cofactor, SHA-512", false,
		  { .digest = EVP_sha512, .cofactor = true } },
		{ "EC, wrapped by AES-128", false, { .wrap = EVP_aes_128_wrap } },
		{ "EC, wrapped by AES-192", false, { .wrap = EVP_aes_192_wrap } },
		{ "EC, wrapped by AES-256", false, { .wrap = EVP_aes_256_wrap } },
		{ "RSA", true, { .oaep = false } },
		{ "RSA, key identifier", true, { .key_id = true } },
		{ "OAEP", true, { .oaep = true } },
		{ "OAEP, SHA-224", true, { .oaep = true, .digest = EVP_sha224 } },
		{ "OAEP, SHA-256", true, { .oaep = true, .digest = EVP_sha256 } },
		{ "OAEP, SHA-384", true, { .oaep = true, .digest = EVP_sha384 } },
		{ "OAEP, SHA-512", true, { .oaep = true, .digest = EVP_sha512 } },
		{ "OAEP, SHA-256, MGF1 with SHA-1", true,
		  { .oaep = true, .digest = EVP_sha256, .mask = EVP_sha1 } },
		{ "OAEP, SHA-1, MGF1 with SHA-512", true,
		  { .oaep = true, .digest = EVP_sha1, .mask = EVP_sha512 } },
		{ "OAEP with a label", true,
		  { .oaep = true, .digest = EVP_sha256, .label = "label" } }
	};
	const EVP_CIPHER *ciphers[] = {
		EVP_aes_128_cbc(), EVP_aes_192_cbc(), EVP_aes_256_cbc()
	};
	size_t i, j;

	for (i = 0; i < N(rows); i++) {
		for (j = 0; j < N(ciphers); j++)
			test_way(rows[i].name, rows[i].rsa, ciphers[j],
				 &rows[i].way);
	}
}

/*
 * Agreements that libcrypto does not make
 */

#define BAD_NOT_ON_CURVE 1
#define BAD_INFINITY 2
#define BAD_NO_POINT 3
#define BAD_WRAPPED 4		/* a bit of it */
#define BAD_WRAPPED_LEN 5
#define BAD_NO_WRAPPED 6

struct agreement {
	const char *name;
	int form;		/* of the point: 2, 6; 0: uncompressed */
	int curve;			/* named; NID_undef: none; V_ASN1_NULL */
	int scheme, wrap;		/* NIDs; 0: SHA-1, AES-128 */
	const EVP_MD *(*digest)(void);	/* used */
	bool wrap_null;			/* with NULL as its parameters */
	const char *ukm;
	int bad;
	bool good;			/* gives the key */
};

static void put_oid(struct seal_buf *out, int nid)
{
	unsigned char *der = NULL;
	int len = i2d_ASN1_OBJECT(OBJ_nid2obj(nid), &der);

	if (len <= 0)
		abort();
	put(out, der, (size_t)len);
	OPENSSL_free(der);
}

static size_t wrap_len(int wrap)
{
	return wrap == NID_id_aes256_wrap ? 32 :
		wrap == NID_id_aes192_wrap ? 24 : 16;
}

/* The originator, as [0]. */
static void put_originator(struct seal_buf *out, const struct agreement *a,
			   const EVP_PKEY *ephemeral)
{
	unsigned char point[SEAL_AGREE_SECRET_MAX * 2];
	size_t start = out->len, from, len;

	put_oid(out, NID_X9_62_id_ecPublicKey);
	if (a->curve == V_ASN1_NULL)
		put(out, "\x05", 2);
	else if (a->curve != NID_undef)
		put_oid(out, a->curve);
	frame(out, start, SEAL_TAG_SEQUENCE);
	from = out->len;
	if (EVP_PKEY_get_octet_string_param(ephemeral,
			OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
			sizeof(point), &len) != 1)
		abort();
	if (a->form != 0)
		point[0] = (unsigned char)(a->form + (point[len - 1] & 1));
	if (a->form == 2)
		len = 33;
	if (a->bad == BAD_NOT_ON_CURVE)
		point[len - 1] ^= 1;
	if (a->bad == BAD_INFINITY) {
		point[0] = 0;
		len = 1;
	}
	put(out, "", 1);
	put(out, point, a->bad == BAD_NO_POINT ? 0 : len);
	frame(out, from, SEAL_TAG_BIT_STRING);
	frame(out, start, SEAL_TAG_CONTEXT(1));
	frame(out, start, SEAL_TAG_CONTEXT(0));
}

static void put_wrap(struct seal_buf *out, const struct agreement *a)
{
	size_t start = out->len;

	put_oid(out, a->wrap == 0 ? NID_id_aes128_wrap : a->wrap);
	if (a->wrap_null)
		put(out, "\x05", 2);
	frame(out, start, SEAL_TAG_SEQUENCE);
}

/* The content key as it is wrapped. */
static void put_wrapped(struct seal_buf *out, const struct agreement *a,
			EVP_PKEY *ephemeral, const unsigned char *cek,
			size_t cek_len)
{
	unsigned char shared[SEAL_AGREE_SECRET_MAX], kek[SEAL_AGREE_KEY_MAX];
	unsigned char wrapped[64];
	struct seal_buf wrap = SEAL_BUF_INIT, info = SEAL_BUF_INIT;
	size_t len = cek_len + SEAL_AGREE_WRAP_EXTRA, shared_len;
	struct seal_error err;

	put_wrap(&wrap, a);
	if (seal_agree_info(wrap.data, wrap.len,
			    (const unsigned char *)a->ukm,
			    a->ukm == NULL ? 0 : strlen(a->ukm),
			    wrap_len(a->wrap), &info, &err) < 0 ||
	    !seal_agree_secret(ephemeral, X509_get0_pubkey(ec_cert), shared,
			       &shared_len) ||
	    !seal_agree_key(a->digest == NULL ? EVP_sha1() : a->digest(),
			    shared, shared_len, &info, kek,
			    wrap_len(a->wrap)) ||
	    seal_agree_wrap(kek, wrap_len(a->wrap), cek, cek_len,
			    wrapped) != 1)
		abort();
	if (a->bad == BAD_WRAPPED)
		wrapped[3] ^= 0x10;
	if (a->bad == BAD_WRAPPED_LEN)
		len -= 8;
	put(out, wrapped, a->bad == BAD_NO_WRAPPED ? 0 : len);
	seal_buf_free(&wrap);
	seal_buf_free(&info);
}

static void put_rid(struct seal_buf *out)
{
	struct seal_buf names = SEAL_BUF_INIT;
	const unsigned char *p, *v;
	struct seal_error err;
	size_t len;

	if (seal_sender_names(ec, &names, &err) < 0)
		abort();
	p = names.data;
	(void)envelope_step(&p, p + names.len, &v, &len);
	put(out, names.data, (size_t)(p - names.data));
	seal_buf_free(&names);
}

/* A KeyAgreeRecipientInfo. */
static void put_agreement(struct seal_buf *out, const struct agreement *a,
			  const unsigned char *cek, size_t cek_len)
{
	EVP_PKEY *ephemeral = EVP_EC_gen("P-256");
	size_t start = out->len, from, inner;

	put(out, "\x02\x01\x03", 3);
	put_originator(out, a, ephemeral);
	if (a->ukm != NULL) {
		from = out->len;
		put(out, a->ukm, strlen(a->ukm));
		frame(out, from, SEAL_TAG_OCTET_STRING);
		frame(out, from, SEAL_TAG_CONTEXT(1));
	}
	from = out->len;
	put_oid(out, a->scheme == 0 ? NID_dhSinglePass_stdDH_sha1kdf_scheme :
		a->scheme);
	put_wrap(out, a);
	frame(out, from, SEAL_TAG_SEQUENCE);
	from = out->len;
	put_rid(out);
	inner = out->len;
	put_wrapped(out, a, ephemeral, cek, cek_len);
	frame(out, inner, SEAL_TAG_OCTET_STRING);
	frame(out, from, SEAL_TAG_SEQUENCE);
	frame(out, from, SEAL_TAG_SEQUENCE);
	frame(out, start, SEAL_TAG_CONTEXT(1));
	EVP_PKEY_free(ephemeral);
}

/* Whether libcrypto opens an envelope with these recipients. */
static bool libcrypto_opens(const struct seal_buf *infos, EVP_PKEY *key,
			    const unsigned char *cek)
{
	static const unsigned char iv[16 + 1] = "an iv of 16 byte";
	static const unsigned char text[16] = { 'x', 15, 15, 15, 15, 15, 15, 15,
		15, 15, 15, 15, 15, 15, 15, 15 };
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct seal_buf der = SEAL_BUF_INIT;
	unsigned char content[16], out[32];
	const unsigned char *p;
	CMS_ContentInfo *cms;
	BIO *bio = BIO_new(BIO_s_mem());
	size_t start, from;
	bool good;
	int len;

	EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, cek, iv);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	EVP_EncryptUpdate(ctx, content, &len, text, 16);
	EVP_CIPHER_CTX_free(ctx);
	put_oid(&der, NID_pkcs7_enveloped);
	start = der.len;
	put(&der, "\x02\x01\x02", 3);
	from = der.len;
	put(&der, infos->data, infos->len);
	frame(&der, from, SEAL_TAG_SET);
	from = der.len;
	put_oid(&der, NID_pkcs7_data);
	put_oid(&der, NID_aes_128_cbc);
	put(&der, iv, sizeof(iv) - 1);
	frame(&der, der.len - 16, SEAL_TAG_OCTET_STRING);
	/* 11 and 18 bytes: OID and octets */
	frame(&der, der.len - 29, SEAL_TAG_SEQUENCE);
	put(&der, content, 16);
	frame(&der, der.len - 16, 0x80);
	frame(&der, from, SEAL_TAG_SEQUENCE);
	frame(&der, start, SEAL_TAG_SEQUENCE);
	frame(&der, start, SEAL_TAG_CONTEXT(0));
	frame(&der, 0, SEAL_TAG_SEQUENCE);
	p = der.data;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	good = cms != NULL &&
		CMS_decrypt(cms, key, ec_cert, NULL, bio, CMS_BINARY) == 1 &&
		BIO_read(bio, out, sizeof(out)) == 1 && out[0] == 'x';
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	seal_buf_free(&der);
	ERR_clear_error();
	return good;
}

static void test_agreement(const struct agreement *a, EVP_PKEY *private_key)
{
	static const unsigned char cek[16 + 1] = "a content key...";
	struct seal_buf infos = SEAL_BUF_INIT, key = SEAL_BUF_INIT;
	struct seal_buf again = SEAL_BUF_INIT;
	bool theirs, ours;

	put_agreement(&infos, a, cek, sizeof(cek) - 1);
	theirs = libcrypto_opens(&infos, private_key, cek);
	ours = take_key(ec, infos.data, infos.len, 16, &key) &&
		memcmp(key.data, cek, 16) == 0;
	tap_ok(ours == a->good && (theirs || !a->good),
	       "agreement: %s", a->name);
	if (!a->good)
		tap_ok(take_key(ec, infos.data, infos.len, 16, &again) &&
		       memcmp(key.data, again.data, 16) != 0,
		       "agreement: %s: random bytes", a->name);
	seal_buf_free(&infos);
	seal_buf_free(&key);
	seal_buf_free(&again);
}

static void test_agreements(void)
{
	static const struct agreement rows[] = {
		{ .name = "plain", .good = true },
		{ .name = "with a ukm", .ukm = "user keying material",
		  .good = true },
		{ .name = "with a ukm, SHA-256, AES-256",
		  .ukm = "user keying material", .digest = EVP_sha256,
		  .scheme = NID_dhSinglePass_stdDH_sha256kdf_scheme,
		  .wrap = NID_id_aes256_wrap, .good = true },
		{ .name = "AES-192, SHA-512", .digest = EVP_sha512,
		  .scheme = NID_dhSinglePass_stdDH_sha512kdf_scheme,
		  .wrap = NID_id_aes192_wrap, .good = true },
		{ .name = "the curve's name", .curve = NID_X9_62_prime256v1,
		  .good = true },
		{ .name = "NULL for the curve's name", .curve = V_ASN1_NULL,
		  .good = true },
		{ .name = "a compressed point", .form = 2,
		  .good = true },
		{ .name = "key wrap with NULL", .wrap_null = true, .good = true },
		{ .name = "another curve's name", .curve = NID_secp384r1 },
		{ .name = "another digest", .digest = EVP_sha256 },
		{ .name = "an unknown scheme", .scheme = NID_sha1 },
		{ .name = "an unknown key wrap", .wrap = NID_aes_128_cbc },
		{ .name = "a point that is not on the curve",
		  .bad = BAD_NOT_ON_CURVE },
		{ .name = "the point at infinity", .bad = BAD_INFINITY },
		{ .name = "no point", .bad = BAD_NO_POINT },
		{ .name = "a hybrid point", .form = 6 },
		{ .name = "a bit of the wrapped key", .bad = BAD_WRAPPED },
		{ .name = "the wrapped key's length", .bad = BAD_WRAPPED_LEN },
		{ .name = "no wrapped key", .bad = BAD_NO_WRAPPED }
	};
	struct seal_error err;
	EVP_PKEY *key = seal_key_derive(secret, SEAL_SENDER_SECRET_LEN, ADDRESS,
					&err);
	size_t i;

	for (i = 0; i < N(rows); i++)
		test_agreement(&rows[i], key);
	EVP_PKEY_free(key);
}

/*
 * Who is named
 */

static void put_transport(struct seal_buf *out, unsigned char name_type,
			  const char *common_name, const unsigned char *serial,
			  size_t serial_len)
{
	size_t start = out->len, from;

	put(out, "\x02\x01\x00", 3);
	from = out->len;
	put(out, common_name, strlen(common_name));
	frame(out, from, name_type);
	put_oid(out, NID_commonName);
	/* the OID, of 5 bytes, comes first */
	memmove(out->data + from + 5, out->data + from, out->len - from - 5);
	memcpy(out->data + from, "\x06\x03\x55\x04\x03", 5);
	frame(out, from, SEAL_TAG_SEQUENCE);
	frame(out, from, SEAL_TAG_SET);
	frame(out, from, SEAL_TAG_SEQUENCE);
	put(out, serial, serial_len);
	frame(out, out->len - serial_len, SEAL_TAG_INTEGER);
	frame(out, from, SEAL_TAG_SEQUENCE);
	put(out, "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
	    "\x04\x01x", 18);
	frame(out, start, SEAL_TAG_SEQUENCE);
}

static void test_names(void)
{
	static const unsigned char sender_serial[16] = { 0x45, 1, 2 };
	static const unsigned char user_serial[16] = { 0x25, 1, 2 };
	static const struct {
		const char *name;
		unsigned char type;
		const char *common_name;
		const unsigned char *serial;
		size_t serial_len;
		enum seal_received_kind kind;
	} rows[] = {
		{ "a sender", V_ASN1_UTF8STRING,
		  "Mail Seal issuer 0123456789abcdef", sender_serial, 16,
		  SEAL_RECEIVED_SENDER },
		{ "a sender, as a client writes it again",
		  V_ASN1_PRINTABLESTRING, "Mail Seal issuer 0123456789abcdef",
		  sender_serial, 16, SEAL_RECEIVED_SENDER },
		{ "a user", V_ASN1_UTF8STRING,
		  "Mail Seal issuer 0123456789abcdef", user_serial, 16,
		  SEAL_RECEIVED_OTHER },
		{ "a short serial number", V_ASN1_UTF8STRING,
		  "Mail Seal issuer 0123456789abcdef", sender_serial, 15,
		  SEAL_RECEIVED_OTHER },
		{ "a root", V_ASN1_UTF8STRING,
		  "Mail Seal root 0123456789abcdef", sender_serial, 16,
		  SEAL_RECEIVED_OTHER },
		{ "a long id", V_ASN1_UTF8STRING,
		  "Mail Seal issuer 0123456789abcdef0", sender_serial, 16,
		  SEAL_RECEIVED_OTHER },
		{ "a short id", V_ASN1_UTF8STRING,
		  "Mail Seal issuer 0123456789abcde", sender_serial, 16,
		  SEAL_RECEIVED_OTHER },
		{ "what is no id", V_ASN1_UTF8STRING,
		  "Mail Seal issuer 0123456789ABCDEF", sender_serial, 16,
		  SEAL_RECEIVED_OTHER },
		{ "an empty name", V_ASN1_UTF8STRING, "", sender_serial, 16,
		  SEAL_RECEIVED_OTHER },
		{ "8 bits", V_ASN1_T61STRING, "\xff\xff", sender_serial, 16,
		  SEAL_RECEIVED_OTHER }
	};
	struct seal_buf infos = SEAL_BUF_INIT;
	struct seal_received *received;
	struct seal_error err;
	size_t i;

	for (i = 0; i < N(rows); i++) {
		seal_buf_clear(&infos);
		put_transport(&infos, rows[i].type, rows[i].common_name,
			      rows[i].serial, rows[i].serial_len);
		received = seal_received_read(infos.data, infos.len, &err);
		tap_ok(received != NULL && seal_received_is_whole(received) &&
		       seal_received_count(received) == 1 &&
		       seal_received_kind(received, 0) == rows[i].kind &&
		       (rows[i].kind != SEAL_RECEIVED_SENDER ||
			strcmp(seal_received_profile(received, 0),
			       "0123456789abcdef") == 0) &&
		       ERR_peek_error() == 0, "named: %s", rows[i].name);
		seal_received_free(&received);
	}
	seal_buf_free(&infos);
}

static void test_found(void)
{
	X509 *const certs[] = { rsa_cert, ec_cert, rsa_cert, NULL };
	static const struct envelope_way ways[3] = { [2] = { .key_id = true } };
	struct seal_buf names = SEAL_BUF_INIT;
	struct seal_received *received;
	struct seal_error err;
	size_t first, second;
	struct envelope e;

	envelope_make(&e, EVP_aes_128_cbc(), certs, ways);
	received = seal_received_read(e.infos, e.infos_len, &err);
	if (received == NULL || seal_sender_names(rsa, &names, &err) < 0)
		abort();
	/* in DER's order */
	first = seal_received_find(received, 0, &names);
	second = seal_received_find(received, first + 1, &names);
	tap_ok(seal_received_count(received) == 3 && first < second &&
	       second < 3 &&
	       seal_received_find(received, second + 1, &names) == 3 &&
	       (seal_received_kind(received, first) == SEAL_RECEIVED_KEY_ID) !=
	       (seal_received_kind(received, second) == SEAL_RECEIVED_KEY_ID),
	       "found: in either way");
	seal_buf_clear(&names);
	tap_ok(seal_received_find(received, 0, &names) == 3,
	       "found: nobody without a name");
	seal_received_free(&received);
	seal_buf_free(&names);
	envelope_free(&e);
}

/* count() and is_whole() of what is read. */
static bool reads(const struct seal_buf *infos, size_t count, bool whole)
{
	struct seal_error err;
	struct seal_received *received =
		seal_received_read(infos->data, infos->len, &err);
	bool good = received != NULL &&
		seal_received_count(received) == count &&
		seal_received_is_whole(received) == whole;

	if (!good && received != NULL)
		tap_note("%zu of them, %s", seal_received_count(received),
			 seal_received_is_whole(received) ? "whole" : "not whole");
	seal_received_free(&received);
	return good && ERR_peek_error() == 0;
}

static void test_other_kinds(void)
{
	static const unsigned char serial[16] = { 0x45 };
	struct seal_buf infos = SEAL_BUF_INIT;
	unsigned int i;

	put(&infos, "\xa2\x03\x02\x01\x04\xa3\x80\x02\x01\x00\x00\x00"
	    "\xa4\x03\x06\x01\x2a", 17);
	tap_ok(reads(&infos, 0, true), "other kinds are passed over");
	put_transport(&infos, V_ASN1_UTF8STRING, "x", serial, 16);
	tap_ok(reads(&infos, 1, true), "and what comes after them is read");
	put(&infos, "\x30\x03\x02\x01\x00", 5);
	tap_ok(reads(&infos, 1, false), "one that lacks all is not");
	put_transport(&infos, V_ASN1_UTF8STRING, "x", serial, 16);
	tap_ok(reads(&infos, 2, false), "and what comes after it is");
	put(&infos, "\x30\x84\xff\xff\xff\xff", 6);
	tap_ok(reads(&infos, 2, false), "a length that lies");
	seal_buf_clear(&infos);
	for (i = 0; i < SEAL_RECEIVED_MAX + 1; i++)
		put_transport(&infos, V_ASN1_UTF8STRING, "x", serial, 16);
	tap_ok(reads(&infos, SEAL_RECEIVED_MAX, false), "too many");
	seal_buf_clear(&infos);
	for (i = 0; i < 100000; i++)
		put(&infos, "\x30\x80", 2);
	tap_ok(reads(&infos, 0, false), "a deep nest");
	seal_buf_free(&infos);
}

/* Each byte is another: no error, and where it is still for us, a key. */
static void test_flipped(const char *name, X509 *cert, struct seal_sender *sender,
			 const struct envelope_way *way, bool ber)
{
	static const unsigned char flips[] = { 0x01, 0x80, 0xff };
	X509 *const certs[] = { cert, NULL };
	struct seal_buf infos = SEAL_BUF_INIT, names = SEAL_BUF_INIT;
	struct seal_buf key = SEAL_BUF_INIT;
	struct seal_received *received;
	struct envelope e;
	struct seal_error err;
	unsigned int opened = 0, others = 0;
	bool good = true;
	size_t i, j, n;

	envelope_make(&e, EVP_aes_256_cbc(), certs, way);
	if (ber)
		to_ber(e.infos, e.infos_len, &infos);
	else
		put(&infos, e.infos, e.infos_len);
	if (seal_sender_names(sender, &names, &err) < 0)
		abort();
	for (i = 0; good && i < infos.len; i += tap_is_slow() ? 41 : 1) {
		for (j = 0; good && j < sizeof(flips); j++) {
			infos.data[i] ^= flips[j];
			received = seal_received_read(infos.data, infos.len,
						      &err);
			infos.data[i] ^= flips[j];
			n = received == NULL ? 0 :
				seal_received_find(received, 0, &names);
			good = received != NULL;
			if (good && n < seal_received_count(received)) {
				seal_buf_clear(&key);
				good = seal_sender_open(sender, received, n, 32,
							&key, &err) == 0 &&
					key.len == 32;
				if (good && envelope_opens(&e, &key))
					opened++;
				else
					others++;
			}
			good = good && ERR_peek_error() == 0;
			seal_received_free(&received);
		}
	}
	tap_ok(good && others > 0, "%s: each byte another: %u random, %u as it "
	       "was", name, others, opened);
	envelope_free(&e);
	seal_buf_free(&infos);
	seal_buf_free(&names);
	seal_buf_free(&key);
}

static void test_all_flipped(void)
{
	static const struct envelope_way plain = { .oaep = false };
	static const struct envelope_way oaep = {
		.oaep = true, .digest = EVP_sha256, .label = "x"
	};

	test_flipped("EC", ec_cert, ec, &plain, false);
	test_flipped("EC, BER", ec_cert, ec, &plain, true);
	test_flipped("RSA", rsa_cert, rsa, &plain, false);
	test_flipped("RSA, BER", rsa_cert, rsa, &plain, true);
	test_flipped("OAEP", rsa_cert, rsa, &oaep, false);
}

/* A name for one kind of key, and a key of the other. */
static void test_wrong_kind(const char *name, struct seal_sender *named,
			    struct seal_sender *sender)
{
	X509 *const certs[] = { ec_cert, rsa_cert, NULL };
	static const struct envelope_way ways[2];
	struct seal_buf key = SEAL_BUF_INIT, again = SEAL_BUF_INIT;
	struct seal_buf names = SEAL_BUF_INIT;
	struct seal_received *received;
	struct seal_error err;
	struct envelope e;
	size_t i;

	envelope_make(&e, EVP_aes_128_cbc(), certs, ways);
	received = seal_received_read(e.infos, e.infos_len, &err);
	if (received == NULL || seal_sender_names(named, &names, &err) < 0)
		abort();
	i = seal_received_find(received, 0, &names);
	tap_ok(i < 2 &&
	       seal_sender_open(sender, received, i, 16, &key, &err) == 0 &&
	       seal_sender_open(sender, received, i, 16, &again, &err) == 0 &&
	       key.len == 16 && again.len == 16 &&
	       memcmp(key.data, again.data, 16) != 0,
	       "%s gives random bytes", name);
	seal_received_free(&received);
	envelope_free(&e);
	seal_buf_free(&names);
	seal_buf_free(&key);
	seal_buf_free(&again);
}

/* with_rsa: with a key that was not used before, in which libcrypto (3.0 to 3.5) makes
 * its blinding anew every 32 times; where memory is short just then, it goes on with
 * half of it. And where it is short within RSA, libcrypto says no more than that OAEP
 * does not fit: random bytes, as for any other key. */
static void test_allocations(const char *name, X509 *cert, bool with_rsa,
			     const struct envelope_way *way)
{
	X509 *const certs[] = { cert, NULL };
	struct seal_buf names = SEAL_BUF_INIT, key = SEAL_BUF_INIT;
	struct seal_received *received;
	struct seal_sender *sender;
	struct seal_error err;
	struct envelope e;
	bool good = true, failed = true, done;
	EVP_PKEY *fresh;
	X509 *same;
	unsigned long n;

	envelope_make(&e, EVP_aes_256_cbc(), certs, way);
	if (seal_sender_names(with_rsa ? rsa : ec, &names, &err) < 0)
		abort();
	for (n = 1; good && failed; n += tap_is_slow() ? 1 + n / 3 : 1) {
		fresh = with_rsa ? copy_key(rsa_key) : NULL;
		sender = make_sender(fresh, &same);
		seal_buf_free(&key);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		received = seal_received_read(e.infos, e.infos_len, &err);
		done = received != NULL &&
			seal_received_find(received, 0, &names) == 0 &&
			seal_sender_open(sender, received, 0, 32, &key,
					 &err) == 0;
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = (done ? envelope_opens(&e, &key) ||
			(way->oaep && failed && key.len == 32) :
			key.len == 0 && (err.code == SEAL_ERR_MEMORY ||
					 err.code == SEAL_ERR_CRYPTO)) &&
			ERR_peek_error() == 0;
		seal_received_free(&received);
		seal_sender_free(&sender);
		EVP_PKEY_free(fresh);
		X509_free(same);
	}
	tap_ok(good, "%s: allocations failing, up to %lu", name, n);
	if (!good)
		tap_note("%s: %s", seal_error_code_name(err.code),
			 done ? "another key" : err.text);
	envelope_free(&e);
	seal_buf_free(&names);
	seal_buf_free(&key);
}

static void test_all_allocations(void)
{
	static const struct envelope_way plain = { .oaep = false };
	static const struct envelope_way oaep = {
		.oaep = true, .digest = EVP_sha256, .label = "x"
	};

	test_allocations("EC", ec_cert, false, &plain);
	test_allocations("RSA", rsa_cert, true, &plain);
	test_allocations("OAEP", rsa_cert, true, &oaep);
}

int main(void)
{
	struct seal_error err;

	tap_alloc_init();
	judge_chain_make(&chain);
	rsa_key = seal_key_generate(SEAL_KEY_RSA2048, &err);
	if (rsa_key == NULL)
		abort();
	ec = make_sender(NULL, &ec_cert);
	rsa = make_sender(rsa_key, &rsa_cert);
	test_ways();
	test_agreements();
	test_names();
	test_found();
	test_other_kinds();
	test_all_flipped();
	test_wrong_kind("an EC key for RSA", rsa, ec);
	test_wrong_kind("an RSA key for EC", ec, rsa);
	test_all_allocations();
	seal_sender_free(&ec);
	seal_sender_free(&rsa);
	X509_free(ec_cert);
	X509_free(rsa_cert);
	EVP_PKEY_free(rsa_key);
	judge_chain_free(&chain);
	return tap_done();
}

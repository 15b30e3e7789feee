/* SPDX-License-Identifier: MIT */
#include "message/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include "base/buf.h"
#include "base/error.h"
#include "message/entity.h"
#include "tap.h"
#include "unit/detect-check.h"

/* S/MIME. Samples are made by the openssl program: what it writes is what has to
 * be told apart. The table of broken ones is that of the probe. */

#define PKCS7 "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"

static const char *cert_a, *key_a, *cert_b, *key_b, *cert_ec, *key_ec;
static struct seal_buf names_a, names_b, names_none;
static char text[100000];

/* base64 in lines of 76, as others write it */
static struct sample to_base64(const struct sample *der)
{
	struct sample out = { malloc(der->len * 2 + 16), 0 };
	size_t at, n;

	for (at = 0; at < der->len; at += n) {
		n = der->len - at > 57 ? 57 : der->len - at;
		out.len += (size_t)EVP_EncodeBlock(
			(unsigned char *)out.data + out.len,
			(unsigned char *)der->data + at, (int)n);
		out.data[out.len++] = '\r';
		out.data[out.len++] = '\n';
	}
	return out;
}

/* IssuerAndSerialNumber and subject key identifier of a certificate */
static void read_names(const char *path, struct seal_buf *names)
{
	unsigned char *issuer = NULL, *serial = NULL, head[4];
	int issuer_len, serial_len;
	const ASN1_OCTET_STRING *id;
	FILE *f = fopen(path, "r");
	X509 *cert;

	if (f == NULL || (cert = PEM_read_X509(f, NULL, NULL, NULL)) == NULL)
		abort();
	fclose(f);
	issuer_len = i2d_X509_NAME(X509_get_issuer_name(cert), &issuer);
	serial_len = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &serial);
	id = X509_get0_subject_key_id(cert);
	if (issuer_len < 0 || serial_len < 0 || id == NULL ||
	    issuer_len + serial_len > 127)
		abort();
	head[0] = 0x30;
	head[1] = (unsigned char)(issuer_len + serial_len);
	append(names, head, 2);
	append(names, issuer, (size_t)issuer_len);
	append(names, serial, (size_t)serial_len);
	head[0] = 0x04;
	head[1] = (unsigned char)ASN1_STRING_length(id);
	append(names, head, 2);
	append(names, ASN1_STRING_get0_data(id), head[1]);
	OPENSSL_free(issuer);
	OPENSSL_free(serial);
	X509_free(cert);
}

static void make_cert(const char *name, const char *kind, const char **cert,
		      const char **key)
{
	char command[1024], file[32];

	snprintf(file, sizeof(file), "%s.pem", name);
	*cert = tap_file(file, NULL, 0);
	snprintf(file, sizeof(file), "%s.key", name);
	*key = tap_file(file, NULL, 0);
	snprintf(command, sizeof(command), "openssl req -x509 -nodes -days 2 "
		 "-newkey %s -subj /CN=%s -keyout %s -out %s 2>&1",
		 kind, name, *key, *cert);
	if (!shell(command, NULL, 0, NULL)) {
		tap_ok(false, "%s", command);
		exit(tap_done());
	}
}

/* In a command, A, B and E are the certificates, and KA is A's key. */
static const struct {
	const char *name, *command;
	int wanted;
	const struct seal_buf *names;
	bool optional;		/* not every openssl can do it */
} samples[] = {
	{ "aes256", "cms -encrypt -aes256 A", 1, NULL, false },
	{ "aes192", "cms -encrypt -aes192 A", 1, NULL, false },
	{ "aes128", "cms -encrypt -aes128 A", 1, NULL, false },
	{ "des3", "cms -encrypt -des3 A", 1, NULL, false },
	{ "camellia256", "cms -encrypt -camellia256 A", 1, NULL, true },
	{ "aes-256-gcm", "cms -encrypt -aes-256-gcm A", 1, NULL, false },
	{ "aes-128-gcm", "cms -encrypt -aes-128-gcm A", 1, NULL, false },
	{ "aes-128-gcm, streamed", "cms -encrypt -stream -aes-128-gcm A", 1,
	  NULL, false },
	{ "streamed", "cms -encrypt -stream -aes256 A", 1, NULL, false },
	{ "not streamed", "cms -encrypt -noindef -aes256 A", 1, NULL, false },
	{ "PKCS #7", "smime -encrypt -aes256 A", 1, NULL, false },
	{ "PKCS #7, streamed", "smime -encrypt -stream -aes256 A", 1, NULL,
	  false },
	{ "key identifier", "cms -encrypt -keyid -aes256 A", 1, NULL, false },
	{ "OAEP", "cms -encrypt -aes256 -recip A "
	  "-keyopt rsa_padding_mode:oaep", 1, NULL, false },
	{ "EC", "cms -encrypt -aes256 E", 1, NULL, false },
	{ "EC, key identifier", "cms -encrypt -keyid -aes256 E", 1, NULL, false },
	{ "EC, RSA and a password", "cms -encrypt -aes256 -pwri_password x E A",
	  1, NULL, false },
	{ "only a password", "cms -encrypt -aes256 -pwri_password x", 0, NULL,
	  false },
	{ "only a key", "cms -encrypt -aes256 -secretkeyid 01 "
	  "-secretkey 000102030405060708090a0b0c0d0e0f", 0, NULL, false },
	{ "rc2-40", "cms -encrypt -provider default -provider legacy -rc2-40 A",
	  0, NULL, true },
	{ "des", "cms -encrypt -provider default -provider legacy -des A",
	  0, NULL, true },
	{ "signed", "cms -sign -nodetach -signer A -inkey KA", 0, NULL, false },
	{ "signed, streamed", "cms -sign -nodetach -stream -signer A -inkey KA",
	  0, NULL, false },
	{ "detached signature", "cms -sign -signer A -inkey KA", 0, NULL, false },
	{ "data", "cms -data_create", 0, NULL, false },
	{ "digested", "cms -digest_create", 0, NULL, false },
	{ "EncryptedData", "cms -EncryptedData_encrypt -aes128 "
	  "-secretkey 000102030405060708090a0b0c0d0e0f", 0, NULL, false },
	{ "mine", "cms -encrypt -aes256 A", 1, &names_a, false },
	{ "mine, key identifier", "cms -encrypt -keyid -aes256 A", 1, &names_a,
	  false },
	{ "mine among others", "cms -encrypt -aes256 E A B", 1, &names_b, false },
	{ "not mine", "cms -encrypt -aes256 A E", 0, &names_b, false },
	{ "not mine, key identifier", "cms -encrypt -keyid -aes256 A", 0,
	  &names_b, false },
	{ "nobody's", "cms -encrypt -aes256 A", 0, &names_none, false }
};
#define SAMPLE_COUNT (sizeof(samples) / sizeof(samples[0]))

static void expand(const char *words, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "openssl");
	char copy[256], *word, *save;

	snprintf(copy, sizeof(copy), "%s", words);
	for (word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		n += (size_t)snprintf(out + n, size - n, " %s",
			strcmp(word, "A") == 0 ? cert_a :
			strcmp(word, "B") == 0 ? cert_b :
			strcmp(word, "E") == 0 ? cert_ec :
			strcmp(word, "KA") == 0 ? key_a : word);
	}
}

static bool make_der(const char *words, struct sample *der)
{
	char command[1024], with_form[1100];

	expand(words, command, sizeof(command));
	/* "-outform DER" has to stand before the certificates */
	snprintf(with_form, sizeof(with_form), "openssl %s -outform DER%s",
		 strncmp(words, "smime", 5) == 0 ? "smime" : "cms",
		 strchr(command + 8, ' '));
	return shell(with_form, text, sizeof(text), der);
}

static void test_sample(size_t i)
{
	struct seal_content binary = { PKCS7, "binary" };
	struct seal_content base64 = { PKCS7, "base64" };
	struct sample der, lines;
	char name[128];

	if (!make_der(samples[i].command, &der)) {
		if (samples[i].optional)
			tap_skip("openssl cannot", "%s", samples[i].name);
		else
			tap_ok(false, "%s: made by openssl", samples[i].name);
		free(der.data);
		return;
	}
	lines = to_base64(&der);
	snprintf(name, sizeof(name), "%s, binary", samples[i].name);
	check(name, &binary, samples[i].names, &der, samples[i].wanted);
	snprintf(name, sizeof(name), "%s, base64", samples[i].name);
	check(name, &base64, samples[i].names, &lines, samples[i].wanted);
	if (samples[i].wanted == SEAL_DETECT_YES)
		survives(samples[i].name, &base64, samples[i].names, &lines);
	free(der.data);
	free(lines.data);
}

/* A real envelope whose cipher becomes another. */
static void test_patched(void)
{
	static const struct {
		const char *name, *command, *from, *to;
		size_t len;
	} rows[] = {
		{ "aes256 becomes ECB", "cms -encrypt -aes256 A",
		  "\x60\x86\x48\x01\x65\x03\x04\x01\x2a",
		  "\x60\x86\x48\x01\x65\x03\x04\x01\x29", 9 },
		{ "des3 becomes RC2", "cms -encrypt -des3 A",
		  "\x2a\x86\x48\x86\xf7\x0d\x03\x07",
		  "\x2a\x86\x48\x86\xf7\x0d\x03\x02", 8 },
		{ "aes256 becomes a NULL cipher", "cms -encrypt -aes256 A",
		  "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a",
		  "\x05\x00\x06\x07\x2b\x06\x01\x05\x05\x08\x02", 11 },
		{ "envelopedData becomes signedData", "cms -encrypt -aes256 A",
		  "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
		  "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 9 }
	};
	struct seal_content content = { PKCS7, "binary" };
	struct sample der;
	size_t i;
	char *at;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!make_der(rows[i].command, &der))
			abort();
		at = memmem(der.data, der.len, rows[i].from, rows[i].len);
		if (at == NULL)
			abort();
		memcpy(at, rows[i].to, rows[i].len);
		check(rows[i].name, &content, NULL, &der, SEAL_DETECT_NO);
		free(der.data);
	}
}

/* What the fields say, over the same good envelope. */
static void test_fields(void)
{
	static const struct {
		const char *type, *encoding;
		bool in_base64;
		int wanted;
	} rows[] = {
		{ "application/pkcs7-mime", "base64", true, 1 },
		{ " Application/X-PKCS7-MIME (x); =broken", "BASE64", true, 1 },
		{ "application/pkcs7-mime; smime-type=signed-data", "base64",
		  true, 1 },
		{ "application/pkcs7-mime", NULL, false, 1 },
		{ "application/pkcs7-mime", "8bit", false, 1 },
		{ "application/pkcs7-mime", "7bit", false, 1 },
		{ "application/pkcs7-mime", "base64", false, 0 },
		{ "application/pkcs7-mime", "binary", true, 0 },
		{ "application/pkcs7-mime", "quoted-printable", true, 0 },
		{ "application/pkcs7-mime", "x", false, 0 },
		{ "application/pkcs7-signature", "base64", true, 0 },
		{ "application/octet-stream; name=smime.p7m", "base64", true, 0 },
		{ "text/plain", "base64", true, 0 },
		{ "multipart/encrypted; boundary=b", NULL, true, 0 },
		{ "", "base64", true, 0 },
		{ NULL, "base64", true, 0 }
	};
	struct sample der, lines;
	size_t i;
	char name[128];

	if (!make_der("cms -encrypt -aes256 A", &der))
		abort();
	lines = to_base64(&der);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seal_content content = { rows[i].type, rows[i].encoding };

		snprintf(name, sizeof(name), "type %s, encoding %s, %s",
			 rows[i].type != NULL ? rows[i].type : "none",
			 rows[i].encoding != NULL ? rows[i].encoding : "none",
			 rows[i].in_base64 ? "base64" : "binary");
		check(name, &content, NULL, rows[i].in_base64 ? &lines : &der,
		      rows[i].wanted);
	}
	free(der.data);
	free(lines.data);
}

/* The ways base64 comes, and what ends it. */
static void test_base64(void)
{
	static const struct {
		const char *name;
		size_t at;
		const char *insert;
		int wanted;
	} rows[] = {
		{ "blank lines first", 0, "\r\n \t\r\n\n", 1 },
		{ "white space within", 41, " \t\r\n\r\n", 1 },
		{ "text first", 0, "Hello!\r\n", 0 },
		{ "padding within", 40, "==", 0 },
		{ "a foreign character within", 40, "!", 0 },
		{ "a dash within", 40, "-", 0 },
		{ "a NUL-like octet within", 40, "\x80", 0 },
		{ "four characters more", 40, "AAAA", 0 }
	};
	struct seal_content content = { PKCS7, "base64" };
	struct seal_buf buf = SEAL_BUF_INIT;
	struct sample der, lines, body;
	size_t i;

	if (!make_der("cms -encrypt -aes256 A", &der))
		abort();
	lines = to_base64(&der);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seal_buf_clear(&buf);
		append(&buf, lines.data, rows[i].at);
		append(&buf, rows[i].insert, strlen(rows[i].insert));
		append(&buf, lines.data + rows[i].at, lines.len - rows[i].at);
		body.data = (char *)buf.data;
		body.len = buf.len;
		check(rows[i].name, &content, NULL, &body, rows[i].wanted);
	}
	seal_buf_free(&buf);
	free(der.data);
	free(lines.data);
}

static void test_many_recipients(unsigned int count, int wanted)
{
	struct seal_content content = { PKCS7, "base64" };
	struct seal_buf command = SEAL_BUF_INIT;
	struct sample der, lines;
	char name[64];
	unsigned int i;

	append(&command, "openssl cms -encrypt -outform DER -aes256", 41);
	for (i = 0; i < count; i++) {
		append(&command, " ", 1);
		append(&command, cert_a, strlen(cert_a));
	}
	append(&command, "", 1);
	snprintf(name, sizeof(name), "%u recipients", count);
	if (!shell((char *)command.data, text, sizeof(text), &der)) {
		tap_ok(false, "%s: made by openssl", name);
	} else {
		lines = to_base64(&der);
		check(name, &content, NULL, &lines, wanted);
		free(lines.data);
	}
	free(der.data);
	seal_buf_free(&command);
}

/* The whole way of a message: entity, then detect. */
struct journey {
	struct seal_detect *detect;
	int final;
};

static int on_field(void *context, enum seal_entity_part part,
		    const unsigned char *data, size_t len,
		    struct seal_error *err)
{
	(void)context, (void)part, (void)data, (void)len, (void)err;
	return 0;
}

static int on_head(void *context, const struct seal_content *content,
		   const char *blank_line, struct seal_error *err)
{
	struct journey *journey = context;

	(void)blank_line;
	journey->detect = seal_detect_new(content, NULL, 0, err);
	return journey->detect == NULL ? -1 : 0;
}

static int on_body(void *context, const unsigned char *data, size_t len,
		   struct seal_error *err)
{
	return seal_detect_more(((struct journey *)context)->detect, data, len,
				err);
}

static int travel(const struct sample *message, size_t step)
{
	static const struct seal_entity_handler handler = {
		on_field, on_head, on_body
	};
	struct journey journey = { NULL, -1 };
	struct seal_error err;
	struct seal_entity *entity = seal_entity_new(&handler, &journey, &err);
	size_t at, n;

	for (at = 0; at < message->len; at += n) {
		n = message->len - at < step ? message->len - at : step;
		if (seal_entity_more(entity, (unsigned char *)message->data + at,
				     n, &err) < 0)
			abort();
	}
	if (seal_entity_finish(entity, &err) < 0)
		abort();
	seal_detect_finish(journey.detect);
	journey.final = seal_detect_verdict(journey.detect);
	seal_detect_free(&journey.detect);
	seal_entity_free(&entity);
	return journey.final;
}

static void test_messages(void)
{
	static const struct {
		const char *command;
		int wanted;
	} rows[] = {
		{ "cms -encrypt -aes256 -subject Hello -to a@example.org A", 1 },
		{ "cms -encrypt -stream -aes-256-gcm A", 1 },
		{ "smime -encrypt -aes256 A", 1 },
		{ "smime -encrypt -crlfeol -aes256 A", 1 },
		{ "cms -sign -signer A -inkey KA", 0 },
		{ "cms -sign -nodetach -signer A -inkey KA", 0 }
	};
	struct sample message;
	char command[1024];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expand(rows[i].command, command, sizeof(command));
		tap_ok(shell(command, text, sizeof(text), &message) &&
		       travel(&message, message.len) == rows[i].wanted &&
		       travel(&message, 1) == rows[i].wanted,
		       "message: %s", rows[i].command);
		free(message.data);
	}
}

static void test_limits(void)
{
	/* an envelope with a recipient that is a gigabyte long */
	static const char gigabyte[] = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d"
		"\x01\x07\x03\xa0\x80\x30\x80\x02\x01\x00\x31\x80"
		"\xa4\x84\x40\x00\x00\x00";
	struct seal_content binary = { PKCS7, "binary" };
	struct seal_content base64 = { PKCS7, "base64" };

	test_limit("limit: CMS", &binary, gigabyte, sizeof(gigabyte) - 1, "x\n",
		   SEAL_DETECT_NO);
	test_limit("limit: base64 of white space", &base64, "", 0, "\r\n",
		   SEAL_DETECT_NO);
}

int main(void)
{
	size_t i;

	tap_alloc_init();
	for (i = 0; i < sizeof(text); i++)
		text[i] = "Plaintext, secret.\r\n"[i % 20];
	make_cert("a", "rsa:2048", &cert_a, &key_a);
	make_cert("b", "rsa:2048", &cert_b, &key_b);
	make_cert("e", "ec -pkeyopt ec_paramgen_curve:P-256", &cert_ec, &key_ec);
	read_names(cert_a, &names_a);
	read_names(cert_b, &names_b);
	for (i = 0; i < SAMPLE_COUNT; i++)
		test_sample(i);
	test_patched();
	test_fields();
	test_base64();
	test_many_recipients(1000, SEAL_DETECT_YES);
	test_many_recipients(2000, SEAL_DETECT_NO);
	test_messages();
	test_limits();
	seal_buf_free(&names_a);
	seal_buf_free(&names_b);
	return tap_done();
}

/* SPDX-License-Identifier: MIT */
/* Fills a store with users that have one active profile each.
 *
 *   store-fill FOLDER USERS CERTIFICATE...
 *
 * FOLDER: <state_dir>/mail-seal/profiles, of a seald that does not run. The
 * certificates are DER files; users take them in turn. Each user's copy differs:
 * its serial number, and sixteen bytes in the middle of an RSA modulus, are the
 * user's own. So a million different keys and certificates cost no time. They are
 * certificates with a wrong signature, whose key nobody has; neither matters to
 * who encrypts, nor how long that takes. (EC points cannot be altered: with those,
 * only the serial number differs.) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>
#include "base/error.h"
#include "store/env.h"
#include "store/profile.h"

#define BATCH 20000
#define ROOM (3000UL * 1024 * 1024)	/* of the map, at first */
#define OWN 16				/* bytes of the modulus */

struct certificate {
	unsigned char *der;
	size_t len, serial, serial_len, modulus;	/* where; 0: nowhere */
};

struct fill {
	struct certificate certificates[16];
	unsigned int count;
	unsigned long from, until;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "store-fill: %s: %s\n", what, why);
	exit(2);
}

static size_t find(const struct certificate *cert, const unsigned char *part,
		   size_t len)
{
	unsigned char *at = memmem(cert->der, cert->len, part, len);

	if (at == NULL)
		die("certificate", "its number or key is not in it");
	return (size_t)(at - cert->der);
}

static void find_modulus(struct certificate *cert, X509 *x509)
{
	unsigned char bytes[1024];
	BIGNUM *n = NULL;
	size_t len;

	if (EVP_PKEY_get_bn_param(X509_get0_pubkey(x509),
				  OSSL_PKEY_PARAM_RSA_N, &n) != 1)
		return;
	len = (size_t)BN_num_bytes(n);
	if (len > sizeof(bytes))
		die("certificate", "key too long");
	BN_bn2bin(n, bytes);
	cert->modulus = find(cert, bytes, len) + len / 2;
	BN_free(n);
}

static void read_certificate(const char *path, struct certificate *cert)
{
	const ASN1_INTEGER *serial;
	const unsigned char *p;
	FILE *file = fopen(path, "r");
	X509 *x509;

	cert->der = malloc(65536);
	if (file == NULL || cert->der == NULL)
		die(path, "cannot be read");
	cert->len = fread(cert->der, 1, 65536, file);
	fclose(file);
	p = cert->der;
	if ((x509 = d2i_X509(NULL, &p, (long)cert->len)) == NULL)
		die(path, "is no certificate in DER");
	serial = X509_get0_serialNumber(x509);
	cert->serial_len = (size_t)ASN1_STRING_length(serial);
	if (cert->serial_len < 8)
		die(path, "its serial number is too short");
	cert->serial = find(cert, ASN1_STRING_get0_data(serial),
			    cert->serial_len);
	find_modulus(cert, x509);
	X509_free(x509);
}

/* Makes the certificate the user's own. */
static void alter(struct certificate *cert, unsigned long user)
{
	unsigned int i;

	/* the first byte stays: it says that the number is positive */
	memcpy(cert->der + cert->serial + 1, &user, 7);
	for (i = 0; cert->modulus != 0 && i < OWN; i++)
		cert->der[cert->modulus + i] = (unsigned char)
			((user * 2654435761UL >> (i % 8 * 8)) + i);
}

static int make_record(struct fill *fill, unsigned long number,
		       const char *user, struct seal_buf *der,
		       struct seal_error *err)
{
	struct certificate *cert = &fill->certificates[number % fill->count];
	struct seal_user_record *record = seal_user_record_new(user, err);
	struct seal_profile *profile;
	int ret = -1;

	if (record == NULL)
		return -1;
	alter(cert, number);
	profile = seal_user_record_add(record, SEAL_PROFILE_IMPORTED, "",
				       1790000000, err);
	if (profile != NULL &&
	    seal_profile_add_certificate(profile, cert->der, cert->len,
					 err) == 0) {
		profile->state = SEAL_PROFILE_ACTIVE;
		ret = seal_user_record_encode(record, der, err);
	}
	seal_user_record_free(&record);
	return ret;
}

static int put_batch(struct seal_env_txn *txn, void *context,
		     struct seal_error *err)
{
	struct fill *fill = context;
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_env_value key, value;
	unsigned long i;
	char user[64];
	int ret = 0;

	for (i = fill->from; ret == 0 && i < fill->until; i++) {
		snprintf(user, sizeof(user), "user%07lu@example.org", i);
		seal_buf_clear(&der);
		ret = make_record(fill, i, user, &der, err);
		key = (struct seal_env_value) { user, strlen(user) };
		value = (struct seal_env_value) { der.data, der.len };
		if (ret == 0)
			ret = seal_env_put(txn, &key, &value, err);
	}
	seal_buf_free(&der);
	return ret < 0 ? -1 : 1;
}

int main(int argc, char **argv)
{
	struct fill fill = { .count = 0 };
	struct seal_error err;
	struct seal_env *env;
	unsigned long users;
	int i;

	if (argc < 4 || argc > 3 + 16)
		die("usage", "store-fill FOLDER USERS CERTIFICATE...");
	users = strtoul(argv[2], NULL, 10);
	for (i = 3; i < argc; i++)
		read_certificate(argv[i], &fill.certificates[fill.count++]);
	env = seal_env_open(argv[1], "store", users > BATCH ? ROOM : 0, &err);
	for (; env != NULL && fill.from < users; fill.from = fill.until) {
		fill.until = fill.from + BATCH < users ?
			fill.from + BATCH : users;
		if (seal_env_write(env, put_batch, &fill, &err) < 0)
			die("writing", err.text);
	}
	if (env == NULL)
		die("opening", err.text);
	seal_env_close(&env);
	for (i = 0; i < (int)fill.count; i++)
		free(fill.certificates[i].der);
	return 0;
}

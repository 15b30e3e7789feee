/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_SERVICE_CHECK_H
#define SEAL_TESTS_SERVICE_CHECK_H

/* What the tests of src/service share: a store, and certificates of every kind
 * with fixed dates, made by the openssl program. */

#include <sys/stat.h>
#include <unistd.h>
#include "store/profile.h"
#include "store/store.h"
#include "service/profiles.h"
#include "judge.h"

#define SERVICE_NOW 1893456000		/* 2030-01-01 */
#define SERVICE_LATER 2240611200	/* 2041-01-01 */
#define SERVICE_MANY 17

struct service_certs {
	struct judge_key rsa, ec, third;	/* 2020 to 2040 */
	struct judge_key old;			/* 2020 to 2025 */
	struct judge_key future;		/* 2035 to 2045 */
	struct judge_key ca;			/* 2020 to 2040, a CA's */
	struct judge_key many[SERVICE_MANY];	/* of one key */
	const char *config;
};

static inline void service_append(struct seal_buf *out, const char *text)
{
	struct seal_error err;

	if (seal_buf_append(out, text, strlen(text), &err) < 0)
		abort();
}

/* Thousands of allocations are made to fail in turn: each of them, and where
 * valgrind looks on (forty times slower) a spread of them. */
static inline unsigned long service_step(unsigned long n)
{
	const char *preload = getenv("LD_PRELOAD");

	return n > 100 && preload != NULL &&
		strstr(preload, "vgpreload") != NULL ? 41 : 1;
}

/* "openssl ca" is what takes dates; it wants files of its own. */
static inline void service_config(struct service_certs *certs)
{
	static const char *const files[] = {
		"index.attr", "index.attr.old", "index.old", "serial.old"
	};
	char text[2048], name[32];
	const char *index, *serial;
	unsigned int i;

	index = tap_file("index", "", 0);
	serial = tap_file("serial", "01\n", 3);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)tap_file(files[i], NULL, 0);
	for (i = 1; i <= SERVICE_MANY + 6; i++) {
		snprintf(name, sizeof(name), "%02X.pem", i);
		(void)tap_file(name, NULL, 0);
	}
	snprintf(text, sizeof(text),
		 "[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nserial=%s\n"
		 "new_certs_dir=%.*s\ndefault_md=sha256\npolicy=p\n"
		 "unique_subject=no\n[p]\ncommonName=supplied\n"
		 "[leaf]\nbasicConstraints=critical,CA:FALSE\n"
		 "subjectKeyIdentifier=hash\n"
		 "[root]\nbasicConstraints=critical,CA:TRUE\n",
		 index, serial, (int)(strrchr(index, '/') - index), index);
	certs->config = tap_file("ca.cnf", text, strlen(text));
}

/* A certificate with these dates, for the request in key's place. */
static inline void service_sign(const struct service_certs *certs,
				struct judge_key *key, const char *request,
				const char *start, const char *end,
				const char *section)
{
	const char *const argv[] = {
		"openssl", "ca", "-selfsign", "-batch", "-notext", "-config",
		certs->config, "-keyfile", key->key, "-in", request, "-out",
		key->cert, "-startdate", start, "-enddate", end,
		"-extensions", section, NULL
	};

	if (!judge_run(argv, NULL) || !judge_load(key))
		abort();
}

static inline const char *service_request(struct judge_key *key,
					  const char *name,
					  const char *algorithm,
					  const char *option)
{
	char file[64], subject[96];
	const char *request;

	memset(key, 0, sizeof(*key));
	snprintf(file, sizeof(file), "%s.key", name);
	key->key = tap_file(file, NULL, 0);
	snprintf(file, sizeof(file), "%s.crt", name);
	key->cert = tap_file(file, NULL, 0);
	snprintf(file, sizeof(file), "%s.csr", name);
	request = tap_file(file, NULL, 0);
	snprintf(subject, sizeof(subject), "/CN=%s", name);

	const char *const argv[] = {
		"openssl", "req", "-new", "-config", judge_config(), "-nodes",
		"-newkey", algorithm, "-pkeyopt", option, "-subj", subject,
		"-keyout", key->key, "-out", request, NULL
	};

	if (!judge_run(argv, NULL))
		abort();
	return request;
}

static inline void service_make(const struct service_certs *certs,
				struct judge_key *key, const char *name,
				bool rsa, const char *start, const char *end,
				const char *section)
{
	const char *request = service_request(key, name,
		rsa ? "rsa" : "ec", rsa ? "rsa_keygen_bits:2048" :
		"ec_paramgen_curve:P-256");

	service_sign(certs, key, request, start, end, section);
}

static inline void service_make_many(struct service_certs *certs)
{
	struct judge_key *first = &certs->many[0];
	const char *request;
	char name[32];
	unsigned int i;

	request = service_request(first, "many", "ec",
				  "ec_paramgen_curve:P-256");
	for (i = 0; i < SERVICE_MANY; i++) {
		snprintf(name, sizeof(name), "many%u.crt", i);
		certs->many[i].key = first->key;
		certs->many[i].cert = tap_file(name, NULL, 0);
		service_sign(certs, &certs->many[i], request,
			     "20200101000000Z", "20400101000000Z", "leaf");
	}
}

static inline void service_start(struct service_certs *certs,
				 struct seal_store **store)
{
	static const char *const files[] = {
		"data.mdb", "lock.mdb", "open.lock"
	};
	struct seal_error err;
	char folder[256];
	size_t i;

	memset(certs, 0, sizeof(*certs));
	service_config(certs);
	service_make(certs, &certs->rsa, "rsa", true, "20200101000000Z",
		     "20400101000000Z", "leaf");
	service_make(certs, &certs->ec, "ec", false, "20200101000000Z",
		     "20400101000000Z", "leaf");
	service_make(certs, &certs->third, "third", false, "20200101000000Z",
		     "20400101000000Z", "leaf");
	service_make(certs, &certs->old, "old", false, "20200101000000Z",
		     "20250101000000Z", "leaf");
	service_make(certs, &certs->future, "future", false,
		     "20350101000000Z", "20450101000000Z", "leaf");
	service_make(certs, &certs->ca, "ca", false, "20200101000000Z",
		     "20400101000000Z", "root");
	service_make_many(certs);
	for (i = 0; i < 3; i++)
		(void)tap_file(files[i], NULL, 0);
	snprintf(folder, sizeof(folder), "%s", certs->config);
	*strrchr(folder, '/') = '\0';
	if ((*store = seal_store_open(folder, 0, &err)) == NULL) {
		tap_note("%s", err.text);
		abort();
	}
}

static inline void service_end(struct service_certs *certs,
			       struct seal_store **store)
{
	unsigned int i;

	judge_free(&certs->rsa);
	judge_free(&certs->ec);
	judge_free(&certs->third);
	judge_free(&certs->old);
	judge_free(&certs->future);
	judge_free(&certs->ca);
	for (i = 0; i < SERVICE_MANY; i++)
		judge_free(&certs->many[i]);
	seal_store_close(store);
}

/* Certificates by letters: r, e and x are good, o is old, f in the future, c a CA's. */
static inline struct judge_key *service_cert(struct service_certs *certs,
					     char letter)
{
	switch (letter) {
	case 'r': return &certs->rsa;
	case 'e': return &certs->ec;
	case 'x': return &certs->third;
	case 'o': return &certs->old;
	case 'f': return &certs->future;
	case 'c': return &certs->ca;
	}
	abort();
}

static inline void service_file(const char *path, struct seal_buf *out)
{
	struct seal_error err;
	char data[8192];
	size_t len;
	FILE *f = fopen(path, "rb");

	if (f == NULL || (len = fread(data, 1, sizeof(data), f)) == 0 ||
	    seal_buf_append(out, data, len, &err) < 0)
		abort();
	(void)fclose(f);
}

/* One PEM file of those certificates; also '+': more than a profile holds, and
 * 'k': a private key. */
static inline void service_pem(struct service_certs *certs,
			       const char *letters, struct seal_buf *out)
{
	unsigned int i;

	for (; *letters != '\0'; letters++) {
		if (*letters == '+') {
			for (i = 0; i < SERVICE_MANY; i++)
				service_file(certs->many[i].cert, out);
		} else {
			service_file(*letters == 'k' ? certs->rsa.key :
				     service_cert(certs, *letters)->cert, out);
		}
	}
}

/* How many profiles the user has; -1: no record. */
static inline int service_count(struct seal_store *store, const char *user)
{
	struct seal_user_record *record;
	struct seal_error err;
	int count = -1;

	if (seal_store_get(store, user, &record, &err) == 1)
		count = (int)record->profile_count;
	seal_user_record_free(&record);
	return count;
}

static inline void service_import(struct seal_store *store,
				  struct service_certs *certs,
				  const char *user, const char *letters,
				  char id_r[SEAL_PROFILE_ID_LEN + 1])
{
	struct seal_buf pem = SEAL_BUF_INIT;
	struct seal_error err;

	service_pem(certs, letters, &pem);
	if (seal_profiles_import(store, user, (const char *)pem.data, pem.len,
				 letters, SERVICE_NOW, id_r, &err) < 0) {
		tap_note("%s", err.text);
		abort();
	}
	seal_buf_free(&pem);
}

struct service_put {
	struct service_certs *certs;
	const char *letters;
	enum seal_profile_state state;
};

static inline int service_put_change(struct seal_user_record *record,
				     void *context, struct seal_error *err)
{
	struct service_put *put = context;
	struct seal_profile *profile;
	struct judge_key *key;
	const char *p;

	while (record->profile_count > 0)
		seal_user_record_remove(record, &record->profiles[0]);
	profile = seal_user_record_add(record, SEAL_PROFILE_IMPORTED, "",
				       SERVICE_NOW, err);
	if (profile == NULL)
		return -1;
	profile->state = put->state;
	for (p = put->letters; *p != '\0'; p++) {
		key = service_cert(put->certs, *p);
		if (seal_profile_add_certificate(profile, key->der.data,
						 key->der.len, err) < 0)
			return -1;
	}
	return 1;
}

/* Makes it the user's one profile, without asking whether that may be. */
static inline void service_put(struct seal_store *store,
			       struct service_certs *certs, const char *user,
			       const char *letters,
			       enum seal_profile_state state)
{
	struct service_put put = { certs, letters, state };
	struct seal_error err;

	if (seal_store_update(store, user, service_put_change, &put, &err) != 1)
		abort();
}

#endif

/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include "pki/pkcs12.h"

#define FILES 2
#define SHORT 12

/* The user's own, or a new one */
static int get_passphrase(const char *path, struct seal_buf *out,
			  struct seal_error *err)
{
	char made[SEAL_PASSPHRASE_SIZE];
	int ret;

	if (path != NULL)
		return enrol_passphrase_read(path, out, err);
	ret = seal_passphrase_make(made, sizeof(made), err);
	if (ret == 0)
		ret = seal_buf_append(out, made, strlen(made) + 1, err);
	OPENSSL_cleanse(made, sizeof(made));
	return ret;
}

static void advise(const struct seal_buf *passphrase)
{
	size_t i;

	if (passphrase->len - 1 < SHORT)
		enrol_complain("the passphrase is short; who gets hold of the "
			       "files can guess it", "");
	for (i = 0; i < passphrase->len; i++) {
		if (passphrase->data[i] >= 0x80) {
			enrol_complain("the passphrase has letters that are not "
				"ASCII; not every mail client takes them", "");
			return;
		}
	}
}

static int fill(const struct enrol_issued *issued, EVP_PKEY *key,
		const char *name, const char *passphrase,
		struct enrol_file files[FILES], struct seal_error *err)
{
	const struct seal_der_input user = {
		issued->user.data, issued->user.len
	}, chain[] = {
		{ issued->made.issuer.data, issued->made.issuer.len },
		{ issued->made.root.data, issued->made.root.len }
	};
	static const enum seal_pkcs12_form forms[FILES] = {
		SEAL_PKCS12_CURRENT, SEAL_PKCS12_COMPATIBLE
	};
	unsigned int i;

	for (i = 0; i < FILES; i++) {
		if (seal_pkcs12_write(forms[i], key, &user, chain, 2, name,
				      passphrase, &files[i].content, err) < 0)
			return -1;
	}
	return 0;
}

static void print_next(const char *dir, const char *passphrase)
{
	(void)printf("Made in %s: mail.p12 and mail-compatible.p12.\n\n", dir);
	if (passphrase != NULL)
		(void)printf("Passphrase of both, shown only now; write it "
			     "down:\n\n    %s\n\n", passphrase);
	(void)fputs(
"Thunderbird:  Settings, Privacy & Security, Certificates: import mail.p12; Authorities: trust the root for mail.\n"
"Apple Mail:   open mail-compatible.p12 with Keychain Access, then open root.pem and trust it for S/MIME.\n"
"iPhone, iPad: send mail-compatible.p12 and root.pem there, install both; S/MIME is switched on in the account.\n"
"Outlook:      open mail.p12, install root.pem as a trusted root; Trust Center, Email Security: choose the certificate.\n"
"GnuPG, KMail: gpgsm --import mail-compatible.p12 root.pem\n\n"
"Without the key mail cannot be read. Keep a copy of mail.p12 and the passphrase in\n"
"a safe place. Once you have both, key.pem is no longer needed:\n\n    rm ",
		stdout);
	enrol_say_word(dir);
	(void)printf("/" ENROL_KEY "\n");
}

/* A passphrase that nobody saw would make files that nobody can open. */
static int show(const struct enrol_issued *issued, const char *passphrase,
		const struct enrol_file files[FILES], struct seal_error *err)
{
	print_next(issued->dir, passphrase);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	enrol_files_remove(issued->dir, files, FILES);
	return seal_error_set(err, SEAL_ERR_IO, "the passphrase could not be "
		"printed; the files were removed again, try once more");
}

static int make(const struct enrol_args *args,
		const struct enrol_issued *issued, EVP_PKEY *key,
		struct enrol_file files[FILES], struct seal_error *err)
{
	struct seal_buf passphrase = SEAL_BUF_INIT;
	bool own = args->passphrase_file != NULL;
	const char *name = args->name != NULL ? args->name :
		issued->made.asked.addresses[0], *text;
	int ret = get_passphrase(args->passphrase_file, &passphrase, err);

	text = (const char *)passphrase.data;
	if (ret == 0)
		ret = fill(issued, key, name, text, files, err);
	if (ret == 0)
		ret = enrol_files_write(issued->dir, files, FILES, err);
	if (ret == 0) {
		advise(&passphrase);
		ret = show(issued, own ? NULL : text, files, err);
	}
	seal_buf_free(&passphrase);
	return ret;
}

int enrol_pkcs12(const struct enrol_args *args,
		 const struct enrol_issued *issued, struct seal_error *err)
{
	struct enrol_file files[FILES] = {
		{ .name = ENROL_P12 }, { .name = ENROL_P12_COMPATIBLE }
	};
	EVP_PKEY *key = NULL;
	int ret = enrol_files_absent(issued->dir, files, FILES, err);

	if (ret == 0)
		ret = enrol_made_key(issued->dir, &issued->made, &key, err);
	if (ret > 0)
		ret = make(args, issued, key, files, err);
	else if (ret == 0)
		ret = seal_error_set(err, SEAL_ERR_NOTFOUND, "there is no "
			ENROL_KEY " in the folder %s; it is needed for this",
			issued->dir);
	enrol_files_free(files, FILES);
	EVP_PKEY_free(key);
	return ret;
}

int enrol_cmd_pkcs12(const struct enrol_args *args, struct seal_error *err)
{
	struct enrol_issued issued;
	int ret = enrol_issued_read(args, &issued, err);

	if (ret < 0)
		return -1;
	ret = enrol_pkcs12(args, &issued, err);
	enrol_issued_free(&issued);
	return ret;
}

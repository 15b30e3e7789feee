/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <stdio.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

/* The line of seald's mail (service/ceremony.h) */
#define CODE_LINE "Code: "
#define CODE_MAX 32
#define CODE_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"

/* The envelope in a message, or NULL with err filled */
static CMS_ContentInfo *read_mail(const char *path, struct seal_error *err)
{
	struct seal_buf mail = SEAL_BUF_INIT;
	CMS_ContentInfo *cms = NULL;
	BIO *bio, *content = NULL;

	if (enrol_read(path, &mail, err) == 0 && mail.len > 0) {
		bio = BIO_new_mem_buf(mail.data, (int)mail.len);
		if (bio != NULL)
			cms = SMIME_read_CMS(bio, &content);
		BIO_free(bio);
		BIO_free(content);
		if (cms != NULL && CMS_get0_RecipientInfos(cms) == NULL) {
			CMS_ContentInfo_free(cms);	/* signed, say */
			cms = NULL;
		}
		if (cms == NULL)
			(void)seal_error_set(err, SEAL_ERR_INPUT, "%s is not "
				"an encrypted mail; save the whole mail with "
				"its header, as it came", path);
	} else if (mail.data != NULL && mail.len == 0) {
		(void)seal_error_set(err, SEAL_ERR_INPUT, "%s is empty", path);
	}
	seal_buf_free(&mail);
	return cms;
}

static bool names_in(CMS_RecipientInfo *info, X509 *cert)
{
	STACK_OF(CMS_RecipientEncryptedKey) *keys;
	int i;

	if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_TRANS)
		return CMS_RecipientInfo_ktri_cert_cmp(info, cert) == 0;
	if (CMS_RecipientInfo_type(info) != CMS_RECIPINFO_AGREE)
		return false;
	keys = CMS_RecipientInfo_kari_get0_reks(info);
	for (i = 0; i < sk_CMS_RecipientEncryptedKey_num(keys); i++) {
		if (CMS_RecipientEncryptedKey_cert_cmp(
			sk_CMS_RecipientEncryptedKey_value(keys, i),
			cert) == 0)
			return true;
	}
	return false;
}

/* Is it encrypted to this certificate? CMS_decrypt() does not tell that from
 * damage where the key is EC. */
static bool names(CMS_ContentInfo *cms, X509 *cert)
{
	STACK_OF(CMS_RecipientInfo) *infos = CMS_get0_RecipientInfos(cms);
	int i;

	for (i = 0; i < sk_CMS_RecipientInfo_num(infos); i++) {
		if (names_in(sk_CMS_RecipientInfo_value(infos, i), cert))
			return true;
	}
	return false;
}

/* Opens it. The text is wiped when the BIO is freed. NULL: err is filled */
static BIO *open_mail(CMS_ContentInfo *cms, const struct enrol_issued *issued,
		      EVP_PKEY *key, struct seal_error *err)
{
	const unsigned char *p = issued->user.data;
	X509 *cert = d2i_X509(NULL, &p, (long)issued->user.len);
	BIO *text = BIO_new(BIO_s_secmem());
	int ret = 0;

	if (cert == NULL || text == NULL)
		ret = seal_error_memory(err);
	else if (!names(cms, cert))
		ret = seal_error_set(err, SEAL_ERR_REFUSED, "the mail is not "
			"encrypted to this certificate; where another profile "
			"is active, the code is sent to that one: read it with "
			"your mail client");
	else if (CMS_decrypt(cms, key, cert, NULL, text, 0) != 1)
		ret = seal_error_set(err, SEAL_ERR_INPUT, "the mail cannot be "
			"opened, it was changed on its way; ask for another "
			"one ('doveadm seal profile prove')");
	X509_free(cert);
	if (ret < 0) {
		BIO_free(text);
		return NULL;
	}
	return text;
}

/* The code after the first line that begins as it should. Whether there is one. */
static bool find_code(BIO *text, char code_r[CODE_MAX + 1])
{
	char *p, *end;
	long len = BIO_get_mem_data(text, &p);
	size_t n;

	for (end = p + (len > 0 ? len : 0); p < end; p++) {
		if ((size_t)(end - p) > strlen(CODE_LINE) &&
		    memcmp(p, CODE_LINE, strlen(CODE_LINE)) == 0) {
			p += strlen(CODE_LINE);
			for (n = 0; n < CODE_MAX && p + n < end &&
			     p[n] != '\0' &&
			     strchr(CODE_CHARS, p[n]) != NULL; n++)
				code_r[n] = p[n];
			code_r[n] = '\0';
			return n > 0;
		}
		p = memchr(p, '\n', (size_t)(end - p));
		if (p == NULL)
			break;
	}
	return false;
}

static int print_code(BIO *text, const struct enrol_issued *issued,
		      struct seal_error *err)
{
	char code[CODE_MAX + 1];

	if (!find_code(text, code))
		return seal_error_set(err, SEAL_ERR_NOTFOUND, "the mail opens, "
			"but there is no line \"" CODE_LINE "...\" in it; is "
			"it the mail that 'doveadm seal profile prove' sent?");
	(void)printf("Code: %s\n\n"
		     "Mail that is encrypted to your certificate can be opened "
		     "with your key. Tell the code\nto your administrator, who "
		     "runs, with your user name for USER:\n\n"
		     "    doveadm seal profile activate USER %s %s\n", code,
		     issued->profile_id, code);
	OPENSSL_cleanse(code, sizeof(code));
	return 0;
}

int enrol_test_mail(const struct enrol_issued *issued, const char *path,
		    struct seal_error *err)
{
	CMS_ContentInfo *cms = NULL;
	EVP_PKEY *key;
	BIO *text = NULL;
	int ret = enrol_made_key(issued->dir, &issued->made, &key, err);

	if (ret == 0)
		return seal_error_set(err, SEAL_ERR_NOTFOUND, "there is no "
			ENROL_KEY " in the folder %s any more; read the code "
			"with your mail client", issued->dir);
	if (ret > 0 && (cms = read_mail(path, err)) != NULL)
		text = open_mail(cms, issued, key, err);
	ret = text == NULL ? -1 : print_code(text, issued, err);
	BIO_free(text);
	CMS_ContentInfo_free(cms);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ret;
}

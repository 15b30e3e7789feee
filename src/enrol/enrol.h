/* SPDX-License-Identifier: MIT */
#ifndef SEAL_ENROL_ENROL_H
#define SEAL_ENROL_ENROL_H

/* seal-enrol, the user's half of the ceremony: runs on the user's device, with
 * files and, but for --server, without a network. What its commands share. All return
 * 0, or -1 with err filled: one sentence, "what is wrong; what to do". */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <openssl/evp.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/issuer.h"
#include "pki/key.h"

#define ENROL_ADDRESSES_MAX 32
#define ENROL_PATH_SIZE 1024
#define ENROL_ID_SIZE 17			/* a profile's id, with its NUL */

/* The files of a profile's folder */
#define ENROL_KEY "key.pem"			/* the user's; PKCS #8 */
#define ENROL_REQUEST "request.pem"		/* for the administrator */
#define ENROL_CHAIN "chain.pem"			/* issuer, root: same */
#define ENROL_ROOT "root.pem"			/* to be trusted by clients */
#define ENROL_ISSUED "issued.pem"		/* user, issuer, root */
#define ENROL_P12 "mail.p12"
#define ENROL_P12_COMPATIBLE "mail-compatible.p12"

/* The command line; NULL: not given. Nothing here is owned, nothing secret. */
struct enrol_args {
	const char *addresses[ENROL_ADDRESSES_MAX + 1];	/* NULL-terminated */
	unsigned int address_count;
	enum seal_key_kind key;
	unsigned int days;
	const char *dir;
	const char *name;
	const char *nonce;
	const char *passphrase_file;
	const char *test_mail;
	const char *file;		/* ISSUER.pem, ISSUED.pem, CODE or ID */
	const char *server, *ca_file, *user, *password_file, *label;
};

/* What a command takes: options (letters), those that it cannot do without, and the
 * name of the word behind them, if any. */
struct enrol_form {
	const char *letters, *needs, *file;
	int (*run)(const struct enrol_args *args, struct seal_error *err);
};
/* A command, without and with --server; run NULL: there is no such form. */
struct enrol_command {
	const char *name;
	struct enrol_form alone, server;
};

/* args.c: reads the command line, and finds out which form it is. */
int enrol_args_read(const struct enrol_command *command, int argc, char **argv,
		    struct enrol_args *args_r, const struct enrol_form **form_r,
		    struct seal_error *err);

/* The commands, each in its own file. They print to stdout; the caller
 * flushes. */
int enrol_cmd_new(const struct enrol_args *args, struct seal_error *err);
int enrol_cmd_request(const struct enrol_args *args, struct seal_error *err);
int enrol_cmd_check(const struct enrol_args *args, struct seal_error *err);
int enrol_cmd_pkcs12(const struct enrol_args *args, struct seal_error *err);
int enrol_cmd_new_server(const struct enrol_args *args, struct seal_error *err);
int enrol_cmd_activate(const struct enrol_args *args, struct seal_error *err);
int enrol_cmd_deactivate(const struct enrol_args *args, struct seal_error *err);
int enrol_cmd_delete(const struct enrol_args *args, struct seal_error *err);
int enrol_cmd_list(const struct enrol_args *args, struct seal_error *err);

/* files.c: files that are to be written; all of them, or none. */
struct enrol_file {
	const char *name;
	struct seal_buf content;
};
/* Is none of them there yet? For an early refusal: writing asks again. */
int enrol_files_absent(const char *dir, const struct enrol_file *files,
		       unsigned int count, struct seal_error *err);
/* Writes them for the user alone (0600), into dir, which is made (0700) where it
 * is missing. Nothing is overwritten. What it has made it removes where
 * it fails. */
int enrol_files_write(const char *dir, const struct enrol_file *files,
		      unsigned int count, struct seal_error *err);
/* Takes back what enrol_files_write() did. */
void enrol_files_remove(const char *dir, const struct enrol_file *files,
			unsigned int count);
void enrol_files_free(struct enrol_file *files, unsigned int count);

/* Is there such a file in the folder? 1; 0, also where there is no folder; -1. */
int enrol_has(const char *dir, const char *name, struct seal_error *err);

/* Appends a file; path "-": standard input. */
int enrol_read(const char *path, struct seal_buf *out, struct seal_error *err);
/* Appends a file of the folder. 1; 0 where it is not there; -1. */
int enrol_read_in(const char *dir, const char *name, struct seal_buf *out,
		  struct seal_error *err);
/* The same for the one PEM block in it, as DER. */
int enrol_read_pem_in(const char *dir, const char *name, const char *label,
		      struct seal_buf *der, struct seal_error *err);

/* make.c: the folder of a profile: that of args, or its own name here. */
int enrol_dir(const struct enrol_args *args, const char *profile_id,
	      char dir_r[ENROL_PATH_SIZE], struct seal_error *err);
/* Is none of what is made there yet? As enrol_files_absent(). */
int enrol_make_absent(const char *dir, struct seal_error *err);
/* Makes root and issuer certificate, key and request for the issuer's request
 * (DER, and what was read out of it), and writes them into that folder. */
int enrol_make(const struct enrol_args *args, const struct seal_buf *request,
	       const struct seal_issuer_asked *asked,
	       char dir_r[ENROL_PATH_SIZE], struct seal_error *err);

/* cmd-request.c: makes a key and the request for it. files[0] becomes key.pem,
 * files[1] request.pem. */
#define ENROL_REQUEST_FILES 2
int enrol_make_request(const struct enrol_args *args, const char *nonce,
		       struct enrol_file files[ENROL_REQUEST_FILES],
		       struct seal_error *err);

/* certs.c: certificates. Appends those of a PEM text; who begins the reason. */
#define ENROL_CERTS_MAX 8
struct enrol_certs {
	struct seal_buf der[ENROL_CERTS_MAX];
	unsigned int count;
};
int enrol_certs_read(const char *who, const struct seal_buf *text,
		     struct enrol_certs *certs, struct seal_error *err);
void enrol_certs_free(struct enrol_certs *certs);
/* One for people */
struct seal_recipient_text;
int enrol_describe(const struct seal_buf *der,
		   struct seal_recipient_text *text_r, struct seal_error *err);
bool enrol_same(const struct seal_buf *a, const struct seal_buf *b);

/* made.c: what was made here, read back from the profile's folder. */
struct enrol_made {
	struct seal_user_asked asked;
	struct seal_buf issuer, root;	/* DER */
};
int enrol_made_read(const char *dir, struct enrol_made *made_r,
		    struct seal_error *err);
void enrol_made_free(struct enrol_made *made);
/* The user's private key, if it belongs to the request. 1 (EVP_PKEY_free()
 * frees it), 0 where there is no such file, -1. */
int enrol_made_key(const char *dir, const struct enrol_made *made,
		   EVP_PKEY **key_r, struct seal_error *err);

/* issued.c: what the server returned, after it was found to be what was asked
 * for. */
struct enrol_issued {
	char dir[ENROL_PATH_SIZE];	/* the profile's folder */
	char profile_id[ENROL_ID_SIZE];
	struct enrol_made made;
	struct seal_buf user;		/* DER */
};
int enrol_issued_read(const struct enrol_args *args,
		      struct enrol_issued *issued_r, struct seal_error *err);
/* The same for a text (PEM) that is not in a file. args->file says what it is. */
int enrol_issued_take(const struct enrol_args *args, const struct seal_buf *text,
		      struct enrol_issued *issued_r, struct seal_error *err);
/* The same for the folder's own issued.pem. */
int enrol_issued_in(const char *dir, struct enrol_issued *issued_r,
		    struct seal_error *err);
/* The profile's id in the issuer's name. Whether there is one. */
bool enrol_issuer_id(const struct seal_buf *der, char id_r[ENROL_ID_SIZE]);
/* Is it written as a profile's id is? */
bool enrol_is_id(const char *text);
void enrol_issued_free(struct enrol_issued *issued);

/* cmd-check.c: prints what a user would compare. */
int enrol_issued_print(const struct enrol_issued *issued,
		       struct seal_error *err);
/* cmd-pkcs12.c: writes both files for mail clients, and says how to import them. */
int enrol_pkcs12(const struct enrol_args *args,
		 const struct enrol_issued *issued, struct seal_error *err);

/* test-mail.c: opens the mail that proves the way and prints its code. */
int enrol_test_mail(const struct enrol_issued *issued, const char *path,
		    struct seal_error *err);

/* passphrase.c: appends the first line of a file, or what the user types where
 * path is "-" and standard input is a terminal; with a NUL behind. */
int enrol_passphrase_read(const char *path, struct seal_buf *out,
			  struct seal_error *err);

/* The first line of a secret's file; what: "password", say. */
int enrol_secret_read(const char *what, const char *path, struct seal_buf *out,
		      struct seal_error *err);

/* password.c: user name and password for the server, each with a NUL behind: from the
 * command line and the file, or typed. */
int enrol_password_read(const struct enrol_args *args, struct seal_buf *user,
			struct seal_buf *password, struct seal_error *err);

/* say.c: prints a word so that a shell takes it as one. */
void enrol_say_word(const char *word);
/* Prints UTF-8 as something that cannot steer a terminal. */
void enrol_say_text(const char *text, FILE *to);
/* "seal-enrol: text", and more behind it, on standard error: as one line. */
void enrol_complain(const char *text, const char *more);
/* A date after these words. */
void enrol_say_day(const char *before, int64_t seconds);
/* A command with the options that say server, user and folder. */
void enrol_say_command(const char *command, const struct enrol_args *args,
		       const char *user);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SEAL_SIGNER_H
#define SEAL_SEAL_SIGNER_H

#include <stddef.h>

struct seal_buf;
struct seal_content;
struct seal_error;
struct seal_signer;
struct seal_sink;

/* Signs a message in its sender's name, if it is certain enough who that is:
 * looks at the header as it passes, decides, and then frames the inner entity as
 * multipart/signed (cms/signed.h) or lets it pass as it is. */

enum seal_sign {	/* mail_seal_sign: a sender's mail is signed */
	SEAL_SIGN_NO,
	SEAL_SIGN_VERIFIED,	/* where DMARC has verified them */
	SEAL_SIGN_ALWAYS	/* where there is exactly one From address */
};

/* Asks for the detached signature of the sender of this address (in the
 * canonical form of message/origin.h) over content of that SHA-256 digest: CMS in
 * DER, appended to out. 0, or -1 with err filled. */
typedef int seal_signer_ask_t(void *context, const char *address,
			      const unsigned char *digest, size_t digest_len,
			      struct seal_buf *out, struct seal_error *err);

struct seal_signer_order {
	enum seal_sign policy;
	const char *authserv_id;	/* for VERIFIED: whose word is trusted */
	seal_signer_ask_t *ask;
	void *context;
};

/* Starts on a message. order is copied, authserv_id too; ask's context must
 * outlive the signer. policy is not NO. NULL: SEAL_ERR_MEMORY. */
struct seal_signer *seal_signer_new(const struct seal_signer_order *order,
				    struct seal_error *err);

/* Feeds the header but for its MIME fields. 0, or -1 (SEAL_ERR_MEMORY). */
int seal_signer_header(struct seal_signer *signer, const unsigned char *data,
		       size_t len, struct seal_error *err);

/* The header is complete: decides. A message that bears a signature of its own
 * is not signed over: clients show that as an error. 0, or -1. */
int seal_signer_head(struct seal_signer *signer,
		     const struct seal_content *content,
		     struct seal_error *err);

/* After head: "verified", "always", or "no" with the reason (a fixed phrase, for
 * the log) in *reason_r, which is NULL otherwise. */
const char *seal_signer_result(const struct seal_signer *signer,
			       const char **reason_r);

/* Writes to sink (copied) what comes before the inner entity; then the entity,
 * in pieces; then its end. 0, or -1; after -1 only result and free may be
 * called. */
int seal_signer_begin(struct seal_signer *signer, const struct seal_sink *sink,
		      struct seal_error *err);
int seal_signer_more(struct seal_signer *signer, const unsigned char *data,
		     size_t len, struct seal_error *err);
int seal_signer_finish(struct seal_signer *signer, struct seal_error *err);

/* Frees; accepts NULL, leaves NULL. */
void seal_signer_free(struct seal_signer **signer);

#endif

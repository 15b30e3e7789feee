/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_ISSUE_H
#define SEAL_PKI_ISSUE_H

#include "pki/chain.h"

struct seal_buf;

/* Makes the user certificate of a ceremony. It has:
 *
 *  subject CN = the first address if it has at most 64 bytes, else its longest
 *  prefix of whole characters and " " and the first 16 hexadecimal digits of
 *  its SHA-256, together 64 bytes or less (RFC 5280: ub-common-name);
 *  issuer = the issuer's subject; the request's key; serial number random,
 *  positive, 16 bytes; notBefore = the issuer's, notAfter = the issuer's less
 *  one day; and these extensions in this order:
 *  basicConstraints critical, CA:FALSE (an empty sequence);
 *  keyUsage critical, digitalSignature and keyEncipherment (RSA) or
 *  keyAgreement (EC); extendedKeyUsage emailProtection;
 *  subjectAltName: for each address of the terms, in their order, an rfc822Name
 *  if its local part is ASCII, else an otherName SmtpUTF8Mailbox (RFC 9598);
 *  the domain has to be ASCII (A-labels), which is the caller's matter;
 *  subjectKeyIdentifier; authorityKeyIdentifier (keyIdentifier only).
 *
 * Checks everything with seal_chain_check() first. Appends DER. 0, or -1 as
 * there, and SEAL_ERR_INPUT for an address that cannot stand in a
 * certificate. */
int seal_issue_user(const struct seal_terms *terms,
		    const struct seal_der_input *root,
		    const struct seal_der_input *issuer,
		    const struct seal_der_input *request,
		    struct seal_buf *certificate, struct seal_error *err);

#endif

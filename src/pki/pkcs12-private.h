/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_PKCS12_PRIVATE_H
#define SEAL_PKI_PKCS12_PRIVATE_H

/* For pkcs12*.c only. */

struct seal_error;

#define SEAL_PKCS12_SALT_MAX 16
#define SEAL_PKCS12_SALT_COMPATIBLE 8

/* A salt for the compatible form's encryption, with which GnuPG 2.2 computes the
 * right key: its derivation (RFC 7292 appendix B.2) goes wrong where a number on
 * the way begins with a zero byte, about once in 128 salts, and it then takes
 * the passphrase for a wrong one. 0 or -1. */
int seal_pkcs12_salt_compatible(const char *passphrase, int iterations,
		unsigned char salt_r[SEAL_PKCS12_SALT_COMPATIBLE],
		struct seal_error *err);

#endif

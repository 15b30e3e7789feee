/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_MASTER_KEY_H
#define SEAL_STORE_MASTER_KEY_H

struct seal_error;

#define SEAL_MASTER_KEY_LEN 32

/* The master key file: 64 hexadecimal digits and a line end, a regular file.
 * read: 1; 0: there is no such file; -1: SEAL_ERR_IO, SEAL_ERR_DAMAGED (other
 * contents), SEAL_ERR_REFUSED (group or others may read or write it).
 * make: a new one, mode 0400, synced. 0, or -1: SEAL_ERR_REFUSED (there is one:
 * it is left alone), SEAL_ERR_IO, SEAL_ERR_FULL, SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY.
 * The caller wipes key_r, which is filled for 1 of read and 0 of make. */
int seal_master_key_read(const char *path,
			 unsigned char key_r[SEAL_MASTER_KEY_LEN],
			 struct seal_error *err);
int seal_master_key_make(const char *path,
			 unsigned char key_r[SEAL_MASTER_KEY_LEN],
			 struct seal_error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SEAL_BASE_WIPE_H
#define SEAL_BASE_WIPE_H

#include <stddef.h>

/* Overwrites a secret with zeros, also where the compiler can see that nobody
 * reads it again. Not OPENSSL_cleanse(): a process that may never see a secret
 * shall not have to load libcrypto for it. */
void seal_wipe(void *data, size_t len);

#endif

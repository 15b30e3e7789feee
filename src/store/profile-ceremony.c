/* SPDX-License-Identifier: MIT */

/* What a profile has only because it is, or is being, issued. */

#include "store/profile.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "base/error.h"
#include "store/profile-private.h"

int seal_profile_set_chain(struct seal_profile *profile,
			   const struct seal_buf *issuer,
			   const struct seal_buf *root, struct seal_error *err)
{
	struct seal_buf issuer_copy = SEAL_BUF_INIT, root_copy = SEAL_BUF_INIT;

	if (issuer->len > SEAL_CERTIFICATE_MAX ||
	    root->len > SEAL_CERTIFICATE_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT,
			"a certificate may have %d bytes",
			SEAL_CERTIFICATE_MAX);
	if (seal_buf_append(&issuer_copy, issuer->data, issuer->len, err) < 0 ||
	    seal_buf_append(&root_copy, root->data, root->len, err) < 0) {
		seal_buf_free(&issuer_copy);
		return -1;
	}
	seal_buf_free(&profile->issuer);
	seal_buf_free(&profile->root);
	profile->issuer = issuer_copy;
	profile->root = root_copy;
	return 0;
}

bool seal_profile_is_nonce(const char *nonce, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (nonce[i] <= ' ' || nonce[i] > '~')
			return false;
	}
	return len > 0 && len <= SEAL_PROFILE_NONCE_MAX;
}

int seal_profile_add_address(struct seal_profile_ceremony *ceremony,
			     unsigned int count, const char *address,
			     size_t len, struct seal_error *err)
{
	char **addresses, *copy;

	if (count >= SEAL_PROFILE_ADDRESSES_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT,
			"a profile may have %d addresses",
			SEAL_PROFILE_ADDRESSES_MAX);
	if (len > SEAL_PROFILE_ADDRESS_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT,
			"an address may have %d bytes, this one has %zu",
			SEAL_PROFILE_ADDRESS_MAX, len);
	if (len == 0 || !seal_profile_is_text(address, len))
		return seal_error_set(err, SEAL_ERR_INPUT, "an address has to "
			"be UTF-8 without control characters, and not empty");
	addresses = realloc(ceremony->addresses,
			    (count + 2) * sizeof(*addresses));
	if (addresses == NULL)
		return seal_error_memory(err);
	addresses[count] = NULL;
	ceremony->addresses = addresses;
	if ((copy = malloc(len + 1)) == NULL)
		return seal_error_memory(err);
	memcpy(copy, address, len);
	copy[len] = '\0';
	addresses[count] = copy;
	addresses[count + 1] = NULL;
	return 0;
}

int seal_profile_start_ceremony(struct seal_profile *profile, const char *nonce,
				unsigned int days,
				const char *const *addresses,
				struct seal_error *err)
{
	struct seal_profile_ceremony *ceremony;
	unsigned int i;

	if (!seal_profile_is_nonce(nonce, strlen(nonce)))
		return seal_error_set(err, SEAL_ERR_INPUT, "a nonce has to be "
			"1 to %d characters of printable ASCII without spaces",
			SEAL_PROFILE_NONCE_MAX);
	if (addresses[0] == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "no address");
	seal_profile_end_ceremony(profile);
	if ((ceremony = calloc(1, sizeof(*ceremony))) == NULL)
		return seal_error_memory(err);
	profile->ceremony = ceremony;
	strcpy(ceremony->nonce, nonce);
	ceremony->days = days;
	for (i = 0; addresses[i] != NULL; i++) {
		if (seal_profile_add_address(ceremony, i, addresses[i],
					     strlen(addresses[i]), err) < 0) {
			seal_profile_end_ceremony(profile);
			return -1;
		}
	}
	profile->state = SEAL_PROFILE_PENDING;
	return 0;
}

void seal_profile_end_ceremony(struct seal_profile *profile)
{
	struct seal_profile_ceremony *ceremony = profile->ceremony;
	unsigned int i;

	if (ceremony == NULL)
		return;
	for (i = 0; ceremony->addresses != NULL &&
	     ceremony->addresses[i] != NULL; i++)
		free(ceremony->addresses[i]);
	free(ceremony->addresses);
	free(ceremony);
	profile->ceremony = NULL;
}

int seal_profile_set_proof(struct seal_profile *profile,
			   const unsigned char hash[SEAL_PROFILE_HASH_LEN],
			   int64_t made, struct seal_error *err)
{
	struct seal_profile_proof *proof = calloc(1, sizeof(*proof));

	if (proof == NULL)
		return seal_error_memory(err);
	seal_profile_end_proof(profile);
	memcpy(proof->hash, hash, sizeof(proof->hash));
	proof->made = made;
	profile->proof = proof;
	return 0;
}

void seal_profile_end_proof(struct seal_profile *profile)
{
	if (profile->proof != NULL)
		OPENSSL_cleanse(profile->proof, sizeof(*profile->proof));
	free(profile->proof);
	profile->proof = NULL;
}

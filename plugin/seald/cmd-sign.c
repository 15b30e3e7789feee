/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/seald/command.h"

#include "base/buf.h"
#include "base/error.h"
#include "plugin/seald/answer.h"
#include "plugin/seald/keeper.h"
#include "service/ceremony.h"

static int sign(const struct seald_request *request, struct seal_buf *digest,
		struct seal_buf *cms, struct seal_error *err)
{
	struct seal_keyring *keyring;
	bool replies = FALSE;

	if (seald_request_get(request, "replies") != NULL &&
	    seald_request_get_bool(request, "replies", &replies, err) < 0)
		return -1;
	if (seald_request_get_base64(request, "digest", digest, err) < 0)
		return -1;
	keyring = seald_keeper_keyring(err);
	if (keyring == NULL)
		return -1;
	return seal_ceremony_sign(request->store, keyring,
				  seald_keeper_signing(), request->now,
				  seald_request_get(request, "user"),
				  seald_request_get(request, "profile"),
				  seald_request_get(request, "address"),
				  replies, digest->data, digest->len, cms, err);
}

/* SIGN user= profile= address= digest= [replies=yes] */
int cmd_sign(struct seald_request *request, struct seal_error *err)
{
	struct seal_buf digest = SEAL_BUF_INIT, cms = SEAL_BUF_INIT;
	int ret;

	ret = sign(request, &digest, &cms, err);
	if (ret == 0) {
		seald_answer_start(request->answer, "OK");
		seald_answer_add_base64(request->answer, "cms", cms.data,
					cms.len);
		seald_answer_end(request->answer);
	}
	seal_buf_free(&digest);
	seal_buf_free(&cms);
	return ret;
}

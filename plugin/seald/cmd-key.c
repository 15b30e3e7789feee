/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "safe-memset.h"
#include "plugin/seald/command.h"

#include "base/buf.h"
#include "base/error.h"
#include "plugin/seald/answer.h"
#include "plugin/seald/keeper.h"
#include "plugin/seald/master-key.h"
#include "store/keyring.h"

static int rotate(const struct seal_buf *key, uint64_t *count_r,
		  struct seal_error *err)
{
	struct seal_keyring *keyring;
	int ret;

	if (key->len != SEAL_MASTER_KEY_LEN)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "key= has not %u bytes",
				      SEAL_MASTER_KEY_LEN);
	keyring = seald_keeper_keyring(err);
	if (keyring == NULL)
		return -1;
	/* it may fail when the records are changed already */
	seald_master_key_add(key->data);
	ret = seal_keyring_rotate(keyring, key->data, count_r, err);
	seald_keeper_replaced();
	seald_keeper_forget_secrets();
	if (ret == 0)
		seald_master_key_replace(key->data);
	return ret;
}

/* KEY-ROTATE key=
 * doveadm, which is root, has it in a file already, and makes that the master
 * key's after OK. */
int cmd_key_rotate(struct seald_request *request, struct seal_error *err)
{
	const char *arg = seald_request_get(request, "key");
	struct seal_buf key = SEAL_BUF_INIT;
	uint64_t count;
	int ret;

	ret = seald_request_get_base64(request, "key", &key, err);
	/* the copy on the data stack */
	safe_memset((void *)arg, '-', strlen(arg));
	if (ret == 0)
		ret = rotate(&key, &count, err);
	seal_buf_free(&key);
	if (ret < 0)
		return -1;
	seald_answer_start(request->answer, "OK");
	seald_answer_add_number(request->answer, "records", count);
	seald_answer_end(request->answer);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/portal/ask.h"
#include "plugin/portal/certificates.h"
#include "plugin/portal/chain.h"
#include "plugin/portal/exchange.h"

#include "base/error.h"
#include "pki/pem.h"

int portal_certificates_read(const struct seal_buf *text, struct seal_buf *der,
			     unsigned int count)
{
	struct seal_pem pem;
	struct seal_error err;
	unsigned int found = 0;

	seal_pem_init(&pem, (const char *)text->data, text->len);
	while (seal_pem_next(&pem)) {
		if (found == count ||
		    !seal_pem_is(&pem, SEAL_PEM_CERTIFICATE) ||
		    seal_pem_decode(&pem, "certificate", &der[found++],
				    &err) < 0)
			return -1;
	}
	return (int)found;
}

void portal_certificates_free(struct seal_buf *der, unsigned int count)
{
	while (count > 0)
		seal_buf_free(&der[--count]);
}

static int export(struct portal_exchange *exchange, struct seal_buf *pem)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	int ret = portal_ask(exchange, "EXPORT", NULL, NULL, NULL, &answer);

	if (ret == 0)
		ret = portal_value_base64(exchange, &answer, "pem", pem);
	seal_answer_free(&answer);
	return ret;
}

static int ignore_row(void *context ATTR_UNUSED,
		      const struct seal_answer *row ATTR_UNUSED,
		      struct seal_error *err ATTR_UNUSED)
{
	return 0;
}

/* Has the profile been issued? 1, 0 or -1 */
static int is_issued(struct portal_exchange *exchange)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	int ret = portal_ask(exchange, "SHOW", NULL, ignore_row, NULL, &answer);

	if (ret == 0)
		ret = null_strcmp(seal_answer_get(&answer, "kind"),
				  "issued") == 0 &&
			null_strcmp(seal_answer_get(&answer, "state"),
				    "pending") != 0;
	seal_answer_free(&answer);
	return ret;
}

bool portal_certificates_are_awaited(struct portal_exchange *exchange)
{
	int ret = is_issued(exchange);

	if (ret > 0)
		portal_answer_failure(exchange, 409, "refused",
				      "This profile was issued already.");
	return ret == 0;
}

int portal_certificates_split(struct portal_exchange *exchange,
			      const struct seal_buf *pem,
			      struct seal_buf der[PORTAL_CERTIFICATE_COUNT])
{
	if (portal_certificates_read(pem, der, PORTAL_CERTIFICATE_COUNT) ==
	    PORTAL_CERTIFICATE_COUNT)
		return 0;
	i_error("user=%s id=%s: seald does not answer three certificates",
		exchange->user, exchange->id);
	portal_answer_failure(exchange, 503, "unavailable",
			      "The certificates cannot be read.");
	return -1;
}

int portal_certificates_get(struct portal_exchange *exchange,
			    struct seal_buf der[PORTAL_CERTIFICATE_COUNT])
{
	struct seal_buf pem = SEAL_BUF_INIT;
	int ret = is_issued(exchange);

	if (ret > 0 && export(exchange, &pem) < 0)
		ret = -1;
	if (ret > 0 && portal_certificates_split(exchange, &pem, der) < 0)
		ret = -1;
	seal_buf_free(&pem);
	return ret;
}

int portal_certificates_issue(struct portal_exchange *exchange,
			      const struct seal_buf *chain,
			      const struct seal_buf *request,
			      struct seal_buf *issued)
{
	const char *args[] = {
		portal_arg_base64("chain", chain->data, chain->len),
		portal_arg_base64("request", request->data, request->len), NULL
	};
	struct seal_answer answer = SEAL_ANSWER_INIT;
	int ret = portal_ask(exchange, "ISSUE", args, NULL, NULL, &answer);

	if (ret == 0)
		ret = portal_value_base64(exchange, &answer, "issued", issued);
	if (ret == 0)
		portal_chain_forget(exchange->user, exchange->id);
	seal_answer_free(&answer);
	return ret;
}

/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "buffer.h"
#include "plugin/portal/certificates.h"
#include "plugin/portal/chain.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/routes.h"

#include "base/error.h"
#include "pki/pem.h"

#define PEM_TYPE "application/x-pem-file"

/*
 * POST /api/v1/profiles/{id}/issue
 */

struct wish {
	struct seal_buf chain, request;		/* PEM */
	unsigned int certificates, requests;
};

static int sort_block(struct seal_pem *pem, struct wish *wish,
		      struct seal_error *err)
{
	bool is_request = seal_pem_is(pem, SEAL_PEM_REQUEST);
	struct seal_buf der = SEAL_BUF_INIT;
	int ret;

	if (!is_request && !seal_pem_is(pem, SEAL_PEM_CERTIFICATE))
		return seal_error_set(err, SEAL_ERR_INPUT, "There is something "
			"else than certificates and a request.");
	ret = seal_pem_decode(pem, "block", &der, err);
	if (ret == 0 && is_request) {
		wish->requests++;
		ret = seal_pem_append(&wish->request, SEAL_PEM_REQUEST,
				      der.data, der.len, err);
	} else if (ret == 0) {
		wish->certificates++;
		ret = seal_pem_append(&wish->chain, SEAL_PEM_CERTIFICATE,
				      der.data, der.len, err);
	}
	seal_buf_free(&der);
	return ret;
}

static int read_wish(const buffer_t *body, struct wish *wish,
		     struct seal_error *err)
{
	struct seal_pem pem;

	if (memchr(body->data, '\0', body->used) != NULL)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "This is no PEM text.");
	if (seal_pem_has_private_key(body->data, body->used))
		return seal_error_set(err, SEAL_ERR_INPUT, "There is a private "
			"key in it, which has to stay on your device. It was "
			"not kept; make a new profile all the same.");
	seal_pem_init(&pem, body->data, body->used);
	while (seal_pem_next(&pem)) {
		if (sort_block(&pem, wish, err) < 0)
			return -1;
	}
	if (wish->certificates != 2 || wish->requests > 1)
		return seal_error_set(err, SEAL_ERR_INPUT, "It takes two "
			"certificates, root and issuer, and one certificate "
			"request.");
	return 0;
}

static void issue(struct portal_exchange *exchange, const struct wish *wish)
{
	struct seal_buf issued = SEAL_BUF_INIT;

	if (portal_certificates_issue(exchange, &wish->chain, &wish->request,
				      &issued) == 0)
		portal_answer_data(exchange, 200, PEM_TYPE, issued.data,
				   issued.len);
	seal_buf_free(&issued);
}

/* Without a request, which will come by EST. Only for a profile that waits for
 * it. */
static void keep(struct portal_exchange *exchange, const struct wish *wish)
{
	if (!portal_certificates_are_awaited(exchange))
		return;
	portal_chain_keep(exchange->user, exchange->id, &wish->chain);
	portal_answer_json(exchange, 202, json_pack("{s:s}", "id",
						    exchange->id));
}

void portal_issue(struct portal_exchange *exchange)
{
	struct wish wish = { .certificates = 0 };
	struct seal_error err;

	if (read_wish(exchange->body, &wish, &err) < 0)
		portal_answer_failure(exchange, 400, "input", err.text);
	else if (wish.requests == 0)
		keep(exchange, &wish);
	else
		issue(exchange, &wish);
	seal_buf_free(&wish.chain);
	seal_buf_free(&wish.request);
}

/*
 * GET /api/v1/profiles/{id}/{root,issuer,user}.{pem,cer}
 */

static const char *const names[PORTAL_CERTIFICATE_COUNT] = {
	[PORTAL_CERTIFICATE_USER] = "user",
	[PORTAL_CERTIFICATE_ISSUER] = "issuer",
	[PORTAL_CERTIFICATE_ROOT] = "root"
};

static void answer_certificate(struct portal_exchange *exchange,
			       const struct seal_buf *der, const char *file)
{
	struct seal_buf pem = SEAL_BUF_INIT;
	struct seal_error err;

	portal_answer_header(exchange, "Content-Disposition", t_strdup_printf(
		"attachment; filename=\"mail-seal-%s-%s\"", exchange->id, file));
	if (strcmp(strrchr(file, '.'), ".cer") == 0)
		portal_answer_data(exchange, 200, "application/pkix-cert",
				   der->data, der->len);
	else if (seal_pem_append(&pem, SEAL_PEM_CERTIFICATE, der->data,
				 der->len, &err) < 0)
		i_fatal_status(FATAL_OUTOFMEM, "%s", err.text);
	else
		portal_answer_data(exchange, 200, PEM_TYPE, pem.data, pem.len);
	seal_buf_free(&pem);
}

void portal_get_certificate(struct portal_exchange *exchange)
{
	struct seal_buf der[PORTAL_CERTIFICATE_COUNT] = { SEAL_BUF_INIT };
	const char *file = strrchr(exchange->route->path, '/') + 1;
	unsigned int i = 0;
	int ret = portal_certificates_get(exchange, der);

	while (strcmp(names[i], t_strcut(file, '.')) != 0)
		i++;
	if (ret > 0)
		answer_certificate(exchange, &der[i], file);
	else if (ret == 0)
		portal_answer_failure(exchange, 404, "notfound", "This profile "
			"was not issued here, or is not yet.");
	portal_certificates_free(der, PORTAL_CERTIFICATE_COUNT);
}

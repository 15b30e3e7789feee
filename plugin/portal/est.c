/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "base64.h"
#include "buffer.h"
#include "plugin/portal/certificates.h"
#include "plugin/portal/chain.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/routes.h"

#include "base/error.h"
#include "pki/certs-only.h"
#include "pki/pem.h"

/* Enrolment over Secure Transport (RFC 7030): for devices that make the user's key
 * and request themselves, once the page has made the profile and its chain. */

/* RFC 7030 section 4.1.3, 4.2.3: certificates, in base64 */
static void answer_certs(struct portal_exchange *exchange,
			 const struct seal_buf *certs, unsigned int count)
{
	struct seal_buf der = SEAL_BUF_INIT, base64 = SEAL_BUF_INIT;
	struct seal_error err;

	if (seal_certs_only(certs, count, &der, &err) < 0 ||
	    seal_buf_add_base64(&base64, der.data, der.len, &err) < 0) {
		i_error("EST user=%s: %s", exchange->user, err.text);
		portal_answer_failure(exchange, 503, "unavailable",
				      "The certificates cannot be read.");
	} else {
		portal_answer_header(exchange, "Content-Transfer-Encoding",
				     "base64");
		portal_answer_data(exchange, 200, "application/pkcs7-mime; "
				   "smime-type=certs-only", base64.data,
				   base64.len);
	}
	seal_buf_free(&der);
	seal_buf_free(&base64);
}

static void no_chain(struct portal_exchange *exchange)
{
	portal_answer_failure(exchange, 409, "refused", "This profile has no "
		"chain yet: send root and issuer certificate first.");
}

/* GET /.well-known/est/{id}/cacerts */
void portal_est_cacerts(struct portal_exchange *exchange)
{
	struct seal_buf der[PORTAL_CERTIFICATE_COUNT] = { SEAL_BUF_INIT };
	const struct seal_buf *chain =
		portal_chain_find(exchange->user, exchange->id);
	int ret = portal_certificates_get(exchange, der);

	if (ret > 0)
		answer_certs(exchange, &der[PORTAL_CERTIFICATE_ISSUER], 2);
	else if (ret == 0 && chain != NULL &&
		 portal_certificates_read(chain, der, 2) == 2)
		answer_certs(exchange, der, 2);
	else if (ret == 0)
		no_chain(exchange);
	portal_certificates_free(der, PORTAL_CERTIFICATE_COUNT);
}

/* The request as PEM. 0, or -1: it is not base64. */
static int read_request(const buffer_t *body, struct seal_buf *pem)
{
	const char *text = t_strndup(body->data, body->used);
	buffer_t *der = t_base64_decode_str(text);
	struct seal_error err;

	if (der->used == 0)
		return -1;
	if (seal_pem_append(pem, SEAL_PEM_REQUEST, der->data, der->used,
			    &err) < 0)
		i_fatal_status(FATAL_OUTOFMEM, "%s", err.text);
	return 0;
}

static void enroll(struct portal_exchange *exchange,
		   const struct seal_buf *chain,
		   const struct seal_buf *request)
{
	struct seal_buf der[PORTAL_CERTIFICATE_COUNT] = { SEAL_BUF_INIT };
	struct seal_buf issued = SEAL_BUF_INIT;

	if (portal_certificates_issue(exchange, chain, request,
				      &issued) == 0 &&
	    portal_certificates_split(exchange, &issued, der) == 0)
		answer_certs(exchange, &der[PORTAL_CERTIFICATE_USER], 1);
	portal_certificates_free(der, PORTAL_CERTIFICATE_COUNT);
	seal_buf_free(&issued);
}

/* POST /.well-known/est/{id}/simpleenroll */
void portal_est_simpleenroll(struct portal_exchange *exchange)
{
	const struct seal_buf *chain =
		portal_chain_find(exchange->user, exchange->id);
	struct seal_buf request = SEAL_BUF_INIT;

	if (read_request(exchange->body, &request) < 0) {
		portal_answer_failure(exchange, 400, "input", "The body is not "
			"a certificate request in base64.");
	} else if (chain != NULL) {
		enroll(exchange, chain, &request);
	} else if (portal_certificates_are_awaited(exchange)) {
		no_chain(exchange);
	}
	seal_buf_free(&request);
}

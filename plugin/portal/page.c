/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/page.h"
#include "plugin/portal/routes.h"

/* GET / */
void portal_get_page(struct portal_exchange *exchange)
{
	portal_answer_header(exchange, "Content-Security-Policy",
			     seal_portal_page_csp);
	portal_answer_constant(exchange, "text/html; charset=utf-8",
			       seal_portal_page, seal_portal_page_size);
}

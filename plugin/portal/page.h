/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PORTAL_PAGE_H
#define SEAL_PORTAL_PAGE_H

#include <stddef.h>

/* The page, as plugin/portal/web/bundle has made it of the files there: a single
 * HTML file (UTF-8) that loads nothing else. The definitions are generated when the
 * package is built, in portal-page.c. */
extern const unsigned char seal_portal_page[];
extern const size_t seal_portal_page_size;

/* The Content-Security-Policy to send with it. The page bears the same in a meta
 * element, except for frame-ancestors, which works in a header only. */
extern const char seal_portal_page_csp[];

/* The page's SHA-256, 64 lower-case hex digits: what "make portal-hash" prints. */
extern const char seal_portal_page_sha256[];

#endif

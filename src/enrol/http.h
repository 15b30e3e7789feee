/* SPDX-License-Identifier: MIT */
#ifndef SEAL_ENROL_HTTP_H
#define SEAL_ENROL_HTTP_H

#include <stddef.h>

struct seal_buf;
struct seal_error;

/* Questions to one server, over HTTPS and nothing else: its certificate is verified,
 * no redirect is followed, and nothing of the environment (proxies, .netrc) has a
 * say. */
struct enrol_http;

/* url: https://NAME or https://NAME:PORT. ca_file: the CAs that are trusted, in PEM;
 * NULL: those of the system. Both are kept by the caller. Connects to nothing yet.
 * 0, or -1. */
int enrol_http_new(const char *url, const char *ca_file,
		   struct enrol_http **http_r, struct seal_error *err);
void enrol_http_free(struct enrol_http **http);

struct enrol_question {
	const char *method, *path;
	/* a POST's body, which may be empty */
	const char *type;
	const void *body;
	size_t size;
	/* name and password, or a token, or neither */
	const char *user, *password, *token;
};

/* Asks, and appends the answer's body. 0 with its status, whichever that is but a
 * redirect; or -1: no whole answer came. */
int enrol_http_ask(struct enrol_http *http,
		   const struct enrol_question *question,
		   unsigned int *status_r, struct seal_buf *answer,
		   struct seal_error *err);

#endif

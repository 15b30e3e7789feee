/* SPDX-License-Identifier: MIT */
#include "enrol/http.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>
#include "base/buf.h"
#include "base/error.h"
#include "enrol/memory.h"

#define SCHEME "https://"
#define URL_MAX 300
#define ANSWER_MAX (256 * 1024)	/* header and body */
#define CONNECT_SECONDS 20L
#define ANSWER_SECONDS 60L		/* a wrong password is answered late */

struct enrol_http {
	CURL *curl;
	const char *ca_file;
	char url[URL_MAX + 1];		/* without a slash at the end */
	/* of the answer at hand */
	struct seal_buf *answer;
	struct seal_error *err;
	size_t taken;
	bool too_large;
	char reason[CURL_ERROR_SIZE];
};

static int take_url(const char *url, char url_r[URL_MAX + 1],
		    struct seal_error *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
	size_t scheme = strlen(SCHEME), len = strlen(url);

	if (strncasecmp(url, "http://", strlen("http://")) == 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "%.200s is not "
			"encrypted, and your password would go over it; "
			"--server takes " SCHEME "NAME", url);
	if (len > 0 && url[len - 1] == '/')
		len--;
	if (len <= scheme || len > URL_MAX ||
	    strncasecmp(url, SCHEME, scheme) != 0 ||
	    scheme + strspn(url + scheme, plain) < len)
		return seal_error_set(err, SEAL_ERR_INPUT, "--server takes "
			SCHEME "NAME or " SCHEME "NAME:PORT, not %.200s", url);
	(void)snprintf(url_r, URL_MAX + 1, "%.*s", (int)len, url);
	return 0;
}

int enrol_http_new(const char *url, const char *ca_file,
		   struct enrol_http **http_r, struct seal_error *err)
{
	struct enrol_http *http = calloc(1, sizeof(*http));

	*http_r = NULL;
	if (http == NULL)
		return seal_error_memory(err);
	if (take_url(url, http->url, err) < 0) {
		free(http);
		return -1;
	}
	/* libcurl would write the keys of the TLS connection there */
	(void)unsetenv("SSLKEYLOGFILE");
	/* Name, password and token pass through many buffers of libcurl's: all of
	 * them are wiped now when they are given back. Not so those of libssl
	 * and of the kernel, which are out of reach here. */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, enrol_memory_alloc,
				 enrol_memory_free, enrol_memory_realloc,
				 enrol_memory_strdup,
				 enrol_memory_calloc) == CURLE_OK)
		http->curl = curl_easy_init();
	if (http->curl == NULL) {
		free(http);
		return seal_error_set(err, SEAL_ERR_MEMORY,
				      "libcurl cannot be started");
	}
	http->ca_file = ca_file;
	*http_r = http;
	return 0;
}

void enrol_http_free(struct enrol_http **http)
{
	if (*http == NULL)
		return;
	curl_easy_cleanup((*http)->curl);
	curl_global_cleanup();
	free(*http);
	*http = NULL;
}

static bool fits(struct enrol_http *http, size_t size)
{
	http->too_large = size > ANSWER_MAX - http->taken;
	if (!http->too_large)
		http->taken += size;
	return !http->too_large;
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
	(void)data;
	return fits(context, size * count) ? size * count : 0;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct enrol_http *http = context;

	size *= count;
	if (!fits(http, size) ||
	    seal_buf_append(http->answer, data, size, http->err) < 0)
		return 0;
	return size;
}

/* What holds for all questions. Whether libcurl agrees. */
static bool set_up(struct enrol_http *http)
{
	CURL *curl = http->curl;
	bool ok;

	curl_easy_reset(curl);
	http->reason[0] = '\0';
	http->taken = 0;
	http->too_large = false;
	ok = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == 0 &&
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == 0 &&
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == 0 &&
		curl_easy_setopt(curl, CURLOPT_SSLVERSION,
				 (long)CURL_SSLVERSION_TLSv1_2) == 0 &&
		/* HTTP/2 keeps header fields in tables of another library */
		curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
				 (long)CURL_HTTP_VERSION_1_1) == 0 &&
		curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == 0 &&
		curl_easy_setopt(curl, CURLOPT_PROXY, "") == 0 &&
		curl_easy_setopt(curl, CURLOPT_NETRC,
				 (long)CURL_NETRC_IGNORED) == 0 &&
		curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == 0 &&
		curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
				 CONNECT_SECONDS) == 0 &&
		curl_easy_setopt(curl, CURLOPT_TIMEOUT, ANSWER_SECONDS) == 0 &&
		curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->reason) == 0 &&
		curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION,
				 take_header) == 0 &&
		curl_easy_setopt(curl, CURLOPT_HEADERDATA, http) == 0 &&
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == 0 &&
		curl_easy_setopt(curl, CURLOPT_WRITEDATA, http) == 0;
	if (ok && http->ca_file != NULL)
		ok = curl_easy_setopt(curl, CURLOPT_CAINFO,
				      http->ca_file) == 0 &&
			curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == 0;
	return ok;
}

static bool set_auth(CURL *curl, const struct enrol_question *question)
{
	if (question->token != NULL)
		return curl_easy_setopt(curl, CURLOPT_HTTPAUTH,
					(long)CURLAUTH_BEARER) == 0 &&
			curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER,
					 question->token) == 0;
	if (question->user != NULL)
		return curl_easy_setopt(curl, CURLOPT_HTTPAUTH,
					(long)CURLAUTH_BASIC) == 0 &&
			curl_easy_setopt(curl, CURLOPT_USERNAME,
					 question->user) == 0 &&
			curl_easy_setopt(curl, CURLOPT_PASSWORD,
					 question->password) == 0;
	return true;
}

static bool set_question(struct enrol_http *http,
			 const struct enrol_question *question,
			 struct curl_slist **fields_r)
{
	CURL *curl = http->curl;
	char url[URL_MAX + 200], type[100];

	(void)snprintf(url, sizeof(url), "%s%s", http->url, question->path);
	if (curl_easy_setopt(curl, CURLOPT_URL, url) != 0 ||
	    !set_auth(curl, question))
		return false;
	if (strcmp(question->method, "POST") == 0) {
		(void)snprintf(type, sizeof(type), "Content-Type: %s",
			       question->type);
		*fields_r = curl_slist_append(NULL, type);
		if (*fields_r == NULL ||
		    curl_easy_setopt(curl, CURLOPT_POST, 1L) != 0 ||
		    curl_easy_setopt(curl, CURLOPT_HTTPHEADER,
				     *fields_r) != 0 ||
		    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE,
				     (long)question->size) != 0 ||
		    curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
				     question->size > 0 ? question->body :
				     "") != 0)
			return false;
	}
	return curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST,
				question->method) == 0;
}

static int explain(const struct enrol_http *http, CURLcode code,
		   struct seal_error *err)
{
	const char *url = http->url;

	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return seal_error_set(err, SEAL_ERR_IO, "no server is known by "
			"the name in %s; is it right?", url);
	case CURLE_COULDNT_CONNECT:
		return seal_error_set(err, SEAL_ERR_IO, "cannot connect to %s; "
			"is the address right?", url);
	case CURLE_OPERATION_TIMEDOUT:
		return seal_error_set(err, SEAL_ERR_IO, "%s does not answer in "
			"time; try again later", url);
	case CURLE_PEER_FAILED_VERIFICATION:
		return seal_error_set(err, SEAL_ERR_REFUSED, "the server's "
			"certificate cannot be verified (%s); nothing was sent "
			"to it; if your mail server has a CA of its own, name "
			"its certificate with --ca-file", http->reason);
	case CURLE_SSL_CACERT_BADFILE:
		return seal_error_set(err, SEAL_ERR_INPUT, "there are no CA "
			"certificates in %s", http->ca_file != NULL ?
			http->ca_file : "the system's own file");
	case CURLE_SSL_CONNECT_ERROR:
		return seal_error_set(err, SEAL_ERR_IO, "%s does not speak TLS "
			"as it has to; is the port right?", url);
	case CURLE_PARTIAL_FILE: case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR: case CURLE_SEND_ERROR:
		return seal_error_set(err, SEAL_ERR_IO, "the connection to %s "
			"broke off; try again", url);
	case CURLE_UNSUPPORTED_PROTOCOL: case CURLE_WEIRD_SERVER_REPLY:
		return seal_error_set(err, SEAL_ERR_IO, "%s does not speak "
			"HTTP; is the port right?", url);
	case CURLE_OUT_OF_MEMORY:
		return seal_error_memory(err);
	default:
		return seal_error_set(err, SEAL_ERR_IO, "cannot ask %s: %s",
				      url, curl_easy_strerror(code));
	}
}

static int ask(struct enrol_http *http, unsigned int *status_r,
	       struct seal_error *err)
{
	CURLcode code = curl_easy_perform(http->curl);
	long status = 0;

	if (http->too_large)
		return seal_error_set(err, SEAL_ERR_LIMIT, "%s sends more than "
			"a portal does; is the address right?", http->url);
	if (code == CURLE_WRITE_ERROR)
		return -1;	/* take_body() has said why */
	if (code == CURLE_OK)
		code = curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE,
					 &status);
	if (code != CURLE_OK)
		return explain(http, code, err);
	if (status >= 300 && status <= 399)
		return seal_error_set(err, SEAL_ERR_REFUSED, "%s sends to "
			"another address, which is not followed; give --server "
			"that of the portal itself", http->url);
	*status_r = (unsigned int)status;
	return 0;
}

int enrol_http_ask(struct enrol_http *http,
		   const struct enrol_question *question,
		   unsigned int *status_r, struct seal_buf *answer,
		   struct seal_error *err)
{
	struct curl_slist *fields = NULL;
	int ret;

	http->answer = answer;
	http->err = err;
	/* in case that libcurl itself reports a failed write */
	(void)seal_error_set(err, SEAL_ERR_IO, "the answer of %s could not be "
			     "read", http->url);
	if (set_up(http) && set_question(http, question, &fields))
		ret = ask(http, status_r, err);
	else
		ret = seal_error_set(err, SEAL_ERR_MEMORY, "libcurl does not "
				     "take the question");
	/* it points to what is the caller's */
	curl_easy_reset(http->curl);
	curl_slist_free_all(fields);
	return ret;
}

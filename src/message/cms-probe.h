/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_CMS_PROBE_H
#define SEAL_MESSAGE_CMS_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "message/detect.h"

/* Walks the head of a CMS ContentInfo, in BER or DER, to tell whether it is an
 * envelope as message/detect.h describes it. It reads only what it has to know
 * and passes over the rest by its length, so a claimed length costs nothing. It
 * allocates nothing; the struct is the whole of its memory. */

#define SEAL_CMS_PROBE_DEPTH 10

struct seal_cms_probe {
	const unsigned char *names;	/* of message/detect.h, or NULL */
	size_t names_len;

	uint64_t offset;		/* bytes passed so far */
	uint64_t skip;			/* bytes to pass without looking */
	unsigned int skip_depth;	/* open indefinite elements to pass */
	unsigned int stage;		/* what is expected next */
	unsigned int depth;		/* elements that were entered */
	struct {
		uint64_t limit;		/* offset at which it ends at the latest */
		bool indefinite;
	} open[SEAL_CMS_PROBE_DEPTH];

	bool authenticated;		/* AuthEnvelopedData */
	bool has_recipient;
	bool is_named;			/* one of names is a recipient */
	unsigned int iv_len;		/* the cipher's; 0: it has a SEQUENCE */
};

/* names has to outlive the probe. */
void seal_cms_probe_init(struct seal_cms_probe *probe,
			 const unsigned char *names, size_t names_len);

/* Looks at the next len bytes and sets *used to how many of them are done
 * with. With MORE, the next call begins with those left over, followed by at
 * least one more. The longest left over is about 16 kB. */
enum seal_detect_verdict
seal_cms_probe_more(struct seal_cms_probe *probe, const unsigned char *data,
		    size_t len, size_t *used);

#endif

/* SPDX-License-Identifier: MIT */
#include "message/cms-probe.h"

#include <string.h>

/* No length above this is believed: sums with it cannot overflow. */
#define LENGTH_MAX ((uint64_t)1 << 60)
/* The longest value that is read rather than passed over. */
#define TAKE_MAX 64
#define NAME_MAX (16 * 1024)
#define SKIP_DEPTH_MAX 32

enum tag {
	TAG_END = 0x00,		/* end of contents, of either kind of length */
	TAG_INTEGER = 0x02,
	TAG_STRING = 0x04,	/* OCTET STRING */
	TAG_OID = 0x06,
	TAG_TIME = 0x18,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_0_PRIMITIVE = 0x80,
	TAG_0 = 0xa0,
	TAG_1 = 0xa1,
	TAG_2 = 0xa2,
	TAG_3 = 0xa3,
	TAG_4 = 0xa4
};

struct element {
	unsigned char tag;
	bool indefinite;
	size_t header_len;
	uint64_t length;		/* of the contents; 0 if indefinite */
	const unsigned char *contents;	/* NULL unless read */
};

enum stage {
	INFO, INFO_TYPE, INFO_CONTENT, DATA, VERSION, ORIGINATOR, RECIPIENTS,
	RECIPIENT,
	/* KeyTransRecipientInfo */
	TRANS_VERSION, TRANS_NAME, TRANS_ALGORITHM, TRANS_KEY, TRANS_END,
	/* KeyAgreeRecipientInfo */
	AGREE_VERSION, AGREE_ORIGINATOR, AGREE_UKM, AGREE_ALGORITHM, AGREE_KEYS,
	AGREE_KEY, AGREE_NAME, AGREE_ID, AGREE_ID_MORE, AGREE_VALUE,
	AGREE_KEY_END, AGREE_END,
	/* EncryptedContentInfo */
	ENCRYPTED, INNER_TYPE, ALGORITHM, CIPHER, PARAMETERS, ALGORITHM_END,
	TEXT, TEXT_CHUNK
};

enum action {
	ENTER,		/* its contents are looked at next */
	LEAVE,		/* the element entered last is over */
	PASS,		/* its contents are not looked at */
	TAKE,		/* the check reads its contents */
	NAME,		/* a recipient's name: compared if somebody is sought */
	BEGIN		/* the encrypted content: a byte of it proves the case */
};

static bool is_oid(const struct element *el, const char *oid, size_t len)
{
	return el->length == len && memcmp(el->contents, oid, len) == 0;
}

static bool is_small(const struct element *el, const char *values)
{
	return el->length == 1 && el->contents[0] < 10 &&
		strchr(values, '0' + el->contents[0]) != NULL;
}

static bool not_empty(struct seal_cms_probe *probe, const struct element *el)
{
	(void)probe;
	return el->indefinite || el->length > 0;
}

/* id-envelopedData (RFC 5652), id-ct-authEnvelopedData (RFC 5083) */
static bool is_envelope(struct seal_cms_probe *probe, const struct element *el)
{
	probe->authenticated = is_oid(el, "\x2a\x86\x48\x86\xf7\x0d\x01\x09"
				      "\x10\x01\x17", 11);
	return probe->authenticated ||
		is_oid(el, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", 9);
}

static bool is_version(struct seal_cms_probe *probe, const struct element *el)
{
	return is_small(el, probe->authenticated ? "0" : "0234");
}

static bool is_trans_version(struct seal_cms_probe *probe,
			     const struct element *el)
{
	(void)probe;
	return is_small(el, "02");
}

static bool is_agree_version(struct seal_cms_probe *probe,
			     const struct element *el)
{
	(void)probe;
	return is_small(el, "3");
}

static bool recipient_done(struct seal_cms_probe *probe,
			   const struct element *el)
{
	(void)el;
	probe->has_recipient = true;
	return true;
}

static bool recipients_done(struct seal_cms_probe *probe,
			    const struct element *el)
{
	(void)el;
	return probe->has_recipient &&
		(probe->names == NULL || probe->is_named);
}

static bool is_cipher(struct seal_cms_probe *probe, const struct element *el)
{
	static const struct {
		const char *oid;
		unsigned char len, iv_len;
	} ciphers[] = {
#define AES(n) "\x60\x86\x48\x01\x65\x03\x04\x01" n, 9
		{ AES("\x02"), 16 },	/* AES-CBC, 128, 192, 256 (RFC 3565) */
		{ AES("\x16"), 16 },
		{ AES("\x2a"), 16 },
		{ AES("\x06"), 0 },	/* AES-GCM (RFC 5084) */
		{ AES("\x1a"), 0 },
		{ AES("\x2e"), 0 },
		{ AES("\x07"), 0 },	/* AES-CCM (RFC 5084) */
		{ AES("\x1b"), 0 },
		{ AES("\x2f"), 0 },
#undef AES
		/* DES-EDE3-CBC (RFC 3370) */
		{ "\x2a\x86\x48\x86\xf7\x0d\x03\x07", 8, 8 },
#define CAMELLIA(n) "\x2a\x83\x08\x8c\x9a\x4b\x3d\x01\x01\x01" n, 11
		{ CAMELLIA("\x02"), 16 },	/* CBC (RFC 3657) */
		{ CAMELLIA("\x03"), 16 },
		{ CAMELLIA("\x04"), 16 },
#undef CAMELLIA
		/* ChaCha20-Poly1305 (RFC 8103) */
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x12", 11, 12 }
	};
	unsigned int i;

	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		if (is_oid(el, ciphers[i].oid, ciphers[i].len)) {
			probe->iv_len = ciphers[i].iv_len;
			return true;
		}
	}
	return false;
}

static bool is_iv(struct seal_cms_probe *probe, const struct element *el)
{
	return probe->iv_len > 0 && el->length == probe->iv_len;
}

static bool is_aead(struct seal_cms_probe *probe, const struct element *el)
{
	return probe->iv_len == 0 && not_empty(probe, el);
}

/* What may stand where; whatever else is there makes it no envelope. */
static const struct rule {
	unsigned char stage, tag, action, next;
	bool (*check)(struct seal_cms_probe *, const struct element *);
} rules[] = {
	{ INFO, TAG_SEQUENCE, ENTER, INFO_TYPE, NULL },
	{ INFO_TYPE, TAG_OID, TAKE, INFO_CONTENT, is_envelope },
	{ INFO_CONTENT, TAG_0, ENTER, DATA, NULL },
	{ DATA, TAG_SEQUENCE, ENTER, VERSION, NULL },
	{ VERSION, TAG_INTEGER, TAKE, ORIGINATOR, is_version },
	{ ORIGINATOR, TAG_0, PASS, RECIPIENTS, NULL },
	{ ORIGINATOR, TAG_SET, ENTER, RECIPIENT, NULL },
	{ RECIPIENTS, TAG_SET, ENTER, RECIPIENT, NULL },
	{ RECIPIENT, TAG_SEQUENCE, ENTER, TRANS_VERSION, NULL },
	{ RECIPIENT, TAG_1, ENTER, AGREE_VERSION, NULL },
	{ RECIPIENT, TAG_2, PASS, RECIPIENT, NULL },
	{ RECIPIENT, TAG_3, PASS, RECIPIENT, NULL },
	{ RECIPIENT, TAG_4, PASS, RECIPIENT, NULL },
	{ RECIPIENT, TAG_END, LEAVE, ENCRYPTED, recipients_done },

	{ TRANS_VERSION, TAG_INTEGER, TAKE, TRANS_NAME, is_trans_version },
	{ TRANS_NAME, TAG_SEQUENCE, NAME, TRANS_ALGORITHM, not_empty },
	{ TRANS_NAME, TAG_0_PRIMITIVE, NAME, TRANS_ALGORITHM, not_empty },
	{ TRANS_ALGORITHM, TAG_SEQUENCE, PASS, TRANS_KEY, not_empty },
	{ TRANS_KEY, TAG_STRING, PASS, TRANS_END, not_empty },
	{ TRANS_END, TAG_END, LEAVE, RECIPIENT, recipient_done },

	{ AGREE_VERSION, TAG_INTEGER, TAKE, AGREE_ORIGINATOR,
	  is_agree_version },
	{ AGREE_ORIGINATOR, TAG_0, PASS, AGREE_UKM, not_empty },
	{ AGREE_UKM, TAG_1, PASS, AGREE_ALGORITHM, not_empty },
	{ AGREE_UKM, TAG_SEQUENCE, PASS, AGREE_KEYS, not_empty },
	{ AGREE_ALGORITHM, TAG_SEQUENCE, PASS, AGREE_KEYS, not_empty },
	{ AGREE_KEYS, TAG_SEQUENCE, ENTER, AGREE_KEY, NULL },
	{ AGREE_KEY, TAG_SEQUENCE, ENTER, AGREE_NAME, NULL },
	{ AGREE_KEY, TAG_END, LEAVE, AGREE_END, NULL },
	{ AGREE_NAME, TAG_SEQUENCE, NAME, AGREE_VALUE, not_empty },
	{ AGREE_NAME, TAG_0, ENTER, AGREE_ID, NULL },
	{ AGREE_ID, TAG_STRING, NAME, AGREE_ID_MORE, not_empty },
	{ AGREE_ID_MORE, TAG_TIME, PASS, AGREE_ID_MORE, NULL },
	{ AGREE_ID_MORE, TAG_SEQUENCE, PASS, AGREE_ID_MORE, NULL },
	{ AGREE_ID_MORE, TAG_END, LEAVE, AGREE_VALUE, NULL },
	{ AGREE_VALUE, TAG_STRING, PASS, AGREE_KEY_END, not_empty },
	{ AGREE_KEY_END, TAG_END, LEAVE, AGREE_KEY, recipient_done },
	{ AGREE_END, TAG_END, LEAVE, RECIPIENT, NULL },

	{ ENCRYPTED, TAG_SEQUENCE, ENTER, INNER_TYPE, NULL },
	{ INNER_TYPE, TAG_OID, PASS, ALGORITHM, not_empty },
	{ ALGORITHM, TAG_SEQUENCE, ENTER, CIPHER, NULL },
	{ CIPHER, TAG_OID, TAKE, PARAMETERS, is_cipher },
	{ PARAMETERS, TAG_STRING, PASS, ALGORITHM_END, is_iv },
	{ PARAMETERS, TAG_SEQUENCE, PASS, ALGORITHM_END, is_aead },
	{ ALGORITHM_END, TAG_END, LEAVE, TEXT, NULL },
	{ TEXT, TAG_0_PRIMITIVE, BEGIN, TEXT, not_empty },
	{ TEXT, TAG_0, ENTER, TEXT_CHUNK, NULL },
	{ TEXT_CHUNK, TAG_STRING, BEGIN, TEXT_CHUNK, NULL }
};

/* Returns 1, 0 if data ends before the contents begin, -1 if malformed. */
static int read_header(const unsigned char *data, size_t len,
		       struct element *el)
{
	unsigned int i, n;

	memset(el, 0, sizeof(*el));
	if (len < 2)
		return 0;
	el->tag = data[0];
	if ((el->tag & 0x1f) == 0x1f)
		return -1;	/* a long tag: CMS has none */
	n = data[1] & 0x7f;
	el->header_len = 2;
	if (data[1] < 0x80) {
		el->length = data[1];
	} else if (n == 0) {
		el->indefinite = true;
		if ((el->tag & 0x20) == 0)
			return -1;
	} else if (n > 8) {
		return -1;
	} else if (len < 2 + n) {
		return 0;
	} else {
		for (i = 0; i < n; i++)
			el->length = el->length << 8 | data[2 + i];
		el->header_len += n;
	}
	if (el->length > LENGTH_MAX || (el->tag == 0 && data[1] != 0))
		return -1;
	return 1;
}

static uint64_t limit(const struct seal_cms_probe *probe)
{
	return probe->depth == 0 ? UINT64_MAX :
		probe->open[probe->depth - 1].limit;
}

static bool in_indefinite(const struct seal_cms_probe *probe)
{
	return probe->depth > 0 && probe->open[probe->depth - 1].indefinite;
}

static bool is_sought(const struct seal_cms_probe *probe,
		      const struct element *el)
{
	const unsigned char *name = probe->names;
	size_t left = probe->names_len;
	bool is_key_id = el->tag != TAG_SEQUENCE;
	struct element have;

	while (left > 0 && read_header(name, left, &have) == 1 &&
	       have.length <= left - have.header_len) {
		if ((have.tag == TAG_STRING) == is_key_id &&
		    have.length == el->length &&
		    memcmp(name + have.header_len, el->contents,
			   el->length) == 0)
			return true;
		name += have.header_len + have.length;
		left -= have.header_len + have.length;
	}
	return false;
}

static void pass(struct seal_cms_probe *probe, const struct element *el)
{
	if (el->indefinite)
		probe->skip_depth++;
	else
		probe->skip = el->length;
}

static bool enter(struct seal_cms_probe *probe, const struct element *el)
{
	if (probe->depth == SEAL_CMS_PROBE_DEPTH)
		return false;
	probe->open[probe->depth].indefinite = el->indefinite;
	/* offset is at the contents; an indefinite one ends within its parent */
	probe->open[probe->depth].limit = el->indefinite ? limit(probe) :
		probe->offset + el->length;
	probe->depth++;
	return true;
}

/* Whether the contents of el have to be there before apply() is called. */
static size_t wanted_contents(const struct seal_cms_probe *probe,
			      const struct rule *rule,
			      const struct element *el)
{
	switch (rule->action) {
	case TAKE:
		return el->length;
	case NAME:
		return probe->names == NULL || el->length > NAME_MAX ? 0 :
			el->length;
	case BEGIN:
		return el->length > 0 ? 1 : 0;
	default:
		return 0;
	}
}

static enum seal_detect_verdict
apply(struct seal_cms_probe *probe, const struct rule *rule,
      const struct element *el)
{
	if (rule->check != NULL && !rule->check(probe, el))
		return SEAL_DETECT_NO;
	probe->stage = rule->next;
	switch (rule->action) {
	case ENTER:
		return enter(probe, el) ? SEAL_DETECT_MORE : SEAL_DETECT_NO;
	case LEAVE:
		probe->depth--;
		return SEAL_DETECT_MORE;
	case BEGIN:
		return el->length > 0 ? SEAL_DETECT_YES : SEAL_DETECT_MORE;
	case NAME:
		if (el->contents != NULL && is_sought(probe, el))
			probe->is_named = true;
		break;
	default:
		break;
	}
	pass(probe, el);
	return SEAL_DETECT_MORE;
}

static const struct rule *find_rule(const struct seal_cms_probe *probe,
				    unsigned char tag)
{
	unsigned int i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].stage == probe->stage && rules[i].tag == tag)
			return &rules[i];
	}
	return NULL;
}

/* An element within one that is passed over. */
static bool pass_nested(struct seal_cms_probe *probe, const struct element *el)
{
	if (el->tag == TAG_END)
		probe->skip_depth--;
	else
		pass(probe, el);
	return probe->skip_depth <= SKIP_DEPTH_MAX;
}

/* One element, or the end of one. *used 0 with MORE: it is not there yet. */
static enum seal_detect_verdict
step(struct seal_cms_probe *probe, const unsigned char *data, size_t len,
     size_t *used)
{
	const struct rule *rule;
	struct element el;
	size_t wanted;
	int ret;

	*used = 0;
	ret = read_header(data, len, &el);
	if (ret <= 0)
		return ret < 0 ? SEAL_DETECT_NO : SEAL_DETECT_MORE;
	if (probe->offset + el.header_len + el.length > limit(probe))
		return SEAL_DETECT_NO;
	if (probe->skip_depth > 0) {
		*used = el.header_len;
		probe->offset += el.header_len;
		return pass_nested(probe, &el) ? SEAL_DETECT_MORE :
			SEAL_DETECT_NO;
	}
	rule = find_rule(probe, el.tag);
	if (rule == NULL || (el.tag == TAG_END && !in_indefinite(probe)) ||
	    (rule->action == TAKE && el.length > TAKE_MAX))
		return SEAL_DETECT_NO;
	wanted = wanted_contents(probe, rule, &el);
	if (len - el.header_len < wanted)
		return SEAL_DETECT_MORE;
	if (wanted > 0)
		el.contents = data + el.header_len;
	*used = el.header_len;
	probe->offset += el.header_len;
	return apply(probe, rule, &el);
}

void seal_cms_probe_init(struct seal_cms_probe *probe,
			 const unsigned char *names, size_t names_len)
{
	memset(probe, 0, sizeof(*probe));
	probe->names = names;
	probe->names_len = names_len;
	probe->stage = INFO;
}

enum seal_detect_verdict
seal_cms_probe_more(struct seal_cms_probe *probe, const unsigned char *data,
		    size_t len, size_t *used)
{
	enum seal_detect_verdict verdict = SEAL_DETECT_MORE;
	struct element end = { .tag = TAG_END };
	const struct rule *rule;
	size_t n;

	*used = 0;
	while (verdict == SEAL_DETECT_MORE) {
		if (probe->skip > 0) {
			n = len - *used;
			if (n > probe->skip)
				n = probe->skip;
			probe->skip -= n;
			probe->offset += n;
		} else if (probe->depth > 0 && probe->skip_depth == 0 &&
			   !in_indefinite(probe) &&
			   probe->offset == limit(probe)) {
			rule = find_rule(probe, TAG_END);
			if (rule == NULL)
				return SEAL_DETECT_NO;
			verdict = apply(probe, rule, &end);
			continue;
		} else {
			verdict = step(probe, data + *used, len - *used, &n);
		}
		*used += n;
		if (n == 0)
			break;
	}
	return verdict;
}

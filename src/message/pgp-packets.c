/* SPDX-License-Identifier: MIT */
#include "message/pgp-packets.h"

/* No session key packet is longer, whatever its algorithm. */
#define PACKET_MAX 65536

enum packet_tag {		/* RFC 9580 section 5, and 20 of GnuPG */
	PACKET_PUBLIC_KEY = 1,
	PACKET_SYMMETRIC_KEY = 3,
	PACKET_DATA_OLD = 9,
	PACKET_DATA = 18,
	PACKET_DATA_GNUPG = 20
};

/* Length of a packet's header from its first bytes; 0: more are needed. */
static size_t packet_header_len(const unsigned char *head, size_t len)
{
	static const size_t old[] = { 2, 3, 5, 1 };

	if ((head[0] & 0x40) == 0)
		return old[head[0] & 3];
	if (len < 2)
		return 0;
	if (head[1] < 192 || (head[1] >= 224 && head[1] < 255))
		return 2;
	return head[1] < 224 ? 3 : 6;
}

/* Length of its contents, of the first part of them if they come in parts; 0
 * where that is not known. */
static size_t packet_length(const unsigned char *head, size_t header_len)
{
	size_t i, length = 0;

	if ((head[0] & 0x40) != 0 && header_len == 2)
		return head[1] < 192 ? head[1] : 0;
	if ((head[0] & 0x40) != 0 && header_len == 3)
		return ((size_t)(head[1] - 192) << 8) + head[2] + 192;
	for (i = (head[0] & 0x40) != 0 ? 2 : 1; i < header_len; i++)
		length = length << 8 | head[i];
	return length;
}

static bool packet_begin(struct seal_pgp_packets *packets, size_t header_len)
{
	const unsigned char *head = packets->head;
	unsigned int tag = (head[0] & 0x40) != 0 ? head[0] & 0x3f :
		head[0] >> 2 & 0x0f;
	size_t length = packet_length(head, header_len);
	unsigned char version = head[header_len];

	switch (tag) {
	case PACKET_PUBLIC_KEY:
		if (length < 10 || length > PACKET_MAX ||
		    (version != 2 && version != 3 && version != 6))
			return false;
		break;
	case PACKET_SYMMETRIC_KEY:
		if (length < 4 || length > PACKET_MAX ||
		    version < 4 || version > 6)
			return false;
		break;
	case PACKET_DATA:
	case PACKET_DATA_GNUPG:
		if (version != 1 && version != 2)
			return false;
		packets->has_data = true;
		return packets->has_key;
	case PACKET_DATA_OLD:
		packets->has_data = true;
		return packets->has_key;
	default:
		return false;
	}
	packets->has_key = true;
	packets->skip = length - 1;
	packets->head_len = 0;
	return true;
}

bool seal_pgp_packets_more(struct seal_pgp_packets *packets,
			   const unsigned char *data, size_t len)
{
	size_t i, header_len;

	for (i = 0; i < len && !packets->has_data; i++) {
		if (packets->skip > 0) {
			packets->skip--;
			continue;
		}
		packets->head[packets->head_len++] = data[i];
		if ((packets->head[0] & 0x80) == 0)
			return false;
		header_len = packet_header_len(packets->head,
					       packets->head_len);
		if (header_len > 0 && packets->head_len > header_len &&
		    !packet_begin(packets, header_len))
			return false;
	}
	return true;
}

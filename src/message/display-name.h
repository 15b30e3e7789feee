/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_DISPLAY_NAME_H
#define SEAL_MESSAGE_DISPLAY_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Does a name only name? Looks at what clients show of a From field beside its
 * address: the display name and comments. False where that
 *
 *  - holds an '@' that is not part of this very address (a word of its own, in
 *    any case of letters, perhaps in quotes or brackets), or one of the
 *    characters that look like an '@';
 *  - holds control characters, characters that turn the direction of writing
 *    round, or invisible ones (joiners, which some scripts need, are fine);
 *  - holds an encoded word (RFC 2047), anywhere, that says one of these, that
 *    is malformed, or that is in a character set this cannot read. It can read
 *    ASCII and UTF-8, and the common sets of one byte a character, in which
 *    everything beyond ASCII is neither an '@' nor like one. (In those of more
 *    bytes, half a character may be an '@'.)
 *
 * text: valid UTF-8, quoting removed; it is overwritten. */
bool seal_display_name_is_plain(unsigned char *text, size_t len,
				const char *address);

#endif

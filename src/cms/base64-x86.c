/* SPDX-License-Identifier: MIT */
#include "cms/base64-private.h"

/* How vectors do it is known from "Faster Base64 Encoding and Decoding using
 * AVX2 Instructions" and "Base64 encoding and decoding at almost the speed of a
 * memory copy" (Wojciech Mula, Daniel Lemire; 2018, 2020): a shuffle gives each
 * three bytes a word of their own, multiplications (or one multishift) move the
 * six-bit groups to the bottom of its bytes, and the letter is the group plus an
 * offset that depends on its range (or is looked up among 64 at once). A line is
 * 64 letters, which suits all of them.
 *
 * This file is built for any x86; each function asks for what it uses, and is
 * called only where the processor and the system have it. */

#if defined(__x86_64__) || defined(__i386__)

#include <immintrin.h>
#include <string.h>

#define NARROW __attribute__((target("ssse3")))
#define WIDE __attribute__((target("avx2")))
#define WIDEST __attribute__((target("avx512f,avx512bw,avx512vbmi")))

/* Within a word of a lane, from the top: bytes 1 0 2 1 of its three. Twelve of
 * the sixteen bytes that are loaded count; which, depends on where they lie. */
#define SPREAD(at) \
	(at) + 1, (at) + 0, (at) + 2, (at) + 1, \
	(at) + 4, (at) + 3, (at) + 5, (at) + 4, \
	(at) + 7, (at) + 6, (at) + 8, (at) + 7, \
	(at) + 10, (at) + 9, (at) + 11, (at) + 10

/* By range: 1 to 10 are digits, 11 and 12 '+' and '/', 13 upper case; 0 lower */
#define OFFSETS \
	'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, \
	'0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0

NARROW static void letters_ssse3(unsigned char *out, __m128i in)
{
	const __m128i offsets = _mm_setr_epi8(OFFSETS);
	__m128i odd, even, groups, range, upper;

	odd = _mm_mulhi_epu16(_mm_and_si128(in, _mm_set1_epi32(0x0fc0fc00)),
			      _mm_set1_epi32(0x04000040));
	even = _mm_mullo_epi16(_mm_and_si128(in, _mm_set1_epi32(0x003f03f0)),
			       _mm_set1_epi32(0x01000010));
	groups = _mm_or_si128(odd, even);
	range = _mm_subs_epu8(groups, _mm_set1_epi8(51));
	upper = _mm_cmpgt_epi8(_mm_set1_epi8(26), groups);
	range = _mm_or_si128(range, _mm_and_si128(upper, _mm_set1_epi8(13)));
	groups = _mm_add_epi8(groups, _mm_shuffle_epi8(offsets, range));
	_mm_storeu_si128((__m128i *)out, groups);
}

NARROW static void lines_ssse3(unsigned char *out, const unsigned char *data,
			       size_t count)
{
	const __m128i first = _mm_setr_epi8(SPREAD(0));
	const __m128i last = _mm_setr_epi8(SPREAD(4));
	__m128i a, b, c, d;

	for (; count > 0; count--) {
		a = _mm_loadu_si128((const __m128i *)data);
		b = _mm_loadu_si128((const __m128i *)(data + 12));
		c = _mm_loadu_si128((const __m128i *)(data + 24));
		/* not from 36, which would read beyond the line */
		d = _mm_loadu_si128((const __m128i *)(data + 32));
		letters_ssse3(out, _mm_shuffle_epi8(a, first));
		letters_ssse3(out + 16, _mm_shuffle_epi8(b, first));
		letters_ssse3(out + 32, _mm_shuffle_epi8(c, first));
		letters_ssse3(out + 48, _mm_shuffle_epi8(d, last));
		memcpy(out + 64, "\r\n", 2);
		out += SEAL_BASE64_LINE;
		data += SEAL_BASE64_RUN;
	}
}

WIDE static void letters_avx2(unsigned char *out, __m256i in)
{
	const __m256i offsets = _mm256_setr_epi8(OFFSETS, OFFSETS);
	__m256i odd, even, groups, range, upper;

	odd = _mm256_mulhi_epu16(
		_mm256_and_si256(in, _mm256_set1_epi32(0x0fc0fc00)),
		_mm256_set1_epi32(0x04000040));
	even = _mm256_mullo_epi16(
		_mm256_and_si256(in, _mm256_set1_epi32(0x003f03f0)),
		_mm256_set1_epi32(0x01000010));
	groups = _mm256_or_si256(odd, even);
	range = _mm256_subs_epu8(groups, _mm256_set1_epi8(51));
	upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), groups);
	range = _mm256_or_si256(range, _mm256_and_si256(upper,
						_mm256_set1_epi8(13)));
	groups = _mm256_add_epi8(groups, _mm256_shuffle_epi8(offsets, range));
	_mm256_storeu_si256((__m256i *)out, groups);
}

WIDE static __m256i load_avx2(const unsigned char *low,
			      const unsigned char *high)
{
	__m128i lane = _mm_loadu_si128((const __m128i *)low);

	return _mm256_inserti128_si256(_mm256_castsi128_si256(lane),
		_mm_loadu_si128((const __m128i *)high), 1);
}

WIDE static void lines_avx2(unsigned char *out, const unsigned char *data,
			    size_t count)
{
	const __m256i first = _mm256_setr_epi8(SPREAD(0), SPREAD(0));
	const __m256i last = _mm256_setr_epi8(SPREAD(0), SPREAD(4));
	__m256i a, b;

	for (; count > 0; count--) {
		a = load_avx2(data, data + 12);
		/* not from 36, which would read beyond the line */
		b = load_avx2(data + 24, data + 32);
		letters_avx2(out, _mm256_shuffle_epi8(a, first));
		letters_avx2(out + 32, _mm256_shuffle_epi8(b, last));
		memcpy(out + 64, "\r\n", 2);
		out += SEAL_BASE64_LINE;
		data += SEAL_BASE64_RUN;
	}
	/* GCC 12 leaves this out of target() functions, and what runs next pays
	 * for it */
	_mm256_zeroupper();
}

WIDEST static void lines_avx512(unsigned char *out, const unsigned char *data,
				size_t count)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";
	static const unsigned char spread[64] = {
		SPREAD(0), SPREAD(12), SPREAD(24), SPREAD(36)
	};
	/* where the groups begin in either half of a quadword */
	const __m512i shifts = _mm512_set1_epi64(0x3036242a1016040a);
	const __m512i alphabet = _mm512_loadu_si512(letters);
	const __m512i order = _mm512_loadu_si512(spread);
	__m512i in;

	for (; count > 0; count--) {
		in = _mm512_maskz_loadu_epi8(0xffffffffffff, data);
		in = _mm512_permutexvar_epi8(order, in);
		in = _mm512_multishift_epi64_epi8(shifts, in);
		/* looks at the lowest six bits only */
		in = _mm512_permutexvar_epi8(in, alphabet);
		_mm512_storeu_si512(out, in);
		memcpy(out + 64, "\r\n", 2);
		out += SEAL_BASE64_LINE;
		data += SEAL_BASE64_RUN;
	}
	_mm256_zeroupper();
}

seal_base64_lines_t *seal_base64_way_x86(unsigned int i, const char **name_r)
{
	if (__builtin_cpu_supports("avx512vbmi") &&
	    __builtin_cpu_supports("avx512bw") && i-- == 0) {
		*name_r = "AVX-512 VBMI";
		return lines_avx512;
	}
	if (__builtin_cpu_supports("avx2") && i-- == 0) {
		*name_r = "AVX2";
		return lines_avx2;
	}
	if (__builtin_cpu_supports("ssse3") && i-- == 0) {
		*name_r = "SSSE3";
		return lines_ssse3;
	}
	return NULL;
}

#else

seal_base64_lines_t *seal_base64_way_x86(unsigned int i, const char **name_r)
{
	(void)i, (void)name_r;
	return NULL;
}

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_ORIGIN_ROWS_H
#define SEAL_TESTS_ORIGIN_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* Headers, and whom each is from beyond doubt: test-origin.c judges them,
 * fuzz-origin.c begins with them. */

#define TRUSTED_ID "mx.example.org"

struct origin_row {
	const char *name, *data;
	size_t len;
	bool always;		/* the address alone is asked for */
	const char *address;	/* NULL: nobody */
	const char *reason;
};

#define YES(name, data, address) \
	{ name, data, sizeof(data) - 1, false, address, NULL }
#define NO(name, data, reason) \
	{ name, data, sizeof(data) - 1, false, NULL, reason }
/* a From field's value and its line end; each is also a spoofing attempt or
 * the honest form of one */
#define FROM(name, value, address) \
	{ name, "From:" value, sizeof("From:" value) - 1, true, address, NULL }
#define NOT_FROM(name, value, reason) \
	{ name, "From:" value, sizeof("From:" value) - 1, true, NULL, reason }

#define R_CONTROL "From holds control characters, or is not UTF-8"
#define R_MAILBOX "From is not exactly one mailbox"
#define R_ADDRESS "the address in From is not a plain one"
#define R_NAME "the name in From hides something"
#define R_NONE "there is no From"
#define R_SEVERAL "there is more than one From"
#define R_FORM "From is too long or of obsolete form"
#define R_LINE "not every line of the header is part of a field"
#define R_NO_RESULTS "no Authentication-Results of the trusted server"
#define R_UNREADABLE "Authentication-Results cannot be read"
#define R_NO_PASS "Authentication-Results does not say dmarc=pass"
#define R_OTHER "dmarc=pass is of another domain than From"

#define L63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"
#define COMMAS ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
#define F "From: Ann <ann@a.example>\r\n"
#define AR "Authentication-Results: "
#define MX AR TRUSTED_ID
#define PASS "dmarc=pass header.from=a.example"
#define GOOD MX "; " PASS "\r\n"
#define ANN "ann@a.example"

static const struct origin_row from_rows[] = {
	/* honest ones */
	FROM("addr-spec", " ann@a.example\r\n", ANN),
	FROM("no space", "ann@a.example\r\n", ANN),
	FROM("angle-addr", " <ann@a.example>\r\n", ANN),
	FROM("a name", " Ann Smith <ann@a.example>\r\n", ANN),
	FROM("bare LF", " Ann <ann@a.example>\n", ANN),
	FROM("no line end", " Ann <ann@a.example>", ANN),
	FROM("a quoted name", " \"Smith, Ann (\\\"A\\\")\" <ann@a.example>\r\n", ANN),
	FROM("dots in a name", " Ann Q. Smith Jr. <ann@a.example>\r\n", ANN),
	FROM("folded", "\r\n Ann\r\n\tSmith\r\n <ann@a.example>\r\n", ANN),
	FROM("comments", " (a (b) \\) c) Ann (d) <(e)ann@a.example(f)> (g)\r\n", ANN),
	FROM("a comment for a name", " ann@a.example (Ann Smith)\r\n", ANN),
	FROM("domain in lower case", " Ann@A.EXAMPLE\r\n", "Ann@a.example"),
	FROM("every atom character", " !#$%&'*+-/?=^_`{|}~.1@a-1.example\r\n",
	     "!#$%&'*+-/?=^_`{|}~.1@a-1.example"),
	FROM("quotes without need", " \"ann.b\"@a.example\r\n", "ann.b@a.example"),
	FROM("A-labels", " ann@xn--mnchen-3ya.example\r\n",
	     "ann@xn--mnchen-3ya.example"),
	FROM("one label", " root@localhost\r\n", "root@localhost"),
	FROM("a label of digits", " ann@1.2.example\r\n", "ann@1.2.example"),
	FROM("labels of 63", " a@" L63 "." L63 ".example\r\n",
	     "a@" L63 "." L63 ".example"),
	FROM("a local part of 64", " " L63 "0@a.example\r\n", L63 "0@a.example"),
	FROM("254 bytes", " a@" L63 "." L63 "." L63
	     ".abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwx\r\n",
	     "a@" L63 "." L63 "." L63
	     ".abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwx"),
	FROM("a letter in a local part", " m\xc3\xbcller@a.example\r\n",
	     "m\xc3\xbcller@a.example"),
	FROM("Han", " \xe7\x94\xb2@a.example\r\n", "\xe7\x94\xb2@a.example"),
	FROM("a name in UTF-8", " J\xc3\xbcrgen \xf0\x9f\x98\x80 <ann@a.example>\r\n", ANN),
	FROM("Q", " =?UTF-8?Q?J=C3=BCrgen_M=2E?= <ann@a.example>\r\n", ANN),
	FROM("B", " =?utf-8?b?SsO8cmdlbg==?= <ann@a.example>\r\n", ANN),
	FROM("Latin 1", " =?iso-8859-1?q?J=FCrgen?= Smith <ann@a.example>\r\n", ANN),
	FROM("windows-1252", " =?Windows-1252?q?Ann=92s?= <ann@a.example>\r\n", ANN),
	FROM("encoded in quotes", " \"=?utf-8?q?Ann?=\" <ann@a.example>\r\n", ANN),
	FROM("its own address for a name", " \"Ann@A.example\" <ann@a.example>\r\n", ANN),
	FROM("its own, as some do", " \"'ann@a.example'\" <ann@a.example>\r\n", ANN),
	FROM("its own, via", " \"ann@a.example via list\" <ann@a.example>\r\n", ANN),
	FROM("its own, encoded", " =?utf-8?q?ann=40a=2Eexample?= <ann@a.example>\r\n", ANN),
	FROM("its own, in UTF-8", " \"m\xc3\xbcller@a.example\" <m\xc3\xbcller@a.example>\r\n",
	     "m\xc3\xbcller@a.example"),
	FROM("joiners", " \xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7 <ann@a.example>\r\n", ANN),
	FROM("an address for a local part", " ceo%bank.example@a.example\r\n",
	     "ceo%bank.example@a.example"),

	/* nobody, or several */
	NOT_FROM("empty", "\r\n", R_MAILBOX),
	NOT_FROM("only a name", " Ann\r\n", R_MAILBOX),
	NOT_FROM("only a comment", " (ann@a.example)\r\n", R_MAILBOX),
	NOT_FROM("null path", " Ann <>\r\n", R_MAILBOX),
	NOT_FROM("two", " ann@a.example, bob@b.example\r\n", R_MAILBOX),
	NOT_FROM("the same twice", " ann@a.example, ann@a.example\r\n", R_MAILBOX),
	NOT_FROM("two with names", " A <ann@a.example>, B <bob@b.example>\r\n", R_MAILBOX),
	NOT_FROM("a comma before", " , ann@a.example\r\n", R_MAILBOX),
	NOT_FROM("a comma after", " ann@a.example,\r\n", R_MAILBOX),
	NOT_FROM("a semicolon", " ann@a.example; bob@b.example\r\n", R_MAILBOX),
	NOT_FROM("a group", " Staff: ann@a.example;\r\n", R_MAILBOX),
	NOT_FROM("an empty group", " undisclosed:;\r\n", R_MAILBOX),
	NOT_FROM("a group in a mailbox", " Staff: <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("two angle-addrs", " <ceo@bank.example> <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("two without space", " <ceo@bank.example><ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("angles in angles", " <<ann@a.example>>\r\n", R_MAILBOX),
	NOT_FROM("an angle open", " Ann <ann@a.example\r\n", R_MAILBOX),
	NOT_FROM("an angle closed", " Ann ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("an address and an angle-addr", " ceo@bank.example <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("its own without quotes", " ann@a.example <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("a name behind", " <ann@a.example> Ann\r\n", R_MAILBOX),
	NOT_FROM("an address behind", " Ann <ann@a.example> ceo@bank.example\r\n", R_MAILBOX),
	NOT_FROM("two addresses in a row", " ceo@bank.example ann@a.example\r\n", R_MAILBOX),
	NOT_FROM("a route", " <@bank.example:ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("a longer route", " <@bank.example,@b.example:ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("a source in a local part", " <ceo@bank.example:ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("a comma in a name", " Smith, Ann <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("brackets in a name", " [list] Ann <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("a backslash in a name", " Ann\\ <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("a dot before the name", " . Ann <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("a quote open", " \"Ann <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("a quote escaped", " \"Ann\\\" <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("a quote and a backslash at the end", " \"Ann\\\r\n", R_MAILBOX),
	NOT_FROM("a backslash at the end", " ann@a.example (\\\r\n", R_MAILBOX),
	NOT_FROM("a comment open", " ann@a.example (Ann\r\n", R_MAILBOX),
	NOT_FROM("a comment open from the start", " (Ann <ann@a.example>\r\n", R_MAILBOX),
	NOT_FROM("a comment not closed by a quoted one", " ann@a.example (\\)\r\n", R_MAILBOX),
	NOT_FROM("a comment closed twice", " ann@a.example (a))\r\n", R_MAILBOX),
	NOT_FROM("a comment in the middle of the domain", " ann@a.exam(x)ple\r\n", R_MAILBOX),

	/* addresses that readers may read otherwise */
	NOT_FROM("two at signs", " ceo@bank.example@a.example\r\n", R_MAILBOX),
	NOT_FROM("no local part", " @a.example\r\n", R_ADDRESS),
	NOT_FROM("no domain", " ann@\r\n", R_ADDRESS),
	NOT_FROM("space before the at sign", " ann @a.example\r\n", R_MAILBOX),
	NOT_FROM("space behind the at sign", " <ann@ a.example>\r\n", R_MAILBOX),
	NOT_FROM("a comment before the at sign", " ceo(@bank.example)@a.example\r\n", R_MAILBOX),
	NOT_FROM("a comment behind the at sign", " ann@(bank.example)a.example\r\n", R_MAILBOX),
	NOT_FROM("spaces around dots", " ann@a . example\r\n", R_MAILBOX),
	NOT_FROM("spaces around dots of the local part", " <ann . b@a.example>\r\n", R_MAILBOX),
	NOT_FROM("folded at a dot", " ann@a.\r\n example\r\n", R_MAILBOX),
	NOT_FROM("a domain literal", " ann@[192.0.2.1]\r\n", R_MAILBOX),
	NOT_FROM("an IP address", " ann@192.0.2.1\r\n", R_ADDRESS),
	NOT_FROM("a dot at the end", " ann@a.example.\r\n", R_ADDRESS),
	NOT_FROM("a dot at the domain's beginning", " ann@.a.example\r\n", R_ADDRESS),
	NOT_FROM("an empty label", " ann@a..example\r\n", R_ADDRESS),
	NOT_FROM("an underscore", " ann@a_b.example\r\n", R_MAILBOX),
	NOT_FROM("a hyphen first", " ann@-a.example\r\n", R_ADDRESS),
	NOT_FROM("a hyphen last", " ann@a-.example\r\n", R_ADDRESS),
	NOT_FROM("a hyphen at the end", " ann@a.example-\r\n", R_ADDRESS),
	NOT_FROM("a label of 64", " ann@" L63 "0.example\r\n", R_ADDRESS),
	NOT_FROM("a local part of 65", " " L63 "00@a.example\r\n", R_ADDRESS),
	NOT_FROM("255 bytes", " a@" L63 "." L63 "." L63
		 ".abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxy\r\n",
		 R_ADDRESS),
	NOT_FROM("a dot first", " .ann@a.example\r\n", R_ADDRESS),
	NOT_FROM("a dot last", " ann.@a.example\r\n", R_ADDRESS),
	NOT_FROM("two dots", " ann..b@a.example\r\n", R_ADDRESS),
	NOT_FROM("an empty quoted local part", " \"\"@a.example\r\n", R_ADDRESS),
	NOT_FROM("an address quoted", " \"ceo@bank.example\"@a.example\r\n", R_ADDRESS),
	NOT_FROM("an angle-addr quoted", " \"ceo@bank.example> \"@a.example\r\n", R_ADDRESS),
	NOT_FROM("a space quoted", " \"ann b\"@a.example\r\n", R_ADDRESS),
	NOT_FROM("a quoted pair", " \"a\\nn\"@a.example\r\n", R_ADDRESS),
	NOT_FROM("half quoted", " ceo\"x\"@a.example\r\n", R_MAILBOX),
	NOT_FROM("words of a local part", " \"ceo\".x@a.example\r\n", R_MAILBOX),
	NOT_FROM("an encoded word for an address",
		 " =?utf-8?q?ceo=40bank=2Eexample?=@a.example\r\n", R_ADDRESS),
	NOT_FROM("an encoded word with a NUL for a local part",
		 " <=?utf-8?q?ceo=40bank=2Eexample?==?utf-8?q?=00?=@a.example>\r\n",
		 R_ADDRESS),
	NOT_FROM("all encoded", " =?utf-8?q?ann=40a=2Eexample?=\r\n", R_MAILBOX),
	NOT_FROM("angle-addr encoded", " =?utf-8?q?Ann_<ann=40a=2Eexample>?=\r\n", R_MAILBOX),
	NOT_FROM("a domain with U-labels", " ann@m\xc3\xbcnchen.example\r\n", R_MAILBOX),
	NOT_FROM("a full-width at sign", " ann\xef\xbc\xa0" "a.example\r\n", R_MAILBOX),
	NOT_FROM("a full-width at sign before", " ceo\xef\xbc\xa0" "bank@a.example\r\n", R_ADDRESS),
	NOT_FROM("a full-width dot", " ann@a\xef\xbc\x8e" "example\r\n", R_MAILBOX),
	NOT_FROM("a combining letter", " mu\xcc\x88ller@a.example\r\n", R_ADDRESS),
	NOT_FROM("a long s", " cea\xc5\xbf@a.example\r\n", R_ADDRESS),
	NOT_FROM("from right to left", " \xd7\x90@a.example\r\n", R_ADDRESS),
	NOT_FROM("RLO in a local part", " \xe2\x80\xae" "oec@a.example\r\n", R_ADDRESS),

	/* names that pretend */
	NOT_FROM("an address for a name", " \"ceo@bank.example\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an address in a name", " \"CEO ceo@bank.example\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("brackets in the quotes", " \"CEO <ceo@bank.example>\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("at signs by themselves", " \"ceo @ bank.example\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an address escaped", " \"ceo\\@bank.example\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("words that join to one", " ceo\"@\"bank.example <ann@a.example>\r\n", R_NAME),
	NOT_FROM("a longer domain", " \"ann@a.example.bank\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("a longer local part", " \"joann@a.example\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("its own and another",
		 " \"ann@a.example ceo@bank.example\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("its own and another at once",
		 " \"ann@a.example,ceo@bank.example\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an address in a comment", " ann@a.example (ceo@bank.example)\r\n", R_NAME),
	NOT_FROM("an address in a comment before", " (ceo@bank.example) <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an address in a comment within",
		 " Ann <(ceo@bank.example)ann@a.example>\r\n", R_NAME),
	NOT_FROM("an address in Q", " =?utf-8?q?ceo=40bank=2Eexample?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an address in B", " =?utf-8?B?Y2VvQGJhbmsuZXhhbXBsZQ==?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an address in Q, quoted",
		 " \"=?utf-8?q?ceo=40bank=2Eexample?=\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an address in Q, in a comment",
		 " ann@a.example (=?utf-8?q?ceo=40bank=2Eexample?=)\r\n", R_NAME),
	NOT_FROM("an address in Latin 1",
		 " =?iso-8859-1?q?ceo=40bank=2Eexample?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("only the at sign encoded",
		 " ceo=?us-ascii?q?=40?=bank.example <ann@a.example>\r\n", R_NAME),
	NOT_FROM("in two encoded words",
		 " =?utf-8?q?ceo?=\r\n =?utf-8?q?=40bank.example?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("its own grown by a second word",
		 " =?utf-8?q?ann=40a.example?= =?utf-8?q?.bank?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("encoded twice",
		 " =?utf-8?q?=3D=3Futf-8=3Fq=3Fceo=3D40b=3F=3D?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("UTF-7", " =?utf-7?q?ceo+AEA-bank?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("UTF-16", " =?utf-16?b?AGMAZQBvAEA=?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("two bytes a character", " =?gb2312?q?=A3=C0?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("a set nobody knows", " =?x?q?Ann?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an encoding nobody knows", " =?utf-8?x?Ann?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("not closed", " =?utf-8?q?Ann <ann@a.example>\r\n", R_NAME),
	NOT_FROM("closed by less", " =?utf-8?q?Ann? <ann@a.example>\r\n", R_NAME),
	NOT_FROM("only its beginning", " Ann =?utf-8 <ann@a.example>\r\n", R_NAME),
	NOT_FROM("no encoding", " =?utf-8?ceo?=40bank?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("space in an encoded word", " \"=?utf-8?q?A B?=\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("Q without digits", " =?utf-8?q?A=4?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("Q with other digits", " =?utf-8?q?A=4G?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("B without padding", " =?utf-8?b?QQ?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("B with padding within", " =?utf-8?b?QQ==QQ==?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("B with half the padding", " =?utf-8?b?QQ*=?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("B of something else", " =?utf-8?b?Q*==?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("B of padding", " =?utf-8?b?====?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("ASCII that is none", " =?us-ascii?q?=C3=BC?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("UTF-8 that is none", " =?utf-8?q?=C3?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an overlong at sign", " =?utf-8?q?ceo=C1=80bank?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an overlong at sign of three", " =?utf-8?q?=E0=81=80?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an overlong letter", " =?utf-8?q?=E0=81=81?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("half a surrogate", " =?utf-8?q?=ED=A0=80?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("C1 of Latin 1", " =?iso-8859-1?q?=85?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an encoded NUL", " =?utf-8?q?ceo=00?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an encoded line end", " =?utf-8?q?ceo=0AFrom=3A_x?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("full-width at sign in a name",
		 " \"ceo\xef\xbc\xa0" "bank.example\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("full-width at sign in an atom",
		 " ceo\xef\xbc\xa0" "bank.example <ann@a.example>\r\n", R_NAME),
	NOT_FROM("full-width at sign encoded",
		 " =?utf-8?q?ceo=EF=BC=A0bank?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("full-width at sign in a comment",
		 " ann@a.example (ceo\xef\xbc\xa0" "bank.example)\r\n", R_NAME),
	NOT_FROM("small at sign", " ceo\xef\xb9\xab" "bank <ann@a.example>\r\n", R_NAME),
	NOT_FROM("an a in a circle", " ceo\xe2\x93\x90" "bank <ann@a.example>\r\n", R_NAME),
	NOT_FROM("a circle around an a", " ceo a\xe2\x83\x9d bank <ann@a.example>\r\n", R_NAME),
	NOT_FROM("RLO", " \"\xe2\x80\xae" "elpmaxe.knab\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("RLO encoded", " =?utf-8?b?4oCu?= <ann@a.example>\r\n", R_NAME),
	NOT_FROM("isolate", " \xe2\x81\xa7 Ann <ann@a.example>\r\n", R_NAME),
	NOT_FROM("no width", " A\xe2\x80\x8bnn <ann@a.example>\r\n", R_NAME),
	NOT_FROM("tags", " Ann\xf3\xa0\x81\x80 <ann@a.example>\r\n", R_NAME),
	NOT_FROM("a line separator", " Ann\xe2\x80\xa8 <ann@a.example>\r\n", R_NAME),
	NOT_FROM("C1 in UTF-8", " Ann\xc2\x85 <ann@a.example>\r\n", R_NAME),
	NOT_FROM("its own, and another far behind", " \"ann@a.example" COMMAS COMMAS COMMAS
		 COMMAS COMMAS "ceo@bank.example\" <ann@a.example>\r\n", R_NAME),
	NOT_FROM("a word without end", " \"" L63 L63 L63 L63 L63
		 "@bank.example\" <ann@a.example>\r\n", R_NAME),

	/* bytes that have no place there */
	NOT_FROM("a control character", " Ann\x01 <ann@a.example>\r\n", R_CONTROL),
	NOT_FROM("backspaces", " ann@a.example (\b\b\b)\r\n", R_CONTROL),
	NOT_FROM("DEL", " \"A\x7f\" <ann@a.example>\r\n", R_CONTROL),
	NOT_FROM("ESC in an address", " ann\x1b@a.example\r\n", R_CONTROL),
	NOT_FROM("a vertical tab", " Ann\v<ann@a.example>\r\n", R_CONTROL),
	NOT_FROM("Latin 1 bytes", " J\xfcrgen <ann@a.example>\r\n", R_CONTROL),
	NOT_FROM("an overlong at sign, raw", " ceo\xc1\x80" "bank <ann@a.example>\r\n", R_CONTROL),
	NOT_FROM("cut UTF-8", " Ann <ann@a.example> (\xc3\r\n", R_CONTROL),
	NOT_FROM("NUL", " ceo@bank.example\0 <ann@a.example>\r\n", R_LINE),
	NOT_FROM("NUL behind", " ann@a.example\0@bank.example\r\n", R_LINE),
	NOT_FROM("a bare CR", " Ann\r <ann@a.example>\r\n", R_LINE),
	NOT_FROM("CR CR LF", " ann@a.example\r\r\n", R_LINE)
};

static const struct origin_row header_rows[] = {
	/* the truthful ones */
	YES("pass", GOOD F, ANN),
	YES("with a body", GOOD F "\r\nFrom: b@b.example\r\n\0\r", ANN),
	YES("other fields around", "Return-Path: <x@y>\r\nReceived: by z; now\r\n"
	    "X-Spam: no\r\n" GOOD "Received: from a\r\nSubject: x\r\n" F "To: b@c\r\n", ANN),
	YES("bare LF", MX "; " PASS "\nFrom: ann@a.example\n\nx\r\0", ANN),
	YES("the policy in a comment", MX "; dmarc=pass (p=none dis=none) header.from=a.example\r\n" F, ANN),
	YES("comments all over", AR "(a) " TRUSTED_ID " (b(c\\)) ) 1 (d) ; (e) dmarc (f) / (g) 1 (h) "
	    "= (i) pass (j) header (k) . (l) from (m) = (n) a.example (o)\r\n" F, ANN),
	YES("folded", AR "\r\n\t" TRUSTED_ID ";\r\n\tspf=pass smtp.mailfrom=x@y;\r\n\tdmarc=pass\r\n"
	    " (p=none)\r\n header.from=a.example\r\n" F, ANN),
	YES("several methods", MX "; dkim=pass (2048-bit key) header.d=a.example header.i=@a.example "
	    "header.b=\"a/b+c=\" x-bits=2048; spf=fail reason=\"no; dmarc=fail (\" "
	    "smtp.mailfrom=\"ann b\"@a.example; " PASS "; iprev=pass policy.iprev=2001:db8::1\r\n" F, ANN),
	YES("any case", "AUTHENTICATION-results: MX.Example.ORG; DMARC=Pass Header.FROM=A.Example\r\n"
	    "FROM: ann@A.EXAMPLE\r\n", ANN),
	YES("quoted id", AR "\"mx.example\\.org\"; " PASS "\r\n" F, ANN),
	YES("version 1", MX " 1; " PASS "\r\n" F, ANN),
	YES("method's version 1", MX "; dmarc/1=pass header.from=a.example\r\n" F, ANN),
	YES("a reason", MX "; dmarc=pass reason=\"all; fine\" header.from=a.example\r\n" F, ANN),
	YES("other properties", MX "; dmarc=pass policy.dmarc=none policy.p=reject "
	    "header.from=a.example policy.from=b.example\r\n" F, ANN),
	YES("domain in quotes", MX "; dmarc=pass header.from=\"a.example\"\r\n" F, ANN),
	YES("a foreign one above", AR "other.example; dmarc=fail header.from=a.example\r\n" GOOD F, ANN),
	YES("a foreign one above, malformed", AR "other.example; what?\r\n" GOOD F, ANN),
	YES("a forged one below", GOOD MX "; dmarc=pass header.from=bank.example\r\n" F, ANN),
	YES("a malformed one below", GOOD MX "; (\r\n" F, ANN),
	YES("other fields alike", "ARC-Authentication-Results: i=1; " TRUSTED_ID "; dmarc=fail\r\n"
	    "X-From: x\r\n" GOOD F "Sender: ceo@bank.example\r\nResent-From: b@b.example\r\n", ANN),
	YES("an mbox separator", "From x@y Mon Nov  3 22:47:00 2025\r\n" GOOD F, ANN),

	/* no word of the trusted server */
	NO("no results", F, R_NO_RESULTS),
	NO("another server's", AR "other.example; " PASS "\r\n" F, R_NO_RESULTS),
	NO("an id that begins alike", MX ".evil.example; " PASS "\r\n" F, R_NO_RESULTS),
	NO("an id that ends alike", AR "evil." TRUSTED_ID "; " PASS "\r\n" F, R_NO_RESULTS),
	NO("an id cut short", AR "mx.example; " PASS "\r\n" F, R_NO_RESULTS),
	NO("an id with a dot", MX ".; " PASS "\r\n" F, R_NO_RESULTS),
	NO("the id in a comment", AR "(" TRUSTED_ID ") other.example; " PASS "\r\n" F, R_NO_RESULTS),
	NO("the id quoted with more", AR "\"" TRUSTED_ID " \"; " PASS "\r\n" F, R_NO_RESULTS),
	NO("an empty quoted id", AR "\"\"; " PASS "\r\n" F, R_NO_RESULTS),
	NO("ARC", "ARC-Authentication-Results: i=1; " TRUSTED_ID "; " PASS "\r\n" F, R_NO_RESULTS),
	NO("the older field", "X-Authentication-Results: " TRUSTED_ID "; " PASS "\r\n" F, R_NO_RESULTS),
	NO("below From", F GOOD, R_NO_RESULTS),
	NO("in the body", F "\r\n" GOOD, R_NO_RESULTS),
	NO("in another field's folds", "Subject: x\r\n " GOOD F, R_NO_RESULTS),

	/* whose they are, or what they say, cannot be told */
	NO("no id", AR PASS "\r\n" F, R_UNREADABLE),
	NO("empty", AR "\r\n" F, R_UNREADABLE),
	NO("only the id", MX "\r\n" F, R_UNREADABLE),
	NO("nothing behind the id", MX ";\r\n" F, R_UNREADABLE),
	NO("an id and a slash", MX "/x; " PASS "\r\n" F, R_UNREADABLE),
	NO("an id and an at sign", MX "@evil.example; " PASS "\r\n" F, R_UNREADABLE),
	NO("an id with words behind", MX " evil; " PASS "\r\n" F, R_UNREADABLE),
	NO("an id in two parts", AR "mx.example\".org\"; " PASS "\r\n" F, R_UNREADABLE),
	NO("one above that is open", AR TRUSTED_ID "(; " PASS "\r\n" GOOD F, R_UNREADABLE),
	NO("one above with an open quote", AR "\"mx; " PASS "\r\n" GOOD F, R_UNREADABLE),
	NO("space before the colon", "Authentication-Results : " TRUSTED_ID "; " PASS "\r\n" F, R_UNREADABLE),
	NO("a blank line for some", MX ";\r\n \r\n " PASS "\r\n" F, R_UNREADABLE),
	NO("version 2", MX " 2; " PASS "\r\n" F, R_UNREADABLE),
	NO("version 01", MX " 01; " PASS "\r\n" F, R_UNREADABLE),
	NO("version 1x", MX " 1x; " PASS "\r\n" F, R_UNREADABLE),
	NO("two versions", MX " 1 1; " PASS "\r\n" F, R_UNREADABLE),
	NO("a semicolon at the end", MX "; " PASS ";\r\n" F, R_UNREADABLE),
	NO("an empty result", MX ";; " PASS "\r\n" F, R_UNREADABLE),
	NO("none and more", MX "; none; " PASS "\r\n" F, R_UNREADABLE),
	NO("none behind more", MX "; " PASS "; none\r\n" F, R_UNREADABLE),
	NO("a comma for a semicolon", MX "; spf=pass, " PASS "\r\n" F, R_UNREADABLE),
	NO("a comment for the result", MX "; dmarc=(pass) header.from=a.example\r\n" F, R_UNREADABLE),
	NO("a comment for the domain", MX "; dmarc=pass header.from=(a.example)\r\n" F, R_UNREADABLE),
	NO("a domain with a comment within", MX "; dmarc=pass header.from=a.example(x).evil\r\n" F, R_UNREADABLE),
	NO("no domain", MX "; dmarc=pass header.from=\r\n" F, R_UNREADABLE),
	NO("no property's name", MX "; dmarc=pass header.=a.example\r\n" F, R_UNREADABLE),
	NO("a property without type", MX "; dmarc=pass from=a.example header.from=a.example\r\n" F, R_UNREADABLE),
	NO("an action", MX "; dmarc=pass action=none header.from=a.example\r\n" F, R_UNREADABLE),
	NO("a reason behind", MX "; " PASS " reason=x\r\n" F, R_UNREADABLE),
	NO("two reasons", MX "; dmarc=pass reason=x reason=y header.from=a.example\r\n" F, R_UNREADABLE),
	NO("a quoted method", MX "; \"dmarc\"=pass header.from=a.example\r\n" F, R_UNREADABLE),
	NO("a quoted result", MX "; dmarc=\"pass\" header.from=a.example\r\n" F, R_UNREADABLE),
	NO("a comment within a value", MX "; dmarc=pass policy.p=\"x\" policy.q=\"x\"(y)\"z\" header.from=a.example\r\n" F,
	   R_UNREADABLE),
	NO("a result and more", MX "; dmarc=pass.x header.from=a.example\r\n" F, R_UNREADABLE),
	NO("a hyphen at the end", MX "; dmarc=pass- header.from=a.example\r\n" F, R_UNREADABLE),
	NO("a comment open", MX "; " PASS " (x\r\n" F, R_UNREADABLE),
	NO("a comment open before the result", MX "; (" PASS "\r\n" F, R_UNREADABLE),
	NO("a method's version that is none", MX "; dmarc/x=pass header.from=a.example\r\n" F, R_UNREADABLE),
	NO("a comment open in a comment", MX "; " PASS " ((x)\r\n" F, R_UNREADABLE),
	NO("a quote open", MX "; " PASS " policy.x=\"y\r\n" F, R_UNREADABLE),
	NO("a backslash at the end", MX "; " PASS " (\\\r\n" F, R_UNREADABLE),
	NO("a comment closed twice", MX "; spf=pass (x)) ; " PASS "\r\n" F, R_UNREADABLE),
	NO("8-bit in a comment", MX "; " PASS " (\xc3\xbc)\r\n" F, R_UNREADABLE),
	NO("8-bit in a value", MX "; dmarc=pass header.from=a\xc3\xbc.example\r\n" F, R_UNREADABLE),
	NO("a control character", MX "; " PASS "\x01\r\n" F, R_UNREADABLE),

	/* it says something else */
	NO("nothing judged", MX "; none\r\n" F, R_NO_PASS),
	NO("no dmarc", MX "; dkim=pass header.d=a.example header.from=a.example; spf=pass\r\n" F, R_NO_PASS),
	NO("fail", MX "; dmarc=fail header.from=a.example\r\n" F, R_NO_PASS),
	NO("none", MX "; dmarc=none header.from=a.example\r\n" F, R_NO_PASS),
	NO("bestguesspass", MX "; dmarc=bestguesspass header.from=a.example\r\n" F, R_NO_PASS),
	NO("passed", MX "; dmarc=passed header.from=a.example\r\n" F, R_NO_PASS),
	NO("pass in the comment", MX "; dmarc=fail (dmarc=pass) header.from=a.example\r\n" F, R_NO_PASS),
	NO("pass in the reason", MX "; dmarc=fail reason=\"x; dmarc=pass\" header.from=a.example\r\n" F, R_NO_PASS),
	NO("pass in a comment", MX "; spf=pass (x) (; " PASS ")\r\n" F, R_NO_PASS),
	NO("pass in a mailfrom", MX "; spf=pass smtp.mailfrom=\"x; " PASS "\"@evil.example\r\n" F, R_NO_PASS),
	NO("pass without a semicolon", MX "; spf=pass " PASS "\r\n" F, R_NO_PASS),
	NO("a method that ends alike", MX "; x-" PASS "\r\n" F, R_NO_PASS),
	NO("a method that begins alike", MX "; dmarc-x=pass header.from=a.example\r\n" F, R_NO_PASS),
	NO("method's version 2", MX "; dmarc/2=pass header.from=a.example\r\n" F, R_NO_PASS),
	NO("pass and fail", MX "; " PASS "; dmarc=fail header.from=a.example\r\n" F, R_NO_PASS),
	NO("fail without a domain and pass", MX "; dmarc=fail; " PASS "\r\n" F, R_NO_PASS),
	NO("fail and an injected pass", MX "; dmarc=fail header.from=a.example; " PASS "\r\n" F, R_NO_PASS),
	NO("pass twice", MX "; " PASS "; " PASS "\r\n" F, R_NO_PASS),
	NO("no header.from", MX "; dmarc=pass\r\n" F, R_NO_PASS),
	NO("policy.from", MX "; dmarc=pass policy.from=a.example\r\n" F, R_NO_PASS),
	NO("smtp.from", MX "; dmarc=pass smtp.from=a.example\r\n" F, R_NO_PASS),
	NO("header.from of another method", MX "; dmarc=pass; dkim=pass header.from=a.example\r\n" F, R_NO_PASS),
	NO("two domains", MX "; " PASS " header.from=evil.example\r\n" F, R_NO_PASS),
	NO("the same domain twice", MX "; " PASS " header.from=a.example\r\n" F, R_NO_PASS),
	NO("a domain in two parts", MX "; dmarc=pass header.from=\"a\".example\r\n" F, R_NO_PASS),
	NO("a domain without end", MX "; dmarc=pass header.from=" L63 L63 L63 L63 L63 "\r\n" F, R_NO_PASS),
	NO("the topmost says fail", MX "; dmarc=fail header.from=a.example\r\n" GOOD F, R_NO_PASS),
	NO("the topmost is of SPF", MX "; spf=pass smtp.mailfrom=a.example\r\n" GOOD F, R_NO_PASS),

	/* of somebody else */
	NO("another domain", MX "; dmarc=pass header.from=evil.example\r\n" F, R_OTHER),
	NO("the domain above", MX "; dmarc=pass header.from=example\r\n" F, R_OTHER),
	NO("a domain below", MX "; dmarc=pass header.from=x.a.example\r\n" F, R_OTHER),
	NO("a dot at the end", MX "; dmarc=pass header.from=a.example.\r\n" F, R_OTHER),
	NO("an address", MX "; dmarc=pass header.from=ann@a.example\r\n" F, R_OTHER),
	NO("a list", MX "; dmarc=pass header.from=a.example,b.example\r\n" F, R_OTHER),
	NO("quoted with space", MX "; dmarc=pass header.from=\"a.example \"\r\n" F, R_OTHER),
	NO("the address' true domain", MX "; dmarc=pass header.from=bank.example\r\n"
	   "From: \"bank.example\" <ann@a.example>\r\n", R_OTHER),

	/* whatever the server says */
	NO("no From", GOOD "Sender: ann@a.example\r\n", R_NONE),
	NO("no header", "", R_NONE),
	NO("only From in the body", GOOD "\r\n" F, R_NONE),
	NO("From twice", GOOD F F, R_SEVERAL),
	NO("From twice, far apart", GOOD "from: ceo@bank.example\r\nSubject: x\r\n" F, R_SEVERAL),
	NO("a second From in obsolete form", GOOD F "From : ceo@bank.example\r\n", R_SEVERAL),
	NO("From in obsolete form", GOOD "From : ann@a.example\r\n", R_FORM),
	NO("a blank line in From for some", GOOD "From: ann@a.example\r\n \r\n\t(x)\r\n", R_FORM),
	NO("a second From behind a CR", GOOD F "Subject: x\rFrom: ceo@bank.example\r\n", R_LINE),
	NO("a second From behind a NUL", GOOD F "Subject: x\0From: ceo@bank.example\r\n", R_LINE),
	NO("a second From behind an LF", GOOD F "Subject: x\nFrom: ceo@bank.example\r\n", R_SEVERAL),
	NO("a second From behind no field", GOOD F "what\r\nFrom: ceo@bank.example\r\n", R_LINE),
	NO("a CR before the blank line", GOOD F "\r\r\nFrom: ceo@bank.example\r\n", R_LINE),
	NO("a NUL in a name", GOOD F "X\0: y\r\n", R_LINE),
	NO("the header's end is missing", GOOD F "Subj", R_LINE),
	NO("two addresses", GOOD "From: ann@a.example, bob@a.example\r\n", R_MAILBOX),
	NO("a hidden address", GOOD "From: \"ceo@bank.example\" <ann@a.example>\r\n", R_NAME)
};

#endif

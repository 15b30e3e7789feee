# SPDX-License-Identifier: MIT
"""Headers that pretend, and the few that are true: whom a delivery may sign for
where the Authentication-Results of mx.example.org are trusted."""

ANN = 'ann@a.example'
F = 'From: Ann <ann@a.example>\r\n'
AR = 'Authentication-Results: '
MX = AR + 'mx.example.org'
PASS = 'dmarc=pass header.from=a.example'
GOOD = MX + '; ' + PASS + '\r\n'

TRUE = {
    'pass': (GOOD + F, ANN),
    'comments and folding': (
        AR + '(a)\r\n\tmx.example.org (b(c\\)) ) 1 ; (e) dmarc (f) = (i) pass\r\n'
        ' (p=none dis=none) header (k) . (l) from (m) = (n) a.example (o)\r\n' + F, ANN),
    'several methods': (
        MX + '; dkim=pass header.d=a.example; spf=fail reason="no; dmarc=fail (" '
        'smtp.mailfrom="x y"@a.example; ' + PASS + '\r\n' + F, ANN),
    'any case': ('AUTHENTICATION-results: MX.Example.ORG; DMARC=Pass Header.FROM=A.Example\r\n'
                 'FROM: ann@A.EXAMPLE\r\n', ANN),
    'a forged one below': (GOOD + MX + '; dmarc=pass header.from=bank.example\r\n' + F, ANN),
    'a foreign one above': (AR + 'other.example; dmarc=fail header.from=a.example\r\n' +
                            GOOD + F, ANN),
    'ARC says fail': ('ARC-Authentication-Results: i=1; mx.example.org; dmarc=fail\r\n' +
                      GOOD + F + 'Sender: ceo@bank.example\r\n', ANN),
    'a comment for a name': (GOOD + 'From: ann@a.example (Ann)\r\n', ANN),
    'a folded From': (GOOD + 'From:\r\n "Smith, Ann"\r\n <ann@a.example>\r\n', ANN),
    'an encoded name': (GOOD + 'From: =?utf-8?q?J=C3=BCrgen?= <ann@a.example>\r\n', ANN),
    'A-labels': (MX + '; dmarc=pass header.from=xn--mnchen-3ya.example\r\n'
                 'From: ann@xn--mnchen-3ya.example\r\n', 'ann@xn--mnchen-3ya.example'),
    'letters beyond ASCII': (GOOD + 'From: m\u00fcller@a.example\r\n', 'm\u00fcller@a.example'),
}

FALSE = {
    # nobody said so whom we trust
    'no results': F,
    'another server\'s': AR + 'other.example; ' + PASS + '\r\n' + F,
    'an id that begins alike': MX + '.evil.example; ' + PASS + '\r\n' + F,
    'an id that ends alike': AR + 'evil.mx.example.org; ' + PASS + '\r\n' + F,
    'the id in a comment': AR + '(mx.example.org) other.example; ' + PASS + '\r\n' + F,
    'the id with words behind': MX + ' evil; ' + PASS + '\r\n' + F,
    'no id': AR + PASS + '\r\n' + F,
    'ARC alone': 'ARC-Authentication-Results: i=1; mx.example.org; ' + PASS + '\r\n' + F,
    'the older field': 'X-Authentication-Results: mx.example.org; ' + PASS + '\r\n' + F,
    'below From': F + GOOD,
    'in another field\'s folds': 'Subject: x\r\n ' + GOOD + F,
    'an open comment above': AR + 'mx.example.org(; ' + PASS + '\r\n' + GOOD + F,
    'space before the colon': 'Authentication-Results : mx.example.org; ' + PASS + '\r\n' + F,
    'version 2': MX + ' 2; ' + PASS + '\r\n' + F,
    # it says something else
    'fail': MX + '; dmarc=fail header.from=a.example\r\n' + F,
    'none': MX + '; dmarc=none header.from=a.example\r\n' + F,
    'nothing judged': MX + '; none\r\n' + F,
    'bestguesspass': MX + '; dmarc=bestguesspass header.from=a.example\r\n' + F,
    'only dkim and spf': MX + '; dkim=pass header.d=a.example header.from=a.example; spf=pass\r\n' + F,
    'pass in a comment': MX + '; dmarc=fail (dmarc=pass) header.from=a.example\r\n' + F,
    'pass in a reason': MX + '; dmarc=fail reason="x; dmarc=pass" header.from=a.example\r\n' + F,
    'pass in a mailfrom': MX + '; spf=pass smtp.mailfrom="x; ' + PASS + '"@evil.example\r\n' + F,
    'pass and fail': MX + '; ' + PASS + '; dmarc=fail header.from=a.example\r\n' + F,
    'the topmost says fail': MX + '; dmarc=fail header.from=a.example\r\n' + GOOD + F,
    'policy.from': MX + '; dmarc=pass policy.from=a.example\r\n' + F,
    'policy.published': MX + '; dmarc=pass policy.published-domain-policy=a.example\r\n' + F,
    'no header.from': MX + '; dmarc=pass\r\n' + F,
    'header.from of another method': MX + '; dmarc=pass; dkim=pass header.from=a.example\r\n' + F,
    'two domains': MX + '; ' + PASS + ' header.from=evil.example\r\n' + F,
    # of somebody else
    'another domain': MX + '; dmarc=pass header.from=evil.example\r\n' + F,
    'the domain above': MX + '; dmarc=pass header.from=example\r\n' + F,
    'a domain below': MX + '; dmarc=pass header.from=x.a.example\r\n' + F,
    # From is not one address beyond doubt
    'no From': GOOD + 'Sender: ann@a.example\r\n',
    'From twice': GOOD + F + 'From: ceo@bank.example\r\n',
    'From twice, above too': 'From: ceo@bank.example\r\n' + GOOD + F,
    'a second From in obsolete form': GOOD + F + 'From : ceo@bank.example\r\n',
    'a second From behind a CR': GOOD + F + 'Subject: x\rFrom: ceo@bank.example\r\n',
    'a second From behind a NUL': GOOD + F + 'Subject: x\0From: ceo@bank.example\r\n',
    'a second From behind an LF': GOOD + F + 'Subject: x\nFrom: ceo@bank.example\r\n',
    'two addresses': GOOD + 'From: ann@a.example, bob@a.example\r\n',
    'a group': GOOD + 'From: Staff: ann@a.example;\r\n',
    'two angle-addrs': GOOD + 'From: <ceo@bank.example> <ann@a.example>\r\n',
    'a route': GOOD + 'From: <@bank.example:ann@a.example>\r\n',
    'an address for a name': GOOD + 'From: "ceo@bank.example" <ann@a.example>\r\n',
    'an address in a comment': GOOD + 'From: ann@a.example (ceo@bank.example)\r\n',
    'an address in an encoded word':
        GOOD + 'From: =?utf-8?q?ceo=40bank=2Eexample?= <ann@a.example>\r\n',
    'an address in base64':
        GOOD + 'From: =?utf-8?B?Y2VvQGJhbmsuZXhhbXBsZQ==?= <ann@a.example>\r\n',
    'an encoded word in the address': GOOD + 'From: =?utf-8?q?ceo=40bank=2Eexample?=@a.example\r\n',
    'a quoted address': GOOD + 'From: "ceo@bank.example"@a.example\r\n',
    'a full-width at sign': GOOD + 'From: "ceo\uff20bank.example" <ann@a.example>\r\n',
    'from right to left': GOOD + 'From: "\u202eelpmaxe.knab" <ann@a.example>\r\n',
    'folded at a dot': GOOD + 'From: ann@a.\r\n example\r\n',
    'a comment in the address': GOOD + 'From: ann(@bank.example)@a.example\r\n',
    'a domain with U-labels': MX + '; dmarc=pass header.from=m\u00fcnchen.example\r\n'
        'From: ann@m\u00fcnchen.example\r\n',
    'a domain literal': MX + '; dmarc=pass header.from=[192.0.2.1]\r\nFrom: ann@[192.0.2.1]\r\n',
}


def message(header):
    """The header and a body that a signature would cover."""
    return (header + 'To: alice@example.org\r\nMIME-Version: 1.0\r\n'
            'Content-Type: text/plain; charset=utf-8\r\n\r\n'
            'Please pay at once.\r\n').encode()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Requests that no page of ours sends, one at a time: bodies, paths, header fields,
other sites, other names, other people's tokens and profiles. Each is answered as it
has to be, and the connection is in step afterwards or closed."""

import base64
import itertools
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import rawhttp
from lib.described import Described
from lib.portal import NONCE, PEM, Portal, basic, both, profile
from lib.rawhttp import request
from lib.tap import Tap, same

ANNA, BERT = 'anna@example.org', 'bert@example.org'
NOBODY = '0123456789abcdef'
PROFILES = '/api/v1/profiles'
JSON = 'Content-Type: application/json'
WISH = b'{"nonce":"%s"}' % NONCE.encode()


class Suite:
    def __init__(self, tap, box):
        self.tap, self.box = tap, box
        self.described = Described()
        self.anna = box.api(ANNA, judge=self.described.judge).sign_in()
        self.bert = box.api(BERT, judge=self.described.judge).sign_in()
        self.callers = itertools.count(251)
        self.auth = 'Authorization: Bearer ' + self.anna.token

    # -- one request --------------------------------------------------------

    def ask(self, data, wanted, judged=None, tls=True):
        """wanted: a status, or a tuple of them; None: closed without an answer."""
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        with rawhttp.Raw(self.box.address,
                         self.box.https_port if tls else self.box.proxied_port,
                         self.box.tls() if tls else None,
                         # auth delays an address after a wrong password
                         source='127.1.%d.%d' % divmod(next(self.callers), 250)) as raw:
            answer = raw.send(data).answer()
            if answer is not None and answer.status == 100:
                answer = raw.answer()
            status = answer and answer.status
            assert status in wanted, 'wanted %r, not %r' % (wanted, answer)
            if answer is None:
                return
            if judged:
                self.described.judge(*judged, answer)
            if answer.header('Connection') == 'Close':
                raw.closed()
            else:
                again = raw.send(request('GET', '/')).answer()
                assert again is None or again.status in (200, 400), 'out of step: %r' % again

    def rows(self, group, rows):
        for name, data, wanted in rows:
            self.tap.case('%s: %s' % (group, name), self.ask, data, wanted)
        self.tap.case(group + ': others are served', self.others)

    def others(self):
        same(self.anna.states(), {}, 'profiles')
        self.box.no_crash()

    def post(self, *fields, body=b'', path=PROFILES):
        return request('POST', path, self.auth, JSON, *fields, body=body)

    # -- bodies -------------------------------------------------------------

    def bodies(self):
        length = 'Content-Length: %s'
        chunks = b'%x\r\n%s\r\n0\r\n\r\n' % (len(WISH), WISH)
        rows = [
            ('no length', self.post(), 411),
            ('length 0', self.post(length % 0), 400),
            ('none, for a sign-in', request('POST', '/api/v1/session',
                                            'Authorization: ' + basic(ANNA, 'secret')), 411),
            ('chunked', self.post('Transfer-Encoding: chunked') + chunks, 411),
            ('chunked and length', self.post('Transfer-Encoding: chunked', body=WISH), (400, 411)),
            ('length and chunked', self.post(length % len(chunks), 'Transfer-Encoding: chunked') +
             chunks, (400, 411)),
            ('chunked without end', self.post('Transfer-Encoding: chunked') +
             b'fffff\r\n' + b'x' * 200000, (411, 413)),
            ('chunk of a size that is none', self.post('Transfer-Encoding: chunked') +
             b'zz\r\n', (400, 411)),
            ('identity', self.post('Transfer-Encoding: identity', body=WISH), (400, 411)),
            ('gzip, chunked', self.post('Transfer-Encoding: gzip, chunked') + chunks,
             (400, 411, 501)),
            ('chunked twice', self.post('Transfer-Encoding: chunked, chunked') + chunks,
             (400, 411)),
            ('unknown encoding', self.post('Transfer-Encoding: x', body=WISH), (400, 411, 501)),
            ('64 kB', self.post(body=b'x' * 65536), 400),
            ('64 kB and a byte', self.post(body=b'x' * 65537), 413),
            ('10 MB', self.post(body=b'x' * 10000000), 413),
            ('a length of 1 GB', self.post(length % 10 ** 9), 413),
            ('a length of 2^63', self.post(length % 2 ** 63), (400, 413)),
            ('a length of 2^64', self.post(length % 2 ** 64), (400, 413)),
            ('a length of 10^40', self.post(length % 10 ** 40), (400, 413)),
            ('the length twice', self.post(length % len(WISH), body=WISH), 400),
            ('two lengths', self.post(length % 1, body=WISH), 400),
            ('expected', self.post('Expect: 100-continue', body=b'{}'), 400),
            ('expected, too large', self.post('Expect: 100-continue', length % 10 ** 9), 413),
            ('another expectation', self.post('Expect: x', body=b'{}'), (400, 417)),
            ('with GET', request('GET', PROFILES, self.auth, body=b'{}'), 400),
            ('with DELETE', request('DELETE', profile(NOBODY), self.auth, body=b'{}'), 400),
            ('without a type', request('POST', PROFILES, self.auth, body=WISH), 415),
        ]
        rows += [('a length of %r' % value, self.post(length % value) + WISH, (400, 411))
                 for value in ('-1', '+5', '5 5', '0x10', '5, 5', '', '5;', '5a', ' ')]
        rows += [('type %s' % kind, request('POST', PROFILES, self.auth, 'Content-Type: ' + kind,
                                            body=WISH), 415)
                 for kind in ('text/plain', 'application/x-www-form-urlencoded', 'text/json',
                              'multipart/form-data; boundary=x', PEM, 'x', 'application/jsonx',
                              'application/json, text/plain')]
        self.rows('body', rows)

    def last_bodies(self):
        """A proxy may say so in front of each request: the answer must not wait."""
        for size in (2, 60000):
            body = b'x' * size
            rows = (
                ('the last request', request('POST', PROFILES, 'Authorization: Bearer x',
                                             'Connection: close', JSON, body=body), 401),
                ('HTTP/1.0', request('POST', '/nowhere', version='HTTP/1.0', body=body), 404),
                ('GET', request('GET', PROFILES, self.auth, 'Connection: close', body=body), 400))
            self.rows('body of %d bytes' % size, [('refused, ' + name, data, wanted)
                                                  for name, data, wanted in rows])

    # -- paths --------------------------------------------------------------

    def paths(self):
        own, slash = 'https://localhost', (400, 404)
        rows = [(path, (400, 404)) for path in (
            '/' + PROFILES, '/.' + PROFILES, '/..' + PROFILES, '/api/../api/v1/profiles',
            '/api//v1/profiles', '/api/./v1/profiles', PROFILES + '/.', PROFILES + '/..',
            PROFILES + '//', '/api/v1/%70rofiles', '/api%2fv1%2fprofiles', '/%2e%2e' + PROFILES,
            '/%2e' + PROFILES, PROFILES + '%00', PROFILES + '%0a', PROFILES + '%20',
            PROFILES + ';x=1', '/api;x/v1/profiles', PROFILES + '?x=1', PROFILES + '?',
            PROFILES + '?' + 'x' * 500, PROFILES + '#x', '/API/V1/PROFILES', '/api/v1\\profiles',
            PROFILES + '%', PROFILES + '%zz', PROFILES + '%c0%ae', '/%61pi/v1/profiles',
            '/?x', '/#', '//', '/*', '/' + NOBODY, profile('%30' + NOBODY[1:]),
            profile(NOBODY + '%2fissue'), profile(NOBODY, '..', NOBODY, 'user.pem'),
            profile(NOBODY, 'user.pem%00.cer'), profile('*'), profile('..'),
            profile(NOBODY, 'user.pem/'), '/.well-known/est/../..' + PROFILES, '/\u00e4',
            '/etc/passwd', '/../../../../etc/passwd', '/..%2f..%2fetc/passwd')]
        rows += [
            ('api/v1/profiles', 400), ('*', slash), ('', 400), ('localhost', slash),
            ('localhost:443', slash), (own + PROFILES, 200), (own + '/', 200), (own, (200, 404)),
            ('https://evil.example' + PROFILES, 421), ('https://evil.example', 421),
            ('https://localhost@evil.example/', (400, 421)), ('ftp://localhost/', (400, 404, 421)),
            ('https://evil.example/https://localhost/', 421), ('https:' + PROFILES, 400),
            ('https:///', (400, 421)), ('javascript:x', (400, 421)), ('/ x', 400), ('/\tx', 400),
            ('/\x00', 400), ('/\x7f', slash), ('/' + 'x' * 1000, 404),
            ('/' + 'x' * 2000, (400, 404, 414)), ('/' + 'x' * 100000, (400, 404, 414)),
            ('/' + '/' * 5000, (400, 404, 414)), ('/' + '%41' * 3000, (400, 404, 414))]
        self.rows('path', [('%.60r' % path, request('GET', path, self.auth), wanted)
                           for path, wanted in rows])

    # -- header fields ------------------------------------------------------

    def fields(self):
        def get(*fields, **kwargs):
            return request('GET', PROFILES, self.auth, *fields, **kwargs)

        line = b'GET ' + PROFILES.encode() + b' HTTP/1.1'
        host = b'Host: localhost'
        rows = [
            ('as usual', get(), 200), ('no Host', get(host=None), (400, 421)),
            ('Host twice', get('Host: localhost'), (400, 421)),
            ('two Hosts', get('Host: evil.example'), (400, 421)),
            ('two Hosts, the other way', get('Host: localhost', host='evil.example'), (400, 421)),
            ('HTTP/1.0', get(version='HTTP/1.0'), (200, 400, 505)),
            ('HTTP/1.2', get(version='HTTP/1.2'), (200, 400, 505)),
            ('HTTP/2.0', get(version='HTTP/2.0'), (400, 505)),
            ('HTTP/0.9', b'GET /\r\n\r\n', (400, None)),
            ('no version', get(version=''), (400, None)),
            ('another protocol', get(version='SIP/2.0'), (400, None)),
            ('HTTP/2 by its preface', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (400, 505, None)),
            ('Upgrade', get('Connection: Upgrade', 'Upgrade: h2c'), 200),
            ('nothing but line ends', b'\r\n' * 1000, (400, None)),
            ('line ends before', b'\r\n' + get(), (200, 400)),
            ('LF alone', get().replace(b'\r\n', b'\n'), (200, 400)),
            ('CR alone', get().replace(b'\r\n', b'\r') + b'\r\n\r\n', 400),
            ('folded', get('X: a\r\n b'), (200, 400)),
            ('folded at once', line + b'\r\n x\r\n' + host + b'\r\n\r\n', 400),
            ('NUL', get(b'X: a\0b'), (200, 400)), ('NUL in its name', get(b'X\0: a'), 400),
            ('CR inside', get(b'X: a\rb'), 400), ('8 bits', get(b'X: \xff\xe4'), (200, 400)),
            ('8 bits in its name', get(b'\xff: x'), 400), ('no colon', get('X'), 400),
            ('no name', get(': x'), 400), ('space before the colon', get('X : x'), 400),
            ('empty value', get('X:'), 200), ('controls', get(b'X: \x01\x02'), (200, 400)),
            ('a name of 10 kB', get('X' * 10000 + ': x'), (200, 400, 431)),
            ('a value of 10 kB', get('X: ' + 'x' * 10000), (200, 400, 431)),
            ('a value of 100 kB', get('X: ' + 'x' * 100000), (400, 431)),
            ('10 MB', get('X: ' + 'x' * 10000000), (400, 431, None)),
            ('1,000 fields', get(*['X-%d: x' % i for i in range(1000)]), (400, 431)),
            ('1,000 times the same', get(*['X: x'] * 1000), (400, 431)),
            ('a connection of many tokens', get('Connection: ' + 'a,' * 2000), (200, 400, 431)),
            ('two Authorizations', get('Authorization: Bearer x'), (200, 400, 401)),
            ('CRLF in a host', get(host='localhost\r\nX: y'), 200),
            ('binary', bytes(range(256)) * 20, (400, None)),
            ('TLS in TLS', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'\0' * 500 +
             b'\r\n\r\n', (400, None)),
            ('two at once', get() + get(), 200),
        ]
        rows += [('field %.40s' % field, get(field), 200) for field in (
            'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Host: evil.example', 'Forwarded: for=x',
            'X-HTTP-Method-Override: DELETE', 'Cookie: token=x', 'Range: bytes=0-1',
            'If-None-Match: *', 'Accept: text/html', 'Accept-Encoding: gzip', 'TE: trailers',
            'X-Original-URL: /', 'Max-Forwards: 0')]
        self.rows('field', rows)

    def without_tls(self):
        """Each protocol at the other's door."""
        with rawhttp.Raw(self.box.address, self.box.https_port) as raw:
            raw.send(request('GET', '/'))
            assert raw.answer() is None
        self.others()

    # -- other sites --------------------------------------------------------

    def sites(self):
        here = 'localhost:%d' % self.box.https_port
        login = 'Authorization: ' + basic(ANNA, 'secret')

        def post(*fields):
            return request('POST', '/api/v1/session', login, 'Content-Length: 0', *fields,
                           host=here)

        def get(path, *fields):
            return request('GET', path, self.auth, *fields, host=here)

        rows = [('nothing said', post(), 200), ('same origin', post(
            'Sec-Fetch-Site: same-origin', 'Origin: https://' + here), 200)]
        for field in ('Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site: same-site',
                      'Sec-Fetch-Site: x', 'Sec-Fetch-Site:', 'Origin: null',
                      'Origin: https://evil.example', 'Origin: https://localhost.evil.example',
                      'Origin: https://evil.localhost', 'Origin: https://localhost',
                      'Origin: https://localhost:1', 'Origin: x', 'Origin:',
                      'Origin: https://evil.example/' + here,
                      'Origin: https://evil.example https://' + here):
            rows += [('POST, ' + field, post(field), 403),
                     ('GET, ' + field, get(PROFILES, field), 403)]
        rows += [
            ('Sec-Fetch-Site twice', post('Sec-Fetch-Site: same-origin',
                                          'Sec-Fetch-Site: cross-site'), (400, 403)),
            ('a link to the page', get('/', 'Sec-Fetch-Site: cross-site',
                                       'Sec-Fetch-Mode: navigate'), 200),
            ('the address typed', get('/', 'Sec-Fetch-Site: none'), 200),
            ('a form', request('POST', '/api/v1/kill-switch', self.auth, 'Content-Type: text/plain',
                               host=here, body=b'{"kill_switch":true}'), 415)]
        self.rows('site', rows)

    def preflight(self):
        """No other site's script is allowed anything."""
        answer = rawhttp.ask(self.box, request(
            'OPTIONS', PROFILES, 'Origin: https://evil.example',
            'Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: authorization',
            'Content-Length: 0')).must(405)
        assert not [name for name in answer.headers if name.startswith('access-control')], answer

    def hosts(self):
        rows = [(host, 200) for host in (
            'localhost', 'LocalHost', 'localhost:443', 'localhost:1', self.box.address,
            '%s:%d' % (self.box.address, self.box.https_port))]
        rows += [(host, (400, 421)) for host in (
            'evil.example', '127.0.0.1', '[::1]', 'localhost.evil.example', 'evil.localhost', '',
            'localhost@evil.example', 'evil.example#localhost', 'localhost evil', 'localhost,evil',
            'localhost:x', 'localhost:99999', 'localhost/', 'x' * 300, '.', 'localhost\0', '*')]
        self.rows('host', [('%.40r' % host, request('GET', PROFILES, self.auth, host=host), wanted)
                           for host, wanted in rows])

    # -- tokens and passwords -----------------------------------------------

    def tokens(self):
        token, other = self.anna.token, self.box.api(ANNA).sign_in()
        void = other.token
        other.sign_out().must(204)
        rows = [('as usual', 'Bearer ' + token, 200), ('in small letters', 'bearer ' + token, 200)]
        rows += [('%.40r' % value, value, (400, 401)) for value in (
            'Bearer ' + void, 'Bearer', 'Bearer ', 'Bearer x', 'Bearer ' + token[:-1],
            'Bearer ' + token + 'A', 'Bearer ' + token.swapcase(), 'Bearer ' + token + '=',
            'Bearer %s %s' % (token, token), token, 'Basic ' + token, 'Bearer "%s"' % token,
            'Digest ' + token, basic(ANNA, token), basic(ANNA, 'secret'), '', ' ', 'x' * 200,
            'Bearer \xff', 'Bearer ' + 'A' * 43, 'Bearer ' + '\0' * 43,
            'Bearer ../../x', 'Bearer ' + "' OR 1=1 --")]
        rows += [('oversized', 'Bearer ' + 'A' * 10000, (400, 401, 431))]
        self.rows('token', [(name, request('GET', PROFILES, 'Authorization: ' + value), wanted)
                            for name, value, wanted in rows])

    def passwords(self):
        """None of these is a right one."""
        rows = [(value, 'Basic ' + base64.b64encode(value).decode()) for value in (
            b'', b':', b'anna@example.org', b':secret', b'anna@example.org:',
            b'anna@example.org\0:secret', b'anna@example.org:secret\0', b'anna\n@example.org:secret',
            b'anna@example.org:\0secret', b'\xff@example.org:secret', b'a' * 5000 + b':wrong')]
        rows += [(value, value) for value in ('Basic', 'Basic ', 'Basic *', 'Basic ====',
                                              'Basic YW5uYQ', 'Basic YTpi YTpi', 'basic', 'x')]
        self.rows('password', [('%.40r' % (name,), request(
            'POST', '/api/v1/session', 'Authorization: ' + value, 'Content-Length: 0'),
                                (400, 401, 431)) for name, value in rows])

    # -- other people's profiles --------------------------------------------

    def foreign(self):
        """Looks exactly as one that there is not, whatever its state."""
        pending = self.box.created(self.anna)
        active = self.box.enrolled(self.anna)
        before = self.anna.profiles().json
        for device in (pending, active):
            rows = [('POST', 'issue', both(device).encode(), PEM),
                    ('POST', 'prove', b'', ''), ('POST', 'deactivate', b'', ''),
                    ('POST', 'activate', json.dumps(
                        {'code': 'ABCD-EFGH-JK', 'password': 'secret'}).encode(), None),
                    ('DELETE', None, b'', '')]
            rows += [('GET', '%s.%s' % (which, form), b'', '')
                     for which in ('root', 'issuer', 'user') for form in ('pem', 'cer')]
            for method, what, body, kind in rows:
                answers = []
                for name in (device.profile, NOBODY):
                    answer = self.bert.call(method, profile(name, *[what] if what else []), body,
                                            kind or 'application/json').must(404, 'notfound')
                    answers.append((answer.body.replace(name.encode(), b'ID'),
                                    {key: value for key, value in answer.headers.items()
                                     if key not in ('date', 'content-length')}))
                same(answers[0], answers[1], '%s %s' % (method, what))
        same(self.anna.profiles().json, before, 'profiles of the other')
        same(self.bert.states(), {}, 'own profiles')
        self.anna.deactivate(active.profile).must(204)
        for device in (pending, active):
            self.anna.delete(device.profile).must(204)


def main(tap):
    with Portal(tap) as box:
        for name in (ANNA, BERT):
            box.user(name.split('@')[0])
        box.start()
        suite = Suite(tap, box)
        for name in ('bodies', 'last_bodies', 'paths', 'fields', 'sites', 'hosts', 'tokens',
                     'passwords'):
            getattr(suite, name)()
        tap.case('without TLS', suite.without_tls)
        tap.case('preflight', suite.preflight)
        tap.case("other people's profiles", suite.foreign)
        tap.case('nothing crashed', box.no_crash)


Tap().run(main)

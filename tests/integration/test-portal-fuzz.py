#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""10,000 random requests: valid ones, changed at random. Each is answered as may be,
or the connection closed; the service neither ends nor grows nor keeps what it
opened. SEED=... repeats a run, REQUESTS=... makes it longer."""

import json
import os
import random
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import procs
from lib.described import Described, is_unreadable
from lib.portal import NONCE, PEM, Portal, basic, both, profile
from lib.rawhttp import Raw, request
from lib.tap import Tap, same

USER, OTHER = 'anna@example.org', 'bert@example.org'
REQUESTS = int(os.environ.get('REQUESTS') or 10000)
SEED = int(os.environ.get('SEED') or random.SystemRandom().randrange(1 << 32))
PER_CONNECTION = 50
GROWTH = 4 * 1024       # kB; a leak of half a kB for each is more

# wrong passwords are to be answered at once here
HASTE = '''
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
'''
METHODS = ('GET', 'POST', 'DELETE', 'HEAD', 'PUT', 'OPTIONS', 'PATCH', 'TRACE', 'get', 'G\u00eb', '')
WORDS = (b'', b'\0', b'\r\n', b'\n', b'\r\n\r\n', b' ', b':', b'/', b'//', b'..', b'%00', b'%2f',
         b'?', b'{', b'}', b'"', b'[', b'\\u0000', b'null', b'-1', b'1e999', b'99999999999',
         b'\xff\xfe', b'chunked', b'-----BEGIN CERTIFICATE-----\n', b'A' * 300, b'[' * 3000)
FIELDS = (b'Transfer-Encoding: chunked', b'Content-Length: 5', b'Content-Length: 70000',
          b'Host: evil.example', b'Origin: null', b'Sec-Fetch-Site: cross-site', b'Expect: x',
          b'Connection: close', b'Connection: keep-alive', b'Content-Type: text/plain', b'X: \0',
          b'Authorization: Bearer x', b' folded', b'TE: trailers', b'Upgrade: h2c',
          b'X: ' + b'y' * 20000)


class Fuzzer:
    def __init__(self, box):
        self.random = random.Random(SEED)
        self.box, self.described = box, Described()
        self.api = box.api(USER).sign_in()
        self.auth = 'Authorization: Bearer ' + self.api.token
        self.host = '%s:%d' % (box.address, box.https_port)
        self.ids = ['0123456789abcdef']
        self.pem = b''
        self.statuses = {error['status'] for error in self.described.doc['x-errors'].values()}
        self.counts = {}
        self.tls = box.tls()

    # -- what is asked --------------------------------------------------------

    def fill(self):
        """A profile of each kind, so that not all is "not found"."""
        for name, state in self.api.sign_in().states().items():
            if state == 'active':
                self.api.deactivate(name).must(204)
            self.api.delete(name).must(204)
        active, pending = self.box.enrolled(self.api), self.box.created(self.api)
        self.auth = 'Authorization: Bearer ' + self.api.token
        self.ids = ['0123456789abcdef', active.profile, pending.profile]
        self.pem = both(pending).encode()

    def valid(self):
        """(method, path, fields, body)"""
        pick, name = self.random.choice, self.random.choice(self.ids)
        kind, login = 'Content-Type: ', 'Authorization: ' + basic(USER, 'secret')
        body = json.dumps(pick([
            {'nonce': NONCE}, {'nonce': NONCE, 'days': 30, 'label': 'x'}, {},
            {'code': 'ABCD-EFGH-JK', 'password': 'secret'}, {'kill_switch': False}])).encode()
        which = '%s.%s' % (pick(('root', 'issuer', 'user')), pick(('pem', 'cer')))
        est = '/.well-known/est/%s/' % name
        # of another user: each user has a few sessions only
        session = 'Authorization: ' + basic(OTHER, 'secret')
        return pick([
            ('GET', '/', [], b''), ('POST', '/api/v1/session', [session, kind + 'application/json'], b'{}'),
            ('DELETE', '/api/v1/session', ['Authorization: Bearer ' + 'A' * 43], b''),
            ('GET', '/api/v1/profiles', [self.auth], b''),
            ('POST', '/api/v1/profiles', [self.auth, kind + 'application/json'], body),
            ('DELETE', profile(name), [self.auth], b''),
            ('POST', profile(name, 'issue'), [self.auth, kind + PEM], self.pem),
            ('POST', profile(name, 'prove'), [self.auth, 'Content-Length: 0'], b''),
            ('POST', profile(name, 'activate'), [self.auth, kind + 'application/json'], body),
            ('POST', profile(name, 'deactivate'), [self.auth, 'Content-Length: 0'], b''),
            ('GET', profile(name, which), [self.auth], b''),
            ('POST', '/api/v1/kill-switch', [self.auth, kind + 'application/json'], body),
            ('GET', est + 'cacerts', [login], b''),
            ('POST', est + 'simpleenroll', [login, kind + 'application/pkcs10'], b'AAAA')])

    def made(self):
        """A valid request after some changes to its parts, and then to its bytes."""
        pick = self.random.choice
        method, path, fields, body = self.valid()
        if self.random.random() < 0.1:
            method = pick(METHODS)
        if self.random.random() < 0.3:
            body = self.changed(body)
        data = request(method, path, *fields, body=body, host=self.host)
        for _ in range(pick((0, 0, 0, 0, 1, 2))):
            lines = data.split(b'\r\n')
            at = self.random.randrange(len(lines))
            change = self.random.randrange(3)
            if change == 0:
                lines.insert(at, pick(FIELDS))
            elif change == 1:
                lines.insert(at, lines[at])
            else:
                del lines[at]
            data = b'\r\n'.join(lines)
        if self.random.random() < 0.25:
            data = self.changed(data)
        return data

    def changed(self, data):
        """Some bytes replaced, left out, or put in."""
        for _ in range(self.random.randrange(1, 4)):
            at = self.random.randrange(len(data) + 1)
            to = at + self.random.choice((0, 0, 1, 1, 2, 10))
            new = self.random.choice(WORDS) if self.random.random() < 0.5 else \
                bytes([self.random.randrange(256)])
            data = data[:at] + new + data[to:]
        return data

    # -- what is answered -----------------------------------------------------

    def connect(self):
        """Mostly as a proxy on this machine does: of each TLS connection, OpenSSL keeps
        2 kB for the next (of 20,480 at most), which would look like a leak."""
        if self.random.random() < 0.1:
            return Raw(self.box.address, self.box.https_port, self.tls)
        raw = Raw(self.box.address, self.box.proxied_port, source=self.box.address)
        return raw.send(('PROXY TCP4 192.0.2.1 %s 1 443\r\n' % self.box.address).encode())

    def run(self, count):
        raw, left = None, 0
        for number in range(count):
            if raw is None:
                raw, left = self.connect(), PER_CONNECTION
            data = self.made()
            try:
                answer = self.one(raw, data)
            except Exception as error:
                raise AssertionError('seed %d, request %d: %s\n%r' % (
                    SEED, number, error, data[:2000])) from error
            left -= 1
            if answer is None or left == 0 or answer.header('Connection') == 'Close' or \
                    is_unreadable(answer) or not in_step(data):
                raw.close()
                raw = None
        if raw is not None:
            raw.close()

    def one(self, raw, data):
        """Half a request is not waited for: the connection is cut."""
        raw.send(data)
        if not is_whole(data):
            self.counts['cut'] = self.counts.get('cut', 0) + 1
            return None
        try:
            answer = raw.answer(data.split(b' ')[0].decode('latin-1'))
        except AssertionError:
            # what is left over is a bad request, for which the connection is reset
            if in_step(data):
                raise
            answer = None
        status = answer.status if answer else 'closed'
        self.counts[status] = self.counts.get(status, 0) + 1
        if answer is not None:
            self.judge(answer)
        return answer

    def judge(self, answer):
        codes = self.described.doc['x-errors']
        if answer.status < 300:
            assert answer.status in (200, 201, 202, 204), answer
        elif answer.body and not is_unreadable(answer):
            assert answer.code in codes, answer
            same(answer.status, codes[answer.code]['status'], repr(answer))
            assert answer.code != 'unavailable', answer
        else:                                       # or to HEAD
            assert is_unreadable(answer) or answer.status in self.statuses, answer


def is_whole(data):
    """Whether the server has to answer: it is not waiting for more."""
    match = re.search(rb'\r?\n\r?\n', data.lstrip(b'\r\n'))
    if match is None:
        return False
    head, body = data.lstrip(b'\r\n')[:match.start()], data.lstrip(b'\r\n')[match.end():]
    sizes = re.findall(rb'(?im)^Content-Length:[ \t]*(\d+)', head)
    # lib-http waits for the end of what is chunked, and of what is too large
    return b'chunked' not in head and all(int(size) <= len(body) for size in sizes)


def in_step(data):
    """Whether the next request can come on this connection: nothing is left over that
    would be taken for the beginning of it."""
    head, _, body = data.partition(b'\r\n\r\n')
    sizes = [int(size) for size in
             re.findall(rb'(?im)^Content-Length:[ \t]*(\d+)\r?$', head)]
    return sizes == [len(body)] or (not sizes and not body)


class Suite:
    def __init__(self, tap, box):
        self.tap, self.box, self.fuzzer = tap, box, Fuzzer(box)
        self.pid, = box.portals()

    def size(self):
        return (procs.status_kb(self.pid, 'VmRSS'),
                len(os.listdir('/proc/%d/fd' % self.pid)))

    def requests(self):
        self.fuzzer.fill()
        self.fuzzer.run(REQUESTS // 10)             # what is allocated once
        self.fuzzer.api.close()
        before, fds = self.size()
        for _ in range(9):
            self.fuzzer.fill()
            self.fuzzer.run(REQUESTS // 10)
        self.fuzzer.api.close()
        self.tap.note('seed %d: %s' % (SEED, ', '.join(
            '%s: %d' % pair for pair in sorted(self.fuzzer.counts.items(), key=str))))
        same(self.box.portals(), [self.pid], 'the service')
        procs.wait_for(lambda: self.size()[1] <= fds, 'its descriptors are closed', 60)
        after, _ = self.size()
        self.tap.note('memory: %d kB, then %d kB' % (before, after))
        assert after - before < GROWTH, 'grown by %d kB' % (after - before)

    def as_before(self):
        self.fuzzer.fill()
        self.fuzzer.api.profiles().must(200)


def main(tap):
    tap.note('seed %d' % SEED)
    with Portal(tap, settings=HASTE) as box:
        box.user('anna')
        box.user('bert')
        box.start()
        suite = Suite(tap, box)
        tap.case('%d requests' % REQUESTS, suite.requests)
        tap.case('all is as before', suite.as_before)
        tap.case('nothing crashed', box.no_crash)


Tap().run(main)

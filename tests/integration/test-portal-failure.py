#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The portal where something around it is wrong or missing: seald, auth or LMTP
away; wrong passwords; a proxy in front of it; and what it writes to the log."""

import contextlib
import ipaddress
import os
import re
import signal
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import conf, messages, procs, rawhttp
from lib.described import Described
from lib.portal import Portal, basic, both, read
from lib.rawhttp import Raw, request
from lib.tap import Tap, same

USER, OTHER = 'anna@example.org', 'bert@example.org'
CALLER = '192.0.2.77'
WRONG = 'wrong-%s' % os.urandom(8).hex()


# Passwords that are right, of accounts that may not be used here
PASSDBS = conf.either(v23='''
passdb {
  driver = static
  args = password=closed nologin=y reason=closed
}
passdb {
  driver = static
  args = password=elsewhere proxy=y host=192.0.2.1
}
''', v24='''
passdb closed {
  driver = static
  passdb_static_password = closed
  passdb_fields {
    nologin = y
    reason = closed
  }
}
passdb elsewhere {
  driver = static
  passdb_static_password = elsewhere
  passdb_fields {
    proxy = y
    host = 192.0.2.1
  }
}
''')


class Suite:
    def __init__(self, box):
        self.box, self.described = box, Described()
        self.api = box.api(USER, judge=self.described.judge)
        self.secrets = {'the wrong password': WRONG,
                        'its base64': basic(USER, WRONG)[6:]}

    def clean(self):
        self.api.sign_in()
        for name, state in self.api.states().items():
            if state == 'active':
                self.api.deactivate(name).must(204)
            self.api.delete(name).must(204)
        self.secrets['token %d' % len(self.secrets)] = self.api.token

    def stands_apart(self):
        """Whoever takes the portal over cannot open seald's files and other sockets."""
        if self.box.unprivileged:
            return
        portal, seald = (ids(pid) for pid in self.box.portals() + self.box.children('seald'))
        same(portal & seald, set(), 'what the portal has in common with seald')

    @contextlib.contextmanager
    def away(self, socket):
        """Nobody listens there any more."""
        path = os.path.join(self.box.base, socket)
        os.rename(path, path + '.away')
        try:
            yield
        finally:
            os.rename(path + '.away', path)

    # -- something is away ----------------------------------------------------

    def without_seald(self):
        ready = self.box.ready(self.api)
        pending = self.box.created(self.api)
        before = self.api.profiles().json
        with self.away('mail-seal-portal'):
            for answer in (self.api.profiles(), self.api.create(),
                           self.api.issue(pending.profile, both(pending)),
                           self.api.prove(ready.profile), self.api.deactivate(ready.profile),
                           self.api.delete(ready.profile), self.api.kill_switch(True),
                           self.api.activate(ready.profile, 'ABCD-EFGH-JK'),
                           self.api.certificate(ready.profile, 'root'),
                           self.api.est_cacerts(ready.profile)):
                answer.must(503, 'unavailable')
            self.api.call('GET', '/', auth=None).must(200)
        same(self.api.profiles().must(200).json, before, 'profiles')

    def seald_hangs(self):
        """Not for ever."""
        pids = self.box.children('seald')
        for pid in pids:
            procs.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            self.api.profiles().must(503, 'unavailable')
            assert time.monotonic() - began < 30
        finally:
            for pid in pids:
                procs.kill(pid, signal.SIGCONT)
        self.api.profiles().must(200)

    def without_auth(self):
        """Those who have signed in go on."""
        ready = self.box.ready(self.api)
        code = self.box.code(self.api, ready)
        with self.away('auth-client'):
            self.kill_auth()
            self.api.session().must(503, 'unavailable')
            self.api.profiles().must(200)
            self.api.activate(ready.profile, code).must(503, 'unavailable')
            same(self.api.states(), {ready.profile: 'ready'}, 'states')
        # the code is still good
        self.auth_is_back()
        self.api.activate(ready.profile, code).must(204)

    def kill_auth(self):
        pids = self.box.children('auth')
        for pid in pids:
            procs.kill(pid)
        procs.wait_for(lambda: not set(pids) & set(self.box.children('auth')), 'auth ends')

    def auth_restarts(self):
        self.kill_auth()
        self.auth_is_back()

    def auth_is_back(self):
        """For the portal, and for LMTP, whose idle processes would find out with their
        next mail that the auth they know has gone."""
        pids = self.box.children('lmtp')
        for pid in pids:
            procs.kill(pid)
        procs.wait_for(lambda: not set(pids) & set(self.box.children('lmtp')), 'lmtp ends')
        procs.wait_for(lambda: self.api.session().status == 200, 'auth is back', 20)
        procs.wait_for(lambda: self.box.deliver(USER, messages.text('back'))[0].code == 250,
                       'LMTP is back')

    def without_lmtp(self):
        """What is done is done though its notice is lost; a code that cannot be
        mailed is not."""
        with self.away('lmtp'):
            name = self.api.create().must(201).json['id']
            self.api.delete(name).must(204)
            ready = self.box.ready(self.api)
            self.api.prove(ready.profile).must(503, 'unavailable')
            same(self.api.states(), {ready.profile: 'ready'}, 'states')
        self.api.activate(ready.profile, self.box.code(self.api, ready)).must(204)

    def mailbox_is_closed(self):
        """LMTP takes the mail, and cannot store it."""
        ready = self.box.ready(self.api)
        path = self.box.path('home', 'anna', 'Maildir')
        self.settle()
        os.rename(path, path + '.away')
        os.symlink('/proc/nowhere', path)
        try:
            self.api.prove(ready.profile).must(503, 'unavailable')
        finally:
            os.unlink(path)
            os.rename(path + '.away', path)
        self.api.activate(ready.profile, self.box.code(self.api, ready)).must(204)

    def settle(self):
        before = -1
        while before != len(self.box.messages(USER)):
            before = len(self.box.messages(USER))
            time.sleep(0.3)

    def restart(self):
        """Tokens are in memory only."""
        pid, = self.box.portals()
        procs.kill(pid, signal.SIGTERM)
        procs.wait_for(lambda: pid not in self.box.portals(), 'it ends')
        self.api.close()
        self.api.profiles().must(401, 'unauthenticated')
        self.clean()

    # -- passwords ------------------------------------------------------------

    def wrong_passwords(self):
        """Each of an address is slower; auth is told from which it comes; others are
        served at once."""
        api = self.box.api(USER, password=WRONG, source='127.0.0.9', judge=self.described.judge)
        took = []
        for _ in range(3):
            began = time.monotonic()
            api.session().must(401, 'unauthenticated')
            took.append(time.monotonic() - began)
        assert took[2] > took[0] and took[2] > 3, took
        began = time.monotonic()
        self.box.api(OTHER).sign_in()
        assert time.monotonic() - began < 2
        self.is_logged('127.0.0.9')

    def is_logged(self, address):
        """auth knows the caller."""
        assert re.search(r'auth.*\(anna@example\.org,%s[,)]' % re.escape(address),
                         self.box.log()), 'auth was not told of ' + address

    def wrong_password_with_code(self):
        """It activates nothing, and takes no try of the code."""
        ready = self.box.ready(self.api)
        code = self.secrets['code'] = self.box.code(self.api, ready)
        other = self.box.api(USER, source='127.0.0.10', judge=self.described.judge).sign_in()
        other.activate(ready.profile, code, WRONG).must(403, 'password')
        same(self.api.states(), {ready.profile: 'ready'}, 'states')
        self.api.activate(ready.profile, code).must(204)
        self.secrets['user key'] = read(ready.key).split('\n')[1]

    def all_at_once(self):
        """More sign-ins than may wait: some are told to come back, none is lost."""
        raws = []
        login = request('POST', '/api/v1/session', 'Authorization: ' + basic(USER, WRONG),
                        'Content-Length: 0', host=self.box.address)
        try:
            for number in range(230):
                raws.append(Raw(self.box.address, self.box.https_port, self.box.tls(),
                                source='127.0.1.%d' % (number % 250 + 1)).send(login))
            answers = [raw.answer() for raw in raws]
        finally:
            for raw in raws:
                raw.close()
        for answer in answers:
            self.described.judge('POST', '/api/v1/session', answer)
        same({answer.status for answer in answers} - {429}, {401}, 'statuses')
        self.box.api(OTHER).sign_in()

    def may_not(self):
        """An account that is closed, and one that is on another server."""
        for password in ('closed', 'elsewhere'):
            self.box.api(USER, password=password, source='127.0.0.12',
                         judge=self.described.judge).session().must(401, 'unauthenticated')

    def from_one_address(self):
        """Who guesses many passwords at once keeps nobody else out."""
        login = request('POST', '/api/v1/session', 'Authorization: ' + basic(USER, WRONG),
                        'Content-Length: 0', host=self.box.address)
        raws = [Raw(self.box.address, self.box.https_port, self.box.tls(), source='127.0.2.1')
                for _ in range(220)]
        try:
            for raw in raws:
                raw.send(login)
            self.box.api(OTHER).sign_in()
            statuses = [raw.answer().status for raw in raws]
        finally:
            for raw in raws:
                raw.close()
        same((set(statuses), statuses.count(401)), ({401, 429}, 20), 'statuses')

    # -- behind a proxy ---------------------------------------------------------

    def sign_in(self, head, source=None, password='secret', fields=()):
        """Over the proxy's listener: head, and then a sign-in."""
        with Raw(self.box.address, self.box.proxied_port, source=source) as raw:
            return raw.send(head + request(
                'POST', '/api/v1/session', 'Authorization: ' + basic(USER, password),
                'Content-Length: 0', *fields)).answer()

    def first_version(self):
        """It cannot say that there was TLS: the proxy has to be on this machine."""
        head = ('PROXY TCP4 %s %s 50000 443\r\n' % (CALLER, self.box.address)).encode()
        self.sign_in(head).must(403, 'forbidden')
        self.sign_in(head, source=self.box.address).must(200)
        self.sign_in(head, source=self.box.address, password=WRONG).must(401)
        self.is_logged(CALLER)

    def second_version(self):
        self.sign_in(proxy_v2(CALLER, self.box.address, tls=False)).must(403, 'forbidden')
        self.sign_in(proxy_v2(CALLER, self.box.address, tls=True)).must(200)
        self.sign_in(proxy_v2('2001:db8::77', '2001:db8::1', tls=True), password=WRONG).must(401)
        self.is_logged('2001:db8::77')

    def not_secured(self):
        """Nobody who could be read along with is asked for a password or a token."""
        head = proxy_v2(CALLER, self.box.address, tls=False)
        for method, path, field in (
                ('GET', '/api/v1/profiles', 'Bearer ' + self.api.token),
                ('GET', '/.well-known/est/0123456789abcdef/cacerts', basic(USER, 'secret'))):
            with Raw(self.box.address, self.box.proxied_port) as raw:
                answer = raw.send(head + request(method, path, 'Authorization: ' + field)).answer()
                answer.must(403, 'forbidden')

    def no_proxy(self):
        """What is no proxy's head is not served."""
        for head in (b'', b'PROXY\r\n', b'PROXY TCP4 x y 1 2\r\n', b'\r\n\r\n\0\r\nQUIT\n' + b'\xff' * 20,
                     b'PROXY TCP4 192.0.2.1 192.0.2.2 99999 443\r\n', b'PROXY ' + b'x' * 500):
            same(self.sign_in(head, source=self.box.address), None, 'answer to %r' % head[:40])

    def forwarded(self):
        """Only a proxy that speaks the protocol says who calls."""
        answer = rawhttp.ask(self.box, request(
            'POST', '/api/v1/session', 'Authorization: ' + basic(USER, WRONG), 'Content-Length: 0',
            'X-Forwarded-For: 203.0.113.5', 'Forwarded: for=203.0.113.5', 'X-Real-IP: 203.0.113.5'),
                             source='127.0.0.11')
        answer.must(401)
        self.is_logged('127.0.0.11')
        assert '203.0.113.5' not in self.box.log()

    # -- the log ----------------------------------------------------------------

    def secrets_in_log(self):
        log = self.box.log()
        same([name for name, secret in self.secrets.items() if secret in log], [], 'in the log')
        assert len(self.secrets) > 4, self.secrets
        assert 'PRIVATE KEY' not in log


def ids(pid):
    """User and groups of a process."""
    with open('/proc/%d/status' % pid, encoding='ascii') as file:
        fields = dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)
    return ({('user', word) for word in fields['Uid'].split()} |
            {('group', word) for word in (fields['Gid'] + ' ' + fields['Groups']).split()})


def proxy_v2(source, target, tls):
    """The head of the PROXY protocol, version 2, with an SSL TLV where there was TLS."""

    addresses = [ipaddress.ip_address(address).packed for address in (source, target)]
    rest = b''.join(addresses) + struct.pack('!HH', 50000, 443)
    if tls:
        rest += struct.pack('!BHBI', 0x20, 5, 0x01, 0)
    kind = 0x11 if len(addresses[0]) == 4 else 0x21
    return b'\r\n\r\n\0\r\nQUIT\n' + struct.pack('!BBH', 0x21, kind, len(rest)) + rest


def main(tap):
    with Portal(tap, settings=PASSDBS + 'auth_verbose = yes\n') as box:
        for name in (USER, OTHER):
            box.user(name.split('@')[0])
        box.start()
        suite = Suite(box)
        for name in ('stands apart', 'without seald', 'seald hangs', 'without auth', 'auth restarts',
                     'without lmtp', 'mailbox is closed', 'wrong passwords',
                     'wrong password with code', 'all at once',
                     'from one address', 'may not', 'first version',
                     'second version', 'not secured', 'no proxy', 'forwarded', 'restart'):
            tap.case(name, lambda name=name: (suite.clean(),
                                              getattr(suite, name.replace(' ', '_'))()))
        tap.case('no secret in the log', suite.secrets_in_log)
        tap.case('nothing crashed', box.no_crash)


Tap().run(main)

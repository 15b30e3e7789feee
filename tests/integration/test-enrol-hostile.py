#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""seal-enrol and a server that is not what it should be: what it says is refused with
a sentence, no secret leaves the device, and what was made can be gone on with."""

import json
import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built
from lib.enrol import Device
from lib.falseportal import FalsePortal, Say, failure, say_json
from lib.portal import Portal, both
from lib.tap import Tap, same
from lib.tool import FILES, MADE, Tool

HTML = Say(200, 'text/html', '<!DOCTYPE html><p>Hello')
NOT_A_PORTAL = 'does not answer as a portal does'
KEY = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n'
ESCAPES = 'No\x1b[31m\x07\x9b2J \x1b]0;title\x07\nseal-enrol: it worked\x7f'


def session(**members):
    return lambda ask: ask.changed(**members)


def says(said):
    return lambda ask: said


# What is said to signing in, and the complaint
SESSIONS = [
    ('HTML', says(HTML), NOT_A_PORTAL),
    ('nothing', says(Say(200, 'application/json', '')), NOT_A_PORTAL),
    ('a list', says(say_json(200, [1])), NOT_A_PORTAL),
    ('a member twice', says(Say(200, 'application/json', '{"token":"a","token":"b"}')),
     NOT_A_PORTAL),
    ('JSON that ends early', says(Say(200, 'application/json', '{"token":"a"')), NOT_A_PORTAL),
    ('JSON without end', says(Say(200, 'application/json', '[' * 100000)), NOT_A_PORTAL),
    ('no UTF-8', says(Say(200, 'application/json', b'{"token":"\xff"}')), NOT_A_PORTAL),
    ('no token', session(token=None), NOT_A_PORTAL),
    ('a token that is none', session(token='a\r\nX-Other: b'), NOT_A_PORTAL),
    ('a NUL', session(token='a\0b'), NOT_A_PORTAL),
    ('addresses that are none', session(addresses='anna@example.org'), NOT_A_PORTAL),
    ('addresses of numbers', session(addresses=[1]), NOT_A_PORTAL),
    ('too many addresses', session(addresses=['a@example.org'] * 33), 'more than 32 addresses'),
    ('another status', says(Say(201, 'application/json', '{}')), 'answers with status 201'),
    ('401', says(failure(401, 'unauthenticated', 'Wrong.')), 'the server says: Wrong.'),
    ('404 in HTML', says(Say(404, 'text/html', '<p>no')), 'there is no portal at'),
    ('502 in HTML', says(Say(502, 'text/html', '<p>no')), 'answers with status 502'),
    ('an error that is none', says(say_json(409, {'error': 'x'})), 'answers with status 409'),
    ('a redirect', says(Say(302, 'text/html', '', Location='https://127.0.0.1/')),
     'which is not followed'),
    ('a redirect that keeps the method', says(Say(307, 'text/html', '', Location='/')),
     'which is not followed'),
    ('too much', says(Say(200, 'application/json', b' ' * 300000)),
     'sends more than a portal does'),
    ('too much in the header', says(Say(200, 'application/json', '{}', **{
        'X-%d' % number: 'x' * 60000 for number in range(20)})), 'sends more than a portal does'),
    ('less than announced', says(Say(200, 'application/json', '{}', length=100)),
     'broke off; try again'),
    ('no answer', says(None), 'broke off; try again'),
]


def other_request(ask):
    """That of another profile, without our nonce."""
    with_nonce = json.loads(ask.body)
    with_nonce['nonce'] = 'A' * 22
    return ask.forward(json.dumps(with_nonce).encode())


# The same for the new profile. Nothing is written.
CREATES = [
    ('another nonce', other_request, "the server's request is not the answer"),
    ('no request', says(say_json(201, {'id': '0' * 16})), NOT_A_PORTAL),
    ('a request that is none', says(say_json(201, {'id': '0' * 16, 'request': 'x'})),
     "the server's request: "),
    ('a private key', says(say_json(201, {'id': '0' * 16, 'request': KEY})),
     "the server's request: "),
    ('409', says(failure(409, 'limit', 'You have too many profiles.')),
     'the server says: You have too many profiles.'),
]


def device_of(ask):
    """Another device, which has answered the same profile; its files go with it."""
    state = ask.box.devices = ask.box.devices + 1
    return Device(ask.box.path('other%d' % state), ask.box.last_request, ['anna@example.org'])


def other_chain(ask):
    return ask.forward(both(device_of(ask)).encode())


def other_key(ask):
    """Our chain, and the request of another."""
    with open(device_of(ask).request, 'rb') as file:
        request = file.read()
    return ask.forward(ask.body[:ask.body.index(b'-----BEGIN CERTIFICATE REQUEST')] + request)


def edited(edit):
    """The true answer, as edit() makes it of its three certificates."""
    def rule(ask):
        said = ask.forward()
        certs = re.findall(r'-----BEGIN.*?-----END CERTIFICATE-----\n', said.body.decode(), re.S)
        return Say(said.status, said.kind, edit(*certs))
    return rule


# The same for issuing; and whether the portal has issued for good
ISSUES = [
    ('HTML', says(HTML), 'what the server issued: '),
    ('another chain', other_chain, 'the root certificate that was made here is not in it'),
    ('another key', other_key, 'what the server issued: user certificate: '),
    ('no user certificate', edited(lambda user, issuer, root: issuer + root),
     'your own certificate is not in it'),
    ('four certificates', edited(lambda user, issuer, root: user + user + issuer + root),
     'there are 4 certificates in it'),
    ('a private key', edited(lambda user, issuer, root: user + issuer + root + KEY),
     'what the server issued: '),
    ('half of it', edited(lambda user, issuer, root: (user + issuer + root)[:-100]),
     'what the server issued: '),
    ('the issuer for the user', edited(lambda user, issuer, root: issuer + issuer + root),
     'your own certificate is not in it'),
    ('no answer', says(None), 'broke off; try again'),
    ('409', says(failure(409, 'refused', 'request: another nonce')),
     'the server says: request: another nonce'),
    ('503', says(failure(503, 'unavailable', 'Later.')), 'the server says: Later.'),
]
# After these the portal has a certificate that is not ours.
FOR_GOOD = ('another chain', 'another key')


class Suite:
    def __init__(self, box, false, user):
        self.box, self.false = box, false
        self.tool = Tool(box, user, 'false', false.url)
        self.true = Tool(box, user, 'false')

    def clean(self):
        self.false.rules.clear()
        for profile in self.true.states():
            self.true.must('delete', profile)

    def session(self, rule, reason):
        self.false.rules['POST', 'session'] = rule
        self.tool.refused(reason, 'list')
        same(self.tool.refused(reason, 'new', '--key', 'p256', '--dir', 'none'), '', 'output')
        same(self.tool.files('none'), [], 'files')

    def addresses(self, *wanted):
        """Addresses that cannot stand in a certificate: no profile is left behind."""
        self.false.rules['POST', 'session'] = session(addresses=list(wanted))
        code, out, complaint = self.tool.run('new', '--key', 'p256', '--dir', 'none')
        same((code, out, complaint.count('\n')), (1, '', 1), complaint)
        assert plain(complaint) and 'address' in complaint, repr(complaint)
        same(self.tool.files('none'), [], 'files')
        same(self.true.states(), {}, 'profiles')
        self.clean()

    def create(self, rule, reason):
        self.false.rules['POST', 'profiles'] = rule
        same(self.tool.refused(reason, 'new', '--key', 'p256', '--dir', 'none'), '', 'output')
        same(self.tool.files('none'), [], 'files')
        self.clean()

    def issue(self, name, rule, reason):
        folder = 'issue-' + name.replace(' ', '-')
        self.false.rules['POST', 'profiles'] = self.keep_request
        self.false.rules['POST', 'issue'] = rule
        said = self.tool.refused(reason, 'new', '--key', 'p256', '--dir', folder)
        hint = '    seal-enrol new --server %s --ca-file %s --user %s --dir %s\n' % (
            self.tool.url, self.tool.ca_file, self.tool.user, folder)
        assert hint in said, said
        same(self.tool.files(folder), MADE, 'files')
        self.false.rules.clear()
        if name in FOR_GOOD:
            self.tool.refused('is not in it' if name == 'another chain' else 'user certificate',
                              'new', '--dir', folder)
            same(self.tool.files(folder), MADE, 'files')
        else:
            self.tool.must('new', '--dir', folder)
            same(self.tool.files(folder), FILES, 'files')
        self.clean()

    def keep_request(self, ask):
        said = ask.forward()
        self.box.last_request = json.loads(said.body)['request']
        return said

    def no_test_mail(self):
        """The files are made by then; the passphrase is told once."""
        self.false.rules['POST', 'prove'] = says(failure(503, 'unavailable', 'Later.'))
        said = self.tool.refused('the server says: Later.', 'new', '--key', 'p256', '--dir',
                                 'unproved')
        assert 'Passphrase of both' in said and 'this goes on with them:' in said, said
        same(self.tool.files('unproved'), FILES, 'files')
        self.false.rules.clear()
        assert 'An encrypted mail is in' in self.tool.must('new', '--dir', 'unproved')
        self.clean()

    def terminal(self):
        """What a server says cannot steer the terminal."""
        for rule in (failure(409, 'refused', ESCAPES),
                     Say(409, 'application/json', json.dumps(
                         {'error': {'text': ESCAPES}}, ensure_ascii=False))):
            self.false.rules['GET', 'profiles'] = says(rule)
            code, out, complaint = self.tool.run('list')
            same((code, out, complaint.count('\n')), (1, '', 1), complaint)
            assert plain(complaint), repr(complaint)
        profile = {'id': ESCAPES, 'state': ESCAPES, 'label': ESCAPES, 'usable': ESCAPES,
                   'not_after': 1 << 62}
        self.false.rules['GET', 'profiles'] = says(say_json(200, {'profiles': [profile, {}, 1]}))
        said = self.tool.must('list')
        assert plain(said) and said.count('\n') == 3, repr(said)
        self.false.rules.clear()
        self.false.rules['POST', 'prove'] = says(say_json(200, {'to': ESCAPES}))
        assert plain(self.tool.new('escapes'))
        self.clean()

    def sent(self):
        """Everything that ever went to the server: no private key, the password where
        it belongs, and the token in its own field."""
        assert len(self.false.asked) > 100
        for ask in self.false.asked:
            assert b'PRIVATE' not in ask.body and b'secret' not in ask.body, ask.body
            first = ask.headers.get('Authorization', '').split(' ')[0]
            same(first, 'Basic' if ask.path.endswith('/session') and ask.method == 'POST' else
                 'Bearer', ask.path)
            same(ask.headers.get('Expect'), None, 'Expect')


def plain(text):
    return all(char == '\n' or (' ' <= char < '\x7f') or char > '\x9f' for char in text)


def another_certificate(box, tool, names):
    """A certificate that does not prove to be the server's."""
    cert, key = box.path('another.pem'), box.path('another.key')
    built.must('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
               '-nodes', '-days', '2', '-subj', '/CN=portal', '-addext',
               'subjectAltName=' + names, '-keyout', key, '-out', cert)
    with FalsePortal(box, cert, key) as other:
        theirs = Tool(box, tool.user, 'another', other.url,
                      tool.ca_file if names.startswith('IP') else cert)
        theirs.refused("the server's certificate cannot be verified (", 'list')
        same(other.asked, [], 'what it was sent')


def system_cas(box, tool):
    """Without --ca-file, a CA that nobody knows."""
    args = [arg for arg in tool.args('list') if arg not in ('--ca-file', box.cert)]
    done = built.run(*args)
    assert done.returncode == 1 and b'cannot be verified' in done.stderr, done


def addresses(box, user):
    with socket.socket() as free:
        free.bind((box.address, 0))
        closed = 'https://%s:%d' % (box.address, free.getsockname()[1])
    rows = [('http://' + box.address, 'is not encrypted, and your password would go over it'),
            ('HTTP://' + box.address, 'is not encrypted'),
            ('ftp://' + box.address, '--server takes https://NAME'),
            (box.address, '--server takes https://NAME'), ('https://', '--server takes'),
            ('file:///etc/passwd', '--server takes'), ('https:///', '--server takes'),
            ('https://anna:x@' + box.address, '--server takes https://NAME'),
            ('https://%s/portal' % box.address, '--server takes https://NAME'),
            ('https://%s?x' % box.address, '--server takes https://NAME'),
            ('https://a b', '--server takes'), ('https://' + 'a' * 300, '--server takes'),
            ('https://no-such-name.invalid', 'no server is known by the name'),
            (closed, 'cannot connect to https://'),
            ('https://%s:%d' % (box.address, box.imap_port), 'does not speak TLS')]
    for url, reason in rows:
        Tool(box, user, url=url).refused(reason, 'list')
    Tool(box, user, ca_file='/dev/null').refused('no CA certificates in /dev/null', 'list')
    Tool(box, user, ca_file='/no/such').refused('no CA certificates in /no/such', 'list')
    Tool(box, user, url=box.url + '/').must('list')


def environment(box, user):
    """It has no say."""
    tool, log = Tool(box, user, 'environment'), box.path('tls-keys')
    tool.write('.netrc', 'default login eve password guess\n')
    tool.write('.curlrc', 'insecure\n')
    proxy = 'http://127.0.0.1:9'
    tool.must('list', env={'HOME': tool.folder, 'https_proxy': proxy, 'HTTPS_PROXY': proxy,
                           'ALL_PROXY': proxy, 'SSLKEYLOGFILE': log})
    assert not os.path.exists(log), 'TLS keys were written'


def slow(box, false, user):
    """A byte in a second; ended by judge()."""
    tool = Tool(box, user, 'slow', false.url)
    false.rules['POST', 'session'] = says(
        Say(200, 'application/json', b' ' * 200, pause=1))
    child = subprocess.Popen(tool.args('list'), stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def judge():
        out, complaint = child.communicate(timeout=90)
        same((child.returncode, out), (1, b''), complaint)
        assert b'does not answer in time; try again later' in complaint, complaint
    return judge


def main(tap):
    with Portal(tap) as box:
        user = box.user('anna')
        box.start()
        with FalsePortal(box, box.cert, box.cert_key) as dripping, \
                FalsePortal(box, box.cert, box.cert_key) as false:
            judge = slow(box, dripping, user)
            suite = Suite(box, false, user)
            tap.case('the server as it should be', suite.tool.new, 'honest')
            for name, rule, reason in SESSIONS:
                tap.case('signing in: ' + name, suite.session, rule, reason)
            suite.clean()
            for wanted in ([], ['anna'], ['\x1b[31m@example.org'], ['a' * 20000 + '@example.org']):
                tap.case('addresses: %.20r' % wanted, suite.addresses, *wanted)
            for name, rule, reason in CREATES:
                tap.case('a new profile: ' + name, suite.create, rule, reason)
            for name, rule, reason in ISSUES:
                tap.case('issuing: ' + name, suite.issue, name, rule, reason)
            tap.case('no test mail', suite.no_test_mail)
            tap.case('the terminal', suite.terminal)
            tap.case('what was sent', suite.sent)
            tap.case('a foreign certificate', another_certificate, box, suite.tool,
                     'IP:' + box.address)
            tap.case('a certificate for another name', another_certificate, box, suite.tool,
                     'DNS:mail.example.org')
            tap.case('the CAs of the system', system_cas, box, suite.tool)
            tap.case('addresses', addresses, box, user)
            tap.case('the environment', environment, box, user)
            tap.case('a server that is slow', judge)


if __name__ == '__main__':
    Tap().run(main)

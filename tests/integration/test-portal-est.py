#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The portal as a server of EST (RFC 7030): curl and openssl are its client."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built
from lib.described import Described
from lib.portal import Portal, both, profile, read
from lib.tap import Tap, same

USER, OTHER = 'anna@example.org', 'bert@example.org'


class Suite:
    def __init__(self, box):
        self.box = box
        self.described = Described()
        self.anna = box.api(USER, judge=self.described.judge)
        self.bert = box.api(OTHER, judge=self.described.judge)

    def clean(self):
        for api in (self.anna, self.bert):
            api.sign_in()
            for name in api.states():
                api.delete(name).must(204)

    def curl(self, name, call, *args, data=None, user=USER):
        """The body that curl got for a call of EST; AssertionError for an error."""
        return built.must(
            built.program('curl'), '--silent', '--show-error', '--fail', '--noproxy', '*',
            '--cacert', self.box.cert, '--user', user + ':secret', *args,
            '%s/.well-known/est/%s/%s' % (self.box.url, name, call), data=data)

    def certs_only(self, text):
        """The certificates in what EST answers, as PEM, by openssl."""
        der = built.must('openssl', 'base64', '-d', '-A', data=b''.join(text.split()))
        text = built.must('openssl', 'pkcs7', '-inform', 'DER', '-print_certs', data=der).decode()
        return re.findall(r'-----BEGIN.*?-----END CERTIFICATE-----\n', text, re.S)

    def kept(self):
        """A pending profile whose chain has been handed in."""
        device = self.box.created(self.anna)
        answer = self.anna.issue(device.profile, read(device.chain)).must(202)
        same(answer.json, {'id': device.profile}, 'answer')
        return device

    def request(self, device):
        return built.must('openssl', 'req', '-in', device.request, '-outform', 'DER')

    def whole(self):
        device = self.kept()
        same(self.anna.states(), {device.profile: 'pending'}, 'states')
        body = built.must('openssl', 'base64', data=self.request(device))
        text = self.curl(device.profile, 'simpleenroll', '--data-binary', '@-',
                         '--header', 'Content-Type: application/pkcs10',
                         '--header', 'Content-Transfer-Encoding: base64', data=body)
        found = self.certs_only(text)
        same(len(found), 1, 'certificates')
        device.issued(found[0])
        same(self.anna.states(), {device.profile: 'ready'}, 'states')
        same(self.anna.certificate(device.profile, 'user').must(200).body.decode(), found[0],
             'user certificate')
        chain = self.certs_only(self.curl(device.profile, 'cacerts'))
        same(set(chain), {read(device.path('root.pem')), read(device.path('issuer.pem'))},
             'cacerts')
        self.anna.activate(device.profile, self.box.code(self.anna, device)).must(204)
        self.anna.deactivate(device.profile).must(204)

    def one_line(self):
        """Base64 in one line, which is what some clients send."""
        device = self.kept()
        body = built.must('openssl', 'base64', '-A', data=self.request(device))
        self.anna.call('POST', '/.well-known/est/%s/simpleenroll' % device.profile, body,
                       'application/pkcs10', auth='basic').must(200)

    def refusals(self):
        anna, device, other = self.anna, self.kept(), self.box.created(self.anna)
        der = self.request(device)
        anna.est_cacerts(device.profile).must(200)
        anna.est_cacerts(other.profile).must(409, 'refused')
        path = '/.well-known/est/%s/simpleenroll' % device.profile
        for body in (b'', b'*', b'hello', b'AAAA', der, der + der,
                     read(device.request).encode()):
            answer = anna.call('POST', path, body, 'application/pkcs10', auth='basic')
            assert answer.status in (400, 409), '%r: %r' % (body[:40], answer)
        anna.est_enroll(device.profile, self.request(other)).must(409, 'refused')
        # without a chain
        anna.est_enroll(other.profile, self.request(other)).must(409, 'refused')
        # of another user, as if there were none
        for name in (device.profile, '0123456789abcdef'):
            self.bert.est_enroll(name, der).must(404, 'notfound')
            self.bert.est_cacerts(name).must(404, 'notfound')
        same(anna.states(), {device.profile: 'pending', other.profile: 'pending'}, 'states')
        anna.est_enroll(device.profile, der).must(200)
        anna.est_enroll(device.profile, der).must(409, 'refused')

    def tokens(self):
        """EST takes the password, not a token, and the API the other way round."""
        device = self.box.ready(self.anna)
        path = '/.well-known/est/%s/cacerts' % device.profile
        self.anna.call('GET', path).must(401, 'unauthenticated')
        self.anna.call('GET', path, auth='basic').must(200)
        self.anna.call('GET', '/api/v1/profiles', auth='basic').must(401, 'unauthenticated')
        self.anna.call('GET', path, auth=None).must(401, 'unauthenticated')

    def kept_again(self):
        """A chain that is handed in again takes the place of the one before; with a
        request it is issued at once; one that is refused changes nothing."""
        device, other = self.kept(), self.box.created(self.anna)
        answer = self.anna.issue(device.profile, read(other.chain))
        assert answer.status in (202, 409), answer
        self.anna.issue(device.profile, read(device.chain)).must(202)
        self.anna.issue(device.profile, both(device)).must(200)
        self.anna.issue(device.profile, read(device.chain)).must(409, 'refused')
        self.bert.call('POST', profile(device.profile, 'issue'), read(device.chain).encode(),
                       'application/x-pem-file').must(404, 'notfound')

    def complete(self):
        missing = []
        for name, operation in self.described.operations().items():
            if name.startswith('est') or name == 'issueProfile':
                seen = {str(status) for known, status, _ in self.described.seen if known == name}
                missing += [(name, status) for status in sorted(
                    set(operation['responses']) - {'default', '400', '401', '403', '429', '503'} - seen)]
        same(missing, [], 'described, but never seen')


def main(tap):
    with Portal(tap) as box:
        for name in (USER, OTHER):
            box.user(name.split('@')[0])
        box.start()
        suite = Suite(box)
        for name in ('whole', 'one line', 'refusals', 'tokens', 'kept again'):
            tap.case(name, lambda name=name: (suite.clean(),
                                              getattr(suite, name.replace(' ', '_'))()))
        tap.case('complete', suite.complete)
        tap.case('nothing crashed', box.no_crash)


Tap().run(main)

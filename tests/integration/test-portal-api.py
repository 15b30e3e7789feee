#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The portal's API: each operation, as openapi.json describes it, against a real
Dovecot; and that nothing answers that is not described."""

import base64
import hashlib
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, conf, messages, rawhttp
from lib.certs import Certs
from lib.described import Described
from lib.portal import PEM, Portal, both, opened, profile, read
from lib.tap import Tap, same

NOBODY = '0123456789abcdef'
ADDRESS = 'anna@example.org'

# what POST /api/v1/profiles does not take
WISHES = [
    b'', b'{}', b'[]', b'null', b'"nonce"', b'{', b'{"nonce":', b'{"nonce":"NONCE"} {}',
    b'{"nonce":"NONCE","nonce":"NONCE"}', b'{"nonce":"NONCE","user":"bert@example.org"}',
    b'{"nonce":"NONCE","addresses":["x@example.org"]}', b'{"nonce":"NONCE","Days":30}',
    b'{"days":30}', b'{"nonce":null}', b'{"nonce":7}', b'{"nonce":["NONCE"]}', b'{"nonce":""}',
    b'{"nonce":"AAECAwQFBgcICQoLDA0OD"}', b'{"nonce":"AAECAwQFBgcICQoLDA0ODwA"}',
    b'{"nonce":"AAECAwQFBgcICQoLDA0OD+"}', b'{"nonce":"AAECAwQFBgcICQoLDA0O\\u0000w"}',
    b'{"nonce":"NONCE","days":0}', b'{"nonce":"NONCE","days":1}',
    b'{"nonce":"NONCE","days":1096}', b'{"nonce":"NONCE","days":-1}',
    b'{"nonce":"NONCE","days":"730"}', b'{"nonce":"NONCE","days":730.5}',
    b'{"nonce":"NONCE","days":null}', b'{"nonce":"NONCE","days":true}',
    b'{"nonce":"NONCE","days":18446744073709551626}', b'{"nonce":"NONCE","days":4294967326}',
    b'{"nonce":"NONCE","label":7}', b'{"nonce":"NONCE","label":"' + b'x' * 201 + b'"}',
    b'{"nonce":"NONCE","label":"a\\u0000b"}', b'{"nonce":"NONCE","label":"a\\tb"}',
    b'{"nonce":"NONCE","label":"a\\nb"}', b'{"nonce":"NONCE","label":"\xff"}',
    b'{"nonce":"NONCE","label":"\\ud800"}', b'\xef\xbb\xbf{"nonce":"NONCE"}',
    b'\xff\xfe{\0}\0', b'[' * 60000, b'{"a":' * 10000,
]
ACTIVATIONS = [
    b'', b'{}', b'{"code":"ABCD-EFGH-JK"}', b'{"password":"secret"}',
    b'{"code":7,"password":"secret"}', b'{"code":"ABCD-EFGH-JK","password":null}',
    b'{"code":"","password":"secret"}', b'{"code":"ABCD-EFGH-JK","password":"secret","id":"x"}',
    b'{"code":"ABCD\\u0000EFGH-JK","password":"secret"}',
]
SWITCHES = [b'', b'{}', b'{"kill_switch":"yes"}', b'{"kill_switch":1}', b'{"kill_switch":null}',
            b'{"kill_switch":true,"user":"bert@example.org"}', b'true']
# where no body is wanted
NOTHINGS = [b'[]', b'{"a":1}', b'x', b'{"user":"bert@example.org"}']
# Who signs in with these passwords has other addresses than the user's name
LISTED = ['c.leo@example.org', 'leo@other.example']
PASSDBS = conf.either(v23='''
passdb {
  driver = static
  args = password=listed mail_seal_addresses=%s
}
passdb {
  driver = static
  args = password=none mail_seal_addresses=,
}
''', v24='''
passdb listed {
  driver = static
  passdb_static_password = listed
  passdb_fields {
    mail_seal_addresses = %s
  }
}
passdb none {
  driver = static
  passdb_static_password = none
  passdb_fields {
    mail_seal_addresses = ","
  }
}
''') % ','.join(LISTED)


class Suite:
    def __init__(self, tap, box):
        self.tap, self.box = tap, box
        self.described = Described()
        self.anna = box.api('anna@example.org', judge=self.described.judge)
        self.bert = box.api('bert@example.org', judge=self.described.judge)
        self.kept = set()

    def case(self, name, function, *args):
        """Each begins signed in and without profiles or mail."""
        def run():
            self.clean()
            function(*args)
        self.tap.case(name, run)

    def clean(self):
        for api in (self.anna, self.bert):
            api.sign_in()
            for name, state in api.states().items():
                if state == 'active':
                    api.deactivate(name).must(204)
                api.delete(name).must(204)
            api.kill_switch(False).must(204)

    # -- signing in ---------------------------------------------------------

    def page(self):
        answer = self.anna.call('GET', '/', auth=None).must(200)
        policy = answer.header('Content-Security-Policy')
        for kind in ('script', 'style'):
            part = re.search(rb'<%s\b[^>]*>(.*?)</%s>' % (kind.encode(), kind.encode()),
                             answer.body, re.S).group(1)
            digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
            assert "%s-src 'sha256-%s'" % (kind, digest) in policy, policy
        for word in ("default-src 'none'", "connect-src 'self'", "base-uri 'none'",
                     "form-action 'none'", "require-trusted-types-for 'script'",
                     "frame-ancestors 'none'"):
            assert word in policy, policy
        assert 'unsafe' not in policy, policy

    def signing_in(self):
        answer = self.anna.session().must(200).json
        same((answer['user'], answer['addresses'], answer['expires']),
             (ADDRESS, [ADDRESS], 900), 'session')
        first = answer['token']
        second = self.anna.session().must(200).json['token']
        assert first != second
        for token in (first, second):
            self.anna.token = token
            self.anna.profiles().must(200)
        self.anna.sign_out().must(204)
        self.anna.profiles().must(401)
        self.anna.sign_out().must(401)
        self.anna.token = first
        self.anna.profiles().must(200)

    def not_signed_in(self):
        """Each operation that wants a token or a password, without."""
        self.anna.call('POST', '/api/v1/session', b'{"a":1}', auth='basic').must(400, 'input')
        for template, item in self.described.doc['paths'].items():
            path = template.replace('{id}', NOBODY).replace('{certificate}', 'root')
            for method in self.described.methods(item):
                if path != '/':
                    self.anna.call(method, path, auth=None).must(401, 'unauthenticated')

    def other_addresses(self):
        """The passdb says which are a user's: the certificate is for these."""
        with self.box.api('cleo@example.org', password='listed',
                          judge=self.described.judge) as api:
            same(api.sign_in().addresses, LISTED, 'addresses')
            same(api.profiles().must(200).json['addresses'], LISTED, 'addresses in the list')
            device = self.box.ready(api)
            row, = api.profiles().must(200).json['profiles']
            same(row['certificates'][0]['addresses'], ', '.join(LISTED), 'of the certificate')
            same(api.prove(device.profile).must(200).json['to'], LISTED[0], 'the test mail')

    def no_address(self):
        with self.box.api('dora@example.org', password='none',
                          judge=self.described.judge) as api:
            same(api.sign_in().addresses, [], 'addresses')
            same(api.profiles().must(200).json['addresses'], [], 'addresses in the list')
            for answer in (api.create(), api.prove(NOBODY)):
                assert 'has no e-mail address' in answer.must(409, 'refused').json['error']['text']

    # -- the ceremony -------------------------------------------------------

    def whole(self):
        """Create, issue, prove, activate; then mail is sealed."""
        same(self.anna.profiles().must(200).json,
             {'user': ADDRESS, 'addresses': [ADDRESS], 'kill_switch': False, 'profiles': []},
             'without profiles')
        device = self.box.device(self.anna, self.anna.create(
            days=30, label='Schlüssel & <b>Bund</b>').must(201).json, days=30)
        row, = self.anna.profiles().must(200).json['profiles']
        same((row['id'], row['label'], row['kind'], row['state'], row['certificates']),
             (device.profile, 'Schlüssel & <b>Bund</b>', 'issued', 'pending', []), 'pending')
        issued = self.anna.issue(device.profile, both(device)).must(200).body.decode()
        device.issued(issued)
        self.is_listed(device)
        self.certificates(device, issued)
        code = self.box.code(self.anna, device)
        same(self.anna.states(), {device.profile: 'ready'}, 'proven')
        self.anna.activate(device.profile, code.lower().replace('-', ' ')).must(204)
        same(self.anna.states(), {device.profile: 'active'}, 'activated')
        self.is_sealed(device)
        self.anna.deactivate(device.profile).must(204)
        same(self.anna.states(), {device.profile: 'retired'}, 'deactivated')
        self.anna.delete(device.profile).must(204)
        same(self.anna.states(), {}, 'deleted')
        self.anna.delete(device.profile).must(404)

    def is_listed(self, device):
        row, = self.anna.profiles().must(200).json['profiles']
        same((row['state'], row['usable']), ('ready', 'yes'), 'ready')
        found, = row['certificates']
        text = built.must('openssl', 'x509', '-in', device.cert, '-noout', '-serial',
                          '-fingerprint', '-sha256').decode()
        serial, fingerprint = re.fullmatch(r'serial=(\w+)\n.*=([0-9A-F:]+)\n', text).groups()
        same((found['serial'].upper().lstrip('0'), found['fingerprint'], found['addresses'],
              found['usable']),
             (serial.lstrip('0'), fingerprint.replace(':', '').lower(), ADDRESS, 'yes'),
             'certificate')
        days = (row['not_after'] - row['not_before']) / 86400
        same((round(days), found['not_after']), (30, row['not_after']), 'dates')

    def certificates(self, device, issued):
        blocks = re.findall(r'-----BEGIN.*?-----END CERTIFICATE-----\n', issued, re.S)
        for which, block in zip(('user', 'issuer', 'root'), blocks):
            same(self.anna.certificate(device.profile, which).must(200).body.decode(), block,
                 which + '.pem')
            same(self.anna.certificate(device.profile, which, 'cer').must(200).body,
                 built.must('openssl', 'x509', '-outform', 'DER', data=block.encode()),
                 which + '.cer')
        same(blocks[2], read(device.path('root.pem')), 'the root')

    def is_sealed(self, device):
        data = messages.text('through the portal')
        self.box.accepted(ADDRESS, data)
        # the notice of what was done may come behind it
        stored = [mail for mail in self.box.messages(ADDRESS)
                  if b'profile=' + device.profile.encode() in mail]
        bodies = [opened(mail, device).partition(b'\r\n\r\n')[2] for mail in stored]
        assert data.partition(b'\r\n\r\n')[2] in bodies, bodies

    def second_profile(self):
        """The code goes to who can read the mail now."""
        old = self.box.enrolled(self.anna)
        new = self.box.enrolled(self.anna, opener=old)
        same(self.anna.states(), {old.profile: 'retired', new.profile: 'active'}, 'states')

    def imported(self):
        """What an administrator put there has no chain of ours."""
        with Certs() as certs:
            name = self.box.enrol(ADDRESS, certs.make('anna'))
        row, = self.anna.profiles().must(200).json['profiles']
        same((row['kind'], row['state'], len(row['certificates'])), ('imported', 'active', 1), 'row')
        for which in ('root', 'issuer', 'user'):
            self.anna.certificate(name, which).must(404, 'notfound')

    def kill_switch(self):
        self.anna.kill_switch(True).must(204)
        same(self.anna.profiles().must(200).json['kill_switch'], True, 'on')
        same(self.bert.profiles().must(200).json['kill_switch'], False, 'of the other user')
        same(self.box.deliver(ADDRESS, messages.text('x'))[0].code // 100, 5, 'delivery')
        # and so is the test mail, for good
        self.anna.prove(self.box.ready(self.anna).profile).must(409, 'refused')
        self.anna.kill_switch(False).must(204)
        same(self.anna.profiles().must(200).json['kill_switch'], False, 'off')

    # -- what is refused ----------------------------------------------------

    def post(self, path, body, kind='application/json', status=400, code='input'):
        try:
            self.anna.call('POST', path, body, kind).must(status, code)
        finally:
            # one that should not be there takes a place
            for name in self.anna.states().keys() - self.kept:
                self.anna.delete(name)

    def bad_bodies(self):
        pending = self.box.created(self.anna).profile
        self.kept = {pending}
        for path, bodies in (('/api/v1/profiles', WISHES), ('/api/v1/kill-switch', SWITCHES),
                             (profile(pending, 'activate'), ACTIVATIONS),
                             (profile(pending, 'prove'), NOTHINGS),
                             (profile(pending, 'deactivate'), NOTHINGS)):
            for body in bodies:
                self.tap.case('400: %s %.50s' % (path.rpartition('/')[2], body.decode('latin-1')),
                              self.post, path, body.replace(b'NONCE', b'AAECAwQFBgcICQoLDA0ODw'))
        same(self.anna.states(), {pending: 'pending'}, 'profiles')
        same(self.anna.profiles().json['kill_switch'], False, 'kill switch')

    def bad_issues(self):
        device, other = self.box.created(self.anna), self.box.created(self.anna)
        self.kept = {device.profile, other.profile}
        chain, request = read(device.chain), read(device.request)
        root = chain[:chain.index('-----END') + 26]
        rows = [
            ('nothing', '', 400), ('no PEM', 'hello', 400), ('one certificate', root + request, 400),
            ('three certificates', chain + root + request, 400),
            ('two requests', chain + request + request, 400),
            ('the request alone', request, 400),
            ('cut off', (chain + request)[:-40], 400),
            ('no base64', chain + request.replace('M', '*'), 400),
            ('a private key', chain + request + read(device.key), 400),
            ('a foreign chain', read(other.chain) + request, 409),
            ('a foreign request', chain + read(other.request), 409),
            ('twice the root', root + root + request, 409),
        ]
        for name, pem, status in rows:
            self.tap.case('%d: issue %s' % (status, name), self.post,
                          profile(device.profile, 'issue'), pem.encode(), PEM, status,
                          'input' if status == 400 else 'refused')
        same(set(self.anna.states().values()), {'pending'}, 'states')
        self.anna.issue(device.profile, chain + request).must(200)
        self.anna.issue(device.profile, chain + request).must(409, 'refused')

    def wrong_order(self):
        """What the ceremony does not allow now is refused, and says why."""
        api, pending = self.anna, self.box.created(self.anna).profile
        for answer in (api.prove(pending), api.activate(pending, 'ABCD-EFGH-JK'),
                       api.deactivate(pending)):
            answer.must(409, 'refused')
        api.certificate(pending, 'user').must(404)
        ready = self.box.ready(api)
        api.activate(ready.profile, 'ABCD-EFGH-JK').must(409, 'refused')
        code = self.box.code(api, ready)
        api.activate(ready.profile, 'ABCD-EFGH-JK').must(409, 'refused')
        api.activate(ready.profile, code).must(204)
        api.prove(ready.profile).must(409, 'refused')
        api.delete(ready.profile).must(409, 'refused')
        same(api.states(), {pending: 'pending', ready.profile: 'active'}, 'states')

    def not_there(self):
        """Each operation on a profile, where there is none."""
        api = self.anna
        for answer in (api.prove(NOBODY), api.activate(NOBODY, 'ABCD-EFGH-JK'),
                       api.deactivate(NOBODY), api.delete(NOBODY),
                       api.certificate(NOBODY, 'root'), api.certificate(NOBODY, 'root', 'cer')):
            answer.must(404, 'notfound')

    def five_tries(self):
        ready = self.box.ready(self.anna)
        code = self.box.code(self.anna, ready)
        for _ in range(5):
            self.anna.activate(ready.profile, 'ABCD-EFGH-JK').must(409, 'refused')
        self.anna.activate(ready.profile, code).must(409, 'refused')
        self.anna.activate(ready.profile, self.box.code(self.anna, ready)).must(204)

    def too_many(self):
        names = {self.anna.create().must(201).json['id'] for _ in range(3)}
        self.anna.create().must(409, 'limit')
        same(set(self.anna.states()), names, 'profiles')
        self.bert.create().must(201)

    # -- described, and nothing else ----------------------------------------

    def methods(self):
        for template, item in self.described.doc['paths'].items():
            path = template.replace('{id}', NOBODY).replace('{certificate}', 'user')
            for method in ('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE',
                           'CONNECT', 'get', 'PROPFIND', 'X' * 30):
                if method in self.described.methods(item):
                    continue
                answer = rawhttp.ask(self.box, rawhttp.request(method, path, 'Content-Length: 0'))
                assert answer and (answer.status == 405 or method in ('TRACE', 'CONNECT')), \
                    '%s %s: %r' % (method, path, answer)
                if method != 'HEAD':
                    self.described.judge(method, path, answer)

    def other_paths(self):
        for path in ('/api', '/api/', '/api/v1', '/api/v1/', '/api/v2/session', '/index.html',
                     '/api/v1/session/', '/api/v1/sessions', '/api/v1/profiles/',
                     '/favicon.ico', '/robots.txt', '/.well-known/est/cacerts',
                     '/.well-known/est/simpleenroll', '/.well-known/security.txt', '/metrics',
                     profile(NOBODY, 'export'), profile(NOBODY, 'user.key'),
                     profile(NOBODY, 'user.p12'), profile(NOBODY, 'set'),
                     profile(NOBODY.upper()), profile(NOBODY + '0'), profile(NOBODY[1:])):
            for method in ('GET', 'POST', 'DELETE'):
                self.anna.call(method, path).must(404, 'notfound')

    def complete(self):
        """Every operation was seen to succeed, in each way that is described."""
        missing = []
        for name, operation in self.described.operations().items():
            seen = {str(status) for operation_id, status, _ in self.described.seen
                    if operation_id == name}
            wanted = set(operation['responses']) - {'default', '403', '429', '503'}
            if name.startswith('est') or name == 'issueProfile':    # test-portal-est.py
                wanted -= {'200', '202', '400', '404', '409'}
            missing += ['%s %s' % (name, status) for status in sorted(wanted - seen)]
        same(missing, [], 'described, but never seen')


def main(tap):
    with Portal(tap, settings=PASSDBS) as box:
        for name in ('anna', 'bert', 'cleo', 'dora'):
            box.user(name)
        box.start()
        suite = Suite(tap, box)
        for name in ('page', 'signing in', 'not signed in', 'other addresses', 'no address', 'whole', 'second profile', 'imported',
                     'kill switch', 'bad bodies', 'bad issues', 'wrong order', 'not there', 'five tries',
                     'too many', 'methods', 'other paths'):
            suite.case(name, getattr(suite, name.replace(' ', '_')))
        tap.case('complete', suite.complete)
        tap.case('nothing crashed', box.no_crash)


Tap().run(main)

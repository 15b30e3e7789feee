#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""doveadm seal: every command, its formats, its refusals and exit codes."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, certs as certificates, messages, opened, records
from lib.certs import Certs
from lib.dovecot import Instance
from lib.tap import Skip, Tap, same

USER, OTHER = 'alice@example.org', 'bob@example.org'
USAGE, DATAERR, NOUSER, NOTFOUND, TEMPFAIL, NOPERM = 64, 65, 67, 68, 75, 77

COMMANDS = ('profile create', 'profile issue', 'profile prove', 'profile import', 'profile list',
            'profile show', 'profile export', 'profile activate', 'profile deactivate',
            'profile delete', 'profile set', 'user show', 'user set', 'key rotate',
            'store check', 'store copy', 'store compact')


class Suite:
    def __init__(self, tap, box, certs):
        self.tap, self.box, self.certs = tap, box, certs

    def seal(self, *args, data=None):
        return self.box.must('seal', *args, data=data)

    def refused(self, code, words, *args, data=None):
        """Refused with that exit code and one line that says what is wrong."""
        done = self.box.doveadm('seal', *args, data=data)
        text = done.stderr.decode('utf-8', 'replace')
        assert done.returncode in (code if isinstance(code, tuple) else (code,)), done
        assert re.search(words, text, re.I), '"%s" is not in: %s' % (words, text)
        same(done.stdout, b'', 'output')

    def pem(self, *parts):
        path = self.box.path('file.pem')
        with open(path, 'wb') as file:
            file.write(b''.join(part if isinstance(part, bytes) else part.pem for part in parts))
        return path

    def add(self, *certs, user=USER, args=()):
        return self.seal('profile', 'import', *args, user, self.pem(*certs)).strip()

    def list(self, *args):
        return json.loads(self.box.must('-f', 'json', 'seal', 'profile', 'list', *args))

    def states(self, user=USER):
        return {row['id']: row['state'] for row in self.list(user)}

    def clean(self, user=USER):
        for name, state in self.states(user).items():
            if state == 'active':
                self.seal('profile', 'deactivate', user, name)
            self.seal('profile', 'delete', user, name)

    # -- profiles --------------------------------------------------------

    def life(self):
        """A profile from import to delete, as man doveadm-seal tells it."""
        cert = self.certs.make('life')
        name = self.add(cert, args=('--label', 'my laptop'))
        assert re.fullmatch('[0-9a-f]{16}', name), name
        row, = self.list(USER)
        same((row['user'], row['id'], row['state'], row['label'], row['kind'], row['usable']),
             (USER, name, 'ready', 'my laptop', 'imported', 'yes'), 'row')
        same(row['not_after'], openssl_date(cert), 'not_after')
        exported = self.seal('profile', 'export', USER, name)
        same(certificates.pem_to_der(exported.encode()), cert.der, 'exported')
        same(self.seal('profile', 'activate', USER, name), '', 'output')
        same(self.states(), {name: 'active'}, 'states')
        self.refused(DATAERR, 'deactivate', 'profile', 'delete', USER, name)
        same(self.states(), {name: 'active'}, 'states')
        self.seal('profile', 'deactivate', USER, name)
        same(self.states(), {name: 'retired'}, 'states')
        self.seal('profile', 'delete', USER, name)
        same(self.states(), {}, 'states')

    def one_active(self):
        first = self.add(self.certs.make('first', 'p256'))
        second = self.add(self.certs.make('second', 'p256'))
        self.seal('profile', 'activate', USER, first)
        self.seal('profile', 'activate', USER, first)
        self.seal('profile', 'activate', USER, second)
        same(self.states(), {first: 'retired', second: 'active'}, 'states')
        self.refused(DATAERR, 'active', 'profile', 'deactivate', USER, first)
        self.seal('profile', 'activate', USER, first)
        same(self.states(), {first: 'active', second: 'retired'}, 'states')
        self.seal('profile', 'deactivate', USER)
        same(self.states(), {first: 'retired', second: 'retired'}, 'states')
        self.refused(DATAERR, 'no .*active|not active', 'profile', 'deactivate', USER)
        self.clean()

    def several_certificates(self):
        three = [self.certs.make('device%d' % i, 'p256') for i in range(3)]
        name = self.add(b'My phone:\n', three[0], b'\nMy laptop:\n', three[1], three[2])
        rows = json.loads(self.box.must('-f', 'json', 'seal', 'profile', 'show', USER, name))
        same([(row['key'], row['addresses']) for row in rows],
             [('EC P-256', cert.name + '@example.org') for cert in three], 'certificates')
        for row, cert in zip(rows, three):
            same(row['fingerprint'], fingerprint(cert), 'fingerprint')
        blocks = self.seal('profile', 'export', USER, name).split('-----END CERTIFICATE-----')
        same([certificates.pem_to_der((block + '-----END CERTIFICATE-----\n').encode())
              for block in blocks[:3]], [cert.der for cert in three], 'exported')
        self.clean()

    def damaged_certificate(self):
        """One that does not parse defers the user's mail, so it is no "yes"."""
        good = self.certs.make('undamaged', 'p256')
        records.put(self.box, (USER, records.record(
            USER, records.profile(7, [good.der, b'\x30\x00']))))
        row, = self.list(USER)
        assert 'not an X.509 certificate' in row['usable'], row
        assert row['not_after'], row
        check = self.box.doveadm('seal', 'store', 'check')
        same(check.returncode, DATAERR, 'exit status of store check')
        self.clean()

    def from_stdin(self):
        cert = self.certs.make('stdin', 'p256')
        name = self.seal('profile', 'import', USER, '-', data=cert.pem).strip()
        same(list(self.states()), [name], 'profiles')
        self.clean()

    def options(self):
        name = self.add(self.certs.make('options'))
        self.seal('profile', 'set', USER, name, 'cipher=aes128-gcm', 'label=one = two',
                  'key_transport=oaep', 'sign=no')
        wanted = ('aes128-gcm', 'one = two', 'oaep', 'no')

        def now():
            row, = self.list(USER)
            return row['cipher'], row['label'], row['key_transport'], row['sign']
        same(now(), wanted, 'options')
        for bad in ('cipher=rot13', 'colour=blue', 'sign=perhaps', 'key_transport=pigeon', 'nothing',
                    'id=0123456789abcdef', 'user=x', 'state=active', '=x', 'label=' + 'x' * 201):
            self.refused(DATAERR, '.', 'profile', 'set', USER, name, 'label=changed', bad)
            same(now(), wanted, 'options after ' + bad)
        self.seal('profile', 'set', USER, name, 'cipher=default', 'label=')
        same(now()[:2], ('default', ''), 'options')
        self.clean()

    def users_apart(self):
        """A user's profile is nobody else's."""
        name = self.add(self.certs.make('mine', 'p256'))
        for command in ('show', 'export', 'activate', 'deactivate', 'delete'):
            self.refused((DATAERR, NOTFOUND), '.', 'profile', command, OTHER, name)
        same(self.states(OTHER), {}, 'of the other')
        other = self.add(self.certs.make('theirs', 'p256'), user=OTHER)
        same(sorted((row['user'], row['id']) for row in self.list()),
             sorted([(USER, name), (OTHER, other)]), 'everybody')
        self.clean()
        self.clean(OTHER)

    def name_is_the_userdbs(self):
        """The name is the one that deliveries use: here, with the domain."""
        name = self.add(self.certs.make('short', 'p256'), user='ALICE@EXAMPLE.ORG')
        same(self.states(USER), {name: 'ready'}, 'profiles')
        self.clean()

    # -- refusals --------------------------------------------------------

    def refusals(self):
        make, key = self.certs.make, self.certs.key('leak', 'p256')
        good = make('good', 'p256')
        with open(key, 'rb') as file:
            secret = file.read()
        rows = {
            'expired': ('expired|ended', [self.certs.expired('old')]),
            'not yet valid': ('begin|not yet', [self.certs.not_yet_valid('young')]),
            'for signing only': ('keyEncipherment', [make('s', keyUsage='digitalSignature')]),
            'EC, for signing only': ('keyAgreement', [make('s', 'p256', keyUsage='digitalSignature')]),
            'for TLS': ('emailProtection|e-mail', [make('t', 'p256', extendedKeyUsage='serverAuth')]),
            'a CA': ('CA', [make('ca', 'p256', basicConstraints='CA:TRUE', keyUsage=None)]),
            'RSA 1024': ('1024|2048', [make('weak', 'rsa1024')]),
            'an odd curve': ('curve|P-256', [make('odd', 'secp256k1')]),
            'Ed25519': ('RSA', [make('ed', 'ed25519')]),
            'an unknown critical extension': ('critical', [
                make('crit', 'p256', **{'1.2.3.4.5': 'critical,DER:0500'})]),
            'one bad of two': ('2', [good, self.certs.expired('old')]),
            'a private key': ('private key', [good, secret]),
            'a private key first': ('private key', [secret, good]),
            'the same twice': ('twice|same', [good, good]),
            'nothing': ('no certificate|empty', [b'']),
            'text': ('no certificate', [b'Hello, this is no certificate\n']),
            'damaged base64': ('.', [good.pem.replace(b'M', b'%', 9)]),
            'cut short': ('.', [good.pem[:200]]),
            'not a certificate': ('.', [b'-----BEGIN CERTIFICATE-----\naGVsbG8=\n'
                                        b'-----END CERTIFICATE-----\n']),
            'seventeen': ('16', [make('m%d' % i, 'p256') for i in range(17)]),
        }
        for name, (words, parts) in rows.items():
            self.tap.case('import refuses: ' + name, self.refused, DATAERR, words,
                          'profile', 'import', USER, self.pem(*parts))
        self.tap.case('nothing of it was stored', lambda: same(self.states(), {}, 'profiles'))

    def twice(self):
        """The same file again is refused; another one of the user is not."""
        one, two = self.certs.make('one', 'p256'), self.certs.make('two', 'p256')
        self.add(one, two)
        self.refused(DATAERR, 'already|has', 'profile', 'import', USER, self.pem(two, one))
        self.add(one)
        same(len(self.states()), 2, 'profiles')
        self.clean()

    def unknown(self):
        cert = self.certs.make('unknown', 'p256')
        name, nobody = '0123456789abcdef', 'nobody@example.org'
        self.refused(NOUSER, 'nobody@example.org', 'profile', 'import', nobody, self.pem(cert))
        self.refused(NOUSER, 'nobody@example.org', 'user', 'set', nobody, 'kill_switch=yes')
        for command in ('show', 'export', 'activate', 'deactivate', 'delete'):
            self.refused((NOTFOUND, NOUSER), '.', 'profile', command, USER, name)
        self.refused((NOTFOUND, NOUSER), '.', 'profile', 'set', USER, name, 'label=x')
        self.refused((66, DATAERR, 75), 'missing.pem', 'profile', 'import', USER,
                     self.box.path('missing.pem'))
        self.refused(DATAERR, 'label', 'profile', 'import', '--label', 'x' * 201, USER,
                     self.pem(cert))
        self.refused(DATAERR, 'kill_switch', 'user', 'set', USER, 'kill_switch=perhaps')

    def usage(self):
        for command in COMMANDS:
            if command in ('profile list', 'key rotate', 'store check', 'store compact'):
                continue
            done = self.box.doveadm('seal', *command.split())
            assert done.returncode == USAGE, '%s: %r' % (command, done)
            assert b'seal ' + command.encode() in done.stderr + done.stdout, done

    # -- users and the store ---------------------------------------------

    def kill_switch(self):
        def now():
            row, = json.loads(self.box.must('-f', 'json', 'seal', 'user', 'show', USER))
            return row['kill_switch'], row['active'], int(row['profiles'])
        same(now(), ('no', '', 0), 'user')
        self.seal('user', 'set', USER, 'kill_switch=yes')
        name = self.add(self.certs.make('kill', 'p256'))
        self.seal('profile', 'activate', USER, name)
        same(now(), ('yes', name, 1), 'user')
        self.clean()
        self.seal('user', 'set', USER, 'kill_switch=no')
        same(now(), ('no', '', 0), 'user')

    def store(self):
        cert = self.certs.make('store', 'p256')
        name = self.add(cert)
        self.seal('profile', 'activate', USER, name)
        check = json.loads(self.box.must('-f', 'json', 'seal', 'store', 'check'))[0]
        same([int(check[name]) for name in ('users', 'profiles', 'problems')], [1, 1, 0], 'check')
        copy = self.box.path('copy')
        os.mkdir(copy)
        os.chown(copy, *owner_of(self.box.path('state', 'mail-seal')))
        self.seal('store', 'copy', copy)
        stat = built.must(built.program('mdb_stat'), copy).decode()
        assert 'Entries: 1' in stat, stat
        self.refused((DATAERR, TEMPFAIL), 'data.mdb', 'store', 'copy', copy)
        self.refused((DATAERR, TEMPFAIL), '.', 'store', 'copy', self.box.path('not-there'))
        compact = json.loads(self.box.must('-f', 'json', 'seal', 'store', 'compact'))[0]
        assert int(compact['after']) <= int(compact['before']), compact
        same(self.states(), {name: 'active'}, 'after compact')
        data = messages.text('compacted')
        self.box.accepted(USER, data)
        opened.check(self.box.messages(USER)[-1], data, cert, profile=name)
        self.clean()

    def formats(self):
        name = self.add(self.certs.make('format', 'p256'), args=('--label', 'gr\u00fcn "x" | y'))
        tab = self.box.must('-f', 'tab', 'seal', 'profile', 'list', USER).splitlines()
        same(dict(zip(tab[0].split('\t'), tab[1].split('\t')))['id'], name, 'tab')
        table = self.box.must('-f', 'table', 'seal', 'profile', 'list', USER)
        assert name in table and table.startswith('user'), table
        for kind in ('flow', 'pager', 'tab', 'table', 'json'):
            for command in (('profile', 'list'), ('profile', 'show', USER, name),
                            ('user', 'show', USER), ('store', 'check')):
                self.box.must('-f', kind, 'seal', *command)
        self.clean()

    def not_root(self):
        if os.geteuid() != 0:
            raise Skip('this needs root')
        done = built.run(*self.box.inside([
            built.program('setpriv'), '--reuid=%d' % self.box.uid, '--regid=%d' % self.box.gid,
            '--clear-groups', built.program('doveadm'), '-c', self.box.conf,
            'seal', 'profile', 'list']))
        assert done.returncode != 0 and not done.stdout, done
        assert b'denied' in done.stderr, done

    def no_seald(self):
        done = self.box.doveadm('-o', self.box.syntax.OPTION % 'mail_seal_socket_path' + '=nowhere',
                                'seal', 'profile', 'list')
        same((done.returncode, done.stdout), (TEMPFAIL, b''), 'doveadm')
        assert b'nowhere' in done.stderr, done


def documented():
    path = os.path.join(built.SRCDIR, 'man', 'doveadm-seal.1')
    with open(path, encoding='utf-8') as file:
        text = re.sub(r'\\f[A-Z]|\\', '', file.read())
    same([c for c in COMMANDS if not re.search(c.replace(' ', r'\s+'), text)], [],
         'commands the man page does not have')


def fingerprint(cert):
    import hashlib
    return hashlib.sha256(cert.der).hexdigest()


def openssl_date(cert):
    text = built.must('openssl', 'x509', '-in', cert.cert, '-noout', '-enddate',
                      '-dateopt', 'iso_8601').decode()
    return text.strip().partition('=')[2].replace(' ', 'T')


def owner_of(path):
    about = os.stat(path)
    return about.st_uid, about.st_gid


def main(tap):
    with Certs() as certs, Instance(tap) as box:
        box.user('alice')
        box.user('bob')
        box.start()
        suite = Suite(tap, box, certs)
        for part in (suite.life, suite.one_active, suite.several_certificates,
                     suite.damaged_certificate, suite.from_stdin, suite.options,
                     suite.users_apart, suite.name_is_the_userdbs):
            tap.case('profile: ' + part.__name__, part)
        suite.refusals()
        for part in (suite.twice, suite.unknown, suite.usage, suite.kill_switch, suite.store,
                     suite.formats, suite.not_root, suite.no_seald):
            tap.case(part.__name__, part)
        tap.case('the man page has every command', documented)
        tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A store outlives its Dovecot: what a build for 2.3 and one for 2.4 have written
is listed, sealed with, signed with and changed by this one. And a plugin and a
seald of different builds leave each other alone.

data/SERIES holds the dumps of such a store, and told.json what doveadm told of it.
`test-upgrade.py --write` made them, by the build of that series. The keys in it
are hashes of a few words, so that nobody takes them for secrets."""

import hashlib
import json
import os
import re
import shutil
import stat
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, messages, opened, procs, seald, signed
from lib.der import integer, octets, oid, sequence, tlv
from lib.dovecot import Instance
from lib.enrol import Device
from lib.tap import Tap, same

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data')
SERIES = ('2.3', '2.4')
IMPORTED, ISSUED, RSA = ['%s@example.org' % name for name in ('imported', 'issued', 'rsa')]
SENDER = 'sender@remote.example'
ENVIRONMENTS = ('profiles', 'keys')


def fixed(words):
    return hashlib.sha256(b'mail-seal test-upgrade.py: ' + words.encode()).digest()


def private_key(folder, user):
    """The user's key, P-256: a path."""
    der = sequence(integer(1), octets(fixed(user)), tlv(0xa0, oid('1.2.840.10045.3.1.7')))
    path = os.path.join(folder, user + '.key')
    built.must('openssl', 'pkey', '-inform', 'DER', '-out', path, data=der)
    return path


class FixedDevice(Device):
    """A user's device whose key is not a new one."""

    def __init__(self, user, *args, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)

    def genkey(self, name, kind):
        if name == 'user.key':
            return private_key(self.folder, self.user)
        return super().genkey(name, kind)


class Owner:
    """cert and key: paths of PEM files."""

    def __init__(self, box, folder, user, profile):
        self.key = private_key(folder, user)
        self.cert = os.path.join(folder, user + '.pem')
        with open(self.cert, 'w', encoding='ascii') as file:
            file.write(box.must('seal', 'profile', 'export', user, profile))


def users(box):
    # the certificates in data end some day, and the test goes on
    for user in (IMPORTED, ISSUED, RSA):
        box.user(user.split('@')[0], mail_seal_expired='seal', mail_seal_sign='always')
    box.user('strict')
    box.user('new')


def listed(box):
    """What doveadm tells of all profiles, but for what the date changes."""
    rows = json.loads(box.must('-f', 'json', 'seal', 'profile', 'list'))
    for row in rows:
        del row['usable']
    return sorted(rows, key=lambda row: row['id'])


def dump(box, name):
    text = built.must(built.program('mdb_dump'), os.path.join(box.state, 'mail-seal', name))
    return text.decode()


def records(text):
    lines = re.findall(r'^ ([0-9a-f]*)$', text, re.M)
    return dict(zip(lines[::2], lines[1::2]))


def deliver(box, user, owner, kind, signer=None):
    """A mail is sealed to the owner, and signed by that sender certificate."""
    data = messages.text(kind)
    before = len(box.messages(user))
    box.accepted(user, data)
    mail = box.messages(user)[before:][0]
    if signer is None:
        opened.check(mail, data, owner, cipher='aes128-cbc')
        return None
    sealed = opened.Sealed(mail)
    part = signed.Signed(sealed.open(owner))
    same(part.content, opened.inner_of(sealed, data), 'what is signed')
    with tempfile.TemporaryDirectory(prefix='ms.') as folder:
        content, out = os.path.join(folder, 'content'), os.path.join(folder, 'signer')
        with open(content, 'wb') as file:
            file.write(part.content)
        built.must('openssl', 'cms', '-verify', '-noverify', '-binary', '-inform', 'DER',
                   '-content', content, '-signer', out, '-out', '/dev/null', data=part.der)
        with open(out, 'rb') as file:
            der, = signed.from_pem(file.read())
    found = hashlib.sha256(der).hexdigest()
    same(found, signer or found, 'the sender certificate, hashed')
    return found


# -- writing data --------------------------------------------------------

def write(folder):
    with Instance(None) as box:
        users(box)
        box.prepare()
        master_key(box)
        box.start_again()
        key = private_key(box.root, IMPORTED)
        pem = box.path('imported.pem')
        built.must('openssl', 'req', '-x509', '-key', key, '-days', '36500', '-out', pem,
                   '-subj', '/CN=' + IMPORTED, '-addext', 'subjectAltName=email:' + IMPORTED,
                   '-addext', 'basicConstraints=critical,CA:FALSE',
                   '-addext', 'keyUsage=critical,digitalSignature,keyAgreement',
                   '-addext', 'extendedKeyUsage=emailProtection')
        ids = {IMPORTED: box.must('seal', 'profile', 'import', '--label', 'gr\u00fcn', IMPORTED,
                                  pem).strip()}
        for user in (ISSUED, RSA):
            device = FixedDevice(user, box.path('device-' + user), box.must(
                'seal', 'profile', 'create', '--days', '1095', user), [user], days=1095)
            box.must('seal', 'profile', 'issue', user, device.profile, device.chain,
                     device.request)
            ids[user] = device.profile
        box.must('seal', 'profile', 'set', IMPORTED, ids[IMPORTED], 'cipher=aes128-cbc')
        box.must('seal', 'profile', 'set', RSA, ids[RSA], 'sender_key=rsa')
        box.must('seal', 'user', 'set', 'strict@example.org', 'kill_switch=yes')
        for user, name in ids.items():
            box.must('seal', 'profile', 'activate', user, name)
        senders = {user: deliver(box, user, Owner(box, box.root, user, ids[user]), 'new', signer='')
                   for user in (ISSUED, RSA)}
        os.makedirs(folder, exist_ok=True)
        for name in ENVIRONMENTS:
            with open(os.path.join(folder, name + '.dump'), 'w', encoding='ascii') as file:
                file.write(dump(box, name))
        with open(os.path.join(folder, 'told.json'), 'w', encoding='ascii') as file:
            json.dump({'list': listed(box), 'senders': senders}, file, indent=1)
            file.write('\n')


# -- reading it ----------------------------------------------------------

def master_key(box):
    path = os.path.join(box.state, 'mail-seal.key')
    with open(path, 'w', encoding='ascii') as file:
        os.fchmod(file.fileno(), 0o400)
        file.write(fixed('master key').hex() + '\n')


def put(box, folder):
    """Before the start: the store as that folder tells it."""
    owner = 'dovecot' if os.geteuid() == 0 else None
    master_key(box)
    top = os.path.join(box.state, 'mail-seal')
    os.mkdir(top, 0o700)
    for name in ENVIRONMENTS:
        path = os.path.join(top, name)
        os.mkdir(path, 0o700)
        built.must(built.program('mdb_load'), '-f', os.path.join(folder, name + '.dump'), path)
    for place, _, files in os.walk(top):
        for path in [place] + [os.path.join(place, name) for name in files]:
            if owner:
                shutil.chown(path, owner, owner)
            os.chmod(path, 0o700 if stat.S_ISDIR(os.stat(path).st_mode) else 0o600)


def check_store(box):
    row, = json.loads(box.must('-f', 'json', 'seal', 'store', 'check'))
    return {name: int(row[name]) for name in ('users', 'profiles', 'problems')}


class Upgrade:
    def __init__(self, tap, box, folder):
        self.tap, self.box = tap, box
        with open(os.path.join(folder, 'told.json'), encoding='ascii') as file:
            self.told = json.load(file)
        self.before = {}
        for name in ENVIRONMENTS:
            with open(os.path.join(folder, name + '.dump'), encoding='ascii') as file:
                self.before[name] = records(file.read())
        self.ids = {row['user']: row['id'] for row in self.told['list']}

    def is_listed(self):
        # a later build may have more to tell
        same([{name: row.get(name) for name in told}
              for row, told in zip(listed(self.box), self.told['list'])],
             self.told['list'], 'profiles')
        same(check_store(self.box), {'users': 4, 'profiles': 3, 'problems': 0}, 'check')

    def is_sealed(self):
        for user, name in self.ids.items():
            deliver(self.box, user, Owner(self.box, self.box.root, user, name), 'upgrade',
                    self.told['senders'].get(user))
        same(self.box.deliver('strict', messages.text('strict'))[0].code, 550, 'kill switch')

    def is_changed(self):
        """Others' records stay as they were, byte by byte."""
        box, user = self.box, 'new@example.org'
        device = FixedDevice(user, box.path('device'), box.must(
            'seal', 'profile', 'create', user), [user])
        box.must('seal', 'profile', 'issue', user, device.profile, device.chain, device.request)
        box.must('seal', 'profile', 'activate', user, device.profile)
        for name in ENVIRONMENTS:
            after = records(dump(box, name))
            same({key: after.get(key) for key in self.before[name]}, self.before[name], name)
            same(len(after), len(self.before[name]) + 1, 'records in ' + name)
        same(check_store(box), {'users': 5, 'profiles': 4, 'problems': 0}, 'check')

    def is_rotated(self):
        self.box.must('seal', 'key', 'rotate')
        after = records(dump(self.box, 'keys'))
        for key, value in self.before['keys'].items():
            assert after[key] != value, 'a secret is under the old master key'
        self.is_sealed()

    def is_deleted(self):
        for user, name in self.ids.items():
            self.box.must('seal', 'profile', 'deactivate', user)
            self.box.must('seal', 'profile', 'delete', user, name)
        same(check_store(self.box), {'users': 2, 'profiles': 1, 'problems': 0}, 'check')


def upgrade(tap, series):
    with Instance(tap) as box:
        users(box)
        box.prepare()
        put(box, os.path.join(DATA, series))
        box.start_again()
        suite = Upgrade(tap, box, os.path.join(DATA, series))
        for part in (suite.is_listed, suite.is_sealed, suite.is_changed, suite.is_rotated,
                     suite.is_deleted):
            tap.case('of %s: %s' % (series, part.__name__), part)
        tap.case('of %s: nothing crashed' % series, box.no_crash)


# -- plugin and seald of different builds --------------------------------

GREETINGS = {'newer': b'VERSION\tmail-seal\t2\t0\n', 'older': b'VERSION\tmail-seal\t0\t9\n'}


def other_seald(box, user):
    """Deferred, although it would answer; and the administrator reads why."""
    path, before = os.path.join(box.base, user), len(box.log())
    false = seald.FalseSeald(path, seald.answer(seald.good()), version=GREETINGS[user])
    reply, = box.deliver(user, messages.text('other'))
    false.close()
    same((reply.code, box.maildir(user)), (451, []), 'reply, stored')
    assert 'build' not in reply.text and 'seald' not in reply.text, reply
    line, = procs.wait_for(lambda: re.findall(r'.*mail_seal: .*', box.log(before)), 'a log line')
    assert re.search(r'Error: .*deferred mail for %s@.*\bseald is of another build\b' % user,
                     line), line


def other_seald_for_doveadm(box, user):
    path = os.path.join(box.base, user + '-admin')
    false = seald.FalseSeald(path, seald.answer(b'%d\tOK\n'), version=GREETINGS[user])
    done = box.doveadm('-o', box.syntax.OPTION % 'mail_seal_socket_path' + '=' + user,
                       'seal', 'profile', 'list')
    false.close()
    same(done.stdout, b'', 'output')
    assert done.returncode != 0 and b'seald is of another build' in done.stderr, done


def other_client(box, greeting):
    """The real seald answers nobody of another version, and says so."""
    before = len(box.log())
    with seald.Seald(os.path.join(box.base, 'mail-seal'), version=greeting) as client:
        try:
            raise AssertionError('answered: %r' % (client.ask('SEAL', 'user=new@example.org',
                                                              'cipher=aes256-cbc'),))
        except OSError:
            pass
    line, = procs.wait_for(lambda: re.findall(r'.*mail-seal.*Error: .*', box.log(before)),
                           'a log line')
    assert re.search(r'(?i)version|protocol', line), line


def a_minor_difference(box):
    """Another minor version is the same protocol."""
    false = seald.FalseSeald(os.path.join(box.base, 'minor'), seald.answer(seald.good()),
                             version=b'VERSION\tmail-seal\t1\t7\n')
    box.accepted('minor', messages.text('minor'))
    false.close()
    opened.Sealed(box.messages('minor@example.org')[0])


def builds(tap):
    with Instance(tap) as box:
        for name in (*GREETINGS, 'minor'):
            box.user(name, mail_seal_socket_path=name)
        box.start()
        for name, greeting in GREETINGS.items():
            tap.case('a seald that is ' + name, other_seald, box, name)
            tap.case('for doveadm, a seald that is ' + name, other_seald_for_doveadm, box, name)
            tap.case('a plugin that is ' + name, other_client, box, greeting)
        tap.case('a seald of another minor version', a_minor_difference, box)
        tap.case('nothing crashed', box.no_crash)


def main(tap):
    builds(tap)
    for series in SERIES:
        upgrade(tap, series)


if __name__ == '__main__':
    if sys.argv[1:2] == ['--write']:
        write(os.path.join(DATA, built.series()))
    else:
        Tap().run(main)

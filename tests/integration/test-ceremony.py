#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The ceremony by commands, from create to the first mail that is sealed and
can be signed; and the keys behind it: kept, changed, lost, removed."""

import base64
import hashlib
import itertools
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, messages, procs, seald
from lib.certs import Certs
from lib.dovecot import Instance
from lib.enrol import Device
from lib.tap import Tap, same

USER, OTHER, STRICT = 'alice@example.org', 'bob@example.org', 'strict@example.org'
SENDER = 'carol@remote.example'
DATAERR, NOUSER, NOTFOUND, TEMPFAIL = 65, 67, 68, 75
CODE = re.compile(rb'\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2,4}\b')

LISTENER = '''
service mail-seal {
  unix_listener mail-seal-sign {
    mode = 0666
  }
}
'''


class Suite:
    def __init__(self, tap, box):
        self.tap, self.box, self.number = tap, box, itertools.count()
        self.key = os.path.join(box.state, 'mail-seal.key')
        self.keys = os.path.join(box.state, 'mail-seal', 'keys')
        self.secrets = []               # what may be in no log

    def seal(self, *args, data=None):
        return self.box.must('seal', *args, data=data)

    def refused(self, code, words, *args):
        """Refused with that exit code, and with text that says what is wrong."""
        done = self.box.doveadm('seal', *args)
        text = done.stderr.decode('utf-8', 'replace')
        assert done.returncode in (code if isinstance(code, tuple) else (code,)), done
        assert re.search(words, text, re.I), '"%s" is not in: %s' % (words, text)
        same(done.stdout, b'', 'output')

    def states(self, user=USER):
        rows = json.loads(self.box.must('-f', 'json', 'seal', 'profile', 'list', user))
        return {row['id']: row['state'] for row in rows}

    def clean(self, user=USER):
        for name, state in self.states(user).items():
            if state == 'active':
                self.seal('profile', 'deactivate', user, name)
            self.seal('profile', 'delete', user, name)
        # proving mails
        for path in self.box.maildir(user):
            os.unlink(path)

    def case(self, name, function, *args):
        """Leaves nothing to the next case, whatever happened."""
        def run():
            try:
                function(*args)
            finally:
                for user in (USER, OTHER, STRICT):
                    self.clean(user)
        self.tap.case(name, run)

    # -- the steps of the ceremony ---------------------------------------

    def device(self, user=USER, addresses=None, args=(), **kwargs):
        """After create and new: profile is pending."""
        asked = self.seal('profile', 'create', *args, user)
        return Device(self.box.path('device%d' % next(self.number)), asked,
                      addresses or [user], **kwargs)

    def issue(self, device, user=USER):
        return device.issued(self.seal('profile', 'issue', user, device.profile,
                                       device.chain, device.request))

    def ready(self, user=USER, **kwargs):
        return self.issue(self.device(user, **kwargs), user)

    def code(self, device, user=USER, opener=None, args=()):
        """Has a code mailed, and opens that mail."""
        before = len(self.box.messages(user))
        same(self.seal('profile', 'prove', *args, user, device.profile), '', 'output')
        mails = self.box.messages(user)
        same(len(mails), before + 1, 'mails')
        return self.read_code(mails[-1], opener or device)

    def read_code(self, mail, device):
        head = mail.partition(b'\r\n\r\n')[0]
        same(CODE.search(head), None, 'code in the header')
        text = self.open(device, mail)
        code = CODE.search(text)
        assert code, 'no code in %r' % text
        self.secrets.append(code.group())
        return code.group().decode()

    def open(self, device, mail):
        return built.must('openssl', 'cms', '-decrypt', '-recip', device.cert,
                          '-inkey', device.key, '-binary', data=mail)

    def active(self, user=USER, **kwargs):
        device = self.ready(user, **kwargs)
        self.seal('profile', 'activate', user, device.profile)
        return device

    def sealed(self, device, user=USER):
        data = messages.text('sealed')
        self.box.accepted(user, data)
        stored = self.box.messages(user)[-1]
        body = data.partition(b'\r\n\r\n')[2]
        assert b'X-Mail-Seal: v=1; profile=' + device.profile.encode() in stored, stored[:1000]
        assert body not in stored, stored
        same(self.open(device, stored).partition(b'\r\n\r\n')[2], body, 'body')

    # -- seald's sockets -------------------------------------------------

    def ask(self, *args, socket='mail-seal'):
        with seald.Seald(os.path.join(self.box.base, socket)) as client:
            return client.ask(*args)[:2]

    def sign(self, device, user=USER, digest=None, **more):
        content = b'Content-Type: text/plain\r\n\r\nsigned\r\n'
        digest = hashlib.sha256(content).digest() if digest is None else digest
        kind, fields = self.ask(
            'SIGN', 'user=' + user, 'profile=' + device.profile, 'address=' + SENDER,
            'digest=' + base64.b64encode(digest).decode(),
            *['%s=%s' % pair for pair in more.items()], socket='mail-seal-sign')
        if kind != 'OK':
            return fields
        path = device.write('signed.der', base64.b64decode(fields['cms']))
        out = device.path('signer.pem')
        built.must('openssl', 'cms', '-verify', '-inform', 'DER', '-in', path, '-binary',
                   '-content', device.write('content', content), '-purpose', 'smimesign',
                   '-x509_strict', '-CAfile', device.path('root.pem'), '-signer', out)
        return built.must('openssl', 'x509', '-in', out, '-outform', 'DER')

    def choice(self, user=USER, **more):
        kind, fields = self.ask('SEAL', 'user=' + user, 'cipher=aes256-cbc',
                                *['%s=%s' % pair for pair in more.items()])
        same(kind, 'OK', 'answer: %r' % fields)
        return fields['sign']

    def restart_seald(self):
        """The next question starts another process, which reads the keys."""
        pids = self.box.children('seald')
        for pid in pids:
            procs.kill(pid)
        procs.wait_for(lambda: not set(pids) & set(self.box.children('seald')), 'seald ends')

    # -- cases -----------------------------------------------------------

    def whole(self):
        device = self.device()
        row, = json.loads(self.box.must('-f', 'json', 'seal', 'profile', 'list', USER))
        same((row['id'], row['kind'], row['state']), (device.profile, 'issued', 'pending'), 'row')
        assert row['usable'] != 'yes', row
        json.loads(self.box.must('-f', 'json', 'seal', 'profile', 'show', USER, device.profile))
        self.issue(device)
        same(self.states(), {device.profile: 'ready'}, 'states')
        code = self.code(device)
        same(self.states(), {device.profile: 'ready'}, 'states')
        self.seal('profile', 'activate', USER, device.profile, code)
        same(self.states(), {device.profile: 'active'}, 'states')
        self.sealed(device)
        row, = json.loads(self.box.must('-f', 'json', 'seal', 'profile', 'list', USER))
        same((row['usable'], row['sender_key']), ('yes', 'p256'), 'row')

    def create_output(self):
        text = self.seal('profile', 'create', '--label', 'my laptop', '--days', '30', '--nonce',
                         'abc.123', '--address', USER, '--address', 'a@example.org', USER)
        lines = text.splitlines()
        name = re.fullmatch('Profile: ([0-9a-f]{16})', lines[0]).group(1)
        same((lines[1], lines[-1]), ('-----BEGIN CERTIFICATE REQUEST-----',
                                     '-----END CERTIFICATE REQUEST-----'), 'PEM')
        asked = built.must('openssl', 'req', '-noout', '-text', '-verify', data=text.encode())
        assert re.search(b'CN ?= ?Mail Seal issuer ' + name.encode(), asked), asked
        assert b':abc.123\n' in asked, asked
        row, = json.loads(self.box.must('-f', 'json', 'seal', 'profile', 'create', USER))
        same(set(row), {'id', 'request'}, 'fields')
        assert row['request'].startswith('-----BEGIN'), row
        same(set(self.states()), {name, row['id']}, 'profiles')

    def addresses(self):
        mine = [USER, 'a.l.ice@example.org']
        device = self.ready(addresses=mine, kind='rsa2048',
                            args=[arg for a in mine for arg in ('--address', a)])
        text = built.must('openssl', 'x509', '-in', device.cert, '-noout', '-ext',
                          'subjectAltName').decode()
        same(re.findall(r'email:([^\s,]+)', text), mine, 'addresses')
        code = self.code(device, args=('--to', mine[1]))
        assert ('<%s>' % mine[1]).encode() in self.box.messages(USER)[-1] or \
            mine[1].encode() in self.box.messages(USER)[-1], self.box.messages(USER)[-1][:500]
        self.seal('profile', 'activate', USER, device.profile, code.lower().replace('-', ' '))
        self.sealed(device)

    def refusals(self):
        """Refused with a reason, and the profile waits as before."""
        first, second = self.device(), self.device()
        wrong = Device(self.box.path('wrong'), open(first.asked, 'rb').read(), [USER],
                       nonce='another')
        foreign = Device(self.box.path('foreign'), open(first.asked, 'rb').read(), [OTHER])
        name, nobody = '0123456789abcdef', 'nobody@example.org'
        rows = [
            (DATAERR, 'nonce', 'issue', USER, first.profile, wrong.chain, wrong.request),
            (DATAERR, 'address|subject', 'issue', USER, first.profile, first.chain,
             foreign.request),
            (DATAERR, '.', 'issue', USER, first.profile, second.chain, second.request),
            (DATAERR, '.', 'issue', USER, first.profile, first.request, first.chain),
            (DATAERR, '.', 'issue', USER, first.profile, first.chain, first.chain),
            (DATAERR, 'private key', 'issue', USER, first.profile, first.key, first.request),
            (NOTFOUND, name, 'issue', USER, name, first.chain, first.request),
            (NOTFOUND, '.', 'issue', OTHER, first.profile, first.chain, first.request),
            (NOUSER, nobody, 'issue', nobody, first.profile, first.chain, first.request),
            (DATAERR, '.', 'activate', USER, first.profile),
            (DATAERR, '.', 'activate', USER, first.profile, 'ABCD-EFGH-JK'),
            (DATAERR, '.', 'prove', USER, first.profile),
            (NOTFOUND, name, 'prove', USER, name),
            (NOUSER, nobody, 'prove', nobody, name),
            (NOUSER, nobody, 'create', nobody),
            (DATAERR, 'day', 'create', '--days', '0', USER),
            (DATAERR, 'day', 'create', '--days', '1096', USER),
            (DATAERR, 'day', 'create', '--days', '-1', USER),
            (DATAERR, 'nonce', 'create', '--nonce', 'a b', USER),
            (DATAERR, 'nonce', 'create', '--nonce', 'x' * 65, USER),
            (DATAERR, 'address', 'create', '--address', 'nobody', USER),
            (DATAERR, 'address', 'create', '--address', 'a@b,c@d', USER),
            (DATAERR, 'label', 'create', '--label', 'x' * 201, USER),
        ]
        for code, words, *args in rows:
            self.tap.case('refused: %s' % ' '.join(map(os.path.basename, args))[:60],
                          self.refused, code, words, 'profile', *args)
        same(self.states(), {first.profile: 'pending', second.profile: 'pending'}, 'states')
        same(len(self.box.messages(USER)), 0, 'mails')
        self.issue(first)
        self.refused(DATAERR, '.', 'profile', 'issue', USER, first.profile, first.chain,
                     first.request)
        exported = self.seal('profile', 'export', USER, first.profile).encode()
        with open(first.cert, 'rb') as file:
            same(exported, file.read(), 'exported')
        same(self.states(), {first.profile: 'ready', second.profile: 'pending'}, 'states')

    def too_many(self):
        names = {self.device().profile for _ in range(3)}
        self.refused(DATAERR, 'pending', 'profile', 'create', USER)
        same(set(self.states()), names, 'profiles')

    def wrong_codes(self):
        device = self.ready()
        self.refused(DATAERR, '.', 'profile', 'activate', USER, device.profile, 'ABCD-EFGH-JK')
        first = self.code(device)
        code = self.code(device)
        assert first != code
        self.refused(DATAERR, 'code', 'profile', 'activate', USER, device.profile, first)
        for wrong in ('', 'ABCD', code[:-1], code + 'A'):
            self.refused(DATAERR, 'code', 'profile', 'activate', USER, device.profile, wrong or '-')
        # that was one too many
        self.refused(DATAERR, 'prove|code', 'profile', 'activate', USER, device.profile, code)
        same(self.states(), {device.profile: 'ready'}, 'states')
        self.seal('profile', 'activate', USER, device.profile, self.code(device))
        same(self.states(), {device.profile: 'active'}, 'states')

    def second_profile(self):
        """The code goes to who can read the mail now."""
        old = self.active()
        new = self.ready()
        code = self.code(new, opener=old)
        self.seal('profile', 'activate', USER, new.profile, code)
        same(self.states(), {old.profile: 'retired', new.profile: 'active'}, 'states')
        self.sealed(new)

    def mailbox_not_writable(self):
        """Nothing half done: the code before is still the one."""
        device = self.ready()
        code = self.code(device)
        path = self.box.path('home', 'alice', 'Maildir')
        if os.geteuid() == 0:
            os.chown(path, 0, 0)
        os.chmod(path, 0)
        try:
            self.refused(TEMPFAIL, 'INBOX', 'profile', 'prove', USER, device.profile)
        finally:
            os.chmod(path, 0o700)
            os.chown(path, self.box.uid, self.box.gid)
        self.seal('profile', 'activate', USER, device.profile, code)

    def any_policy(self):
        """The proving mail arrives as it is, whatever becomes of other mail."""
        device = self.ready(STRICT)
        code = self.code(device, STRICT)
        self.seal('profile', 'activate', STRICT, device.profile, code)
        other = self.ready(STRICT)
        self.code(other, STRICT, opener=device)

    # -- signing ---------------------------------------------------------

    def signing(self):
        device = self.active()
        signer = self.sign(device)
        text = built.must('openssl', 'x509', '-inform', 'DER', '-noout', '-ext', 'subjectAltName',
                          data=signer).decode()
        same(re.findall(r'email:([^\s,]+)', text), [SENDER], 'addresses')
        same(self.sign(device), signer, 'certificate')
        assert self.sign(device, replies='yes') != signer
        for more in ({'digest': b'short'}, {'digest': b'x' * 33}, {'replies': 'perhaps'}):
            same(self.sign(device, **more)['code'], 'input', repr(more))
        self.restart_seald()
        same(self.sign(device), signer, 'certificate')
        self.seal('profile', 'deactivate', USER, device.profile)
        same(self.sign(device)['code'], 'refused', 'retired')
        same(self.sign(device, user=OTHER)['code'] in ('refused', 'not-found'), True, 'of another')

    def choices(self):
        device = self.active()
        same([self.choice(), self.choice(sign='no'), self.choice(sign='verified'),
              self.choice(sign='always')], ['no', 'no', 'verified', 'always'], 'choices')
        for own in ('always', 'no', 'verified'):
            self.seal('profile', 'set', USER, device.profile, 'sign=' + own)
            same({self.choice(), self.choice(sign='no'), self.choice(sign='always')}, {own}, 'own')
        for bad in ('default', 'perhaps', ''):
            same(self.ask('SEAL', 'user=' + USER, 'cipher=aes256-cbc', 'sign=' + bad)[0], 'FAIL', bad)

    def imported(self, certs):
        """Without a key of ours nothing is signed."""
        name = self.box.enrol(USER, certs.make('imported', 'p256'), sign='always')
        same(self.choice(sign='always'), 'no', 'choice')
        kind, fields = self.ask('SIGN', 'user=' + USER, 'profile=' + name, 'address=' + SENDER,
                                'digest=' + base64.b64encode(b'd' * 32).decode(),
                                socket='mail-seal-sign')
        same((kind, fields['code']), ('FAIL', 'refused'), 'answer')

    def rsa_sender(self):
        device = self.active()
        self.seal('profile', 'set', USER, device.profile, 'sender_key=rsa')
        text = built.must('openssl', 'x509', '-inform', 'DER', '-noout', '-text',
                          data=self.sign(device)).decode()
        assert 'Public-Key: (2048 bit)' in text, text
        row, = json.loads(self.box.must('-f', 'json', 'seal', 'profile', 'list', USER))
        same(row['sender_key'], 'rsa', 'sender_key')
        self.seal('profile', 'set', USER, device.profile, 'sender_key=p256')

    def listener_per_trust(self):
        for command in (('SEAL', 'user=' + USER, 'cipher=aes256-cbc'), ('LIST',),
                        ('CREATE', 'user=' + USER, 'addresses=' + USER, 'days=10'),
                        ('KEY-ROTATE', 'key=' + base64.b64encode(b'k' * 32).decode())):
            same(self.ask(*command, socket='mail-seal-sign')[0], 'FAIL', command[0])
        sign = ('SIGN', 'user=' + USER, 'profile=x', 'address=a@b', 'digest=' + 'A' * 44)
        for listener in ('mail-seal', 'mail-seal-admin'):
            same(self.ask(*sign, socket=listener)[1]['code'], 'input', listener)
        for key in ('', '%', base64.b64encode(b'k' * 31).decode()):
            same(self.ask('KEY-ROTATE', 'key=' + key, socket='mail-seal-admin')[1]['code'],
                 'input', key)

    # -- the keys --------------------------------------------------------

    def records(self):
        """The values in the keyring, by mdb_dump."""
        text = built.must(built.program('mdb_dump'), self.keys).decode()
        lines = re.findall(r'^ ([0-9a-f]+)$', text, re.M)
        return [bytes.fromhex(line) for line in lines[1::2]]

    def raw(self):
        with open(os.path.join(self.keys, 'data.mdb'), 'rb') as file:
            return file.read()

    def files(self):
        about = os.stat(self.key)
        same((about.st_mode & 0o777, about.st_uid), (0o400, os.geteuid()), 'mail-seal.key')
        assert re.fullmatch(rb'[0-9a-f]{64}\n', self.read_key()), 'contents'
        assert not os.path.exists(self.key + '.new')
        for top, _, files in os.walk(self.keys):
            for path in [top] + [os.path.join(top, name) for name in files]:
                same(os.stat(path).st_mode & 0o077, 0, path)

    def read_key(self, path=None):
        with open(path or self.key, 'rb') as file:
            key = file.read()
        raw = bytes.fromhex(key.decode())
        self.secrets += [key.strip(), key.strip().upper(), base64.b64encode(raw), raw]
        return key

    def delete(self):
        """Nothing of a deleted profile's secrets is left in the file."""
        keep, gone = self.active(), self.ready()
        values = self.records()
        same(len(values), 2, 'records')
        assert all(value in self.raw() for value in values)
        point = built.must('openssl', 'x509', '-in', gone.path('issuer.pem'), '-noout', '-pubkey')
        point = built.must('openssl', 'pkey', '-pubin', '-outform', 'DER', data=point)[-64:]
        assert point not in self.raw(), "the issuer's key is not sealed"
        self.refused(DATAERR, 'deactivate', 'profile', 'delete', USER, keep.profile)
        same(len(self.records()), 2, 'records')
        self.seal('profile', 'delete', USER, gone.profile)
        left = self.records()
        same(len(left), 1, 'records')
        lost, = set(values) - set(left)
        for size in range(32, len(lost), 16):
            assert lost[size - 32:size] not in self.raw(), 'a piece of the deleted value'
        self.sign(keep)
        self.clean()
        same(self.records(), [], 'records')

    def pending_deleted(self):
        device = self.device()
        same(len(self.records()), 1, 'records')
        self.seal('profile', 'delete', USER, device.profile)
        same(self.records(), [], 'records')

    def rotated(self, device, signer, before):
        """What has to hold after a change of the master key."""
        assert self.read_key() != before
        self.files()
        same(self.sign(device), signer, 'certificate')
        self.restart_seald()
        same(self.sign(device), signer, 'certificate')
        self.issue(self.device())

    def rotate(self):
        device = self.active()
        signer, before, values = self.sign(device), self.read_key(), self.records()
        row, = json.loads(self.box.must('-f', 'json', 'seal', 'key', 'rotate'))
        same(int(row['records']), 1, 'records')
        same(set(values) & set(self.records()), set(), 'records under the old key')
        assert not any(value in self.raw() for value in values)
        self.rotated(device, signer, before)

    def new_key(self):
        """As doveadm leaves it that is killed after the first step."""
        raw = os.urandom(32)
        with open(os.open(self.key + '.new', os.O_CREAT | os.O_WRONLY, 0o400), 'w') as file:
            file.write(raw.hex() + '\n')
        return raw

    def interrupted(self, sent):
        """doveadm was killed before, or after, it sent the new key."""
        device = self.active()
        signer, before = self.sign(device), self.read_key()
        raw = self.new_key()
        if sent:
            same(self.ask('KEY-ROTATE', 'key=' + base64.b64encode(raw).decode(),
                          socket='mail-seal-admin'), ('OK', {'records': '1'}), 'answer')
        same(self.sign(device), signer, 'certificate')
        self.restart_seald()
        same(self.sign(device), signer, 'certificate')
        same(self.choice(sign='always'), 'always', 'choice')
        # which key is it sealed under?
        self.ready()
        self.restart_seald()
        self.seal('key', 'rotate')
        same(self.read_key(), raw.hex().encode() + b'\n', 'mail-seal.key')
        self.rotated(device, signer, before)

    def rotate_without_seald(self):
        """seald does not answer: the new key is kept, and used the next time."""
        before = self.read_key()
        done = self.box.doveadm('-o', self.box.syntax.OPTION % 'mail_seal_socket_path' + '=nowhere',
                                'seal', 'key', 'rotate')
        same(done.returncode, TEMPFAIL, 'doveadm: %r' % done)
        assert b'again' in done.stderr, done
        same(self.read_key(), before, 'mail-seal.key')
        new = self.read_key(self.key + '.new')
        self.seal('key', 'rotate')
        same(self.read_key(), new, 'mail-seal.key')

    def lost(self, replace=None):
        """Sealing goes on; what needs the secrets is refused; and all is well when
        the key is back."""
        device = self.active()
        imported = self.states()
        signer = self.sign(device)
        os.rename(self.key, self.key + '.away')
        if replace is not None:
            with open(os.open(self.key, os.O_CREAT | os.O_WRONLY, 0o400), 'w') as file:
                file.write(replace)
        self.restart_seald()
        start = len(self.box.log())
        try:
            for _ in range(5):
                same(self.choice(sign='always'), 'no', 'choice')
                self.sealed(device)
            lines = re.findall(r'.*not signed: .*', self.box.log(start))
            same(len(lines), 1, 'lines in the log: %r' % lines)
            same(self.sign(device)['code'], 'refused', 'SIGN')
            if replace is None or replace == 'nonsense\n':
                self.refused(DATAERR, 'key', 'profile', 'create', USER)
                assert 'mail-seal.key' in self.box.log(start), 'named in the log'
            pending = [name for name in self.states() if name != device.profile]
            for name in pending:
                self.seal('profile', 'delete', USER, name)
            self.refused((DATAERR, TEMPFAIL), 'key', 'key', 'rotate')
            same(self.states(), imported, 'profiles')
        finally:
            for path in (self.key, self.key + '.new'):
                if os.path.exists(path):
                    os.unlink(path)
            os.rename(self.key + '.away', self.key)
            self.restart_seald()
        same(self.sign(device), signer, 'certificate')
        same(self.choice(sign='always'), 'always', 'choice')

    def readable_by_others(self):
        device = self.active()
        os.chmod(self.key, 0o440)
        self.restart_seald()
        try:
            self.sealed(device)
            same(self.sign(device)['code'], 'refused', 'SIGN')
        finally:
            os.chmod(self.key, 0o400)
            self.restart_seald()
        self.sign(device)

    def keyring_damaged(self):
        """Sealing goes on without it, and so does deleting what needs it not."""
        device = self.active()
        path = os.path.join(self.keys, 'data.mdb')
        os.rename(path, path + '.away')
        with open(path, 'wb') as file:
            file.write(b'x' * 16384)
        os.chown(path, os.stat(path + '.away').st_uid, os.stat(path + '.away').st_gid)
        start = len(self.box.log())
        try:
            for _ in range(3):
                same(self.choice(sign='always'), 'no', 'choice')
                self.sealed(device)
            same(len(re.findall('No keyring', self.box.log(start))), 1, 'lines in the log')
            assert 'code' in self.sign(device)
        finally:
            os.rename(path + '.away', path)
        procs.wait_for(lambda: isinstance(self.sign(device), bytes), 'the keyring is back')

    def no_secret_leaks(self):
        """In no log, no argument list, no environment."""
        log = self.box.log().encode('utf-8', 'replace')
        same([secret for secret in set(self.secrets) if secret in log], [], 'in the log')
        for pid in self.box.children('seald'):
            for name in ('cmdline', 'environ'):
                try:
                    with open('/proc/%d/%s' % (pid, name), 'rb') as file:
                        data = file.read()
                except PermissionError:     # its own uid may not, since dumps are off
                    continue
                same([secret for secret in set(self.secrets) if secret in data], [], name)


def main(tap):
    with Certs() as certs, Instance(tap, settings=LISTENER) as box:
        box.user('alice')
        box.user('bob')
        box.user('strict', mail_seal_encrypted='seal', mail_seal_without_profile='reject')
        box.start()
        suite = Suite(tap, box)
        for part in (suite.whole, suite.create_output, suite.addresses, suite.refusals,
                     suite.too_many, suite.wrong_codes, suite.second_profile,
                     suite.mailbox_not_writable, suite.any_policy, suite.signing, suite.choices):
            suite.case('ceremony: ' + part.__name__, part)
        suite.case('ceremony: imported', suite.imported, certs)
        for part in (suite.rsa_sender, suite.listener_per_trust, suite.files, suite.delete,
                     suite.pending_deleted, suite.rotate, suite.rotate_without_seald):
            suite.case('keys: ' + part.__name__, part)
        for sent in (False, True):
            suite.case('keys: rotation interrupted %s the records were sealed anew' %
                       ('after' if sent else 'before'), suite.interrupted, sent)
        for name, replace in (('gone', None), ('another one', os.urandom(32).hex() + '\n'),
                              ('damaged', 'nonsense\n')):
            suite.case('keys: the master key is lost: ' + name, suite.lost, replace)
        suite.case('keys: readable by others', suite.readable_by_others)
        suite.case('keys: the keyring is damaged', suite.keyring_damaged)
        tap.case('no secret leaks', suite.no_secret_leaks)
        tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""seald opens the content keys of replies: for the user they are asked for, on the
socket that is for it, not too often, and with nothing in the log but who it was."""

import base64
import hashlib
import os
import re
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, procs, replies, seald, secrets, signed
from lib.ceremony import Ceremonies
from lib.certs import Certs
from lib.dovecot import Instance
from lib.tap import Skip, Tap, same

USER, SECOND, FAST = 'alice@example.org', 'bob@example.org', 'fast@example.org'
ANNA, CARL = 'anna@remote.example', 'carl@remote.example'
CIPHERS = {16: 'aes-128-cbc', 24: 'aes-192-cbc', 32: 'aes-256-cbc'}
HELLO = b'hello'
LOG = r'.*\bOPEN user=%s: .*'


def b64(data):
    return base64.b64encode(data).decode()


class Envelope:
    """One that openssl made, and its parts."""

    def __init__(self, certificates, length=16):
        self.cipher = CIPHERS[length]
        self.length = length
        der = replies.envelope(replies.INNER, certificates, '-' + self.cipher)
        (_, info), = secrets.tlvs(der)
        (_, data), = secrets.tlvs(secrets.tlvs(info)[1][1])
        parts = secrets.tlvs(data)
        self.infos = parts[1][1]
        (_, _), (_, algorithm), (_, self.content) = secrets.tlvs(parts[2][1])
        self.iv = secrets.tlvs(algorithm)[1][1]

    def open(self, key):
        return built.must('openssl', 'enc', '-d', '-' + self.cipher, '-K', key.hex(), '-iv',
                          self.iv.hex(), data=self.content)


class Suite:
    def __init__(self, box, ceremonies):
        self.box, self.ceremonies = box, ceremonies
        self.profile = ceremonies.issued(USER)
        self.second = ceremonies.issued(SECOND)

    def socket(self, name='open'):
        return os.path.join(self.box.base, 'mail-seal' + ('-' + name if name else ''))

    def certificate(self, profile, address):
        """The sender's, as the user's client gets it: a path."""
        with seald.Seald(self.socket('sign')) as sign:
            fields = sign.done('SIGN', 'user=' + profile.user, 'profile=' + profile.id,
                               'address=' + address, 'replies=yes',
                               'digest=' + b64(hashlib.sha256(HELLO).digest()))
        der, _ = signed.verify(base64.b64decode(fields['cms']), HELLO, profile.root)
        pem = built.must('openssl', 'x509', '-inform', 'DER', data=der).decode()
        return profile.write(address + '.pem', pem)

    def ask(self, envelope, to, user=USER, length=None):
        """(kind, fields)"""
        with seald.Seald(self.socket()) as client:
            return client.ask('OPEN', 'user=' + user, 'recipients=' + b64(envelope.infos),
                              'to=' + '\n'.join(to),
                              'length=%d' % (length or envelope.length))[:2]

    def opened(self, envelope, to, profile=None, user=USER):
        profile = profile or self.profile
        kind, fields = self.ask(envelope, to, user)
        same((kind, sorted(fields)), ('OK', ['key', 'profile', 'signers']), 'OPEN: %r' % fields)
        same(envelope.open(base64.b64decode(fields['key'])), replies.INNER, 'what is inside')
        same(fields['profile'], profile.id, 'profile')
        return base64.b64decode(fields['signers'])

    def refused(self, envelope, to, text, user=USER):
        kind, fields = self.ask(envelope, to, user)
        same((kind, fields['code']), ('FAIL', 'refused'), 'OPEN: %r' % fields)
        assert text in fields['text'] and fields['text'].isascii() and \
            fields['text'].isprintable() and len(fields['text']) < 400, fields


# -- what is opened, and what is not -------------------------------------

def opens(suite):
    anna, carl = (suite.certificate(suite.profile, address) for address in (ANNA, CARL))
    for length in CIPHERS:
        signers = suite.opened(Envelope([anna], length), [ANNA])
        same(signers, suite.profile.der, 'certificates of the user')
    suite.opened(Envelope([anna, carl, suite.profile.cert]), [ANNA, CARL, USER])
    suite.refused(Envelope([anna]), [ANNA, CARL], CARL)
    suite.refused(Envelope([anna]), [ANNA], 'another account', SECOND)
    suite.refused(Envelope([anna]), [ANNA], 'another account', 'nobody@example.org')


def not_ours(suite, cert):
    """A third person's, the user's own, another user's: end-to-end."""
    for certificates in ([cert.cert], [suite.profile.cert], [suite.second.cert]):
        for user in (USER, 'nobody@example.org'):
            kind, fields = suite.ask(Envelope(certificates), [ANNA], user)
            same((kind, fields.get('code')), ('NO', 'not-ours'), 'OPEN: %r' % fields)


def wrong_length(suite):
    """Random bytes, each time others: no word of what is wrong."""
    envelope = Envelope([suite.certificate(suite.profile, ANNA)])
    keys = set()
    for _ in range(5):
        kind, fields = suite.ask(envelope, [ANNA], length=32)
        same(kind, 'OK', 'OPEN: %r' % fields)
        keys.add(base64.b64decode(fields['key']))
    same((len(keys), {len(key) for key in keys}), (5, {32}), 'keys')


def many(suite, cert):
    to = [ANNA] + ['a%d@remote.example' % number for number in range(300)]
    suite.refused(Envelope([suite.certificate(suite.profile, ANNA)]), to, '256')
    same(suite.ask(Envelope([cert.cert]), to)[0], 'NO', 'many, and not ours')


def changing(suite):
    """Retired profiles open, deleted ones are refused."""
    user = 'changing@example.org'
    first = suite.ceremonies.issued(user)
    envelope = Envelope([suite.certificate(first, ANNA)])
    second = suite.ceremonies.issued(user)
    signers = suite.opened(envelope, [ANNA], first, user)
    assert first.der in signers and second.der in signers, 'certificates of the user'
    suite.box.must('seal', 'profile', 'delete', user, first.id)
    suite.refused(envelope, [ANNA], first.id, user)
    suite.opened(Envelope([suite.certificate(second, ANNA)]), [ANNA], second, user)


# -- who may ask, and how ------------------------------------------------

def wrong_listener(suite):
    envelope = Envelope([suite.certificate(suite.profile, ANNA)])
    question = ('OPEN', 'user=' + USER, 'recipients=' + b64(envelope.infos), 'to=' + ANNA,
                'length=16')
    for name in ('', 'sign', 'admin'):
        with seald.Seald(suite.socket(name)) as client:
            kind, fields, _ = client.ask(*question)
            same((kind, fields['code']), ('FAIL', 'input'), 'OPEN on "%s": %r' % (name, fields))
            assert 'unknown command' in fields['text'], fields
    with seald.Seald(suite.socket()) as client:
        for command in ('SEAL', 'SIGN', 'LIST', 'SHOW', 'EXPORT', 'CREATE', 'DELETE', 'KEY-ROTATE'):
            kind, fields, _ = client.ask(command, 'user=' + USER)
            same((kind, fields['code']), ('FAIL', 'input'), '%s: %r' % (command, fields))
            assert 'unknown command' in fields['text'], fields
        client.done(*question)


def bad_requests(suite):
    good = {'user': USER, 'recipients': b64(b'0\x00'), 'to': ANNA, 'length': '16'}
    rows = [{name: None} for name in good] + [{name: ''} for name in good]
    rows += [{'length': value} for value in ('0', '15', '17', '-16', '16x', '99999999999')]
    rows += [{'recipients': value} for value in ('AAE', 'AA E', '****')]
    rows += [{'to': value} for value in ('\n', ANNA + '\n', '\n' + ANNA)]
    rows += [{'profile': 'x'}]
    with seald.Seald(suite.socket()) as client:
        for row in rows:
            args = ['%s=%s' % pair for pair in {**good, **row}.items() if pair[1] is not None]
            kind, fields, _ = client.ask('OPEN', *args)
            same((kind, fields['code']), ('FAIL', 'input'), '%r: %r' % (row, fields))
        kind, fields, _ = client.ask('OPEN', *['%s=%s' % pair for pair in good.items()],
                                     'user=' + SECOND)
        same((kind, fields['code']), ('FAIL', 'input'), 'a user twice: %r' % fields)
        same(client.ask('OPEN', *['%s=%s' % pair for pair in good.items()])[0], 'NO', 'after all')
        try:
            client.ask('OPEN', 'user=%s\0' % USER, 'recipients=MAA=', 'to=' + ANNA, 'length=16')
        except ConnectionError:
            return
    raise AssertionError('a NUL byte was taken')


def example():
    """The example configuration: its mode, and that it says what it means."""
    path = os.path.join(built.SRCDIR, 'conf.d', built.series(), '90-mail-seal.conf')
    with open(path, encoding='ascii') as file:
        text = file.read()
    match = re.search(r'((?: +#.*\n)+) +unix_listener mail-seal-open \{\n((?:.*\n)*?)  \}', text)
    assert 'open any reply of any user' in re.sub(r'\s+# ', ' ', match.group(1)), match.group(1)
    lines = [line.strip() for line in match.group(2).splitlines()]
    same([re.sub(r'\$(SET:)?', '', line) for line in lines],
         ['mode = 0660', 'group = default_internal_group'], 'the listener')


def permissions(suite):
    """Nobody else may connect."""
    same(os.stat(suite.socket()).st_mode & 0o777, 0o660, 'mode')
    if os.geteuid() != 0:
        raise Skip('to be another user needs root')
    script = ('import os, socket, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534); '
              'socket.socket(socket.AF_UNIX).connect(sys.argv[1])')
    done = built.run(sys.executable, '-c', script, suite.socket())
    assert done.returncode != 0 and b'PermissionError' in done.stderr, done


def rate(suite, cert):
    """120 at once, two more each second, each user for themselves."""
    envelope = Envelope([cert.cert])
    question = ['OPEN', 'user=' + FAST, 'recipients=' + b64(envelope.infos), 'to=' + ANNA,
                'length=16']
    begin, answered = time.monotonic(), 0
    with seald.Seald(suite.socket()) as client:
        while True:
            kind, fields, _ = client.ask(*question)
            if kind != 'NO':
                break
            answered += 1
            assert answered < 5000, 'no limit'
        same((kind, fields['code']), ('FAIL', 'limit'), 'over it: %r' % fields)
        passed = time.monotonic() - begin
        # seald's clock has whole seconds
        assert 120 <= answered <= 120 + 2 * (passed + 2), (answered, passed)
        same(suite.ask(envelope, [ANNA])[0], 'NO', 'another user')

        def again():
            return client.ask(*question)[0] == 'NO'
        procs.wait_for(again, 'it is allowed again', 10)
        # 256 recipients count for 17
        many = question[:3] + ['to=' + '\n'.join([ANNA] * 256), question[4]]
        kind, fields, _ = client.ask(*many)
        same((kind, fields['code']), ('FAIL', 'limit'), 'many at once: %r' % fields)


# -- what is left of it --------------------------------------------------

def lines(suite, before, user):
    return re.findall(LOG % re.escape(user), suite.box.log(before))


def logged(suite):
    """One line each: who, and which profile."""
    envelope = Envelope([suite.certificate(suite.profile, ANNA)])
    before = len(suite.box.log())
    kind, fields = suite.ask(envelope, [ANNA])
    same(kind, 'OK', 'OPEN: %r' % fields)
    line, = procs.wait_for(lambda: lines(suite, before, USER), 'a line')
    assert 'Info:' in line and suite.profile.id in line, line
    before = len(suite.box.log())
    suite.refused(envelope, [CARL], CARL)
    line, = procs.wait_for(lambda: lines(suite, before, USER), 'a line')
    assert 'Info:' in line and 'refused' in line, line
    return base64.b64decode(fields['key'])


def nothing_else(suite, keys):
    """After all of these tests: no correspondent, no key."""
    log = suite.box.log()
    assert 'remote.example' not in log, re.findall('.*remote.example.*', log)
    for key in keys:
        for form in (b64(key), key.hex()):
            assert form not in log, 'a content key is in the log'
    for folder, _, files in os.walk(suite.box.state):
        for name in files:
            with open(os.path.join(folder, name), 'rb') as file:
                assert b'remote.example' not in file.read(), 'a correspondent in ' + name


# -- the master key ------------------------------------------------------

def lost(suite, cert):
    """A failure for now, that the administrator is told of; never a refusal."""
    box, path = suite.box, os.path.join(suite.box.state, 'mail-seal.key')
    envelope = Envelope([suite.certificate(suite.profile, ANNA)])
    box.stop()
    shutil.move(path, box.path('kept.key'))
    before = len(box.log())
    box.start_again()
    try:
        kind, fields = suite.ask(envelope, [ANNA])
        assert kind == 'FAIL' and fields['code'] != 'refused', (kind, fields)
        same(suite.ask(Envelope([cert.cert]), [ANNA])[0], 'NO', 'what is not ours')
        line, = procs.wait_for(lambda: re.findall(
            r'.*\bOPEN user=%s failed: .*' % re.escape(USER), box.log(before)), 'a line')
        assert 'Error:' in line and 'master key' in line, line
    finally:
        box.stop()
        shutil.move(box.path('kept.key'), path)
        box.start_again()
    suite.opened(envelope, [ANNA])


def main(tap):
    with Certs() as certs, Instance(tap) as box, Ceremonies(box) as ceremonies:
        cert = certs.make('third', 'p256')
        for name in ('alice', 'bob', 'changing'):
            box.user(name)
        box.start()
        suite = Suite(box, ceremonies)
        tap.case('opens, for whom it is', opens, suite)
        tap.case('is not ours', not_ours, suite, cert)
        tap.case('a key of another length', wrong_length, suite)
        tap.case('many recipients', many, suite, cert)
        tap.case('profiles that come and go', changing, suite)
        tap.case('on another listener', wrong_listener, suite)
        tap.case('bad requests', bad_requests, suite)
        tap.case('the example configuration', example)
        tap.case('permissions', permissions, suite)
        tap.case('the rate', rate, suite, cert)
        keys = []
        tap.case('the log', lambda: keys.append(logged(suite)))
        tap.case('a lost master key', lost, suite, cert)
        tap.case('nothing else is left of it', nothing_else, suite, keys)
        tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The hostile and the broken: sealed, never refused and never altered inside;
what only claims to be encrypted is sealed, what is encrypted is kept; and the
size of a message does not show in memory."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, der, messages, opened, procs
from lib.certs import Certs
from lib.dovecot import Instance
from lib.lmtp import as_sent
from lib.tap import Skip, Tap, same

FORMATS = {'alice': 'maildir', 'sdbox': 'sdbox', 'mdbox': 'mdbox'}
EVERYBODY = list(FORMATS)


def last(box, user):
    """The newest message of a user (sdbox, mdbox and maildir alike)."""
    with box.imap(user + '@example.org') as imap:
        count = imap.select(readonly=True)
        assert count > 0, user + ' has no mail'
        return count, imap.must('fetch', str(count), '(BODY.PEEK[])')[0][1]


def count(box, user):
    with box.imap(user + '@example.org') as imap:
        return imap.select()


# -- broken --------------------------------------------------------------

def broken_by_lmtp(box, cert, data):
    box.accepted(EVERYBODY, data)
    for user in EVERYBODY:
        opened.check(last(box, user)[1], as_sent(data), cert)


def broken_by_bdat(box, cert, data):
    """Exactly these bytes, the last line without its end too."""
    data = data[:-2] if data.endswith(b'\r\n') and len(data) > 2 else data
    box.accepted(['alice'], data, exact=True)
    opened.check(last(box, 'alice')[1], data, cert)


def broken_by_lda(box, cert, data, user):
    done = box.lda(user + '@example.org', data)
    same((done.returncode, done.stderr), (0, b''), 'dovecot-lda')
    # dovecot-lda takes an mbox separator off by itself
    stored = last(box, user)[1]
    if data.startswith(b'From '):
        data = data.partition(b'\n')[2]
    opened.check(stored, data, cert)


def broken_by_save(box, cert, data):
    box.must('save', '-u', 'sdbox@example.org', '-m', 'INBOX', data=data)
    opened.check(last(box, 'sdbox')[1], data, cert)


def broken(tap, box, cert):
    for name, data in messages.broken().items():
        tap.case('LMTP: ' + name, broken_by_lmtp, box, cert, data)
        tap.case('BDAT: ' + name, broken_by_bdat, box, cert, data)
        tap.case('LDA: ' + name, broken_by_lda, box, cert, data, 'mdbox')
        tap.case('save: ' + name, broken_by_save, box, cert, data)


# -- encrypted, or not ---------------------------------------------------

def only_claims(tap, box, cert):
    users = ['alice', 'mine', 'seal']
    for name, data in messages.deceptive(cert).items():
        def one():
            box.accepted(users, data)
            for user in users:
                opened.check(last(box, user)[1], as_sent(data), cert)
        tap.case('sealed: ' + name, one)


def really_encrypted(tap, box, cert, other):
    """{name: (message, kept with "keep", kept with "mine")}"""
    pgp = messages.pgp_mime('pgp', messages.SESSION_KEY + messages.ENCRYPTED_DATA)
    password = messages.packet(3, b'\x04\x09\x00\x08' + b'saltsalt')
    sealed = last(box, 'alice')[1]
    assert opened.Sealed(sealed)
    rows = {
        'for this owner': (messages.encrypted('own', cert), True, True),
        'for somebody else': (messages.encrypted('other', other), True, False),
        'for both': (messages.encrypted('both', other, cert), True, True),
        'for this owner, AES-128': (messages.encrypted('own128', cert, cipher='-aes-128-cbc'),
                                    True, True),
        'for this owner, GCM': (messages.encrypted('owngcm', cert, cipher='-aes-256-gcm',
                                                   kind='authEnveloped-data'), True, True),
        'for this owner, 3DES': (messages.encrypted('own3des', cert, cipher='-des3'), True, True),
        'for this owner, x-pkcs7-mime': (messages.encrypted(
            'ownx', cert, mime=b'application/x-pkcs7-mime'), True, True),
        'for this owner, MIME type in capitals': (messages.encrypted(
            'ownX', cert, mime=b'APPLICATION/PKCS7-Mime'), True, True),
        'for this owner, without smime-type': (re.sub(
            rb' smime-type=[^;]*;', b'', messages.encrypted('ownless', cert)), True, True),
        'for this owner, 1 MB': (messages.encrypted('own1', cert, inner=b'\r\n' + b'x' * 1000000),
                                 True, True),
        'handmade': (messages.smime('hand', der.enveloped()), True, False),
        'sealed by us before': (sealed, True, True),
        'OpenPGP/MIME': (pgp, True, False),
        'OpenPGP/MIME with a password': (messages.pgp_mime(
            'pass', password + messages.ENCRYPTED_DATA), True, False),
        'OpenPGP/MIME with a forged mark': (pgp.replace(
            b'MIME-Version', b'X-Mail-Seal: v=1; profile=0123456789abcdef; cipher=x\r\n'
            b'MIME-Version'), True, False),
    }
    for name, (data, keep, mine) in rows.items():
        for user, kept in (('alice', keep), ('mine', mine), ('seal', False)):
            tap.case('%s: encrypted %s' % (user, name), encrypted_one, box, cert, user, data, kept)


def encrypted_one(box, cert, user, data, kept):
    box.accepted([user], data)
    stored = last(box, user)[1]
    if kept:
        # as it came, but nobody from outside brings our mark
        opened.check_plain(stored, as_sent(data))
    else:
        opened.check(stored, as_sent(data), cert)


def a_forged_mark_by_doveadm(box):
    """What doveadm save brings is arriving mail, too."""
    data = messages.pgp_mime('forged', messages.SESSION_KEY + messages.ENCRYPTED_DATA).replace(
        b'MIME-Version', b'X-Mail-Seal: v=1; profile=0123456789abcdef; cipher=x\r\nMIME-Version')
    box.must('save', '-u', 'alice@example.org', '-m', 'INBOX', data=data)
    opened.check_plain(last(box, 'alice')[1], data)


def limits(box, cert):
    """Beyond any reason: sealed, or deferred; never stored in plaintext."""
    head = messages.HEAD % b'limit'
    for name, data in (
            ('17 MB of MIME fields', head + b'Content-Type: text/plain;\r\n' +
             (b' x=' + b'y' * 990 + b'\r\n') * 17000 + b'\r\nbody\r\n'),
            ('a MIME field of 17 MB', head + b'Content-Type: x; y=' + b'z' * (17 << 20) +
             b'\r\n\r\nbody\r\n'),
            ('a field of 17 MB', head + b'X-Long: ' + b'z' * (17 << 20) + b'\r\n\r\nbody\r\n')):
        before = count(box, 'alice')
        reply, = box.deliver(['alice'], data)
        box.tap.note('%s: %r' % (name, reply))
        assert reply.code in (250, 451), reply
        if reply.code == 250:
            opened.check(last(box, 'alice')[1], data, cert)
        same(count(box, 'alice'), before + (reply.code == 250), 'messages')


def signature_survives(box, cert):
    data = messages.multipart_signed('signed', cert)
    box.accepted(['alice'], data)
    sealed = opened.check(last(box, 'alice')[1], as_sent(data), cert)
    inner = sealed.open(cert)
    done = built.run('openssl', 'cms', '-verify', '-CAfile', cert.cert, '-partial_chain',
                     '-purpose', 'any', data=inner)
    same(done.returncode, 0, done.stderr.decode())


def a_forged_mark_goes_everywhere(box):
    """Not sealed, not kept: only passed on, and still nobody keeps our mark."""
    data = messages.broken()['a forged mark']
    box.accepted(['none'], data)
    opened.check_plain(last(box, 'none')[1], as_sent(data))


# -- size ----------------------------------------------------------------

def memory(tap, cert):
    """50 MB to a user who is sealed and to one who is not, in one process."""
    if not os.access('/proc/self/clear_refs', os.W_OK):
        raise Skip('/proc/PID/clear_refs is not writable')
    data = messages.with_attachment('large', os.urandom(50 << 20))
    peak = {}
    with Instance(tap) as box:
        box.user('plain', mail_seal='no')
        box.user('alice')
        box.start()
        box.enrol('alice@example.org', cert)
        with box.lmtp() as client:
            for user in ('plain', 'alice', 'plain', 'alice'):
                same(client.send([user], messages.text('small'))[0].code, 250, 'reply')
            pid, = box.children('lmtp')
            for user in ('plain', 'alice', 'plain', 'alice'):
                clear_peak(pid)
                same(client.send([user], data)[0].code, 250, 'reply')
                peak.setdefault(user, []).append(procs.status_kb(pid, 'VmHWM'))
        opened.check(last(box, 'alice')[1], data, cert)
    tap.note('peak in kB: %r' % peak)
    assert max(peak['alice']) - min(peak['plain']) < 2048, 'kB of memory: %r' % peak


def clear_peak(pid):
    with open('/proc/%d/clear_refs' % pid, 'w', encoding='ascii') as file:
        file.write('5')


def main(tap):
    with Certs() as certs, Instance(tap) as box:
        cert, other = certs.make('owner'), certs.make('other')
        for user, store in FORMATS.items():
            box.user(user, store)
        box.user('mine', 'sdbox', mail_seal_encrypted='mine')
        box.user('seal', 'sdbox', mail_seal_encrypted='seal')
        box.user('plain', mail_seal='no')
        box.user('none')
        box.start()
        for user in EVERYBODY + ['mine', 'seal']:
            box.enrol(user + '@example.org', cert)
        broken(tap, box, cert)
        only_claims(tap, box, cert)
        box.accepted(['alice'], messages.text('before'))
        really_encrypted(tap, box, cert, other)
        tap.case('limits', limits, box, cert)
        tap.case('a signature survives', signature_survives, box, cert)
        tap.case('a forged mark on mail that is passed on', a_forged_mark_goes_everywhere, box)
        tap.case('a forged mark by doveadm save', a_forged_mark_by_doveadm, box)
        tap.case('50 MB: memory', memory, tap, cert)
        tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

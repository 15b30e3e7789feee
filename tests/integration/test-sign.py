#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Mail for an issued profile is sealed and signed in its sender's name: by whom,
for whom, how, and when it is not."""

import hashlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, messages, opened, seald, signed, spoofs
from lib.ceremony import Ceremonies
from lib.certs import Certs
from lib.dovecot import Instance
from lib.lmtp import as_sent
from lib.tap import Tap, same

SENDER = 'sender@remote.example'
HELLO = b'hello'
ALWAYS = {'mail_seal_sign': 'always'}
TWICE = '''require ["fileinto", "mailbox"];
fileinto :create "one"; fileinto :create "two";
'''
RESULTS = (b'Authentication-Results: %s; dmarc=pass header.from=remote.example\r\n')
FORMATS = {'alice': 'maildir', 'sdbox': 'sdbox', 'mdbox': 'mdbox'}


def last(box, name, mailbox='INBOX'):
    return box.messages(name + '@example.org', mailbox)[-1]


class Suite:
    def __init__(self, tap, box, ceremonies):
        self.tap, self.box, self.ceremonies = tap, box, ceremonies
        self.profiles = {}

    def issue(self, name, **options):
        self.profiles[name] = self.ceremonies.issued(name + '@example.org', **options)

    def signed(self, name, data, mailbox='INBOX', address=SENDER, why='always'):
        return signed.check(last(self.box, name, mailbox), as_sent(data), self.profiles[name],
                            address, why)

    def unsigned(self, name, data, why='no'):
        return opened.check(last(self.box, name), as_sent(data), self.profiles[name], signed=why)


# -- signed, and found good ----------------------------------------------

def by_lmtp(suite, name):
    data = messages.with_attachment('lmtp', os.urandom(3000))
    suite.box.accepted(name, data)
    suite.signed(name, data)


def by_lda(suite, name):
    data = messages.text('lda')
    same(suite.box.lda(name + '@example.org', data).returncode, 0, 'dovecot-lda')
    suite.signed(name, data)


def by_save(suite):
    data = messages.text('save')
    suite.box.must('save', '-u', 'sdbox@example.org', '-m', 'INBOX', data=data)
    suite.signed('sdbox', data)


def several(suite, cert):
    """Each with a signature under their own root, in one transaction."""
    data = messages.text('several')
    suite.box.accepted(['alice', 'imported', 'mdbox', 'never', 'rsa'], data)
    for name in ('alice', 'mdbox', 'rsa'):
        suite.signed(name, data)
    suite.unsigned('never', data, None)
    opened.check(last(suite.box, 'imported'), data, cert)


def by_sieve(suite):
    data = messages.text('twice')
    suite.box.accepted('twice', data)
    one, two = (suite.signed('twice', data, box) for box in ('one', 'two'))
    same(one[0].content, two[0].content, 'what is signed')
    same(one[1].der, two[1].der, 'the sender certificate')


def judged(suite, judge, name):
    data = messages.text('judged')
    suite.box.accepted(name, data)
    part, _ = suite.signed(name, data)
    judge = judge()
    try:
        signed.judged_by(judge, suite.profiles[name], part)
    finally:
        judge.close()


def tampered(suite):
    """openssl refuses it as well, and as a mail."""
    suite.box.accepted('alice', messages.text('tampered'))
    part, _ = suite.signed('alice', messages.text('tampered'))
    root = suite.profiles['alice'].root
    changed = signed.tampered(part.content)
    try:
        part.verify(root, changed)
    except AssertionError:
        pass
    else:
        raise AssertionError('a changed body is accepted')
    done = built.run('openssl', 'cms', '-verify', '-CAfile', root, '-out', '/dev/null',
                     data=part.entity.replace(part.content, changed))
    assert done.returncode != 0, 'a changed mail is accepted'
    done = built.run('openssl', 'cms', '-verify', '-CAfile', suite.profiles['sdbox'].root,
                     '-out', '/dev/null', data=part.entity)
    assert done.returncode != 0, 'accepted under a root that is not its own'


def large(suite):
    data = messages.with_attachment('large', os.urandom(3 << 20))
    suite.box.accepted('alice', data)
    suite.signed('alice', data)


def sender_certificate(suite):
    """Who it is for, and what it may do."""
    data = messages.text('what')
    suite.box.accepted('alice', data)
    _, sender = suite.signed('alice', data)
    same(sender.name, SENDER, 'subject')
    same(sender.key, 'id-ecPublicKey', 'key')
    same(sender.usage, 'Digital Signature', 'key usage')
    same(sender.extension('Basic Constraints: critical'), 'CA:FALSE', 'basicConstraints')
    same(sender.extension('Extended Key Usage'), 'E-mail Protection', 'extendedKeyUsage')
    same(sender.find('Signature Algorithm: (.*)'), 'ecdsa-with-SHA256', 'signature algorithm')


def same_again(suite):
    """The sender's certificate is one and the same, whatever they write; another
    sender's, and another user's for them, are others."""
    found = []
    for name, data, address in (
            ('alice', messages.text('first'), SENDER),
            ('alice', messages.plain('second', b'Something else.\r\n'), SENDER),
            ('alice', messages.text('third').replace(b'remote.example>', b'REMOTE.Example>', 1),
             SENDER),
            ('alice', messages.text('other').replace(b'sender@', b'other@'),
             'other@remote.example'),
            ('sdbox', messages.text('first'), SENDER)):
        suite.box.accepted(name, data)
        found.append(suite.signed(name, data, address=address)[1])
    same(found[0].der, found[1].der, 'certificates of two mails')
    same(found[0].der, found[2].der, 'certificates of an address in another case')
    same(len({sender.serial for sender in found}), 3, 'serial numbers')


def ask(box, profile, address=SENDER, *more):
    """seald's answer on the sign socket: kind and fields."""
    digest = seald.base64.b64encode(hashlib.sha256(HELLO).digest()).decode()
    with seald.Seald(os.path.join(box.base, 'mail-seal-sign')) as sign:
        return sign.ask('SIGN', 'user=' + profile.user, 'profile=' + profile.id,
                        'address=' + address, 'digest=' + digest, *more)[:2]


def elsewhere(suite):
    """Another machine with the same store and master key makes the same."""
    data = messages.text('elsewhere')
    suite.box.accepted('alice', data)
    _, here = suite.signed('alice', data)
    with Instance(suite.tap, plugin_settings=suite.box.plugin_settings) as box:
        box.user('alice', 'mdbox', **ALWAYS)
        for name in ('mail-seal', 'mail-seal.key'):
            source = os.path.join(suite.box.state, name)
            built.must('cp', '-a', source, box.path('state'))
        os.chmod(box.path('state'), os.stat(suite.box.state).st_mode)
        box.start()
        box.accepted('alice', data)
        _, there = signed.check(last(box, 'alice'), data, suite.profiles['alice'], SENDER)
        same(there.der, here.der, 'the certificate made elsewhere')
        box.no_crash()


def may_receive(suite):
    """mail_seal_replies = yes: another certificate, which may encrypt."""
    data = messages.text('replies')
    for name, key, usage in (
            ('replies', 'id-ecPublicKey', 'Digital Signature, Key Agreement'),
            ('replies-rsa', 'rsaEncryption', 'Digital Signature, Key Encipherment')):
        suite.box.accepted(name, data)
        _, sender = suite.signed(name, data)
        same((sender.key, sender.usage), (key, usage), 'key and its usage')
        kind, fields = ask(suite.box, suite.profiles[name])
        same(kind, 'OK', 'SIGN: %r' % fields)
        plain = certificate(suite.profiles[name], fields['cms'])
        assert plain.serial != sender.serial, 'two certificates with one serial number'
        assert 'Agreement' not in plain.usage and 'Encipherment' not in plain.usage, plain.usage


def certificate(profile, cms):
    """The sender's, in a signature over HELLO."""
    signer, _ = signed.verify(seald.base64.b64decode(cms), HELLO, profile.root)
    return signed.Sender(signer)


def rsa(suite):
    found = []
    for number in range(2):
        data = messages.text('rsa%d' % number)
        suite.box.accepted('rsa', data)
        found.append(suite.signed('rsa', data)[1])
    same(found[0].der, found[1].der, 'certificates of two mails')
    same((found[0].key, found[0].usage), ('rsaEncryption', 'Digital Signature'), 'key')
    assert '(2048 bit)' in found[0].text, found[0].text


# -- when ----------------------------------------------------------------

def policy(tap, suite):
    """{user: signed= of a mail without results, with those of the host, with those
    of another; None: no word of it}"""
    rows = {'verified': ('no', 'verified', 'no'), 'alice': ('always',) * 3,
            'never': (None,) * 3, 'filter': ('no', 'no', 'verified'),
            'option-always': ('always',) * 3, 'option-no': (None,) * 3,
            'option-verified': ('no', 'verified', 'no')}
    kinds = {'without results': b'', 'passed by the host': RESULTS % b'mx.example.org',
             'passed by another': RESULTS % b'filter.example.net'}
    for name, wanted in rows.items():
        for (title, fields), why in zip(kinds.items(), wanted):
            tap.case('%s, %s: %s' % (name, title, why), policy_one, suite, name,
                     fields + messages.text('policy'), why)


def policy_one(suite, name, data, why):
    suite.box.accepted(name, data)
    if why in ('always', 'verified'):
        suite.signed(name, data, why=why)
    else:
        suite.unsigned(name, data, why)


def imported(suite, cert):
    """Nobody to sign with, and no word of it in the mark."""
    for name in ('imported', 'imported-option'):
        data = messages.text(name)
        suite.box.accepted(name, data)
        opened.check(last(suite.box, name), data, cert)


def spoofing(tap, suite):
    """All in one connection, and then one look at each."""
    rows = [(name, header, address) for name, (header, address) in spoofs.TRUE.items()]
    rows += [(name, header, None) for name, header in spoofs.FALSE.items()]
    with suite.box.lmtp() as client:
        replies = [client.send(['table'], spoofs.message(header))[0] for _, header, _ in rows]
    same([reply.code for reply in replies], [250] * len(rows), 'replies')
    stored = suite.box.messages('table@example.org')
    same(len(stored), len(rows), 'messages')
    for (name, header, address), mail in zip(rows, stored):
        tap.case('%s: %s' % ('true' if address else 'spoofed', name), spoof_one, suite,
                 mail, spoofs.message(header), address)


def spoof_one(suite, stored, data, address):
    if address is None:
        opened.check(stored, data, suite.profiles['table'], signed='no')
    else:
        signed.check(stored, data, suite.profiles['table'], address, 'verified')


# -- signed by somebody else, or broken ----------------------------------

def own_signature(suite, cert, name, data):
    """Sealed, not signed over, and as good as it was."""
    suite.box.accepted('alice', data)
    inner = suite.unsigned('alice', data).open(suite.profiles['alice'])
    if name == 'OpenPGP/MIME':
        return
    done = built.run('openssl', 'cms', '-verify', '-CAfile', cert.cert, '-partial_chain',
                     '-purpose', 'any', '-out', '/dev/null', data=inner)
    same(done.returncode, 0, done.stderr.decode())


def pgp_signed(name):
    """The form is enough: nobody here asks whether it is any good."""
    return messages.HEAD % name.encode() + (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary="p"; micalg=pgp-sha256;\r\n'
        b' protocol="application/pgp-signature"\r\n\r\n--p\r\nContent-Type: text/plain\r\n\r\n'
        b'signed\r\n--p\r\nContent-Type: application/pgp-signature; name=signature.asc\r\n\r\n'
        b'-----BEGIN PGP SIGNATURE-----\r\n\r\niHUEABYIAB0=\r\n-----END PGP SIGNATURE-----\r\n'
        b'--p--\r\n')


UNSIGNED = ('no header', 'no header and no blank line', 'empty', 'one line end',
            'a From line')              # LMTP's fields come before it: it is no header
CONTROL = ('bare CR', 'NUL bytes')      # in the header: who knows what clients see


def broken(suite, name, data, exact):
    """What is signed is what was stored before: not a byte is mended."""
    if exact:
        data = data[:-2] if data.endswith(b'\r\n') and len(data) > 2 else data
    suite.box.accepted('alice', data, exact=exact)
    whole = data if exact else as_sent(data)
    if name in UNSIGNED + CONTROL:
        opened.check(last(suite.box, 'alice'), whole, suite.profiles['alice'], signed='no')
    else:
        signed.check(last(suite.box, 'alice'), whole, suite.profiles['alice'], SENDER)


def more_broken():
    """Bodies that are broken under a header that is not."""
    return {'CR, LF and NUL in the body': messages.plain(
                'body', b'one\rtwo\nthree\r\r\n\0four\0\r\n\r\n\r\n'),
            'spaces before line ends': messages.text('spaces', b'a \r\n \t\r\n--\r\n-- \r\n'),
            'a body without its last line end': messages.text('end', b'no end'),
            'something like a delimiter': messages.text('dashes', b'--' + b'0' * 32 + b'--\r\n')}


def add_users(box):
    for name, kind in FORMATS.items():
        box.user(name, kind, **ALWAYS)
    box.user('twice', 'sdbox', TWICE, **ALWAYS)
    box.user('rsa', **ALWAYS)
    for name in ('replies', 'replies-rsa'):
        box.user(name, mail_seal_replies='yes', **ALWAYS)
    for name in ('verified', 'option-always', 'table', 'imported-option'):
        box.user(name)
    box.user('never', mail_seal_sign='no')
    box.user('filter', mail_seal_authserv_id='filter.example.net')
    box.user('option-no', **ALWAYS)
    box.user('option-verified', mail_seal_sign='no')
    box.user('imported', **ALWAYS)


def issue_all(suite):
    for name in (*FORMATS, 'twice', 'verified', 'table', 'replies', 'never', 'filter'):
        suite.issue(name)
    for name in ('rsa', 'replies-rsa'):
        suite.issue(name, sender_key='rsa')
    for name in ('always', 'no', 'verified'):
        suite.issue('option-' + name, sign=name)


def main(tap):
    with Certs() as certs, Instance(tap, sieve=True) as box, Ceremonies(box) as ceremonies:
        suite = Suite(tap, box, ceremonies)
        cert = certs.make('imported', 'p256')
        add_users(box)
        box.start()
        issue_all(suite)
        box.enrol('imported@example.org', cert)
        box.enrol('imported-option@example.org', cert, sign='always')
        for name, kind in FORMATS.items():
            tap.case('LMTP, ' + kind, by_lmtp, suite, name)
            tap.case('LDA, ' + kind, by_lda, suite, name)
        tap.case('doveadm save', by_save, suite)
        tap.case('Sieve files it twice', by_sieve, suite)
        tap.case('several recipients', several, suite, cert)
        tap.case('a large mail', large, suite)
        for judge in (signed.Gnupg, signed.Nss, signed.Gnutls):
            for name in ('alice', 'rsa'):
                tap.case('%s accepts it, of %s' % (judge.__name__, name), judged, suite, judge, name)
        tap.case('a tampered body', tampered, suite)
        tap.case('the sender certificate', sender_certificate, suite)
        tap.case('the same certificate again', same_again, suite)
        tap.case('the same certificate on another machine', elsewhere, suite)
        tap.case('senders may receive', may_receive, suite)
        tap.case('senders with an RSA key', rsa, suite)
        policy(tap, suite)
        tap.case('an imported profile', imported, suite, cert)
        spoofing(tap, suite)
        for name, data in (('multipart/signed', messages.multipart_signed('own', cert)),
                           ('opaque', messages.opaque_signed('opaque', cert)),
                           ('OpenPGP/MIME', pgp_signed('pgp'))):
            tap.case('a signature of its own: ' + name, own_signature, suite, cert, name, data)
        for name, data in {**messages.broken(), **more_broken()}.items():
            tap.case('LMTP: ' + name, broken, suite, name, data, False)
            tap.case('BDAT: ' + name, broken, suite, name, data, True)
        tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

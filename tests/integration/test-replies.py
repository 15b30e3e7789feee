#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Replies through Dovecot's submission service: what is encrypted to the sender
certificates of the user's profiles arrives opened at the relay, in whatever way a
client made it; what is not arrives as it came."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, gpgsm, messages, procs, replies
from lib.certs import Certs
from lib.lmtp import as_sent
from lib.replies import INNER, envelope, message, opened, sign
from lib.submission import ANNA, BOB, CARL, EVE, Service
from lib.tap import Tap, same

CIPHERS = {'CBC-128': '-aes-128-cbc', 'CBC-192': '-aes-192-cbc', 'CBC-256': '-aes-256-cbc',
           '3DES': '-des3', 'GCM-128': '-aes-128-gcm', 'GCM-256': '-aes-256-gcm'}
OAEP = {'OAEP': ('-keyopt', 'rsa_padding_mode:oaep'),
        'OAEP with SHA-256': ('-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256')}
SIGNATURES = {
    'detached': (), 'opaque': ('-nodetach',), 'opaque, streamed': ('-nodetach', '-stream'),
    'SHA-512': ('-md', 'sha512'), 'no attributes': ('-noattr',),
    'by key identifier': ('-keyid',), 'no certificates': ('-nocerts',),
}
PROTECTED = (b'Content-Type: text/plain; hp="cipher"\r\nSubject: the real one\r\n'
             b'HP-Outer: Subject: [...]\r\n\r\nHello\r\n')


def is_opened(service, profile, entity, wanted=INNER, certificates=None, cipher='-aes-128-cbc',
              more=(), keyopt=(), to=(BOB,), send=None, client=None):
    """The entity, encrypted, arrives as wanted."""
    head = replies.header(profile.user, to)
    blob = envelope(entity, certificates or [profile.bob, profile.cert], cipher, *more,
                    keyopt=keyopt)
    if '-stream' in more:
        same(blob[:2], b'\x30\x80', 'indefinite length')
    else:
        assert blob[1] in (0x81, 0x82, 0x83), 'not of definite length'
    made = message(head, blob, 'authEnveloped-data' if 'gcm' in cipher else 'enveloped-data')
    if client is None:
        with service.client(profile.user) as client:
            got = service.arrives(client, made, to)
    else:
        got = service.arrives(client, made, to, send)
    same(got, opened(head, wanted), 'what arrives')


def formats(tap, service):
    """Keys, ciphers, lengths, signatures."""
    for user in (service.anna, service.carl):
        kind = 'RSA' if user is service.carl else 'EC'
        signed = sign(user, INNER)
        for name, cipher in CIPHERS.items():
            # OpenSSL wraps that key in a way that only OpenSSL reads
            if (kind, name) == ('EC', '3DES'):
                continue
            tap.case('%s, %s, definite' % (kind, name), is_opened, service, user, signed,
                     cipher=cipher)
            tap.case('%s, %s, indefinite' % (kind, name), is_opened, service, user, signed,
                     cipher=cipher, more=('-stream',))
        for name, options in SIGNATURES.items():
            tap.case('%s, signature: %s' % (kind, name), is_opened, service, user,
                     sign(user, INNER, *options))
        tap.case('%s, recipient by key identifier' % kind, is_opened, service, user, signed,
                 more=('-keyid',))
        tap.case('%s, not signed' % kind, is_opened, service, user, INNER)
    for name, keyopt in OAEP.items():
        tap.case(name, is_opened, service, service.carl, sign(service.carl, INNER),
                 certificates=[service.carl.bob], keyopt=keyopt)
    tap.case('RSA-PSS', is_opened, service, service.carl,
             sign(service.carl, INNER, '-keyopt', 'rsa_padding_mode:pss'))


def nested(tap, service):
    """Layers in layers, and headers in them."""
    anna = service.anna
    signed = sign(anna, INNER)
    twice = message(b'', envelope(signed, [anna.bob]))
    for name, entity in {'encrypted twice': twice, 'signed, twice over': sign(anna, twice),
                         'opaque in opaque': sign(anna, sign(anna, INNER, '-nodetach'), '-nodetach'),
                         }.items():
        tap.case(name, is_opened, service, anna, entity)
    inner = message(b'', envelope(signed, [service.carl.cert])).partition(b'\r\n')[2]
    tap.case('end to end, inside', is_opened, service, anna, inner, inner)
    tap.case('an empty body', is_opened, service, anna, b'Content-Type: text/plain\r\n\r\n',
             b'Content-Type: text/plain\r\n\r\n')
    mixed = messages.with_attachment('mixed', os.urandom(300000)).partition(b'MIME-Version: 1.0\r\n')
    tap.case('an attachment', is_opened, service, anna, sign(anna, mixed[2]), mixed[2])
    tap.case('a hidden subject', hidden_subject, service)


def hidden_subject(service):
    head = replies.header(ANNA, (BOB,))
    with service.client() as client:
        got = service.arrives(client, message(head, envelope(PROTECTED, [service.anna.bob])))
    assert b'\r\nSubject: the real one\r\n' in got, got
    assert b'a\r\n question' not in got and b'HP-Outer' not in got, got


def by_bdat(service, size):
    """In chunks; and the relay gets it in chunks, too, where it takes them."""
    with service.client() as client:
        assert client.has_extn('chunking'), client.esmtp_features
        is_opened(service, service.anna, sign(service.anna, INNER), client=client,
                  send=lambda to, data: client.send_chunks(to, data, size))
    service.sink.capabilities = ('CHUNKING', 'PIPELINING', '8BITMIME', 'BINARYMIME')
    try:
        big = INNER + b'0123456789abcdef\r\n' * 20000
        with service.client() as client:
            is_opened(service, service.anna, sign(service.anna, big), big, client=client,
                      send=lambda to, data: client.send_chunks(to, data, max(size, 1000)))
    finally:
        service.sink.behave()


def recipients(service):
    """Each address has a sender certificate among those that it is encrypted to, whether
    or not all of these are written to (Bcc)."""
    anna, signed = service.anna, sign(service.anna, INNER)
    both = [anna.bob, service.eve, anna.cert]
    for to in ((BOB, EVE), (BOB,), (EVE,), (BOB, ANNA)):
        is_opened(service, anna, signed, certificates=both, to=to)
    is_opened(service, anna, signed, to=('Bob@REMOTE.example',))


def to_oneself(service):
    """Who alone gets it can read it as it is."""
    head = replies.header(ANNA, (ANNA,))
    made = message(head, envelope(INNER, [service.anna.bob, service.anna.cert]))
    with service.client() as client:
        same(service.arrives(client, made, (ANNA,)), made, 'what arrives')


def one_after_another(service):
    """In one connection, with what is refused, untouched and aborted between."""
    with service.client() as client:
        for _ in range(3):
            is_opened(service, service.anna, sign(service.anna, INNER), client=client)
            head = replies.header(ANNA, (EVE,))
            plain = head + b'\r\nplain\r\n'
            same(service.arrives(client, plain, (EVE,)), plain, 'plain')
            service.is_refused(client, message(head, envelope(INNER, [service.anna.bob])),
                               EVE, (EVE,))
            client.begin((EVE,))
            client.rset()


# -- GnuPG's -------------------------------------------------------------

def by_gnupg(service):
    carl = service.carl
    with gpgsm.Client(carl, carl.bob) as gnupg:
        signature = message(b'', gnupg.sign(INNER), 'signed-data')
        blob = gnupg.encrypt(signature)
    head = replies.header(CARL, (BOB,))
    with service.client(CARL) as client:
        same(service.arrives(client, message(head, blob)), opened(head, INNER), 'what arrives')


# -- what is not ours ----------------------------------------------------

def untouched(service, certs):
    """{name: message}"""
    head, anna = replies.header(ANNA, (BOB,)), service.anna
    stranger = certs.make('stranger', 'p256').cert
    signed = sign(anna, INNER)
    cms = message(head, envelope(signed, [stranger]))
    return {
        'plain': head + b'\r\nHello\r\n.\r\n..\r\n\r\n',
        'no body': head + b'\r\n',
        'odd': head + b'X-Odd:  two \r\n\tfolded\r\nContent-Type : text/plain\r\n\r\n \r\n',
        '8-bit, and long lines': head + 'Gr\u00fc\u00dfe\r\n'.encode() * 3 + b'\r\n' +
                                 b'y' * 30000 + b'\r\n' + bytes(range(128, 256)) + b'\r\n',
        'no header': b'\r\nHello\r\n',
        'above 128 kB': head + b'\r\n' + b'0123456789abcdef\r\n' * 20000,
        'signed': head + signed, 'signed, opaque': head + sign(anna, INNER, '-nodetach'),
        'signed by somebody else': head + sign(service.carl, INNER),
        'end to end': message(head, envelope(signed, [service.carl.cert, anna.cert])),
        'to a stranger': cms,
        'to a stranger, cut off': cms[:-300],
        'to a stranger, signed outside': head + sign(anna, message(b'', envelope(INNER, [stranger]))),
        'says that it is encrypted': message(head, b'not at all'),
        'OpenPGP': head + b'MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; boundary=b;\r\n'
                   b' protocol="application/pgp-encrypted"\r\n\r\n--b\r\n'
                   b'Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--\r\n',
    }


def passes(service, data, user=ANNA):
    with service.client(user) as client:
        same(service.arrives(client, data), as_sent(data), 'what arrives')


def without_the_plugin(service):
    """A user for whom it is off sends what would be opened."""
    head = replies.header('off@example.org', (BOB,))
    passes(service, message(head, envelope(INNER, [service.anna.bob])), 'off@example.org')


# -- what opens it -------------------------------------------------------

def loaded_when_needed(service):
    """With the first message that is sent, and by nobody who stores mail."""
    box = service.box
    with service.client() as client, box.lmtp() as lmtp, box.imap(ANNA):
        process, = box.children('submission')
        assert built.STORAGE in procs.maps(process), 'the plugin is not loaded'
        assert built.OPENER not in procs.maps(process), 'it is loaded too early'
        is_opened(service, service.anna, sign(service.anna, INNER), client=client)
        assert built.OPENER in procs.maps(process), 'what has opened it?'
        same(lmtp.send([ANNA], messages.text('stored'))[0].code, 250, 'reply')
        for name in ('lmtp', 'imap'):
            maps = [procs.maps(pid) for pid in box.children(name)]
            same([1 for text in maps if built.OPENER in text], [], name + ' with it')
            assert any(built.STORAGE in text for text in maps), name + ' has no plugin'


def main(tap):
    with Certs() as certs, \
            Service(tap, ('anna', 'carl'), {'off': {'mail_seal': 'no'}},
                    environment={'LD_BIND_NOW': '1'}) as service:
        tap.case('loaded when it is needed', loaded_when_needed, service)
        formats(tap, service)
        nested(tap, service)
        for size in (1 << 20, 1000, 7):
            tap.case('BDAT, chunks of %d' % size, by_bdat, service, size)
        tap.case('recipients', recipients, service)
        tap.case('to oneself', to_oneself, service)
        tap.case('one after another', one_after_another, service)
        tap.case('signed and encrypted by gpgsm', by_gnupg, service)
        for name, data in untouched(service, certs).items():
            tap.case('untouched: ' + name, passes, service, data)
        tap.case('untouched: mail_seal = no', without_the_plugin, service)
        service.box.no_crash()


if __name__ == '__main__':
    Tap().run(main)

# SPDX-License-Identifier: MIT
"""Encrypted replies, made by openssl as a mail client makes them: signed by the user,
encrypted to the sender certificates that came with the mail."""

import base64

from . import built, signed
from .lmtp import as_sent
from .opened import canonical

# what an Instance needs, as plugin_settings
SETTINGS = {'mail_seal_sign': 'always', 'mail_seal_replies': 'yes'}

INNER = (b'Content-Type: text/plain; charset=utf-8;\r\n format=flowed\r\n'
         b'Content-Transfer-Encoding: 7bit\r\n\r\n'
         b'The answer.\r\n\r\n.a dot in front\r\nFrom here on\r\nthe end\r\n')


def sender_certificate(box, profile, address):
    """The certificate with which a mail from that address to the user of an issued,
    active profile (ceremony.Profile) was signed: a path. The user's client knows it
    from that mail."""
    data = (b'From: %s\r\nTo: %s\r\nSubject: a question\r\n\r\nWell?\r\n' %
            (address.encode(), profile.user.encode()))
    box.accepted(profile.user, data)
    _, sender = signed.check(box.messages(profile.user)[-1], as_sent(data), profile, address)
    pem = built.must('openssl', 'x509', '-inform', 'DER', data=sender.der).decode()
    return profile.write('%s.pem' % address, pem)


def sign(profile, entity, *more):
    """The entity in a multipart/signed of the profile's user; '-nodetach': opaque."""
    made = built.must('openssl', 'cms', '-sign', '-binary', '-signer', profile.cert,
                      '-inkey', profile.key, *more, data=entity)
    return canonical(made)


def envelope(entity, certificates, cipher='-aes-128-cbc', *more, keyopt=()):
    """EnvelopedData in DER, to certificates (paths). '-stream': in BER, of indefinite
    length. keyopt: for each of them."""
    to = [word for path in certificates for word in ('-recip', path, *keyopt)]
    return built.must('openssl', 'cms', '-encrypt', '-binary', '-outform', 'DER', cipher,
                      *more, *to, data=entity)


def header(user, to, more=b''):
    return (b'From: Anna <%s>\r\nTo: %s\r\nSubject: Re: a\r\n question\r\n'
            b'Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <reply@example.org>\r\n' %
            (user.encode(), ', '.join(to).encode())) + more


def message(head, blob, kind='enveloped-data'):
    """The header, and blob (DER) as a client sends it."""
    text = base64.b64encode(blob)
    lines = [text[at:at + 72] + b'\r\n' for at in range(0, len(text), 72)]
    return (head + b'MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; name="smime.p7m";\r\n'
            b' smime-type=' + kind.encode() + b'\r\nContent-Transfer-Encoding: base64\r\n'
            b'Content-Disposition: attachment; filename="smime.p7m"\r\n'
            b'Content-Description: S/MIME Encrypted Message\r\n\r\n' +
            b''.join(lines))


def opened(head, entity):
    """What the correspondent gets of it: the outer header, the inner entity."""
    return head + b'MIME-Version: 1.0\r\n' + entity

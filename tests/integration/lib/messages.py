# SPDX-License-Identifier: MIT
"""Messages: ordinary, broken, and meant to deceive."""

import base64
import binascii
import textwrap

from . import built, der
from .opened import canonical

HEAD = (b'From: "A. Sender" <sender@remote.example>\r\n'
        b'To: alice@example.org\r\n'
        b'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= and a subject\r\n'
        b' that goes on\r\n'
        b'Date: Thu, 1 Oct 2026 10:00:00 +0000\r\n'
        b'Message-ID: <%s@remote.example>\r\n')
TEXT = b'A line of text.\r\n\r\n.a line with a dot in front\r\nFrom here on\r\nthe end\r\n'


def plain(name, body=TEXT, fields=b''):
    """A simple text; name makes its Message-ID."""
    return HEAD % name.encode() + fields + b'\r\n' + body


def text(name, body=TEXT):
    """The same with MIME fields, in an odd order and folding."""
    return (HEAD % name.encode() +
            b'Content-Transfer-Encoding: 8bit\r\n'
            b'MIME-Version: 1.0\r\n'
            b'X-Between: kept outside\r\n'
            b'content-type: text/plain;\r\n\tcharset=utf-8\r\n'
            b'Content-Language: de, en\r\n\r\n' + body)


def with_attachment(name, data, body=b'See the attachment.\r\n'):
    encoded = base64.b64encode(data)
    lines = b''.join(encoded[i:i + 76] + b'\r\n' for i in range(0, len(encoded), 76))
    return (HEAD % name.encode() + b'MIME-Version: 1.0\r\n'
            b'Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n'
            b'Preamble\r\n--=_b\r\nContent-Type: text/plain\r\n\r\n' + body +
            b'\r\n--=_b\r\nContent-Type: application/octet-stream; name="a.bin"\r\n'
            b'Content-Transfer-Encoding: base64\r\n'
            b'Content-Disposition: attachment; filename="a.bin"\r\n\r\n' + lines +
            b'--=_b--\r\nEpilogue\r\n')


def smime(name, blob, kind='enveloped-data', mime=b'application/pkcs7-mime', encoding='base64'):
    """A message that says it is S/MIME."""
    body = blob if encoding == 'binary' else \
        b''.join(line.encode() + b'\r\n'
                 for line in textwrap.wrap(base64.b64encode(blob).decode(), 64))
    return (HEAD % name.encode() + b'MIME-Version: 1.0\r\nContent-Type: ' + mime +
            b'; smime-type=' + kind.encode() + b'; name=smime.p7m\r\n'
            b'Content-Transfer-Encoding: ' + encoding.encode() + b'\r\n\r\n' + body)


def encrypted(name, *certs, cipher='-aes-256-cbc', inner=b'Content-Type: text/plain\r\n\r\nx\r\n',
              **kwargs):
    """Really encrypted, by openssl."""
    blob = built.must('openssl', 'cms', '-encrypt', '-binary', '-outform', 'DER', cipher,
                      *[c.cert for c in certs], data=inner)
    return smime(name, blob, **kwargs)


def opaque_signed(name, cert, inner=b'Content-Type: text/plain\r\n\r\nreadable\r\n'):
    blob = built.must('openssl', 'cms', '-sign', '-nodetach', '-binary', '-outform', 'DER',
                      '-signer', cert.cert, '-inkey', cert.key, data=inner)
    return smime(name, blob, kind='signed-data')


def multipart_signed(name, cert):
    """A detached signature whose signed part is awkward."""
    part = (b'Content-Type: text/plain; charset=utf-8\r\n'
            b'Content-Transfer-Encoding: quoted-printable\r\n\r\n'
            b'signed=20text, trailing space=20\r\n  \r\n--not a boundary\r\n')
    signed = canonical(built.must('openssl', 'cms', '-sign', '-binary', '-signer', cert.cert,
                                  '-inkey', cert.key, '-md', 'sha256', data=part))
    return HEAD % name.encode() + signed


def pgp_mime(name, packets, version=b'Version: 1\r\n', armour=b'MESSAGE'):
    lines = textwrap.wrap(base64.b64encode(packets).decode(), 64)
    return (HEAD % name.encode() + b'MIME-Version: 1.0\r\n'
            b'Content-Type: multipart/encrypted; boundary="pgp";\r\n'
            b' protocol="application/pgp-encrypted"\r\n\r\n'
            b'--pgp\r\nContent-Type: application/pgp-encrypted\r\n\r\n' + version +
            b'\r\n--pgp\r\nContent-Type: application/octet-stream\r\n\r\n'
            b'-----BEGIN PGP ' + armour + b'-----\r\n\r\n' +
            '\r\n'.join(lines).encode() + b'\r\n=' +
            base64.b64encode(crc24(packets)) +
            b'\r\n-----END PGP ' + armour + b'-----\r\n--pgp--\r\n')


def crc24(data):
    crc = 0xb704ce
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = (crc << 1) ^ (0x1864cfb if crc & 0x800000 else 0)
    return (crc & 0xffffff).to_bytes(3, 'big')


def packet(tag, content):
    """An OpenPGP packet with a new-format header (RFC 9580 section 4.2)."""
    size = len(content)
    head = bytes([size]) if size < 192 else \
        bytes([192 + ((size - 192) >> 8), (size - 192) & 0xff])
    return bytes([0xc0 | tag]) + head + content


SESSION_KEY = packet(1, b'\x03' + b'\x11' * 8 + b'\x01' + b'\x08\x00' + b'\x99' * 256)
ENCRYPTED_DATA = packet(18, b'\x01' + b'\x5a' * 150)
LITERAL = packet(11, b't\x00\0\0\0\0' + b'readable text')


def broken():
    """{name: bytes} of messages that are sealed like any other."""
    head = HEAD % b'broken'
    return {
        'no header': b'\r\nJust a body.\r\n',
        'no header and no blank line': b'Just text, no header at all\r\nand more\r\n',
        'no body': head + b'\r\n',
        'no blank line': head,
        'text straight after the header': head + b'this is no field\r\nX: nor this\r\n\r\nbody\r\n',
        'empty': b'',
        'one line end': b'\r\n',
        'bare CR': head + b'X-Odd: a\rb\r\n\r\none\rtwo\r\r\nthree\r',
        'bare LF': (head + b'Content-Type: text/plain\r\n\r\none\r\ntwo\n\nthree\n').replace(b'\r\n', b'\n'),
        'mixed line ends': head + b'Content-Type: text/plain;\n charset=x\r\n\none\r\ntwo\nthree\r\n',
        'NUL bytes': head + b'X-Nul: a\0b\r\n\r\none\0two\r\n\0\0\r\n',
        '8-bit header': head + b'X-Latin: \xe4\xf6\xfc\r\nContent-Type: text/plain; name="\xe4"\r\n\r\n\xff\xfe\x80\r\n',
        'a 1 MB header line': head + b'X-Long: ' + b'0123456789abcdef' * 65536 + b'\r\n\r\nbody\r\n',
        'a 1 MB folded MIME field': head + b'Content-Type: text/plain;\r\n' +
            b' x=0123456789abcdef\r\n' * 52000 + b'\r\nbody\r\n',
        '10,000 header fields': head + b''.join(b'X-F%d: %d\r\n' % (i, i) for i in range(10000)) +
            b'\r\nbody\r\n',
        'a From line': b'From sender@remote.example Thu Oct  1 10:00:00 2026\r\n' + head + b'\r\nbody\r\n',
        'a From line in the body': head + b'\r\nFrom me\r\n>From you\r\n',
        'a folded Content-Type': head + b'Content-Type:\r\n multipart/mixed\r\n ;\r\n\tboundary=x\r\n\r\n'
            b'--x\r\n\r\nbody\r\n--x--\r\n',
        'repeated MIME fields': head + b'Content-Type: text/plain\r\nMIME-Version: 1.0\r\n'
            b'Content-Type: application/pkcs7-mime\r\nMIME-Version: 2.0\r\n\r\nbody\r\n',
        'odd field names': head + b'Content-Type : text/plain\r\nCONTENT-ID: <x>\r\n'
            b'Content-X-Unknown:\r\nContents: outside\r\n\r\nbody\r\n',
        'a forged mark': head + b'X-Mail-Seal: v=1; profile=0123456789abcdef; cipher=aes256-cbc\r\n'
            b'x-mail-SEAL : again;\r\n folded\r\nX-Mail-Sealed: stays\r\n\r\nbody\r\n',
        'a body line of 1 MB': head + b'\r\n' + b'x' * (1 << 20) + b'\r\n',
        'nothing but dots': head + b'\r\n.\r\n..\r\n.\r\n...\r\n',
        'binary parts': head + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n'
            b'Content-Transfer-Encoding: binary\r\n\r\n--b\r\nContent-Type: image/x\r\n'
            b'Content-Transfer-Encoding: binary\r\n\r\n' +
            bytes(c for c in range(256) if c != 10) * 40 + b'\r\n--b--\r\n',
    }


def deceptive(cert):
    """{name: bytes} of messages that only say they are encrypted: sealed."""
    blob = der.enveloped()
    return {
        'pkcs7-mime with plain text in it': smime('forged', b'Content-Type: text/plain\r\n\r\nx'),
        'pkcs7-mime that is no base64': smime('forged', b'').rstrip() + b'\r\n\r\nHello, read me!\r\n',
        'opaque-signed': opaque_signed('opaque', cert),
        'opaque-signed that says enveloped':
            opaque_signed('opaque', cert).replace(b'signed-data', b'enveloped-data'),
        'a truncated CMS': smime('cut', blob[:60]),
        'an empty CMS': smime('nothing', b''),
        'an envelope without a cipher': smime('null', der.enveloped(der.NO_CIPHER, b'plain text')),
        'an envelope with RC2': smime('rc2', der.enveloped(der.RC2_40)),
        'an envelope with DES': smime('des', der.enveloped(der.DES)),
        'an envelope for nobody': smime('nobody', der.enveloped(recipients=[])),
        'OpenPGP/MIME of a literal packet': pgp_mime('literal', LITERAL),
        'OpenPGP/MIME without armour': pgp_mime('none', SESSION_KEY).replace(
            b'-----BEGIN PGP MESSAGE-----', b'Hello,'),
        'OpenPGP/MIME of a public key': pgp_mime('key', packet(6, b'\x04' * 40),
                                                 armour=b'PUBLIC KEY BLOCK'),
    }


def checksum(data):
    return '%08x' % (binascii.crc32(data) & 0xffffffff)

# SPDX-License-Identifier: MIT
"""Just enough DER to write what openssl will not make."""


def tlv(tag, *content):
    content = b''.join(content)
    size = len(content)
    if size < 128:
        head = bytes([size])
    else:
        raw = size.to_bytes((size.bit_length() + 7) // 8, 'big')
        head = bytes([0x80 | len(raw)]) + raw
    return bytes([tag]) + head + content


def sequence(*content):
    return tlv(0x30, *content)


def octets(content):
    return tlv(0x04, content)


def integer(value, tag=0x02):
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, 'big', signed=True))


def boolean(value):
    return tlv(0x01, b'\xff' if value else b'\0')


def oid(dotted):
    parts = [int(part) for part in dotted.split('.')]
    out = b''
    for part in [parts[0] * 40 + parts[1]] + parts[2:]:
        piece = bytes([part & 0x7f])
        while part > 0x7f:
            part >>= 7
            piece = bytes([0x80 | (part & 0x7f)]) + piece
        out += piece
    return tlv(0x06, out)


NULL = b'\x05\x00'
DATA = oid('1.2.840.113549.1.7.1')
ENVELOPED = oid('1.2.840.113549.1.7.3')
AES256_CBC = sequence(oid('2.16.840.1.101.3.4.1.42'), octets(b'i' * 16))
RC2_40 = sequence(oid('1.2.840.113549.3.2'), sequence(integer(160), octets(b'i' * 8)))
DES = sequence(oid('1.3.14.3.2.7'), octets(b'i' * 8))
NO_CIPHER = sequence(oid('1.2.840.113549.1.7.1'), NULL)
RSA = sequence(oid('1.2.840.113549.1.1.1'), NULL)


def ktri(key=b'e' * 256, serial=4711, name='nobody'):
    """A KeyTransRecipientInfo for an issuer and serial number of nobody's."""
    issuer = sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, name.encode()))))
    return sequence(integer(0), sequence(issuer, integer(serial)), RSA, octets(key))


def enveloped(cipher=AES256_CBC, content=b'c' * 64, recipients=None):
    """A ContentInfo of an EnvelopedData."""
    recipients = [ktri()] if recipients is None else recipients
    return sequence(ENVELOPED, tlv(0xa0, sequence(
        integer(0), tlv(0x31, *recipients),
        sequence(DATA, cipher, tlv(0x80, content)))))

# SPDX-License-Identifier: MIT
"""What must not get about: the keys of an issued profile, taken from where they
are kept, and a search for them in every form they might take."""

import base64
import hashlib
import hmac
import itertools
import os
import re
import urllib.parse

from . import built


def private_key(pem):
    """{name: bytes} of the private halves of a key in PEM."""
    der = built.must('openssl', 'pkey', '-outform', 'DER', data=pem)
    text = built.must('openssl', 'pkey', '-text', '-noout', data=pem).decode()
    # of an elliptic curve's, most is the public half
    found = {'as PKCS #8': der} if len(der) > 200 else {}
    for name, value in re.findall(
            r'^(priv|privateExponent|prime\d|exponent\d|coefficient):\n((?:    [0-9a-f:]+\n)+)',
            text, re.M):
        found[name] = bytes.fromhex(re.sub(r'[^0-9a-f]', '', value)).lstrip(b'\0')
    assert found, 'no private half in %d bytes' % len(pem)
    return found


def hkdf(key, salt, info, size=32):
    """RFC 5869 with SHA-256, one block."""
    early = hmac.new(salt, key, hashlib.sha256).digest()
    return hmac.new(early, info + b'\x01', hashlib.sha256).digest()[:size]


def tlvs(data):
    """[(tag, content)] of a row of DER values."""
    found = []
    while data:
        size, head = data[1], 2
        if size & 0x80:
            head += size & 0x7f
            size = int.from_bytes(data[2:head], 'big')
        found.append((data[0], data[head:head + size]))
        data = data[head + size:]
    return found


def keyring(box):
    """{(user, profile): [issuer key (PKCS #8), sender secret, ...]}: the `keys`
    environment as src/store/keyring.h tells it, opened by openssl."""
    with open(os.path.join(box.state, 'mail-seal.key'), encoding='ascii') as file:
        master = bytes.fromhex(file.read().strip())
    dump = built.must(built.program('mdb_dump'), os.path.join(box.state, 'mail-seal', 'keys'))
    lines = re.findall(rb'^ ([0-9a-f]+)$', dump, re.M)
    found = {}
    for name, value in zip(lines[::2], lines[1::2]):
        user, profile = bytes.fromhex(name.decode()).split(b'\0')
        (_, record), = tlvs(bytes.fromhex(value.decode()))
        nonce, sealed = [content for _, content in tlvs(record)][2:4]
        key = hkdf(master, b'mail-seal profile', profile)
        # GCM without its tag is CTR that begins with 2
        plain = built.must('openssl', 'enc', '-d', '-aes-256-ctr', '-K', key.hex(), '-iv',
                           nonce.hex() + '00000002', data=sealed[:-16])
        (_, content), = tlvs(plain)
        found[user.decode(), profile.decode()] = [part for _, part in tlvs(content)][1:]
    return found


class Secret:
    """A secret in the forms it may take. In long ones, a piece from the middle."""

    def __init__(self, name, value):
        self.name, self.value = name, value
        middle = value[len(value) // 3:][:48] if len(value) > 96 else value
        forms = {value, middle, middle.hex().encode(), middle.hex().upper().encode(),
                 ':'.join('%02x' % byte for byte in middle).encode(),
                 urllib.parse.quote_from_bytes(middle).encode()}
        for shift, altchars in itertools.product(range(3), (b'+/', b'-_')):
            # base64 at each alignment, without the edges that depend on neighbours
            text = base64.b64encode(b'x' * shift + middle, altchars)
            text = text[(shift * 8 + 5) // 6:(shift + len(middle)) * 8 // 6]
            # a line end may be anywhere in it
            forms |= {text, text[:20], text[-20:]} if len(text) >= 40 else {text}
        self.pattern = re.compile(b'|'.join(map(re.escape, forms)))

    def in_bytes(self, data):
        return self.pattern.search(data) is not None


def search(secrets, data, where):
    """['what is where'] of the secrets that are in data."""
    return ['%s is in %s' % (secret.name, where) for secret in secrets if secret.in_bytes(data)]


def below(secrets, folder):
    """The same for all files below a folder, whoever may read them."""
    found = []
    for place, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(place, name)
            if not os.path.isfile(path) or os.path.islink(path):
                continue
            try:
                with open(path, 'rb') as file:
                    found += search(secrets, file.read(), path)
            except FileNotFoundError:
                pass
    return found

# SPDX-License-Identifier: MIT
"""The judge: is what lies in the store the sealed form of the original?

Nothing here shares code with the product: the message is split by a few
regular expressions, and opened by `openssl cms` (or gpgsm).
"""

import base64
import os
import re
import tempfile

from . import built
from .tap import same, short

FIELD = re.compile(rb'[\x21-\x39\x3b-\x7e]{1,998}[ \t]*:')
MBOX = re.compile(rb'From [^ \r\n]+ +\S+ +\S+ +\d+ +[\d:]+ .*\d{4}')
ADDED = (b'return-path', b'delivered-to', b'received')     # by LMTP, in front

OURS = re.compile(
    rb'MIME-Version: 1\.0\r\n'
    rb'Content-Type: application/pkcs7-mime; ?(?:\r\n[ \t])?'
    rb'smime-type=(?P<type>enveloped-data|authEnveloped-data); ?(?:\r\n[ \t])?'
    rb'name="?smime\.p7m"?\r\n'
    rb'Content-Transfer-Encoding: base64\r\n'
    rb'Content-Disposition: attachment; ?(?:\r\n[ \t])?filename="?smime\.p7m"?\r\n'
    rb'X-Mail-Seal: v=1; profile=(?P<profile>[0-9a-f]{16}); cipher=(?P<cipher>[a-z0-9-]+)'
    rb'(?:; signed=(?P<signed>verified|always|no))?\r\n$')


def canonical(data):
    """Line ends as the store gives them back: CRLF; a bare CR stays."""
    return re.sub(rb'(?<!\r)\n', b'\r\n', data)


class Split:
    """A message in canonical form, split as src/message/entity.h says."""

    def __init__(self, data):
        used, pieces = 0, []            # pieces: a list of lines per field
        for number, line in enumerate(re.finditer(rb'[^\n]*\n|[^\n]+', data)):
            line = line.group()
            if line in (b'\r\n', b'\n'):
                used += len(line)
                break
            if line[:1] in (b' ', b'\t') and pieces:
                pieces[-1].append(line)
            elif FIELD.match(line) or (number == 0 and MBOX.match(line)):
                pieces.append([line])
            else:
                break
            used += len(line)
        self.fields = [b''.join(lines) for lines in pieces]
        self.body = data[used:]
        if self.fields and not self.fields[-1].endswith(b'\n'):
            self.fields[-1] += b'\r\n'

    @property
    def outer(self):
        return [f for f in self.fields
                if not name_of(f).startswith(b'content-') and
                name_of(f) not in (b'mime-version', b'x-mail-seal')]

    @property
    def inner(self):
        return [f for f in self.fields if name_of(f).startswith(b'content-')]


def name_of(field):
    return field.split(b':', 1)[0].strip().lower()


def prefixes(stored):
    """What LMTP may have put in front: nothing, or the first fields of what is
    stored as far as they are of that kind, the longest first."""
    found, prefix = [b''], b''
    for field in Split(stored).fields:
        if name_of(field) not in ADDED:
            break
        prefix += field
        found.append(prefix)
    return found[::-1]


def arrived(stored, original, fits):
    """Split form of the original behind what LMTP put in front of it."""
    original = canonical(original)
    splits = [Split(prefix + original) for prefix in prefixes(stored)]
    for split in splits:
        if fits(split):
            return split
    return splits[0]


class Sealed:
    """A sealed message: its parts checked for form, not opened yet."""

    def __init__(self, stored):
        self.stored = stored
        head, blank, body = stored.partition(b'\r\n\r\n')
        if not blank:
            raise AssertionError('no blank line in what is stored: ' + short(stored))
        self.head = head + b'\r\n'
        match = OURS.search(self.head)
        if match is None:
            raise AssertionError('not sealed; its header ends in ' + short(self.head[-600:]))
        self.outer = self.head[:match.start()]
        self.type = match.group('type').decode()
        self.profile = match.group('profile').decode()
        self.cipher = match.group('cipher').decode()
        # None where there was nobody to sign for: not an issued profile
        self.signed = (match.group('signed') or b'').decode() or None
        same(self.type, 'authEnveloped-data' if 'gcm' in self.cipher else 'enveloped-data',
             'smime-type fits the cipher')
        lines = body.split(b'\r\n')
        same(lines[-1], b'', 'the body ends in a line end')
        for line in lines[:-2]:
            if len(line) != 64:
                raise AssertionError('a base64 line of %d columns' % len(line))
        if not 0 < len(lines[-2]) <= 64:
            raise AssertionError('the last base64 line has %d columns' % len(lines[-2]))
        self.der = base64.b64decode(b''.join(lines), validate=True)

    def open(self, cert):
        """The inner entity, by openssl, with that owner's key."""
        with tempfile.TemporaryDirectory(prefix='ms.open.') as folder:
            path = os.path.join(folder, 'in')
            with open(path, 'wb') as file:
                file.write(self.der)
            out = os.path.join(folder, 'out')
            built.must('openssl', 'cms', '-decrypt', '-inform', 'DER', '-in', path,
                       '-recip', cert.cert, '-inkey', cert.key, '-out', out, '-binary')
            with open(out, 'rb') as file:
                return file.read()

    def open_as_mail(self, cert):
        """The same from the whole message, with openssl's own MIME parser."""
        done = built.run('openssl', 'cms', '-decrypt', '-recip', cert.cert,
                         '-inkey', cert.key, '-binary', data=self.stored)
        if done.returncode != 0:
            raise AssertionError('openssl: ' + done.stderr.decode())
        return done.stdout

    def recipients(self):
        """How many RecipientInfos there are, by openssl."""
        text = built.must('openssl', 'cms', '-cmsout', '-print', '-inform', 'DER',
                          data=self.der).decode('utf-8', 'replace')
        return len(re.findall(r'd\.(?:ktri|kari|kekri|pwri|ori): ', text))


def outside(split):
    """The outer fields, as IMAP shows them: it has no NUL, so Dovecot gives
    0x80 in its place."""
    return b''.join(split.outer).replace(b'\0', b'\x80')


def inner_of(sealed, original):
    """The inner entity that original has; asserts that its outer fields are
    those of what is stored."""
    wanted = arrived(sealed.stored, original, lambda split: outside(split) == sealed.outer)
    same(sealed.outer, outside(wanted), 'outer header')
    return b''.join(wanted.inner) + b'\r\n' + wanted.body


def check(stored, original, cert, profile=None, cipher='aes256-cbc', as_mail=False,
          signed=None):
    """Asserts that stored is original, sealed to cert and not signed by us.
    Returns the Sealed."""
    sealed = Sealed(stored)
    wanted = inner_of(sealed, original)
    inner = sealed.open(cert)
    same(inner, wanted, 'inner entity')
    same(sealed.signed, signed, 'signed= in the mark')
    if profile is not None:
        same(sealed.profile, profile, 'profile in the mark')
    if cipher is not None:
        same(sealed.cipher, cipher, 'cipher in the mark')
    if as_mail:
        same(sealed.open_as_mail(cert), inner, 'opened as a mail')
    return sealed


def check_plain(stored, original):
    """Asserts that stored is the original as it came, but for forged marks."""
    got = Split(stored)
    wanted = arrived(stored, original, lambda split: unmarked(split) == got.fields)
    same(got.fields, unmarked(wanted), 'header')
    same(got.body, wanted.body, 'body')


def unmarked(split):
    return [field for field in split.fields if name_of(field) != b'x-mail-seal']


def closed_to(stored, cert):
    """Asserts that this certificate's key does not open the message."""
    try:
        Sealed(stored).open(cert)
    except AssertionError:
        return
    raise AssertionError('%s can open mail of somebody else' % cert)


def opens_with(stored, owner, others, original, **kwargs):
    """check(), and nobody else's key opens it."""
    sealed = check(stored, original, owner, **kwargs)
    for other in others:
        closed_to(stored, other)
    return sealed

# SPDX-License-Identifier: MIT
"""The judge of signatures: is what was inside an envelope the original inner
entity, signed by us in its sender's name? OpenSSL, GnuPG, NSS and GnuTLS say."""

import base64
import hashlib
import os
import re
import subprocess
import tempfile

from . import built, opened
from .tap import Skip, same, short

OURS = re.compile(
    rb'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n'
    rb' micalg=sha-256; boundary="(?P<boundary>[0-9a-f]{32})"\r\n\r\n'
    rb'--(?P=boundary)\r\n(?P<content>.*)\r\n--(?P=boundary)\r\n'
    rb'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\n'
    rb'Content-Transfer-Encoding: base64\r\n'
    rb'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n'
    rb'(?P<signature>[A-Za-z0-9+/=\r\n]*)--(?P=boundary)--\r\n$', re.S)

VERIFY = ['openssl', 'cms', '-verify', '-x509_strict', '-purpose', 'smimesign',
          '-out', '/dev/null']


class Signed:
    """A multipart/signed entity: its parts checked for form, not verified yet."""

    def __init__(self, entity):
        match = OURS.match(entity)
        if match is None:
            raise AssertionError('not signed by us: ' + short(entity))
        self.entity = entity
        self.content = match.group('content')
        lines = match.group('signature').split(b'\r\n')
        same([len(line) for line in lines[:-2]], [64] * (len(lines) - 2), 'base64 columns')
        self.der = base64.b64decode(b''.join(lines), validate=True)

    def verify(self, root, content=None):
        """verify(), and openssl accepts it as a mail, too, where the lines end
        as they should."""
        found = verify(self.der, content or self.content, root)
        if content is None and is_canonical(self.content):
            built.must(*VERIFY, '-CAfile', root, data=self.entity)
        return found

    def attributes(self):
        """The names of the signed attributes, by openssl."""
        text = built.must('openssl', 'cms', '-cmsout', '-print', '-inform', 'DER',
                          data=self.der).decode('utf-8', 'replace')
        part = re.search(r'signedAttrs:\n(.*?)\n +signatureAlgorithm:', text, re.S)
        return re.findall(r'object: (\w+)', part.group(1) if part else '')


def verify(der, content, root):
    """Asserts that openssl accepts a detached signature; returns the signer's and
    the issuer's certificate, which it carries (DER)."""
    with tempfile.TemporaryDirectory(prefix='ms.signed.') as folder:
        path, signer, certs = [os.path.join(folder, name) for name in
                               ('content', 'signer', 'certs')]
        with open(path, 'wb') as file:
            file.write(content)
        built.must(*VERIFY, '-CAfile', root, '-binary', '-inform', 'DER', '-content', path,
                   '-signer', signer, '-certsout', certs, data=der)
        with open(signer, 'rb') as file:
            signer, = from_pem(file.read())
        with open(certs, 'rb') as file:
            rest = [cert for cert in from_pem(file.read()) if cert != signer]
    same(len(rest), 1, 'certificates beside the signer\'s')
    return signer, rest[0]


def is_canonical(data):
    return re.search(rb'\r(?!\n)|(?<!\r)\n', data) is None


def from_pem(text):
    return [base64.b64decode(b''.join(block.split())) for block in re.findall(
        rb'-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----', text, re.S)]


class Sender:
    """What a sender certificate says, in openssl's words."""

    def __init__(self, der):
        self.der = der
        self.text = built.must('openssl', 'x509', '-inform', 'DER', '-noout', '-text',
                               '-nameopt', 'utf8', data=der).decode('utf-8', 'replace')
        self.serial = self.find(r'Serial Number:\s*([0-9a-f:]+)')
        self.name = self.find(r'Subject: CN ?= ?(.*)')
        self.addresses = self.extension('Subject Alternative Name')
        self.usage = self.extension('Key Usage: critical')
        self.key = self.find(r'Public Key Algorithm: (\S+)')

    def find(self, pattern):
        match = re.search(pattern, self.text)
        if match is None:
            raise AssertionError('no %s in %s' % (pattern, self.text))
        return match.group(1).strip()

    def extension(self, name):
        return self.find(r'X509v3 %s:? ?\n\s*(.*)' % name)


def check(stored, original, profile, address, why='always'):
    """Asserts that stored is original, signed as address and sealed to the
    profile (ceremony.Profile). Returns the Signed and its Sender."""
    sealed = opened.Sealed(stored)
    wanted = opened.inner_of(sealed, original)
    same(sealed.signed, why, 'signed= in the mark')
    signed = Signed(sealed.open(profile))
    same(signed.content, wanted, 'what is signed')
    der, issuer = signed.verify(profile.root)
    same(issuer, profile.issuer_der, 'the issuer certificate in the signature')
    same(sorted(signed.attributes()), ['contentType', 'messageDigest'], 'signed attributes')
    sender = Sender(der)
    if address.isascii():
        same(sender.addresses, 'email:' + address, 'the sender certificate\'s address')
    else:
        assert 'othername' in sender.addresses.lower(), sender.text
    return signed, sender


# -- others who judge ----------------------------------------------------

class Gnupg:
    """gpgsm, which trusts the roots that it is told."""

    def __init__(self):
        self.gpgsm = built.program('gpgsm')
        self.holder = tempfile.TemporaryDirectory(prefix='ms.', dir='/tmp')
        self.home = self.holder.name

    def trust(self, root):
        with open(root, 'rb') as file:
            der, = from_pem(file.read())
        with open(os.path.join(self.home, 'trustlist.txt'), 'a', encoding='ascii') as file:
            file.write(hashlib.sha1(der).hexdigest().upper() + ' S\n')
        built.must(*self.command(), '--import', root)

    def command(self):
        return [self.gpgsm, '--homedir', self.home, '--batch', '--no-tty', '--quiet',
                '--disable-crl-checks']

    def accepts(self, content, signature):
        return built.run(*self.command(), '--verify', signature, content).returncode == 0

    def close(self):
        built.run('gpgconf', '--homedir', self.home, '--kill', 'all')
        self.holder.cleanup()


class Nss:
    """NSS, which Thunderbird judges with."""

    def __init__(self):
        self.cmsutil = built.program('cmsutil')
        self.certutil = built.program('certutil')
        # tell GnuTLS's program of that name apart
        if b'-N' not in subprocess.run([self.certutil, '-H'], stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, check=False).stdout:
            raise Skip('certutil is not of NSS')
        self.holder = tempfile.TemporaryDirectory(prefix='ms.nss.')
        self.db = 'sql:' + self.holder.name
        built.must(self.certutil, '-N', '-d', self.db, '--empty-password')

    def trust(self, root):
        built.must(self.certutil, '-A', '-d', self.db, '-n', os.path.dirname(root),
                   '-t', ',C,', '-a', '-i', root)

    def accepts(self, content, signature):
        return built.run(self.cmsutil, '-D', '-d', self.db, '-i', signature, '-c', content,
                         '-u', '4', '-o', '/dev/null').returncode == 0

    def close(self):
        self.holder.cleanup()


class Gnutls:
    """GnuTLS, by its certtool."""

    def __init__(self):
        self.certtool, self.root = built.program('certtool'), None

    def trust(self, root):
        self.root = root

    def accepts(self, content, signature):
        return built.run(self.certtool, '--p7-verify', '--inder', '--infile', signature,
                         '--load-ca-certificate', self.root, '--load-data', content
                         ).returncode == 0

    def close(self):
        pass


def judged_by(judge, profile, signed):
    """It accepts the signature, and not over a body that was changed."""
    judge.trust(profile.root)
    with tempfile.TemporaryDirectory(prefix='ms.signed.') as folder:
        paths = [os.path.join(folder, name) for name in ('good', 'bad', 'signature')]
        for path, data in zip(paths, (signed.content, tampered(signed.content), signed.der)):
            with open(path, 'wb') as file:
                file.write(data)
        assert judge.accepts(paths[0], paths[2]), 'refused by ' + type(judge).__name__
        assert not judge.accepts(paths[1], paths[2]), 'a changed body is accepted'


def tampered(content):
    """One bit of the last letter."""
    at = max(m.start() for m in re.finditer(rb'[a-z]', content))
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]

# SPDX-License-Identifier: MIT
"""A second opinion: GnuPG opens what we sealed. Only RSA and CBC: gpgsm 2.2
reads neither EC nor GCM."""

import hashlib
import os
import ssl
import tempfile

from . import built


def decrypt(cert, der):
    gpgsm = built.program('gpgsm')
    # a socket path has 108 bytes at most, so the folder's name is short
    with tempfile.TemporaryDirectory(prefix='ms.', dir='/tmp') as home:
        common = [gpgsm, '--homedir', home, '--batch', '--no-tty', '--quiet',
                  '--disable-crl-checks', '--pinentry-mode', 'loopback', '--passphrase-fd', '0']
        try:
            import_key(common, cert, os.path.join(home, 'owner.p12'))
            path = os.path.join(home, 'mail')
            with open(path, 'wb') as file:
                file.write(der)
            return built.must(*common, '--decrypt', path, data=b'x\n')
        finally:
            built.run('gpgconf', '--homedir', home, '--kill', 'all')


def import_key(common, cert, path):
    """gpgsm 2.2 refuses a few sound PKCS#12 files, which differ in their salt:
    so it gets another one."""
    for _ in range(10):
        built.must('openssl', 'pkcs12', '-export', '-legacy', '-in', cert.cert,
                   '-inkey', cert.key, '-passout', 'pass:x', '-out', path)
        imported = built.run(*common, '--import', path, data=b'x\n')
        if imported.returncode == 0:
            return
    raise AssertionError('gpgsm: ' + imported.stderr.decode())


class Client:
    """GnuPG as a user's mail program. profile: with RSA keys (ceremony.Profile). others:
    certificates to encrypt to (paths)."""

    def __init__(self, profile, *others):
        self.gpgsm, self.profile, self.others = built.program('gpgsm'), profile, others
        self.holder = tempfile.TemporaryDirectory(prefix='ms.', dir='/tmp')
        self.home = self.holder.name
        self.common = [self.gpgsm, '--homedir', self.home, '--batch', '--no-tty', '--quiet',
                       '--disable-crl-checks', '--pinentry-mode', 'loopback',
                       '--passphrase-fd', '0']

    def __enter__(self):
        with open(os.path.join(self.home, 'trustlist.txt'), 'w', encoding='ascii') as file:
            file.write(hashlib.sha1(self.profile.root_der).hexdigest().upper() + ' S\n')
        import_key(self.common, self.profile, os.path.join(self.home, 'user.p12'))
        for path in (self.profile.issued, *self.others):
            built.must(*self.common, '--import', path, data=b'x\n')
        return self

    def __exit__(self, *_):
        built.run('gpgconf', '--homedir', self.home, '--kill', 'all')
        self.holder.cleanup()

    def made(self, data, *options):
        """DER of what gpgsm makes of data."""
        path = os.path.join(self.home, 'data')
        with open(path, 'wb') as file:
            file.write(data)
        return built.must(*self.common, *options, path, data=b'x\n')

    def sign(self, data):
        return self.made(data, '--local-user', fingerprint(self.profile.cert), '--sign')

    def encrypt(self, data):
        return self.made(data, *[word for path in (*self.others, self.profile.cert)
                                 for word in ('--recipient', fingerprint(path))], '--encrypt')


def fingerprint(path):
    with open(path, 'rb') as file:
        return hashlib.sha1(ssl.PEM_cert_to_DER_cert(file.read().decode())).hexdigest().upper()

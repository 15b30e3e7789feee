# SPDX-License-Identifier: MIT
"""A second opinion: GnuPG opens what we sealed. Only RSA and CBC: gpgsm 2.2
reads neither EC nor GCM."""

import os
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

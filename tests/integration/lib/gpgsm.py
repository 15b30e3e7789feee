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
        p12 = os.path.join(home, 'owner.p12')
        built.must('openssl', 'pkcs12', '-export', '-legacy', '-in', cert.cert, '-inkey', cert.key,
                   '-passout', 'pass:x', '-out', p12)
        common = [gpgsm, '--homedir', home, '--batch', '--no-tty', '--quiet',
                  '--disable-crl-checks', '--pinentry-mode', 'loopback', '--passphrase-fd', '0']
        try:
            imported = built.run(*common, '--import', p12, data=b'x\n')
            path = os.path.join(home, 'mail')
            with open(path, 'wb') as file:
                file.write(der)
            done = built.run(*common, '--decrypt', path, data=b'x\n')
            if done.returncode != 0:
                raise AssertionError('gpgsm: %s%s' % (imported.stderr.decode(),
                                                      done.stderr.decode()))
            return done.stdout
        finally:
            built.run('gpgconf', '--homedir', home, '--kill', 'all')

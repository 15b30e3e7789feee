# SPDX-License-Identifier: MIT
"""Judges of the files that the portal's page makes: the programs that users
import them into, and libraries that are not ours. They take a visit.Saved."""

import hashlib
import json
import os
import plistlib
import re
import subprocess
import tempfile

from . import built
from .certs import pem_to_der
from .tap import Skip, same

PKCS12 = ('current', 'compatible')
CERTIFICATE = re.compile(rb'-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n', re.S)
# ./check has one folder for all of its builds
LIBRARIES = os.environ.get('SEAL_TEST_LIBRARIES') or \
    os.path.join(built.BUILDDIR, 'tests', 'web', 'libraries')


def certificates(saved):
    return {saved.read(name) for name in ('root', 'issuer', 'user')}


def openssl(saved):
    """Key, names and all three certificates, in both forms."""
    for form in PKCS12:
        text = built.must('openssl', 'pkcs12', '-in', saved.files[form], '-nodes',
                          '-passin', 'pass:' + saved.passphrase)
        same({pem_to_der(pem) for pem in CERTIFICATE.findall(text)}, certificates(saved),
             'the certificates in ' + form)
        same((text.count(b'friendlyName: '), text.count(b'localKeyID')), (2, 2), form)
        key = built.must('openssl', 'pkey', '-pubout', data=text)
        user = built.must('openssl', 'x509', '-inform', 'DER', '-noout', '-pubkey',
                          data=saved.read('user'))
        same(key, user, 'the public key in ' + form)


def verify(saved):
    """openssl's word on the chain."""
    paths = {}
    for name in ('root', 'issuer', 'user'):
        paths[name] = saved.path(name + '.pem')
        built.must('openssl', 'x509', '-inform', 'DER', '-in', saved.files[name],
                   '-out', paths[name])
    for purpose in ('smimesign', 'smimeencrypt'):
        built.must('openssl', 'verify', '-x509_strict', '-purpose', purpose, '-CAfile',
                   paths['root'], '-untrusted', paths['issuer'], paths['user'])


def nss(saved):
    for form in PKCS12:
        with tempfile.TemporaryDirectory(prefix='ms.nss.') as home:
            database = ['-d', 'sql:' + home]
            certutil = built.program('certutil')
            built.must(certutil, '-N', *database, '--empty-password')
            built.must(built.program('pk12util'), '-i', saved.files[form], *database,
                       '-W', saved.passphrase, '-K', '')
            assert b'rsa' in built.must(certutil, '-K', *database), 'no key'
            listed = built.must(certutil, '-L', *database)
            for name in (b'Mail Seal issuer', b'Mail Seal root'):
                assert name in listed, '%r: no %r' % (listed, name)


def gpgsm(saved):
    """GnuPG 2.2 reads the compatible form."""
    program = built.program('gpgsm')
    with tempfile.TemporaryDirectory(prefix='ms.', dir='/tmp') as home:
        common = [program, '--homedir', home, '--batch', '--no-tty', '--quiet',
                  '--disable-crl-checks', '--pinentry-mode', 'loopback', '--passphrase-fd', '0']
        with open(os.path.join(home, 'trustlist.txt'), 'w', encoding='ascii') as file:
            file.write(hashlib.sha1(saved.read('root')).hexdigest().upper() + ' S\n')
        try:
            built.must(*common, '--import', saved.files['compatible'],
                       data=saved.passphrase.encode() + b'\n')
            keys = built.must(*common[:5], '--with-colons', '--list-secret-keys')
            assert b'\ncrs:' in keys, keys
        finally:
            built.run('gpgconf', '--homedir', home, '--kill', 'all')


def gnutls(saved):
    for form in PKCS12:
        text = built.must(built.program('certtool'), '--p12-info', '--inder', '--infile',
                          saved.files[form], '--password', saved.passphrase)
        same({pem_to_der(pem) for pem in CERTIFICATE.findall(text)}, certificates(saved), form)
        assert b'PRIVATE KEY' in text, 'no key in ' + form


def mobileconfig(saved):
    """Its payloads are the files; the .p12 in it is a compatible one of its own."""
    plist = plistlib.loads(saved.read('mobileconfig'))
    payloads = {part['PayloadType']: part for part in plist['PayloadContent']}
    same(payloads['com.apple.security.root']['PayloadContent'], saved.read('root'), 'root')
    same(payloads['com.apple.security.pkcs1']['PayloadContent'], saved.read('issuer'), 'issuer')
    pkcs12 = payloads['com.apple.security.pkcs12']
    assert 'Password' not in pkcs12, 'the passphrase is in the file'
    text = built.must('openssl', 'pkcs12', '-nodes', '-passin', 'pass:' + saved.passphrase,
                      data=pkcs12['PayloadContent'])
    same({pem_to_der(pem) for pem in CERTIFICATE.findall(text)}, certificates(saved), 'the file')


def library(name):
    """The text of a file of the libraries for tests; a Skip where these are not to be had."""
    fetched = subprocess.run([os.path.join(built.SRCDIR, 'tests', 'web', 'fetch-libraries'),
                              LIBRARIES], stdout=subprocess.PIPE, check=False)
    if fetched.returncode == 77:
        raise Skip(fetched.stdout.decode('utf-8', 'replace').strip())
    same(fetched.returncode, 0, 'fetch-libraries')
    with open(os.path.join(LIBRARIES, 'node_modules', name), encoding='utf-8') as file:
        return file.read()


def libraries(saved, sent, user, nonce):
    """node-forge and PKI.js. sent: what the page sent to issue, PEM; nonce: what it
    sent to create."""
    library('node-forge/package.json')
    node = built.program('node')
    for form in PKCS12 + ('root', 'issuer', 'user'):
        with open(saved.path(form + ('.p12' if form in PKCS12 else '.cer')), 'wb') as file:
            file.write(saved.read(form))
    built.must('openssl', 'req', '-outform', 'DER', '-out', saved.path('user.csr'),
               data=sent.encode())
    with open(saved.path('told.json'), 'w', encoding='utf-8') as file:
        json.dump({'passphrase': saved.passphrase}, file)
    read = json.loads(built.must(node, os.path.join(built.SRCDIR, 'tests', 'web',
                                                    'judge-files.mjs'), LIBRARIES, saved.folder))
    for form in PKCS12:
        same((read[form]['bits'], read[form]['friendlyName']), (3072, user), form)
        same({bytes.fromhex(der) for der in read[form]['certificates']}, certificates(saved), form)
    same((read['request']['subject'], read['request']['nonce']), (user, nonce), 'the request')
    same([re.sub('[0-9a-f]{16}$', 'ID', name) for name in read['chain']],
         [user, 'Mail Seal issuer ID', 'Mail Seal root ID'], 'the chain')

# SPDX-License-Identifier: MIT
"""Certificates and their keys, made with openssl as they are asked for."""

import os
import re
import subprocess
import tempfile
import time

from . import built

CONF = '''
[ca]
default_ca = ca
[ca]
database = {folder}/{name}.db
new_certs_dir = {folder}
rand_serial = yes
policy = policy
default_md = sha256
email_in_dn = no
unique_subject = no
x509_extensions = user
[policy]
commonName = supplied
[req]
distinguished_name = dn
prompt = no
[dn]
CN = {name}
[user]
{extensions}
'''

EXTENSIONS = {
    'basicConstraints': 'critical,CA:FALSE',
    'keyUsage': 'critical,digitalSignature,keyEncipherment',
    'extendedKeyUsage': 'emailProtection',
    'subjectKeyIdentifier': 'hash',
}

KEYS = {
    'rsa': ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
    'rsa1024': ['RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
    'p256': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    'p384': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
    'p521': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
    'secp256k1': ['EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
    'ed25519': ['ED25519'],
}


class Cert:
    """cert and key are paths of PEM files, pem and der the certificate's bytes."""

    def __init__(self, name, kind, cert, key):
        self.name, self.kind, self.cert, self.key = name, kind, cert, key
        with open(cert, 'rb') as file:
            self.pem = re.search(rb'-----BEGIN.*', file.read(), re.S).group(0)
        self.der = pem_to_der(self.pem)

    def __repr__(self):
        return '<%s %s>' % (self.name, self.kind)


class Certs:
    """A folder of certificates; keys are used again for the same name and kind."""

    def __init__(self):
        self.holder = tempfile.TemporaryDirectory(prefix='ms.certs.')
        self.folder = self.holder.name
        self.openssl = built.program('openssl')
        self.made = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def key(self, name, kind):
        path = self.path('%s.%s.key' % (name, kind))
        if not os.path.exists(path):
            built.must(self.openssl, 'genpkey', '-algorithm', *KEYS[kind], '-out', path)
        return path

    def make(self, name, kind='rsa', begins=-1, ends=365, **extensions):
        """A self-signed certificate. begins, ends: days from now. extensions
        replace the defaults; None leaves one out."""
        self.made += 1
        base = self.path('%s.%d' % (name, self.made))
        chosen = dict(EXTENSIONS)
        if kind not in ('rsa', 'rsa1024'):
            chosen['keyUsage'] = 'critical,digitalSignature,keyAgreement'
        chosen['subjectAltName'] = 'email:%s@example.org' % name
        chosen.update(extensions)
        lines = ['%s = %s' % pair for pair in chosen.items() if pair[1] is not None]
        with open(base + '.cnf', 'w', encoding='utf-8') as file:
            file.write(CONF.format(folder=self.folder, name=os.path.basename(base),
                                   extensions='\n'.join(lines)))
        open(base + '.cnf.db', 'w', encoding='utf-8').close()
        open(self.path(os.path.basename(base) + '.db'), 'w', encoding='utf-8').close()
        key = self.key(name, kind)
        built.must(self.openssl, 'req', '-new', '-key', key, '-config', base + '.cnf',
                   '-out', base + '.csr')
        built.must(self.openssl, 'ca', '-batch', '-selfsign', '-config', base + '.cnf',
                   '-keyfile', key, '-in', base + '.csr', '-out', base + '.pem', '-notext',
                   '-startdate', asn1_time(begins), '-enddate', asn1_time(ends))
        return Cert(name, kind, base + '.pem', key)

    def expired(self, name, kind='p256'):
        return self.make(name, kind, begins=-400, ends=-30)

    def not_yet_valid(self, name, kind='p256'):
        return self.make(name, kind, begins=30, ends=400)

    def close(self):
        self.holder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def asn1_time(days):
    return time.strftime('%Y%m%d%H%M%SZ', time.gmtime(time.time() + days * 86400))


def pem_to_der(pem):
    return subprocess.run(['openssl', 'x509', '-outform', 'DER'], input=pem, check=True,
                          stdout=subprocess.PIPE).stdout

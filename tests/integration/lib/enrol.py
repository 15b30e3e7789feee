# SPDX-License-Identifier: MIT
"""The user's half of the ceremony, by openssl alone: root, issuer certificate,
user key and request, as src/pki/issuer.h describes them."""

import os
import re

from . import built
from .certs import asn1_time

CONF = '''
[ca]
default_ca = ca
[ca]
database = {folder}/index
new_certs_dir = {folder}
serial = {folder}/serial
policy = policy
default_md = sha256
email_in_dn = no
unique_subject = no
[policy]
commonName = supplied
[req]
distinguished_name = dn
attributes = attributes
req_extensions = wanted
prompt = no
string_mask = utf8only
[dn]
CN = {name}
[attributes]
challengePassword = {nonce}
[wanted]
subjectAltName = {names}
[root]
basicConstraints = critical,CA:TRUE,pathlen:1
keyUsage = critical,keyCertSign,cRLSign
extendedKeyUsage = emailProtection
nameConstraints = DER:{constraints}
subjectKeyIdentifier = hash
[issuer]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
extendedKeyUsage = emailProtection
nameConstraints = DER:{constraints}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
'''
# excluded: every dNSName, every IPv4 and IPv6 address
CONSTRAINTS = '3036a13430028200300a8708' + '00' * 8 + '30228720' + '00' * 32

KEYS = {'rsa3072': ['RSA', '-pkeyopt', 'rsa_keygen_bits:3072'],
        'rsa2048': ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
        'p256': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256']}


class Device:
    """asked: the issuer's request, as `seal profile create` printed it. Leaves
    chain and request (paths of PEM files) and key; cert once issued() was
    called with what `seal profile issue` printed."""

    def __init__(self, folder, asked, addresses, days=730, kind='p256', nonce=None):
        os.makedirs(folder)
        self.folder, self.days, self.kind = folder, days, kind
        self.cert = None
        self.asked = self.write('asked.pem', asked)
        text = built.must('openssl', 'req', '-in', self.asked, '-noout', '-text',
                          '-verify').decode()
        self.profile = re.search(r'Subject: CN ?= ?Mail Seal issuer ([0-9a-f]{16})\n', text).group(1)
        self.nonce = nonce or re.search(r'challengePassword *:(\S+)\n', text).group(1)
        self.conf('root.cnf', 'Mail Seal root ' + self.profile)
        self._chain()
        self.conf('user.cnf', addresses[0], addresses)
        self.key = self.genkey('user.key', kind)
        self.request = self.path('request.pem')
        built.must('openssl', 'req', '-new', '-config', self.path('user.cnf'), '-key', self.key,
                   '-sha256', '-out', self.request)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), 'wb') as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return self.path(name)

    def conf(self, name, subject, addresses=('x@x',)):
        return self.write(name, CONF.format(
            folder=self.folder, name=subject, nonce=self.nonce, constraints=CONSTRAINTS,
            names=','.join('email:' + address for address in addresses)))

    def genkey(self, name, kind):
        built.must('openssl', 'genpkey', '-algorithm', *KEYS[kind], '-out', self.path(name))
        return self.path(name)

    def _sign(self, kind, request, *args):
        out = self.path(kind + '.pem')
        # 16 bytes, positive
        self.write('serial', (bytes([0x40 + os.urandom(1)[0] % 0x40]) + os.urandom(15)).hex())
        built.must('openssl', 'ca', '-batch', '-notext', '-config', self.path('root.cnf'),
                   '-extensions', kind, '-keyfile', self.path('root.key'), '-in', request,
                   '-out', out, '-startdate', self.begins, '-enddate', self.ends, *args)
        with open(out, 'rb') as file:
            return file.read()

    def _chain(self):
        self.begins, self.ends = asn1_time(-1), asn1_time(self.days)
        self.write('index', '')
        self.genkey('root.key', 'p256')
        built.must('openssl', 'req', '-new', '-config', self.path('root.cnf'),
                   '-key', self.path('root.key'), '-out', self.path('root.csr'))
        root = self._sign('root', self.path('root.csr'), '-selfsign')
        issuer = self._sign('issuer', self.asked, '-cert', self.path('root.pem'))
        os.unlink(self.path('root.key'))
        self.chain = self.write('chain.pem', root + issuer)

    def issued(self, text):
        """Keeps the user certificate, and lets openssl judge the chain."""
        self.cert = self.write('cert.pem', text)
        # openssl's smimeencrypt knows RSA only
        for purpose in ('smimesign',) + (() if self.kind == 'p256' else ('smimeencrypt',)):
            built.must('openssl', 'verify', '-x509_strict', '-purpose', purpose,
                       '-CAfile', self.path('root.pem'), '-untrusted', self.path('issuer.pem'),
                       self.cert)
        return self

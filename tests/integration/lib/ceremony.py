# SPDX-License-Identifier: MIT
"""The whole ceremony of a user's profile, by the commands a user and an
administrator type: doveadm and seal-enrol."""

import os
import re
import tempfile

from . import built
from .signed import from_pem

ENROL = 'seal-enrol'
PEM = re.compile(r'-----BEGIN ([A-Z ]+)-----.*?-----END \1-----\n?', re.S)


class Profile:
    """A user's side: the folder of their device, its files, and what has been
    shown to them. cert and key make it a certs.Cert to open mail with."""

    def __init__(self, user, folder):
        self.user, self.folder, self.id = user, folder, None
        self.dir = os.path.join(folder, 'device')
        self.key = os.path.join(self.dir, 'key.pem')
        self.root = os.path.join(self.dir, 'root.pem')
        self.cert = os.path.join(folder, 'user.pem')
        self.passphrase = self.code = None
        self.issuer_der = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='ascii') as file:
            file.write(text)
        return self.path(name)

    def __repr__(self):
        return '<profile %s of %s>' % (self.id, self.user)


class Ceremonies:
    """Holds the users' devices. run: what starts seal-enrol, for a test that
    wants to watch it."""

    def __init__(self, box, run=built.must):
        self.box, self.run = box, run
        self.enrol = built.need(ENROL)
        self.holder = tempfile.TemporaryDirectory(prefix='ms.device.')
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.holder.cleanup()

    def create(self, user, *more):
        """Steps 1 to 3: the profile is pending, the user has made theirs."""
        self.count += 1
        folder = os.path.join(self.holder.name, str(self.count))
        os.mkdir(folder, 0o700)
        profile = Profile(user, folder)
        text = self.box.must('seal', 'profile', 'create', *more, user)
        profile.id = re.search(r'\b[0-9a-f]{16}\b', PEM.sub('', text)).group()
        profile.request = profile.write('issuer.pem', blocks(text)[0])
        return profile

    def make_keys(self, profile, key='p256', address=None):
        self.run(self.enrol, 'new', '--dir', profile.dir, '--key', key,
                 '--address', address or profile.user, profile.request)

    def issue(self, profile):
        """Step 4."""
        text = self.box.must('seal', 'profile', 'issue', profile.user, profile.id,
                             os.path.join(profile.dir, 'chain.pem'),
                             os.path.join(profile.dir, 'request.pem'))
        certificates = blocks(text)
        profile.issued = profile.write('issued.pem', ''.join(certificates))
        profile.write('user.pem', certificates[0])
        profile.der, profile.issuer_der, profile.root_der = from_pem(
            ''.join(certificates).encode())

    def check(self, profile, *more):
        return self.run(self.enrol, 'check', '--dir', profile.dir, *more,
                        profile.issued).decode()

    def pkcs12(self, profile):
        """Step 5. The passphrase is shown once."""
        text = self.run(self.enrol, 'pkcs12', '--dir', profile.dir, profile.issued).decode()
        profile.passphrase = re.search(r'Passphrase.*:\n\n +(\S+)\n', text).group(1)
        return text

    def prove(self, profile):
        """Step 6: the code arrives by mail; the newest one is it."""
        self.box.must('seal', 'profile', 'prove', profile.user, profile.id)
        mail = profile.path('mail.eml')
        with open(mail, 'wb') as file:
            file.write(self.box.messages(profile.user)[-1])
        text = self.check(profile, '--test-mail', mail)
        profile.code = re.search(r'^Code: (\S+)$', text, re.M).group(1)

    def activate(self, profile, code=None):
        self.box.must('seal', 'profile', 'activate', profile.user, profile.id,
                      *([code] if code else []))

    def issued(self, user, key='p256', more=(), **options):
        """An active profile; options as `doveadm seal profile set` takes them."""
        profile = self.create(user, *more)
        self.make_keys(profile, key)
        self.issue(profile)
        if options:
            self.box.must('seal', 'profile', 'set', user, profile.id,
                          *['%s=%s' % pair for pair in options.items()])
        self.activate(profile)
        return profile

    def whole(self, user, key='rsa3072'):
        """All six steps, nothing left out."""
        profile = self.create(user)
        self.make_keys(profile, key)
        self.issue(profile)
        self.check(profile)
        self.pkcs12(profile)
        self.prove(profile)
        self.activate(profile, profile.code)
        return profile


def blocks(text):
    found = [match.group() for match in PEM.finditer(text)]
    if not found:
        raise AssertionError('no PEM in %r' % text)
    return [block if block.endswith('\n') else block + '\n' for block in found]

# SPDX-License-Identifier: MIT
"""seal-enrol, run for one user against a portal; and what it leaves, as openssl reads
it."""

import os
import re

from . import built
from .tap import same

PROGRAM = 'seal-enrol'
MADE = ['chain.pem', 'key.pem', 'request.pem', 'root.pem']
FILES = sorted(MADE + ['issued.pem', 'mail.p12', 'mail-compatible.p12'])


class Tool:
    """url, ca_file: where the portal is, by default that of the box. Has a folder of
    its own, below which the folders of its profiles are."""

    def __init__(self, box, user, name='tool', url=None, ca_file=None):
        self.box, self.user = box, user
        self.url, self.ca_file = url or box.url, ca_file or box.cert
        self.folder = box.path('%s-%s' % (name, user))
        os.makedirs(self.folder, exist_ok=True)
        self.password_file = self.write('password', 'secret\nnot this\n')

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)
        return self.path(name)

    def args(self, command, *args, password_file=None):
        return (built.need(PROGRAM), command, '--server', self.url, '--ca-file', self.ca_file,
                '--user', self.user, '--password-file', password_file or self.password_file) + args

    def run(self, command, *args, env=None, **kwargs):
        """Exit code, output and complaint."""
        done = built.run(*self.args(command, *args, **kwargs), cwd=self.folder,
                         env=dict(os.environ, **(env or {})))
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def must(self, command, *args, **kwargs):
        code, out, complaint = self.run(command, *args, **kwargs)
        same((code, complaint), (0, ''), command)
        return out

    def refused(self, reason, command, *args, **kwargs):
        """With one line that holds reason. Returns what was printed."""
        code, out, complaint = self.run(command, *args, **kwargs)
        same((code, complaint.count('\n'), complaint[:12]), (1, 1, 'seal-enrol: '), complaint)
        assert reason in complaint, '"%s" is not in: %s' % (reason, complaint)
        return out

    def new(self, folder, *args, **kwargs):
        return self.must('new', '--dir', folder, '--key', 'p256', *args, **kwargs)

    def files(self, folder):
        path = self.path(folder)
        return sorted(os.listdir(path)) if os.path.exists(path) else []

    def remove(self, folder, *names):
        for name in names:
            os.unlink(self.path(folder, name))

    def profile(self, folder):
        """The profile's id, out of the root's name."""
        text = built.must('openssl', 'x509', '-in', self.path(folder, 'root.pem'), '-noout',
                          '-subject').decode()
        return re.search(r'Mail Seal root ([0-9a-f]{16})$', text.strip()).group(1)

    def states(self):
        return self.box.api(self.user).sign_in().states()


class Imported:
    """What a mail client takes out of mail.p12: cert and key, each a PEM file."""

    def __init__(self, tool, folder, passphrase):
        text = built.must('openssl', 'pkcs12', '-in', tool.path(folder, 'mail.p12'), '-nodes',
                          '-passin', 'pass:' + passphrase, '-clcerts').decode()
        self.cert = self.key = tool.write(folder + '.imported', text)
        built.must('openssl', 'verify', '-x509_strict', '-purpose', 'smimesign', '-CAfile',
                   tool.path(folder, 'root.pem'), '-untrusted', tool.path(folder, 'issued.pem'),
                   self.cert)


def passphrase_in(text):
    """The one that 'new' has made."""
    return re.search(r'write it down:\n\n    (\S+)\n', text).group(1)

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""seal-enrol with the portal: the whole ceremony without a browser and without an
administrator; one that breaks off and is taken up; what the portal refuses."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, messages
from lib.portal import Portal, opened, read_code
from lib.tap import Tap, same

PROGRAM = 'seal-enrol'
FILES = ['chain.pem', 'issued.pem', 'key.pem', 'mail-compatible.p12', 'mail.p12', 'request.pem',
         'root.pem']


class Tool:
    """Runs seal-enrol for one user, in a folder of its own."""

    def __init__(self, box, user, name='tool'):
        self.box, self.user = box, user
        self.folder = box.path(name + '-' + user)
        os.makedirs(self.folder, exist_ok=True)
        self.password_file = self.path('password')
        with open(self.password_file, 'w', encoding='ascii') as file:
            file.write('secret\nnot this\n')

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def args(self, command, *args, user=None, password=None, url=None):
        return (built.need(PROGRAM), command, '--server', url or self.box.url, '--ca-file',
                self.box.cert, '--user', user or self.user, '--password-file',
                password or self.password_file) + args

    def run(self, command, *args, data=None, **kwargs):
        done = built.run(*self.args(command, *args, **kwargs), data=data, cwd=self.folder)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def must(self, command, *args, **kwargs):
        code, out, complaint = self.run(command, *args, **kwargs)
        same((code, complaint), (0, ''), command)
        return out

    def refused(self, reason, command, *args, **kwargs):
        """With one line, which holds reason. Returns what was printed."""
        code, out, complaint = self.run(command, *args, **kwargs)
        assert code == 1 and complaint.startswith('seal-enrol: ') and \
            complaint.count('\n') == 1 and reason in complaint, (code, complaint, reason)
        return out

    def new(self, folder, *args, **kwargs):
        return self.must('new', '--dir', folder, '--key', 'p256', *args, **kwargs)

    def files(self, folder):
        return sorted(os.listdir(self.path(folder)))

    def states(self):
        return self.box.api(self.user).sign_in().states()

    def profile(self, folder):
        text = built.must('openssl', 'x509', '-in', self.path(folder, 'root.pem'), '-noout',
                          '-subject').decode()
        return text.strip()[-16:]


class Made:
    """What a mail client has: certificate and key, by openssl out of mail.p12."""

    def __init__(self, tool, folder, passphrase):
        text = built.must('openssl', 'pkcs12', '-in', tool.path(folder, 'mail.p12'), '-nodes',
                          '-passin', 'pass:' + passphrase, '-clcerts')
        self.cert, self.key = tool.path(folder + '-cert'), tool.path(folder + '-key')
        for path in (self.cert, self.key):
            with open(path, 'wb') as file:
                file.write(text)
        built.must('openssl', 'verify', '-x509_strict', '-purpose', 'smimesign', '-CAfile',
                   tool.path(folder, 'root.pem'), '-untrusted', tool.path(folder, 'issued.pem'),
                   self.cert)


def passphrase_in(text):
    return re.search(r'write it down:\n\n    (\S+)\n', text).group(1)


def whole(box, tool):
    """From nothing to mail that is sealed."""
    said = tool.new('profile', '--label', 'Büro', '--days', '30')
    same(tool.files('profile'), FILES, 'files')
    for name in FILES:
        same(os.stat(tool.path('profile', name)).st_mode & 0o777, 0o600, name)
    device = Made(tool, 'profile', passphrase_in(said))
    same(tool.states(), {tool.profile('profile'): 'ready'}, 'profiles')
    code = read_code(box.messages(tool.user)[-1], device)
    printed = tool.must('activate', '--dir', 'profile', code)
    assert printed == 'Profile %s is active: from now on, mail that arrives for you is ' \
        'encrypted.\n' % tool.profile('profile'), printed
    box.accepted(tool.user, messages.plain('sealed'))
    assert b'A line of text.' in opened(box.messages(tool.user)[-1], device)


def main(tap):
    with Portal(tap) as box:
        anna = box.user('anna')
        box.start()
        tap.case('the whole ceremony', whole, box, Tool(box, anna))


if __name__ == '__main__':
    Tap().run(main)

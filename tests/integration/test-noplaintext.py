#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""No plaintext on disk: a word from the bodies is in no file below the mail
root, and no process of Dovecot's ever wrote it to anything but a socket, or to
a spool file on tmpfs."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, messages, opened
from lib.canary import Canary
from lib.certs import Certs
from lib.dovecot import Instance
from lib.lmtp import as_sent
from lib.tap import Skip, Tap, same

SIZES = {'100 bytes': 100, '127 kB': 127 * 1024, '129 kB': 129 * 1024, '30 MB': 30 << 20}
SCRIPT = '''require ["fileinto", "mailbox", "body"];
if body :contains "fox jumps" { fileinto :create "one"; fileinto :create "two"; }
'''
FORMATS = ('maildir', 'sdbox', 'mdbox')


def users(box):
    """Those that are sealed, and their mailboxes."""
    found = {}
    for kind in FORMATS:
        box.user(kind, kind)
        box.user(kind + '-sieve', kind, SCRIPT)
        found[kind + '@example.org'] = ['INBOX']
        found[kind + '-sieve@example.org'] = ['one', 'two']
    return found


def use_it(box, canary, sealed, sizes, ways):
    """Delivers, and then does what makes index, cache and search files."""
    for size in sizes:
        name = re.sub(r'\W', '', size)
        data = messages.text(name, canary.body(SIZES[size]))
        box.accepted(list(sealed), data)
        if 'lda' in ways and SIZES[size] < 1 << 20:
            for user in sealed:
                same(box.lda(user, messages.text('lda' + name, canary.body(SIZES[size]))).returncode,
                     0, 'dovecot-lda')
        if 'save' in ways and SIZES[size] < 1 << 20:
            for kind in FORMATS:
                box.must('save', '-u', kind + '@example.org', '-m', 'INBOX',
                         data=messages.text('save' + name, canary.body(SIZES[size])))
    attached = messages.with_attachment('attached', canary.body(50000), canary.body(300))
    box.accepted(list(sealed), attached)
    for user, mailboxes in sealed.items():
        with box.imap(user) as imap:
            for mailbox in mailboxes:
                if mailbox in imap.mailboxes() and imap.select(mailbox):
                    imap.must('fetch', '1:*', '(ENVELOPE BODYSTRUCTURE BODY RFC822.SIZE '
                              'BODY.PEEK[HEADER] PREVIEW)')
                    same(imap.must('search', None, 'BODY', canary.word.decode()), [b''],
                         'search for the word')
        box.must('index', '-u', user, '*')


def delivered(box, canary, cert, sealed):
    """All that was sent is there, and opens."""
    for user, mailboxes in sealed.items():
        for mailbox in mailboxes:
            mails = box.messages(user, mailbox)
            assert len(mails) >= 5, '%s %s: %d mails' % (user, mailbox, len(mails))
            for mail in mails[:4] + mails[-1:]:
                inner = opened.Sealed(mail).open(cert)
                assert canary.in_bytes(inner), 'the word is not inside'


def nothing_on_disk(box, canary):
    same(canary.below(box.path('home'), box.base, box.state, box.log_path), [], 'files with it')
    same(canary.in_bytes(box.log().encode()), False, 'the log has it')
    assert not os.listdir(box.temp_dir), os.listdir(box.temp_dir)


def written(box, canary):
    """{target: calls} of every traced write that shows the word."""
    found = {}
    for path in box.traces:
        for call, target in canary.traced(path):
            found.setdefault(target, set()).add(call)
    return found


def to_disk(box, canary):
    return {target: calls for target, calls in written(box, canary).items()
            if not re.match(r'(socket|UNIX|TCP|pipe)\b', target) and
            not target.startswith(box.temp_dir + '/')}


def traced(tap, certs):
    canary, cert = Canary('t'), certs.make('owner', 'p256')
    with Instance(tap, sieve=True, trace=True) as box:
        if file_system(box.temp_dir) != 'tmpfs':
            raise Skip('/dev/shm is no tmpfs')
        sealed = users(box)
        box.start()
        for user in sealed:
            box.enrol(user, cert)
        tap.case('traced: delivery and use', use_it, box, canary, sealed, SIZES, ('lda', 'save'))
        tap.case('traced: all is stored, and sealed', delivered, box, canary, cert, sealed)
        box.stop()
        tap.case('traced: no file below the mail root has it', nothing_on_disk, box, canary)
        tap.case('traced: it was only written to sockets and tmpfs',
                 lambda: same(to_disk(box, canary), {}, 'written to'))
        tap.case('traced: nothing was passed on unseen', unseen_copies, box)
        tap.case('traced: the trace saw the word', lambda: same(
            any(target.startswith(box.temp_dir) for target in written(box, canary)), True,
            'the spool file was seen'))


def unseen_copies(box):
    """No call that moves bytes without showing them took them from the spool
    on tmpfs to a file, and no file came into the mail root from outside."""
    wrong = []
    for path in box.traces:
        with open(path, encoding='utf-8', errors='replace') as file:
            for line in file:
                moved = re.match(r'\d+ +(sendfile|splice|copy_file_range)\((.*)', line)
                if moved and box.temp_dir in moved.group(2) and \
                        'socket' not in moved.group(2):
                    wrong.append(line)
                names = re.match(r'\d+ +(?:link|rename)\w*\(.*?"([^"]*)".*?"([^"]*)"', line)
                if names and in_home(box, names.group(2)) and not in_home(box, names.group(1)):
                    wrong.append(line)
                shared = re.match(r'\d+ +mmap\(.*PROT_WRITE.*MAP_SHARED.*<([^>]*)>', line)
                if shared and in_home(box, shared.group(1)) and \
                        not re.search(r'index|\.cache|uidlist|\.log', shared.group(1)):
                    wrong.append(line)
    same(wrong, [], 'calls')


def in_home(box, path):
    return os.path.isabs(path) and path.startswith(box.path('home'))


def plain_is_found(tap, certs):
    """The judge can say no: mail of a user who is not sealed is found, on
    disk and in the trace."""
    canary = Canary('p')
    with Instance(tap, sieve=True, trace=True, plugin_settings={'mail_seal': 'no'}) as box:
        sealed = users(box)
        box.start()
        use = ('100 bytes', '129 kB')
        try:
            use_it(box, canary, sealed, use, ('lda', 'save'))
        except AssertionError as found:
            assert 'search for the word' in str(found), found
        box.stop()
        files = canary.below(box.path('home'))
        for kind in FORMATS:
            tap.ok(any('/%s/' % kind in path for path in files), 'plain mail is found in ' + kind)
            tap.ok(any('/home/%s/' % kind in target for target in to_disk(box, canary)),
                   'and in the trace')


def on_disk_spool(tap, certs):
    """mail_temp_dir on a disk: the administrator is warned, once."""
    folder = next((f for f in ('/var/tmp', '/tmp', os.getcwd())
                   if file_system(f) != 'tmpfs' and os.access(f, os.W_OK)), None)
    if folder is None:
        raise Skip('there is no folder on a disk')
    spool = os.path.join(folder, 'ms.spool.%d' % os.getpid())
    os.mkdir(spool)
    try:
        with Instance(tap, temp_dir=spool) as box:
            cert = certs.make('owner', 'p256')
            box.user('alice')
            box.start()
            box.enrol('alice@example.org', cert)
            with box.lmtp() as client:
                for number in range(3):
                    data = messages.plain('spool%d' % number)
                    same(client.send(['alice'], data)[0].code, 250, 'reply')
            for mail in box.messages('alice@example.org'):
                opened.Sealed(mail).open(cert)
            lines = [line for line in box.log().splitlines()
                     if 'Warning' in line and 'mail_temp_dir' in line and 'lmtp' in line]
            same(len(lines), 1, 'warnings: %r' % lines)
    finally:
        os.rmdir(spool)


def on_tmpfs_silent(tap, certs):
    with Instance(tap) as box:
        box.user('alice')
        box.start()
        box.enrol('alice@example.org', certs.make('owner', 'p256'))
        box.accepted('alice', messages.plain('silent'))
        same([line for line in box.log().splitlines() if 'mail_temp_dir' in line], [], 'warnings')


def file_system(folder):
    return built.must('stat', '-f', '-c', '%T', folder).decode().strip()


def main(tap):
    with Certs() as certs:
        for part in (traced, plain_is_found):
            try:
                part(tap, certs)
            except Skip as reason:
                tap.skip(part.__name__, reason)
        tap.case('a warning where mail_temp_dir is on a disk', on_disk_spool, tap, certs)
        tap.case('none where it is on tmpfs', on_tmpfs_silent, tap, certs)


if __name__ == '__main__':
    Tap().run(main)

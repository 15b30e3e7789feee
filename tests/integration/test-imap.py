#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sealed mail over IMAP: everything describes what is stored; moving it about
leaves it as it is; mail_seal_when = always seals what is appended."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, conf, messages, opened
from lib.certs import Certs
from lib.dovecot import Instance
from lib.tap import Tap, same

ALICE, BOB = 'alice@example.org', 'bob@example.org'
ALWAYS, AWAY = 'always@example.org', 'away@example.org'
SECRET = b'xylophone'
DATA = messages.text('described', b'A ' + SECRET + b' in the body.\r\n' * 50)


# -- what is described ---------------------------------------------------

def sizes(box):
    stored = box.messages(ALICE)
    with box.imap(ALICE) as imap:
        imap.select()
        for number, mail in enumerate(stored, 1):
            same(int(imap.item(number, 'RFC822.SIZE')), len(mail), 'RFC822.SIZE')
            head, _, body = mail.partition(b'\r\n\r\n')
            same(literal(imap, number, 'BODY.PEEK[HEADER]'), head + b'\r\n\r\n', 'header')
            same(literal(imap, number, 'BODY.PEEK[TEXT]'), body, 'text')
            same(literal(imap, number, 'BODY.PEEK[1]'), body, 'part 1')


def literal(imap, number, item):
    data = imap.must('fetch', str(number), '(%s)' % item)
    return data[0][1]


def envelope(box):
    with box.imap(ALICE) as imap:
        imap.select()
        got = imap.item(1, 'ENVELOPE')
        for part in (b'Thu, 1 Oct 2026 10:00:00 +0000', b'and a subject that goes on',
                     b'"A. Sender" NIL "sender" "remote.example"', b'<described@remote.example>'):
            assert part in got, got


def structure(box):
    mail = box.messages(ALICE)[0]
    body = mail.partition(b'\r\n\r\n')[2]
    with box.imap(ALICE) as imap:
        imap.select()
        got = imap.item(1, 'BODYSTRUCTURE').lower()
        pattern = (rb'\("application" "pkcs7-mime" \("smime-type" "enveloped-data" '
                   rb'"name" "smime.p7m"\) nil nil "base64" %d nil '
                   rb'\("attachment" \("filename" "smime.p7m"\)\) nil nil\)$' % len(body))
        assert re.match(pattern, got), got


def preview(box):
    with box.imap(ALICE) as imap:
        imap.select()
        got = imap.item(1, 'PREVIEW')
        assert SECRET not in got and b'A ' not in got[:6], got


def search(box):
    with box.imap(ALICE) as imap:
        imap.select()
        for wanted, criteria in ((b'', 'BODY ' + SECRET.decode()), (b'', 'TEXT ' + SECRET.decode()),
                                 (b'1', 'SUBJECT "that goes on"'), (b'1', 'TEXT smime.p7m'),
                                 (b'1', 'HEADER X-Between outside'),
                                 (b'1', 'HEADER X-Mail-Seal v=1'), (b'', 'HEADER Content-Language de')):
            same(imap.must('search', None, criteria), [wanted], 'SEARCH ' + criteria)


def quota(box):
    used = sum(len(mail) for mail in box.messages(ALICE))
    with box.imap(ALICE) as imap:
        got = re.search(rb'STORAGE (\d+) ', imap.must('getquota', '"User quota"')[0])
        same(int(got.group(1)), -(-used // 1024), 'kB of quota')


def without_cache(box):
    """The same answers when Dovecot has to look at the message itself."""
    for path in box.files('alice'):
        if 'dovecot.index' in path:
            os.unlink(path)
    for look in (sizes, envelope, structure, preview, search, quota):
        look(box)


def described(tap, box):
    box.accepted('alice', DATA)
    for look in (sizes, envelope, structure, preview, search, quota, without_cache):
        tap.case('as stored: ' + look.__name__, look, box)


# -- moving it about -----------------------------------------------------

def append_plain(box):
    """By default only delivery seals: what a client appends stays its own."""
    with box.imap(ALICE) as imap:
        imap.conn.create('Sent')
        imap.appended('Sent', DATA)
    same(box.messages(ALICE, 'Sent'), [DATA], 'appended')


def append_sealed(box):
    mail = box.messages(ALICE)[0]
    with box.imap(ALICE) as imap:
        imap.conn.create('Again')
        imap.appended('Again', mail, flags=r'(\Seen)')
    same(box.messages(ALICE, 'Again'), [mail], 'appended')


def copy_and_move(box):
    mail = box.messages(ALICE)[0]
    with box.imap(ALICE) as imap:
        imap.conn.create('Copies')
        imap.select()
        imap.must('copy', '1', 'Copies')
        imap.must('copy', '1', 'INBOX')
        imap.select('Copies')
        imap.conn.create('Moved')
        imap.simple('UID', 'MOVE', '1:*', 'Moved', response='OK')
    same(box.messages(ALICE, 'Copies'), [], 'moved away')
    same(box.messages(ALICE, 'Moved'), [mail], 'moved')
    same(box.messages(ALICE), [mail, mail], 'copied')


def replace(box):
    """As clients replace a message: fetch, append, expunge the old one."""
    mail = box.messages(ALICE)[1]
    with box.imap(ALICE) as imap:
        imap.select()
        imap.appended('INBOX', mail, flags=r'(\Flagged)')
        imap.must('store', '2', '+FLAGS', r'\Deleted')
        imap.must('expunge')
    same(box.messages(ALICE), [mail, mail], 'replaced')


def all_mail(box, user):
    with box.imap(user) as imap:
        return {name: imap.messages(name) for name in imap.mailboxes()}


def doveadm_moves(box):
    mails = all_mail(box, ALICE)
    inbox = mails['INBOX']
    for command, user in (('backup', 'copy1@example.org'), ('sync', 'copy2@example.org')):
        home = box.path('home', user.split('@')[0])
        copy = (command, '-u', ALICE, {'backup': 'sdbox', 'sync': 'maildir'}[command] + ':' +
                home + '/mail')
        # 2 is "run it again": what 2.4 says to a first sync, without our plugin, too
        if box.doveadm(*copy).returncode == 2:
            box.must(*copy)
        same(all_mail(box, user), mails, command)
    box.must('import', '-u', BOB, 'maildir:' + box.path('home', 'copy2', 'mail'), 'in',
             'mailbox', 'INBOX')
    same(box.messages(BOB, 'in/INBOX'), inbox, 'import')
    for command in ('copy', 'move'):
        with box.imap(ALICE) as imap:
            imap.conn.create(command + 'd')
        box.must(command, '-u', ALICE, command + 'd', 'mailbox', 'INBOX', 'all')
        same(box.messages(ALICE, command + 'd'), inbox, 'doveadm ' + command)


def moving(tap, box):
    for move in (append_plain, append_sealed, copy_and_move, replace, doveadm_moves):
        tap.case('left alone: ' + move.__name__, move, box)


# -- mail_seal_when = always ---------------------------------------------

def appended(box, user, cert, data, flags=''):
    with box.imap(user) as imap:
        before = imap.select()
        imap.appended('INBOX', data, flags=flags)
    mail = box.messages(user)[before:]
    same(len(mail), 1, 'messages appended')
    return opened.check(mail[0], data, cert)


def append_before(box):
    """This one stays unsealed, wherever it is copied to later."""
    with box.imap(ALWAYS) as imap:
        imap.conn.create('Old')
        imap.appended('Old', DATA)
    same(box.messages(ALWAYS, 'Old'), [DATA], 'appended')


def append_large(box, cert):
    appended(box, ALWAYS, cert, messages.text('large', messages.TEXT * 20000))


def append_several(box, cert):
    """MULTIAPPEND"""
    mails = [messages.text('several%d' % i, b'x%d\r\n' % i * 3000) for i in range(3)]
    with box.imap(ALWAYS) as imap:
        before = imap.select()
        imap.appended('INBOX', *mails)
    got = box.messages(ALWAYS)[before:]
    same(len(got), 3, 'messages appended')
    for mail, data in zip(got, mails):
        opened.check(mail, data, cert)


def append_draft(box, _cert):
    with box.imap(ALWAYS) as imap:
        imap.conn.create('Drafts')
        imap.appended('Drafts', DATA, flags=r'(\Draft \Seen)')
    same(box.messages(ALWAYS, 'Drafts'), [DATA], 'the draft')


def copy_stays(box, _cert):
    """Sealed mail has one layer, however often it is handled."""
    mail = box.messages(ALWAYS)[0]
    with box.imap(ALWAYS) as imap:
        imap.conn.create('Copies')
        imap.select()
        imap.must('copy', '1', 'Copies')
        imap.appended('Copies', mail)
    copied, appended_again = box.messages(ALWAYS, 'Copies')
    same(copied, mail, 'copied')
    same(appended_again, mail, 'appended again')
    # the other side is a process of its own, as it is between two servers
    box.must('sync', '-u', ALWAYS, built.program('doveadm'), '-c', box.conf,
             'dsync-server', '-u', 'copy3@example.org')
    same(all_mail(box, 'copy3@example.org'), all_mail(box, ALWAYS), 'sync')
    with box.imap(ALWAYS) as imap:
        imap.select('Old')
        imap.must('copy', '1', 'Old')
    same(box.messages(ALWAYS, 'Old'), [DATA, DATA], 'copied')


def append_fails(box, _cert):
    """No seald: APPEND is refused, nothing is stored, the session goes on."""
    with box.imap(AWAY) as imap:
        imap.select()
        answer = imap.append('INBOX', DATA)
        assert answer.startswith('NO'), answer
        assert not re.search(r'(?i)socket|connect|seald|/', answer), answer
        same(imap.select(), 0, 'messages')
        imap.appended('INBOX', DATA, flags=r'(\Draft)')
        same(imap.select(), 1, 'messages')
        imap.must('noop')


def always(tap, box, cert):
    tap.case('always: APPEND', appended, box, ALWAYS, cert, DATA)
    tap.case('always: APPEND with a flag', appended, box, ALWAYS, cert, DATA, r'(\Seen)')
    for test in (append_large, append_several, append_draft, copy_stays, append_fails):
        tap.case('always: ' + test.__name__, test, box, cert)
    for name, data in messages.broken().items():
        if data:
            tap.case('always: APPEND, ' + name, appended, box, ALWAYS, cert, data)


def main(tap):
    # where an administrator loads the plugin for everything, dsync has it too
    everywhere = conf.syntax().plugins('dsync', 'mail_seal')
    with Certs() as certs, Instance(tap, quota=True, settings=everywhere) as box:
        cert = certs.make('owner')
        box.user('alice', 'maildir', quota='1G')
        box.user('bob', 'mdbox')
        box.user('always', 'maildir', mail_seal_when='always')
        box.user('away', 'sdbox', mail_seal_when='always', mail_seal_socket_path='nowhere')
        box.user('copy1', 'sdbox:~/mail')
        box.user('copy2', 'maildir:~/mail')
        box.user('copy3', 'sdbox:~/mail', mail_seal_when='always')
        box.start()
        tap.case('always: without a profile, as it came', append_before, box)
        for user in (ALICE, BOB, ALWAYS, AWAY, 'copy3@example.org'):
            box.enrol(user, cert)
        described(tap, box)
        moving(tap, box)
        always(tap, box, cert)
        tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

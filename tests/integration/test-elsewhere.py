#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A user's kill switch holds where their mail is filed elsewhere: in a public
namespace, which nobody owns, or with somebody who has no certificate. It is
sealed in their own inbox then."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import messages, opened
from lib.certs import Certs
from lib.dovecot import Instance
from lib.tap import Tap, same

SETTINGS = '''
recipient_delimiter = +
lmtp_save_to_detail_mailbox = yes
'''
STORES = ('maildir', 'sdbox', 'mdbox')
SCRIPT = '''require ["fileinto", "mailbox"];
if header :contains "X-To" "other" { fileinto "shared/other/INBOX"; }
else { fileinto :create "%s/filed"; }
'''


def settings(box):
    text = SETTINGS + box.syntax.shared('username')
    for store in STORES:
        folder = box.path('home', 'public-' + store)
        os.makedirs(folder)
        os.chown(folder, box.uid, box.gid)
        text += box.syntax.public(store, store, folder)
    return text


def user_name(store, way, switch):
    return '%s-%s-%s' % (store, way, switch)


def send(box, user, way, data):
    if way == 'lda':
        path = box.path('message')
        with open(path, 'wb') as file:
            file.write(data)
        os.chmod(path, 0o644)
        same(box.lda(user, path=path, mailbox=user.split('-')[0] + '/filed').returncode, 0,
             'dovecot-lda')
    elif way == 'detail':
        name, _, domain = user.partition('@')
        box.accepted('%s+%s/filed@%s' % (name, name.split('-')[0], domain), data)
    else:
        box.accepted(user, data)


def public(box, cert, store, way, switch):
    user = user_name(store, way, switch) + '@example.org'
    data = messages.text('public', b'of %s\r\n' % user.encode())
    before = filed(box, user, store)
    send(box, user, way, data)
    inbox, after = box.messages(user), filed(box, user, store)
    if switch == 'on':
        same((len(inbox), len(after)), (1, len(before)), 'in the inbox, in public')
        opened.check(inbox[0], data, cert)
    else:
        same((len(inbox), len(after)), (0, len(before) + 1), 'in the inbox, in public')
        opened.check_plain(after[-1], data)


def filed(box, user, store):
    with box.imap(user) as imap:
        if store + '/filed' not in imap.mailboxes():
            return []
        return imap.messages(store + '/filed')


def other(box, cert, switch):
    """Filed with somebody who has no profile."""
    user = user_name('maildir', 'sieve', switch) + '@example.org'
    data = messages.plain('other', fields=b'X-To: other\r\n')
    mine, theirs = len(box.messages(user)), len(box.messages('other@example.org'))
    box.accepted(user, data)
    theirs = len(box.messages('other@example.org')) - theirs
    same(theirs, int(switch == 'off'), 'mail with the other')
    mine = box.messages(user)[mine:]
    same(len(mine), int(switch == 'on'), 'mail in the inbox')
    for mail in mine:
        opened.check(mail, data, cert)


def main(tap):
    ways = [(store, way, switch) for store in STORES for way in ('detail', 'lda', 'sieve')
            for switch in ('on', 'off')]
    with Certs() as certs, Instance(tap, sieve=True) as box:
        box.settings = settings(box)
        cert = certs.make('owner', 'p256')
        for store, way, switch in ways:
            box.user(user_name(store, way, switch), store,
                     SCRIPT % store if way == 'sieve' else None)
        box.user('other')
        box.start()
        box.accepted('other', messages.text('first'))
        for case in ways:
            user = user_name(*case) + '@example.org'
            box.enrol(user, cert)
            if case[2] == 'on':
                box.kill_switch(user)
        for case in ways:
            tap.case('public: %s, %s, kill switch %s' % case, public, box, cert, *case)
        for switch in ('on', 'off'):
            tap.case('somebody else: kill switch ' + switch, other, box, cert, switch)
        tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

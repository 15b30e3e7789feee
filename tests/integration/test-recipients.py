#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One transaction, several recipients: each gets exactly their own, in every
order, with and without Sieve, and whoever fails fails alone."""

import itertools
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import messages, opened
from lib.certs import Certs
from lib.dovecot import Instance
from lib.lmtp import as_sent
from lib.tap import Tap, same

SCRIPT = 'require ["fileinto", "mailbox"]; fileinto :create "one"; keep;'

# who is in it: two owners, one without a profile, one over quota, one whose
# seald is away
PEOPLE = ('alice', 'bob', 'carol', 'full', 'away')
OWNERS = ('alice', 'bob')

# name: (store, who has a Sieve script, which of the 120 orders)
VARIANTS = {
    'maildir': ('maildir', (), slice(0, None, 1)),
    'maildir+sieve': ('maildir', PEOPLE, slice(0, None, 7)),
    'maildir+some': ('maildir', ('alice', 'carol'), slice(0, None, 7)),
    'sdbox': ('sdbox', (), slice(0, None, 7)),
    'sdbox+some': ('sdbox', ('bob', 'full'), slice(3, None, 7)),
    'mdbox': ('mdbox', (), slice(1, None, 7)),
    'mdbox+sieve': ('mdbox', PEOPLE, slice(2, None, 7)),
}


def name_in(variant, person):
    return '%s-%s' % (person, variant.replace('+', '-'))


def add_users(box):
    for variant, (store, scripted, _) in VARIANTS.items():
        for person in PEOPLE:
            extra = {}
            if person == 'full':
                extra['quota'] = '1k'
            if person == 'away':
                extra['mail_seal_socket_path'] = 'nowhere'
            box.user(name_in(variant, person), store,
                     SCRIPT if person in scripted else None, **extra)


def enrol(box, certs, owners):
    for variant in VARIANTS:
        for person in OWNERS:
            owners[name_in(variant, person)] = cert = certs.make(
                person, 'rsa' if person == 'alice' else 'p256')
            box.enrol(name_in(variant, person) + '@example.org', cert)
        for person in ('full', 'away'):
            box.enrol(name_in(variant, person) + '@example.org', cert)


def deliver_all(box, variant, sent):
    """Every order of this variant; a duplicate of somebody comes at the end,
    or at the beginning. Replies are as they must be."""
    orders = list(itertools.permutations(PEOPLE))[VARIANTS[variant][2]]
    with box.lmtp() as client:
        for number, order in enumerate(orders):
            order = list(order)
            again = order[number % len(order)]
            order = order + [again] if number % 2 else [again] + order
            body = messages.TEXT * (3000 if number % 10 == 9 else 1)
            data = messages.text('%s-%d' % (variant, number), body)
            replies = client.send([name_in(variant, person) for person in order], data)
            for person, reply in zip(order, replies):
                same(reply.code, {'full': 552, 'away': 451}.get(person, 250),
                     'reply for %s in %s: %r' % (person, order, reply))
            sent.append(data)


def stored_once(box, variant, sent, owners):
    """Everybody's mailboxes hold each message once, in their own form."""
    wanted = {message_id(data): as_sent(data) for data in sent}
    for person in PEOPLE:
        name = name_in(variant, person)
        mailboxes = ['INBOX', 'one'] if person in VARIANTS[variant][1] else ['INBOX']
        for mailbox in mailboxes:
            if person in ('full', 'away'):
                with box.imap(name + '@example.org') as imap:
                    for found in imap.mailboxes():
                        same(imap.select(found), 0, '%s has got %s' % (name, found))
                break
            mails = box.messages(name + '@example.org', mailbox)
            same(sorted(map(message_id, mails)), sorted(wanted), '%s in %s' % (name, mailbox))
            for mail in mails:
                judge(mail, wanted[message_id(mail)], name, variant, owners)


def judge(mail, original, name, variant, owners):
    cert = owners.get(name)
    if cert is None:
        opened.check_plain(mail, original)
        return
    opened.check(mail, original, cert)
    if message_id(mail).endswith(b'-0'):        # its key names nobody else
        for other, theirs in owners.items():
            if other != name and other.endswith(name.split('-', 1)[1]):
                opened.closed_to(mail, theirs)
    for field in (b'Delivered-To', b'X-Mail-Seal'):
        found = re.findall(b'(?m)^' + field + b': .*', mail.partition(b'\r\n\r\n')[0])
        assert len(found) < 2, found


def message_id(data):
    return re.search(rb'Message-ID: <([^@]*)@', data).group(1)


def nothing_shared(box):
    """No inode belongs to two owners, and no file has a second name outside."""
    seen = {}
    for user in os.listdir(box.path('home')):
        for path in box.files(user):
            about = os.stat(path)
            owner = seen.setdefault((about.st_dev, about.st_ino), user)
            same(owner, user, 'owner of ' + path)


def profiles_differ(box, owners):
    marks = {}
    for variant in VARIANTS:
        for person in OWNERS:
            name = name_in(variant, person)
            found = {opened.Sealed(mail).profile for mail in box.messages(name + '@example.org')}
            same(len(found), 1, 'profiles in the marks of ' + name)
            marks.setdefault(found.pop(), []).append(name)
    same([names for names in marks.values() if len(names) > 1], [], 'profiles of two owners')
    same(sorted(sum(marks.values(), [])), sorted(owners), 'owners')


def main(tap):
    owners = {}
    with Certs() as certs, Instance(tap, sieve=True, quota=True) as box:
        add_users(box)
        box.start()
        enrol(box, certs, owners)
        for variant in VARIANTS:
            sent = []
            tap.case(variant + ': replies', deliver_all, box, variant, sent)
            tap.case(variant + ': stored', stored_once, box, variant, sent, owners)
        tap.case('no inode is shared between owners', nothing_shared, box)
        tap.case('each mark names its owner\'s profile', profiles_differ, box, owners)


if __name__ == '__main__':
    Tap().run(main)

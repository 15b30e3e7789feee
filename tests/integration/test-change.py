#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""seald remembers whom it sealed to: whatever changes, the next mail is sealed to
what the store says then, while other deliveries go on."""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import messages, opened, records
from lib.certs import Certs
from lib.dovecot import Instance
from lib.lmtp import Lmtp
from lib.seald import encoded
from lib.tap import Tap, same

ALICE = 'alice@example.org'


class Others(threading.Thread):
    """Mail for a user over one connection, as fast as it is taken. Each has to be
    taken."""

    def __init__(self, box, user):
        super().__init__(daemon=True)
        self.box, self.user = box, user
        self.count, self.stopping, self.wrong = 0, False, None

    def run(self):
        try:
            with self.box.lmtp() as client:
                while not self.stopping:
                    reply = client.send([self.user], messages.text('others'))[0]
                    if reply.code != 250:
                        raise AssertionError('reply: %r' % reply)
                    self.count += 1
        except BaseException as wrong:      # told by stop()
            self.wrong = wrong

    def stop(self):
        self.stopping = True
        self.join()
        if self.wrong is not None:
            raise self.wrong
        assert self.count > 0, 'no other mail was delivered'
        return self.count


class Delivery:
    """Deliveries to one user in one connection, whose mail process keeps its
    connection to seald."""

    def __init__(self, box, name):
        self.box, self.name, self.number = box, name, 0
        self.client = Lmtp(os.path.join(box.base, 'lmtp'))

    def code(self, data):
        return self.client.send([self.name], data)[0].code

    def sealed(self, cert, profile):
        """The next mail is sealed to this certificate and no other."""
        self.number += 1
        data = messages.text('%s-%d' % (self.name, self.number))
        same(self.code(data), 250, 'reply')
        opened.check(self.newest(), data, cert, profile=profile)

    def plain(self):
        self.number += 1
        data = messages.text('plain-%d' % self.number)
        same(self.code(data), 250, 'reply')
        opened.check_plain(self.newest(), data)

    def refused(self, code):
        same(self.code(messages.text('refused')), code, 'reply')

    def newest(self):
        return self.box.messages(self.name + '@example.org')[-1]

    def close(self):
        self.client.close()


def profiles(delivery, box, certs):
    """Back and forth between two, while others' mail and the user's own comes."""
    pair = [certs.make('one'), certs.make('two', 'p256')]
    others = [Others(box, 'bob'), Others(box, 'carol')]
    with box.admin() as admin:
        names = [admin.done('IMPORT', 'user=' + ALICE, 'pem=' + encoded([cert]))['id']
                 for cert in pair]
        for thread in others:
            thread.start()
        for turn in range(16):
            admin.done('ACTIVATE', 'user=' + ALICE, 'id=' + names[turn % 2])
            for _ in range(3):
                delivery.sealed(pair[turn % 2], names[turn % 2])
    box.tap.note('%d other deliveries meanwhile' % sum(thread.stop() for thread in others))


def options(delivery, box, certs):
    cert = certs.make('options')
    name = box.enrol(ALICE, cert)
    with box.admin() as admin:
        for cipher in ('aes128-cbc', 'aes256-gcm', 'aes256-cbc'):
            for transport in ('oaep', 'pkcs1'):
                admin.done('SET', 'user=' + ALICE, 'id=' + name, 'cipher=' + cipher,
                           'key_transport=' + transport)
                data = messages.text(cipher)
                same(delivery.code(data), 250, 'reply')
                sealed = opened.check(delivery.newest(), data, cert, profile=name,
                                      cipher=cipher)
                same(b'\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07' in sealed.der, transport == 'oaep',
                     'RSAES-OAEP')


def certificates(delivery, box, certs):
    """Another certificate under the same id, which seald is not told of."""
    chosen = [certs.make('behind'), certs.make('behind', 'p256'), certs.make('back')]
    for turn in range(9):
        cert = chosen[turn % 3]
        records.put(box, (ALICE, records.record(ALICE, records.profile(7, [cert.der]))))
        for _ in range(2):
            delivery.sealed(cert, '%016x' % 7)


def kill_switch(delivery, box, certs):
    cert = certs.make('switch')
    name = box.enrol(ALICE, cert)
    with box.admin() as admin:
        for _ in range(3):
            delivery.sealed(cert, name)
            admin.done('DEACTIVATE', 'user=' + ALICE)
            delivery.plain()
            admin.done('USER-SET', 'user=' + ALICE, 'kill_switch=yes')
            delivery.refused(550)
            admin.done('ACTIVATE', 'user=' + ALICE, 'id=' + name)
            delivery.sealed(cert, name)
            admin.done('USER-SET', 'user=' + ALICE, 'kill_switch=no')


def expiry(delivery, box, certs):
    """The date passes while the certificate is remembered."""
    cert = certs.make('short', ends=8 / 86400)
    late = time.time() + 8
    name = box.enrol(ALICE, cert)
    delivery.sealed(cert, name)
    while time.time() < late + 1.5:
        time.sleep(0.5)
        if time.time() < late - 2:
            delivery.sealed(cert, name)
    delivery.refused(451)
    renewed = certs.make('short')
    records.put(box, (ALICE, records.record(ALICE, records.profile(8, [renewed.der]))))
    delivery.sealed(renewed, '%016x' % 8)


def deleted(delivery, box, certs):
    cert = certs.make('gone')
    name = box.enrol(ALICE, cert)
    delivery.sealed(cert, name)
    with box.admin() as admin:
        admin.done('DEACTIVATE', 'user=' + ALICE)
        admin.done('DELETE', 'user=' + ALICE, 'id=' + name)
    delivery.plain()
    delivery.sealed(cert, box.enrol(ALICE, cert))


def replaced(delivery, box, certs):
    """A copy of the store that was made before takes its place."""
    before, after = certs.make('before'), certs.make('after')
    name = box.enrol(ALICE, before)
    delivery.sealed(before, name)
    folder = box.path('copy')
    os.mkdir(folder)
    about = os.stat(records.store_folder(box))
    os.chown(folder, about.st_uid, about.st_gid)
    with box.admin() as admin:
        admin.done('STORE-COPY', 'dir=' + folder)
    delivery.sealed(after, box.enrol(ALICE, after))
    os.rename(os.path.join(folder, 'data.mdb'),
              os.path.join(records.store_folder(box), 'data.mdb'))
    delivery.sealed(before, name)


def sealed_to(box, cert, user):
    """All mail of the others was sealed, and only to them."""
    mails = box.messages(user)
    for mail in mails[:3] + mails[-3:]:
        opened.check(mail, messages.text('others'), cert)
    for mail in mails:
        opened.Sealed(mail)


def main(tap):
    with Certs() as certs, Instance(tap) as box:
        for name in ('alice', 'bob', 'carol'):
            box.user(name)
        box.start()
        mine = {name: certs.make(name, 'p256') for name in ('bob', 'carol')}
        for name, cert in mine.items():
            box.enrol(name + '@example.org', cert)
        delivery = Delivery(box, 'alice')
        for case in (profiles, options, certificates, kill_switch, expiry, deleted, replaced):
            tap.case(case.__name__.replace('_', ' '), case, delivery, box, certs)
        for name, cert in mine.items():
            tap.case('mail of ' + name, sealed_to, box, cert, name + '@example.org')
        delivery.close()
        tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

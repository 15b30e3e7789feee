#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is mailed to the user when something was done with a profile: what, when,
and from which address; sealed where mail is sealed."""

import datetime
import email
import email.policy
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import procs
from lib.portal import Portal, both, opened
from lib.tap import Tap, same

USER = 'anna@example.org'
FROM = '127.0.0.77'


class Suite:
    def __init__(self, box):
        self.box = box
        self.api = box.api(USER, source=FROM)

    def clean(self):
        self.api.sign_in()
        for name, state in self.api.states().items():
            if state == 'active':
                self.api.deactivate(name)
            self.api.delete(name)
        self.api.kill_switch(False)
        self.seen = self.settled()

    def settled(self):
        """How many mails there are when no notice is on its way any more: each may
        arrive after its answer, but they come in order."""
        before = -1
        while before != len(self.box.messages(USER)):
            before = len(self.box.messages(USER))
            time.sleep(0.3)
        return before

    def after(self, answer, status=204):
        """The one mail that came with this answer."""
        answer.must(status)
        mails = procs.wait_for(lambda: self.box.messages(USER)[self.seen:], 'a notice arrives')
        same(len(mails), 1, 'mails')
        self.seen += 1
        return mails[0]

    def says(self, mail, *words, opener=None):
        """The notice says so; it is plain, or sealed to the opener."""
        assert (b'\r\nX-Mail-Seal: ' in mail) == (opener is not None), mail[:1500]
        head = email.message_from_bytes(mail, policy=email.policy.default)
        same([address.addr_spec for address in head['To'].addresses], [USER], 'To')
        assert head['From'] and head['Subject'] and head['Message-ID'], mail
        sent = head['Date'].datetime
        assert abs(datetime.datetime.now(sent.tzinfo) - sent).total_seconds() < 120, head['Date']
        same(head['Auto-Submitted'], 'auto-generated', 'Auto-Submitted')
        inner = mail if opener is None else opened(mail, opener)
        text = email.message_from_bytes(inner, policy=email.policy.default).get_content()
        for word in (FROM,) + words:
            assert word in text, '%r is not in %r' % (word, text)
        # so that it cannot teach users to follow links, and holds no secret
        for word in ('http', 'secret', self.api.token):
            assert word not in text, '%r is in %r' % (word, text)
        return text

    def each(self):
        """Created, activated, deactivated, deleted."""
        created = self.api.create()
        self.says(self.after(created, 201), created.json['id'])
        device = self.box.device(self.api, created.json)
        device.issued(self.api.issue(device.profile, both(device)).must(200).body.decode())
        code = self.box.code(self.api, device)
        self.seen += 1                          # the code's own mail
        same(self.settled(), self.seen, 'mails')
        text = self.says(self.after(self.api.activate(device.profile, code)), device.profile,
                         opener=device)
        assert code not in text, text
        self.says(self.after(self.api.deactivate(device.profile)), device.profile)
        self.says(self.after(self.api.delete(device.profile)), device.profile)

    def sealed(self):
        """While a profile is active, notices of others are sealed to it."""
        device = self.box.enrolled(self.api)
        self.seen = self.settled()
        created = self.api.create()
        self.says(self.after(created, 201), created.json['id'], opener=device)
        self.says(self.after(self.api.delete(created.json['id'])), created.json['id'],
                  opener=device)

    def kill_switch(self):
        """With a profile; else the notice that it is on would itself be refused."""
        device = self.box.enrolled(self.api)
        self.seen = self.settled()
        self.says(self.after(self.api.kill_switch(True)), opener=device)
        self.says(self.after(self.api.kill_switch(False)), opener=device)

    def many(self):
        """What one user does again and again holds up nobody's mail: lmtp is not asked
        for more at once than it takes."""
        pids = self.box.portals()

        def switch():
            with self.box.api(USER, source=FROM) as api:
                api.token = self.api.token
                for _ in range(60):
                    api.kill_switch(False).must(204)
        threads = [threading.Thread(target=switch) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.seen = self.settled()
        same(self.box.portals(), pids, 'the service')
        self.box.no_crash()
        self.says(self.after(self.api.kill_switch(False)))

    def nothing(self):
        """What is refused, or only read, mails nothing."""
        name = '0123456789abcdef'
        for answer in (self.api.profiles(), self.api.deactivate(name), self.api.delete(name),
                       self.api.activate(name, 'ABCD-EFGH-JK'), self.api.prove(name),
                       self.api.create(days=0)):
            assert answer.status in (200, 400, 404), answer
        same(self.settled(), self.seen, 'mails')


def main(tap):
    with Portal(tap) as box:
        box.user('anna')
        box.start()
        suite = Suite(box)
        for name in ('each', 'sealed', 'kill switch', 'many', 'nothing'):
            tap.case(name, lambda name=name: (suite.clean(),
                                              getattr(suite, name.replace(' ', '_'))()))
        tap.case('nothing crashed', box.no_crash)


Tap().run(main)

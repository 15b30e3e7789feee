# SPDX-License-Identifier: MIT
"""Dovecot's submission service with a relay behind it, and a mail client in front."""

import re
import smtplib
from contextlib import ExitStack

from . import replies
from .ceremony import Ceremonies
from .dovecot import DOMAIN, Instance
from .sink import Sink
from .tap import same

ANNA, BEN, CARL = ['%s@%s' % (name, DOMAIN) for name in ('anna', 'ben', 'carl')]
BOB, EVE = 'bob@remote.example', 'eve@remote.example'
LATER = 'This message cannot be sent at the moment, try again later'
RECEIVED = re.compile(rb'\AReceived: .*\r\n(?:[ \t].*\r\n)*')

SETTINGS = '''
protocols = imap lmtp submission
submission_relay_host = %(host)s
submission_relay_port = %(port)d
service submission-login {
%(chroot)s  inet_listener submission {
    port = %(listen)d
  }
  inet_listener submissions {
    port = 0
  }
}
'''


def port(box):
    return box.imap_port + 1000


def settings(box, relay):
    """What an Instance needs; relay: (host, port)."""
    return SETTINGS % {'host': relay[0], 'port': relay[1], 'listen': port(box),
                       'chroot': '  chroot =\n' if box.unprivileged else ''}


class Client(smtplib.SMTP):
    """One connection of a user who has signed in. Messages go out as they are."""

    def __init__(self, box, user, timeout=60):
        super().__init__(box.address, port(box), 'client.example', timeout)
        self.ehlo()
        self.login(user, 'secret', initial_response_ok=False)
        self.ehlo()
        self.user = user

    def __exit__(self, *_):
        try:
            super().__exit__(*_)
        except smtplib.SMTPException:
            self.close()

    def begin(self, to, sender=None):
        """MAIL and RCPT: None, or the first answer that is no yes."""
        steps = [lambda: self.mail(sender or self.user)]
        steps += [lambda address=address: self.rcpt(address) for address in to]
        for step in steps:
            code, text = step()
            if code // 100 != 2:
                return answer(code, text)
        return None

    def send_mail(self, to, message, sender=None):
        """(code, text) of the answer: the last one, or the first that is no yes."""
        return self.begin(to, sender) or answer(*self.data(message))

    def send_chunks(self, to, message, size):
        """The same by BDAT."""
        refused = self.begin(to)
        while refused is None:
            chunk, message = message[:size], message[size:]
            self.send(b'BDAT %d%s\r\n' % (len(chunk), b'' if message else b' LAST') + chunk)
            last = answer(*self.getreply())
            if not message or last[0] // 100 != 2:
                return last
        return refused


def answer(code, text):
    return code, text.decode('utf-8', 'replace')


class Service:
    """A Dovecot whose submission service opens replies, and the relay that gets them.
    Anna and Ben have EC keys, Carl RSA keys, and all of them mail from Bob; Anna has
    mail from Eve, too."""

    USERS = {'anna': {}, 'ben': {}, 'carl': {'key': 'rsa2048', 'sender_key': 'rsa'}}

    def __init__(self, tap, users=('anna',), more=(), settings_too='', **options):
        self.stack, self.users = ExitStack(), users
        self.sink = self.stack.enter_context(Sink())
        options.setdefault('plugin_settings', replies.SETTINGS)
        self.box = Instance(tap, **options)
        self.box.settings = settings(self.box, self.sink.server_address) + settings_too
        for name in users:
            self.box.user(name)
        for name, extra in dict(more).items():
            self.box.user(name, **extra)

    def __enter__(self):
        with self.stack:
            self.stack.enter_context(self.box).start()
            self.ceremonies = self.stack.enter_context(Ceremonies(self.box))
            for name in self.users:
                profile = self.profile(name)
                profile.bob = replies.sender_certificate(self.box, profile, BOB)
                setattr(self, name, profile)
            if 'anna' in self.users:
                self.eve = replies.sender_certificate(self.box, self.anna, EVE)
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def profile(self, name):
        """One more, which becomes the active one."""
        return self.ceremonies.issued('%s@%s' % (name, DOMAIN), **self.USERS[name])

    def client(self, user=ANNA):
        return Client(self.box, user)

    def arrives(self, client, message, to=(BOB,), send=None):
        """What the relay gets, without what Dovecot puts in front."""
        self.sink.taken()
        code, text = (send or client.send_mail)(to, message)
        same(code, 250, 'the answer, %s' % text)
        (sender, recipients, data), = self.sink.taken()
        same((sender, recipients), (client.user, list(to)), 'the envelope')
        return RECEIVED.sub(b'', data, 1)

    def is_refused(self, client, message, sentence, to=(BOB,)):
        """For good; the user is told why, nothing is sent, and the connection is as good
        as before."""
        self.sink.taken()
        code, text = client.send_mail(to, message)
        same((code, text[:6]), (550, '5.7.1 '), 'the answer, %s' % text)
        assert sentence in text, text
        plain = replies.header(client.user, (BOB,)) + b'\r\nNot encrypted.\r\n'
        same(self.arrives_only(client, plain), plain, 'what arrives after it')

    def arrives_only(self, client, message):
        """arrives(), and nothing before it."""
        same((self.sink.mails, self.sink.refused, self.sink.cut), ([], [], []), 'sent')
        return self.arrives(client, message)

    def is_deferred(self, client, message, to=(BOB,)):
        """For now: nothing is sent, and the client is told nothing but that."""
        self.sink.taken()
        same(client.send_mail(to, message), (451, '4.3.0 ' + LATER), 'the answer')
        same((self.sink.mails, self.sink.refused, self.sink.cut), ([], [], []), 'sent')

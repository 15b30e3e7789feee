#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Replies through seal-milter, opened by the real seald: told by the milter protocol,
and submitted to a real Postfix, with the configuration as shipped."""

import os
import re
import shlex
import sys
from contextlib import ExitStack

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, milter, postfix, procs, replies
from lib.canary import Canary
from lib.ceremony import Ceremonies
from lib.dovecot import Instance
from lib.sink import Sink
from lib.tap import Skip, Tap, same

ANNA, BEN = 'anna@example.org', 'ben@example.org'
BOB, EVE = 'bob@remote.example', 'eve@remote.example'
# as the administrator is told to: for whom seal-milter runs as
OPEN = '''
service mail-seal {
  unix_listener mail-seal-open {
    user = postfix
  }
}
'''
EXAMPLES = os.path.join(built.SRCDIR, 'conf.d', 'postfix')


class Suite:
    """Anna has a profile, and mail from Bob and Eve; Ben has one, and mail from Bob."""

    def __init__(self, box, ceremonies):
        self.box = box
        self.anna, self.ben = ceremonies.issued(ANNA), ceremonies.issued(BEN)
        self.bob = replies.sender_certificate(box, self.anna, BOB)
        self.eve = replies.sender_certificate(box, self.anna, EVE)
        self.bob_of_ben = replies.sender_certificate(box, self.ben, BOB)
        self.seald = os.path.join(box.base, 'mail-seal-open')

    def daemon(self, *more, **options):
        return milter.Daemon(self.seald, *more, **options)

    def reply(self, entity=replies.INNER, to=(BOB,), certificates=None, signer=None, **head):
        """(message, what becomes of it). signer: a profile, Anna's if not given; False:
        nobody."""
        fields = replies.header(ANNA, to, **head)
        inner = entity if signer is False else replies.sign(signer or self.anna, entity)
        blob = replies.envelope(inner, certificates or [self.bob, self.anna.cert])
        return replies.message(fields, blob), replies.opened(fields, entity)


def same_message(got, wanted, what='the opened message'):
    """In any order of the header's names."""
    got, wanted = milter.parse(got), milter.parse(wanted)
    same(sorted(got[0]), sorted(wanted[0]), what + ': header')
    same(got[1], wanted[1], what + ': body')


def is_opened(outcome, message, wanted):
    same((outcome.step, outcome.verdict, outcome.text), ('E', milter.ACCEPT, ''), 'the outcome')
    same_message(milter.applied(message, outcome.edits), wanted)


# -- by the protocol -----------------------------------------------------

def opens(suite, daemon, **options):
    message, wanted = suite.reply(**options)
    with daemon.connect() as server:
        for chunk in (65535, 999, 1):
            is_opened(server.send(message, user=ANNA, chunk=chunk), message, wanted)
    signed = 'no' if options.get('signer') is False else 'yes'
    assert re.search(r'opened: user=%s queue=4QUEUE recipients=1 bytes=\d+ signed=%s\n' %
                     (ANNA, signed), daemon.log()), daemon.log()


def to_both(suite, daemon):
    """Two recipients; and one of them alone, as a client does it for Bcc."""
    message, wanted = suite.reply(to=(BOB, EVE), certificates=[suite.bob, suite.eve])
    with daemon.connect() as server:
        is_opened(server.send(message, user=ANNA, to=(BOB, EVE)), message, wanted)
        is_opened(server.send(message, user=ANNA, to=(EVE,)), message, wanted)


def one_after_another(suite, daemon):
    """In one connection, with what is aborted, refused and untouched between."""
    message, wanted = suite.reply()
    other, _ = suite.reply(certificates=[suite.bob_of_ben])
    with daemon.connect() as server:
        for _ in range(3):
            is_opened(server.send(message, user=ANNA), message, wanted)
            same(server.send(other, user=ANNA).verdict, milter.REPLY, 'refused')
            server.mail(ANNA)
            server.rcpt('<%s>' % EVE)
            server.packet('A')
            same(server.send(b'A: b\r\n\r\nc\r\n', user=ANNA).edits, [], 'edits')


def large(suite, daemon):
    """More than one packet of body."""
    entity = b'Content-Type: text/plain\r\n\r\n' + b'0123456789abcdef' * 60 + b'\r\n'
    entity += b'0123456789abcdef 0123456789abcdef\r\n' * 100000
    message, wanted = suite.reply(entity)
    with daemon.connect() as server:
        outcome = server.send(message, user=ANNA)
        is_opened(outcome, message, wanted)
        assert len([1 for edit in outcome.edits if edit[0] == 'body']) > 10


def protected_subject(suite, daemon):
    entity = (b'Content-Type: text/plain; hp="cipher"\r\nSubject: the real one\r\n'
              b'From: Anna <' + ANNA.encode() + b'>\r\nHP-Outer: Subject: [...]\r\n'
              b'Bcc: nobody@example.org\r\n\r\nHello\r\n')
    message, _ = suite.reply(entity)
    with daemon.connect() as server:
        outcome = server.send(message, user=ANNA)
        got = dict(milter.parse(milter.applied(message, outcome.edits))[0])
    same((got['Subject'], got.get('Bcc'), got.get('HP-Outer')), (' the real one', None, None),
         'the header')


def refused(suite, daemon, user, to, text, **options):
    message, _ = suite.reply(**options)
    with daemon.connect() as server:
        outcome = server.send(message, user=user, to=to)
    same((outcome.step, outcome.verdict, outcome.edits), ('E', milter.REPLY, []), 'the outcome')
    same(outcome.text[:10], '550 5.7.1 ', 'the code of %r' % outcome.text)
    assert text in outcome.text, outcome.text
    assert 'refused: user=%s queue=4QUEUE: ' % user in daemon.log(), daemon.log()


def tampered(suite, daemon):
    message, _ = suite.reply()
    at = message.rindex(b'\r\n') - 100
    letter = b'A' if message[at:at + 1] != b'A' else b'B'
    with daemon.connect() as server:
        outcome = server.send(message[:at] + letter + message[at + 1:], user=ANNA)
    same((outcome.verdict, outcome.text[:4], outcome.edits), (milter.REPLY, '550 ', []),
         'the outcome')


def unsigned_is_refused(suite):
    message, _ = suite.reply(signer=False)
    with suite.daemon('--unsigned-replies', 'reject') as daemon, daemon.connect() as server:
        outcome = server.send(message, user=ANNA)
        same((outcome.verdict, outcome.text[:4], outcome.edits), (milter.REPLY, '550 ', []),
             'the outcome')
        signed, wanted = suite.reply()
        is_opened(server.send(signed, user=ANNA), signed, wanted)


def not_on_disk(suite):
    """Whatever it writes of what was inside, it writes to sockets."""
    built.program('strace')
    canary = Canary('milter')
    message, wanted = suite.reply(b'Content-Type: text/plain\r\n\r\n' + canary.body(300000))
    holder = suite.box.path('trace.milter')
    with suite.daemon(command=('strace', '-f', '-y', '-s', '100000', '-o', holder, '-e',
                               'trace=write,pwrite64,writev,sendto,sendmsg')) as daemon:
        with daemon.connect() as server:
            is_opened(server.send(message, user=ANNA), message, wanted)
        daemon.stop()
    calls = set(canary.traced(holder))
    assert calls, 'the word was never written: nothing was tested'
    same([call for call in calls if not call[1].startswith(('socket:', 'UNIX'))], [],
         'written to other than sockets')


# -- by Postfix ----------------------------------------------------------

class Mailer:
    """Postfix, seal-milter and a sink, with the examples as shipped."""

    def __init__(self, suite, tap):
        self.suite, self.tap, self.stack = suite, tap, ExitStack()
        self.sink = self.server = self.daemon = None

    def __enter__(self):
        with ExitStack() as stack:
            self.sink = stack.enter_context(Sink())
            self.server = stack.enter_context(postfix.Postfix(
                self.suite.box.address, self.suite.box.path('auth'), self.sink.server_address,
                snippet(), self.tap))
            folder = os.path.join(self.server.queue, 'seal-milter')
            os.mkdir(folder)
            os.chmod(folder, 0o777)
            self.daemon = stack.enter_context(milter.Daemon(
                self.suite.seald, '--user', 'postfix',
                args=unit(self.server.queue, self.suite.seald)))
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def arrives(self, message, to=(BOB,), plain=False):
        """What the sink gets of it."""
        self.sink.taken()
        code, text = self.server.submit(message, ANNA, to, plain)
        same(code, 250, 'Postfix says: ' + text)
        procs.wait_for(lambda: self.sink.mails, 'the message arrives')
        (sender, recipients, data), = self.sink.taken()
        same((sender, sorted(recipients)), (ANNA, sorted(to)), 'the envelope')
        return data


def snippet():
    """The lines for master.cf."""
    with open(os.path.join(EXAMPLES, 'master.cf-snippet'), encoding='ascii') as file:
        return ''.join(line for line in file if not line.startswith('#'))


def unit(queue, seald):
    """The command of the systemd unit, with this test's paths."""
    with open(os.path.join(EXAMPLES, 'seal-milter.service'), encoding='ascii') as file:
        text = file.read().replace('\\\n', ' ')
    program, *args = shlex.split(re.search(r'^ExecStart=(.*)$', text, re.M).group(1))
    same(os.path.basename(program), milter.PROGRAM, 'the program')
    return [arg.replace('/var/spool/postfix', queue).replace('/run/dovecot/mail-seal-open', seald)
            for arg in args]


def comparable(data):
    """Without what differs each time: the queue id, and the time."""
    head, blank, body = data.partition(b'\r\n\r\n')
    head = re.sub(rb'Received:.*\r\n(?:[ \t].*\r\n)*', b'', head)
    return head + blank + body


def arrives_opened(suite, mailer):
    message, wanted = suite.reply()
    same_message(comparable(mailer.arrives(message)), wanted)


def large_arrives(suite, mailer):
    entity = (b'Content-Type: text/plain\r\n\r\n' + b'.dot\r\n\r\n' +
              b'0123456789abcdef 0123456789abcdef\r\n' * 30000)
    message, wanted = suite.reply(entity)
    same_message(comparable(mailer.arrives(message)), wanted)


def empty_arrives(suite, mailer):
    message, wanted = suite.reply(b'Content-Type: text/plain\r\n\r\n')
    same_message(comparable(mailer.arrives(message)), wanted)


def arrives_as_without(suite, mailer, message):
    """Byte for byte what Postfix makes of it where there is no milter."""
    same(comparable(mailer.arrives(message)), comparable(mailer.arrives(message, plain=True)),
         'with the milter, and without')


def is_refused(suite, mailer):
    message, _ = suite.reply()
    mailer.sink.taken()
    code, text = mailer.server.submit(message, ANNA, (BOB, 'mallory@remote.example'))
    same((code, text[:6]), (550, '5.7.1 '), 'Postfix says ' + text)
    assert 'mallory@remote.example' in text, text
    same(mailer.sink.taken(), [], 'sent all the same')


def nobody_submits(suite, mailer):
    message, _ = suite.reply()
    code, text = mailer.server.submit(message, None, (BOB,))
    same(code, 554, 'Postfix says ' + text)


def deferred(mailer, message):
    mailer.sink.taken()
    code, text = mailer.server.submit(message, ANNA, (BOB,))
    same(code // 10, 45, 'Postfix says %r; its code' % text)
    same(mailer.sink.taken(), [], 'sent all the same')


def seald_is_away(suite, mailer):
    message, wanted = suite.reply()
    os.rename(suite.seald, suite.seald + '.away')
    try:
        deferred(mailer, message)
    finally:
        os.rename(suite.seald + '.away', suite.seald)
    same_message(comparable(mailer.arrives(message)), wanted)


def milter_dies(suite, mailer):
    message, wanted = suite.reply()
    mailer.daemon.kill()
    deferred(mailer, message)
    mailer.daemon.start()
    same_message(comparable(mailer.arrives(message)), wanted)


def by_postfix(suite, tap):
    with Mailer(suite, tap) as mailer:
        for case in (arrives_opened, large_arrives, empty_arrives, is_refused, nobody_submits):
            tap.case('Postfix: ' + case.__name__.replace('_', ' '), case, suite, mailer)
        header = replies.header(ANNA, (BOB,))
        for name, message in {
                'plain': header + b'\r\nHello\r\n.\r\n\r\n',
                'odd': header + b'X-Odd:  two \r\n\tfolded\r\nContent-Type : text/plain\r\n\r\n' +
                       b'y' * 3000 + b'\r\n \r\n',
                'signed': header + replies.sign(suite.anna, replies.INNER),
                'encrypted to others': replies.message(header, replies.envelope(
                    replies.INNER, [suite.ben.cert])),
        }.items():
            tap.case('Postfix: as without: ' + name, arrives_as_without, suite, mailer, message)
        tap.case('Postfix: seald is away', seald_is_away, suite, mailer)
        tap.case('Postfix: seal-milter dies', milter_dies, suite, mailer)


REFUSED = {
    'one recipient too many': (ANNA, (BOB, 'mallory@remote.example'), 'mallory@remote.example', {}),
    'another recipient': (ANNA, (EVE,), EVE, {}),
    'another user signed in': (BEN, (BOB,), '', {}),
    'encrypted to another user\'s': (ANNA, (BOB,), '', {'of_ben': True}),
    'signed by another user': (ANNA, (BOB,), '', {'by_ben': True}),
}


def by_protocol(suite, tap):
    with suite.daemon() as daemon:
        for name, options in {'signed': {}, 'unsigned': {'signer': False},
                              'an empty body': {'entity': b'Content-Type: a/b\r\n\r\n'}}.items():
            tap.case('opened: ' + name, opens, suite, daemon, **options)
        for case in (to_both, one_after_another, large, protected_subject, tampered):
            tap.case(case.__name__.replace('_', ' '), case, suite, daemon)
        for name, (user, to, text, how) in REFUSED.items():
            options = {'certificates': [suite.bob_of_ben]} if 'of_ben' in how else \
                {'signer': suite.ben} if 'by_ben' in how else {}
            tap.case('refused: ' + name, refused, suite, daemon, user, to, text, **options)
    tap.case('unsigned is refused', unsigned_is_refused, suite)
    tap.case('not on disk', not_on_disk, suite)


def main(tap):
    built.need(milter.PROGRAM)
    with Instance(tap, plugin_settings=replies.SETTINGS) as box:
        try:
            postfix.needed()
            box.settings = OPEN + postfix.AUTH % box.path('auth')
        except Skip as reason:
            tap.note('no Postfix: %s' % reason)
        for name in ('anna', 'ben'):
            box.user(name)
        box.start()
        with Ceremonies(box) as ceremonies:
            suite = Suite(box, ceremonies)
            by_protocol(suite, tap)
            try:
                postfix.needed()
                by_postfix(suite, tap)
            except Skip as reason:
                tap.skip('Postfix', reason)
        box.no_crash()


if __name__ == '__main__':
    Tap().run(main)

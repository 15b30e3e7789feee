#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""seal-milter by itself: what a mail server tells it, and what it says, whatever the
order. Asked of a false seald; replies that are opened are in test-milter-replies.py."""

import os
import re
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, milter, procs, seald
from lib.certs import Certs
from lib.tap import Tap, same

USER = 'anna@example.org'
PLAIN = b'From: anna@example.org\r\nSubject: plain\r\n\r\nHello\r\n'
LATER = '451 4.3.0 The encrypted message cannot be opened at the moment, please try again later'
NO = b'%d\tNO\tcode=not-ours\ttext=none is ours\n'


class Box:
    """A false seald with a seal-milter of its own."""

    def __init__(self, behave, *options):
        self.holder = tempfile.TemporaryDirectory(prefix='ms.milter.')
        os.chmod(self.holder.name, 0o755)
        path = os.path.join(self.holder.name, 'open')
        self.seald = seald.FalseSeald(path, behave)
        self.daemon = milter.Daemon(path, *options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.__exit__()
        if self.seald is not None:
            self.seald.close()
        self.holder.cleanup()

    def behave(self, behave):
        self.seald.behave = behave

    def die(self):
        self.behave(seald.hang_up)
        self.seald.close()
        self.seald = None


def envelope(size=1000):
    """A message that is encrypted to somebody."""
    with Certs() as certs:
        der = built.must('openssl', 'cms', '-encrypt', '-aes-128-cbc', '-outform', 'DER',
                         certs.make('somebody').cert, data=b'Content-Type: text/plain\r\n\r\n' +
                         b'x' * size)
    lines = built.must('openssl', 'base64', data=der).replace(b'\n', b'\r\n')
    return (b'From: anna@example.org\r\nTo: bob@remote.example\r\nSubject: Re: x\r\n'
            b'MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime;\r\n'
            b' smime-type=enveloped-data; name="smime.p7m"\r\n'
            b'Content-Transfer-Encoding: base64\r\n\r\n' + lines)


def untouched(outcome, step):
    same((outcome.step, outcome.verdict, outcome.edits), (step, milter.ACCEPT, []), 'the outcome')


def answered(outcome, step, text):
    same((outcome.step, outcome.verdict, outcome.text, outcome.edits),
         (step, milter.REPLY, text, []), 'the outcome')


# -- what passes ---------------------------------------------------------

def nobody_signed_in(message):
    with Box(seald.hang_up) as box, box.daemon.connect() as server:
        untouched(server.send(message), 'M')
        untouched(server.send(PLAIN), 'M')
        same(box.seald.asked, 0, 'questions to seald')


def not_encrypted():
    with Box(seald.hang_up) as box, box.daemon.connect() as server:
        for head in (b'Subject: x\r\n', b'Content-Type: text/plain\r\n', b'X: ' + b'y' * 300000 +
                     b'\r\n', b'X-Content-Type: application/pkcs7-mime\r\n'):
            untouched(server.send(head + b'\r\nHello\r\n', user=USER), 'N')
        same(box.seald.asked, 0, 'questions to seald')


def not_ours(message):
    with Box(seald.answer(NO)) as box, box.daemon.connect() as server:
        for chunk in (65535, 1000, 1):
            untouched(server.send(message, user=USER, chunk=chunk), 'E')
        same(box.seald.asked, 3, 'questions to seald')
        same(re.findall('deferred|refused|opened', box.daemon.log()), [], 'in the log')


# -- what does not -------------------------------------------------------

def refused(message):
    text = 'Not for <x@y>: 100% certain'
    with Box(seald.answer(b'%d\tFAIL\tcode=refused\ttext=' + text.encode() + b'\n')) as box, \
         box.daemon.connect() as server:
        answered(server.send(message, user=USER), 'E', '550 5.7.1 ' + text.replace('%', '%%'))
        assert 'refused: user=%s queue=4QUEUE: %s\n' % (USER, text) in box.daemon.log(), \
            box.daemon.log()


FAILURES = {
    'hangs up': seald.hang_up,
    'fails': seald.answer(b'%d\tFAIL\tcode=io\ttext=the disk\n'),
    'talks nonsense': seald.answer(b'hello\n'),
    'answers without a key': seald.answer(b'%d\tOK\n'),
    'answers with half a key': seald.answer(b'%d\tOK\tkey=AAAA\n'),
}


def seald_fails(message, behave):
    with Box(behave) as box, box.daemon.connect() as server:
        answered(server.send(message, user=USER), 'E', LATER)
        assert 'deferred: user=%s queue=4QUEUE: ' % USER in box.daemon.log(), box.daemon.log()
        # and once it is itself again
        box.behave(seald.answer(NO))
        untouched(server.send(message, user=USER), 'E')


def seald_away(message):
    with Box(seald.answer(NO)) as box, box.daemon.connect() as server:
        untouched(server.send(message, user=USER), 'E')
        box.die()
        answered(server.send(message, user=USER), 'E', LATER)
        untouched(server.send(PLAIN, user=USER), 'N')


def another_key(message):
    """Which an attacker's seald would give: nothing comes out."""
    with Box(seald.answer(b'%d\tOK\tkey=AAAAAAAAAAAAAAAAAAAAAA==\tsigners=\n')) as box, \
         box.daemon.connect() as server:
        outcome = server.send(message, user=USER)
        same((outcome.step, outcome.verdict, outcome.text[:10], outcome.edits),
             ('E', milter.REPLY, '550 5.7.1 ', []), 'the outcome')


def too_long(message):
    with Box(seald.answer(NO), '--max-size', '1') as box, box.daemon.connect() as server:
        outcome = server.send(message, user=USER)
        answered(outcome, 'B', '550 5.7.1 The encrypted message is longer than 1 megabytes')
        untouched(server.send(envelope(), user=USER), 'E')


def long_header(message):
    long = b'X: ' + b'y' * 300000 + b'\r\n' + message
    with Box(seald.answer(NO)) as box, box.daemon.connect() as server:
        answered(server.send(long, user=USER), 'N', '550 5.7.1 The header of the encrypted '
                 'message is longer than 256 kB')
        same(box.seald.asked, 0, 'questions to seald')


def nowhere_to_keep_it(message):
    with tempfile.TemporaryDirectory() as folder:
        gone = os.path.join(folder, 'gone')
        with milter.Daemon('/nonexistent', environment={'TMPDIR': gone}) as daemon, \
             daemon.connect() as server:
            answered(server.send(message, user=USER), 'N', LATER)
            assert gone in daemon.log(), daemon.log()
            untouched(server.send(PLAIN, user=USER), 'N')


def old_protocol():
    with Box(seald.answer(NO)) as box:
        for actions, steps in ((milter.ALL_ACTIONS, milter.ALL_STEPS & ~milter.LEADING_SPACE),
                               (milter.ADD_HEADERS | milter.CHANGE_HEADERS, milter.ALL_STEPS)):
            try:
                box.daemon.connect(actions=actions, steps=steps).close()
            except (ConnectionError, ValueError, milter.struct.error):
                continue
            raise AssertionError('the milter works without what it needs')
        assert 'too old' in box.daemon.log()


# -- any order -----------------------------------------------------------

def files_of(pid):
    return len(os.listdir('/proc/%d/fd' % pid))


def aborted(message):
    """Each event as the last one before an abort; then another message."""
    header, body = milter.parse(message)
    with Box(seald.answer(NO)) as box, box.daemon.connect() as server:
        untouched(server.send(message, user=USER), 'E')
        files = files_of(box.daemon.process.pid)
        events = [lambda: server.mail(USER), lambda: server.rcpt('<bob@remote.example>'),
                  *[lambda field=field: server.field(*field) for field in header],
                  lambda: server.ask('N'), lambda: server.ask('B', body[:100])]
        for count in range(len(events) + 1):
            for event in events[:count]:
                same(event().verdict, milter.CONTINUE, 'an event')
            server.packet('A')
            untouched(server.send(message, user=USER), 'E')
        same(files_of(box.daemon.process.pid), files, 'open files')
        # MAIL again without an abort, and the connection's end in the middle
        for event in events:
            event()
        untouched(server.send(message, user=USER), 'E')
        for event in events:
            event()
        server.sock.shutdown(socket.SHUT_RDWR)
        procs.wait_for(lambda: files_of(box.daemon.process.pid) < files,
                       'the connection is given up')


def another_user(message):
    """A connection of which each message has a user of its own, or none."""
    seen = []

    def behave(conn, number):
        seen.append(number)
        conn.sendall(NO.replace(b'%d', number))

    with Box(behave) as box, box.daemon.connect() as server:
        untouched(server.send(message, user=USER), 'E')
        untouched(server.send(message), 'M')
        untouched(server.send(message, user='bob@example.org'), 'E')
        server.packet('K')                      # quit, and a new connection follows
        untouched(server.send(message), 'M')
        same(len(seen), 2, 'questions to seald')


def at_once(message):
    wrong = []

    def one(box):
        try:
            with box.daemon.connect() as server:
                for _ in range(20):
                    untouched(server.send(message, user=USER, chunk=500), 'E')
        except Exception as error:              # pylint: disable=broad-except
            wrong.append(error)

    with Box(seald.answer(NO)) as box:
        threads = [threading.Thread(target=one, args=(box,)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        same(wrong, [], 'what went wrong')


def slow_seald(message):
    """It holds up whom it keeps waiting, and nobody else."""
    ready = threading.Event()

    def behave(conn, number):
        ready.wait(60)
        conn.sendall(NO.replace(b'%d', number))

    outcomes = []

    def one(box):
        with box.daemon.connect() as server:
            outcomes.append(server.send(message, user=USER))

    with Box(behave) as box:
        threads = [threading.Thread(target=one, args=(box,)) for _ in range(5)]
        for count, thread in enumerate(threads):
            thread.start()
            # one by one: libmilter may give two connections at once to one thread
            procs.wait_for(lambda count=count: box.seald.asked > count, 'it has asked')
        with box.daemon.connect() as server:
            untouched(server.send(PLAIN, user=USER), 'N')
        same(outcomes, [], 'answers before seald\'s')
        ready.set()
        for thread in threads:
            thread.join()
        for outcome in outcomes:
            untouched(outcome, 'E')


def thousands(message):
    """Ten thousand messages of a connection leave nothing behind."""
    with Box(seald.answer(NO)) as box, box.daemon.connect() as server:
        pid = box.daemon.process.pid
        sizes = []
        for turn in range(10000):
            if turn in (1000, 9999):
                sizes.append((files_of(pid), procs.status_kb(pid, 'VmRSS')))
            untouched(server.send(message if turn % 10 == 0 else PLAIN, user=USER),
                      'E' if turn % 10 == 0 else 'N')
        same(sizes[1][0], sizes[0][0], 'open files')
        assert sizes[1][1] < sizes[0][1] + 300, 'memory: %d kB, then %d' % (
            sizes[0][1], sizes[1][1])


# -- the program ---------------------------------------------------------

def closed_up():
    """No core file, no debugger, a socket that is not everybody's; and not root."""
    user = ('--user', 'nobody') if os.geteuid() == 0 else ()
    with milter.Daemon('/nonexistent', *user) as daemon:
        pid = daemon.process.pid
        with open('/proc/%d/limits' % pid, encoding='ascii') as file:
            assert re.search(r'Max core file size +0 +0 ', file.read())
        same(os.stat('/proc/%d/environ' % pid).st_uid, 0, 'owner in /proc: not dumpable')
        same(os.stat(daemon.socket).st_mode & 0o7777, 0o770, 'mode of the socket')
        if user:
            with open('/proc/%d/status' % pid, encoding='ascii') as file:
                same(set(re.search(r'Uid:\s+(.*)', file.read()).group(1).split()) & {'0'}, set(),
                     'uids of root')


def pid_file():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'pid')
        with milter.Daemon('/nonexistent', '--pid-file', path) as daemon:
            with open(path, encoding='ascii') as file:
                same(int(file.read()), daemon.process.pid, 'the pid file')


def starts_again():
    """Over the socket that a killed one left."""
    with milter.Daemon('/nonexistent') as daemon:
        daemon.kill()
        assert os.path.exists(daemon.socket)
        daemon.start()
        with daemon.connect() as server:
            untouched(server.send(PLAIN, user=USER), 'N')


def ends():
    """When it is told to, with a message halfway."""
    with milter.Daemon('/nonexistent') as daemon, daemon.connect() as server:
        server.mail(USER)
        same(daemon.stop(), 0, 'exit status')


COMMANDS = {
    'no option': ([], 2, '--listen is missing'),
    'every address': (['--listen', 'inet:0', '--seald', '/x'], 2, 'on which address'),
    'no such user': (['--listen', 'unix:/nonexistent/x', '--seald', '/x', '--user', 'nobody-at-all'],
                     1, 'there is no user nobody-at-all'),
    'no such folder': (['--listen', 'unix:/nonexistent/x', '--seald', '/x'], 1, 'cannot listen'),
    'nonsense': (['--listen', 'nonsense:x', '--seald', '/x'], 1, 'cannot listen'),
    'help': (['--help'], 0, 'usage: seal-milter'),
    'version': (['--version'], 0, 'seal-milter '),
}


def command_line(args, status, text):
    done = built.run(built.need(milter.PROGRAM), *args)
    same(done.returncode, status, 'exit status')
    assert text in (done.stdout + done.stderr).decode(), done


def main(tap):
    built.need(milter.PROGRAM)
    for name, row in COMMANDS.items():
        tap.case('command line: ' + name, command_line, *row)
    tap.case('closed up', closed_up)
    tap.case('pid file', pid_file)
    tap.case('ends', ends)
    tap.case('starts again over its socket', starts_again)
    message = envelope()
    for case in (nobody_signed_in, not_ours, refused, seald_away, another_key, long_header,
                 nowhere_to_keep_it, aborted, another_user, at_once, slow_seald,
                 thousands):
        tap.case(case.__name__.replace('_', ' '), case, message)
    for name, behave in FAILURES.items():
        tap.case('seald ' + name, seald_fails, message, behave)
    tap.case('too long', too_long, envelope(1024 * 1024))
    tap.case('not encrypted', not_encrypted)
    tap.case('an old mail server', old_protocol)


if __name__ == '__main__':
    Tap().run(main)

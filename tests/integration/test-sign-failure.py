#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""No signature, no mail: seald gone, stopped or talking nonsense between digest
and signature makes 451 and leaves nothing behind. A lost master key does: then
mail is sealed without one. And whom a user hears from is written nowhere."""

import os
import re
import shutil
import signal
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, messages, opened, procs, seald, signed
from lib.ceremony import Ceremonies
from lib.dovecot import Instance
from lib.tap import Tap, same

SENDER = 'sender@remote.example'
USER = 'alice@example.org'
ALWAYS = {'mail_seal_sign': 'always'}
DATA = messages.text('failure')
TWICE = '''require ["fileinto", "mailbox"];
fileinto :create "one"; fileinto :create "two";
'''

# seald on the sign socket as it must not be
FALSE = {
    'garbage': seald.answer(b'\xff\xfe\0 what?\n\n'),
    'an empty line': seald.answer(b'\n'),
    'silence': seald.silent,
    'a closed connection': seald.hang_up,
    'half an answer': seald.answer_and_close(b'%d\tOK\tcms=MIIB'),
    'drop by drop': seald.dribble,
    'a line without end': seald.flood,
    'another id': seald.answer(b'%d7\tOK\tcms=MIIB\n'),
    'a refusal': seald.answer(b'%d\tFAIL\tcode=refused\ttext=SECRETTEXT of seald\n'),
    'a refusal without a reason': seald.answer(b'%d\tFAIL\n'),
    'no': seald.answer(b'%d\tNO\tcode=no-profile\tkill_switch=no\n'),
    'an unknown word': seald.answer(b'%d\tYES\tcms=MIIB\n'),
    'yes without a signature': seald.answer(b'%d\tOK\n'),
    'an empty signature': seald.answer(b'%d\tOK\tcms=\n'),
    'a signature that is no base64': seald.answer(b'%d\tOK\tcms=%%%%\n'),
    'an answer to SEAL': seald.answer(seald.good()),
}


class Between(seald.FalseSeald):
    """Stands before the real sign socket: act() happens when the question has
    come, and then it is passed on."""

    def __init__(self, box, path, act):
        self.real, self.act = os.path.join(box.base, 'mail-seal-sign'), act
        self.connections = []
        super().__init__(path, None)

    def close(self):
        """lmtp processes keep their connections: they are to find the next one."""
        super().close()
        for conn in self.connections:
            try:
                conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _one(self, conn):
        self.connections.append(conn)
        with conn, conn.makefile('rb') as file:
            conn.sendall(self.version)
            for line in file:
                if line.startswith(b'VERSION'):
                    continue
                self.asked += 1
                if self.act(self.asked) == 'close':
                    return
                try:
                    conn.sendall(self.pass_on(line))
                except OSError:
                    return

    def pass_on(self, line):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(20)
            sock.connect(self.real)
            sock.sendall(seald.VERSION + line)
            with sock.makefile('rb') as file:
                file.readline()
                return file.readline()


class Suite:
    def __init__(self, tap, box):
        self.tap, self.box, self.profiles = tap, box, {}

    def false_path(self, name):
        """Where a user's sign socket is looked for; the real one answers SEAL."""
        path = os.path.join(self.box.base, name)
        if not os.path.islink(path):
            os.symlink(os.path.join(self.box.base, 'mail-seal'), path)
        return path + '-sign'

    def deferred(self, name, reply, before):
        """451 and one line in the log, which the sender does not get to see."""
        same(reply.code, 451, 'reply %r' % reply)
        same(self.box.maildir(name), [], 'stored')
        for word in ('seald', 'sign', 'socket', 'profile', 'secrettext'):
            assert word not in reply.text.replace(name, '').lower(), reply

        def lines():
            return re.findall(r'.*Error:.*mail_seal: .*%s@.*' % name, self.box.log(before))
        procs.wait_for(lines, 'a line in the log for ' + name, 5)
        same(len(lines()), 1, 'lines in the log: %r' % lines())


def false_ones(tap, suite, names):
    """The slow ones wait for the deadline, so they all run at once."""
    box, before, replies = suite.box, len(suite.box.log()), {}
    false = [seald.FalseSeald(suite.false_path(user), FALSE[name])
             for name, user in names.items() if name in FALSE]
    denied = seald.FalseSeald(suite.false_path('denied'), seald.silent, mode=0)
    suite.false_path('gone')

    def one(user):
        replies[user] = box.deliver(user, DATA)[0]
    threads = [threading.Thread(target=one, args=(user,)) for user in names.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, user in names.items():
        tap.case('sign socket: ' + name, suite.deferred, user, replies[user], before)
    for behind in false + [denied]:
        behind.close()
    tap.ok(sum(one.asked for one in false) >= len(FALSE), 'the false ones were asked')


def with_seald(suite, act, user='between', refused=True):
    """Delivers while act() happens to the real seald in between."""
    box, before = suite.box, len(suite.box.log())
    between = Between(box, suite.false_path('between'), act)
    try:
        reply = box.deliver(user, DATA)[0]
        assert between.asked, 'no signature was asked for'
    finally:
        between.close()
    if refused:
        suite.deferred(user, reply, before)
    else:
        same(reply.code, 250, 'reply %r' % reply)


def killed(suite):
    def act(_):
        for pid in suite.box.children('seald'):
            procs.kill(pid)
        return 'close'
    with_seald(suite, act)


def stopped(suite):
    pids = []

    def act(_):
        pids[:] = suite.box.children('seald')
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
    try:
        with_seald(suite, act)
        assert pids, 'there was no seald to stop'
    finally:
        for pid in pids:
            procs.kill(pid, signal.SIGCONT)


def deactivated(suite):
    """The profile is not active any more when the signature is asked for."""
    user = 'between@example.org'

    def act(_):
        with suite.box.admin() as admin:
            admin.done('DEACTIVATE', 'user=' + user)
    try:
        with_seald(suite, act)
    finally:
        with suite.box.admin() as admin:
            admin.done('ACTIVATE', 'user=' + user, 'id=' + suite.profiles['between'].id)


def goes_on(suite):
    """What was deferred comes again, and is signed."""
    with_seald(suite, lambda _: None, refused=False)
    signed.check(suite.box.messages('between@example.org')[-1], DATA,
                 suite.profiles['between'], SENDER)


def between_two_copies(suite):
    """Gone after the first: both copies have the one signature."""
    with_seald(suite, lambda asked: 'close' if asked > 1 else None, 'twice', refused=False)
    for mailbox in ('one', 'two'):
        mail, = suite.box.messages('twice@example.org', mailbox)
        signed.check(mail, DATA, suite.profiles['twice'], SENDER)


# -- nobody is remembered ------------------------------------------------

def environments(box):
    """{environment: (size, records)}"""
    found = {}
    for name in ('profiles', 'keys'):
        folder = os.path.join(box.state, 'mail-seal', name)
        text = built.must(built.program('mdb_stat'), folder).decode()
        found[name] = (os.stat(os.path.join(folder, 'data.mdb')).st_size,
                       int(re.search(r'Entries: (\d+)', text).group(1)))
    return found


def senders(suite, count=2000, delivered=100):
    """So many by the sign socket, and some by LMTP."""
    box, profile = suite.box, suite.profiles['alice']
    before, serials = environments(box), set()
    assert before['keys'][1] >= 1 and before['profiles'][1] >= 1, before
    digest = seald.base64.b64encode(b'd' * 32).decode()
    with seald.Seald(os.path.join(box.base, 'mail-seal-sign')) as sign:
        for number in range(count):
            serials.add(sign.done('SIGN', 'user=' + USER, 'profile=' + profile.id,
                                  'address=s%d@remote.example' % number,
                                  'digest=' + digest)['cms'])
    same(len(serials), count, 'signatures that differ')
    with box.lmtp() as client:
        for number in range(delivered):
            data = DATA.replace(b'sender@', b'l%d@' % number)
            same(client.send(['alice'], data)[0].code, 250, 'reply')
    for number, mail in enumerate(box.messages(USER)):
        if number % 25 == 0:
            signed.check(mail, DATA.replace(b'sender@', b'l%d@' % number), profile,
                         'l%d@remote.example' % number)
    same(environments(box), before, 'size and records of the environments')
    for folder, _, files in os.walk(box.state):
        for name in files:
            with open(os.path.join(folder, name), 'rb') as file:
                assert b'remote.example' not in file.read(), 'a correspondent in ' + name


# -- the master key ------------------------------------------------------

def without_key(suite, ceremonies, replace):
    """Sealed as before, not signed; the log says why; nothing is issued."""
    box, profile = suite.box, suite.profiles['alice']
    pending = ceremonies.create('new@example.org')
    ceremonies.make_keys(pending)
    path, kept = os.path.join(box.state, 'mail-seal.key'), box.path('kept.key')
    box.stop()
    shutil.move(path, kept)
    replace(path)
    before = len(box.log())
    box.start_again()
    try:
        box.accepted('alice', DATA)
        opened.check(box.messages(USER)[-1], DATA, profile)
        assert re.search(r'mail-seal.*(?:Error|Warning):.*alice.*not signed', box.log(before)), \
            box.log(before)
        try:
            ceremonies.issue(pending)
        except AssertionError as refusal:
            assert 'master key' in str(refusal) and 'BEGIN' not in str(refusal), refusal
        else:
            raise AssertionError('issued without the issuer key')
        return box.doveadm('seal', 'profile', 'create', 'new@example.org')
    finally:
        box.stop()
        if os.path.exists(path):
            os.unlink(path)
        shutil.move(kept, path)
        box.start_again()
        ceremonies.issue(pending)
        box.must('seal', 'profile', 'delete', pending.user, pending.id)


def lost(suite, ceremonies):
    """No other one is made in its place."""
    done = without_key(suite, ceremonies, lambda path: None)
    assert done.returncode != 0 and b'master key' in done.stderr, done
    assert b'-----BEGIN' not in done.stdout, done


def wrong(suite, ceremonies):
    def replace(path):
        with open(path, 'wb') as file:
            os.fchmod(file.fileno(), 0o400)
            file.write(os.urandom(32).hex().encode() + b'\n')
    without_key(suite, ceremonies, replace)


def found_again(suite):
    box = suite.box
    box.accepted('alice', DATA)
    _, sender = signed.check(box.messages(USER)[-1], DATA, suite.profiles['alice'], SENDER)
    return sender


def main(tap):
    with Instance(tap, sieve=True) as box, Ceremonies(box) as ceremonies:
        suite = Suite(tap, box)
        names = {name: 'false%d' % number for number, name in enumerate(FALSE)}
        names.update({'no socket': 'gone', 'permission denied': 'denied'})
        for name in names.values():
            box.user(name, mail_seal_socket_path=name, **ALWAYS)
        box.user('alice', **ALWAYS)
        box.user('new', **ALWAYS)
        box.user('between', mail_seal_socket_path='between', **ALWAYS)
        box.user('twice', 'sdbox', TWICE, mail_seal_socket_path='between', **ALWAYS)
        box.start()
        for name in ('alice', 'between', 'twice', *names.values()):
            suite.profiles[name] = ceremonies.issued(name + '@example.org')
        false_ones(tap, suite, names)
        tap.case('seald is killed between digest and signature', killed, suite)
        tap.case('seald is stopped between digest and signature', stopped, suite)
        tap.case('the profile is deactivated in between', deactivated, suite)
        tap.case('and then it goes on', goes_on, suite)
        tap.case('seald goes away between two copies', between_two_copies, suite)
        tap.case('2,000 senders', senders, suite)
        sender = found_again(suite)
        tap.case('a lost master key', lost, suite, ceremonies)
        tap.case('a wrong master key', wrong, suite, ceremonies)
        tap.case('the master key is found again', lambda: same(
            found_again(suite).der, sender.der, 'the sender certificate'))
        tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

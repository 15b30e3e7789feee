#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every row of the policy table: what a user's state, the settings and the
kill switch make of a message. Nothing is stored in plaintext that the table
does not allow; what is refused is not there at all."""

import os
import re
import signal
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, messages, opened, procs, records, seald
from lib.certs import Certs
from lib.dovecot import Instance
from lib.sink import Sink
from lib.tap import Tap, same

DATA = messages.text('policy')

# What mail_seal_without_profile and mail_seal_expired make of a message, and
# with the kill switch.
WITHOUT_PROFILE = {'default': ('plain', 'reject'), 'deliver': ('plain', 'reject'),
                   'defer': ('defer', 'defer'), 'reject': ('reject', 'reject')}
EXPIRED = {'default': ('defer', 'defer'), 'defer': ('defer', 'defer'),
           'reject': ('reject', 'reject'), 'seal': ('sealed', 'sealed'),
           'deliver': ('plain', 'reject')}

CODES = {'plain': (250,), 'sealed': (250,), 'defer': (451,), 'reject': (550, 552)}

# A failed lookup is always "defer", even where all else would be delivered.
LAX = {'mail_seal_without_profile': 'deliver', 'mail_seal_expired': 'deliver'}

# seald as it must not be
FALSE = {
    'garbage': seald.answer(b'\xff\xfe\0 what?\n\n'),
    'an HTTP server': seald.answer(b'HTTP/1.1 200 OK\r\n\r\n'),
    'an empty line': seald.answer(b'\n'),
    'silence': seald.silent,
    'a closed connection': seald.hang_up,
    'half an answer': seald.answer_and_close(b'%d\tOK\tprofile=0011'),
    'half of a no': seald.answer_and_close(b'%d\tNO\tcode=no-profile'),
    'drop by drop': seald.dribble,
    'a line without end': seald.flood,
    'another id': seald.answer(seald.good().replace(b'%d', b'%d7')),
    'an unknown word': seald.answer(b'%d\tYES\tprofile=00112233445566ff\n'),
    'no with an unknown code': seald.answer(b'%d\tNO\tcode=because\tkill_switch=no\n'),
    'no without a code': seald.answer(b'%d\tNO\n'),
    'no without the kill switch': seald.answer(b'%d\tNO\tcode=no-profile\n'),
    'a refusal': seald.answer(b'%d\tFAIL\tcode=damaged\ttext=SECRETTEXT of seald\n'),
    'yes without a key': seald.answer(seald.good(key=None)),
    'yes without recipients': seald.answer(seald.good(recipients=None)),
    'yes without a profile': seald.answer(seald.good(profile=None)),
    'yes without a cipher': seald.answer(seald.good(cipher=None)),
    'an unknown cipher': seald.answer(seald.good(cipher='rot13')),
    'a short key': seald.answer(seald.good(key='a2tr')),
    'a key that is no base64': seald.answer(seald.good(key='%%%%')),
    'recipients that are no DER': seald.answer(seald.good(recipients='AAAA')),
    'empty recipients': seald.answer(seald.good(recipients='')),
    'a profile that breaks the header': seald.answer(
        seald.good(profile='x\x01r\x01nX-Evil: yes')),
    'an expiry that is no yes or no': seald.answer(seald.good(expired='perhaps')),
    'a kill switch that is no yes or no': seald.answer(seald.good(kill_switch='')),
    'rows before the answer': seald.answer(b'%d\tROW\ta=b\n' + seald.good()),
}


# a value that is none defers, rather than being taken for the default
BAD_SETTINGS = {'mail_seal': 'maybe', 'mail_seal_when': 'never', 'mail_seal_cipher': 'rot13',
                'mail_seal_without_profile': 'bounce', 'mail_seal_expired': 'yes',
                'mail_seal_encrypted': 'twice', 'mail_seal_sign': 'perhaps',
                'mail_seal_replies': 'some', 'mail_seal_wen': 'always'}


class Suite:
    def __init__(self, tap, box):
        self.tap, self.box = tap, box
        self.wanted = {}                # user: (what, certificate)
        self.false = []

    def add(self, name, what, cert=None, **settings):
        user = self.box.user(name, **settings)
        self.wanted[user] = (what, cert)
        return user

    def judge(self, user, reply, before):
        """Is what happened what the table says? The log is read from before."""
        what, cert = self.wanted[user]
        assert reply.code in CODES[what], 'reply: %r' % reply
        files = self.box.maildir(user)
        if what in ('defer', 'reject'):
            same(files, [], 'stored')
            check_words(self.box, before, reply, user)
        else:
            same(len(files), 1, 'files')
            mail, = self.box.messages(user)
            if what == 'sealed':
                opened.check(mail, DATA, cert)
            else:
                opened.check_plain(mail, DATA)

    def run(self, title, user, data=DATA, word=''):
        def one():
            before = len(self.box.log())
            reply, = self.box.deliver(user, data)
            self.judge(user, reply, before)
            if word:
                line, = re.findall(r'.*mail_seal: .*', self.box.log(before))
                assert re.search(r'\b%s\b' % word, line), '%s is not named: %s' % (word, line)
        self.tap.case(title, one)


def check_words(box, before, reply, user):
    """One line for the administrator, and no detail for the sender."""
    text = reply.text.replace(user, '').lower()
    for word in ('certificate', 'profile', 'seald', 'socket', 'expire', 'valid', 'secrettext',
                 '/', 'errno', 'store', 'kill'):
        assert word not in text, 'the sender reads: ' + text

    def lines():
        return re.findall(r'.*mail_seal: .*\b%s.*' % re.escape(user), box.log(before))
    procs.wait_for(lines, 'a line in the log for ' + user, 5)
    same(len(lines()), 1, 'lines in the log: %r' % lines())


def table(suite, certs):
    """The two settings, each value, without and with the kill switch."""
    box, expired = suite.box, certs.expired('expired')
    kill, loads = [], []
    for state, settings, values in (
            ('none', 'mail_seal_without_profile', WITHOUT_PROFILE),
            ('retired', 'mail_seal_without_profile', WITHOUT_PROFILE),
            ('expired', 'mail_seal_expired', EXPIRED)):
        for value, both in values.items():
            for switch, what in zip(('off', 'on'), both):
                extra = {} if value == 'default' else {settings: value}
                user = suite.add('%s-%s-%s' % (state, value, switch), what, expired, **extra)
                if switch == 'on':
                    kill.append(user)
                if state != 'none':
                    loads.append((user, records.RETIRED if state == 'retired' else records.ACTIVE))
    box.start()
    number = 0
    with box.admin() as admin:
        for user in kill:
            admin.done('USER-SET', 'user=' + user, 'kill_switch=yes')
    rows = []
    for user, state in loads:
        number += 1
        rows.append((user, records.record(
            user, records.profile(number, [expired.der], state), kill_switch=user in kill)))
    records.put(box, *rows)
    for user, (what, _) in list(suite.wanted.items()):
        suite.run('%s: %s' % (user.split('@')[0], what), user)


def prepare_failures(suite, certs):
    """Users whose lookup fails in the store; their records are put there later."""
    good, old, young = certs.make('good', 'p256'), certs.expired('old'), certs.not_yet_valid('young')
    rows = []

    def add(name, what, value, cert=None, **settings):
        user = suite.add(name, what, cert, **dict(LAX, **settings))
        rows.append((user, value(user)))

    def one(*ders, **kwargs):
        return lambda user: records.record(user, records.profile(0xabc, ders, **kwargs))

    add('not-yet-valid', 'defer', one(young.der))
    add('young-and-old', 'defer', one(young.der, old.der))
    add('one-of-two-expired', 'sealed', one(old.der, good.der), good)
    add('one-of-two-young', 'sealed', one(young.der, good.der), good)
    add('damaged-record', 'defer', lambda user: b'\x30\x05hello')
    add('empty-record', 'defer', lambda user: b'')
    add('random-record', 'defer', lambda user: os.urandom(500))
    add('cut-record', 'defer', lambda user: one(good.der)(user)[:-40])
    add('longer-record', 'defer', lambda user: one(good.der)(user) + b'\0')
    add('foreign-record', 'defer', lambda user: one(good.der)('somebody@example.org'))
    add('newer-record', 'defer', lambda user: records.record(
        user, records.profile(1, [good.der]), version=2))
    add('two-active', 'defer', lambda user: records.record(
        user, records.profile(1, [good.der]), records.profile(2, [good.der])))
    add('damaged-certificate', 'defer', one(good.der[:60] + b'\0' * 9 + good.der[69:]))
    add('no-certificate', 'defer', one())
    add('ca-certificate', 'defer', one(certs.make(
        'ca', 'p256', basicConstraints='critical,CA:TRUE', keyUsage=None).der))
    add('weak-certificate', 'defer', one(certs.make('weak', 'rsa1024').der))
    return rows


def kill_switch_never_opens(suite, certs):
    cert = certs.make('switch', 'p256')
    user = suite.add('switch-and-profile', 'sealed', cert, **LAX)
    off = suite.add('switched-off-again', 'plain', **LAX)
    disabled = suite.add('plugin-off', 'plain', mail_seal='no')
    return user, off, disabled, cert


def false_ones(suite):
    """Users whose seald is a false one, and where it cannot be reached at all."""
    box, names = suite.box, []
    for number, (name, behave) in enumerate(FALSE.items()):
        user = suite.add('false%d' % number, 'defer', mail_seal_socket_path='f%d' % number, **LAX)
        names.append((name, user))
        suite.false.append((os.path.join(box.base, 'f%d' % number), behave, {}))
    for number, version in enumerate((b'VERSION\tmail-seal\t2\t0\n', b'VERSION\tauth\t1\t0\n',
                                      b'HELLO\n', b'')):
        path = 'v%d' % number
        user = suite.add(path, 'defer', mail_seal_socket_path=path, **LAX)
        names.append(('the first line %r' % version, user))
        suite.false.append((os.path.join(box.base, path), seald.answer(seald.good())
                            if version else seald.silent, {'version': version}))
    user = suite.add('denied', 'defer', mail_seal_socket_path='denied', **LAX)
    names.append(('permission denied', user))
    suite.false.append((os.path.join(box.base, 'denied'), seald.answer(seald.good()),
                        {'mode': 0}))
    names.append(('no socket', suite.add('gone', 'defer', mail_seal_socket_path='gone', **LAX)))
    names.append(('a socket path that is too long', suite.add(
        'toolong', 'defer', mail_seal_socket_path='x' * 120, **LAX)))
    names.append(('a file instead of a socket', suite.add(
        'file', 'defer', mail_seal_socket_path='../users', **LAX)))
    return names


def bad_settings(suite):
    names, rows = [], list(BAD_SETTINGS.items())
    if built.series() == '2.3':
        # there, a field without a value arrives as "yes"; later, empty is the default
        rows.append(('mail_seal_socket_path', ''))
    for name, value in rows:
        names.append((name, value, suite.add(
            'bad-' + name.replace('_', '-'), 'defer', **{name: value})))
    return names


def once_and_never_again(box):
    """seald goes away between the two copies that Sieve files: it was asked once,
    and both are there. (451 with the first one filed would be a copy too many.)"""
    asked = []

    def behave(conn, number):
        asked.append(number)
        if len(asked) > 1:
            return 'close'
        return seald.answer(seald.good())(conn, number)
    false = seald.FalseSeald(os.path.join(box.base, 'once'), behave)
    same(box.deliver('once', DATA)[0].code, 250, 'reply')
    same(len(box.maildir('once')), 2, 'files')
    same(len(asked), 1, 'questions')
    false.close()


def run_false(suite, names):
    """Slow ones wait for the deadline, so they all run at once."""
    false = [seald.FalseSeald(path, behave, **kwargs) for path, behave, kwargs in suite.false]
    before, replies = len(suite.box.log()), {}

    def one(user):
        replies[user] = suite.box.deliver(user, DATA)[0]

    threads = [threading.Thread(target=one, args=(user,)) for _, user in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, user in names:
        suite.tap.case('false seald: ' + name, suite.judge, user, replies[user], before)
    asked = sum(one.asked for one in false)
    suite.tap.ok(asked >= len(FALSE), 'the false ones were asked', '%d questions' % asked)
    for one in false:
        one.close()


def the_real_one_dies(suite, user, cert):
    """kill -9 in the middle of a lookup: sealed in the end, or deferred."""
    box, before = suite.box, len(suite.box.maildir(user))
    replies = []
    for _ in range(5):
        pid = box.children('seald')[0]
        os.kill(pid, signal.SIGSTOP)
        thread = threading.Thread(target=lambda: replies.append(box.deliver(user, DATA)[0]))
        thread.start()
        threading.Event().wait(0.1)         # the question is on its way, or soon
        procs.kill(pid)
        thread.join()
    codes = [reply.code for reply in replies]
    same([code for code in codes if code not in (250, 451)], [], 'replies %r' % replies)
    mails = box.messages(user)
    same(len(mails), before + codes.count(250), 'messages, replies %r' % codes)
    for mail in mails:
        opened.check(mail, DATA, cert)


def the_real_one_is_stopped(suite, user):
    """It hangs: deferred after the deadline, and sealed again when it goes on."""
    box, before = suite.box, len(suite.box.maildir(user))
    pid = box.children('seald')[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        same(box.deliver(user, DATA)[0].code, 451, 'reply')
    finally:
        os.kill(pid, signal.SIGCONT)
    same(len(box.maildir(user)), before, 'messages')
    box.accepted(user, DATA)
    same(len(box.maildir(user)), before + 1, 'messages')


def by_lda(suite, sink):
    """dovecot-lda: deferred with its exit code, rejected with a bounce that
    holds nothing of the body."""
    box = suite.box
    for user, code, stored in (('damaged-record', 75, 0), ('none-reject-off', 0, 0),
                               ('none-deliver-off', 0, 1)):
        before = len(box.maildir(user))
        done = box.lda(user + '@example.org', DATA)
        same(done.returncode, code, user)
        same(len(box.maildir(user)), before + stored, 'files of ' + user)
        bounces = sink.taken()
        same(len(bounces), int(user == 'none-reject-off'), 'bounces')
        for sender, recipients, data in bounces:
            same((sender, recipients), ('', ['sender@remote.example']), 'the bounce')
            assert b'A line of text' not in data, data


SIEVE = '''require ["fileinto", "copy", "vacation", "mailbox"];
redirect :copy "out@remote.example";
vacation :addresses ["alice@example.org"] "Away";
fileinto :create "one";
'''


def before_sieve(suite, sink):
    """A refused message is neither redirected nor answered, at any attempt."""
    box = suite.box
    for user, code in (('sieve-defer', 451), ('sieve-reject', 550)):
        sink.taken()
        for _ in range(2):
            same(box.deliver(user, DATA)[0].code, code, user)
        same(box.maildir(user), [], 'files of ' + user)
        same(sink.taken(), [], 'mails that left')
    box.accepted('sieve-deliver', DATA)
    same(len(box.maildir('sieve-deliver')), 1, 'files')
    same(len(sink.taken()), 2, 'mails that left')


def log_lines_name_the_reason(box):
    log = box.log()
    for user, words in (('damaged-record@', 'damaged|decode'), ('not-yet-valid@', 'not.*valid'),
                        ('expired-defer-off@', 'expired'), ('none-defer-off@', 'profile'),
                        ('gone@', 'No such file'), ('denied@', 'Permission denied')):
        lines = [line for line in log.splitlines() if user in line and 'seal' in line]
        assert any(re.search(words, line) for line in lines), '%s: %r' % (user, lines)


def main(tap):
    built.program('mdb_load')
    with Certs() as certs, Sink() as sink, \
            Instance(tap, sieve=True, settings='submission_host = ' + sink.host) as box:
        suite = Suite(tap, box)
        rows = prepare_failures(suite, certs)
        switch, off, disabled, cert = kill_switch_never_opens(suite, certs)
        names = false_ones(suite)
        for name, value in (('sieve-defer', 'defer'), ('sieve-reject', 'reject'),
                            ('sieve-deliver', 'deliver')):
            box.user(name, sieve=SIEVE, mail_seal_without_profile=value)
        bad = bad_settings(suite)
        box.user('once', sieve='require ["fileinto", "mailbox"];\n'
                 'fileinto :create "one"; fileinto :create "two";', mail_seal_socket_path='once')
        later = dict(suite.wanted)
        suite.wanted.clear()
        table(suite, certs)
        suite.wanted.update(later)
        records.put(box, *rows)
        for user, _ in rows:
            suite.run('store: %s: %s' % (user.split('@')[0], suite.wanted[user][0]), user)
        box.enrol(switch, cert)
        box.kill_switch(switch)
        suite.run('a kill switch does not hinder sealing', switch)
        box.kill_switch(off)
        box.kill_switch(off, 'no')
        suite.run('a kill switch that is off again', off)
        suite.run('mail_seal = no', disabled)
        for name, value, user in bad:
            suite.run('setting: %s = %s' % (name, value), user, word=value and name)
        run_false(suite, names)
        tap.case('seald goes away between two copies', once_and_never_again, box)
        tap.case('seald dies in the middle', the_real_one_dies, suite, switch, cert)
        tap.case('seald hangs', the_real_one_is_stopped, suite, switch)
        tap.case('dovecot-lda', by_lda, suite, sink)
        tap.case('refused before Sieve acts', before_sieve, suite, sink)
        tap.case('the log names the reason', log_lines_name_the_reason, box)
        tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

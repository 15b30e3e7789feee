#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Replies through Dovecot's submission service where something is away, dies, or is
damaged in the middle: the client is told to try again, nothing is sent twice, and
nothing is lost."""

import os
import re
import signal
import smtplib
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, procs, replies
from lib.replies import INNER, envelope, message, opened, sign
from lib.submission import ANNA, BOB, LATER, RECEIVED, Service
from lib.tap import Tap, same, short

HEAD = replies.header(ANNA, (BOB,))
# more than all sockets on its way hold
LARGE = INNER + b'0123456789abcdef 0123456789abcdef\r\n' * 600000


def reply(service, entity=INNER):
    return message(HEAD, envelope(sign(service.anna, entity), [service.anna.bob]))


def arrives_now(service, client=None, entity=INNER):
    """All is well again: the same mail, sent anew, is sent once."""
    if client is not None:
        same(service.arrives(client, reply(service, entity)), opened(HEAD, entity), 'what arrives')
        return
    with service.client() as another:
        arrives_now(service, another, entity)


def logged(service, pattern, start):
    procs.wait_for(lambda: re.search(pattern, service.box.log(start)), pattern, 10)


def plain_goes_on(service, client):
    """What nobody has to be asked for."""
    plain = HEAD + b'\r\nnot encrypted\r\n'
    same(service.arrives(client, plain), plain, 'what is not encrypted')


# -- seald ---------------------------------------------------------------

def seald_is_away(service):
    path = os.path.join(service.box.base, 'mail-seal-open')
    start = len(service.box.log())
    os.rename(path, path + '.away')
    try:
        with service.client() as client:
            service.is_deferred(client, reply(service))
            plain_goes_on(service, client)
            os.rename(path + '.away', path)
            arrives_now(service, client)
    finally:
        if os.path.exists(path + '.away'):
            os.rename(path + '.away', path)
    logged(service, r'Error: mail_seal: deferred mail that %s sends: .*mail-seal-open' % ANNA, start)


def seald_stops(service):
    """It does not answer; and then it does, or is dead."""
    for ending in (signal.SIGCONT, signal.SIGKILL):
        seald, = service.box.children('seald')
        procs.kill(seald, signal.SIGSTOP)
        try:
            with service.client() as client:
                service.is_deferred(client, reply(service))
                procs.kill(seald, ending)
                arrives_now(service, client)
        finally:
            procs.kill(seald, signal.SIGCONT)


def seald_dies_meanwhile(service):
    """While it is asked: sent or not, and the client knows which."""
    seald, = service.box.children('seald')
    procs.kill(seald, signal.SIGSTOP)
    killer = threading.Timer(0.3, procs.kill, (seald,))
    service.sink.taken()
    with service.client() as client:
        killer.start()
        code, text = client.send_mail((BOB,), reply(service))
        killer.join()
        same(len(service.sink.taken()), {250: 1, 451: 0}[code], 'sent, and told: ' + text)
        arrives_now(service, client)


def wrong_setting(service):
    """A user whose settings are not to be trusted."""
    plain = replies.header('wrong@example.org', (BOB,)) + b'\r\nnot encrypted\r\n'
    with service.client('wrong@example.org') as client:
        service.is_deferred(client, plain)
    assert re.search(r'deferred mail that wrong@example.org sends: .*'
                     'mail_seal_unsigned_replies', service.box.log()), service.box.log_tail()


def no_opener(service):
    """Not installed as a whole."""
    path = service.box.path('modules', built.OPENER)
    os.rename(path, path + '.gone')
    try:
        with service.client() as client:
            service.is_deferred(client, reply(service))
            os.rename(path + '.gone', path)
            arrives_now(service, client)
    finally:
        if os.path.exists(path + '.gone'):
            os.rename(path + '.gone', path)
    assert 'Cannot load ' + built.OPENER in service.box.log(), service.box.log_tail()


# -- the relay -----------------------------------------------------------

def outcome(client, mail):
    """The answer; 421 without a text where the connection was closed instead."""
    try:
        return client.send_mail((BOB,), mail)
    except smtplib.SMTPServerDisconnected:
        return 421, ''


def relay_hangs_up(service, after, entity):
    """In the middle of a message, or at its end without an answer."""
    service.sink.taken()
    service.sink.close_after, service.sink.reply = after, None
    try:
        with service.client() as client:
            same(outcome(client, reply(service, entity))[0] // 100, 4, 'class of the answer')
    finally:
        service.sink.behave()
    same(len(service.sink.mails), 0, 'accepted')
    same(len(service.sink.cut), 1, 'begun')
    arrives_now(service, entity=entity)


def relay_says(service, text):
    """The client hears of it."""
    service.sink.taken()
    service.sink.reply = text
    try:
        with service.client() as client:
            code, said = client.send_mail((BOB,), reply(service))
            same((code, said[-5:]), (int(text[:3]), text[-5:]), 'answer')
            same((len(service.sink.mails), len(service.sink.refused)), (0, 1), 'sent')
            service.sink.behave()
            arrives_now(service, client)
    finally:
        service.sink.behave()


class Waiting:
    """A relay that does not read the message that is being sent to it: with the client's
    connection, and a thread in which it is sent. answer: at the end."""

    def __init__(self, service, entity):
        self.service, self.answer = service, None
        self.mail = reply(service, entity)
        self.client = service.client()
        self.thread = threading.Thread(target=self.send)

    def send(self):
        self.answer = outcome(self.client, self.mail)

    def __enter__(self):
        self.service.sink.taken()
        self.service.sink.gate.clear()
        self.thread.start()
        procs.wait_for(lambda: self.service.sink.waiting, 'the relay has said 354')
        return self

    def go_on(self):
        self.service.sink.gate.set()
        self.thread.join(60)

    def __exit__(self, *_):
        self.go_on()
        self.client.close()
        self.service.sink.behave()


def slow_relay(service):
    with Waiting(service, LARGE) as waiting:
        waiting.go_on()
        same(waiting.answer[0], 250, 'answer')
        (_, _, data), = service.sink.taken()
        assert data.endswith(opened(HEAD, LARGE)), 'not what was sent'


def client_goes(service):
    """Before it has its answer: the relay gets the whole of it, or nothing."""
    with Waiting(service, LARGE) as waiting:
        process, = service.box.children('submission')
        waiting.client.sock.shutdown(socket.SHUT_RDWR)
        waiting.go_on()
        procs.wait_for(lambda: service.sink.mails or not procs.alive(process), 'it is over')
    for _, _, data in service.sink.taken():
        assert data.endswith(opened(HEAD, LARGE)), 'not what was sent'
    # Dovecot 2.3 waits on, for nobody, whatever plugins there are
    procs.kill(process)
    arrives_now(service)


def spool_is_damaged(service, damage):
    """What Dovecot keeps the message in changes after it has been judged: nobody gets
    what was not judged, or half of it."""
    with Waiting(service, LARGE) as waiting:
        process, = service.box.children('submission')
        damage('/proc/%d/fd/%d' % (process, spool(process)))
        waiting.go_on()
        same(waiting.answer, (421, '4.3.0 mx.example.org ' + LATER), 'answer')
        procs.wait_for(lambda: service.sink.cut, 'the relay notices')
        same((service.sink.mails, service.sink.refused), ([], []), 'accepted')
        (_, _, data), = service.sink.cut
        data = RECEIVED.sub(b'', data, 1)
        assert opened(HEAD, LARGE).startswith(data), 'not what was sent: ' + short(data)
    assert re.search('Error: mail_seal: gave up to send mail of %s: ' % ANNA, service.box.log())
    arrives_now(service)


def spool(process):
    """The number of its descriptor."""
    folder = '/proc/%d/fd' % process
    found = [int(number) for number in os.listdir(folder)
             if 'deleted' in os.readlink(os.path.join(folder, number)) and
             os.stat(os.path.join(folder, number)).st_size > 1 << 20]
    same(len(found), 1, 'large deleted files of the process')
    return found[0]


def truncate(path):
    os.truncate(path, os.stat(path).st_size - 1000)


def alter(path):
    """A letter of the base64, near its end."""
    at = os.stat(path).st_size - 3000
    with open(path, 'r+b') as file:
        file.seek(at)
        old = file.read(1)
        file.seek(at)
        file.write(b'A' if old != b'A' else b'B')


def main(tap):
    with Service(tap, more={'wrong': {'mail_seal_unsigned_replies': 'perhaps'}}) as service:
        tap.case('without its opener', no_opener, service)
        tap.case('seald is away', seald_is_away, service)
        tap.case('seald stops', seald_stops, service)
        tap.case('seald dies meanwhile', seald_dies_meanwhile, service)
        tap.case('a wrong setting', wrong_setting, service)
        for name, after, entity in (('at once', 0, INNER), ('in the middle', 5 << 20, LARGE),
                                    ('at the end', None, INNER), ('at the end of much', None, LARGE)):
            tap.case('the relay hangs up ' + name, relay_hangs_up, service, after, entity)
        for text in ('451 4.3.0 later', '452 4.2.2 full', '554 5.7.1 never'):
            tap.case('the relay says ' + text, relay_says, service, text)
        tap.case('a slow relay', slow_relay, service)
        tap.case('the client goes', client_goes, service)
        for damage in (truncate, alter):
            tap.case('the spool file: ' + damage.__name__, spool_is_damaged, service, damage)
        service.box.no_crash()


if __name__ == '__main__':
    Tap().run(main)

# SPDX-License-Identifier: MIT
"""seal-milter from the outside: the milter protocol as a mail server speaks it, and
the program itself.

    with Daemon(seald_socket) as daemon, daemon.connect() as milter:
        outcome = milter.send(message, user='anna@example.org', to=[...])
"""

import os
import signal
import socket
import struct
import subprocess
import tempfile

from . import built, procs

PROGRAM = 'seal-milter'

# what a mail server offers: actions, and steps of the protocol
ADD_HEADERS, CHANGE_BODY, CHANGE_HEADERS = 0x1, 0x2, 0x10
ALL_ACTIONS = 0x1ff
NO_CONNECT, NO_HELO, NO_UNKNOWN, NO_DATA, LEADING_SPACE = 0x1, 0x2, 0x100, 0x200, 0x100000
ALL_STEPS = 0x1fffff

EDITS = {'h': 'add', 'm': 'change', 'i': 'insert', 'b': 'body', '+': 'rcpt', '-': 'delete-rcpt',
         'e': 'from', 'q': 'quarantine'}
CONTINUE, ACCEPT, REJECT, TEMPFAIL, REPLY = 'c', 'a', 'r', 't', 'y'


class Outcome:
    """verdict: one of the letters above; text: of a REPLY; edits: [(kind, ...)];
    step: the event it was the answer to."""

    def __init__(self, step, verdict, text, edits):
        self.step, self.verdict, self.text, self.edits = step, verdict, text, edits

    def __repr__(self):
        return '<%s at %s %r, %d edits>' % (self.verdict, self.step, self.text, len(self.edits))


class Milter:
    """One connection of a mail server."""

    def __init__(self, path, actions=ALL_ACTIONS, steps=ALL_STEPS, timeout=60):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.packet('O', struct.pack('>III', 6, actions, steps))
        _, data = self.receive()
        self.version, self.actions, self.steps = struct.unpack('>III', data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.packet('Q')
        except OSError:
            pass
        self.sock.close()

    # -- packets ---------------------------------------------------------

    def packet(self, command, data=b''):
        self.sock.sendall(struct.pack('>I', len(data) + 1) + command.encode() + data)

    def exactly(self, length):
        data = b''
        while len(data) < length:
            piece = self.sock.recv(length - len(data))
            if not piece:
                raise ConnectionError('the milter closed the connection')
            data += piece
        return data

    def receive(self):
        length, = struct.unpack('>I', self.exactly(4))
        packet = self.exactly(length)
        return chr(packet[0]), packet[1:]

    def ask(self, command, data=b''):
        """An event, and its Outcome."""
        self.packet(command, data)
        edits = []
        while True:
            kind, data = self.receive()
            if kind in EDITS:
                edits.append(edit(kind, data))
            elif kind != 'p':
                return Outcome(command, kind, data.rstrip(b'\0').decode('utf-8', 'replace'), edits)

    # -- events ----------------------------------------------------------

    def macros(self, command, **values):
        """auth_authen and the like get their braces here."""
        fields = [('{%s}' % name if len(name) > 1 else name, value)
                  for name, value in values.items() if value is not None]
        self.packet('D', command.encode() + strings(*[text for pair in fields for text in pair]))

    def mail(self, user=None, sender='<anna@example.org>'):
        self.macros('M', auth_authen=user, auth_type='PLAIN' if user else None,
                    mail_addr=sender.strip('<>'))
        return self.ask('M', strings(sender))

    def rcpt(self, path):
        return self.ask('R', strings(path))

    def field(self, name, value):
        return self.ask('L', strings(name, value))

    def send(self, message, user=None, to=('bob@remote.example',), chunk=65535, queue='4QUEUE'):
        """A whole message, for as long as the milter wants to see more of it. The
        message's lines end in CRLF."""
        outcome = self.mail(user)
        header, body = parse(message)
        steps = [lambda path=path: self.rcpt('<%s>' % path) for path in to]
        steps += [lambda field=field: self.field(*field) for field in header]
        steps.append(lambda: (self.macros('N', i=queue), self.ask('N'))[1])
        steps += [lambda at=at: self.ask('B', body[at:at + chunk])
                  for at in range(0, len(body), chunk)]
        steps.append(lambda: (self.macros('E', i=queue), self.ask('E'))[1])
        for step in steps:
            if outcome.verdict != CONTINUE:
                break
            outcome = step()
        return outcome


def strings(*texts):
    return b''.join(text.encode('utf-8', 'surrogateescape') + b'\0' for text in texts)


def edit(kind, data):
    index = None
    if kind == 'b':
        return EDITS[kind], data
    if kind in 'mi':
        index, data = struct.unpack('>I', data[:4])[0], data[4:]
    texts = [text.decode('utf-8', 'surrogateescape') for text in data.split(b'\0')[:-1]]
    return (EDITS[kind],) + ((index,) if index is not None else ()) + tuple(texts)


def parse(message):
    """([(name, value)], body): values as milters get them."""
    head, _, body = message.partition(b'\r\n\r\n')
    fields = []
    for line in head.replace(b'\r\n', b'\n').split(b'\n'):
        text = line.decode('utf-8', 'surrogateescape')
        if text[:1] in (' ', '\t'):
            fields[-1][1] += '\n' + text
        else:
            fields.append(text.split(':', 1))
    return [tuple(field) for field in fields], body


def applied(message, edits):
    """The message as a mail server has it after these edits. Like Postfix, it does
    not count a field that was deleted."""
    header, body = parse(message)
    new_body = b''.join(change[1] for change in edits if change[0] == 'body')
    if any(change[0] == 'body' for change in edits):
        body = new_body
    for change in edits:
        if change[0] == 'add':
            header.append(change[1:])
        elif change[0] == 'change':
            rank, name, value = change[1:]
            places = [i for i, field in enumerate(header) if field[0].lower() == name.lower()]
            header[places[rank - 1]:places[rank - 1] + 1] = [(name, value)] if value else []
        elif change[0] != 'body':
            raise AssertionError('what is %r for?' % (change,))
    head = ''.join('%s:%s\n' % field for field in header).replace('\n', '\r\n')
    return head.encode('utf-8', 'surrogateescape') + b'\r\n' + body


class Daemon:
    """A running seal-milter. more: options of its command line; args: the rest of
    it, in place of what is made up here. command: what it is run under."""

    def __init__(self, seald, *more, environment=None, command=(), args=None):
        self.program = built.need(PROGRAM)
        self.holder = tempfile.TemporaryDirectory(prefix='ms.milter.')
        os.chmod(self.holder.name, 0o1777)
        self.socket = os.path.join(self.holder.name, 'socket')
        self.log_path = os.path.join(self.holder.name, 'log')
        self.args = [*command, self.program,
                     *(args or ('--listen', 'unix:' + self.socket, '--seald', seald)), *more]
        self.environment = dict(os.environ, **(environment or {}))
        self.start()

    def start(self):
        start = len(self.log()) if os.path.exists(self.log_path) else 0
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(self.args, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=self.environment)
        try:
            procs.wait_for(lambda: self._ready(start), 'seal-milter listens')
        except AssertionError:
            self.kill()
            raise

    def _ready(self, start):
        if self.process.poll() is not None:
            raise AssertionError('seal-milter did not start: ' + self.log())
        return 'listening' in self.log()[start:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # to be asked costs libmilter up to five seconds
        self.kill()
        self.holder.cleanup()

    def kill(self):
        if self.process.poll() is None:
            for pid in procs.descendants(self.process.pid) | {self.process.pid}:
                procs.kill(pid)
            self.process.wait(30)

    def stop(self):
        """Asks it, not what it is run under, to end; the exit status."""
        for pid in procs.descendants(self.process.pid) or {self.process.pid}:
            procs.kill(pid, signal.SIGTERM)
        return self.process.wait(30)

    def connect(self, **options):
        return Milter(self.socket, **options)

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='replace') as file:
            return file.read()

# SPDX-License-Identifier: MIT
"""seald's protocol from the outside: a plain client, and a false seald."""

import base64
import os
import socket
import threading
import time

from . import der

VERSION = b'VERSION\tmail-seal\t1\t0\n'
ESCAPES = {'\0': '\x010', '\x01': '\x011', '\t': '\x01t', '\r': '\x01r', '\n': '\x01n'}


def escape(text):
    return ''.join(ESCAPES.get(c, c) for c in text)


def unescape(text):
    out, parts = '', iter(text)
    back = {value[1]: key for key, value in ESCAPES.items()}
    for c in parts:
        out += back[next(parts)] if c == '\x01' else c
    return out


class Seald:
    """A connection to one of seald's sockets."""

    def __init__(self, path, timeout=30, version=VERSION):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.sock.sendall(version)
        self.file = self.sock.makefile('rb')
        self.version = self.file.readline()
        self.id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def ask(self, *args):
        """Returns (kind, fields, rows) of one question."""
        self.id += 1
        line = '\t'.join([str(self.id)] + [escape(arg) for arg in args]) + '\n'
        self.sock.sendall(line.encode())
        rows = []
        while True:
            line = self.file.readline()
            if not line.endswith(b'\n'):
                raise ConnectionError('seald closed the connection')
            number, kind, *fields = line[:-1].decode().split('\t')
            if int(number) != self.id:
                raise AssertionError('answer to another question: %r' % line)
            fields = dict(unescape(field).partition('=')[::2] for field in fields)
            if kind != 'ROW':
                return kind, fields, rows
            rows.append(fields)

    def done(self, *args):
        """A question that has to be answered OK; the fields of the answer."""
        kind, fields, _ = self.ask(*args)
        if kind != 'OK':
            raise AssertionError('seald: %s: %s %r' % (args[0], kind, fields))
        return fields


def encoded(certificates):
    return base64.b64encode(b''.join(c.pem for c in certificates)).decode()


class FalseSeald:
    """Listens where a user's mail_seal_socket_path points to and answers with
    what `behave` does: it gets the connection and the first line asked."""

    def __init__(self, path, behave, mode=0o666, version=VERSION):
        self.path = path
        self.behave, self.version, self.asked = behave, version, 0
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.bind(self.path)
        os.chmod(self.path, mode)
        self.sock.listen(20)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(conn,), daemon=True).start()

    def _one(self, conn):
        with conn, conn.makefile('rb') as file:
            try:
                conn.sendall(self.version)
                for line in file:
                    if line.startswith(b'VERSION'):
                        continue
                    self.asked += 1
                    if self.behave(conn, line.split(b'\t')[0]) == 'close':
                        return
            except OSError:
                pass

    def close(self):
        self.sock.close()
        os.unlink(self.path)


def good(**changed):
    """An answer that seals (to nobody's certificate); None leaves a field out."""
    fields = {'profile': '00112233445566ff', 'cipher': 'aes256-cbc',
              'key': base64.b64encode(b'k' * 32).decode(),
              'recipients': base64.b64encode(der.ktri()).decode(),
              'kill_switch': 'no', 'expired': 'no', 'sign': 'no'}
    fields.update(changed)
    text = '\t'.join('%s=%s' % pair for pair in fields.items() if pair[1] is not None)
    return b'%d\tOK\t' + text.encode() + b'\n'


def answer(text):
    """Answers every question with the text; %d in it stands for its id."""
    def behave(conn, number):
        conn.sendall(text.replace(b'%d', number))
    return behave


def answer_and_close(text):
    def behave(conn, number):
        conn.sendall(text.replace(b'%d', number))
        return 'close'
    return behave


def silent(_conn, _number):
    """Says nothing, and keeps the connection."""


def hang_up(_conn, _number):
    return 'close'


def dribble(conn, number):
    """Half a line, and the rest bit by bit, never in time."""
    conn.sendall(number + b'\tOK\tprofile=0123')
    for _ in range(30):
        time.sleep(0.5)
        conn.sendall(b'4')


def flood(conn, number):
    """A line without end."""
    conn.sendall(number + b'\tOK\tkey=')
    for _ in range(64):
        conn.sendall(b'A' * 65536)

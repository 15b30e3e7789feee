# SPDX-License-Identifier: MIT
"""A small SMTP server on 127.0.0.1 that keeps what it is sent, and can misbehave."""

import re
import socket
import socketserver
import threading


class Gone(Exception):
    """The other side has closed the connection, or we do."""


class Handler(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        self.sender, self.recipients, self.chunks = None, [], b''

    def say(self, text):
        self.wfile.write(text.encode() + b'\r\n')

    def handle(self):
        try:
            self.say('220 sink.example')
            while self.command(self.line()):
                pass
        except (Gone, ConnectionError):
            pass

    def line(self):
        line = self.rfile.readline()
        if not line:
            raise Gone
        return line

    def command(self, line):
        word = line[:4].upper()
        if word == b'EHLO':
            lines = ['sink.example', *self.server.capabilities]
            for text in lines[:-1]:
                self.say('250-' + text)
            self.say('250 ' + lines[-1])
        elif word == b'MAIL':
            self.sender, self.recipients, self.chunks = inside(line), [], b''
            self.say('250 2.1.0 ok')
        elif word == b'RCPT':
            self.recipients.append(inside(line))
            self.say('250 2.1.5 ok')
        elif word == b'DATA':
            self.say('354 go on')
            self.wait()
            self.finish_mail(self.dotted())
        elif word == b'BDAT':
            self.bdat(line.split())
        elif word == b'QUIT':
            self.say('221 2.0.0 bye')
        else:
            self.say('250 2.0.0 ok')
        return word != b'QUIT'

    def wait(self):
        self.server.waiting = not self.server.gate.is_set()
        self.server.gate.wait(60)
        self.server.waiting = False

    def dotted(self):
        data = bytearray()
        while True:
            line = self.rfile.readline()
            if line == b'.\r\n':
                return bytes(data)
            data += line[1:] if line.startswith(b'.') else line
            if not line or (self.server.close_after is not None and
                            len(data) >= self.server.close_after):
                self.server.keep('cut', self, bytes(data))
                self.hang_up()

    def bdat(self, words):
        self.wait()
        wanted = int(words[1])
        data = self.rfile.read(wanted)
        self.chunks += data
        if len(data) < wanted:
            self.server.keep('cut', self, self.chunks)
            raise Gone
        if len(words) > 2:
            self.finish_mail(self.chunks)
        else:
            self.say('250 2.0.0 go on')

    def finish_mail(self, data):
        reply = self.server.reply
        if reply is None:
            self.server.keep('cut', self, data)
            self.hang_up()
        self.server.keep('mails' if reply.startswith('2') else 'refused', self, data)
        self.say(reply)

    def hang_up(self):
        """At once, whatever has not been read."""
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        raise Gone


def inside(line):
    return re.search(rb'<([^>]*)>', line).group(1).decode()


class Sink(socketserver.ThreadingTCPServer):
    """mails: a list of (sender, recipients, data) that were accepted; refused, cut: of
    those that were not, or never complete.

    capabilities: for EHLO. reply: to a complete message; None: hangs up.
    close_after: hangs up after so many bytes of a message. gate: a message waits there
    where it is cleared; waiting: one does."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.mails, self.refused, self.cut = [], [], []
        self.lock, self.gate, self.waiting = threading.Lock(), threading.Event(), False
        self.behave()
        self.host = '127.0.0.1:%d' % self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def behave(self):
        self.capabilities, self.reply, self.close_after = (), '250 2.0.0 ok', None
        self.gate.set()

    def keep(self, where, handler, data):
        with self.lock:
            getattr(self, where).append((handler.sender, handler.recipients, data))

    def taken(self):
        """What has come since the last call."""
        with self.lock:
            mails, self.mails, self.refused, self.cut = self.mails, [], [], []
        return mails

    def __exit__(self, *_):
        self.gate.set()
        self.shutdown()
        self.server_close()

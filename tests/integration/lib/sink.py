# SPDX-License-Identifier: MIT
"""A small SMTP server on 127.0.0.1 that keeps what it is sent."""

import re
import socketserver
import threading


class Handler(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b'\r\n')

    def handle(self):
        self.say('220 sink.example')
        sender, recipients = None, []
        while True:
            line = self.rfile.readline()
            if not line:
                return
            word = line[:4].upper()
            if word in (b'EHLO', b'HELO'):
                self.say('250 sink.example')
            elif word == b'MAIL':
                sender, recipients = inside(line), []
                self.say('250 2.1.0 ok')
            elif word == b'RCPT':
                recipients.append(inside(line))
                self.say('250 2.1.5 ok')
            elif word == b'DATA':
                self.say('354 go on')
                data = b''
                while True:
                    line = self.rfile.readline()
                    if line in (b'.\r\n', b''):
                        break
                    data += line[1:] if line.startswith(b'.') else line
                with self.server.lock:
                    self.server.mails.append((sender, recipients, data))
                self.say('250 2.0.0 ok')
            elif word == b'QUIT':
                self.say('221 2.0.0 bye')
                return
            else:
                self.say('250 2.0.0 ok')


def inside(line):
    return re.search(rb'<([^>]*)>', line).group(1).decode()


class Sink(socketserver.ThreadingTCPServer):
    """mails: a list of (sender, recipients, data)."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.mails, self.lock = [], threading.Lock()
        self.host = '127.0.0.1:%d' % self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def taken(self):
        """What has come since the last call."""
        with self.lock:
            mails, self.mails = self.mails, []
        return mails

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

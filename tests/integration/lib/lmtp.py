# SPDX-License-Identifier: MIT
"""An LMTP client that sends exactly the bytes it is given."""

import re
import socket


class Reply:
    def __init__(self, code, text):
        self.code = code
        self.text = text

    def __repr__(self):
        return '%d %s' % (self.code, self.text)


class Lmtp:
    """One connection to an LMTP socket (a path)."""

    def __init__(self, path, timeout=60):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.file = self.sock.makefile('rb')
        self._expect(self.reply(), 220)
        self._expect(self.command('LHLO tests.example'), 250)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.sock.sendall(b'QUIT\r\n')
            self.file.readline()
        except OSError:
            pass
        self.file.close()
        self.sock.close()

    def reply(self):
        lines = []
        while True:
            line = self.file.readline()
            if not line:
                raise ConnectionError('LMTP connection closed by the server')
            line = line.decode('utf-8', 'replace').rstrip('\r\n')
            lines.append(line[4:])
            if line[3:4] != '-':
                return Reply(int(line[:3]), '\n'.join(lines))

    def command(self, line):
        self.sock.sendall(line.encode() + b'\r\n')
        return self.reply()

    @staticmethod
    def _expect(reply, code):
        if reply.code != code:
            raise AssertionError('LMTP: expected %d, got %r' % (code, reply))

    def send(self, recipients, data, sender='sender@remote.example', exact=False):
        """One transaction. Returns a list of replies, one per recipient and in
        their order: that to RCPT where it was refused, else the final one.
        exact: by BDAT, so that no dots are stuffed and no line end is added."""
        self._expect(self.command('MAIL FROM:<%s>' % sender), 250)
        replies = [self.command('RCPT TO:<%s>' % address(user)) for user in recipients]
        accepted = [i for i, r in enumerate(replies) if r.code == 250]
        if not accepted:
            self.command('RSET')
            return replies
        if exact:
            self.sock.sendall(b'BDAT %d LAST\r\n' % len(data) + data)
        else:
            self._expect(self.command('DATA'), 354)
            self.sock.sendall(stuffed(data) + b'.\r\n')
        for i in accepted:
            replies[i] = self.reply()
        return replies


def address(user):
    return user if '@' in user else user + '@example.org'


def as_sent(data):
    """What arrives when data goes by DATA: it always ends in a line end."""
    return data if data.endswith(b'\r\n') else data + b'\r\n'


def stuffed(data):
    return re.sub(rb'(^|\n)\.', rb'\1..', as_sent(data))

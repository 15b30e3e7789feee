# SPDX-License-Identifier: MIT
"""imaplib, with the few things the tests ask again and again."""

import imaplib
import re

imaplib._MAXLINE = 100 * 1024 * 1024    # pylint: disable=protected-access


class Imap:
    """A logged-in connection of one user."""

    def __init__(self, host, port, user, password='secret'):
        self.conn = imaplib.IMAP4(host, port, timeout=60)
        self.conn.login(user, password)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.conn.logout()
        except (imaplib.IMAP4.error, OSError):
            pass

    def must(self, name, *args):
        """A command that has to be answered OK; returns its data."""
        kind, data = getattr(self.conn, name)(*args)
        if kind != 'OK':
            raise AssertionError('IMAP %s%r: %s %r' % (name, args, kind, data))
        return data

    def simple(self, name, *args, response='FETCH'):
        """A command imaplib has no method for."""
        kind, data = self.conn._simple_command(name, *args)   # pylint: disable=protected-access
        if kind != 'OK':
            raise AssertionError('IMAP %s %r: %s %r' % (name, args, kind, data))
        return self.conn.untagged_responses.pop(response, [])

    def append(self, mailbox, *messages, flags=''):
        """APPEND of exactly these bytes (imaplib's own mends line ends), in
        small pieces. Returns the tagged answer without its tag."""
        sock = self.conn.socket()
        sock.sendall(b'APP APPEND "%s"' % mailbox.encode())
        for data in messages:
            sock.sendall(b' %s{%d+}\r\n' % (flags.encode() + b' ' if flags else b'', len(data)))
            step = 1000 if len(data) < 100000 else 65536
            for start in range(0, len(data), step):
                sock.sendall(data[start:start + step])
        sock.sendall(b'\r\n')
        while True:
            line = self.conn.readline()
            if not line:
                raise ConnectionError('IMAP connection closed by the server')
            if line.startswith(b'APP '):
                return line[4:].strip().decode('utf-8', 'replace')

    def appended(self, *args, **kwargs):
        answer = self.append(*args, **kwargs)
        if not answer.startswith('OK'):
            raise AssertionError('APPEND: ' + answer)

    def select(self, mailbox='INBOX', readonly=False):
        return int(self.must('select', '"%s"' % mailbox, readonly)[0])

    def messages(self, mailbox='INBOX'):
        """All messages of a mailbox, as bytes, in order."""
        count = self.select(mailbox, readonly=True)
        if count == 0:
            return []
        data = self.must('fetch', '1:*', '(BODY.PEEK[])')
        return [part[1] for part in data if isinstance(part, tuple)]

    def item(self, number, item):
        """One FETCH item as text; literals are put in where they stood."""
        data = self.must('fetch', str(number), '(%s)' % item)
        text = b''
        for part in data:
            text += b' '.join(part) if isinstance(part, tuple) else part or b''
        match = re.match(rb'\d+ \((?:UID \d+ )?%s ?(.*)\)$' %
                         re.escape(re.sub(r'\.PEEK|\s*\(.*', '', item).encode()),
                         text, re.S | re.I)
        if match is None:
            raise AssertionError('IMAP FETCH %s: %r' % (item, text[:300]))
        return match.group(1)

    def mailboxes(self):
        names = []
        for line in self.must('list'):
            names.append(re.search(rb' "?([^"]+)"?$', line).group(1).decode())
        return names

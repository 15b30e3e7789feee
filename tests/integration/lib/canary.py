# SPDX-License-Identifier: MIT
"""Looks for a piece of a message's body where it must not be."""

import base64
import os
import re


class Canary:
    """A word that occurs nowhere else, in the forms a mail server may give it."""

    def __init__(self, name):
        self.word = ('canary' + name + os.urandom(12).hex()).encode()
        forms = {self.word, self.word.decode().encode('utf-16-le'),
                 self.word.decode().encode('utf-16-be'), self.word.hex().encode(),
                 self.word[::-1]}
        for shift in range(3):
            # base64 of the word at each alignment, without the edges that
            # depend on its neighbours
            text = base64.b64encode(b'x' * shift + self.word)
            forms.add(text[(shift * 8 + 5) // 6:(shift + len(self.word)) * 8 // 6])
        # UTF-16 as strace prints it
        forms.add(b'\\0'.join(bytes([c]) for c in self.word))
        self.pattern = re.compile(b'|'.join(map(re.escape, forms)), re.I)

    def in_bytes(self, data):
        return self.pattern.search(data) is not None

    def below(self, *folders):
        """The files below these folders that hold it (names included)."""
        found = []
        for top in folders:
            for folder, _, files in os.walk(top):
                for name in files:
                    path = os.path.join(folder, name)
                    if self.in_bytes(os.fsencode(path)) or self._in_file(path):
                        found.append(path)
        return found

    def _in_file(self, path):
        if not os.path.isfile(path) or os.path.islink(path):
            return False
        try:
            with open(path, 'rb') as file:
                rest = b''
                while True:
                    data = file.read(1 << 22)
                    if not data:
                        return False
                    if self.in_bytes(rest + data):
                        return True
                    rest = data[-400:]
        except FileNotFoundError:
            return False

    def traced(self, path):
        """Yields (call, target) for each system call of a strace file that
        shows the word; target is the path or socket written to."""
        with open(path, 'rb') as file:
            for line in file:
                if not self.in_bytes(line):
                    continue
                call = re.match(rb'\d+ +(\w+)\((?:\d+<((?:[^>\\]|\\.)*?)>[(,])?', line)
                if call is None:            # "<... resumed>" has no arguments
                    continue
                yield call.group(1).decode(), (call.group(2) or b'?').decode('utf-8', 'replace')

    def body(self, size):
        """size bytes of text in lines, that hold the word every 500 bytes."""
        block = self.word + b' and more\r\n' + b'The quick brown fox jumps over it.\r\n' * 12
        text = (block * (size // len(block) + 1))[:size - 2]
        return text.rstrip(b'\r\n').ljust(size - 2, b'.') + b'\r\n'

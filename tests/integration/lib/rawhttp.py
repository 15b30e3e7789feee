# SPDX-License-Identifier: MIT
"""HTTP by hand, for requests that no client would send."""

import re
import socket

from .portal import Answer


def request(method, target, *fields, body=b'', version='HTTP/1.1', host='localhost'):
    """The bytes of a request. fields: whole lines, as text or bytes; Host and
    Content-Length come by themselves where host and body are given."""
    lines = ['%s %s %s' % (method, target, version)]
    if host is not None:
        lines.append('Host: ' + host)
    if body:
        lines.append('Content-Length: %d' % len(body))
    data = b''.join(binary(line) + b'\r\n' for line in lines + list(fields))
    return data + b'\r\n' + body


def binary(text):
    return text if isinstance(text, bytes) else text.encode('latin-1')


class Raw:
    """A connection. tls: an SSL context, or None. source: the address to come
    from."""

    def __init__(self, address, port, tls=None, source=None, timeout=30, name='localhost'):
        self.sock = socket.create_connection(
            (address, port), timeout, source_address=(source, 0) if source else None)
        self.sock.settimeout(timeout)
        if tls is not None:
            self.sock = tls.wrap_socket(self.sock, server_hostname=name)
        self.rest = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        """What cannot be sent any more is left out: the server may have answered and
        closed."""
        try:
            self.sock.sendall(data)
        except TimeoutError:
            raise
        except OSError:
            pass
        return self

    def _more(self):
        """False: the server has closed the connection. Timeouts are errors."""
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            return False
        except OSError as error:
            if 'EOF' in str(error):         # TLS without its goodbye
                return False
            raise
        self.rest += data
        return data != b''

    def _until(self, holds):
        while not holds():
            if not self._more():
                return False
        return True

    def answer(self, method='GET'):
        """The next answer, None where the connection was closed without one.
        method: HEAD is answered without a body."""
        if not self._until(lambda: b'\r\n\r\n' in self.rest):
            assert self.rest == b'', 'half an answer: %r' % self.rest
            return None
        head, self.rest = self.rest.split(b'\r\n\r\n', 1)
        lines = head.decode('latin-1').split('\r\n')
        match = re.fullmatch(r'HTTP/1\.1 (\d{3}) .*', lines[0])
        assert match, 'not a status line: %r' % lines[0]
        answer = Answer(int(match.group(1)), [line.split(': ', 1) for line in lines[1:]], b'')
        size = 0 if method == 'HEAD' else int(answer.header('Content-Length') or 0)
        assert self._until(lambda: len(self.rest) >= size), 'half a body: %r' % self.rest
        answer.body, self.rest = self.rest[:size], self.rest[size:]
        return answer

    def closed(self):
        """Waits until the server closes; asserts that it says nothing more."""
        while self._more():
            pass
        assert self.rest == b'', 'one more answer: %r' % self.rest


def ask(box, data, tls=True, **kwargs):
    """One connection, these bytes, one answer (or None)."""
    with Raw(box.address, box.https_port if tls else box.proxied_port,
             box.tls() if tls else None, **kwargs) as raw:
        return raw.send(data).answer(data.split(b' ')[0].decode('latin-1'))

# SPDX-License-Identifier: MIT
"""A server between seal-enrol and the portal that may say anything.

    with FalsePortal(box, certificate, key) as false:
        false.rules['POST', 'issue'] = lambda ask: Say(200, 'text/html', b'<p>Hello')

A rule is found by the method and the last part of the path. It gets an Ask, whose
forward() brings the true answer; what has no rule is forwarded.
"""

import http.client
import http.server
import json
import ssl
import threading
import time


class Say:
    """An answer. length: what Content-Length says, where that is not the truth.
    pause: seconds between its bytes."""

    def __init__(self, status, kind, body, length=None, pause=0, **fields):
        self.status, self.kind, self.pause = status, kind, pause
        self.body = body.encode() if isinstance(body, str) else body
        self.length = len(self.body) if length is None else length
        self.fields = fields


def say_json(status, value):
    return Say(status, 'application/json', json.dumps(value))


def failure(status, code, text):
    return say_json(status, {'error': {'code': code, 'text': text}})


class Ask:
    """What came: method, path, headers, body."""

    def __init__(self, box, method, path, headers, body):
        self.box, self.method, self.path = box, method, path
        self.headers, self.body = headers, body

    def forward(self, body=None):
        """The portal's answer to it, or to the same with another body."""
        body = self.body if body is None else body
        conn = http.client.HTTPSConnection(self.box.address, self.box.https_port, timeout=60,
                                           context=self.box.tls())
        fields = {name: value for name, value in self.headers.items()
                  if name.lower() in ('authorization', 'content-type')}
        if self.method == 'POST':
            fields['Content-Length'] = str(len(body))
        conn.request(self.method, self.path, body or None, fields)
        answer = conn.getresponse()
        said = Say(answer.status, answer.getheader('Content-Type') or 'text/plain', answer.read())
        conn.close()
        return said

    def changed(self, **members):
        """The portal's JSON with other members."""
        said = self.forward()
        return say_json(said.status, dict(json.loads(said.body), **members))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def setup(self):
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def answer(self):
        length = int(self.headers.get('Content-Length') or 0)
        ask = Ask(self.server.box, self.command, self.path, self.headers, self.rfile.read(length))
        self.server.asked.append(ask)
        rule = self.server.rules.get((self.command, self.path.rsplit('/', 1)[-1]))
        said = rule(ask) if rule else ask.forward()
        if said is None:                # nothing at all
            self.close_connection = True
            return
        self.send_response(said.status)
        self.send_header('Content-Type', said.kind)
        self.send_header('Content-Length', str(said.length))
        for name, value in said.fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.send(said)
        self.close_connection = said.length != len(said.body)

    def send(self, said):
        if not said.pause:
            self.wfile.write(said.body)
            return
        for byte in said.body:
            self.wfile.write(bytes([byte]))
            time.sleep(said.pause)

    do_GET = do_POST = do_DELETE = answer       # pylint: disable=invalid-name

    def log_message(self, format, *args):       # pylint: disable=redefined-builtin
        pass


class FalsePortal(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, box, cert, key):
        super().__init__((box.address, 0), Handler)
        self.box, self.rules, self.asked = box, {}, []
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(cert, key)
        self.url = 'https://%s:%d' % (box.address, self.server_address[1])

    def handle_error(self, request, client_address):
        """Who refuses to talk to it, or goes in the middle, is what is tested."""

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

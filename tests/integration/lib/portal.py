# SPDX-License-Identifier: MIT
"""A private Dovecot with the portal, and a client of its API.

    with Portal(tap) as box:
        anna = box.user('anna')
        box.start()
        api = box.api(anna)
        api.sign_in()
        device = box.enrolled(api)
"""

import base64
import http.client
import json
import os
import re
import secrets
import shutil
import ssl

from . import built, conf
from .dovecot import Instance, group_name, user_name
from .enrol import Device

PROGRAM = 'mail-seal-portal'
PEM = 'application/x-pem-file'
NONCE = 'AAECAwQFBgcICQoLDA0ODw'
CODE = re.compile(rb'^Code: (\S+)\r?$', re.M)

# imap-login has a limit of its own; the listener for proxies is as the one for
# TLS, but for who takes the TLS off
SERVICE = '''
!include %(conf)s
service mail-seal-portal {
  executable = %(program)s
  user = %(user)s
  group = %(group)s
  inet_listener https {
    %(listen)s = %(address)s
    port = %(https)d
  }
  inet_listener proxied {
    %(listen)s = %(address)s
    port = %(proxied)d
    haproxy = yes
  }
}
service mail-seal {
  unix_listener mail-seal-portal {
    user = %(user)s
  }
}
service auth {
  unix_listener auth-client {
    group = %(group)s
  }
}
haproxy_trusted_networks = 127.0.0.0/8
ssl = yes
'''
TLS = {'v23': 'ssl_cert = <%(cert)s\nssl_key = <%(key)s\n',
       'v24': 'ssl_server_cert_file = %(cert)s\nssl_server_key_file = %(key)s\n'}


class Portal(Instance):
    """hosts: what the portal is called besides localhost and its address."""

    def __init__(self, tap=None, hosts='', settings='', **kwargs):
        built.need(PROGRAM)
        super().__init__(tap, **kwargs)
        self.https_port = 11443 + 2 * Instance.counter
        self.proxied_port = self.https_port + 1
        self.cert, self.cert_key = self.path('portal.pem'), self.path('portal.key')
        self.plugin_settings.setdefault(
            'mail_seal_portal_host', ' '.join(['localhost', self.address] + hosts.split()))
        names = {'program': self.path('bin', PROGRAM), 'address': self.address,
                 'listen': conf.either(v23='address', v24='listen'),
                 'conf': built.portal_conf(),
                 'user': user_name() if self.unprivileged else 'dovenull',
                 'group': group_name() if self.unprivileged else 'dovenull',
                 'https': self.https_port, 'proxied': self.proxied_port,
                 'cert': self.cert, 'key': self.cert_key}
        self.settings = (SERVICE + conf.either(**TLS)) % names + settings
        self.devices = 0

    @property
    def url(self):
        return 'https://%s:%d' % (self.address, self.https_port)

    def prepare(self):
        super().prepare()
        shutil.copy(built.need(PROGRAM), self.path('bin', PROGRAM))
        if not os.path.exists(self.cert):
            built.must('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                       'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=portal',
                       '-addext', 'subjectAltName=DNS:localhost,IP:' + self.address,
                       '-keyout', self.cert_key, '-out', self.cert)

    def tls(self):
        context = ssl.create_default_context(cafile=self.cert)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def api(self, user=None, **kwargs):
        return Api(self.address, self.https_port, self.tls(), user, **kwargs)

    def portals(self):
        """The pids of the service, which has one process."""
        return self.children(PROGRAM[:15])      # as long as a process's name may be

    # -- the ceremony -----------------------------------------------------

    def device(self, api, asked, **kwargs):
        """The user's half: chain and request for what create answered."""
        self.devices += 1
        return Device(self.path('device%d' % self.devices), asked['request'],
                      api.addresses, **kwargs)

    def created(self, api, **wish):
        """Pending; the device has made its own."""
        return self.device(api, api.create(**wish).must(201).json)

    def ready(self, api, **wish):
        device = self.created(api, **wish)
        answer = api.issue(device.profile, both(device)).must(200)
        return device.issued(answer.body.decode())

    def code(self, api, device, opener=None):
        """Has the code mailed, opens the mail and reads it."""
        api.prove(device.profile).must(200)
        return self.newest_code(api.user, opener or device)

    def newest_code(self, user, device):
        # notices of what was done before may come behind it
        for mail in reversed(self.messages(user)):
            code = read_code(mail, device)
            if code:
                return code
        raise AssertionError('no code in the mails of ' + user)

    def enrolled(self, api, opener=None, **wish):
        """All of it: an active profile. opener: the device of the active one."""
        device = self.ready(api, **wish)
        api.activate(device.profile, self.code(api, device, opener)).must(204)
        return device


def read(path):
    with open(path, encoding='ascii') as file:
        return file.read()


def both(device):
    """What issue takes."""
    return read(device.chain) + read(device.request)


def opened(mail, device):
    """A mail sealed to the device's certificate, by openssl."""
    return built.must('openssl', 'cms', '-decrypt', '-recip', device.cert, '-inkey', device.key,
                      '-binary', data=mail)


def read_code(mail, device):
    """None where there is none, or the mail is sealed to somebody else."""
    try:
        match = CODE.search(opened(mail, device)) if b'pkcs7-mime' in mail else None
    except AssertionError:
        return None
    return match.group(1).decode() if match else None


class Answer:
    """status, headers (names in lower case, a list of values each), body."""

    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = {}
        for name, value in headers:
            self.headers.setdefault(name.lower(), []).append(value)

    def header(self, name):
        """Its value; None where there is none; an AssertionError for two."""
        values = self.headers.get(name.lower(), [])
        assert len(values) <= 1, '%s: %r' % (name, values)
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body.decode('utf-8'))

    @property
    def code(self):
        """The error's code, None where it is no error that is described."""
        try:
            return self.json['error']['code']
        except (ValueError, KeyError, TypeError):
            return None

    def must(self, status, code=None):
        if self.status != status or (code is not None and self.code != code):
            raise AssertionError('wanted %s %s, not %r' % (status, code or '', self))
        return self

    def __repr__(self):
        return '<%d %r>' % (self.status, self.body[:300])


class Api:
    """Calls the API over one connection, which is made anew where it was closed.
    judge: is called with method, path and answer of each call."""

    def __init__(self, address, port, tls, user=None, password='secret', judge=None,
                 host=None, source=None):
        self.address, self.port, self.tls = address, port, tls
        self.user, self.password, self.judge = user, password, judge
        self.host, self.source = host, source
        self.token, self.addresses, self.conn = None, [user], None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.conn is not None:
            self.conn.close()
            self.conn = None

    def connect(self):
        source = (self.source, 0) if self.source else None
        if self.tls is None:
            return http.client.HTTPConnection(self.address, self.port, timeout=30,
                                              source_address=source)
        return http.client.HTTPSConnection(self.address, self.port, timeout=30,
                                           context=self.tls, source_address=source)

    def call(self, method, path, body=None, kind='application/json', auth='bearer', headers=()):
        """auth: bearer, basic or None. headers: a dict of more. A value of None leaves
        out what would be sent."""
        fields = {'Content-Length': str(len(body or b''))} if method == 'POST' or body else {}
        if body:
            fields['Content-Type'] = kind
        if self.host:
            fields['Host'] = self.host
        if auth == 'bearer' and self.token:
            fields['Authorization'] = 'Bearer ' + self.token
        elif auth == 'basic':
            fields['Authorization'] = basic(self.user, self.password)
        fields.update(headers)
        return self._send(method, path, body, {name: value for name, value in fields.items()
                                               if value is not None})

    def _send(self, method, path, body, fields):
        for attempt in (1, 2):
            fresh = self.conn is None
            self.conn = self.conn or self.connect()
            try:
                self.conn.putrequest(method, path, skip_host='Host' in fields,
                                     skip_accept_encoding=True)
                for name, value in fields.items():
                    self.conn.putheader(name, value)
                self.conn.endheaders(body or None)
                response = self.conn.getresponse()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError,
                    ssl.SSLEOFError):
                # closed meanwhile, as a server may
                self.close()
                if fresh or attempt == 2:
                    raise
            except OSError:
                self.close()
                raise
        answer = Answer(response.status, response.getheaders(), response.read())
        if response.will_close:
            self.close()
        if self.judge is not None:
            self.judge(method, path, answer)
        return answer

    def _json(self, path, value, **kwargs):
        return self.call('POST', path, json.dumps(value).encode(), **kwargs)

    # -- the calls --------------------------------------------------------

    def session(self):
        return self.call('POST', '/api/v1/session', auth='basic')

    def sign_in(self):
        answer = self.session().must(200).json
        self.token, self.addresses = answer['token'], answer['addresses']
        return self

    def sign_out(self):
        return self.call('DELETE', '/api/v1/session')

    def profiles(self):
        return self.call('GET', '/api/v1/profiles')

    def states(self):
        """{id: state}"""
        return {profile['id']: profile['state']
                for profile in self.profiles().must(200).json['profiles']}

    def create(self, **wish):
        return self._json('/api/v1/profiles', dict(wish, nonce=secrets.token_urlsafe(16)))

    def issue(self, name, pem):
        return self.call('POST', profile(name, 'issue'), pem.encode(), PEM)

    def prove(self, name):
        return self.call('POST', profile(name, 'prove'))

    def activate(self, name, code, password=None):
        return self._json(profile(name, 'activate'),
                          {'code': code, 'password': password or self.password})

    def deactivate(self, name):
        return self.call('POST', profile(name, 'deactivate'))

    def delete(self, name):
        return self.call('DELETE', profile(name))

    def certificate(self, name, which, form='pem'):
        return self.call('GET', profile(name, '%s.%s' % (which, form)))

    def kill_switch(self, value):
        return self._json('/api/v1/kill-switch', {'kill_switch': value})

    def est_cacerts(self, name):
        return self.call('GET', '/.well-known/est/%s/cacerts' % name, auth='basic')

    def est_enroll(self, name, der):
        return self.call('POST', '/.well-known/est/%s/simpleenroll' % name,
                         base64.encodebytes(der), 'application/pkcs10', auth='basic')


def profile(name, *more):
    return '/'.join(('/api/v1/profiles', name) + more)


def basic(user, password):
    return 'Basic ' + base64.b64encode(('%s:%s' % (user, password)).encode()).decode()

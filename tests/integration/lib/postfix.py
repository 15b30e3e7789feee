# SPDX-License-Identifier: MIT
"""A private Postfix on loopback: its own configuration, queue and log. Users sign in by
the auth of an Instance, mail goes to a Sink.

It has two submission services that differ in the milter alone: port and plain_port.
"""

import base64
import os
import pwd
import smtplib
import subprocess
import tempfile

from . import built, procs
from .tap import Skip

MAIN = '''
compatibility_level = 3.6
queue_directory = {self.queue}
data_directory = {self.data}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
relayhost = [{relay[0]}]:{relay[1]}
smtp_dns_support_level = disabled
smtp_bind_address = 127.0.0.1
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_sasl_auth_enable = yes
smtpd_tls_security_level = none
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_peername_lookup = no
message_size_limit = 200000000
maillog_file = {self.log_path}
maillog_file_prefixes = {self.root}
'''

MASTER = '''
{self.address}:{self.plain_port} inet n - n - - smtpd
{self.address}:{self.port} inet n - n - - smtpd
{options}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
'''

AUTH = '''
service auth {
  unix_listener %s {
    mode = 0666
  }
}
'''


def needed():
    """The program; a Skip that names what is missing."""
    program = built.program('postfix', '/usr/sbin')
    if os.geteuid() != 0:
        raise Skip('Postfix is started by root only')
    try:
        pwd.getpwnam('postfix')
    except KeyError:
        raise Skip('there is no user postfix') from None
    return program


class Postfix:
    """address: a loopback address of its own; auth: the path of Dovecot's auth
    socket (see AUTH); relay: (host, port); options: the -o lines of master.cf that
    are tested."""

    def __init__(self, address, auth, relay, options, tap=None):
        self.program = needed()
        self.address, self.port, self.plain_port = address, 15870, 15871
        self.holder = tempfile.TemporaryDirectory(prefix='ms.postfix.', dir='/tmp')
        self.root = self.holder.name
        os.chmod(self.root, 0o755)
        self.conf, self.queue, self.data = [os.path.join(self.root, name)
                                            for name in ('conf', 'queue', 'data')]
        self.log_path = os.path.join(self.root, 'log')
        for folder in (self.conf, self.queue, self.data):
            os.mkdir(folder, 0o755)
        os.chown(self.data, pwd.getpwnam('postfix').pw_uid, -1)
        for name, text in (('main.cf', MAIN), ('master.cf', MASTER)):
            with open(os.path.join(self.conf, name), 'w', encoding='ascii') as file:
                file.write(text.format(self=self, auth=auth, relay=relay, options=options))
        self.process, self.tap = None, tap

    def __enter__(self):
        with open(os.path.join(self.root, 'out'), 'wb') as out:
            self.process = subprocess.Popen([self.program, '-c', self.conf, 'start-fg'],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        if self.tap is not None:
            self.tap.on_failure.append(self.log_tail)
        try:
            procs.wait_for(self._ready, 'Postfix is up')
        except AssertionError:
            self.__exit__()
            raise
        return self

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError('Postfix did not start: ' + self.log_tail())
        return 'daemon started' in self.log()

    def __exit__(self, *_):
        left = procs.descendants(self.process.pid)
        try:
            built.run(self.program, '-c', self.conf, 'stop')
            self.process.wait(30)
            procs.wait_for(lambda: not any(map(procs.alive, left)),
                           'no process of Postfix is left', 10)
        finally:
            for pid in left:
                procs.kill(pid)
            self.holder.cleanup()
            if self.tap is not None:
                self.tap.on_failure.remove(self.log_tail)

    def log(self):
        try:
            with open(self.log_path, encoding='utf-8', errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def log_tail(self):
        with open(os.path.join(self.root, 'out'), encoding='utf-8', errors='replace') as file:
            text = file.read() + self.log()
        return '\n'.join('postfix: ' + line for line in text.splitlines()[-12:])

    def submit(self, message, user, to, plain=False):
        """One submission in a connection of its own; (code, text) of the answer to
        the message, or to the first command that is not accepted. plain: where there
        is no milter."""
        with smtplib.SMTP(self.address, self.plain_port if plain else self.port,
                          timeout=60) as client:
            client.ehlo('client.example.org')
            word = base64.b64encode(b'\0%s\0secret' % (user or '').encode()).decode()
            steps = [lambda: client.docmd('AUTH', 'PLAIN ' + word)] if user else []
            steps.append(lambda: client.mail(user or 'somebody@example.org'))
            steps += [lambda address=address: client.rcpt(address) for address in to]
            for step in steps:
                code, text = step()
                if code // 100 != 2:
                    break
            else:
                code, text = client.data(message)
            return code, text.decode('utf-8', 'replace')

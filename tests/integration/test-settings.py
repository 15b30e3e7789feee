#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The plugin's settings: what Dovecot shows of them, and that none is accepted
that is misspelt or has a value that it cannot have. Dovecot 2.4 refuses to start
with such a one; 2.3, which does not know what plugins' settings mean, starts, and
mail is deferred."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, conf, messages, opened, procs
from lib.certs import Certs
from lib.dovecot import Instance
from lib.tap import Tap, same

USER = 'alice@example.org'
BAD = {'mail_seal': 'maybe', 'mail_seal_when': 'never', 'mail_seal_without_profile': 'bounce',
       'mail_seal_expired': 'yes', 'mail_seal_cipher': 'rot13', 'mail_seal_sign': 'perhaps',
       'mail_seal_replies': 'some', 'mail_seal_unsigned_replies': 'defer',
       'mail_seal_encrypted': 'twice',
       # misspelt
       'mail_seal_wen': 'always', 'mail_seal_sockets': 'mail-seal'}
# none of them is the default
OTHER = {'mail_seal': 'no', 'mail_seal_socket_path': 'elsewhere', 'mail_seal_when': 'always',
         'mail_seal_without_profile': 'defer', 'mail_seal_expired': 'reject',
         'mail_seal_cipher': 'aes128-cbc', 'mail_seal_sign': 'no',
         'mail_seal_authserv_id': 'mx.example.net', 'mail_seal_replies': 'yes',
         'mail_seal_unsigned_replies': 'reject', 'mail_seal_encrypted': 'mine',
         'mail_seal_portal_host': 'mail.example.org'}


def doveconf(box, *options):
    done = built.run(*box.inside([built.program('doveconf'), '-c', box.conf, *options]))
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def shown(text):
    """The plugin's settings (and not "mail_seal = yes" in mail_plugins)."""
    return dict(re.findall(conf.either(v23=r'(?m)^  (mail_seal\w*) = (.*)$',
                                       v24=r'(?m)^(mail_seal\w*) = (.*)$'), text))


def shows_all(tap):
    """What is set is shown, wherever it is set."""
    with Instance(tap, plugin_settings=OTHER) as box:
        box.prepare()
        code, text, errors = doveconf(box, '-n')
        same((code, errors), (0, ''), 'doveconf -n')
        same(shown(text), OTHER, 'settings')


def shows_defaults(tap):
    """The defaults are those that conf.d tells, where Dovecot knows them."""
    with Instance(tap) as box:
        box.prepare()
        code, text, errors = doveconf(box, '-a')
        same((code, errors), (0, ''), 'doveconf -a')
        told = {}
        for path in (built.conf(), built.portal_conf()):
            with open(path, encoding='utf-8') as file:
                told.update(re.findall(r'(?m)^\s*#(mail_seal\w*) = (.*)$', file.read()))
        same(sorted(told), sorted(conf.SETTINGS), 'settings in conf.d')
        # these stand for the host's name
        told['mail_seal_authserv_id'] = told['mail_seal_portal_host'] = ''
        same(shown(text), told if box.syntax is not conf.conf23 else {}, 'defaults')


def refused(tap, name, value):
    """By whatever reads the configuration, and it says which setting it is."""
    with Instance(tap, plugin_settings={name: value}) as box:
        box.prepare()
        doveadm = [built.program('doveadm'), '-c', box.conf, 'seal', 'profile', 'list']
        for args in ([built.program('doveconf'), '-c', box.conf, '-n'], doveadm,
                     [built.program('dovecot'), '-F', '-c', box.conf]):
            done = built.run(*box.inside(args))
            assert done.returncode != 0, '%s accepts it' % args[0]
            assert re.search(r'Fatal: .*\b%s\b' % name, done.stderr.decode()), done.stderr


def deferred(tap, name, value):
    with Instance(tap, plugin_settings={name: value}) as box:
        box.user('alice')
        box.start()
        same(box.deliver('alice', messages.text('bad'))[0].code, 451, 'reply')
        same(box.maildir('alice'), [], 'stored')
        line, = procs.wait_for(lambda: re.findall(r'.*mail_seal: .*', box.log()), 'a log line')
        assert re.search(r'\b%s\b' % name, line), line


ELSEWHERE = '''service mail-seal {
  unix_listener other-seal {
    mode = 0666
  }
  unix_listener other-seal-sign {
    mode = 0666
  }
  unix_listener other-seal-admin {
    mode = 0600
  }
}
'''


def honoured(tap, certs):
    """One configuration file for deliveries and doveadm -c: seald is elsewhere for
    both. A user's own setting goes before it."""
    with Instance(tap, settings=ELSEWHERE, plugin_settings={
            'mail_seal_socket_path': 'other-seal', 'mail_seal_without_profile': 'reject',
            'mail_seal_cipher': 'aes128-cbc'}) as box:
        box.user('alice')
        box.user('own', mail_seal_cipher='aes256-gcm', mail_seal_when='always')
        box.user('none', mail_seal_without_profile='deliver')
        box.user('nobody')
        box.start()
        for name in ('mail-seal', 'mail-seal-admin'):
            os.unlink(os.path.join(box.base, name))
        cert, path = certs.make('settings', 'p256'), box.path('cert.pem')
        with open(path, 'wb') as file:
            file.write(cert.pem)
        for user in ('alice', 'own'):
            name = box.must('seal', 'profile', 'import', user + '@example.org', path).strip()
            box.must('seal', 'profile', 'activate', user + '@example.org', name)
        data = messages.text('settings')
        same([reply.code for reply in box.deliver(['alice', 'own', 'none', 'nobody'], data)],
             [250, 250, 250, 550], 'replies')
        for user, cipher in (('alice', 'aes128-cbc'), ('own', 'aes256-gcm')):
            opened.check(*box.messages(user + '@example.org'), data, cert, cipher=cipher)
        opened.check_plain(*box.messages('none@example.org'), data)
        with box.imap('own@example.org') as imap:
            imap.appended('INBOX', data)
            opened.check(imap.messages()[-1], data, cert, cipher='aes256-gcm')


def main(tap):
    tap.case('doveconf -n shows what is set', shows_all, tap)
    tap.case('doveconf -a shows the defaults', shows_defaults, tap)
    for name, value in BAD.items():
        if built.series() == '2.3':
            tap.case('deferred: %s = %s' % (name, value), deferred, tap, name, value)
        else:
            tap.case('refused: %s = %s' % (name, value), refused, tap, name, value)
    with Certs() as certs:
        tap.case('global, and a user\'s own', honoured, tap, certs)


if __name__ == '__main__':
    Tap().run(main)

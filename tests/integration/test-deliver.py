#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What arrives is stored sealed, whatever the way in, the store and the Sieve
script; and it opens with the owner's key to exactly what was sent."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import conf, gpgsm, messages, opened, procs
from lib.certs import Certs
from lib.dovecot import Instance
from lib.lmtp import as_sent
from lib.sink import Sink
from lib.tap import Tap, same

FORMATS = ('maildir', 'sdbox', 'mdbox')
REQUIRE = 'require ["fileinto", "copy", "vacation", "mailbox"];\n'

# name: (script, {mailbox: stored}, mails that leave)
SCRIPTS = {
    'none': (None, {'INBOX': 1}, 0),
    'keep': ('keep;', {'INBOX': 1}, 0),
    'two': ('fileinto :create "one"; fileinto :create "two";', {'one': 1, 'two': 1}, 0),
    'redirect': ('redirect "out@remote.example";', {}, 1),
    'vacation': ('vacation :days 1 :addresses ["alice@example.org"] "Away";', {'INBOX': 1}, 1),
    'discard': ('discard;', {}, 0),
    'copy': ('fileinto :copy :create "one"; redirect :copy "out@remote.example";',
             {'INBOX': 1, 'one': 1}, 1),
}


class Suite:
    def __init__(self, tap, box, sink, certs):
        self.tap, self.box, self.sink = tap, box, sink
        self.certs = {'maildir': [certs.make('owner')],
                      'sdbox': [certs.make('owner', 'p256')],
                      'mdbox': [certs.make('owner'), certs.make('second', 'p384')]}
        self.profiles, self.seen = {}, {}

    def users(self):
        for kind in FORMATS:
            for name, (script, _, _) in SCRIPTS.items():
                self.box.user('%s-%s' % (kind, name), kind,
                              script and REQUIRE + script)

    def enrol(self):
        for kind in FORMATS:
            for name in SCRIPTS:
                user = '%s-%s@example.org' % (kind, name)
                self.profiles[user] = self.box.enrol(user, *self.certs[kind])

    def deliver(self, kind, script, way):
        """One message one way; what it left behind is as the script wants."""
        user = '%s-%s@example.org' % (kind, script)
        name = '%s-%s-%s' % (kind, script, way.__name__)
        body = messages.TEXT * (4000 if way is by_lmtp and script in ('none', 'two') else 1)
        data = messages.text(name, body)
        self.sink.taken()
        way(self.box, user, data, 'sender-%s@remote.example' % name)
        _, wanted, leaving = SCRIPTS[script]
        stored = self.new_messages(user)
        same({box: len(mails) for box, mails in stored.items() if mails}, wanted, 'stored')
        for mails in stored.values():
            for mail in mails:
                for cert in self.certs[kind]:
                    sealed = opened.check(mail, as_sent(data), cert,
                                          profile=self.profiles[user], as_mail=True)
                same(sealed.recipients(), len(self.certs[kind]), 'recipients')
        if leaving:
            procs.wait_for(lambda: len(self.sink.mails) >= leaving, 'a mail leaves')
            sent = self.sink.taken()[0][2]
            same(b'A line of text.' in sent, script != 'vacation', 'what leaves is readable')

    def new_messages(self, user):
        """{mailbox: messages that were not there the last time}"""
        found = {}
        with self.box.imap(user) as imap:
            for mailbox in imap.mailboxes():
                mails = imap.messages(mailbox)
                found[mailbox] = mails[self.seen.get((user, mailbox), 0):]
                self.seen[user, mailbox] = len(mails)
        return found


def by_lmtp(box, user, data, sender):
    box.accepted(user, data, sender=sender)


def by_lda(box, user, data, sender):
    """As an MTA's pipe does it: LF line ends."""
    done = box.lda(user, data.replace(b'\r\n', b'\n'), sender=sender)
    same((done.returncode, done.stderr), (0, b''), 'dovecot-lda')


def by_lda_file(box, user, data, sender):
    path = box.path('file.eml')
    with open(path, 'wb') as file:
        file.write(data.replace(b'\r\n', b'\n'))
    os.chmod(path, 0o666)
    os.chmod(box.root, 0o777)
    done = box.lda(user, path=path, sender=sender)
    same((done.returncode, done.stderr), (0, b''), 'dovecot-lda -p')
    same(os.stat(path).st_nlink, 1, 'links to the file that was delivered')


def by_doveadm(box, user, data, sender):
    box.must('save', '-u', user, '-m', 'INBOX', data=data)


def ciphers_and_keys(tap, box, certs):
    """Each cipher to each kind of recipient, in one transaction."""
    users = []
    for cipher in ('aes256-cbc', 'aes128-cbc', 'aes256-gcm', 'aes128-gcm'):
        for kind, options in (('rsa', {}), ('rsa', {'key_transport': 'oaep'}), ('p256', {}),
                              ('p384', {}), ('p521', {})):
            name = 'c-%s-%s%s' % (cipher, kind, '-oaep' if options else '')
            users.append((name, cipher, certs.make('kinds', kind), options))
            box.user(name, 'sdbox', mail_seal_cipher=cipher)
    own = certs.make('own')
    box.user('own-cipher', mail_seal_cipher='aes256-gcm')
    box.start()
    ids = {name: box.enrol(name + '@example.org', cert, **options)
           for name, _, cert, options in users}
    ids['own-cipher'] = box.enrol('own-cipher@example.org', own, cipher='aes128-cbc')
    users.append(('own-cipher', 'aes128-cbc', own, {}))
    data = messages.text('ciphers')
    box.accepted([name for name, _, _, _ in users], data)
    for name, cipher, cert, _ in users:
        tap.case(name, lambda: opened.check(*box.messages(name + '@example.org'), data, cert,
                                            profile=ids[name], cipher=cipher))


# -- owners of shared namespaces -----------------------------------------

FILE_AWAY = '''require ["fileinto", "mailbox"];
fileinto "shared/bob@example.org/Box"; fileinto "public/Board"; fileinto "INBOX";
'''


def shared(tap, certs):
    """What Sieve files into another user's mailbox is sealed to that user; a
    public mailbox has no owner to seal to."""
    with Instance(tap, sieve=True) as box:
        box.settings = box.syntax.shared('user') + \
            box.syntax.public('public', 'maildir', box.path('home', 'public'))
        alice, bob = certs.make('alice', 'p256'), certs.make('bob', 'p256')
        box.user('alice', sieve=FILE_AWAY)
        box.user('bob')
        box.user('public')
        box.start()
        box.must('mailbox', 'create', '-u', 'bob@example.org', 'Box')
        box.must('mailbox', 'create', '-u', 'alice@example.org', 'public/Board')
        box.enrol('alice@example.org', alice)
        box.enrol('bob@example.org', bob)
        data = messages.text('shared')
        box.accepted('alice', data)
        opened.opens_with(*box.messages('alice@example.org'), alice, [bob], data)
        opened.opens_with(*box.messages('bob@example.org', 'Box'), bob, [alice], data)
        opened.check_plain(*box.messages('alice@example.org', 'public/Board'), data)


# -- together with others ------------------------------------------------

OTHERS = {'v23': '''
mail_attachment_min_size = 1k
plugin {
  zlib_save = gz
  mail_log_fields = uid box msgid size from subject
}
''', 'v24': '''
mail_ext_attachment_min_size = 1k
mail_ext_attachment {
  fs posix {
  }
}
mail_compress_write_method = gz
mail_log_fields = uid box msgid size from subject
'''}


def together(tap, certs):
    """Compressing plugins see ciphertext; so do sdbox's detached attachments."""
    compress = conf.either(v23='zlib', v24='mail_compress')
    apart = conf.either(v23='mail_attachment_dir', v24='mail_ext_attachment_path')
    with Instance(tap, sieve=True, settings=conf.either(**OTHERS)) as box:
        box.settings += box.syntax.plugins('lmtp', compress, 'notify', 'mail_log') + \
            box.syntax.plugins('imap', compress)
        cert, data = certs.make('together', 'p256'), \
            messages.with_attachment('together', os.urandom(100000))
        names = []
        for kind in FORMATS:
            names.append(kind)
            box.user(kind, kind)
        for name in ('apart', 'apart-plain'):
            box.user(name, 'sdbox', **{apart: box.path('home', name, 'files')})
        box.start()
        for name in names + ['apart']:
            box.enrol(name + '@example.org', cert)
        box.accepted(names + ['apart', 'apart-plain'], data)
        for name in names + ['apart']:
            opened.check(*box.messages(name + '@example.org'), data, cert)
        opened.check_plain(*box.messages('apart-plain@example.org'), data)
        assert any('/files/' in path for path in box.files('apart')), box.files('apart')


# -- the event -----------------------------------------------------------

METRIC = '''
metric sealing {
  filter = event=mail_seal_finished
  fields = bytes_in bytes_out
  %s
}
'''
GROUPS = {'v23': 'group_by = result cipher profile',
          'v24': 'group_by result {\n}\ngroup_by cipher {\n}\ngroup_by profile {\n}'}


def event(tap, certs):
    """mail_seal_finished feeds Dovecot's metrics."""
    with Instance(tap, settings=METRIC % conf.either(**GROUPS)) as box:
        box.user('alice')
        box.user('none')
        box.user('away', mail_seal_socket_path='nowhere')
        box.start()
        profile = box.enrol('alice@example.org', certs.make('event', 'p256'))
        data = messages.text('event')
        box.accepted(['alice', 'none'], data)
        box.accepted('alice', data)
        box.deliver('away', data)

        def rows():
            text = box.must('stats', 'dump').splitlines()
            names = text[0].split('\t')
            return {row['metric_name']: row for row in
                    (dict(zip(names, line.split('\t'))) for line in text[1:])}
        wanted = 'sealing_sealed_aes256-cbc_' + profile
        procs.wait_for(lambda: wanted in rows() and rows()[wanted]['count'] == '2' and
                       'sealing_deferred' in rows(), 'the metric', 10)
        found = rows()
        same(found['sealing_delivered']['count'], '1', 'delivered as it came')
        assert int(found[wanted]['sum']) > 0, found[wanted]


def main(tap):
    with Certs() as certs, Sink() as sink:
        with Instance(tap, sieve=True, settings='submission_host = ' + sink.host) as box:
            suite = Suite(tap, box, sink, certs)
            suite.users()
            box.start()
            suite.enrol()
            for kind in FORMATS:
                for script in SCRIPTS:
                    for way in (by_lmtp, by_lda, by_lda_file):
                        tap.case('%s, %s, %s' % (kind, script, way.__name__),
                                 suite.deliver, kind, script, way)
                tap.case('%s, none, doveadm save' % kind, suite.deliver, kind, 'none', by_doveadm)
            tap.case('gpgsm opens it too', by_gpgsm, suite, certs)
            tap.case('the log has no error', no_errors, box)
        with Instance(tap) as box:
            ciphers_and_keys(tap, box, certs)
        tap.case('shared and public namespaces', shared, tap, certs)
        tap.case('together with other plugins', together, tap, certs)
        tap.case('the event', event, tap, certs)


def by_gpgsm(suite, _certs):
    stored = suite.box.messages('maildir-none@example.org')[0]
    sealed = opened.Sealed(stored)
    same(gpgsm.decrypt(suite.certs['maildir'][0], sealed.der),
         sealed.open(suite.certs['maildir'][0]), 'gpgsm and openssl')


def no_errors(box):
    wrong = re.findall(r'.*(?:Error|Fatal|Panic|Warning):.*', box.log())
    same(wrong, [], 'errors in the log')


if __name__ == '__main__':
    Tap().run(main)

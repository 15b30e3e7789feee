#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The modules load with all symbols bound, in every program; the storage
plugin asks for nothing it must not have and shows nothing it need not; and the
configuration as shipped is one Dovecot runs with."""

import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, conf, messages, opened, procs, replies, submission
from lib.ceremony import Ceremonies
from lib.certs import Certs
from lib.dovecot import Instance
from lib.sink import Sink
from lib.submission import BOB
from lib.tap import Skip, Tap, same

NOW = {'LD_BIND_NOW': '1'}
FORBIDDEN = re.compile(r'^(X509|d2i_|i2d_X509|EVP_PKEY|CMS_|PEM_|PKCS7_|RSA_|EC_KEY|mdb_|'
                       r'EVP_Decrypt|EVP_Open)')
SANITIZER = re.compile(r'^_*(asan|ubsan|lsan|odr_asan|sancov)')
BAD = re.compile(r'.*(?:undefined symbol|symbol lookup error|Couldn.t load|dlopen|'
                 r'Error:|Fatal:|Panic:).*')


def symbols(path, *options):
    text = built.must(built.program('nm'), '-D', *options, path).decode()
    names = [line.split()[-1].split('@')[0] for line in text.splitlines()]
    return sorted(name for name in names if not SANITIZER.match(name))


def imports(name, pattern):
    bad = [s for s in symbols(built.need(name), '--undefined-only') if pattern.match(s)]
    same(bad, [], 'symbols that %s imports' % name)


def exports(name, wanted):
    names = [s for s in symbols(built.need(name), '--defined-only')
             if s not in ('_init', '_fini', '__bss_start', '_edata', '_end')]
    same(names, sorted(wanted), 'symbols that %s exports' % name)


def exported(name):
    return ['%s_%s' % (name, what) for what in ('init', 'deinit', 'version')]


def no_libcrypto(name):
    text = built.must(built.program('readelf'), '-dW', built.need(name)).decode()
    needed = re.findall(r'NEEDED.*\[(.*)\]', text)
    assert not [lib for lib in needed if 'crypto' in lib or 'ssl' in lib], needed


def no_text_relocations(name):
    text = built.must(built.program('readelf'), '-dW', built.need(name)).decode()
    assert 'TEXTREL' not in text, text
    assert 'NOW' in text, 'not linked with -z now'


def files(tap):
    tap.case('the storage plugin needs no libcrypto', no_libcrypto, built.STORAGE)
    tap.case('its engine has no certificate code, and cannot decrypt', imports, built.ENGINE,
             FORBIDDEN)
    tap.case('the engine exports two symbols', exports, built.ENGINE,
             ['mail_seal_engine', 'mail_seal_engine_version'])
    tap.case('the opener exports two symbols', exports, built.OPENER,
             ['mail_seal_opener', 'mail_seal_opener_version'])
    tap.case('the opener has no keys of anybody', imports, built.OPENER,
             re.compile(r'^(EVP_PKEY_derive|EVP_PKEY_decrypt|PEM_|RSA_|EC_KEY|mdb_)'))
    tap.case('the storage plugin exports three symbols', exports, built.STORAGE,
             exported('mail_seal_plugin'))
    tap.case('the doveadm plugin exports three symbols', exports, built.DOVEADM,
             exported('doveadm_mail_seal_plugin'))
    tap.case('the doveadm plugin has no certificate code', imports, built.DOVEADM,
             re.compile(r'^(X509|d2i_|EVP_PKEY|CMS_|mdb_)'))
    if built.SETTINGS in built.parts():
        tap.case('the settings module exports two symbols', exports, built.SETTINGS,
                 ['mail_seal_settings_set_infos', 'mail_seal_settings_version'])
    for name in built.parts():
        tap.case('hardened: ' + name, no_text_relocations, name)


def running(tap, certs):
    """Everything bound at load: lmtp, imap, dovecot-lda, doveadm."""
    with Instance(tap, sieve=True, quota=True, environment=NOW) as box:
        cert = certs.make('owner', 'p256')
        box.user('alice')
        box.start()
        tap.case('seald answers', lambda: box.enrol('alice@example.org', cert))
        tap.case('no libcrypto without mail', nothing_yet, box)
        tap.case('lmtp', in_lmtp, box)
        tap.case('imap', in_imap, box)
        tap.case('dovecot-lda', lambda: same(
            box.lda('alice@example.org', messages.text('lda')).returncode, 0, 'exit code'))
        tap.case('doveadm save', lambda: box.must(
            'save', '-u', 'alice@example.org', '-m', 'INBOX', data=messages.text('save')))
        tap.case('doveadm seal', in_doveadm, box)
        tap.case('all of it is sealed', lambda: same(
            [opened.Sealed(mail).type for mail in box.messages('alice@example.org')],
            ['enveloped-data'] * 3, 'stored'))
        tap.case('the log has nothing bad', clean_log, box)
    with Instance(tap) as box:
        box.user('alice')
        box.start()
        tap.case('without its engine', no_engine, box)


def in_lmtp(box):
    with box.lmtp() as client:
        same(client.send(['alice'], messages.text('lmtp'))[0].code, 250, 'reply')
        assert any(built.STORAGE in procs.maps(pid) for pid in box.children('lmtp'))


def nothing_yet(box):
    """Who saves no mail pays for no libcrypto: imap, and LMTP without a mail."""
    with box.imap('alice@example.org') as imap, box.lmtp() as client:
        imap.select()
        same(client.command('NOOP').code, 250, 'NOOP')
        # (lmtp loads libcrypto by itself, for its STARTTLS)
        for name, unwanted in (('imap', 'libcrypto'), ('lmtp', built.ENGINE)):
            maps = [procs.maps(pid) for pid in box.children(name)]
            assert maps, 'there is no %s process' % name
            same(len([1 for text in maps if unwanted in text]), 0, '%s with %s' % (name, unwanted))
        assert any(built.STORAGE in procs.maps(pid) for pid in box.children('imap'))


def no_engine(box):
    """An installation without it defers, before Sieve acts."""
    engine = box.path('modules', built.ENGINE)
    os.rename(engine, engine + '.gone')
    try:
        with box.lmtp() as client:
            same(client.send(['alice'], messages.text('no engine'))[0].code, 451, 'reply')
    finally:
        os.rename(engine + '.gone', engine)
    # another process writes the log
    procs.wait_for(lambda: 'Cannot load libmail_seal_engine.so' in box.log(), 'the log says why')


def in_imap(box):
    with box.imap('alice@example.org') as imap:
        imap.select()
        assert any(built.STORAGE in procs.maps(pid) for pid in box.children('imap'))


def in_doveadm(box):
    done = box.doveadm('-D', 'seal', 'profile', 'list', 'alice@example.org')
    same(done.returncode, 0, done.stderr.decode())
    bad = [line for line in done.stderr.splitlines() if b'undefined symbol' in line and
           built.DOVEADM.encode() in line]
    same(bad, [], 'what doveadm says')


def clean_log(box):
    same(BAD.findall(box.log()), [], 'lines')


# -- the configuration as shipped ----------------------------------------

ADMIN = '''{first}base_dir = {box.base}
state_dir = {box.state}
log_path = {box.log_path}
libexec_dir = {box.root}/libexec
protocols = imap lmtp
listen = {box.address}
ssl = no
{auth}
first_valid_uid = 1
service imap-login {{
  inet_listener imap {{
    port = {box.imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
!include {conf}
'''

FIRST = '''dovecot_config_version = %s
dovecot_storage_version = 2.4.0
'''
AUTH = {'v23': '''
disable_plaintext_auth = no
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = passwd-file
  args = {box.root}/users
}}
''', 'v24': '''
auth_allow_cleartext = yes
passdb static {{
  password = secret
}}
userdb passwd-file {{
  passwd_file_path = {box.root}/users
}}
'''}


def admin_conf(version):
    """No more than an administrator writes, and the shipped file."""
    return lambda box: ADMIN.format(
        box=box, conf=built.conf(), first=version and FIRST % version,
        auth=conf.either(**AUTH).format(box=box))


def private_libexec(box):
    """Dovecot's programs and seald in one folder, as they are once installed."""
    folder = box.path('libexec')
    os.mkdir(folder)
    source = built.dovecot_folder('libexec')
    for name in os.listdir(source):
        os.symlink(os.path.join(source, name), os.path.join(folder, name))
    shutil.copy(built.need(built.SEALD), os.path.join(folder, 'seald'))


def config_versions():
    """Defaults may differ between the oldest of 2.4 and today's."""
    if built.series() == '2.3':
        return ['']
    today = built.must(built.program('dovecot'), '--version').decode()
    return ['2.4.0', re.match(r'[0-9.]+', today).group()]


def as_shipped(tap, certs, version):
    if not os.path.exists(built.conf()):
        raise Skip('there is no %s' % built.conf())
    if os.geteuid() != 0:
        raise Skip('the configuration as shipped needs root')
    title = 'conf.d, %s: ' % version if version else 'conf.d: '
    with Sink() as sink, Instance(tap, conf_text=lambda box: admin_conf(version)(box) +
                                  submission.settings(box, sink.server_address)) as box:
        private_libexec(box)
        box.user('alice')
        box.user('always', mail_seal_when='always')
        box.user('writer', **replies.SETTINGS)
        box.start()
        tap.case(title + 'doveconf reads it', doveconf, box)
        cert = certs.make('shipped')
        tap.case(title + 'seald runs', lambda: box.enrol('alice@example.org', cert))
        tap.case(title + 'a message is sealed', delivered, box, cert)
        tap.case(title + 'imap may ask, too', saved, box, cert)
        tap.case(title + 'a reply is opened', answered, box, sink)
        tap.case(title + 'the log has nothing bad', clean_log, box)


def doveconf(box):
    done = built.run(*box.inside([built.program('doveconf'), '-c', box.conf, '-n']))
    same((done.returncode, done.stderr), (0, b''), 'doveconf')
    text = done.stdout.decode()
    for wanted in ('service mail-seal {', 'mail_temp_dir = ',
                   conf.either(v23='mail_plugins = ', v24='mail_plugins {')):
        assert wanted in text, 'doveconf shows no "%s"' % wanted
    temp = re.search(r'^mail_temp_dir = (.*)', text, re.M).group(1)
    same(built.must('stat', '-f', '-c', '%T', temp).decode().strip(), 'tmpfs', temp)


def delivered(box, cert):
    data = messages.text('shipped', messages.TEXT * 5000)
    box.accepted('alice', data)
    mail, = box.messages('alice@example.org')
    opened.check(mail, data, cert)


def saved(box, cert):
    box.enrol('always@example.org', cert)
    data = messages.text('saved')
    with box.imap('always@example.org') as imap:
        imap.appended('INBOX', data)
    mail, = box.messages('always@example.org')
    opened.check(mail, data, cert)


def answered(box, sink):
    with Ceremonies(box) as ceremonies:
        writer = ceremonies.issued('writer@example.org')
        certificate = replies.sender_certificate(box, writer, BOB)
        head = replies.header(writer.user, (BOB,))
        mail = replies.message(head, replies.envelope(replies.INNER, [certificate]))
        with submission.Client(box, writer.user) as client:
            same(client.send_mail((BOB,), mail)[0], 250, 'answer')
    (_, _, data), = sink.taken()
    assert data.endswith(replies.opened(head, replies.INNER)), data


def every_setting_is_shown():
    """conf.d names each setting."""
    text = ''
    for path in (built.conf(), built.portal_conf()):
        if not os.path.exists(path):
            raise Skip('there is no %s' % path)
        with open(path, encoding='utf-8') as file:
            text += file.read()
    for name in conf.SETTINGS:
        assert re.search(r'(?m)^\s*#?\s*%s = ' % name, text), name + ' is not shown'


def main(tap):
    for name in built.parts():
        built.need(name)
    files(tap)
    with Certs() as certs:
        running(tap, certs)
        tap.case('conf.d shows every setting', every_setting_is_shown)
        try:
            for version in config_versions():
                as_shipped(tap, certs, version)
        except Skip as reason:
            tap.skip('the configuration as shipped', reason)


if __name__ == '__main__':
    Tap().run(main)

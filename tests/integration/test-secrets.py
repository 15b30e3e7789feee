#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Where keys and passphrases are not: after a whole ceremony and deliveries, with
all debugging on, in no log, no output, no argument list, no environment, and no
file that anybody else can read; and seald leaves no core file."""

import os
import re
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, conf, messages, opened, procs, secrets, signed
from lib.ceremony import Ceremonies
from lib.dovecot import Instance
from lib.secrets import Secret
from lib.tap import Skip, Tap, same

SENDER = 'sender@remote.example'
USER = 'alice@example.org'
DEBUG = '''mail_debug = yes
%s
auth_verbose = yes
verbose_proctitle = yes
log_debug = category=mail-seal or category=service or category=storage%s
'''
OF_AUTH = {'v23': ('auth_debug = yes', ''), 'v24': ('', ' or category=auth')}


class Watch:
    """Runs the user's commands, and keeps what was executed with which arguments
    and environment, and what was printed."""

    def __init__(self, folder):
        self.folder, self.count, self.printed = folder, 0, []
        try:
            self.strace = built.program('strace')
        except Skip:
            self.strace = None

    def __call__(self, *args, **kwargs):
        self.count += 1
        if self.strace:
            args = (self.strace, '-f', '-v', '-s', '100000', '-e', 'trace=execve', '-e',
                    'signal=none', '-o', os.path.join(self.folder, 'exec.%d' % self.count), *args)
        out = built.must(*args, **kwargs)
        self.printed.append(out)
        return out

    def executed(self):
        text = b''
        for number in range(1, self.count + 1):
            path = os.path.join(self.folder, 'exec.%d' % number)
            if os.path.exists(path):
                with open(path, 'rb') as file:
                    text += file.read()
        return text


class Watched(Instance):
    """Its doveadm commands are kept: arguments and output."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.shown_by_doveadm = b''

    def doveadm(self, *args, data=None):
        done = super().doveadm(*args, data=data)
        self.shown_by_doveadm += ' '.join(args).encode() + done.stdout + done.stderr
        return done


def content_key(stored, profile):
    """The key that a mail's content is encrypted with, by the user's RSA key."""
    der = opened.Sealed(stored).der
    for match in re.finditer(rb'\x04\x82\x01\x80', der):
        wrapped = der[match.end():match.end() + 384]
        done = built.run('openssl', 'pkeyutl', '-decrypt', '-inkey', profile.key, data=wrapped)
        if done.returncode == 0 and len(done.stdout) == 32:
            return done.stdout
    raise AssertionError('no content key found')


def collect(box, profile, mails):
    """All secrets that there are."""
    with open(profile.key, 'rb') as file:
        found = {'the user\'s key, %s' % name: value
                 for name, value in secrets.private_key(file.read()).items()}
    rings = secrets.keyring(box)
    same({user for user, _ in rings}, {USER, 'rsa@example.org'}, 'users with secrets')
    for (user, _), (issuer, secret, *rsa) in rings.items():
        same(len(rsa), int(user.startswith('rsa')), 'sender keys of ' + user)
        found['the sender secret of ' + user] = secret
        for title, der in [('issuer key', issuer)] + [('sender key', one) for one in rsa]:
            pem = built.must('openssl', 'pkey', '-inform', 'DER', data=der)
            for name, value in secrets.private_key(pem).items():
                found['the %s of %s, %s' % (title, user, name)] = value
    with open(os.path.join(box.state, 'mail-seal.key'), encoding='ascii') as file:
        found['the master key'] = bytes.fromhex(file.read().strip())
    for number, mail in enumerate(mails):
        found['the content key of mail %d' % number] = content_key(mail, profile)
    found['the passphrase'] = profile.passphrase.encode()
    return [Secret(name, value) for name, value in found.items()]


def nowhere(found):
    same(found, [], 'found')


def files(box, device, all_secrets):
    """None of them lies open in any file of the instance: the keys are sealed,
    the user's own never came here. Only the master key is where it belongs."""
    key = os.path.join(box.state, 'mail-seal.key')
    info = os.stat(key)
    same((stat.S_IMODE(info.st_mode), info.st_uid), (0o400, os.geteuid()), 'the master key file')
    same(secrets.below(all_secrets, box.root), ['the master key is in ' + key], 'found')
    nowhere(secrets.below(all_secrets, box.temp_dir))
    # the search does find what is there
    found = ' '.join(secrets.below(all_secrets, device))
    assert 'the user\'s key, as PKCS #8 is in %s/key.pem' % device in found, found
    for folder, _, names in os.walk(device):
        for name in names:
            mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
            same(mode & 0o077, 0, 'mode of the user\'s own %s' % name)


def folders(box):
    """What seald keeps is its own."""
    for name in ('mail-seal', 'mail-seal/keys', 'mail-seal/keys/data.mdb'):
        mode = stat.S_IMODE(os.stat(os.path.join(box.state, name)).st_mode)
        same(mode & 0o077, 0, 'mode of ' + name)


def processes(box, all_secrets):
    """Argument lists and environments, seald's and all others'."""
    found, seen = [], set()
    for pid in procs.descendants(box.master) | {box.master}:
        for name in ('cmdline', 'environ'):
            try:
                with open('/proc/%d/%s' % (pid, name), 'rb') as file:
                    found += secrets.search(all_secrets, file.read(),
                                            '%s of %s' % (name, procs.name_of(pid)))
                    seen.add(procs.name_of(pid))
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                pass
    assert 'seald' in seen or os.geteuid() != 0, seen
    nowhere(found)


def outputs(box, watch, all_secrets, profile):
    """The passphrase is shown to the user, once; nothing else anywhere."""
    log = box.log().encode('utf-8', 'surrogateescape')
    assert b'mail_seal: sealed' in log, 'debugging is not on'
    passphrase = profile.passphrase.encode()
    printed = b''.join(watch.printed)
    same(printed.count(passphrase), 1, 'how often the passphrase is shown')
    nowhere(secrets.search(all_secrets, log, 'the log') +
            secrets.search(all_secrets, box.shown_by_doveadm, 'what doveadm printed') +
            secrets.search(all_secrets, printed.replace(passphrase, b''),
                           'what seal-enrol printed'))


def code(box, profile):
    """The code comes by the sealed mail, and by no other way."""
    text = box.shown_by_doveadm.replace(
        ('activate %s %s %s' % (USER, profile.id, profile.code)).encode(), b'')
    for letters in (profile.code, profile.code.replace('-', '')):
        one = [Secret('the code', letters.encode())]
        nowhere(secrets.search(one, text, 'what doveadm printed') +
                secrets.search(one, box.log().encode(), 'the log') +
                secrets.below(one, box.root))


def command_lines(watch, all_secrets):
    if watch.strace is None:
        raise Skip('strace is not installed')
    text = watch.executed()
    assert text.count(b'execve(') >= 4, text[:1000]
    nowhere(secrets.search(all_secrets, text, 'an argument or the environment'))


def no_core(box):
    """The limit is 0, and seald is not dumpable: then /proc/PID is root's."""
    for pid in box.children('seald'):
        with open('/proc/%d/limits' % pid, encoding='ascii') as file:
            limit = re.search(r'^Max core file size +(\S+) +(\S+)', file.read(), re.M)
        same(limit.groups(), ('0', '0'), 'limits of a core file')
        if os.geteuid() != 0:
            raise Skip('whether it is dumpable only root can see')
        with open('/proc/%d/status' % pid, encoding='ascii') as file:
            uid = int(re.search(r'^Uid:\s+(\d+)', file.read(), re.M).group(1))
        assert uid != 0, 'seald runs as root'
        same(os.stat('/proc/%d/environ' % pid).st_uid, 0, 'owner of /proc/PID/environ')


def after_deletion(box, profile):
    """With the profile its secrets go: the sealed bytes, too."""
    folder = os.path.join(box.state, 'mail-seal', 'keys')
    dump = built.must(built.program('mdb_dump'), folder)
    lines = re.findall(rb'^ ([0-9a-f]+)$', dump, re.M)
    names = [bytes.fromhex(line.decode()) for line in lines[::2]]
    value = bytes.fromhex(lines[2 * names.index(
        b'%s\0%s' % (profile.user.encode(), profile.id.encode())) + 1].decode())
    with open(os.path.join(folder, 'data.mdb'), 'rb') as file:
        assert value[40:80] in file.read(), 'the sealed value is not where it was looked for'
    box.must('seal', 'profile', 'deactivate', profile.user)
    box.must('seal', 'profile', 'delete', profile.user, profile.id)
    for place, _, found in os.walk(os.path.join(box.state, 'mail-seal')):
        for name in found:
            with open(os.path.join(place, name), 'rb') as file:
                assert value[40:80] not in file.read(), 'still in ' + name
    same(len(secrets.keyring(box)), len(names) - 1, 'records left')


def deliveries(box, profile):
    """Signed, deferred and refused ones; the mails that are stored for alice."""
    data = messages.text('secrets')
    box.accepted(['alice', 'rsa'], data)
    box.lda(USER, data)
    box.accepted('alice', messages.with_attachment('big', os.urandom(200000)))
    box.must('seal', 'profile', 'list')
    box.must('seal', 'profile', 'show', USER, profile.id)
    box.must('seal', 'profile', 'export', USER, profile.id)
    box.doveadm('seal', 'profile', 'activate', USER, profile.id, 'WRON-GCOD-EX')
    mails = box.messages(USER)[-3:]
    signed.check(mails[0], data, profile, SENDER)
    return mails


def main(tap):
    with Watched(tap, settings=DEBUG % conf.either(**OF_AUTH)) as box:
        watch = Watch(box.root)
        with Ceremonies(box, watch) as ceremonies:
            box.user('alice', mail_seal_sign='always')
            box.user('rsa', mail_seal_sign='always')
            box.start()
            profile = tap.case('the whole ceremony', ceremonies.whole, USER)
            other = ceremonies.issued('rsa@example.org', sender_key='rsa')
            mails = deliveries(box, profile)
            found = collect(box, profile, mails)
            tap.note('%d secrets' % len(found))
            tap.case('files', files, box, profile.dir, found)
            tap.case('folders', folders, box)
            tap.case('processes', processes, box, found)
            tap.case('logs and output', outputs, box, watch, found, profile)
            tap.case('the code', code, box, profile)
            tap.case('command lines', command_lines, watch, found)
            tap.case('core files', no_core, box)
            tap.case('a deleted profile\'s', after_deletion, box, other)
            tap.case('nothing crashed', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

# SPDX-License-Identifier: MIT
"""What is compared: each is a Dovecot of its own that differs in what happens
to a message on its way to the disk, and in nothing else."""

import os

from lib import built, conf
from lib.ceremony import Ceremonies
from lib.dovecot import Instance

import cpu
import mails

# What the stored file has to hold, so that nobody measures a thing that was not
# switched on. Only without a plugin is the text readable.
SEALED, CRYPTED = b'X-Mail-Seal: v=1', b'CRYPTED\x03\x07'
GZIP, ZSTD = b'\x1f\x8b\x08', b'\x28\xb5\x2f\xfd'
OPENSSL = b'smime.p7m'

COMPRESS = conf.either(v24='mail_compress_write_method = %s\n',
                       v23='plugin {\n  zlib_save = %s\n}\n')
CRYPT = conf.either(v24='''
crypt_write_algorithm = aes-256-gcm-sha256
crypt_global_public_key_file = %(public)s
crypt_global_private_key main {
  crypt_private_key_file = %(private)s
}
''', v23='''
plugin {
  mail_crypt_global_public_key = <%(public)s
  mail_crypt_global_private_key = <%(private)s
  mail_crypt_save_version = 2
}
''')
SIEVE = conf.either(v24='''
sieve_plugins = sieve_extprograms
sieve_extensions {
  vnd.dovecot.filter = yes
}
sieve_filter_bin_dir = %s
''', v23='''
plugin {
  sieve_plugins = sieve_extprograms
  sieve_extensions = +vnd.dovecot.filter
  sieve_filter_bin_dir = %s
}
''')
# The least that such a script can do: one program, and the header is lost.
# Those that keep it run two or three.
FILTER = '#!/bin/sh\nexec openssl cms -encrypt -binary -aes-256-cbc %s\n'
SCRIPT = 'require "vnd.dovecot.filter";\nfilter "seal";\n'


class Variant:
    """One Dovecot, started, with users for each kind of mailbox."""

    plugin = False          # mail_seal is loaded, seald runs
    mark = mails.WORD
    share = 1               # of the usual number of messages: the slow ones
    sieve = None

    def __init__(self, name, title):
        self.name, self.title = name, title

    def settings(self, bench):
        """The text at the end of dovecot.conf."""
        return ''

    def enrol(self, bench, box, user):
        """Makes the user's profile, where the variant has them."""

    def start(self, bench, more='', name=None):
        """more: settings. A Running, to be closed."""
        return Running(self, bench, more, name or self.name)


class Seal(Variant):
    plugin, mark = True, SEALED

    def __init__(self, name, title, kind='rsa', **profile):
        super().__init__(name, title)
        self.kind, self.profile = kind, profile

    def enrol(self, bench, box, user):
        box.enrol(user, bench.certificate(self.kind), **self.profile)


class Idle(Variant):
    plugin = True


class Sign(Variant):
    """A profile of the ceremony; the key is of the same kind as the others'."""

    plugin, mark = True, SEALED

    def enrol(self, bench, box, user):
        with Ceremonies(box) as ceremonies:
            ceremonies.issued(user, 'rsa2048', sign='always')


class Compress(Variant):
    def __init__(self, name, title, method, mark):
        super().__init__(name, title)
        self.method, self.mark = method, mark

    def settings(self, bench):
        plugin = conf.either(v23='zlib', v24='mail_compress')
        return conf.syntax().plugins('lmtp', plugin) + COMPRESS % self.method


class Crypt(Variant):
    mark = CRYPTED

    def settings(self, bench):
        private, public = bench.path('crypt.key'), bench.path('crypt.pub')
        if not os.path.exists(public):
            built.must('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt',
                       'ec_paramgen_curve:P-256', '-out', private)
            built.must('openssl', 'pkey', '-in', private, '-pubout', '-out', public)
            os.chmod(private, 0o644)
        return conf.syntax().plugins('lmtp', 'mail_crypt') + \
            CRYPT % {'public': public, 'private': private}


class Filter(Variant):
    mark, share, sieve = OPENSSL, 0.2, SCRIPT

    def settings(self, bench):
        folder = bench.path('filter')
        os.makedirs(folder, exist_ok=True)
        certificate = bench.path('filter.pem')
        with open(certificate, 'wb') as file:
            file.write(bench.certificate('rsa').pem)
        with open(folder + '/seal', 'w', encoding='ascii') as file:
            file.write(FILTER % certificate)
        os.chmod(folder + '/seal', 0o755)
        return SIEVE % folder


VARIANTS = {variant.name: variant for variant in (
    Variant('none', 'no plugin'),
    Idle('idle', 'mail_seal, no profile'),
    Seal('cbc', 'mail_seal, RSA, CBC'),
    Seal('gcm', 'mail_seal, RSA, GCM', cipher='aes256-gcm'),
    Sign('sign', 'mail_seal, RSA, CBC, signed'),
    Seal('p256', 'mail_seal, P-256, CBC', kind='p256'),
    Crypt('crypt', 'mail_crypt'),
    Compress('zlib', 'zlib', 'gz', GZIP),
    Compress('zstd', 'zstd', 'zstd', ZSTD),
    Filter('sieve', 'Sieve filter, openssl cms'),
)}


class Running:
    """box: the Instance; meter: its processor time."""

    def __init__(self, variant, bench, more, name):
        self.variant, self.name = variant, name
        self.meter = cpu.meter(name)
        self.box = Instance(plugin=variant.plugin, sieve=variant.sieve is not None,
                            settings=variant.settings(bench) + more)
        try:
            self.users = {(format, fsync): [
                self.box.user('%s-%s-%d' % (format, fsync, i), format, variant.sieve,
                              mail_fsync=fsync)
                for i in range(max(bench.options.sessions))]
                for format in bench.options.formats for fsync in bench.options.fsync}
            with self.meter.around():
                self.box.start()
            self.meter.master = self.box.master
            for users in self.users.values():
                for user in users:
                    variant.enrol(bench, self.box, user)
        except BaseException:
            self.close()
            raise

    def close(self):
        self.box.__exit__(None)
        self.meter.close()

    def empty(self, users):
        """Their mailboxes: a thousand messages later all is slower."""
        for user in users:
            bench_remove(self.box.path('home', user.split('@')[0]))

    def check(self, users):
        """What the last delivery of these stored is what it should be."""
        for user in users:
            stored = b''.join(map(read, self.box.files(user)))
            readable = mails.WORD in stored
            if self.variant.mark not in stored or readable != (self.variant.mark == mails.WORD):
                raise AssertionError('%s: stored is not what was to be measured\n%s' %
                                     (self.name, self.box.log_tail()))


def bench_remove(home):
    """All but Sieve's files."""
    for folder, folders, files in os.walk(home, topdown=False):
        for name in files:
            if '.sieve' not in name and '.svbin' not in name:
                os.unlink(os.path.join(folder, name))
        for name in folders:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                os.unlink(path)
            else:
                try:
                    os.rmdir(path)
                except OSError:
                    pass


def read(path):
    with open(path, 'rb') as file:
        return file.read()

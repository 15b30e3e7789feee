# SPDX-License-Identifier: MIT
"""A private Dovecot: its own folder, sockets, addresses, users and log.

    with Instance(tap) as box:          # nothing is started yet
        box.user('alice', 'sdbox')
        box.start()
        ...                             # leaving the block ends it

Runs as root, and as anybody else with everything under that one uid.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile

from . import built, conf, procs
from .imap import Imap
from .lmtp import Lmtp
from .seald import Seald, encoded
from .tap import Skip, same

DOMAIN = 'example.org'
VMAIL = 20077           # a uid and gid that nobody has; root's instances use it
TRACED = ('write,pwrite64,writev,pwritev,pwritev2,sendfile,splice,vmsplice,'
          'copy_file_range,link,linkat,rename,renameat,renameat2,?mmap')


class Instance:
    """plugin: load mail_seal and start seald. sieve, quota: load those.
    settings: lines for the end of dovecot.conf. plugin_settings: a dict of
    plugins' settings. temp_dir: mail_temp_dir, default a folder on tmpfs.
    trace: run everything under strace. environment: for all processes.
    conf_text: makes the whole of dovecot.conf, given the instance."""

    counter = 0

    def __init__(self, tap=None, plugin=True, sieve=False, quota=False, settings='',
                 plugin_settings=None, temp_dir=None, trace=False, environment=None,
                 conf_text=None):
        if plugin:
            for name in built.parts():
                built.need(name)
        self.syntax = conf.syntax()
        self.tap, self.plugin, self.sieve, self.quota = tap, plugin, sieve, quota
        self.settings, self.plugin_settings = settings, dict(plugin_settings or {})
        self.trace, self.environment = trace, dict(environment or {})
        self.conf_text = conf_text
        self.root = tempfile.mkdtemp(prefix='ms.', dir=os.environ.get('TMPDIR') or '/tmp')
        os.chmod(self.root, 0o755)
        self.shm = None
        if temp_dir is None and os.path.isdir('/dev/shm'):
            temp_dir = self.shm = tempfile.mkdtemp(prefix='ms.', dir='/dev/shm')
        self.temp_dir = temp_dir or self.path('tmp')
        self.base, self.state, self.log_path = map(self.path, ('run', 'state', 'log'))
        self.conf = self.path('dovecot.conf')
        # a loopback address of our own, so that port numbers never clash
        Instance.counter += 1
        pid = os.getpid()
        self.address = '127.%d.%d.%d' % (
            64 + (pid >> 15) % 128, (pid >> 7) % 256, 2 * (pid % 128) + 1 - Instance.counter % 2)
        self.imap_port = 11430 + Instance.counter
        self.users, self.process, self.traces, self.shown = [], None, [], {}
        self.uid = VMAIL if os.geteuid() == 0 else os.geteuid()
        self.gid = VMAIL if os.geteuid() == 0 else os.getegid()
        self.unprivileged = os.geteuid() != 0
        for folder in ('run', 'state', 'home', 'modules', 'bin', 'fake'):
            os.makedirs(self.path(folder), exist_ok=True)
        os.makedirs(self.temp_dir, exist_ok=True)
        os.chmod(self.temp_dir, 0o1777)
        if tap is not None:
            tap.on_failure.append(self.log_tail)

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    # -- before it starts ------------------------------------------------

    def user(self, name, format='maildir', sieve=None, home=None, quota=None, **extra):
        """Adds a user (before start). extra: settings of this user alone, as
        userdb fields. sieve: the text of an active script. quota: its limit."""
        home = self.path('home', home or name)
        os.makedirs(home, exist_ok=True)
        if sieve is not None:
            with open(os.path.join(home, '.dovecot.sieve'), 'w', encoding='utf-8') as file:
                file.write(sieve)
        fields = ' '.join('userdb_%s=%s' % pair for pair in
                          self.syntax.user_fields(format, quota, extra))
        self.users.append('%s@%s:{PLAIN}secret:%d:%d::%s::%s\n' %
                          (name, DOMAIN, self.uid, self.gid, home, fields))
        for folder, _, files in os.walk(home):
            for path in [folder] + [os.path.join(folder, f) for f in files]:
                os.chown(path, self.uid, self.gid)
        return '%s@%s' % (name, DOMAIN)

    def inside(self, args):
        """The command where this instance's modules are Dovecot's."""
        return [built.WITH_MODULES, self.path('modules'), *args]

    def _modules(self):
        """Dovecot's own modules, and copies of ours: the build folder may be
        closed to the mail user."""
        modules = self.path('modules')
        done = built.run(*self.inside(['cp', '-rs', modules + '.dovecot/.', modules]))
        if done.returncode == 77:
            raise Skip(done.stderr.decode().strip())
        same((done.returncode, done.stderr), (0, b''), 'the modules')
        if not self.plugin:
            return
        for name, folder in ((built.STORAGE, 'modules'), (built.ENGINE, 'modules'),
                             (built.OPENER, 'modules'), (built.DOVEADM, 'modules/doveadm'),
                             (built.SETTINGS, 'modules/settings'), (built.SEALD, 'bin')):
            if name in built.parts():
                path = self.path(folder, name)
                if os.path.islink(path):            # one that is installed
                    os.unlink(path)
                shutil.copy(built.need(name), path)

    def _conf(self):
        root = not self.unprivileged
        user, group = ('dovecot', 'dovecot') if root else (user_name(), group_name())
        include = '!include %s\n' % built.conf() + conf.SERVICE % {
            'seald': self.path('bin', 'seald'), 'user': user, 'group': group}
        return self.syntax.dovecot(
            self, self.environment, include if self.plugin else '',
            internal=user, internal_group=group, login='dovenull' if root else user)

    # -- running ---------------------------------------------------------

    def prepare(self):
        """All that start() does before the start."""
        self._modules()
        with open(self.path('users'), 'w', encoding='utf-8') as file:
            file.writelines(self.users)
        with open(self.conf, 'w', encoding='utf-8') as file:
            file.write(self.conf_text(self) if self.conf_text else self._conf())
        open(self.log_path, 'ab').close()

    def start(self):
        self.prepare()
        self.start_again()
        return self

    def start_again(self):
        self.process = subprocess.Popen(
            self.inside(self.traced([built.program('dovecot'), '-F', '-c', self.conf])),
            stdin=subprocess.DEVNULL, stdout=open(self.path('stdout'), 'ab'),
            stderr=subprocess.STDOUT, env=dict(os.environ, **self.environment))
        # under strace, the master is the child of what was started
        self.master = self.process.pid
        self.master = procs.wait_for(self._ready, 'Dovecot is up')

    def _ready(self):
        """The master's pid, None until it listens."""
        if self.process.poll() is not None:
            raise AssertionError('Dovecot did not start: ' + self.log_tail())
        if not os.path.exists(os.path.join(self.base, 'lmtp')):
            return None
        try:
            with open(os.path.join(self.base, 'master.pid'), encoding='utf-8') as file:
                return int(file.read())
        except (FileNotFoundError, ValueError):
            return None

    def stop(self):
        """Ends it; an AssertionError where a process outlives its master."""
        if self.process is None:
            return
        left = procs.descendants(self.process.pid)
        if self.process.poll() is None:
            procs.kill(self.master, signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                procs.kill(self.master)
                self.process.wait(30)
        self.process = None
        try:
            procs.wait_for(lambda: not any(map(procs.alive, left)),
                           'no process of Dovecot is left', 10)
        except AssertionError:
            names = ['%d %s' % (pid, procs.name_of(pid)) for pid in left if procs.alive(pid)]
            for pid in left:
                procs.kill(pid)
            raise AssertionError('left behind by Dovecot: ' + ', '.join(names)) from None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.stop()
        finally:
            if os.environ.get('KEEP'):
                print('# kept: %s' % self.root)
            else:
                for folder in filter(None, (self.root, self.shm)):
                    shutil.rmtree(folder, ignore_errors=True)
        if self.tap is not None:
            self.tap.on_failure.remove(self.log_tail)

    def children(self, name):
        """The pids of the running processes of that name, oldest first."""
        return sorted(pid for pid in procs.descendants(self.master)
                      if procs.name_of(pid) == name)

    # -- using it --------------------------------------------------------

    def traced(self, args):
        """The command, under strace where this instance is traced."""
        if not self.trace:
            return args
        self.traces.append(self.path('trace.%d' % len(self.traces)))
        return [built.program('strace'), '-f', '-y', '-s', '4096', '-o', self.traces[-1],
                '-e', 'signal=none', '-e', 'trace=' + TRACED] + args

    def lmtp(self):
        return Lmtp(os.path.join(self.base, 'lmtp'))

    def deliver(self, users, data, **kwargs):
        """One LMTP transaction in a connection of its own; the replies."""
        with self.lmtp() as client:
            return client.send([users] if isinstance(users, str) else users, data, **kwargs)

    def accepted(self, users, data, **kwargs):
        """Delivers, and insists on 250 for everybody."""
        replies = self.deliver(users, data, **kwargs)
        if any(reply.code != 250 for reply in replies):
            raise AssertionError('LMTP: %r' % replies)

    def lda(self, user, data=None, path=None, mailbox=None,
            sender='sender@remote.example', more=()):
        args = [os.path.join(built.dovecot_folder('libexec'), 'dovecot-lda'), '-c', self.conf,
                '-d', user, '-f', sender, '-a', user, *more]
        args += ['-p', path] if path else []
        args += ['-m', mailbox] if mailbox else []
        return built.run(*self.inside(self.traced(args)), data=data or b'',
                         env=dict(os.environ, **self.environment))

    def doveadm(self, *args, data=None):
        """Runs doveadm; the result has returncode, stdout and stderr."""
        return built.run(*self.inside(self.traced(
            [built.program('doveadm'), '-c', self.conf, *args])),
                         data=data, env=dict(os.environ, **self.environment))

    def must(self, *args, data=None):
        done = self.doveadm(*args, data=data)
        if done.returncode != 0:
            raise AssertionError('doveadm %s: exit code %d\n%s%s' % (
                ' '.join(args), done.returncode, done.stdout.decode('utf-8', 'replace'),
                done.stderr.decode('utf-8', 'replace')))
        return done.stdout.decode('utf-8', 'replace')

    def admin(self):
        return Seald(os.path.join(self.base, 'mail-seal-admin'))

    def enrol(self, user, *certificates, **options):
        """Imports the certificates as one profile and activates it; its id."""
        with self.admin() as seald:
            name = seald.done('IMPORT', 'user=' + user, 'pem=' + encoded(certificates))['id']
            if options:
                seald.done('SET', 'user=' + user, 'id=' + name,
                           *['%s=%s' % pair for pair in options.items()])
            seald.done('ACTIVATE', 'user=' + user, 'id=' + name)
        return name

    def kill_switch(self, user, value='yes'):
        with self.admin() as seald:
            seald.done('USER-SET', 'user=' + user, 'kill_switch=' + value)

    def imap(self, user):
        return Imap(self.address, self.imap_port, user)

    def messages(self, user, mailbox='INBOX'):
        with self.imap(user) as imap:
            return imap.messages(mailbox)

    def files(self, name):
        """All files below a user's home but the Sieve scripts."""
        found = []
        for folder, _, files in os.walk(self.path('home', name.split('@')[0])):
            found += [os.path.join(folder, file) for file in files if '.sieve' not in file]
        return found

    def maildir(self, name):
        """The message files of a maildir user, those in tmp included."""
        return [path for path in self.files(name)
                if os.path.basename(os.path.dirname(path)) in ('new', 'cur', 'tmp')]

    def log(self, start=0):
        with open(self.log_path, encoding='utf-8', errors='replace') as file:
            return file.read()[start:]

    def no_crash(self):
        """Nothing of Dovecot's or ours died of itself (a test may kill -9)."""
        wrong = re.findall(r'.*(?:Panic:|Fatal:).*', self.log())
        same([line for line in wrong if 'killed with signal 9' not in line], [], 'in the log')

    def log_tail(self):
        """The last lines of the log that were not shown before."""
        text = ''
        for path in (self.path('stdout'), self.log_path):
            if not os.path.exists(path):
                continue
            with open(path, encoding='utf-8', errors='replace') as file:
                file.seek(self.shown.get(path, 0))
                text += ''.join([line for line in file.readlines() if 'Info: Login' not in line and
                                 'Logged out' not in line][-8:])
                self.shown[path] = file.tell()
        return '\n'.join('log: ' + line for line in text.splitlines())


def user_name():
    import pwd
    return pwd.getpwuid(os.geteuid()).pw_name


def group_name():
    import grp
    return grp.getgrgid(os.getegid()).gr_name

# SPDX-License-Identifier: MIT
"""Where the build left what is tested.

automake tells by abs_top_builddir and abs_top_srcdir; without them the
sources are the folder above tests, and so is the build.
"""

import functools
import os
import subprocess

from .tap import Skip

SRCDIR = os.environ.get('abs_top_srcdir') or os.path.abspath(
    os.path.join(os.path.dirname(__file__), '..', '..', '..'))
BUILDDIR = os.environ.get('abs_top_builddir') or SRCDIR

STORAGE = 'lib95_mail_seal_plugin.so'
ENGINE = 'libmail_seal_engine.so'
OPENER = 'libmail_seal_opener.so'
DOVEADM = 'libdoveadm_mail_seal_plugin.so'
SETTINGS = 'libmail_seal_settings.so'       # for 2.4
SEALD = 'seald'
WITH_MODULES = os.path.join(SRCDIR, 'tests', 'with-modules')


def find(name):
    """A built file by its name, or None. libtool keeps the real one in .libs;
    a tree that `make dist` made lies inside the build folder and is not ours."""
    found = []
    for folder, folders, files in os.walk(BUILDDIR):
        folders[:] = [f for f in folders
                      if f not in ('.git', 'autom4te.cache') and
                      not f.startswith('dovecot-mail-seal-')]
        path = os.path.join(folder, name)
        if name in files and is_elf(path):
            found.append((os.path.basename(folder) != '.libs', len(path), path))
    return min(found)[2] if found else None


def is_elf(path):
    with open(path, 'rb') as file:
        return file.read(4) == b'\x7fELF'


def need(name):
    path = find(name)
    if path is None:
        raise Skip('%s is not built below %s' % (name, BUILDDIR))
    return path


def dovecot_folder(kind):
    """Dovecot's own folders; dovecot-config (of dovecot-dev) knows them."""
    variable = {'modules': 'dovecot_moduledir', 'libexec': 'dovecot_pkglibexecdir'}[kind]
    default = {'modules': '/usr/lib/dovecot/modules', 'libexec': '/usr/lib/dovecot'}[kind]
    for folder in ('/usr/lib/dovecot', '/usr/local/lib/dovecot'):
        try:
            with open(os.path.join(folder, 'dovecot-config'), encoding='utf-8') as file:
                for line in file:
                    name, _, value = line.strip().partition('=')
                    if name.lower() == variable:
                        return value.strip('"')
        except OSError:
            pass
    return default


@functools.lru_cache(maxsize=None)
def series():
    """'2.3' or '2.4': the installed Dovecot, which is the one we built for."""
    version = must(program('dovecot'), '--version').decode()
    return '.'.join(version.split('.')[:2])


def conf():
    """The configuration as shipped."""
    return os.path.join(SRCDIR, 'conf.d', series(), '90-mail-seal.conf')


def portal_conf():
    """What is shipped for the portal."""
    return os.path.join(SRCDIR, 'conf.d', series(), '91-mail-seal-portal.conf')


def parts():
    """The files that make the plugin."""
    return (STORAGE, ENGINE, OPENER, DOVEADM, SEALD) + ((SETTINGS,) if series() != '2.3' else ())


def program(name, *folders):
    """The full path of a program, a Skip where it is not installed."""
    for folder in folders + tuple(os.environ.get('PATH', '').split(':')) + ('/usr/sbin', '/sbin'):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    raise Skip('%s is not installed' % name)


def run(*args, data=None, **kwargs):
    """subprocess.run, everything captured as bytes."""
    return subprocess.run(args, input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, **kwargs)


def must(*args, data=None, **kwargs):
    """A command that has to succeed; returns its output."""
    done = run(*args, data=data, **kwargs)
    if done.returncode != 0:
        raise AssertionError('%s: exit code %d\n%s%s' % (
            ' '.join(map(str, args)), done.returncode,
            done.stdout.decode('utf-8', 'replace')[-2000:],
            done.stderr.decode('utf-8', 'replace')[-2000:]))
    return done.stdout

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Arrows point one way: who may include whom, and that each header is complete
in itself."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built
from lib.tap import Skip, Tap, same

# A folder of src/, and those below it. Its own files are always allowed.
MAY = {
    'base': (),
    'message': ('base',),
    'cms': ('base',),
    'store': ('base',),
    'pki': ('base',),
    'client': ('base',),
    'service': ('base', 'message', 'store', 'pki', 'seal'),
    'seal': ('base', 'message', 'cms'),
    'unseal': ('base', 'message', 'cms', 'client'),
    'enrol': ('base', 'pki'),
    'milter': ('base', 'message', 'client', 'unseal'),
}
# Folders of plugin/ may use all of src/, plugin/settings, themselves, and these.
PLUGIN = {'storage': (), 'submission': ('storage',), 'doveadm': (), 'seald': (), 'portal': (),
          'settings': ()}
# One module holds both of these, and begins here.
ROOT = ('plugin/storage/mail-seal-plugin.c', 'plugin/submission/submission.h')

# Headers that these folders or files alone may include.
VERIFY = 'src/cms/verify.c'
ONLY = {'lmdb.h': 'src/store/env', 'openssl/x509': ('src/pki/', VERIFY),
        'openssl/cms.h': ('src/enrol/', VERIFY), 'openssl/pem.h': 'src/pki/',
        'curl/': 'src/enrol/http.c', 'jansson.h': ('src/enrol/', 'plugin/portal/')}
VERSION_TEST = re.compile(r'#\s*(if|elif|ifdef|ifndef).*DOVECOT_(?:PREREQ|VERSION|2)')


def sources(*folders, ends=('.c', '.h')):
    """Paths below the source root."""
    found = []
    for folder in folders:
        for top, _, files in os.walk(os.path.join(built.SRCDIR, folder)):
            found += [os.path.relpath(os.path.join(top, name), built.SRCDIR)
                      for name in files if name.endswith(ends)]
    return sorted(found)


def text_of(path):
    with open(os.path.join(built.SRCDIR, path), encoding='utf-8') as file:
        return file.read()


def includes(path):
    """(quoted, name) of each #include"""
    return [(mark == '"', name) for mark, name in
            re.findall(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', text_of(path), re.M)]


def src_arrows():
    wrong = []
    for path in sources('src'):
        folder = path.split('/')[1]
        if folder not in MAY:
            wrong.append('%s: there is no folder src/%s in the table' % (path, folder))
            continue
        for quoted, name in includes(path):
            first = name.split('/')[0] if '/' in name else None
            if not quoted:
                continue
            if first not in MAY:
                wrong.append('%s: "%s" is not folder/file.h' % (path, name))
            elif first != folder and first not in MAY[folder]:
                wrong.append('%s: src/%s may not include "%s"' % (path, folder, name))
    same(wrong, [], 'wrong arrows')


def plugin_arrows():
    wrong = []
    for path in sources('plugin'):
        folder = path.split('/')[1]
        if folder not in PLUGIN:
            wrong.append('%s: there is no folder plugin/%s in the table' % (path, folder))
            continue
        for quoted, name in includes(path):
            parts = name.split('/')
            if quoted and parts[0] == 'plugin' and (path, name) != ROOT and \
                    parts[1] not in (folder, 'settings') + PLUGIN[folder]:
                wrong.append('%s: plugin/%s may not include "%s"' % (path, folder, name))
    same(wrong, [], 'wrong arrows')


def mail_processes_stay_poor():
    """What mail processes link includes neither store, pki nor service; but
    doveadm, as root, makes the file of the new master key."""
    wrong = [(path, name) for path in sources('plugin/storage', 'plugin/submission',
                                            'plugin/doveadm')
             for _, name in includes(path) if name.split('/')[0] in ('store', 'pki', 'service')]
    wrong.remove(('plugin/doveadm/cmd-key.c', 'store/master-key.h'))
    same(wrong, [], 'wrong arrows')


def no_dovecot_in_the_core():
    folder = dovecot_includes()
    theirs = set(os.listdir(folder))
    wrong = [(path, name) for path in sources('src') for _, name in includes(path)
             if name in theirs and '/' not in name and not is_system(name)]
    same(wrong, [], 'Dovecot\'s headers in src/')


def is_system(name):
    return os.path.exists(os.path.join('/usr/include', name))


def dovecot_includes():
    folder = '/usr/include/dovecot'
    if not os.path.exists(os.path.join(folder, 'lib.h')):
        raise Skip('dovecot-dev is not installed')
    return folder


def one_place_only():
    wrong = []
    for path in sources('src', 'plugin'):
        for _, name in includes(path):
            for pattern, places in ONLY.items():
                if name.startswith(pattern) and not path.startswith(places):
                    wrong.append((path, name))
    same(wrong, [], 'included where they must not be')


def config_header_is_nobodys():
    wrong = [(path, name) for path in sources('src', 'plugin') for _, name in includes(path)
             if name.endswith('config.h')]
    same(wrong, [], 'build headers')


def versions_in_one_place():
    wrong = [path for path in sources('src', 'plugin') if VERSION_TEST.search(text_of(path)) and
             not path.startswith('plugin/settings/')]
    same(wrong, [], '#if on a Dovecot version outside of plugin/settings')


def core_has_no_output():
    pattern = re.compile(r'\b(?:printf|fprintf|puts|perror|syslog|abort|exit)\s*\(')
    # these two are programs of their own
    programs = ('src/enrol/', 'src/milter/')
    wrong = [path for path in sources('src', ends='.c') if not path.startswith(programs)
             if pattern.search(re.sub(r'/\*.*?\*/', '', text_of(path), flags=re.S))]
    same(wrong, [], 'src/ prints or exits')


def sizes():
    """No file is too long to be read in one sitting."""
    long = [(path, text_of(path).count('\n')) for path in sources('src', 'plugin')]
    same([row for row in long if row[1] > 500], [], 'files above 500 lines')


def licence_lines():
    missing = [path for path in sources('src', 'plugin', 'tests', ends=('.c', '.h', '.py', '.js', '.mjs'))
               if 'SPDX-License-Identifier: MIT' not in '\n'.join(text_of(path).split('\n')[:2])]
    same(missing, [], 'files without their SPDX line')


def compiler():
    return os.environ.get('CC', 'cc').split()


def alone(path, flags):
    """The header as the only one of a program, twice, is a complete program."""
    done = built.run(*compiler(), '-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror',
                     '-fsyntax-only', '-I' + os.path.join(built.SRCDIR, 'src'), *flags,
                     '-x', 'c', '-',
                     data=b'#include "%s"\n' % path.encode() * 2 + b'int main(void) { return 0; }\n')
    assert done.returncode == 0, done.stderr.decode()


def headers(tap):
    for path in sources('src', ends='.h'):
        tap.case('compiles alone: ' + path, alone, path[len('src/'):], ())
    try:
        dovecot = ('-I' + built.SRCDIR, '-I' + dovecot_includes(), '-DHAVE_CONFIG_H',
                   '-include', 'lib.h', '-Wno-unused-parameter', '-Wno-sign-compare')
    except Skip as reason:
        tap.note('plugin headers: %s' % reason)
        return
    for path in sources('plugin', ends='.h'):
        tap.case('compiles alone: ' + path, alone, path, dovecot)


def main(tap):
    for rule in (src_arrows, plugin_arrows, mail_processes_stay_poor, no_dovecot_in_the_core,
                 one_place_only, config_header_is_nobodys, versions_in_one_place,
                 core_has_no_output, sizes, licence_lines):
        tap.case(rule.__name__.replace('_', ' '), rule)
    headers(tap)


if __name__ == '__main__':
    Tap().run(main)

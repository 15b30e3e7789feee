#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""seal-enrol with the portal: the whole ceremony without a browser and without an
administrator; one that breaks off and is taken up; what the portal refuses."""

import os
import pty
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, messages
from lib.portal import Portal, opened
from lib.tap import Tap, same
from lib.tool import FILES, PROGRAM, Imported, Tool, passphrase_in


def own_folder(tool):
    """The one that has the profile's name."""
    folder, = [name for name in os.listdir(tool.folder)
               if re.match('mail-seal-[0-9a-f]{16}$', name)]
    return folder


def whole(box, tool, *key):
    """From nothing to mail that is sealed."""
    said = tool.must('new', '--label', 'Büro', '--days', '30', *key)
    folder = own_folder(tool)
    same(tool.files(folder), FILES, 'files')
    for name in FILES:
        same(os.stat(tool.path(folder, name)).st_mode & 0o777, 0o600, name)
    same(folder, 'mail-seal-' + tool.profile(folder), 'folder')
    same(tool.states(), {tool.profile(folder): 'ready'}, 'profiles')
    device = Imported(tool, folder, passphrase_in(said))
    code = box.newest_code(tool.user, device)
    hint = '    seal-enrol activate --server %s --ca-file %s --user %s --dir %s CODE\n' % (
        tool.url, tool.ca_file, tool.user, folder)
    assert hint in said, said
    same(tool.must('activate', '--dir', folder, code.lower()), 'Profile %s is active: from now '
         'on, mail that arrives for you is encrypted.\n' % tool.profile(folder), 'said')
    box.accepted(tool.user, messages.plain('sealed'))
    # the notice of the activation may come behind it
    mail, = [mail for mail in box.messages(tool.user) if b'<sealed@' in mail]
    assert b'A line of text.' in opened(mail, device)


def as_check_does(tool):
    """The offline commands take what was left."""
    done = built.run(built.need(PROGRAM), 'check', own_folder(tool) + '/issued.pem',
                     cwd=tool.folder)
    same((done.returncode, done.stderr), (0, b''), 'check')


def taken_up(tool, gone, kept_key):
    """The same command again, where some files are not there yet."""
    folder = 'without-' + '-'.join(gone or ['nothing'])
    tool.new(folder)
    before = tool.profile(folder)
    tool.remove(folder, *gone)
    said = tool.new(folder)
    same(tool.files(folder), [name for name in FILES if kept_key or name != 'key.pem'], 'files')
    same(tool.profile(folder), before, 'profile')
    if 'mail.p12' in gone:
        Imported(tool, folder, passphrase_in(said))
    else:
        assert 'Passphrase' not in said, said
    tool.must('delete', before)


def without_key(tool):
    tool.new('keyless')
    tool.remove('keyless', 'key.pem', 'issued.pem')
    same(tool.refused('there is no key.pem in the folder keyless any more; begin again',
                      'new', '--dir', 'keyless'), '', 'output')
    tool.must('delete', tool.profile('keyless'))


def half_a_folder(tool):
    """Refused before there is a profile at the server."""
    os.mkdir(tool.path('half'))
    tool.write('half/chain.pem', '')
    before = tool.states()
    tool.refused('there is a chain.pem in the folder half', 'new', '--dir', 'half')
    same(tool.states(), before, 'profiles')


def not_writable(tool):
    """Nothing that nobody can use is left at the server."""
    before = tool.states()
    tool.refused('cannot make the folder', 'new', '--key', 'p256', '--dir', 'no/such/folder')
    same(tool.states(), before, 'profiles')


def own_passphrase(tool):
    path = tool.write('passphrase', 'correct horse battery staple\n')
    said = tool.new('own', '--passphrase-file', path, '--name', 'Anna')
    assert 'correct horse' not in said, said
    Imported(tool, 'own', 'correct horse battery staple')
    tool.must('delete', tool.profile('own'))


def somebody_elses(tool, other):
    """Another user's profile: goes no further, and what is there is kept."""
    other.new('theirs')
    tool.refused('the server says: ', 'new', '--dir', os.path.join(other.folder, 'theirs'))
    tool.refused('the server says: ', 'activate', '--dir', os.path.join(other.folder, 'theirs'),
                 'ABCD-EFGH-JK')
    tool.refused('the server says: ', 'delete', other.profile('theirs'))
    same(other.files('theirs'), FILES, 'files')
    other.must('delete', other.profile('theirs'))


def listed(tool):
    tool.new('listed', '--label', 'Ger\u00e4t')
    profile = tool.profile('listed')
    said = tool.must('list')
    line, = [line for line in said.splitlines() if profile in line]
    assert line.startswith(profile + '  ready  until 20') and 'Ger\u00e4t' in line, line
    assert '  active  ' in said, said
    for on in (True, False):
        tool.box.api(tool.user).sign_in().kill_switch(on).must(204)
        same('The kill switch is on: mail that cannot be encrypted is refused.\n' in
             tool.must('list'), on, 'the kill switch')
    active, = [name for name, state in tool.states().items() if state == 'active']
    same(tool.must('deactivate', active), 'Profile %s is retired: mail that arrives for you is '
         'not encrypted to it any more.\n' % active, 'said')
    same(tool.states()[active], 'retired', 'state')
    tool.must('delete', profile)
    assert profile not in tool.must('list')


def wrong(tool):
    """What the portal refuses is told in its own words."""
    tool.new('wrong')
    tool.refused('the server says: The name or the password is wrong.', 'list',
                 password_file=tool.write('other', 'guess'))
    tool.refused('the server says: ', 'activate', '--dir', 'wrong', 'ABCD-EFGH-JK')
    tool.refused('there is no folder nowhere', 'activate', '--dir', 'nowhere', 'ABCD')
    tool.refused('there is no issued.pem in the folder .', 'activate', '--dir', '.', 'ABCD')
    tool.refused("../x is not the id of a profile; 'seal-enrol list'", 'delete', '../x')
    tool.refused('the server says: ', 'delete', '0' * 16)
    tool.refused('the server says: ', 'new', '--label', 'x' * 2000)
    tool.refused('has to be text in UTF-8', 'new', '--label', b'\xff')
    tool.refused('the password is empty', 'list', password_file='/dev/null')
    tool.must('delete', tool.profile('wrong'))


def usage():
    rows = [(['new', '--server', 'https://x', 'issuer.pem'], 'either --server or ISSUER.pem'),
            (['new', '--server', 'https://x', '--address', 'a@b'],
             'new does not take --address with --server'),
            (['new', '--user', 'anna', 'issuer.pem'], 'new does not take --user without --server'),
            (['check', '--server', 'https://x', 'x'], 'check does not take --server'),
            (['activate', '--dir', 'x', 'CODE'], '--server is missing'),
            (['activate', '--server', 'https://x', 'CODE'], '--dir is missing'),
            (['activate', '--server', 'https://x', '--dir', 'x'], 'CODE is missing'),
            (['delete', '--server', 'https://x'], 'ID is missing'),
            (['list', '--server', 'https://x', 'y'], 'y is one word too many'),
            (['new', '--server', 'https://x', '--password-file', '-', '--passphrase-file', '-'],
             'only one file can be the standard input')]
    for args, reason in rows:
        done = built.run(built.need(PROGRAM), *args)
        same((done.returncode, done.stdout), (2, b''), args)
        assert reason in done.stderr.decode(), (args, done.stderr)


def no_terminal(tool):
    args = [arg for arg in tool.args('list')[:-2]]
    done = built.run(*args, data=b'secret\n')
    assert done.returncode == 1 and b'there is no terminal to ask on' in done.stderr, done
    done = built.run(*args, '--password-file', '-', data=b'secret\n')
    same(done.returncode, 0, 'with the standard input')


def typed(tool):
    """Name and password on a terminal; the password is not shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(built.need(PROGRAM), tool.args('list')[:-4])
    shown = answer(terminal, [(b'User name: ', tool.user), (b': ', 'secret')])
    _, status = os.waitpid(pid, 0)
    same(os.waitstatus_to_exitcode(status), 0, shown)
    assert b'secret' not in shown and tool.user.encode() in shown, shown


def answer(terminal, words):
    """Types each word once what is asked was shown. All that was shown."""
    shown, at, end = b'', 0, time.monotonic() + 30
    while time.monotonic() < end:
        try:
            data = os.read(terminal, 4096)
        except OSError:                 # the other end is closed
            break
        if not data:
            break
        shown += data
        if words and words[0][0] in shown[at:]:
            at = len(shown)
            time.sleep(0.2)             # the echo is switched off after the prompt
            os.write(terminal, words.pop(0)[1].encode() + b'\n')
    os.close(terminal)
    return shown


def main(tap):
    with Portal(tap) as box:
        anna, bea = Tool(box, box.user('anna')), Tool(box, box.user('bea'))
        box.start()
        tap.case('usage', usage)
        tap.case('the whole ceremony', whole, box, anna, '--key', 'p256')
        tap.case('what is left, to "check"', as_check_does, anna)
        tap.case('the whole ceremony, RSA', whole, box, bea)
        for gone in ([], ['mail.p12', 'mail-compatible.p12'],
                     ['issued.pem', 'mail.p12', 'mail-compatible.p12'], ['key.pem']):
            tap.case('taken up without ' + (', '.join(gone) or 'anything missing'), taken_up,
                     anna, gone, 'key.pem' not in gone)
        tap.case('the key is lost before the certificate came', without_key, anna)
        tap.case('a folder with something else in it', half_a_folder, anna)
        tap.case('a folder that cannot be made', not_writable, anna)
        tap.case('a passphrase of one\'s own', own_passphrase, anna)
        tap.case('somebody else\'s profile', somebody_elses, anna, bea)
        tap.case('list, deactivate, delete', listed, anna)
        tap.case('refused', wrong, anna)
        tap.case('a password without a terminal', no_terminal, anna)
        tap.case('a password that is typed', typed, anna)
        tap.case('nothing died', box.no_crash)


if __name__ == '__main__':
    Tap().run(main)

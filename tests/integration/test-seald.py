#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""seald: what it committed outlives kill -9, a full disk is an error and not a
crash, the store grows by itself, and nonsense from a client hurts nobody."""

import os
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, messages, opened, procs, records, seald
from lib.certs import Certs
from lib.dovecot import Instance
from lib.tap import Skip, Tap, same

USER = 'alice@example.org'


PORTAL = '''service mail-seal {
  unix_listener mail-seal-portal {
    mode = 0600
  }
}
'''


def states(admin, user):
    """{id: state} of a user's profiles."""
    kind, fields, rows = admin.ask('LIST', 'user=' + user)
    same(kind, 'OK', 'LIST: %r' % fields)
    return {row['id']: row['state'] for row in rows}


# -- kill -9 -------------------------------------------------------------

class Writer(threading.Thread):
    """Imports and activates for user after user, over new connections where
    one breaks; done holds what was answered OK."""

    def __init__(self, box, pems):
        super().__init__(daemon=True)
        self.box, self.pems = box, pems
        self.done, self.activated = [], {}
        self.stopping = False

    def run(self):
        number = 0
        while not self.stopping:
            number += 1
            user = 'user%d@example.org' % (number // 4)
            try:
                with self.box.admin() as admin:
                    name = admin.done('IMPORT', 'user=' + user,
                                      'pem=' + self.pems[number % len(self.pems)])['id']
                    self.done.append((user, name))
                    admin.done('ACTIVATE', 'user=' + user, 'id=' + name)
                    self.activated[user] = name
            except (OSError, ValueError):
                pass                        # killed meanwhile


def killed(box, certs):
    pems = [seald.encoded([certs.make('kill%d' % i, 'p256')]) for i in range(4)]
    writer = Writer(box, pems)
    writer.start()
    seen = set()
    for number in range(8):
        enough = len(writer.done) + 5
        procs.wait_for(lambda: len(writer.done) >= enough, 'imports go on')
        for pid in box.children('seald'):
            seen.add(pid)
            procs.kill(pid)
    writer.stopping = True
    writer.join()
    with box.admin() as admin:
        kind, check, problems = admin.ask('STORE-CHECK')
        same((kind, problems), ('OK', []), 'check')
        for user in {user for user, _ in writer.done}:
            found = states(admin, user)
            missing = [name for who, name in writer.done if who == user and name not in found]
            same(missing, [], 'committed and lost, of ' + user)
            active = [name for name, state in found.items() if state == 'active']
            assert len(active) <= 1, found
            if user in writer.activated:
                assert active, '%s: %s was active: %r' % (user, writer.activated[user], found)
    box.tap.note('%d imports, %d processes killed, %s profiles' %
                 (len(writer.done), len(seen), check['profiles']))
    assert len(writer.done) >= 40 and len(seen) >= 5, (len(writer.done), len(seen))


# -- the disk is full ----------------------------------------------------

def small_disk(box, size):
    """The store's folder on a file system of that size."""
    if os.geteuid() != 0:
        raise Skip('mounting needs root')
    folder = os.path.join(box.state, 'mail-seal')
    os.makedirs(folder)
    done = built.run('mount', '-t', 'tmpfs', '-o', 'size=%s,mode=0777' % size, 'none', folder)
    if done.returncode != 0:
        raise Skip('mount: ' + done.stderr.decode().strip())
    return folder


def fill(admin, pem, limit=2000):
    """Imports for new users until it is refused: (users, the refusal)"""
    for number in range(limit):
        kind, fields, _ = admin.ask('IMPORT', 'user=fill%d@example.org' % number, 'pem=' + pem)
        if kind != 'OK':
            return number, fields
    raise AssertionError('%d imports on a small disk' % limit)


def full(tap, certs):
    with Instance(tap) as box:
        folder = small_disk(box, '400k')
        try:
            box.user('alice')
            box.user('late')
            box.start()
            cert = certs.make('full', 'p256')
            box.enrol(USER, cert)
            pid = box.children('seald')
            with box.admin() as admin:
                count, refusal = fill(admin, seald.encoded([cert]))
                assert count > 10, count
                same(refusal['code'], 'full', 'refusal: %r' % refusal)
                # reading goes on, and so does delivery
                same(len(admin.ask('LIST')[2]), count + 1, 'profiles')
                for user in ('fill0@example.org', 'fill%d@example.org' % (count - 1)):
                    same(list(states(admin, user).values()), ['ready'], user)
                box.accepted('alice', messages.text('full'))
                opened.check(*box.messages(USER), messages.text('full'), cert)
                same(box.deliver('late', messages.text('late'))[0].code, 250, 'no profile')
                same(admin.ask('STORE-CHECK')[2], [], 'problems')
                same(admin.ask('ACTIVATE', 'user=fill0@example.org', 'id=x')[0], 'FAIL', 'answer')
                procs.wait_for(lambda: box.children('seald') == pid, 'the same process')
                # and where there is room again, writing too
                built.must('mount', '-o', 'remount,size=8m', folder)
                admin.done('IMPORT', 'user=late@example.org', 'pem=' + seald.encoded([cert]))
                same(admin.ask('STORE-CHECK')[2], [], 'problems')
            procs.wait_for(lambda: box.children('seald') == pid, 'the same process')
            box.no_crash()
        finally:
            box.stop()
            built.must('umount', folder)


# -- growing -------------------------------------------------------------

def growing(box, certs):
    """Past the map's first 64 MB."""
    large = certs.make('large', 'p256', nsComment='x' * 40000)
    pem = seald.encoded([large] + [certs.make('large%d' % i, 'p256', nsComment='x' * 40000)
                                   for i in range(9)])
    with box.admin() as admin:
        first = int(admin.done('STORE-CHECK')['map_size'])
        number = 0
        while int(admin.done('STORE-CHECK')['file_size']) <= first if number % 20 == 0 else True:
            admin.done('IMPORT', 'user=large%d@example.org' % number, 'pem=' + pem)
            number += 1
            assert number < 400, 'the file does not grow'
        grown = admin.done('STORE-CHECK')
        assert int(grown['map_size']) > first, grown
        for user in range(number):
            name, = states(admin, 'large%d@example.org' % user)
            admin.done('DELETE', 'user=large%d@example.org' % user, 'id=' + name)
        compact = admin.done('STORE-COMPACT')
        assert int(compact['after']) < int(compact['before']) // 10, compact
    data = messages.text('grown')
    box.accepted(USER, data)
    opened.Sealed(box.messages(USER)[-1])


# -- the protocol --------------------------------------------------------

def raw(box, name, data):
    """What seald says to these bytes until it hangs up, or is done."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(10)
        sock.connect(os.path.join(box.base, name))
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        said = b''
        while True:
            try:
                more = sock.recv(65536)
            except ConnectionError:
                return said
            if not more:
                return said
            said += more


def nonsense(box):
    """Hung up on, or answered FAIL; and the next client is served."""
    hello, pid = seald.VERSION, box.children('seald')
    rows = [b'', b'\n', b'\0' * 100, b'GET / HTTP/1.0\r\n\r\n', b'VERSION\tother\t1\t0\n1\tLIST\n',
            b'VERSION\tmail-seal\t2\t0\n1\tLIST\n', b'1\tLIST\n', hello + b'\n', hello + b'1\n',
            hello + b'\tLIST\n', hello + b'1\tDANCE\n', hello + b'1\tSEAL\n',
            hello + b'1\tSEAL\tuser=\n', hello + b'1\tSEAL\tuser=a\x010b\tcipher=aes256-cbc\n',
            hello + b'1\tSEAL\tuser=' + b'u' * 600 + b'\tcipher=aes256-cbc\n',
            hello + b'1\tSEAL\tuser=a\tcipher=rot13\n', hello + b'1\tSEAL\tcolour=blue\n',
            hello + b'1\tSEAL\tuser=a\tuser=b\tcipher=aes256-cbc\n',
            hello + b'1\tIMPORT\tuser=a\tpem=%%%%\n', hello + b'1\tIMPORT\tuser=a\n',
            hello + b'1\tSET\tuser=a\tid=b\n', hello + b'1\tSTORE-COPY\tdir=relative\n',
            hello + b'1\tIMPORT\tuser=a\tpem=' + b'A' * (3 << 20) + b'\n',
            hello + b'x' * (2 << 20)]
    for listener in ('mail-seal', 'mail-seal-admin'):
        for row in rows:
            said = raw(box, listener, row)
            assert b'\tOK' not in said, '%r: %r' % (row[:100], said[:300])
    procs.wait_for(lambda: box.children('seald') == pid, 'the same process')
    with box.admin() as admin:
        same(admin.ask('LIST')[0], 'OK', 'answer')


def a_listener_per_trust(box):
    for listener, commands in (
            ('mail-seal', (('LIST',), ('IMPORT', 'user=a', 'pem=AAAA'), ('STORE-CHECK',),
                           ('USER-SET', 'user=a', 'kill_switch=no'))),
            ('mail-seal-admin', (('SEAL', 'user=' + USER, 'cipher=aes256-cbc'),)),
            # what only an administrator may do, or do so
            ('mail-seal-portal', (
                ('IMPORT', 'user=' + USER, 'pem=AAAA'), ('LIST',), ('KEY-ROTATE', 'key=AAAA'),
                ('SET', 'user=' + USER, 'id=' + box.profile, 'cipher=aes128-cbc'),
                ('ACTIVATE', 'user=' + USER, 'id=' + box.profile),
                ('DEACTIVATE', 'user=' + USER), ('STORE-CHECK',), ('STORE-COMPACT',),
                ('STORE-COPY', 'dir=/tmp'), ('SEAL', 'user=' + USER, 'cipher=aes256-cbc'),
                ('OPEN', 'user=' + USER, 'recipients=AAAA', 'to=a@b', 'length=32')))):
        with seald.Seald(os.path.join(box.base, listener)) as client:
            for command in commands:
                kind, fields, rows = client.ask(*command)
                same((kind, rows), ('FAIL', []), '%s: %r' % (command[0], fields))
    with seald.Seald(os.path.join(box.base, 'mail-seal-portal')) as client:
        same(client.done('SHOW', 'user=' + USER, 'id=' + box.profile)['state'], 'active', 'state')
    about = os.stat(os.path.join(box.base, 'mail-seal-admin'))
    same(about.st_mode & 0o777, 0o600, 'mode of the admin socket')


def content_keys_are_fresh(box):
    """No two answers share a content key; nothing of it is on disk or in the log."""
    keys = set()
    with seald.Seald(os.path.join(box.base, 'mail-seal')) as client:
        for _ in range(100):
            keys.add(client.done('SEAL', 'user=' + USER, 'cipher=aes256-cbc')['key'])
    same(len(keys), 100, 'keys')
    for folder, _, files in os.walk(box.root):
        for name in files:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, 'rb') as file:
                    data = file.read()
                assert not any(key.encode() in data for key in keys), path


def store_is_private(box):
    folder = os.path.join(box.state, 'mail-seal')
    for top, _, files in os.walk(folder):
        same(os.stat(top).st_mode & 0o077, 0, top)
        for name in files:
            same(os.stat(os.path.join(top, name)).st_mode & 0o077, 0, name)


def more_clients_than_places(tap, certs):
    with Instance(tap, settings='service mail-seal {\n  client_limit = 10\n}') as box:
        box.user('alice')
        box.start()
        cert = certs.make('many', 'p256')
        box.enrol(USER, cert)
        path, clients = os.path.join(box.base, 'mail-seal'), []
        for _ in range(40):
            client = seald.Seald(path)
            same(client.ask('SEAL', 'user=' + USER, 'cipher=aes256-cbc')[0], 'OK', 'answer')
            clients.append(client)
        box.accepted('alice', messages.text('many'))
        opened.check(*box.messages(USER), messages.text('many'), cert)


# -- going on ------------------------------------------------------------

def reload(box, certs):
    """Deliveries go on: sealed, or deferred while Dovecot makes its sockets
    anew; and soon all of them are sealed again."""
    cert = certs.make('reload', 'p256')
    name = box.enrol('bob@example.org', cert)
    data, codes = messages.text('reload'), []
    for _ in range(3):
        old = box.children('seald')
        box.must('reload')
        codes += [delivered(box, data) for _ in range(15)]
        procs.wait_for(lambda: codes.append(delivered(box, data)) or codes[-3:] == [250] * 3,
                       'three in a row')
        procs.wait_for(lambda: not set(old) & set(box.children('seald')), 'the old seald ends')
    same(set(codes) - {250, 451, 421, LOST}, set(), 'replies')
    box.tap.note('replies: %r' % {code: codes.count(code) for code in set(codes)})
    for mail in box.messages('bob@example.org'):
        opened.check(mail, data, cert, profile=name)
    count = len(box.messages('bob@example.org'))
    # an answer that is lost, or a 421, may come after the mail was stored
    assert 0 <= count - codes.count(250) <= codes.count(LOST) + codes.count(421), (count, codes)


LOST = 0


def delivered(box, data):
    """The code of the reply; Dovecot itself drops connections, or ends them
    with 421, during a reload."""
    try:
        return box.deliver('bob', data)[0].code
    except AssertionError as unexpected:
        assert '421' in str(unexpected), unexpected
        return 421
    except OSError:
        return LOST


def restart(box):
    with box.admin() as admin:
        before = admin.ask('LIST')[2]
    box.stop()
    box.start_again()
    with box.admin() as admin:
        same(admin.ask('LIST')[2], before, 'profiles')


def store_is_lost(box):
    """data.mdb is gone: mail is deferred, rather than passed unsealed."""
    path = os.path.join(records.store_folder(box), 'data.mdb')
    os.rename(path, path + '.away')
    same(box.deliver('alice', messages.text('lost'))[0].code, 451, 'reply')
    procs.kill(box.children('seald')[0])
    procs.wait_for(lambda: box.deliver('alice', messages.text('lost'))[0].code == 451, 'deferred')
    os.rename(path + '.away', path)
    procs.wait_for(lambda: box.deliver('alice', messages.text('found'))[0].code == 250,
                   'the store is back')
    opened.Sealed(box.messages(USER)[-1])


def main(tap):
    with Certs() as certs:
        with Instance(tap, settings=PORTAL) as box:
            box.user('alice')
            box.user('bob')
            box.start()
            box.profile = box.enrol(USER, certs.make('owner', 'p256'))
            tap.case('nonsense from a client', nonsense, box)
            tap.case('a listener per trust', a_listener_per_trust, box)
            tap.case('content keys are fresh, and kept nowhere', content_keys_are_fresh, box)
            tap.case('the store is private', store_is_private, box)
            tap.case('kill -9: what was committed is there', killed, box, certs)
            tap.case('reload', reload, box, certs)
            tap.case('restart', restart, box)
            tap.case('the store grows, and shrinks', growing, box, certs)
            tap.case('the store is lost', store_is_lost, box)
            tap.case('nothing crashed', box.no_crash)
        tap.case('a full disk', full, tap, certs)
        tap.case('more clients than places', more_clients_than_places, tap, certs)


if __name__ == '__main__':
    Tap().run(main)

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many connections that send slowly or nothing: others are served meanwhile, and
in the end the slow ones are shown out."""

import os
import resource
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import procs
from lib.portal import Portal, basic
from lib.rawhttp import Raw, request
from lib.tap import Tap, same

USER = 'anna@example.org'
PLACES = 1000           # client_limit of conf.d/91-mail-seal-portal.conf
PATIENCE = 2            # seconds for one call of somebody else, on a busy machine

HALF = request('POST', '/api/v1/session', 'Authorization: ' + basic(USER, 'secret'),
               'Content-Type: application/json', 'Content-Length: 100')


class Crowd:
    """Connections that are opened and kept."""

    def __init__(self, box):
        self.box, self.members, self.tls = box, [], box.tls()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for member in self.members:
            member.close()

    def join(self, count, data=b'', tls=True, port=None):
        """That many more, which send data and then nothing."""
        for _ in range(count):
            raw = Raw(self.box.address, port or self.box.https_port, self.tls if tls else None)
            self.members.append(raw.send(data))

    def dribble(self, byte):
        """One more byte of each."""
        for raw in self.members:
            raw.send(byte)

    def left(self):
        """How many the server has not closed yet."""
        count = 0
        for raw in self.members:
            raw.sock.settimeout(0)
            try:
                while raw.sock.recv(65536):
                    pass
            except ConnectionError:
                pass
            except OSError as error:                # nothing to read: SSLWantRead too
                count += 'EOF' not in str(error)
            raw.sock.settimeout(30)
        return count


class Suite:
    def __init__(self, box):
        self.box = box
        box.api(USER).sign_in()
        self.pid, = box.portals()
        self.fds = self.count_fds()

    def count_fds(self):
        return len(os.listdir('/proc/%d/fd' % self.pid))

    def served(self, times=5):
        """Somebody else signs in and looks at their profiles, on new connections."""
        for _ in range(times):
            with self.box.api(USER) as api:
                began = time.monotonic()
                api.sign_in()
                api.profiles().must(200)
                api.sign_out().must(204)
                took = time.monotonic() - began
                assert took < PATIENCE, 'served after %.1f s' % took
        same(self.box.portals(), [self.pid], 'the service')
        self.box.no_crash()

    def gone(self):
        procs.wait_for(lambda: self.count_fds() <= self.fds, 'its descriptors are closed', 60)

    def slow(self):
        """1,000 of each kind of slowness; they are gone after 30 seconds, though
        they send a byte now and then."""
        with Crowd(self.box) as crowd:
            crowd.join(250, tls=False)                          # TCP only
            crowd.join(100, b'\x16\x03\x01\x02\x00', tls=False)  # the first bytes of TLS
            self.served()
            crowd.join(250)                                     # TLS, and nothing
            crowd.join(200, HALF[:40])
            self.served()
            crowd.join(200, HALF + b'{')                        # a part of the body
            assert crowd.left() > 900, crowd.left()
            self.served()
            began = time.monotonic()
            while crowd.left() and time.monotonic() - began < 60:
                crowd.dribble(b'x')
                time.sleep(2)
            same(crowd.left(), 0, 'connections that are left')
        self.gone()
        self.served(1)

    def behind_the_proxy(self):
        """Connections that never say whose they are."""
        with Crowd(self.box) as crowd:
            crowd.join(200, tls=False, port=self.box.proxied_port)
            crowd.join(100, b'PROXY TCP4 ', tls=False, port=self.box.proxied_port)
            self.served()
            procs.wait_for(lambda: not crowd.left(), 'they are closed', 60)
        self.gone()

    def all_places(self):
        """More than there are places: the newest get one."""
        with Crowd(self.box) as crowd:
            crowd.join(2 * PLACES + 200, tls=False)
            self.served()
            crowd.join(100)
            self.served()
        self.gone()
        self.served(1)

    def does_not_read(self):
        """Many answers that nobody takes off: they are not kept for long."""
        before = procs.status_kb(self.pid, 'VmRSS')
        with Crowd(self.box) as crowd:
            crowd.join(50, request('GET', '/') * 300)
            self.served()
            grown = procs.status_kb(self.pid, 'VmRSS') - before
            assert grown < 64 * 1024, 'grown by %d kB' % grown
        self.gone()

    def nobody_reads(self):
        """Answers that wait in all places: they are no reason to keep others out."""
        head = b'PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n'
        with Crowd(self.box) as crowd:
            crowd.join(PLACES + 50, head + request('GET', '/') * 40, tls=False,
                       port=self.box.proxied_port)
            self.served()
        self.gone()

    def keeps_alive(self):
        """Idle between two requests is as slow as before the first."""
        with Crowd(self.box) as crowd:
            crowd.join(50, request('GET', '/nowhere/at/all'))
            crowd.join(50, request('GET', '/'))
            procs.wait_for(lambda: not crowd.left(), 'they are closed', 60)
        self.gone()

    def ends(self):
        """Nobody who is slow keeps the service from ending."""
        with Crowd(self.box) as crowd:
            crowd.join(20)
            crowd.join(20, HALF[:40])
            crowd.join(20, HALF + b'{')
            self.served(1)
            self.box.stop()


def main(tap):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    with Portal(tap) as box:
        box.user('anna')
        box.start()
        suite = Suite(box)
        for name in ('slow', 'behind the proxy', 'all places', 'does not read', 'nobody reads',
                     'keeps alive', 'ends'):
            tap.case(name, getattr(suite, name.replace(' ', '_')))
        tap.case('nothing crashed', box.no_crash)


Tap().run(main)

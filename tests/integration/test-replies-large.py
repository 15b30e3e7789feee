#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Large replies through Dovecot's submission service, in constant memory; and none of
them, large or small, leaves its plaintext on a disk."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, procs, replies
from lib.canary import Canary
from lib.replies import envelope, message, opened, sign
from lib.submission import ANNA, BOB, Service
from lib.tap import Tap, same

HEAD = replies.header(ANNA, (BOB,))
LIMIT = 'submission_max_mail_size = 200M\n'
# what a large message may take more: buffers, and malloc's luck, but not 50 MB
MORE_KB = 16 << 10
KINDS = {'signed': (), 'opaque': ('-nodetach', '-stream')}


def text(size, line=b'0123456789abcdef 0123456789abcdef\r\n'):
    return b'Content-Type: text/plain\r\n\r\n' + line * (size // len(line))


def peak(service, entity, *options):
    """The most memory that the process of a connection had, in kB."""
    signed = sign(service.anna, entity, *options)
    made = message(HEAD, envelope(signed, [service.anna.bob], '-aes-256-cbc', '-stream'))
    with service.client() as client:
        process, = service.box.children('submission')
        got = service.arrives(client, made)
        found = procs.status_kb(process, 'VmHWM')
    same(len(got), len(opened(HEAD, entity)), 'bytes that arrive')
    assert got == opened(HEAD, entity), 'not what was sent'
    procs.wait_for(lambda: not service.box.children('submission'), 'the process ends')
    return found


def constant_memory(service, options):
    small = peak(service, text(1 << 20), *options)
    large = peak(service, text(50 << 20), *options)
    assert large < small + MORE_KB, '%d kB for 1 MB, %d kB for 50 MB' % (small, large)


# -- no plaintext on disk ------------------------------------------------

def written(box, canary):
    """{target: calls} of every traced write that shows the word."""
    found = {}
    for path in box.traces:
        for call, target in canary.traced(path):
            found.setdefault(target, set()).add(call)
    return found


def not_on_disk(tap):
    built.program('strace')
    canary, plain = Canary('s'), Canary('p')
    with Service(tap, trace=True) as service:
        box = service.box
        with service.client() as client:
            for size in (100, 127 << 10, 5 << 20):
                entity = b'Content-Type: text/plain\r\n\r\n' + canary.body(size)
                for options in KINDS.values():
                    made = message(HEAD, envelope(sign(service.anna, entity, *options),
                                                  [service.anna.bob]))
                    assert not canary.in_bytes(made), 'the word is there before it is opened'
                    assert service.arrives(client, made) == opened(HEAD, entity), size
            service.arrives(client, HEAD + b'\r\n' + plain.body(300000))
        box.stop()
        same(os.listdir(box.temp_dir), [], 'left in mail_temp_dir')
        same(canary.below(box.path('home'), box.base, box.state, box.log_path), [],
             'files with it')
        found = written(box, canary)
        assert found, 'the word was never written: nothing was tested'
        same({target: calls for target, calls in found.items()
              if not re.match(r'(socket|UNIX|TCP)\b', target)}, {}, 'written to')
        # of a message that nobody encrypted, this finds it in the spool file
        same(any(target.startswith(box.temp_dir) for target in written(box, plain)), True,
             'the spool file was seen')


def main(tap):
    with Service(tap, settings_too=LIMIT) as service:
        for name, options in KINDS.items():
            tap.case('50 MB in constant memory: ' + name, constant_memory, service, options)
        service.box.no_crash()
    tap.case('no plaintext on a disk', not_on_disk, tap)


if __name__ == '__main__':
    Tap().run(main)

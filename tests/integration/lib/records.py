# SPDX-License-Identifier: MIT
"""Writes user records into seald's store behind its back.

The DER follows the ASN.1 in src/store/profile.h, coded here by hand; mdb_load
of lmdb-utils puts it in place. This is how a test gets a profile that expired
yesterday, or a record that is damaged.
"""

import os
import time

from . import built
from .der import boolean, integer, octets, sequence, tlv

READY, ACTIVE, RETIRED = 1, 2, 3


def profile(number, certificates, state=ACTIVE, label=''):
    now = int(time.time())
    return sequence(
        tlv(0x13, b'%016x' % number), integer(1, 0x0a), integer(state, 0x0a),
        tlv(0x0c, label.encode()), integer(now), integer(now), integer(0),
        integer(0, 0x0a), boolean(False), sequence(*map(octets, certificates)),
        integer(1, 0x0a), sequence())


def record(user, *profiles, kill_switch=False, version=1):
    return sequence(integer(version), tlv(0x0c, user.encode()),
                    boolean(kill_switch), sequence(*profiles))


def store_folder(box):
    return os.path.join(box.state, 'mail-seal', 'profiles')


def put(box, *pairs):
    """Writes (user, value) pairs into the store of a running instance."""
    folder = store_folder(box)
    if not os.path.exists(os.path.join(folder, 'data.mdb')):
        raise AssertionError('there is no store in %s' % folder)
    text = 'VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\n'
    for user, value in pairs:
        text += ' %s\n %s\n' % (user.encode().hex(), value.hex())
    built.must(built.program('mdb_load'), '-f', '/dev/stdin', folder,
               data=(text + 'DATA=END\n').encode())

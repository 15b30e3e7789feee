# SPDX-License-Identifier: MIT
"""What it costs that a process loads the plugin: sessions that get a process of
their own each (as LMTP's do in Dovecot 2.4, and IMAP's everywhere)."""

import random

import cpu
from lib import conf
from variants import VARIANTS
from whole import Load

ONE_EACH = '''
service lmtp {
  %(name)s = 1
}
service imap {
  %(name)s = 1
}
''' % {'name': conf.either(v23='service_count', v24='restart_request_count')}
COMPARED = ('none', 'cbc')
SESSIONS = 40


def lmtp(bench, running, user, mails):
    """CPU (ns) of one session: LHLO, a message perhaps, QUIT."""
    count = max(4, bench.options.count * SESSIONS // 100)
    load = Load(bench.program('lmtp-load'), running, [user], mails, count, warm=2, reuse=1)
    used = load.go()['cpu'] / count
    load.close()
    running.empty([user])
    return used


def imap(bench, running, user):
    """CPU (ns) of logging in and out."""
    count = max(4, bench.options.count * SESSIONS // 200)
    for number in range(count + 1):
        if number == 1:                 # the first one warms up
            before = cpu.settled(running.meter)
        with running.box.imap(user):
            pass
    return (cpu.settled(running.meter) - before) / count


def run(bench):
    """{(what, variant): [ns of each round]}"""
    options = bench.options
    dovecots = {name: VARIANTS[name].start(bench, ONE_EACH, name + '-start')
                for name in COMPARED}
    source = random.Random(options.seed)
    found = {}
    try:
        for number in range(options.rounds):
            bench.say('start-up: round %d of %d' % (number + 1, options.rounds))
            names = list(COMPARED)
            source.shuffle(names)
            for name in names:
                running = dovecots[name]
                user = running.users[options.formats[0], options.fsync[0]][0]
                for what, used in (
                        ('LMTP, no message', lmtp(bench, running, user, [])),
                        ('LMTP, one message of 4 kB',
                         lmtp(bench, running, user, [bench.mails['4k']])),
                        ('IMAP, login and logout', imap(bench, running, user))):
                    found.setdefault((what, name), []).append(used)
    finally:
        for running in dovecots.values():
            running.close()
    return found

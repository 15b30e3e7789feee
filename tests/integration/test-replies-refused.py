#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Replies that Dovecot's submission service must not open, or not send: each is refused
with a sentence for the user, nothing is sent, and the connection goes on."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import built, conf, der, procs, replies
from lib.replies import INNER, envelope, message, opened, sign
from lib.submission import ANNA, BEN, BOB, EVE, Service
from lib.tap import Tap, same

DAMAGED = 'cannot be opened. It is damaged, was altered'
CUT = 'cannot be opened'
TOO_DEEP = 'encrypted or signed too many times over'
STRANGER = 'signed, but not with one of your certificates'
NOT_YOURS = 'is not one of yours any more (deleted), or belongs to another account'
NOT_FOR = 'to none that it made for %s. Send it to that address apart'
UNSIGNED = 'it is encrypted, but not signed. Please switch signing on'
MALLORY = 'mallory@remote.example'
DATA, SIGNED = der.DATA, der.oid('1.2.840.113549.1.7.2')


def flipped(blob, at):
    return blob[:at] + bytes([blob[at] ^ 1]) + blob[at:][1:]


def once(blob, old, new):
    """The one place in blob where it says old."""
    same((blob.count(old), len(old)), (1, len(new)), 'places to change')
    return blob.replace(old, new)


def wrapped(service, times):
    """In so many envelopes."""
    entity = INNER
    for _ in range(times - 1):
        entity = message(b'', envelope(entity, [service.anna.bob]))
    return envelope(entity, [service.anna.bob])


def deep(levels):
    """An envelope that goes ever deeper."""
    return (b'\x30\x80' + der.ENVELOPED + b'\xa0\x80\x30\x80' + der.integer(0) + b'\x31\x80' +
            b'\x30\x80' * levels)


def blobs(service):
    """{name: (what is sent in base64, the sentence)}"""
    anna, ben = service.anna, service.ben
    signed = sign(anna, INNER)
    cbc = envelope(signed, [anna.bob])
    gcm = envelope(signed, [anna.bob], '-aes-256-gcm')
    stream = envelope(signed, [anna.bob], '-aes-128-cbc', '-stream')
    stranger = service.ceremonies.create(ANNA)
    service.ceremonies.make_keys(stranger)
    service.ceremonies.issue(stranger)
    return {
        'altered: CBC, the padding': (flipped(cbc, len(cbc) - 17), DAMAGED),
        'altered: CBC, in the middle': (flipped(cbc, len(cbc) // 2), DAMAGED),
        'altered: GCM, the content': (flipped(gcm, len(gcm) - 300), DAMAGED),
        'altered: GCM, the tag': (flipped(gcm, len(gcm) - 1), DAMAGED),
        'altered: the wrapped key': (flipped(cbc, cbc.index(DATA) - 20), DAMAGED),
        'cut: CBC': (cbc[:-16], CUT), 'cut: GCM': (gcm[:-20], CUT), 'cut: BER': (stream[:-2], CUT),
        'trailing bytes': (cbc + b'\0', CUT),
        'signed by another user': (envelope(sign(ben, INNER), [anna.bob]), STRANGER),
        'signed by a pending profile': (envelope(sign(stranger, INNER), [anna.bob]), STRANGER),
        'altered below the signature': (envelope(
            signed.replace(b'The answer.', b'The Answer.'), [anna.bob]), DAMAGED),
        'altered below the opaque signature': (envelope(
            altered_opaque(anna), [anna.bob]), DAMAGED),
        'to another user\'s sender certificate': (envelope(signed, [ben.bob]), NOT_YOURS),
        'not the content type': (once(cbc, DATA, SIGNED), CUT),
        'an unknown cipher': (envelope(signed, [anna.bob], '-camellia-128-cbc'), CUT),
        'a length that lies': (longer(cbc), CUT),
        'six envelopes': (wrapped(service, 6), TOO_DEEP),
        'inside, says that it is encrypted': (envelope(message(b'', b'not at all'), [anna.bob]),
                                              DAMAGED),
        'inside, a structure without end': (envelope(message(b'', deep(10000)), [anna.bob]), DAMAGED),
    }


def altered_opaque(profile):
    made = built.must('openssl', 'cms', '-sign', '-binary', '-nodetach', '-outform', 'DER',
                      '-signer', profile.cert, '-inkey', profile.key, data=INNER)
    return message(b'', once(made, b'The answer.', b'The Answer.'), 'signed-data')


def longer(blob):
    """The encrypted content, which comes last, claims 2 GB."""
    # by what it says, too: these two bytes may be anywhere in what is encrypted
    at, = [at for at in range(len(blob) - 4) if blob[at:at + 2] == b'\x80\x82' and
           int.from_bytes(blob[at + 2:at + 4], 'big') == len(blob) - at - 4]
    return blob[:at] + b'\x80\x84\x7f\xff\xff\xff' + blob[at + 4:]


def is_refused(service, blob, sentence):
    made = message(replies.header(ANNA, (BOB,)), blob)
    with service.client() as client:
        service.is_refused(client, made, sentence)


def cut_in_base64(service):
    made = message(replies.header(ANNA, (BOB,)), envelope(INNER, [service.anna.bob]))
    with service.client() as client:
        for cut in (made[:-8], made[:-120] + b'\r\n', made[:-20] + b'!!\r\n'):
            service.is_refused(client, cut, 'cannot be opened')


# -- whom it goes to -----------------------------------------------------

def one_of_them(service):
    """Nothing is opened for a recipient it was not meant for, nor for the others."""
    head = replies.header(ANNA, (BOB,))
    made = message(head, envelope(sign(service.anna, INNER), [service.anna.bob]))
    with service.client() as client:
        for to in ((BOB, MALLORY), (MALLORY, BOB), (MALLORY,)):
            service.is_refused(client, made, NOT_FOR % MALLORY, to)
        service.is_refused(client, made, NOT_FOR % EVE, (BOB, EVE))
        # whoever else's certificates they are
        both = message(head, envelope(INNER, [service.anna.bob, service.ben.cert]))
        service.is_refused(client, both, NOT_FOR % BEN, (BOB, BEN))
        same(service.arrives(client, made), opened(head, INNER), 'what arrives for Bob')


def as_another_user(service):
    made = message(replies.header(BEN, (BOB,)), envelope(INNER, [service.anna.bob]))
    with service.client(BEN) as client:
        service.is_refused(client, made, NOT_YOURS)


# -- profiles ------------------------------------------------------------

def profiles(service):
    """A retired profile's replies are sent, a deleted one's are not."""
    old = service.ben
    new = service.profile('ben')
    new.bob = replies.sender_certificate(service.box, new, BOB)
    head = replies.header(BEN, (BOB,))
    with service.client(BEN) as client:
        for to, signer in ((old, old), (old, new), (new, old), (new, new)):
            made = message(head, envelope(sign(signer, INNER), [to.bob]))
            same(service.arrives(client, made), opened(head, INNER), 'what arrives')
        service.box.must('seal', 'profile', 'delete', BEN, old.id)
        service.is_refused(client, message(head, envelope(INNER, [old.bob])), NOT_YOURS)
        service.is_refused(client, message(head, envelope(sign(old, INNER), [new.bob])), STRANGER)
        made = message(head, envelope(sign(new, INNER), [new.bob]))
        same(service.arrives(client, made), opened(head, INNER), 'what arrives')


# -- policy --------------------------------------------------------------

def unsigned(service):
    """mail_seal_unsigned_replies = reject, for a user."""
    strict = service.ceremonies.issued('strict@example.org')
    strict.bob = replies.sender_certificate(service.box, strict, BOB)
    head = replies.header(strict.user, (BOB,))
    with service.client(strict.user) as client:
        made = message(head, envelope(INNER, [strict.bob]))
        service.is_refused(client, made, UNSIGNED)
        for options in ((), ('-nodetach',)):
            made = message(head, envelope(sign(strict, INNER, *options), [strict.bob]))
            same(service.arrives(client, made), opened(head, INNER), 'what arrives')
        plain = head + b'\r\nnot encrypted\r\n'
        same(service.arrives(client, plain), plain, 'what is not encrypted')


# -- what the administrator sees -----------------------------------------

METRIC = '''
metric outgoing {
  fields = bytes_in bytes_out
%s}
''' % conf.either(v23='''  filter = event=mail_seal_reply_finished
  group_by = result
''', v24='''  filter = event=mail_seal_reply_finished
  group_by result {
    method discrete {
    }
  }
''')


def metrics(service):
    """mail_seal_reply_finished, with what became of the message."""
    def rows():
        text = service.box.must('stats', 'dump').splitlines()
        names = text[0].split('\t')
        table = [dict(zip(names, line.split('\t'))) for line in text[1:]]
        return {(row['metric_name'], row['field']): row for row in table}

    procs.wait_for(lambda: ('outgoing_refused', 'bytes_in') in rows(), 'the metric', 10)
    got = rows()
    for result in ('opened', 'passed', 'refused'):
        same(('outgoing_' + result, 'bytes_in') in got, True, result + ' in %s' % list(got))
    one = got['outgoing_passed', 'bytes_in'], got['outgoing_passed', 'bytes_out']
    same(one[0]['sum'], one[1]['sum'], 'bytes of what passes')
    assert int(got['outgoing_refused', 'bytes_out']['sum']) == 0, got


def told(service):
    """The administrator knows who was refused, and why; and nothing of what it says."""
    log = service.box.log()
    for sentence in (DAMAGED, NOT_YOURS, STRANGER, TOO_DEEP):
        assert 'Warning: mail_seal: refused to send mail of %s: ' % ANNA in log, log[-3000:]
        assert sentence in log, sentence
    assert b'The answer' not in log.encode(), 'the log has the message'


def main(tap):
    with Service(tap, ('anna', 'ben'), {'strict': {'mail_seal_unsigned_replies': 'reject'}},
                 METRIC) as service:
        for name, (blob, sentence) in blobs(service).items():
            tap.case(name, is_refused, service, blob, sentence)
        tap.case('cut off in base64', cut_in_base64, service)
        tap.case('one of several recipients', one_of_them, service)
        tap.case('as another user', as_another_user, service)
        tap.case('what is not signed', unsigned, service)
        tap.case('retired and deleted profiles', profiles, service)
        tap.case('the log', told, service)
        tap.case('metrics', metrics, service)
        service.box.no_crash()


if __name__ == '__main__':
    Tap().run(main)

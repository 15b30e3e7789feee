# SPDX-License-Identifier: MIT
"""The messages that are delivered: as they come from the world, the same bytes
in each run. WORD is in each body, to be looked for in what was stored."""

import base64
import os
import random

SIZES = {'64': 64, '4k': 4 << 10, '75k': 75 << 10, '1M': 1 << 20, '10M': 10 << 20,
         '25M': 25 << 20}
WORD = b'quarterlyfigures'

HEAD = b'''Return-Path: <sender@remote.example>
Received: from [192.0.2.77] (dsl-77.remote.example [192.0.2.77])
\tby mail.remote.example (Postfix) with ESMTPSA id 4XK2hB1J9vz3c7Q
\tfor <user@example.org>; Thu,  1 Oct 2026 09:59:58 +0000 (UTC)
Authentication-Results: mx.example.org;
\tdkim=pass header.d=remote.example header.s=2026 header.b=c29tZXRo;
\tspf=pass smtp.mailfrom=sender@remote.example;
\tdmarc=pass header.from=remote.example
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=remote.example;
\ts=2026; t=1790848798; h=from:from:reply-to:subject:subject:date:date:
\tmessage-id:message-id:to:to:cc:mime-version:mime-version:content-type;
\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
\tb=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdEfGhIjKlMnOpQrStUvWxYz01
\t 23456789AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdEfGhIjKlMnOpQrStU
Message-ID: <5f1f8c0e-7a2d-4f7e-9f57-8b5ad1d54c55@remote.example>
Date: Thu, 1 Oct 2026 11:59:57 +0200
From: "A. Sender" <sender@remote.example>
To: "A. User" <user@example.org>
References: <0a6e9d57-13b1-4f0f-9f57-0c5ad1d54c55@example.org>
In-Reply-To: <0a6e9d57-13b1-4f0f-9f57-0c5ad1d54c55@example.org>
Subject: Re: The figures of the third quarter
User-Agent: Mozilla Thunderbird
MIME-Version: 1.0
Content-Language: en-GB
'''
WORDS = ('the of and to in a is that for it as was with be by on not he his but at are this have '
         'from or had an they which one you were all her she there would their we him been has '
         'when who will no more if out so up said what its about than into them can only other '
         'time new some could these two may first then do any like my now over such our man me '
         'meeting invoice contract schedule quarter customer budget deadline regards').split()


def text(source, size):
    """Lines of words, about size bytes."""
    out, line = [WORD.decode()], []
    length = len(WORD) + 2
    while length < size:
        line.append(source.choice(WORDS))
        if sum(map(len, line)) + len(line) > 66:
            out.append(' '.join(line))
            length += len(out[-1]) + 2
            line = []
    return '\n'.join(out) + '\n'


def html(source, size):
    words = text(source, size * 3 // 4).split('\n')
    return ('<html><head><meta charset="utf-8"></head><body>\n' +
            '\n'.join('<p style=3D"margin:0">%s</p>' % line for line in words) +
            '\n</body></html>\n')


def part(kind, body, more=''):
    return '--=_part\nContent-Type: %s\n%s\n%s\n' % (kind, more, body)


def plain(source, size):
    return 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n' + \
        text(source, size)


def alternative(source, size):
    """A newsletter: text, and the same in HTML."""
    return ('Content-Type: multipart/alternative; boundary="=_part"\n\n' +
            part('text/plain; charset=utf-8', text(source, size // 3)) +
            part('text/html; charset=utf-8', html(source, size * 2 // 3),
                 'Content-Transfer-Encoding: quoted-printable\n') + '--=_part--\n')


def attachment(source, size):
    """Some text, and a file that does not compress (as PDF, JPEG, DOCX)."""
    encoded = base64.b64encode(source.randbytes((size - 2000) * 57 // 78)).decode()
    lines = '\n'.join(encoded[i:i + 76] for i in range(0, len(encoded), 76))
    return ('Content-Type: multipart/mixed; boundary="=_part"\n\n' +
            part('text/plain; charset=utf-8', text(source, 1500)) +
            part('application/pdf; name="figures.pdf"', lines,
                 'Content-Transfer-Encoding: base64\n'
                 'Content-Disposition: attachment; filename="figures.pdf"\n') +
            '--=_part--\n')


def make(name):
    """The whole message of that size, CRLF."""
    size = SIZES[name]
    source = random.Random(size)
    if size < 1000:                     # a body of that size, the header comes extra
        body = 'Content-Type: text/plain\n\n' + text(source, 1).ljust(size - 1, '.') + '\n'
    else:
        kind = plain if size < 20000 else alternative if size < 500000 else attachment
        body = kind(source, size - len(HEAD) - 400)
    return (HEAD + body.encode()).replace(b'\n', b'\r\n')


def write(folder):
    """{size's name: path} of all of them."""
    paths = {}
    for name in SIZES:
        paths[name] = os.path.join(folder, name + '.eml')
        with open(paths[name], 'wb') as file:
            file.write(make(name))
    return paths

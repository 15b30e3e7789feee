# SPDX-License-Identifier: MIT
"""The portal's page in a real browser, against a real Dovecot over HTTPS: the
whole ceremony, the files, and what leaves the page."""

import base64
import os
import re
import shutil

from . import built, webfiles
from .pageaccess import access_cases
from .pageways import ways_back
from .portal import Portal, opened
from .recorder import Recorder
from .secrets import Secret, private_key, search
from .tap import same
from .visit import Visit

MAIL = (b'From: carol@remote.example\r\nTo: %s\r\nSubject: lunch\r\n\r\n'
        b'Shall we meet at noon?\r\n')
# Before a key is made: with what the page asked for, its export is tried. Then the page
# gets one that the test can know, so that it can be searched for.
WATCH = '''
const subtle = crypto.subtle, make = subtle.generateKey.bind(subtle);
const encode = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const watched = window.watched = [];
subtle.generateKey = async (algorithm, extractable, usages) => {
    const asked = await make(algorithm, extractable, usages), exported = [];
    for (const format of ['pkcs8', 'jwk', 'raw', 'spki'])
        await subtle.exportKey(format, asked.privateKey).then(() => exported.push(format), () => 0);
    const known = await make(algorithm, true, usages);
    watched.push([algorithm.name, extractable, exported,
        encode(await subtle.exportKey('pkcs8', known.privateKey))]);
    return known;
};
'''
STORED = '''
return Promise.all([localStorage.length, sessionStorage.length, document.cookie,
    indexedDB.databases().then(found => found.length), caches.keys().then(found => found.length),
    navigator.serviceWorker.getRegistrations().then(found => found.length),
    window.name]);
'''
ASKED = '''
return performance.getEntriesByType('resource').concat(
    performance.getEntriesByType('navigation')).map(entry => entry.name);
'''
# What an attacker would try who got a line into the page
INJECT = '''
const outcome = [], foreign = 'https://192.0.2.1/';
try {
    document.createElement('p').innerHTML = '<b>x</b>';
    outcome.push('markup');
} catch { /* as it should be */ }
try {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
} catch { /* as it should be */ }
if (window.injected)
    outcome.push('script');
const image = document.createElement('img');
const loaded = new Promise(resolve => {
    image.onload = () => resolve(true);
    image.onerror = () => resolve(false);
});
image.src = arguments[0] + '/image';
return Promise.all([loaded, fetch(foreign).then(() => true, () => false)])
    .then(([image, fetched]) => outcome.concat(image ? ['image'] : [], fetched ? ['fetch'] : []));
'''


class Suite:
    """One browser, one Dovecot; cases come from the modules that tell main()."""

    def __init__(self, tap, box, recorder, browser):
        self.tap, self.box, self.recorder, self.browser = tap, box, recorder, browser
        self.visit = self.saved = self.looks = None
        self.shots = os.path.join(built.BUILDDIR, 'tests', 'integration',
                                  'screenshots-' + browser.name)

    def case(self, name, function, *args):
        return self.tap.case('%s: %s' % (self.browser.name, name), function, *args)

    def visited(self, user, at=lambda name: None):
        return Visit(self.browser, self.box, self.recorder.url, user, at)


def pictures(suite):
    """at() of a visit: a numbered picture of each view."""
    shutil.rmtree(suite.shots, ignore_errors=True)
    os.makedirs(suite.shots)
    suite.tap.note('screenshots: ' + suite.shots)

    def at(name):
        number = len(os.listdir(suite.shots)) + 1
        suite.browser.shot(os.path.join(suite.shots, '%02d-%s.png' % (number, name)))
    return at


def ceremony(suite, user):
    """Visited as a user would; what it leaves is looked at by the next cases."""
    suite.visit = suite.visited(user, pictures(suite))
    suite.visit.open()
    suite.browser.console()         # of the browser's start
    suite.browser.script(WATCH)
    suite.visit.sign_in()
    suite.visit.begin()
    suite.visit.issue()
    suite.visit.save()
    suite.visit.install()
    suite.visit.activate(suite.visit.send_test())
    suite.visit.done()
    same(list(suite.visit.states().values()), ['active'], 'the list')
    assert len(os.listdir(suite.shots)) >= 12, os.listdir(suite.shots)
    suite.saved = suite.visit.saved


def first_mail(suite, user):
    """Sealed on arrival, and opens with the file that was saved."""
    suite.box.accepted(user, MAIL % user.encode())
    mail, = [mail for mail in suite.box.messages(user) if b'Subject: lunch' in mail]
    assert b'\nX-Mail-Seal: ' in mail and b'at noon' not in mail, mail[:1000]
    assert b'Shall we meet at noon?' in opened(mail, suite.saved), 'another text'


def unexported(suite):
    """What the page asked for: a root key that nothing can export, one user key."""
    made = suite.browser.script('return window.watched;')
    same([(name, extractable, exported) for name, extractable, exported, _ in made
          if name == 'ECDSA'], [('ECDSA', False, [])], 'the root key')
    same([name for name, *_ in made if name != 'ECDSA'], ['RSASSA-PKCS1-v1_5'], 'the others')


def secrets_of(suite):
    found = [Secret('the passphrase', suite.saved.passphrase.encode())]
    for form in webfiles.PKCS12 + ('mobileconfig',):
        found.append(Secret('the file ' + form, suite.saved.read(form)))
    for name, _, _, pkcs8 in suite.browser.script('return window.watched;'):
        pem = '-----BEGIN PRIVATE KEY-----\n%s-----END PRIVATE KEY-----\n' % (
            base64.encodebytes(base64.b64decode(pkcs8)).decode())
        for part, value in private_key(pem.encode()).items():
            found += pieces('%s of %s' % (part, name), value)
    return found


def pieces(name, value, size=32):
    """A secret for each piece, of what is private all through. In PKCS #8 is the public
    half, too."""
    if name.startswith('as PKCS'):
        return [Secret(name, value)]
    return [Secret('%s, from byte %d' % (name, at), value[at:at + size])
            for at in range(0, len(value) - size // 2, size)]


def unsent(suite):
    """No form of a secret is in any byte; of what is sent, each form is found."""
    sent = suite.recorder.bytes()
    assert search([Secret('the password', b'%s:secret' % suite.visit.user.encode())], sent,
                  'it'), 'the search finds nothing at all'
    secrets = secrets_of(suite)
    assert len(secrets) > 40, [secret.name for secret in secrets]
    same(search(secrets, sent, 'what was sent') +
         search(secrets, suite.box.log().encode(), 'the log'), [], 'secrets')


def unstored(suite):
    same(suite.browser.script(STORED), [0, 0, '', 0, 0, 0, ''], 'stored')


def silent(suite):
    same(suite.browser.console(), [], 'the console')


def alone(suite):
    """Nothing but the portal was asked for anything."""
    asked = suite.browser.script(ASKED)
    if hasattr(suite.browser, 'requests'):
        asked += [url for url in suite.browser.requests() if not url.startswith('data:')]
    assert len(asked) > 5, asked
    same([url for url in asked if not url.startswith((suite.recorder.url + '/', 'blob:'))], [],
         'other addresses')


def policed(suite):
    """No markup, no script, nothing from elsewhere. What is stopped is told on the
    console, so that none was merely without success."""
    types = suite.browser.script('return "trustedTypes" in window;')
    same(suite.browser.script(INJECT, suite.recorder.url), [] if types else ['markup'],
         'what was let in')
    told = '\n'.join(suite.browser.console())
    for word in ('img-src', 'connect-src', 'TrustedHTML|trusted-types' if types else 'script-src'):
        assert re.search(word, told), '%s: %s' % (word, told)
    same(re.findall(rb'GET /image ', suite.recorder.sent()), [], 'what was asked for')


def judged(suite, user):
    """The files, by everybody who reads them."""
    for judge in (webfiles.openssl, webfiles.verify, webfiles.nss, webfiles.gpgsm,
                  webfiles.gnutls, webfiles.mobileconfig):
        suite.case('%s reads the files' % judge.__name__, judge, suite.saved)
    nonce = re.findall(rb'"nonce": ?"([^"]+)"', suite.recorder.sent())[-1].decode()
    suite.case('node-forge and PKI.js read the files', webfiles.libraries, suite.saved,
               suite.recorder.issued(), user, nonce)


def ceremony_cases(suite):
    user = 'anna@example.org'
    suite.case('the whole ceremony', ceremony, suite, user)
    if suite.saved is None:
        return                      # nothing to look at
    suite.case('the root key cannot be exported', unexported, suite)
    suite.case('nothing secret leaves the page', unsent, suite)
    suite.case('nothing is stored', unstored, suite)
    suite.case('nothing is on the console', silent, suite)
    suite.case('nothing else is asked', alone, suite)
    suite.case('the policy is in force', policed, suite)
    suite.case('the first mail is sealed, and opens', first_mail, suite, user)
    judged(suite, user)


def main(tap, kind):
    """kind: the browser's class."""
    with Portal(tap) as box:
        for name in ('anna', 'berta', 'carla', 'dora', 'emil'):
            box.user(name)
        box.start()
        with Recorder(box) as recorder, kind(box.path('browser')) as browser:
            suite = Suite(tap, box, recorder, browser)
            ceremony_cases(suite)
            ways_back(suite)
            access_cases(suite)
        box.no_crash()

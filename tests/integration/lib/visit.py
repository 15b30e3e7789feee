# SPDX-License-Identifier: MIT
"""A user at the portal's page: the ceremony by its buttons. The ids are told at
the head of plugin/portal/web/app.js."""

import os

from . import built
from .portal import CODE, opened
from .tap import same

FORMS = ('current', 'compatible', 'mobileconfig', 'root', 'issuer', 'user')
CLIENTS = ('thunderbird', 'ios', 'apple', 'outlook', 'evolution')


class Saved:
    """What was saved of one profile: files (form: path) and their passphrase. cert and
    key, PEM, make it what portal.opened() takes."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.folder, self.files, self.passphrase, self.profile = folder, {}, None, None
        self.cert, self.key = self.path('cert.pem'), self.path('key.pem')

    def path(self, name):
        return os.path.join(self.folder, name)

    def open(self):
        """Takes certificate and key out of the file, as a mail program does."""
        common = ['openssl', 'pkcs12', '-in', self.files['current'],
                  '-passin', 'pass:' + self.passphrase]
        built.must(*common, '-clcerts', '-nokeys', '-out', self.cert)
        built.must(*common, '-nocerts', '-nodes', '-out', self.key)

    def read(self, form):
        with open(self.files[form], 'rb') as file:
            return file.read()


class Visit:
    """at: called with a name at every view, once it is there."""

    count = 0

    def __init__(self, browser, box, url, user, at=lambda name: None):
        self.browser, self.box, self.url, self.user, self.at = browser, box, url, user, at
        Visit.count += 1
        self.saved = Saved(box.path('saved%d' % Visit.count))
        self.code = None            # from the test mail

    # -- what a view says -------------------------------------------------

    def heading(self):
        return self.browser.text('#step-heading')

    def problem(self):
        """The sentence that says what failed, once it is there."""
        browser = self.browser
        browser.wait(lambda: browser.script(
            'return document.getElementById("problem").textContent !== "";'),
            'a failure is told')
        return browser.text('#problem')

    def no_problem(self):
        same(self.browser.script('return document.getElementById("problem").textContent;'), '',
             'the page tells a failure')

    def reach(self, selector, name):
        """Waits for a view by what is on it; a failure that is told ends the wait."""
        def there():
            self.no_problem()
            return self.browser.sees(selector)
        self.browser.wait(there, 'to see %s: %s' % (name, selector), 90)
        self.at(name)

    def states(self):
        """{id: state} of the list that is shown."""
        return dict(self.browser.script('''
            return [...document.querySelectorAll('[data-profile]')].map(
                item => [item.dataset.profile, item.dataset.state]);'''))

    # -- the steps --------------------------------------------------------

    def open(self):
        self.browser.open(self.url)
        self.browser.click('#lang-en')
        self.reach('#sign-in-submit', 'sign-in')

    def fill_sign_in(self, password='secret'):
        self.browser.type('#sign-in-user', self.user)
        self.browser.type('#sign-in-password', password)
        self.browser.click('#sign-in-submit')

    def sign_in(self):
        self.fill_sign_in()
        self.reach('#new-profile', 'list')

    def begin(self, days=730, label='laptop'):
        self.browser.click('#new-profile')
        self.reach('#issue', 'new')
        self.browser.click('#days-%d' % days)
        self.browser.type('#label', label)

    def issue(self):
        self.browser.click('#issue')
        self.issued()

    def issued(self):
        self.reach('#passphrase', 'save')
        self.saved.passphrase = self.browser.text('#passphrase')

    def save(self, *forms):
        for form in forms or FORMS:
            self.saved.files[form] = self.browser.download('#save-' + form)
        self.saved.open()

    def install(self):
        self.browser.click('#go-install')
        self.reach('#client-' + CLIENTS[0], 'install')
        for client in CLIENTS:
            self.browser.click('#client-' + client)
            self.at('install-' + client)
        self.browser.click('#go-prove')
        self.reach('#send-test', 'prove')

    def send_test(self, press=None):
        """Has the code mailed; the code, as it is in the mail that was opened."""
        before = len(self.box.messages(self.user))
        if press is None:
            self.browser.click('#send-test')
        else:
            press()

        def come():
            # notices come, too, of what was done
            for mail in self.box.messages(self.user)[before:]:
                found = CODE.search(opened(mail, self.saved)) if b'pkcs7-mime' in mail else None
                if found:
                    return found.group(1).decode()
            return None
        return self.browser.wait(come, 'the test mail arrives')

    def activate(self, code, password='secret'):
        self.browser.type('#code', code)
        self.browser.type('#code-password', password)
        self.browser.click('#activate')

    def done(self):
        self.reach('#done', 'done')
        self.browser.click('#done')
        self.reach('#new-profile', 'list-active')

    def whole(self, *forms, **wish):
        """From signing in to the list with the active profile."""
        self.open()
        self.sign_in()
        self.begin(**wish)
        self.issue()
        self.save(*forms)
        self.install()
        self.activate(self.send_test())
        self.done()
        return self.saved

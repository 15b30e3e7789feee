# SPDX-License-Identifier: MIT
"""Whether everybody can use the portal's page: by keyboard alone, on a small
screen, in the dark, in both languages, from a file; axe-core judges each view."""

import json

from . import webfiles
from .pageways import end_session, offline
from .tap import Skip, same

# colours that are still changing are none to be judged
AXE = '''
return (async () => {
do {
    await new Promise(requestAnimationFrame);
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
} while (document.getAnimations().length > 0);
const found = await axe.run(document, { resultTypes: ['violations'] });
return found.violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, impact, nodes }) => [id, impact, ...nodes.map(({ html }) => html)]);
})();
'''
WIDE = '''
return [...document.querySelectorAll('body, body *')].filter(element =>
    element.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(
        element).position !== 'absolute').map(element => element.outerHTML.slice(0, 200)).concat(
    document.documentElement.scrollWidth > innerWidth ? ['it scrolls to the side'] : []);
'''


class Looks:
    """at() of a visit: looks at each view in every way; wrong has what is."""

    def __init__(self, suite, axe):
        self.browser, self.axe = suite.browser, axe
        self.seen, self.wrong = [], {'axe': [], 'width': [], 'language': []}

    def at(self, name):
        self.seen.append(name)
        dialog = self.browser.sees('dialog[open]')
        for language in ('de', 'en'):
            # what is below a question cannot be pressed
            if not dialog:
                self.language(name, language)
            for scheme in ('light', 'dark'):
                self.browser.scheme(scheme)
                self.judge('%s, %s, %s' % (name, language, scheme))
            self.width('%s, %s' % (name, language))

    def language(self, name, language):
        before = self.browser.text('body')
        self.browser.click('#lang-' + language)
        told = self.browser.script('return document.documentElement.lang;')
        if told != language or (language == 'de' and self.browser.text('body') == before):
            self.wrong['language'].append((name, language, told))

    def judge(self, what):
        if self.axe is None:
            return
        if not self.browser.script('return typeof window.axe === "object";'):
            self.browser.script(self.axe)
        found = self.browser.script(AXE)
        if found:
            self.wrong['axe'].append((what, found))

    def width(self, what):
        self.browser.width(320)
        found = self.browser.script(WIDE)
        self.browser.width(None)
        if found:
            self.wrong['width'].append((what, found[:3]))


def look_at_all(suite, user):
    """The ceremony, each view looked at, and the questions on top of it."""
    try:
        axe = webfiles.library('axe-core/axe.min.js')
    except Skip as reason:
        axe = None
        suite.tap.note(reason)
    looks = suite.looks = Looks(suite, axe)
    visit = suite.visit = suite.visited(user, looks.at)
    visit.open()
    visit.fill_sign_in('wrong')
    visit.problem()
    looks.at('sign-in-failed')
    visit.sign_in()
    visit.begin()
    visit.issue()
    suite.browser.click('#go-install')
    suite.browser.wait('dialog[open]')
    looks.at('unsaved')
    suite.browser.click('#question-no')
    visit.save('current')
    end_session(suite)
    suite.browser.click('#back')
    suite.browser.wait('dialog[open]')
    looks.at('sign-in-again')
    suite.browser.type('dialog #sign-in-password', 'secret')
    suite.browser.click('dialog #sign-in-submit')
    visit.reach('.continue', 'list-made')
    suite.browser.click('.continue')
    visit.reach('#passphrase', 'save')
    visit.install()
    code = visit.send_test()
    visit.activate('AAAA-AAAA-AA')
    visit.problem()
    looks.at('prove-failed')
    visit.activate(code)
    visit.done()
    suite.browser.click('.deactivate')
    suite.browser.wait('dialog[open]')
    looks.at('deactivate')
    suite.browser.click('#question-no')
    assert len(looks.seen) >= 19, looks.seen


def seen(suite, kind):
    if kind == 'axe' and suite.looks.axe is None:
        raise Skip('axe-core is not to be had')
    same(suite.looks.wrong[kind], [], json.dumps(suite.looks.wrong[kind])[:4000])


class Keyboard:
    """Tab, letters and Enter; the mouse is in the drawer."""

    def __init__(self, suite, visit):
        self.suite, self.browser, self.visit = suite, suite.browser, visit

    def reach(self, name):
        for _ in range(80):
            if self.browser.focused() == name:
                return
            self.browser.keys('Tab')
        raise AssertionError('Tab does not reach %s' % name)

    def write(self, name, text):
        self.reach(name)
        self.browser.keys(*text)

    def press(self, name):
        self.reach(name)
        self.browser.keys('Enter')

    def ceremony(self):
        visit = self.visit
        self.write('sign-in-user', visit.user)
        self.write('sign-in-password', 'secret')
        self.browser.keys('Enter')
        visit.reach('#new-profile', 'list')
        self.press('new-profile')
        visit.reach('#issue', 'new')
        same(self.browser.focused(), 'step-heading', 'the focus in a new view')
        # another day by the arrow keys
        self.reach('days-730')
        self.browser.keys('Down')
        self.write('label', 'keys')
        self.press('issue')
        visit.issued()
        visit.saved.files['current'] = self.browser.download(lambda: self.press('save-current'))
        visit.saved.open()
        self.press('go-install')
        visit.reach('#client-thunderbird', 'install')
        self.press('client-thunderbird')
        self.press('go-prove')
        visit.reach('#send-test', 'prove')
        code = visit.send_test(lambda: self.press('send-test'))
        self.write('code', code)
        self.write('code-password', 'secret')
        self.browser.keys('Enter')
        visit.reach('#done', 'done')
        self.press('done')
        visit.reach('[data-state=active]', 'list')


def by_keyboard(suite, user):
    visit = suite.visited(user)
    suite.browser.open(visit.url)
    suite.browser.wait('#sign-in-user')
    Keyboard(suite, visit).ceremony()
    days = suite.browser.script(
        'return document.querySelector("[data-state=active]").textContent;')
    assert 'keys' in days, days


def access_cases(suite):
    suite.case('every view is seen', look_at_all, suite, 'carla@example.org')
    if suite.looks is not None:
        suite.case('the page from a file', offline, suite, 'emil@example.org', suite.looks.at)
        suite.case('axe-core finds nothing serious, in light and dark', seen, suite, 'axe')
        suite.case('320 pixels are wide enough', seen, suite, 'width')
        suite.case('both languages, switched at every view', seen, suite, 'language')
    suite.case('the whole ceremony by keyboard', by_keyboard, suite, 'dora@example.org')

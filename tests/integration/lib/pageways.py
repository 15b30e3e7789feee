# SPDX-License-Identifier: MIT
"""What goes wrong at the portal's page, and the ways back; and the page from a
file, without a server."""

import os
import re

from . import built, webfiles
from .ceremony import PEM
from .portal import opened, read_code
from .tap import same
from .visit import Visit

LEAVES = '''
const event = new Event('beforeunload', { cancelable: true });
dispatchEvent(event);
return event.defaultPrevented;
'''
DIALOG = 'dialog[open] '


def profiles(suite, user):
    """{id: state}, by the administrator's command."""
    text = suite.box.must('-f', 'tab', 'seal', 'profile', 'list', user)
    return {name: state for name, state in re.findall(
        r'\b([0-9a-f]{16})\b.*?\b(pending|ready|active|retired)\b', text)}


def end_session(suite):
    """As if fifteen minutes had passed."""
    api = suite.box.api(suite.visit.user)
    api.token = suite.recorder.token()
    api.sign_out().must(204)
    api.close()


def sign_in_refused(suite, user):
    visit = suite.visit = suite.visited(user)
    visit.open()
    visit.fill_sign_in('wrong')
    assert 'wrong' in visit.problem(), visit.problem()
    same(suite.browser.focused(), 'sign-in-password', 'the focus')
    same(suite.browser.script('return document.getElementById("sign-in-password").value;'), '',
         'the password')
    visit.sign_in()


def session_ended(suite):
    """In the middle: a wrong password, then the right one, and it goes on."""
    browser, visit = suite.browser, suite.visit
    visit.begin()
    end_session(suite)
    browser.click('#issue')
    browser.type(DIALOG + '#sign-in-password', 'wrong')
    browser.click(DIALOG + '#sign-in-submit')
    browser.wait(lambda: browser.text(DIALOG + '[role=alert]') != '', 'a failure is told')
    browser.type(DIALOG + '#sign-in-password', 'secret')
    browser.click(DIALOG + '#sign-in-submit')
    visit.issued()
    same(len(profiles(suite, visit.user)), 1, 'profiles')


def session_given_up(suite):
    """Not signing in again leaves the view, and what was made."""
    browser, visit = suite.browser, suite.visit
    end_session(suite)
    browser.click('#back')
    browser.click(DIALOG + '#sign-in-cancel')
    visit.problem()
    same(browser.text('#passphrase'), visit.saved.passphrase, 'the passphrase')
    browser.click('#back')
    browser.type(DIALOG + '#sign-in-password', 'secret')
    browser.click(DIALOG + '#sign-in-submit')
    visit.reach('.continue', 'list')
    browser.click('.continue')
    visit.reach('#passphrase', 'save')
    same(browser.text('#passphrase'), visit.saved.passphrase, 'the passphrase')


def unsaved(suite):
    browser, visit = suite.browser, suite.visit
    same(browser.script(LEAVES), True, 'leaving asks')
    browser.click('#go-install')
    browser.click(DIALOG + '#question-no')
    visit.reach('#passphrase', 'save')
    visit.save('current')
    same(browser.script(LEAVES), False, 'leaving asks after it is saved')


def begun_before(suite):
    """The page is opened again: the key is in the file alone, and that is enough."""
    browser, visit = suite.browser, suite.visit
    visit.open()
    visit.sign_in()
    same(list(visit.states().values()), ['ready'], 'the list')
    browser.click('[data-state=ready] .prove')
    visit.reach('#send-test', 'prove')
    visit.code = visit.send_test()


def activation_refused(suite):
    """A wrong code, then a wrong password, then both right."""
    browser, visit = suite.browser, suite.visit
    visit.activate('AAAA-AAAA-AA')
    first = visit.problem()
    same(browser.focused(), 'code-password', 'the focus')
    visit.activate(visit.code, 'wrong')
    browser.wait(lambda: browser.text('#problem') not in ('', first), 'another failure')
    visit.activate(visit.code)
    visit.done()
    same(list(visit.states().values()), ['active'], 'the list')


def switched_off(suite):
    """Deactivated, with a question first; then deleted."""
    browser, visit = suite.browser, suite.visit
    browser.click('.deactivate')
    browser.click(DIALOG + '#question-no')
    same(list(profiles(suite, visit.user).values()), ['active'], 'after no')
    browser.click('.deactivate')
    browser.click(DIALOG + '#question-yes')
    visit.reach('[data-state=retired]', 'list')
    browser.click('.delete')
    browser.click(DIALOG + '#question-yes')
    browser.wait(lambda: visit.states() == {}, 'an empty list')
    same(profiles(suite, visit.user), {}, 'profiles')


def kill_switch(suite):
    browser, visit = suite.browser, suite.visit
    browser.click('#kill-switch')
    browser.click(DIALOG + '#question-yes')
    browser.wait(lambda: 'yes' in suite.box.must('seal', 'user', 'show', visit.user),
                 'the kill switch is on')
    replies = suite.box.deliver(visit.user, b'Subject: plain\r\n\r\nx\r\n')
    assert 500 <= replies[0].code < 600, replies


def away(suite):
    """No connection, and then there is one again."""
    browser, visit = suite.browser, suite.visit
    visit.begin()
    suite.recorder.cut(True)
    browser.click('#issue')
    visit.problem()
    suite.recorder.cut(False)
    visit.issue()
    browser.click('#back')
    visit.reach('.delete', 'list')


def lost(suite):
    """Made, and the page closed without saving: all that is left is to delete it."""
    browser, visit = suite.browser, suite.visit
    visit.open()
    visit.sign_in()
    same(browser.sees('.continue'), False, 'a way on')
    browser.click('[data-state=ready] .delete')
    browser.click(DIALOG + '#question-yes')
    browser.wait(lambda: visit.states() == {}, 'an empty list')


def signed_out(suite):
    browser, visit = suite.browser, suite.visit
    api = suite.box.api(visit.user)
    api.token = suite.recorder.token()
    api.profiles().must(200)
    browser.click('#sign-out')
    visit.reach('#sign-in-submit', 'sign-in')
    browser.wait(lambda: api.profiles().status == 401, 'the token is void')
    api.close()


def ways_back(suite):
    user = 'berta@example.org'
    for name, function, *more in (
            ('a wrong password at signing in', sign_in_refused, user),
            ('the session ends in the middle', session_ended),
            ('signing in again is put off', session_given_up),
            ('leaving with an unsaved key', unsaved),
            ('going on in a page opened later', begun_before),
            ('wrong code and password at activating', activation_refused),
            ('deactivating and deleting', switched_off),
            ('the kill switch', kill_switch),
            ('no connection for a while', away),
            ('a key that was lost', lost),
            ('signing out', signed_out)):
        suite.case(name, function, suite, *more)


def offline(suite, user, at):
    """The page from a file; an administrator types the commands."""
    box, browser = suite.box, suite.browser
    visit = Visit(browser, box, 'file://' + os.path.join(
        built.BUILDDIR, 'mail-seal-portal.html'), user, at)
    browser.console()
    browser.open(visit.url)
    browser.click('#lang-en')
    visit.reach('#offline-make', 'offline')
    text = box.must('seal', 'profile', 'create', user)
    name = re.search(r'\b[0-9a-f]{16}\b', PEM.sub('', text)).group()
    browser.type('#offline-request', PEM.search(text).group())
    browser.type('#offline-address', user)
    browser.click('#offline-make')
    visit.reach('#offline-answer', 'offline-answer')
    answer = box.must('seal', 'profile', 'issue', user, name,
                      browser.download('#offline-chain', 'chain'),
                      browser.download('#offline-csr', 'request'))
    browser.type('#offline-answer', answer)
    browser.click('#offline-finish')
    visit.issued()
    visit.save()
    webfiles.openssl(visit.saved)
    webfiles.verify(visit.saved)
    box.must('seal', 'profile', 'prove', user, name)
    box.must('seal', 'profile', 'activate', user, name,
             read_code(box.messages(user)[-1], visit.saved))
    box.accepted(user, b'Subject: first\r\n\r\nHello\r\n')
    mail, = [mail for mail in box.messages(user) if b'Subject: first' in mail]
    assert b'Hello' in opened(mail, visit.saved), 'another text'
    same(browser.console(), [], 'the console')

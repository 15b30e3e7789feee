# SPDX-License-Identifier: MIT
"""dovecot.conf as Dovecot 2.3 reads it."""

DOVECOT = '''
base_dir = {box.base}
state_dir = {box.state}
log_path = {box.log_path}
instance_name = mail-seal-test
protocols = imap lmtp
listen = {box.address}
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
import_environment = TZ CORE_OUTOFMEM CORE_ERROR {environment}
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
hostname = mx.example.org
postmaster_address = postmaster@example.org
first_valid_uid = 1
mail_location = maildir:~/Maildir
mailbox_list_index = yes
lda_mailbox_autocreate = yes
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = passwd-file
  args = {box.root}/users
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  inet_listener imap {{
    address = {box.address}
    port = {box.imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
{unprivileged}
mail_plugins = {plugins}
protocol lmtp {{
  mail_plugins = $mail_plugins{sieve}
}}
protocol lda {{
  mail_plugins = $mail_plugins{sieve}
}}
protocol imap {{
  mail_plugins = $mail_plugins{imap_quota}
}}
{include}
mail_temp_dir = {box.temp_dir}
plugin {{
{plugin_settings}
}}
{box.settings}
'''

# a plugin's setting, for -o
OPTION = 'plugin/%s'

UNPRIVILEGED = '''
service imap-login {
  chroot =
}
service anvil {
  chroot =
}
'''

LOCATIONS = {'maildir': 'maildir:~/Maildir', 'sdbox': 'sdbox:~/sdbox',
             'mdbox': 'mdbox:~/mdbox'}


def user_fields(store, quota, settings):
    """[(name, value)] for the userdb. store: a format, or a mail location."""
    fields = [('mail', LOCATIONS.get(store, store))]
    if quota:
        fields.append(('quota_rule', '*:storage=' + quota))
    return fields + list(settings.items())


def dovecot(box, environment, include, **names):
    settings = {'sieve': 'file:~/sieve;active=~/.dovecot.sieve',
                'sieve_vacation_send_from_recipient': 'yes'} if box.sieve else {}
    if box.quota:
        settings.update(quota='count:User quota', quota_vsizes='yes')
    settings.update(box.plugin_settings)
    return DOVECOT.format(
        box=box, include=include, unprivileged=UNPRIVILEGED if box.unprivileged else '',
        environment=' '.join('%s=%s' % pair for pair in environment.items()),
        plugins='quota' if box.quota else '', sieve=' sieve' if box.sieve else '',
        imap_quota=' imap_quota' if box.quota else '',
        plugin_settings='\n'.join('  %s = %s' % pair for pair in settings.items()), **names)


def plugins(protocol, *names):
    """More plugins for a protocol."""
    return 'protocol %s {\n  mail_plugins = $mail_plugins %s\n}\n' % (protocol, ' '.join(names))


def shared(variable):
    """A namespace of all users' maildirs: shared/NAME, where NAME is the user,
    or the username, without the domain."""
    letter = {'user': 'u', 'username': 'n'}[variable]
    return '''namespace shared {
  type = shared
  prefix = shared/%%%%%(letter)s/
  separator = /
  location = maildir:%%%%h/Maildir:INDEXPVT=~/shared/%%%%%(letter)s
  subscriptions = no
  list = children
}
''' % {'letter': letter}


def public(name, store, folder):
    """A public namespace in that folder."""
    return '''namespace %s {
  type = public
  prefix = %s/
  separator = /
  location = %s:%s
  subscriptions = no
}
''' % (name, name, store, folder)

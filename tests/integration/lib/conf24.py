# SPDX-License-Identifier: MIT
"""dovecot.conf as Dovecot 2.4 reads it."""

DOVECOT = '''
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = {box.base}
state_dir = {box.state}
log_path = {box.log_path}
instance_name = mail-seal-test
protocols = imap lmtp
listen = {box.address}
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
{environment}
ssl = no
auth_allow_cleartext = yes
auth_mechanisms = plain
hostname = mx.example.org
postmaster_address = postmaster@example.org
first_valid_uid = 1
mail_driver = maildir
mail_path = ~/Maildir
mailbox_list_index = yes
lda_mailbox_autocreate = yes
passdb static {{
  password = secret
}}
userdb passwd-file {{
  passwd_file_path = {box.root}/users
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  inet_listener imap {{
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
{parts}
{include}
mail_temp_dir = {box.temp_dir}
{plugin_settings}
{box.settings}
'''

# a plugin's setting, for -o
OPTION = '%s'

UNPRIVILEGED = '''
service imap-login {
  chroot =
}
service anvil {
  chroot =
}
'''

SIEVE = '''
sieve_script personal {
  driver = file
  path = ~/sieve
  active_path = ~/.dovecot.sieve
}
sieve_vacation_send_from_recipient = yes
'''

# without the default's 10 MB on top
QUOTA = '''
quota "User quota" {
  driver = count
}
quota_storage_grace = 0
'''

PATHS = {'maildir': '~/Maildir', 'sdbox': '~/sdbox', 'mdbox': '~/mdbox'}


def user_fields(store, quota, settings):
    """[(name, value)] for the userdb. store: a format, or a mail location."""
    driver, _, path = store.partition(':')
    fields = [('mail_driver', driver), ('mail_path', path or PATHS[driver])]
    if quota:
        fields.append(('quota_storage_size', quota))
    return fields + list(settings.items())


def dovecot(box, environment, include, **names):
    parts = ''
    if box.sieve:
        parts += SIEVE + plugins('lmtp', 'sieve') + plugins('lda', 'sieve')
    if box.quota:
        parts += QUOTA + 'mail_plugins {\n  quota = yes\n}\n' + plugins('imap', 'imap_quota')
    if box.unprivileged:
        parts += UNPRIVILEGED
    lines = ''.join('  %s = %s\n' % pair for pair in environment.items())
    return DOVECOT.format(
        box=box, include=include, parts=parts,
        environment='import_environment {\n%s}' % lines if lines else '',
        plugin_settings='\n'.join('%s = %s' % pair for pair in box.plugin_settings.items()),
        **names)


def plugins(protocol, *names):
    """More plugins for a protocol."""
    return 'protocol %s {\n  mail_plugins {\n%s  }\n}\n' % (
        protocol, ''.join('    %s = yes\n' % name for name in names))


def shared(variable):
    """A namespace of all users' maildirs: shared/NAME, where NAME is the user,
    or the username, without the domain."""
    return '''namespace shared {
  type = shared
  prefix = shared/$%(variable)s/
  separator = /
  mail_driver = maildir
  mail_path = %%{owner_home}/Maildir
  mail_index_private_path = ~/shared/%%{owner_user}
  subscriptions = no
  list = children
}
''' % {'variable': variable}


def public(name, store, folder):
    """A public namespace in that folder."""
    return '''namespace %s {
  type = public
  prefix = %s/
  separator = /
  mail_driver = %s
  mail_path = %s
  subscriptions = no
}
''' % (name, name, store, folder)

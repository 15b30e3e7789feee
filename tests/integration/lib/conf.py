# SPDX-License-Identifier: MIT
"""The configuration of a private Dovecot, as templates for str.format()."""

DOVECOT = '''
base_dir = {base}
state_dir = {state}
log_path = {log}
instance_name = mail-seal-test
protocols = imap lmtp
listen = {address}
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
  args = {root}/users
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  inet_listener imap {{
    address = {address}
    port = {imap_port}
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
mail_plugin_dir = {modules}
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
mail_temp_dir = {temp}
plugin {{
{plugin_settings}
}}
{settings}
'''

UNPRIVILEGED = '''
service imap-login {
  chroot =
}
service anvil {
  chroot =
}
'''

# dovecot-lda is started by hand here, outside Dovecot's groups
SERVICE = '''
service mail-seal {
  executable = %s
  unix_listener mail-seal {
    mode = 0666
  }
  unix_listener mail-seal-sign {
    mode = 0666
  }
}
'''

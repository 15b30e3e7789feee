# SPDX-License-Identifier: MIT
"""The configuration of a private Dovecot, for the Dovecot that is installed."""

from . import built, conf23, conf24

# dovecot-lda is started by hand here, outside Dovecot's groups. 2.4.1 takes
# $SET:default_internal_... for its default, whatever it is set to.
SERVICE = '''
service mail-seal {
  executable = %(seald)s
  user = %(user)s
  group = %(group)s
  unix_listener mail-seal {
    mode = 0666
    group = %(group)s
  }
  unix_listener mail-seal-sign {
    mode = 0666
    group = %(group)s
  }
  unix_listener mail-seal-open {
    mode = 0660
    group = %(group)s
  }
}
'''

# the plugin's own
SETTINGS = ('mail_seal', 'mail_seal_socket_path', 'mail_seal_when', 'mail_seal_without_profile',
            'mail_seal_expired', 'mail_seal_cipher', 'mail_seal_sign', 'mail_seal_authserv_id',
            'mail_seal_replies', 'mail_seal_unsigned_replies', 'mail_seal_encrypted',
            'mail_seal_portal_host')


def syntax():
    """The module that writes this Dovecot's language."""
    return {'2.3': conf23, '2.4': conf24}[built.series()]


def either(**texts):
    """either(v23=..., v24=...): the one for this Dovecot."""
    return texts['v' + built.series().replace('.', '')]

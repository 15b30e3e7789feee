#!/bin/sh
# Makes configure from a checkout. Needs autoconf, automake, libtool,
# pkg-config and dovecot-dev (for dovecot.m4).
set -e
cd "$(dirname "$0")"
# no-obsolete: what dovecot.m4 uses is not ours to mend
exec autoreconf --install --force --warnings=no-obsolete

#!/bin/sh
# Makes configure from a checkout. Needs autoconf, automake, libtool,
# pkg-config and dovecot-dev (for dovecot.m4).
set -e
cd "$(dirname "$0")"
# Dovecot 2.4's dovecot.m4 insists on a script for its own tests
mkdir -p build-aux
[ -e build-aux/run-test.sh.in ] || : > build-aux/run-test.sh.in
# no-obsolete: what dovecot.m4 uses is not ours to mend
exec autoreconf --install --force --warnings=no-obsolete

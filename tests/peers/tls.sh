#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# TLS between us and OpenSSL, GnuTLS, NSS, Botan, Java, nginx and curl.  TAP.
[ -x /usr/bin/python3 ] || { echo '1..0 # SKIP /usr/bin/python3 not found (Debian: python3)'; exit 0; }
exec /usr/bin/python3 -B "$SSP_TEST_SRC/tests/peers/tls-tests.py"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# replay.sh: each fuzz target over its corpus, and over simple mutations of it.  TAP.
n=0
for folder in "$SSP_TEST_SRC"/tests/fuzz/corpus/*; do
    t=${folder##*/}
    n=$((n + 1))
    case $t in
    handshake) runs=300 ;;
    tls-handshake) runs=100 ;;
    *) runs=2000 ;;
    esac
    if "$SSP_TEST_BUILD/tests/fuzz/$t" -runs=$runs "$folder" >&2; then
        echo "ok $n - $t"
    else
        echo "not ok $n - $t"
    fi
done
echo "1..$n"

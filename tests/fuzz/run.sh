#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh FOLDER [SECONDS [TARGET...]]: build the fuzz targets there with clang's libFuzzer and the
# address and undefined-behaviour sanitizers, and run each (or those named) for so many seconds,
# from the corpora in the tree.  What it finds stays in FOLDER/found; nothing goes into the tree.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:?"usage: run.sh FOLDER [SECONDS [TARGET...]]"}
seconds=${2:-15}
shift
[ $# = 0 ] || shift
targets=${*:-handshake identity jsontext manifest ntlm-authenticate ntlm-avpairs ntlm-challenge ntlm-negotiate \
    tls-explain tls-handshake tls-record}
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
san='-g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=undefined'

mkdir -p "$folder/found"
folder=$(cd "$folder" && pwd)
cd "$folder"
[ -f config.status ] || "$top/configure" CC=clang CXX=clang++ \
    CFLAGS="$san -fsanitize=fuzzer-no-link,address,undefined"
make -j "$jobs" libsspi-core.la libntlm-core.la libssp-common.la libtls-core.la ntlm.la tls.la

for t in $targets; do
    also=
    [ "$t" != tls-handshake ] || also="$top/tests/tls/certs.c $top/tests/tls/pair.c"
    clang -std=gnu17 $san -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE \
        -I. -I"$top" -I"$top/include" -o "fuzz-$t" "$top/tests/fuzz/$t.c" "$top/tests/root.c" \
        $also .libs/libntlm-core.a .libs/libtls-core.a .libs/libssp-common.a .libs/libsspi-core.a \
        $(pkg-config --libs jansson libssl libcrypto) -lltdl -lpthread
done

SSP_TEST_PACKAGES=$folder/.libs
ASAN_OPTIONS=detect_leaks=1
export SSP_TEST_PACKAGES ASAN_OPTIONS
failed=0
passed=0
for t in $targets; do
    mkdir -p "corpus-$t"
    echo "== $t, $seconds s"
    if "./fuzz-$t" -max_total_time="$seconds" -max_len=8192 -timeout=20 -rss_limit_mb=4096 \
        -print_final_stats=1 -artifact_prefix="found/$t-" "corpus-$t" "$top/tests/fuzz/corpus/$t" \
        >"$t.log" 2>&1; then
        passed=$((passed + 1))
        grep -E 'number_of_executed_units|average_exec' "$t.log"
    else
        failed=$((failed + 1))
        tail -n 40 "$t.log"
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]

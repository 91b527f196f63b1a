#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD [TARGET]: make check there, then say in one line what passed, failed and skipped.
set -u
build=${1:?"usage: run.sh BUILD [TARGET]"}
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

find "$build" -name '*.trs' -exec rm -f {} +
# A test that hangs must fail, and be seen to.
timeout -k 30 "${CHECK_SECONDS:-1200}" make -C "$build" -j "$jobs" "${2:-check}" \
    >"$build/check.out" 2>&1
status=$?

count()
{
    find "$build" -name '*.trs' -not -path '*/_build/*' -exec cat {} + |
        grep -c "^:test-result: $1"
}
passed=$(count PASS)
failed=$(($(count FAIL) + $(count XPASS) + $(count ERROR)))
skipped=$(count SKIP)

if [ "$status" != 0 ]; then
    tail -n 60 "$build/check.out"
    grep -lE '^:(global-)?test-result: (FAIL|ERROR|XPASS)' $(find "$build" -name '*.trs') |
        while read -r trs; do
            echo "---- ${trs%.trs}.log"
            tail -n 40 "${trs%.trs}.log"
        done
    [ "$failed" != 0 ] || failed=1
fi
if [ "$skipped" != 0 ]; then
    echo "skipped:"
    find "$build" -name '*.trs' -exec grep -h '^:test-result: SKIP' {} + | sed 's/^:test-result: SKIP/ /'
fi
[ "$passed" != 0 ] || failed=$((failed + 1)) # a run without a test is no success
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# alone.sh: every public header compiles by itself, twice over, in C and where it may in C++.
#
# CC and CXX name the compilers; SSP_TEST_SRC is the top source folder.  Prints TAP.

set -u

src=${SSP_TEST_SRC:-$(dirname "$0")/../..}
cc=${CC:-cc}
cxx=${CXX:-c++}
strict='-Wall -Wextra -Wshadow -Wconversion -Wvla -Wundef -Wcast-qual -Wwrite-strings -pedantic -Werror'
cflags="-std=gnu17 $strict -Wstrict-prototypes -Wmissing-prototypes"
cxxflags="-std=gnu++17 $strict -Wold-style-cast"

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

n=0
failed=0

# try DESCRIPTION COMMAND...
try()
{
    what=$1
    shift
    n=$((n + 1))
    if "$@" >"$tmp/log" 2>&1; then
        echo "ok $n - $what"
    else
        echo "not ok $n - $what"
        sed 's/^/# /' "$tmp/log"
        failed=1
    fi
}

skip()
{
    n=$((n + 1))
    echo "ok $n - $1 # SKIP $2"
}

# The SDK for packages is for C alone.
for_c_alone()
{
    case $1 in
    package.h | secret.h | wire.h) true ;;
    *) false ;;
    esac
}

# shellcheck disable=SC2086 # a compiler may be several words
if command -v ${cxx%% *} >/dev/null 2>&1; then have_cxx=true; else have_cxx=false; fi

set -- "$src"/include/sspi/*.h
if test ! -f "$1"; then
    echo "1..1"
    echo "not ok 1 - there are headers in $src/include/sspi"
    exit 1
fi

for path; do
    h=${path##*/}
    printf '#include <%s>\n#include <%s>\n' "$h" "$h" >"$tmp/flat.c"
    printf '#include "sspi/%s"\n#include "sspi/%s"\n' "$h" "$h" >"$tmp/deep.c"
    cp "$tmp/flat.c" "$tmp/flat.cc"
    cp "$tmp/deep.c" "$tmp/deep.cc"

    # shellcheck disable=SC2086
    try "<$h> alone, in C" $cc -fsyntax-only $cflags "-I$src/include/sspi" "$tmp/flat.c"
    # shellcheck disable=SC2086
    try "\"sspi/$h\" alone, in C" $cc -fsyntax-only $cflags "-I$src/include" "$tmp/deep.c"
    if for_c_alone "$h"; then
        continue
    fi
    if ! $have_cxx; then
        skip "<$h> alone, in C++" "no C++ compiler $cxx: install g++"
    else
        # shellcheck disable=SC2086
        try "<$h> alone, in C++" $cxx -fsyntax-only $cxxflags "-I$src/include/sspi" "$tmp/flat.cc"
        # shellcheck disable=SC2086
        try "\"sspi/$h\" alone, in C++" $cxx -fsyntax-only $cxxflags "-I$src/include" "$tmp/deep.cc"
    fi
    n=$((n + 1))
    if grep -q 'include.*config\.h' "$path" || grep -q '#pragma once' "$path"; then
        echo "not ok $n - $h has a guard of its own and no config.h"
        failed=1
    else
        echo "ok $n - $h has a guard of its own and no config.h"
    fi
done

echo "1..$n"
exit $failed

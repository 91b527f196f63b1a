#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# headers.sh: the public headers keep Windows' layouts and values, and Windows' programs compile.
#
# CC and CXX name the compilers; SSP_TEST_SRC is the top source folder.  Prints TAP.

set -u

src=${SSP_TEST_SRC:-$(dirname "$0")/../..}
here=$src/tests/headers
cc=${CC:-cc}
cxx=${CXX:-c++}
strict='-Wall -Wextra -Wshadow -Wconversion -Wvla -Wundef -Wcast-qual -Wwrite-strings -pedantic -Werror'
cflags="-I$src/include/sspi $strict -Wstrict-prototypes -Wmissing-prototypes"
cxxflags="-std=gnu++17 -I$src/include/sspi $strict -Wold-style-cast"

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

n=0
failed=0

# report RESULT DESCRIPTION: one line of TAP; on failure what is in $tmp/log as well.
report()
{
    n=$((n + 1))
    if test "$1" -eq 0; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        sed 's/^/# /' "$tmp/log"
        failed=1
    fi
}

# yes DESCRIPTION COMMAND...: it must succeed.
yes()
{
    what=$1
    shift
    "$@" >"$tmp/log" 2>&1
    report $? "$what"
}

# no DESCRIPTION WORDS COMMAND...: it must fail, and say the words.
no()
{
    what=$1
    words=$2
    shift 2
    if "$@" >"$tmp/log" 2>&1; then
        echo 'this compiled, and must not' >"$tmp/log"
        report 1 "$what"
    else
        grep -Eq "$words" "$tmp/log"
        report $? "$what"
    fi
}

# broken FILE SCRIPT: a copy of FILE, changed by sed, in $tmp; complains if nothing changed.
broken()
{
    sed "$2" "$here/$1" >"$tmp/$1"
    if cmp -s "$here/$1" "$tmp/$1"; then
        echo "$1 has no line for: $2" >"$tmp/log"
        report 1 "a wrong $1 can be made"
    fi
}

# shellcheck disable=SC2086,SC2317 # flags are several words; yes and no run this
c()
{
    $cc -fsyntax-only $cflags "$@"
}

# shellcheck disable=SC2086,SC2317
cpp()
{
    $cxx -fsyntax-only $cxxflags "$@"
}

# shellcheck disable=SC2086,SC2317
build_and_run()
{
    $cc $cflags -DSSP_TEST_RUN "$@" "$here/winstyle.c" -o "$tmp/winstyle" && "$tmp/winstyle"
}

for std in c11 gnu17; do
    yes "structures have the SDK's layouts ($std)" c -std=$std "$here/layouts.c"
    yes "constants have the SDK's values ($std)" c -std=$std "$here/constants.c"
    yes "a Windows program compiles ($std)" c -std=$std "$here/winstyle.c"
    yes "a Windows program compiles with UNICODE ($std)" c -std=$std -DUNICODE "$here/winstyle.c"
done

for opt in -O0 -O3; do
    yes "unsigned long gets 32 bits and zeroes ($opt)" build_and_run -std=gnu17 $opt
    yes "unsigned long gets 32 bits and zeroes (UNICODE, $opt)" \
        build_and_run -std=gnu17 $opt -DUNICODE
done

broken layouts.c 's/^size(SecBuffer, 16, 8)/size(SecBuffer, 24, 8)/'
no 'a wrong size is seen' 'layout of SecBuffer' c -std=gnu17 "$tmp/layouts.c"
broken layouts.c 's/^at(SecPkgInfoW, Comment, 24, 8)/at(SecPkgInfoW, Comment, 16, 8)/'
no 'a wrong offset is seen' 'layout of SecPkgInfoW.Comment' c -std=gnu17 "$tmp/layouts.c"
broken constants.c 's/^is(SECBUFFER_TOKEN, .*/is(SECBUFFER_TOKEN, 3);/'
no 'a wrong value is seen' 'value of SECBUFFER_TOKEN' c -std=gnu17 "$tmp/constants.c"
broken constants.c 's/^status(SEC_E_INVALID_HANDLE, .*/status(SEC_E_INVALID_HANDLE, 1);/'
no 'a wrong status is seen' 'value of SEC_E_INVALID_HANDLE' c -std=gnu17 "$tmp/constants.c"

cat >"$tmp/pointer.inc" <<'END'
#include <sspi.h>
SECURITY_STATUS call(PCtxtHandle context, PSecBufferDesc message, TYPE *quality);
SECURITY_STATUS call(PCtxtHandle context, PSecBufferDesc message, TYPE *quality)
{
    return DecryptMessage(context, message, 0, quality);
}
END
cp "$tmp/pointer.inc" "$tmp/pointer.c"
cp "$tmp/pointer.inc" "$tmp/pointer.cc"
for type in ULONG DWORD 'unsigned long' void; do
    yes "$type * is taken" c -std=gnu17 "-DTYPE=$type" "$tmp/pointer.c"
done
for type in int USHORT 'const unsigned long' 'const ULONG'; do
    no "$type * is diagnosed" 'incompatible|qualifier|different sign' c -std=gnu17 "-DTYPE=$type" "$tmp/pointer.c"
done

cat >"$tmp/provider.inc" <<'END'
#define SSPI_NO_ULONG_COMPAT
#include <security.h>
SECURITY_STATUS SEC_ENTRY DecryptMessage(PCtxtHandle phContext, PSecBufferDesc pMessage,
                                         ULONG MessageSeqNo, PULONG pfQOP)
{
    *pfQOP = MessageSeqNo;
    return phContext && pMessage ? SEC_E_OK : SEC_E_INVALID_HANDLE;
}
END
cp "$tmp/provider.inc" "$tmp/provider.c"
cp "$tmp/provider.inc" "$tmp/provider.cc"
yes 'SSPI_NO_ULONG_COMPAT lets a source define the calls' c -std=gnu17 "$tmp/provider.c"

cat >"$tmp/types.inc" <<'END'
#define SSPI_NO_WINDOWS_TYPES
#include <stddef.h>
#include <stdint.h>
typedef int BOOL;
typedef char CHAR;
typedef unsigned char BYTE, UCHAR, BOOLEAN, *PBYTE, *PBOOLEAN;
typedef unsigned short USHORT, WORD;
typedef int LONG;
typedef unsigned int ULONG, DWORD;
typedef uint64_t ULONGLONG;
typedef uintptr_t ULONG_PTR;
#ifdef __cplusplus
typedef char16_t WCHAR, *PWSTR, *LPWSTR;
typedef const char16_t *PCWSTR, *LPCWSTR;
#else
typedef unsigned short WCHAR, *PWSTR, *LPWSTR;
typedef const unsigned short *PCWSTR, *LPCWSTR;
#endif
typedef char *LPSTR;
typedef const char *LPCSTR;
typedef void *PVOID;
#define VOID void
typedef struct _GUID {
    unsigned int Data1;
    unsigned short Data2, Data3;
    unsigned char Data4[8];
} GUID;
typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    int64_t QuadPart;
} LARGE_INTEGER;
#include <security.h>
#include <schannel.h>
END
cp "$tmp/types.inc" "$tmp/types.c"
cp "$tmp/types.inc" "$tmp/types.cc"
yes "a program's own Windows types are taken" c -std=gnu17 "$tmp/types.c"

# shellcheck disable=SC2086
if command -v ${cxx%% *} >/dev/null 2>&1; then
    for u in '' -DUNICODE; do
        # shellcheck disable=SC2086
        yes "the headers work in C++ $u" cpp $u "$here/cxx.cc"
    done
    for type in ULONG DWORD 'unsigned long' void; do
        yes "$type * is taken in C++" cpp "-DTYPE=$type" "$tmp/pointer.cc"
    done
    for type in int USHORT 'const unsigned long' 'const ULONG'; do
        no "$type * is diagnosed in C++" 'deleted function' cpp "-DTYPE=$type" "$tmp/pointer.cc"
    done
    yes 'SSPI_NO_ULONG_COMPAT lets a C++ source define the calls' cpp "$tmp/provider.cc"
    yes "a C++ program's own Windows types are taken" cpp "$tmp/types.cc"
else
    n=$((n + 1))
    echo "ok $n - # SKIP no C++ compiler $cxx: install g++"
fi

echo "1..$n"
exit $failed

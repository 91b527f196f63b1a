#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The plan of the house, checked: who may include whom, calls we do not make, and the exact list
# of what is exported.  TAP.
cd "$SSP_TEST_SRC" || exit 99
n=0
result()
{
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# refuse NAME PATTERN FOLDER...: no C source there may match.
refuse()
{
    name=$1 pattern=$2
    shift 2
    found=$(grep -rnE --include='*.[ch]' -e "$pattern" "$@")
    [ -z "$found" ] || echo "$found" >&2
    [ -z "$found" ]
    result $? "$name"
}

# The same, but unit tests beside the code are let by.
refuse_product()
{
    name=$1 pattern=$2
    shift 2
    found=$(grep -rnE --include='*.[ch]' --exclude='test-*' -e "$pattern" "$@")
    [ -z "$found" ] || echo "$found" >&2
    [ -z "$found" ]
    result $? "$name"
}

refuse 'core includes nothing of a plugin, a tool or a test' '#include "(plugins|tools|tests)/' core
# status.c says what Microsoft's codes mean, some of which are of one protocol.
found=$(grep -rnE --include='*.[ch]' --exclude='test-*' --exclude=status.c \
    '"[^"]*(NTLM|Kerberos|Schannel|TLS|SPNEGO)[^"]*"' core)
[ -z "$found" ] || echo "$found" >&2
[ -z "$found" ]
result $? 'core says no protocol'"'"'s name'
refuse 'plugins see only the SDK, their own room and plugins/common' '#include "core/' plugins
for room in plugins/*/; do
    room=${room%/}
    found=$(grep -rnE --include='*.[ch]' '#include "plugins/' "$room" |
        grep -vE "#include \"($room|plugins/common)/")
    [ -z "$found" ] || echo "$found" >&2
    [ -z "$found" ]
    result $? "$room includes no other plugin"
done
refuse 'the tool is an application like any other' '#include "(core|plugins)/' tools
refuse 'the public headers stand alone' '#include "(core|plugins|config)' include
refuse 'the stranger'"'"'s plugin uses installed headers only' '#include "(core|plugins|include|config)' \
    doc/examples
refuse_product 'codecs are pure' \
    '(^|[^_[:alnum:]])(time|clock_gettime|open|read|write|fopen|getenv|secure_getenv|getrandom)\(' \
    plugins/ntlm/message.c plugins/ntlm/avpair.c
refuse_product 'the environment is read with secure_getenv' '(^|[^_[:alnum:]])getenv\(' core plugins \
    include
refuse 'no unbounded string calls' \
    '(^|[^_[:alnum:]])(strcpy|strcat|sprintf|vsprintf|alloca|gets)\(' core plugins include tools
refuse 'secrets are compared in constant time' 'memcmp\(.*([_.>]key|hash|mac|secret|proof|digest)' core plugins \
    include
refuse 'no // comments, no tabs' "^[^\"]*[^:\"]//|$(printf '\t')" core plugins include tools

found=$(grep -rLE --include='*.[ch]' 'SPDX-License-Identifier: Apache-2.0' core plugins include tools)
[ -z "$found" ] || echo "without SPDX line: $found" >&2
[ -z "$found" ]
result $? 'each file says its licence'

# exports FILE: names that a shared object defines for others.
exports()
{
    nm -D --defined-only "$1" | sed -e 's/@.*//' | awk '$2 != "A" { print $3 }' | sort
}
wanted=$(sed -n 's/^ *\([A-Za-z_]*\);$/\1/p' core/sspi.map | sort)
library=$SSP_TEST_BUILD/.libs/libsspi.so
if [ "$(exports "$library")" = "$wanted" ]; then
    result 0 'libsspi.so exports just what core/sspi.map lists'
else
    exports "$library" >&2
    result 1 'libsspi.so exports just what core/sspi.map lists'
fi
headers='sspi.h schannel.h sspix.h exchange.h'
declared=$(cd include/sspi && cat $headers | tr '\n' ' ' |
    grep -oE 'SSPI_API (const )?[A-Za-z][^;(]*\(' | sed -e 's/ *($//' -e 's/.*[ *]//' | sort -u)
[ "$declared" = "$wanted" ]
result $? 'the headers declare just what core/sspi.map lists'
for module in "$SSP_TEST_PACKAGES"/ntlm.so; do
    [ "$(exports "$module")" = ssp_package_entry ]
    result $? "$(basename "$module") exports its entry and nothing else"
    ! readelf -d "$module" | grep -q 'NEEDED.*libsspi'
    result $? "$(basename "$module") is not linked against the dispatcher"
done
readelf -d "$library" | grep -q NODELETE
result $? 'libsspi.so stays loaded once it is'
echo "1..$n"

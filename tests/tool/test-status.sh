#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sspi status.  TAP.
. "$SSP_TEST_SRC/tests/tool/lib.sh"

line='^SEC_E_LOGON_DENIED  *0x8009030C  *-2146893044$'
for code in 0x8009030C 0x8009030c 0X8009030C 8009030c -2146893044 2148074252 SEC_E_LOGON_DENIED \
    sec_e_logon_denied; do
    gives 0 "status $code" "$sspi" status "$code"
    has out 'is SEC_E_LOGON_DENIED' "$line"
done
has out 'with a sentence' '^    [A-Z].*\.$'
gives 0 'status 0' "$sspi" status 0
has out 'is SEC_E_OK' '^SEC_E_OK  *0x00000000'
gives 0 'digits only are decimal, unless only the other reading has a name' "$sspi" status 80090308
has out 'as SEC_E_INVALID_TOKEN has' '^SEC_E_INVALID_TOKEN '
gives 0 'more than one' "$sspi" status SEC_E_OK SEC_I_CONTINUE_NEEDED
has out 'shows each' '^SEC_I_CONTINUE_NEEDED '
gives 0 'status --json' "$sspi" status --json SEC_E_OK
has out 'has the name' '"name": "SEC_E_OK"'
gives 0 'status --all' "$sspi" status --all
[ "$(grep -c '^SEC_' "$tmp/out")" -gt 80 ]
result $? 'shows them all'
for code in 0x80099999 nonsense 0xzz 99999999999999999999 -99999999999 '' ' ' 0x 'SEC_E_OK ' 1e3; do
    gives 1 "status '$code' is unknown" "$sspi" status "$code"
done
gives 1 'one unknown of two fails' "$sspi" status SEC_E_OK nonsense
has out 'but the other is shown' '^SEC_E_OK '
has err 'and the unknown named' "'nonsense'"
gives 1 'what is not a code' "$sspi" status "$(printf 'x\033[2Jy\302\233z')"
has err 'is shown without its control characters' 'x.x1b.2Jy.x9bz'
plan

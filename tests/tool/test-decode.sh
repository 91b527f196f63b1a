#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sspi decode, with NTLM's tokens in each form they come in, and records of TLS.  TAP.
. "$SSP_TEST_SRC/tests/tool/lib.sh"
cp "$SSP_TEST_SRC/conf/packages.d/schannel.json" "$tmp/root/packages.d/"
chmod go-w "$tmp/root/packages.d/schannel.json"

# A NEGOTIATE message of 40 bytes, with a version and no names.
hex=4e544c4d5353500001000000978208e2000000000000000000000000000000000a00614a0000000f
base64=TlRMTVNTUAABAAAAl4II4gAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw==

# good DESCRIPTION FORM ARGUMENT...: it is decoded, as read from that form.
good()
{
    description=$1 form=$2
    shift 2
    gives 0 "$description" "$sspi" decode "$@" <"$tmp/in"
    has out 'is 40 bytes of that form' "^40 bytes from $form\$"
    has out 'and a NEGOTIATE message' 'NEGOTIATE'
}

: >"$tmp/in"
good 'hexadecimal' hexadecimal "$hex"
good 'in capitals' hexadecimal "$(echo $hex | tr a-f A-F)"
good 'with 0x' hexadecimal "0x$hex"
good 'with colons' hexadecimal "$(echo $hex | sed 's/../&:/g')"
good 'with spaces and lines' hexadecimal "$(echo $hex | sed 's/../& /g' | fold -w 48)"
good 'as C has it' hexadecimal "$(echo $hex | sed 's/../0x&, /g')"
good 'base64' base64 "$base64"
good 'without padding' base64 "${base64%==}"
good 'in lines' base64 "$(echo $base64 | fold -w 20)"
good 'a header' 'HTTP header' "WWW-Authenticate: NTLM $base64"
good 'of the other direction' 'HTTP header' "Authorization: Negotiate $base64"
good 'of a proxy, in any case' 'HTTP header' "proxy-authorization:ntlm   $base64"
good 'without its name' 'HTTP header' "NTLM $base64"
good 'with a package named' base64 --package NTLM "$base64"
printf 'HTTP/1.1 401 Unauthorized\r\nDate: today\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM %s\r\n\r\n' \
    "$base64" >"$tmp/in"
good 'a whole answer on standard input' 'HTTP header'
printf '%s\n' "$hex" >"$tmp/in"
good 'hexadecimal on standard input' hexadecimal -
printf '%s\n' "$base64" >"$tmp/in"
good 'base64 on standard input' base64
printf "$(echo $hex | sed 's/../\\x&/g')" >"$tmp/in" 2>/dev/null
if [ "$(wc -c <"$tmp/in")" -eq 40 ]; then
    good 'the bytes on standard input' binary
    good 'the bytes in a file' binary "$tmp/in"
fi

gives 0 'as JSON' "$sspi" decode --json "$base64"
has out 'with the size' '"bytes": 40'
has out 'and no faults' '"faults": 0'
cp "$tmp/out" "$tmp/json"
if command -v python3 >/dev/null 2>&1; then
    gives 0 'which is JSON' python3 -m json.tool "$tmp/json"
fi

# bad DESCRIPTION ARGUMENT...: exit status 1 and a word on standard error.
bad()
{
    gives 1 "$1" "$sspi" decode "$2" </dev/null
    [ -s "$tmp/err" ]
    result $? 'and that is said'
}
bad 'nothing' -
bad 'an empty argument' ''
bad 'no token of any kind' 'what is this?'
bad 'half a byte' "${hex}4"
bad 'base64 cut short' TlRMT
has err 'as what it is' 'base64 text is cut'
bad 'base64 with more behind its end' 'TlRM=TlRM'
bad 'a header without a token' 'WWW-Authenticate: NTLM'
bad 'a folder' "$tmp"
gives 1 'a package that there is not' "$sspi" decode --package Nobody "$hex"
gives 1 'one that does not know the token' "$sspi" decode --package NTLM 0000

head -c 5000000 /dev/zero >"$tmp/zeros"
bad 'too long' "$tmp/zeros"
# The flags are its first 16 bytes; old clients send no more.
i=1
while [ "$i" -lt 16 ]; do
    "$sspi" decode "$(echo $hex | cut -c "1-$((2 * i))")" >"$tmp/out" 2>"$tmp/err"
    [ $? = 1 ] || break
    i=$((i + 1))
done
[ "$i" = 16 ]
result $? "each token cut short is malformed (up to $i bytes)"

# A name in which the sender put ESC [ 2 J: NEGOTIATE with a domain.
gives 0 'control characters from a token' "$sspi" decode \
    4e544c4d53535000010000000732080006000600200000000000000000000000411b5b324a42
has_not out 'do not reach the terminal' "$(printf '\033')"

# Records of TLS.  Nobody says whose they are: each package is asked.
gives 0 'an alert' "$sspi" decode 15030300020230
has out 'with its name' 'unknown_ca'
has out 'and what becomes of it' SEC_E_UNTRUSTED_ROOT
gives 1 'a record cut short' "$sspi" decode 1603030010aa
has out 'is told by the package that knows it' '^Record.*handshake'
plan

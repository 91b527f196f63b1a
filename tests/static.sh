#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --enable-static-plugins=ntlm: NTLM without a module file.  TAP.
. "$SSP_TEST_SRC/tests/tool/lib.sh"

mkdir "$tmp/empty"
printf '{ "module_folder": "%s", "handshake_timeout_ms": 20000 }\n' "$tmp/empty" \
    >"$tmp/root/sspi.json"

gives 0 'list --load loads a package that is built in' "$sspi" list --load
has out 'and says so' '^NTLM  *[0-9]*  loaded '
gives 0 'check finds nothing wrong' "$sspi" check

add_user alice Secret1
printf 'from the client\n' >"$tmp/ask"
printf 'from the server\n' >"$tmp/answer"
serve "$tmp/answer" "$tmp/got" --once
gives 0 'a client authenticates' client alice "$address" <"$tmp/ask"
ended 0 'to a server'
cmp -s "$tmp/out" "$tmp/answer" && cmp -s "$tmp/got" "$tmp/ask"
result $? 'each has what the other sent'
has serve.err 'the server says who it was' 'alice by NTLM'
[ -z "$(ls "$tmp/empty")" ]
result $? 'there was no file to load'

# It is the one that is named NAME.so, not NAME and more.
sed 's/"ntlm\.so"/"ntlm2.so"/' "$tmp/root/packages.d/ntlm.json" >"$tmp/ntlm2"
mv "$tmp/ntlm2" "$tmp/root/packages.d/ntlm.json"
chmod go-w "$tmp/root/packages.d/ntlm.json"
gives 1 'a module that is not built in still needs its file' "$sspi" list --load
has out 'and is told to be missing' '^NTLM  *[0-9]*  broken '

cp "$SSP_TEST_PACKAGES/ntlm.so" "$tmp/empty/ntlm2.so" && chmod go-w "$tmp/empty/ntlm2.so"
gives 0 'with one it is loaded: the shared object is built as always' "$sspi" list --load
plan

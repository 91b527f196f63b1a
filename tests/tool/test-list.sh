#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sspi list and sspi check.  TAP.
. "$SSP_TEST_SRC/tests/tool/lib.sh"

gives 0 'list shows what is configured' "$sspi" list
has out 'with a heading' '^NAME  *RANK  *STATE  *MODULE$'
has out 'the package is not loaded for that' '^NTLM  *[0-9]*  enabled .*/ntlm\.so'
has out 'its OID' 'oid: .*1\.3\.6\.1\.4\.1\.311\.2\.2\.10'
has out 'what it can do, in words' 'can: .*integrity privacy'
gives 0 'list --load loads it' "$sspi" list --load
has out 'and says so' '^NTLM  *[0-9]*  loaded '
gives 0 'list --json' "$sspi" list --json
has out 'has the name' '"name": "NTLM"'
has out 'and the words' '"privacy"'
cp "$tmp/out" "$tmp/json"
if command -v python3 >/dev/null 2>&1; then
    gives 0 'which is JSON' python3 -m json.tool "$tmp/json"
fi
gives 0 'check finds nothing wrong' "$sspi" check
has out 'and says so in a line' '^No fault found; 1 package enabled\.$'
gives 0 'check --json' "$sspi" check --json
has out 'counts no errors' '"errors": 0'

cat >"$tmp/root/packages.d/ghost.json" <<END
{
    "name": "Ghost",
    "module": "ghost.so",
    "capabilities": ["connection"]
}
END
gives 1 'check fails for a module that is missing' "$sspi" check
has out 'and tells file, line and reason' '/ghost\.json:[0-9]*: error: .*ghost'
has out 'and counts' '^1 error, 0 warnings\.$'
gives 0 'list does not mind, for it loads nothing' "$sspi" list
gives 1 'list --load does' "$sspi" list --load
has out 'and says which is broken' '^Ghost  *[0-9]*  broken '
has out 'and why' '! SEC_E_'
has out 'the others are there still' '^NTLM  *[0-9]*  loaded '

printf '{ "name": "Typo",\n  "modul": "typo.so" }\n' >"$tmp/root/packages.d/ghost.json"
gives 1 'check fails for a key that is unknown' "$sspi" check
has out 'and tells the line it is on' '/ghost\.json:2: error: .*modul'
printf '{ "name": "A\033[2Jb"' >"$tmp/root/packages.d/ghost.json"
"$sspi" check >"$tmp/out" 2>&1
has_not out 'no control character of a file reaches the terminal' "$(printf '\033')"
rm "$tmp/root/packages.d/ghost.json"

chmod o+w "$tmp/root/packages.d/ntlm.json"
gives 1 'check fails for a file that others may write' "$sspi" check
has out 'and says so' '/ntlm\.json: error: '
chmod o-w "$tmp/root/packages.d/ntlm.json"

printf '{ "enabled": [ }\n' >"$tmp/root/sspi.json"
gives 1 'list fails without a usable configuration' "$sspi" list
has err 'and says so' '^sspi list: .*SEC_E_CANNOT_INSTALL'
gives 1 'check fails, too' "$sspi" check
plan

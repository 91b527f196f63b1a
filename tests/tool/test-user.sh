#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sspi user, on NTLM's user file.  TAP.
. "$SSP_TEST_SRC/tests/tool/lib.sh"

# give STATUS DESCRIPTION INPUT COMMAND...: with INPUT as standard input.
give()
{
    printf '%s' "$3" >"$tmp/in"
    status=$1 description=$2
    shift 3
    gives "$status" "$description" "$@" <"$tmp/in"
}

hash_of()
{
    sed -n "s/^$1:[0-9]*:[^:]*:\([0-9A-F]*\):.*/\1/p" "$tmp/users"
}

give 0 'add takes the password from standard input' 'Password
' "$sspi" user add alice
[ "$(hash_of alice)" = A4F49C406510BDCAB6824EE7C30FD852 ]
result $? 'and keeps its NT hash'
[ "$(stat -c %a "$tmp/users" 2>/dev/null || echo 600)" = 600 ]
result $? 'in a file that only its owner may read'
has_not ../"${tmp##*/}"/users 'not the password' 'Password'
give 1 'add refuses a name that is there' 'other' "$sspi" user add alice
has err 'and says so' 'alice: there is such an account already'
[ "$(hash_of alice)" = A4F49C406510BDCAB6824EE7C30FD852 ]
result $? 'and changes nothing'
give 1 'in another case, too' 'other' "$sspi" user add ALICE
give 0 'the newline is not needed' 'b0b' "$sspi" user add bob
printf 'Password\nmore\n' >"$tmp/file"
gives 0 'a password file: its first line' "$sspi" user passwd --password-file "$tmp/file" bob
[ "$(hash_of bob)" = "$(hash_of alice)" ]
result $? 'the same password is the same hash'
gives 1 'a password file that there is not' "$sspi" user passwd --password-file "$tmp/none" bob
has err 'is named' "$tmp/none"
give 1 'passwd refuses a name that is not there' 'x' "$sspi" user passwd carol
has err 'and says so' 'carol: there is no such account'
give 1 'an empty password is refused' '
' "$sspi" user add carol
has err 'and that is said' 'empty'
gives 1 'no password at all is refused' "$sspi" user add carol </dev/null
printf 'a\000b\n' >"$tmp/file"
gives 1 'a NUL in it is refused' "$sspi" user add --password-file "$tmp/file" carol
head -c 5000 /dev/zero | tr '\000' a >"$tmp/file"
gives 1 'one too long is refused' "$sspi" user add --password-file "$tmp/file" carol
printf 'p\303\244ssw\303\266rd \342\202\254\n' >"$tmp/file"
gives 0 'one that is not ASCII is taken' "$sspi" user add --password-file "$tmp/file" carol
give 1 'a name with a colon is refused' 'x' "$sspi" user add 'a:b'
give 1 'a name with a newline is refused' 'x' "$sspi" user add 'a
b'
give 1 'an empty name is refused' 'x' "$sspi" user add ''
gives 0 'list' "$sspi" user list
[ "$(sort "$tmp/out" | tr '\n' ' ')" = 'alice bob carol ' ]
result $? 'shows the three'
gives 0 'list --json' "$sspi" user list --json
has out 'shows them, too' '"user": "carol"'
gives 0 'del' "$sspi" user del bob
gives 1 'del again' "$sspi" user del bob
has err 'says why not' 'bob: there is no such account'
gives 0 'list' "$sspi" user list
[ "$(sort "$tmp/out" | tr '\n' ' ')" = 'alice carol ' ]
result $? 'shows the two that are left'
give 1 'a package that there is not' x "$sspi" user add --package Nobody x
has err 'is named' 'no package Nobody'

pty=$helpers/pty
# By the terminal: "1" so that its line editing sees a terminal of any kind.
gives 0 'on a terminal it asks twice' "$pty" 'Passw\ord' 'Passw\ord' -- "$sspi" user add dora
has_not out 'without echo' 'Passw.ord'
has out 'and leaves the echo on' '^terminal: echo'
gives 0 'the account is there' "$sspi" user list
has out 'as it was named' '^dora$'
gives 1 'two that differ are refused' "$pty" one two -- "$sspi" user add emil
has out 'and that is said' 'differ'
has out 'the echo is on after that' '^terminal: echo'
gives 130 'an interrupt ends it' "$pty" '^C' -- "$sspi" user add emil
has out 'with the echo on' '^terminal: echo'
gives 0 'nothing was made' "$sspi" user list
has_not out 'of what was given up' 'emil'

sed -i 's/"user_file": *"[^"]*",*//' "$tmp/root/packages.d/ntlm.json"
give 1 'without a user file there is no place for accounts' x "$sspi" user add x
has err 'and that is said' 'no user file'
plan

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What sspi does with arguments that make no sense, and with no room for its output.  TAP.
. "$SSP_TEST_SRC/tests/tool/lib.sh"

# wrong ARGUMENT...: usage error: exit status 2, a message, nothing on standard output.
wrong()
{
    gives 2 "sspi $* is wrong usage" "$sspi" "$@"
    [ ! -s "$tmp/out" ] && [ -s "$tmp/err" ]
    result $? 'and is told on standard error'
}

gives 2 'sspi alone is wrong usage' "$sspi"
wrong nonsense
wrong ''
wrong --nonsense
for command in list check user serve connect decode status; do
    gives 0 "$command --help" "$sspi" "$command" --help
    has out 'tells the usage' "^Usage: sspi $command"
    wrong "$command" --nonsense
    has err 'in the name of the command' "^sspi $command: "
done
wrong list extra
wrong check extra
wrong user
wrong user nonsense
wrong user add
wrong user add one two
wrong user list one
wrong user del --password-file x one
wrong user add --json one
wrong status
wrong status --all 0
wrong decode one two
wrong serve
wrong serve --package NTLM extra
wrong serve --package NTLM --listen nonsense
wrong serve --package NTLM --listen 1.2.3.4:99999
wrong serve --package NTLM --listen ::1:0
wrong serve --package NTLM --listen '[::1]'
wrong serve --package NTLM --protect maybe
wrong serve --package NTLM --deadline soon
wrong serve --package NTLM --deadline -1
wrong serve --package NTLM --deadline 0
wrong serve --package NTLM --deadline 1e9
wrong serve --package NTLM --max-clients 0
wrong serve --package NTLM --max-clients 100000
wrong serve --package
wrong connect
wrong connect --package NTLM
wrong connect --package NTLM one:1 two:2
wrong connect --package NTLM nonsense
wrong connect --package NTLM :1
wrong connect --package NTLM --password-file x localhost:1
wrong connect --package NTLM --anonymous --user x localhost:1
wrong connect localhost:1
for option in '--cert x' '--key x' '--ca x' '--alpn x' '--tls 1.2' --no-verify; do
    # shellcheck disable=SC2086 # an option and its value
    wrong connect --package NTLM $option localhost:1
    has err 'which the package has no use for' "^sspi connect: ${option%% *} is for packages"
    # shellcheck disable=SC2086
    wrong serve --package NTLM $option
done
wrong serve --package NTLM --client-cert required
has err 'neither for that' '--client-cert is for packages'

gives 0 'sspi --version' "$sspi" --version
has out 'tells it' '^sspi (OpenSSPI) [0-9]'
gives 0 'sspi --help' "$sspi" --help
for command in list check user serve connect decode status; do
    has out "names $command" "^  $command "
done

long=$(printf '%4096s' '' | tr ' ' A)
gives 1 'a package with a long name' "$sspi" serve --package "$long"
gives 1 'a package that there is not' "$sspi" serve --package Nobody
has err 'is named in the refusal' 'Nobody: .*SEC_E_SECPKG_NOT_FOUND'
has err 'with a hint' 'SSPI_TRACE=stderr'
wrong connect --package NTLM "$long:1"
gives 2 'a host without end' "$sspi" connect --package NTLM "[$long"

if [ -w /dev/full ]; then
    "$sspi" status --all >/dev/full 2>"$tmp/err"
    [ $? = 1 ]
    result $? 'output that cannot be written is a failure'
    has err 'and is told' 'cannot write'
fi
plan

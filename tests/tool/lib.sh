# SPDX-License-Identifier: Apache-2.0
# What the tests of the sspi command share: a configuration of their own, servers, TAP.
# shellcheck disable=SC2034
# Sourced; needs SSP_TEST_SRC, SSP_TEST_BUILD, SSP_TEST_PACKAGES, SSP_TEST_SSPI.

sspi=${SSP_TEST_SSPI:?}
helpers=$SSP_TEST_BUILD/tests/tool
if [ ! -x "$sspi" ]; then
    echo "Bail out! there is no $sspi"
    exit 99
fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/sspi-tool-XXXXXX") || exit 99
package=NTLM # that servers are started with
ours= # processes that we started and that may still be there
n=0
patience=
if command -v timeout >/dev/null 2>&1; then
    patience='timeout 120'
fi

end_ours()
{
    for pid in $ours; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    ours=
}
trap 'end_ours; rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

# result STATUS DESCRIPTION; on failure what the command last said goes into the log.
result()
{
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        for file in out err serve.err; do
            [ ! -s "$tmp/$file" ] || sed -n "1,20s/^/# $file: /p" "$tmp/$file"
        done
    fi
}

# gives STATUS DESCRIPTION COMMAND...: run with output in $tmp/out and $tmp/err.
gives()
{
    wanted=$1 what=$2
    shift 2
    "$@" >"$tmp/out" 2>"$tmp/err"
    got=$?
    [ "$got" = "$wanted" ] || echo "# exit status $got, not $wanted"
    [ "$got" = "$wanted" ]
    result $? "$what"
}

# has FILE DESCRIPTION PATTERN: FILE of $tmp has a line like that.
has()
{
    grep -q -e "$3" "$tmp/$1"
    result $? "$2"
}

has_not()
{
    ! grep -q -e "$3" "$tmp/$1"
    result $? "$2"
}

plan()
{
    echo "1..$n"
}

# A configuration with NTLM as it is shipped, but for a user file of ours.
SSPI_CONFIG=$tmp/root
export SSPI_CONFIG
unset SSPI_TRACE
mkdir -p "$tmp/root/packages.d"
printf '{ "module_folder": "%s", "handshake_timeout_ms": 20000 }\n' "$SSP_TEST_PACKAGES" \
    >"$tmp/root/sspi.json"
tr '\n' ' ' <"$SSP_TEST_SRC/conf/packages.d/ntlm.json" |
    sed -e 's/"user_file": *"[^"]*" *,\{0,1\}//' \
        -e "s#\"settings\": *{#&\"user_file\": \"$tmp/users\",#" -e 's/, *}/ }/g' \
        >"$tmp/root/packages.d/ntlm.json"
chmod -R go-w "$tmp/root"

# add_user NAME PASSWORD: also leaves the password in $tmp/pw.NAME.
add_user()
{
    printf '%s\n' "$2" >"$tmp/pw.$1"
    "$sspi" user add "$1" <"$tmp/pw.$1" >"$tmp/out" 2>"$tmp/err"
}

# await COMMAND...: until it succeeds, ten seconds at most.
await()
{
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || return 1
        sleep 0.05
    done
}

# serve INPUT OUTPUT ARGUMENT...: start a server; its address in $address, process in $server.
serve()
{
    input=$1 output=$2
    shift 2
    : >"$tmp/serve.err"
    bounded=
    case " $* " in
        *' --once '*) bounded=$patience ;; # a client that never comes must not hang the test
    esac
    $bounded "$sspi" serve --package "$package" "$@" <"$input" >"$output" 2>"$tmp/serve.err" &
    server=$!
    ours="$ours $server"
    await grep -q '^listening on ' "$tmp/serve.err"
    address=$(sed -n 's/^listening on //p' "$tmp/serve.err")
    port=${address##*:}
}

# ended STATUS DESCRIPTION: the server has ended so.
ended()
{
    wait "$server"
    got=$?
    [ "$got" = "$1" ] || echo "# the server's exit status is $got, not $1"
    [ "$got" = "$1" ]
    result $? "$2"
}

# client USER ARGUMENT...: connect with that user's password.
client()
{
    user=$1
    shift
    "$sspi" connect --package NTLM --user "$user" --password-file "$tmp/pw.$user" "$@"
}

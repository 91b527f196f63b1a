#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sspi serve and sspi connect with NTLM over TCP: data both ways, refusals, cuts, deadlines.  TAP.
. "$SSP_TEST_SRC/tests/tool/lib.sh"

peer=$helpers/peer
add_user alice Secret1
add_user bob Other2
printf 'wrong\n' >"$tmp/wrong"
printf 'from the client\n' >"$tmp/ask"
printf 'from the server\n' >"$tmp/answer"

# ---- both ways, with each protection ----

for how in seal sign none; do
    serve "$tmp/answer" "$tmp/got" --once --protect "$how"
    gives 0 "$how: the client is done" client alice --protect "$how" "$address" <"$tmp/ask"
    ended 0 'so is the server'
    cmp -s "$tmp/out" "$tmp/answer" && cmp -s "$tmp/got" "$tmp/ask"
    result $? 'each has what the other sent'
    has serve.err 'the server says who it was' 'alice by NTLM'
    has err 'the client says who it is' 'accepted as .*alice by NTLM'
    case $how in
        seal) word='is sealed' ;;
        sign) word='is signed, not sealed' ;;
        none) word='is NOT protected' ;;
    esac
    has serve.err "the server says that data $word" "$word"
    has err "and so does the client" "$word"
done

serve /dev/null "$tmp/got" --once --listen '[::1]:0'
if [ -n "$port" ]; then
    gives 0 'over IPv6' client alice "$address" <"$tmp/ask"
    ended 0 'to the end'
    case $address in '[::1]:'*) true ;; *) false ;; esac
    result $? 'the address is in brackets'
else
    wait "$server"
fi

serve /dev/null /dev/null --once --listen :0
case $address in 127.0.0.1:*) true ;; *) false ;; esac
result $? 'without a host it listens on loopback only'
gives 0 'by name' client alice "localhost:$port" </dev/null
ended 0 'nothing both ways is fine'

# ---- much of it ----

head -c 67108864 /dev/urandom >"$tmp/big"
serve "$tmp/big" "$tmp/got" --once
gives 0 '64 MiB both ways at once' client alice "$address" <"$tmp/big"
ended 0 'are carried'
cmp "$tmp/out" "$tmp/big" && cmp "$tmp/got" "$tmp/big"
result $? 'and arrive as they were'
: >"$tmp/out"
: >"$tmp/got"

serve /dev/null /dev/null --once --echo
gives 0 'the same echoed' client alice "$address" <"$tmp/big"
ended 0 'to the end'
cmp "$tmp/out" "$tmp/big"
result $? 'comes back as it was'
: >"$tmp/out"
rm "$tmp/big"

# A pipe that is slow to be read must not stop the other direction.
serve /dev/null "$tmp/got" --once --echo
head -c 3000000 /dev/zero | client alice "$address" 2>"$tmp/err" | { sleep 1; wc -c >"$tmp/count"; }
[ "$(tr -d ' ' <"$tmp/count")" = 3000000 ]
result $? 'a slow reader gets all'
ended 0 'and the server is content'

# ---- refusals ----

serve /dev/null "$tmp/got" --once
gives 1 'a wrong password' "$sspi" connect --package NTLM --user alice \
    --password-file "$tmp/wrong" "$address" </dev/null
has err 'the client is told' 'the server refused'
has err 'with a hint' 'SSPI_TRACE=stderr'
ended 1 'the server ends so, too'
has serve.err 'and says why' 'SEC_E_LOGON_DENIED'
[ ! -s "$tmp/got" ]
result $? 'no data got through'

serve /dev/null /dev/null --once
gives 1 'a user that there is not' "$sspi" connect --package NTLM --user nobody \
    --password-file "$tmp/wrong" "$address" </dev/null
ended 1 'is refused as well'

serve /dev/null /dev/null --once --protect none
gives 1 'nobody at all' "$sspi" connect --package NTLM --anonymous --protect none "$address" \
    </dev/null
ended 1 'is refused'
serve /dev/null "$tmp/got" --once --protect none --allow-anonymous
gives 0 'unless that is allowed' "$sspi" connect --package NTLM --anonymous --protect none \
    "$address" <"$tmp/ask"
ended 0 'and then served'
has serve.err 'as nobody' 'authenticated anonymous by NTLM'
cmp -s "$tmp/got" "$tmp/ask"
result $? 'with its data'

serve "$tmp/answer" "$tmp/got" --once --protect none
gives 1 'a client that seals and a server that does not' client alice --protect seal "$address" \
    <"$tmp/ask"
has err 'do not understand each other' 'is --protect the same there'
ended 1 'on either side'

printf '%s\n' "$(cat "$tmp/pw.alice")" >"$tmp/pw.DOM"
serve "$tmp/answer" /dev/null --once
gives 0 'a domain in the name' "$sspi" connect --package NTLM --user 'DOM\alice' \
    --password-file "$tmp/pw.DOM" "$address" </dev/null
ended 0 'is passed on'

gives 1 'NTLM cannot do without credentials' "$sspi" connect --package NTLM "$address" </dev/null
gives 1 'a password file that is missing' "$sspi" connect --package NTLM --user alice \
    --password-file "$tmp/none" "$address"
has err 'is named' "$tmp/none"
gives 1 'nobody listens' client alice "127.0.0.1:$port" </dev/null
has err 'as is told' "cannot connect to 127.0.0.1 port $port: Connection refused"
gives 1 'a host that there is not' client alice "no-such-host.invalid:$port" </dev/null
has err 'is named' 'cannot find no-such-host.invalid'
gives 1 'an address that is not ours' "$sspi" serve --package NTLM --listen 192.0.2.1:0
has err 'is told' 'cannot listen on 192.0.2.1 port 0'
gives 1 'NTLM does not do mutual authentication' client alice --mutual "127.0.0.1:$port" </dev/null

# ---- a client and a server that misbehave ----

serve "$tmp/answer" "$tmp/got" --once --deadline 1
began=$(date +%s)
gives 0 'a silent client' "$peer" connect "$port"
has out 'is told no' '^00000000$'
[ $(($(date +%s) - began)) -lt 10 ]
result $? 'after the deadline given, not that of the configuration'
ended 1 'which ends the server'
has serve.err 'and is told' 'deadline'

serve /dev/null /dev/null --once
gives 0 'a length past all bounds' "$peer" connect "$port" ffffffff
has out 'is answered at once' '^00000000$'
ended 1 'and refused'
has serve.err 'as no token' 'SEC_E_INVALID_TOKEN'

serve /dev/null /dev/null --once
gives 0 'nonsense of the right length' "$peer" connect "$port" 000000040a0b0c0d
ended 1 'is refused'

# listening HEX: a server that says just that; its port in $port.
listening()
{
    : >"$tmp/port"
    "$peer" listen "$1" >"$tmp/port" &
    server=$!
    ours="$ours $server"
    await test -s "$tmp/port"
    port=$(head -n 1 "$tmp/port")
}

listening ''
gives 1 'a server that closes in mid-exchange' client alice "127.0.0.1:$port" </dev/null
has err 'is told of' 'closed the connection in mid-exchange'
wait "$server"
listening 00000000
gives 1 'a server that refuses at once' client alice "127.0.0.1:$port" </dev/null
has err 'is told of' 'SEC_E_LOGON_DENIED'
wait "$server"
listening 7fffffff
gives 1 'a server whose token has no end' client alice "127.0.0.1:$port" </dev/null
has err 'is refused' 'SEC_E_INVALID_TOKEN'
wait "$server"

# Between the two: everything cut after some bytes, or one bit changed, from the server on.
relay()
{
    serve "$tmp/answer" "$tmp/got" --once
    : >"$tmp/port"
    "$peer" relay "$port" "$@" >"$tmp/port" &
    between=$!
    ours="$ours $between"
    await test -s "$tmp/port"
    port=$(head -n 1 "$tmp/port")
}

relay 1000000
gives 0 'a relay that does nothing' client alice "127.0.0.1:$port" <"$tmp/ask"
ended 0 'is not noticed'
wait "$between"
# The server sends a challenge, a welcome, a record and an end: more than 200 bytes.
for at in 200 180 160 140 120 100; do
    relay "$at"
    gives 1 "a connection cut after $at bytes" client alice "127.0.0.1:$port" </dev/null
    wait "$server"
    wait "$between"
done
at=60
while [ "$at" -lt 600 ]; do
    relay "$at" flip
    client alice "127.0.0.1:$port" <"$tmp/ask" >"$tmp/out" 2>"$tmp/err"
    status=$?
    wait "$server"
    kill "$between" 2>/dev/null
    wait "$between" 2>/dev/null
    if [ "$status" = 0 ] && ! cmp -s "$tmp/out" "$tmp/answer"; then
        break
    fi
    at=$((at + 29))
done
[ "$at" -ge 600 ]
result $? 'a changed bit never gives other data'

# ---- many ----

serve /dev/null "$tmp/got" --deadline 3
"$peer" connect "$port" >"$tmp/silent" &
silent=$!
ours="$ours $silent"
for i in 1 2 3; do
    gives 0 "client $i beside a silent one" client alice "$address" <"$tmp/ask"
done
gives 1 'one with a wrong password does not end it' "$sspi" connect --package NTLM --user bob \
    --password-file "$tmp/pw.alice" "$address" </dev/null
gives 0 'the next is served' client bob "$address" <"$tmp/ask"
[ "$(grep -c '^from the client$' "$tmp/got")" = 4 ]
result $? 'what all of them sent is there'
wait "$silent"
has silent 'the silent one was told no' '^00000000$'
gives 0 'after that, too, it serves' client alice "$address" </dev/null
kill "$server"
ended 143 'it ends when it is told to'
gives 1 'and is gone' client alice "$address" </dev/null

serve /dev/null /dev/null --echo --max-clients 2
i=0
pids=
while [ "$i" -lt 8 ]; do
    head -c 100000 /dev/zero | tr '\000' "$i" >"$tmp/in.$i"
    client alice "$address" <"$tmp/in.$i" >"$tmp/out.$i" 2>"$tmp/err.$i" &
    pids="$pids $!"
    i=$((i + 1))
done
failed=0
for pid in $pids; do
    wait "$pid" || failed=$((failed + 1))
done
[ "$failed" = 0 ]
result $? 'eight clients at once, served two at a time, are all served'
i=0
while [ "$i" -lt 8 ] && cmp -s "$tmp/in.$i" "$tmp/out.$i"; do
    i=$((i + 1))
done
[ "$i" = 8 ]
result $? 'each with its own data'
kill "$server"
wait "$server"

serve /dev/null /dev/null --max-clients 1 --deadline 2
"$peer" connect "$port" >"$tmp/silent" &
silent=$!
ours="$ours $silent"
sleep 0.3
gives 0 'the next after the only one at a time' client alice "$address" </dev/null
has silent 'had to wait for its end' '^00000000$'
wait "$silent"
kill "$server"
wait "$server"

# ---- standard output that goes away ----

serve "$tmp/answer" /dev/null --once
if [ -w /dev/full ]; then
    client alice "$address" </dev/null >/dev/full 2>"$tmp/err"
    [ $? = 1 ]
    result $? 'a full disk is a failure'
    has err 'and is told' 'cannot write standard output'
    wait "$server"
fi

# ---- the terminal ----

serve "$tmp/answer" "$tmp/got" --once
gives 0 'the password by the terminal' "$helpers/pty" Secret1 -- sh -c \
    'exec "$0" connect --package NTLM --user alice "$1" </dev/null' "$sspi" "$address"
has_not out 'without echo' 'Secret1'
has out 'is good' 'accepted as .*alice'
ended 0 'for the server, too'
plan

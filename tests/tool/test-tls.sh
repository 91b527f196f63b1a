#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sspi serve and sspi connect with Schannel: certificates, versions, ALPN, ends and cuts.  TAP.
. "$SSP_TEST_SRC/tests/tool/lib.sh"

command -v openssl >/dev/null 2>&1 ||
    { echo '1..0 # SKIP openssl not found (Debian: openssl)'; exit 0; }

package=Schannel
peer=$helpers/peer
cp "$SSP_TEST_SRC/conf/packages.d/schannel.json" "$tmp/root/packages.d"
chmod go-w "$tmp/root/packages.d/schannel.json"
printf 'from the client\n' >"$tmp/ask"
printf 'from the server\n' >"$tmp/answer"

# ---- certificates ----

quietly()
{
    "$@" >"$tmp/openssl" 2>&1 || { cat "$tmp/openssl"; echo 'Bail out! openssl'; exit 99; }
}

# authority NAME: its certificate in NAME.pem.
authority()
{
    quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj "/CN=$1" -keyout "$tmp/$1.key" -out "$tmp/$1.pem"
}

# issue AUTHORITY NAME SUBJECT EXTENSION...: NAME.crt and NAME.key, and both in NAME.pem.
issue()
{
    by=$1 name=$2 subject=$3
    shift 3
    printf '%s\n' 'basicConstraints=CA:FALSE' "$@" >"$tmp/extensions"
    quietly openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" \
        -keyout "$tmp/$name.key" -out "$tmp/request"
    quietly openssl x509 -req -in "$tmp/request" -CA "$tmp/$by.pem" -CAkey "$tmp/$by.key" \
        -set_serial "$(date +%s%N)" -days 2 -extfile "$tmp/extensions" -out "$tmp/$name.crt"
    cat "$tmp/$name.crt" "$tmp/$name.key" >"$tmp/$name.pem"
}

authority ca
authority stranger
issue ca server '/O=Example/CN=localhost' 'subjectAltName=DNS:localhost,IP:127.0.0.1'
issue ca second '/CN=second.example' 'subjectAltName=DNS:second.example'
issue ca alice '/O=Example/CN=alice' 'extendedKeyUsage=clientAuth'
issue stranger mallory '/CN=mallory'
printf 'open sesame\n' >"$tmp/pw"
printf 'wrong\n' >"$tmp/wrong"

# client ARGUMENT...: one that trusts our authority.
client()
{
    "$sspi" connect --package Schannel --ca "$tmp/ca.pem" "$@"
}

# ---- both ways ----

for versions in 1.3 1.2:1.2; do
    serve "$tmp/answer" "$tmp/got" --once --cert "$tmp/server.pem" --tls "$versions"
    gives 0 "TLS $versions: the client is done" client "localhost:$port" <"$tmp/ask"
    ended 0 'so is the server'
    cmp -s "$tmp/out" "$tmp/answer" && cmp -s "$tmp/got" "$tmp/ask"
    result $? 'each has what the other sent'
    has err 'the client says where it is' "connected to localhost by Schannel (TLS ${versions%:*}, "
    has serve.err 'the server that it knows nobody' \
        "a client without certificate by Schannel (TLS ${versions%:*}, "
    has err 'with the cipher suite' '(TLS 1.., [A-Z0-9_]*_SHA[0-9]*); data is sealed'
done

serve /dev/null /dev/null --once --cert "$tmp/server.pem"
gives 0 'by address' client "127.0.0.1:$port" </dev/null
ended 0 'nothing both ways is fine'
serve /dev/null /dev/null --once --cert "$tmp/server.pem"
gives 0 'who proves itself by that' client --mutual "localhost:$port" </dev/null
ended 0 'for --mutual'
has err 'which is said' 'context: mutual authentication'

# ---- much of it ----

head -c 10485760 /dev/urandom >"$tmp/big"
for versions in 1.3 1.2:1.2; do
    serve "$tmp/big" "$tmp/got" --once --cert "$tmp/server.pem" --tls "$versions"
    gives 0 "TLS $versions: 10 MiB both ways at once" client "localhost:$port" <"$tmp/big"
    ended 0 'are carried'
    cmp "$tmp/out" "$tmp/big" && cmp "$tmp/got" "$tmp/big"
    result $? 'and arrive as they were'
    serve /dev/null /dev/null --once --echo --cert "$tmp/server.pem" --tls "$versions"
    gives 0 'the same echoed' client "localhost:$port" <"$tmp/big"
    ended 0 'to the end'
    cmp "$tmp/out" "$tmp/big"
    result $? 'comes back as it was'
done
: >"$tmp/out"
: >"$tmp/got"

# One direction that has ended does not end the other.
for versions in 1.3 1.2:1.2; do
    serve "$tmp/big" /dev/null --once --cert "$tmp/server.pem" --tls "$versions"
    gives 0 "TLS $versions: a client that has nothing to say" client "localhost:$port" </dev/null
    ended 0 'is sent all'
    cmp "$tmp/out" "$tmp/big"
    result $? 'after its own end'
    serve /dev/null "$tmp/got" --once --cert "$tmp/server.pem" --tls "$versions"
    gives 0 'a server that has nothing to say' client "localhost:$port" <"$tmp/big"
    ended 0 'takes all'
    cmp "$tmp/got" "$tmp/big"
    result $? 'after its own end'
done

# ---- whom the client takes for the server ----

serve "$tmp/answer" "$tmp/got" --once --cert "$tmp/server.pem"
gives 1 'an authority that we do not know' "$sspi" connect --package Schannel "localhost:$port" \
    <"$tmp/ask"
has err 'is not trusted' 'SEC_E_UNTRUSTED_ROOT'
has err 'with a hint' 'SSPI_TRACE=stderr'
ended 1 'the server ends so, too'
has serve.err 'since the client told it' 'SEC_E_UNTRUSTED_ROOT'
[ ! -s "$tmp/got" ]
result $? 'no data got through'

serve "$tmp/answer" "$tmp/got" --once --cert "$tmp/server.pem"
gives 1 'another name than that of the certificate' client --target other.example \
    "localhost:$port" <"$tmp/ask"
has err 'is not taken' 'SEC_E_WRONG_PRINCIPAL'
ended 1 'by the client'

serve "$tmp/answer" "$tmp/got" --once --cert "$tmp/mallory.pem"
gives 0 'unless it takes anybody' "$sspi" connect --package Schannel --no-verify \
    "localhost:$port" <"$tmp/ask"
ended 0 'and then it is served'
has err 'with a warning' '^sspi connect: WARNING: certificates are NOT verified'
has err 'and with the name that it was shown' 'connected to CN=mallory (NOT verified) by Schannel'

serve /dev/null /dev/null --once --cert "$tmp/server.pem" --cert "$tmp/second.pem"
gives 0 'of two certificates' client --target second.example "localhost:$port" </dev/null
ended 0 'the second for the second name'
serve /dev/null /dev/null --once --cert "$tmp/second.pem" --cert "$tmp/server.pem"
gives 0 'and the first' client "localhost:$port" </dev/null
ended 0 'for the first'

# ---- whom the server takes for a client ----

for versions in 1.3 1.2:1.2; do
    set -- --once --cert "$tmp/server.pem" --ca "$tmp/ca.pem" --tls "$versions"

    serve "$tmp/answer" "$tmp/got" "$@" --client-cert required
    gives 0 "TLS $versions: a client with its certificate" client --cert "$tmp/alice.pem" \
        "localhost:$port" <"$tmp/ask"
    ended 0 'is let in'
    has serve.err 'by its name' 'authenticated CN=alice,O=Example by Schannel'
    cmp -s "$tmp/got" "$tmp/ask"
    result $? 'with its data'

    serve "$tmp/answer" "$tmp/got" "$@" --client-cert required
    gives 1 'without one' client "localhost:$port" <"$tmp/ask"
    ended 1 'it is refused'
    has serve.err 'for that' 'refused: the client has shown no certificate'
    [ ! -s "$tmp/got" ] && [ ! -s "$tmp/out" ]
    result $? 'before any data'

    serve "$tmp/answer" "$tmp/got" "$@" --client-cert optional
    gives 0 'if it need not' client "localhost:$port" <"$tmp/ask"
    ended 0 'it is let in'
    has serve.err 'as nobody' 'a client without certificate'
    serve "$tmp/answer" "$tmp/got" "$@" --client-cert optional
    gives 0 'but it may' client --cert "$tmp/alice.crt" --key "$tmp/alice.key" \
        "localhost:$port" <"$tmp/ask"
    ended 0 'and then'
    has serve.err 'it has a name' 'authenticated CN=alice'

    serve "$tmp/answer" "$tmp/got" "$@" --client-cert optional
    gives 1 'a certificate of a stranger' client --cert "$tmp/mallory.pem" "localhost:$port" \
        <"$tmp/ask"
    has err 'is refused, as the client is told' 'SEC_E_UNTRUSTED_ROOT'
    ended 1 'by the server'
    has serve.err 'for this' 'SEC_E_UNTRUSTED_ROOT'
    [ ! -s "$tmp/got" ]
    result $? 'no data got through'
done
serve /dev/null /dev/null --once --cert "$tmp/server.pem" --no-verify --client-cert optional
gives 0 'a server that lets anybody in' client --cert "$tmp/mallory.pem" "localhost:$port" \
    </dev/null
ended 0 'does so'
has serve.err 'with a warning' 'WARNING: certificates are NOT verified'
has serve.err 'and a name that may be false' 'authenticated CN=mallory (NOT verified) by'

# ---- versions and application protocols ----

serve /dev/null /dev/null --once --cert "$tmp/server.pem" --tls 1.3
gives 1 'versions that do not meet' client --tls 1.2:1.2 "localhost:$port" </dev/null
ended 1 'on either side'
has err 'are told of' 'SEC_E_UNSUPPORTED_FUNCTION'

serve /dev/null /dev/null --once --cert "$tmp/server.pem" --alpn h2,http/1.1
gives 0 'ALPN' client --alpn spdy/3,http/1.1 "localhost:$port" </dev/null
ended 0 'finds'
has err 'what both speak' '(TLS 1.3, [^ ]*, http/1.1)'
has serve.err 'as both say' '(TLS 1.3, [^ ]*, http/1.1)'
serve /dev/null /dev/null --once --cert "$tmp/server.pem" --alpn h2
gives 1 'nothing in common' client --alpn http/1.1 "localhost:$port" </dev/null
ended 1 'is a refusal'
has err 'told to the client' 'SEC_E_APPLICATION_PROTOCOL_MISMATCH'
has serve.err 'by the server' 'SEC_E_APPLICATION_PROTOCOL_MISMATCH'
serve /dev/null /dev/null --once --cert "$tmp/server.pem"
gives 0 'a server that does not negotiate it' client --alpn h2 "localhost:$port" </dev/null
ended 0 'is none'
has_not err 'and none is said' ', h2)'

# ---- files ----

quietly openssl pkcs12 -export -in "$tmp/server.crt" -inkey "$tmp/server.key" \
    -certfile "$tmp/ca.pem" -passout "file:$tmp/pw" -out "$tmp/server.p12"
quietly openssl x509 -in "$tmp/server.crt" -outform DER -out "$tmp/server.der"
quietly openssl pkey -in "$tmp/server.key" -aes256 -passout "file:$tmp/pw" -out "$tmp/locked.key"

# with WHAT ARGUMENT...: a server with these serves.
with()
{
    what=$1
    shift
    serve /dev/null /dev/null --once "$@"
    gives 0 "$what" client "localhost:$port" </dev/null
    ended 0 'serves'
}

with 'a key of its own' --cert "$tmp/server.crt" --key "$tmp/server.key"
with 'a certificate in DER' --cert "$tmp/server.der" --key "$tmp/server.key"
with 'PKCS#12' --cert "$tmp/server.p12" --key-password-file "$tmp/pw"
with 'a key that is locked' --cert "$tmp/server.crt" --key "$tmp/locked.key" \
    --key-password-file "$tmp/pw"

# without WHAT PATTERN ARGUMENT...: a server with these does not begin.
without()
{
    what=$1 pattern=$2
    shift 2
    # shellcheck disable=SC2086 # a command and its argument, or nothing
    gives 1 "$what" $patience "$sspi" serve --package Schannel --once "$@" </dev/null
    has err 'is said so' "$pattern"
    has_not err 'and nobody listens' listening
}

without 'a file that is missing' "^sspi serve: $tmp/none: " --cert "$tmp/none"
without 'a file without a certificate' "$tmp/ask: " --cert "$tmp/ask"
without 'a certificate without a key' 'SEC_E_' --cert "$tmp/server.crt"
without 'a key that is missing' "$tmp/server.crt with the key in $tmp/none: " \
    --cert "$tmp/server.crt" --key "$tmp/none"
without 'a key of another certificate' 'SEC_E_' --cert "$tmp/server.crt" --key "$tmp/alice.key"
without 'a wrong password' "$tmp/locked.key: " --cert "$tmp/server.crt" --key "$tmp/locked.key" \
    --key-password-file "$tmp/wrong"
without 'no password' "$tmp/server.p12: " --cert "$tmp/server.p12"
without 'a password file that is missing' "$tmp/none" --cert "$tmp/server.p12" \
    --key-password-file "$tmp/none"
without 'no certificate at all' 'no credentials to serve with: SEC_E_NO_CREDENTIALS'
gives 1 'roots that are missing' "$sspi" connect --package Schannel --ca "$tmp/none" localhost:1
has err 'are named' "^sspi connect: $tmp/none: "

tr '\n' ' ' <"$tmp/root/packages.d/schannel.json" |
    sed "s#\"settings\": *{#&\"certificate\": [\"$tmp/server.pem\"], \"client_renegotiation\": true#" >"$tmp/schannel.json"
mv "$tmp/schannel.json" "$tmp/root/packages.d/schannel.json"
chmod go-w "$tmp/root/packages.d/schannel.json"
with 'without --cert the certificate of the configuration'
with 'with --tls as well' --tls 1.3

# wrong ARGUMENT...: usage error.
wrong()
{
    # shellcheck disable=SC2086
    gives 2 "sspi $* is wrong usage" $patience "$sspi" "$@" </dev/null
    [ ! -s "$tmp/out" ] && [ -s "$tmp/err" ]
    result $? 'and is told on standard error'
}

wrong serve --package Schannel --key "$tmp/server.key"
wrong serve --package Schannel --key "$tmp/server.key" --cert "$tmp/server.crt"
wrong serve --package Schannel --cert "$tmp/server.crt" --key one --key two
wrong serve --package Schannel --client-cert maybe
wrong serve --package Schannel --client-cert required --no-verify
wrong connect --package Schannel --client-cert required localhost:1
wrong connect --package Schannel --ca "$tmp/ca.pem" --no-verify localhost:1
wrong connect --package Schannel --alpn '' localhost:1
wrong connect --package Schannel --alpn h2, localhost:1
wrong connect --package Schannel --alpn "$(printf '%256s' '' | tr ' ' a)" localhost:1
for versions in 1 1.4 2.0 1.3:1.2 1.2: :1.2 1.2:1.3:1.3; do
    wrong connect --package Schannel --tls "$versions" localhost:1
done
wrong connect --package Schannel --user alice --cert "$tmp/alice.pem" localhost:1

# ---- openssl at the other side ----

# has_said TIMES PATTERN: so often at least.
has_said()
{
    [ "$(grep -c "$2" "$tmp/openssl")" -ge "$1" ]
}

# say_and_hear TEXT PATTERN [TIMES]: to openssl, which then has shown that so often.  What is said
# before it has, it may read in one with the letter, and leave out.
say_and_hear()
{
    echo "$1" >&3
    await has_said "${3:-1}" "$2"
}

# openssl reads its letters for new keys (K, k) and handshakes (R, r) at the start of a line.
trap '' PIPE # an openssl that is gone is one that does not answer
mkfifo "$tmp/fifo"
for letters in '-tls1_3 K k' '-tls1_2 R R'; do
    # shellcheck disable=SC2086 # three words
    set -- $letters
    serve /dev/null /dev/null --once --echo
    $patience openssl s_client "$1" -connect "localhost:$port" -CAfile "$tmp/ca.pem" \
        <"$tmp/fifo" >"$tmp/openssl" 2>&1 &
    between=$!
    ours="$ours $between"
    exec 3>"$tmp/fifo"
    say_and_hear one '^one' && say_and_hear "$2" 'KEYUPDATE\|RENEGOTIATING' &&
        say_and_hear two '^two' && say_and_hear "$3" 'KEYUPDATE\|RENEGOTIATING' 2 &&
        say_and_hear three '^three'
    result $? "a client of openssl $1 that says $2 and $3 in between is echoed"
    exec 3>&-
    wait "$between"
    ended 0 'to the end'

    : >"$tmp/openssl"
    $patience openssl s_server "$1" -accept 127.0.0.1:0 -cert "$tmp/server.pem" <"$tmp/fifo" \
        >"$tmp/openssl" 2>&1 &
    between=$!
    ours="$ours $between"
    exec 3>"$tmp/fifo"
    await grep -q '^ACCEPT' "$tmp/openssl"
    port=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' "$tmp/openssl")
    mkfifo "$tmp/input"
    : >"$tmp/out"
    client "localhost:$port" <"$tmp/input" >"$tmp/out" 2>"$tmp/err" 3>&- &
    server=$!
    ours="$ours $server"
    exec 4>"$tmp/input"
    echo one >&4
    await grep -q '^one' "$tmp/openssl" && say_and_hear "$2" 'SSL_do_handshake -> 1'
    echo two >&3
    await grep -q '^two' "$tmp/out"
    result $? "a server of openssl $1 that says $2 is heard"
    echo three >&4
    await grep -q '^three' "$tmp/openssl"
    result $? 'and hears'
    say_and_hear Q '^CONNECTION CLOSED\|^DONE\|^shut'
    exec 3>&- 4>&-
    ended 1 'that it does not say its end is told'
    has err 'as a cut' 'was cut'
    wait "$between"
    rm "$tmp/input"
done

# ---- a client and a server that misbehave ----

serve /dev/null /dev/null --once --deadline 1
began=$(date +%s)
gives 0 'a silent client' "$peer" connect "$port"
[ $(($(date +%s) - began)) -lt 10 ]
result $? 'is waited for no longer than was said'
ended 1 'which ends the server'
has serve.err 'and is told' 'deadline'

serve /dev/null /dev/null --max-clients 1 --deadline 20
"$peer" connect "$port" >"$tmp/silent" &
silent=$!
ours="$ours $silent"
sleep 0.3
began=$(date +%s)
gives 1 'a silent server' client --deadline 1 "localhost:$port" </dev/null
has err 'is one, too' 'deadline'
[ $(($(date +%s) - began)) -lt 10 ]
result $? 'that is not waited for'
kill "$silent" "$server"
wait "$silent" "$server"

serve /dev/null /dev/null --once
gives 0 'what is not TLS' "$peer" connect "$port" 474554202f20485454502f312e300d0a0d0a
ended 1 'is refused'
has serve.err 'as that' 'SEC_E_INVALID_TOKEN'

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
gives 1 'a server that closes in mid-handshake' client "localhost:$port" </dev/null
has err 'is told of' 'closed the connection in mid-exchange'
wait "$server"
listening 15030300020228
gives 1 'a server that refuses at once' client "localhost:$port" </dev/null
has err 'is told of' 'SEC_E_ILLEGAL_MESSAGE'
wait "$server"
listening 2d4552520d0a
gives 1 'a server that does not speak TLS' client "localhost:$port" </dev/null
has err 'is told of' 'SEC_E_INVALID_TOKEN'
wait "$server"

# Between the two: everything cut after some bytes, or one bit changed, from the server on.
relay()
{
    serve "$tmp/big" "$tmp/got" --once
    : >"$tmp/port"
    "$peer" relay "$port" "$@" >"$tmp/port" &
    between=$!
    ours="$ours $between"
    await test -s "$tmp/port"
    port=$(head -n 1 "$tmp/port")
}

for cut in 3 500 5000 50000; do
    relay "$cut"
    gives 1 "a connection cut after $cut bytes" client "localhost:$port" <"$tmp/ask"
    has err 'is told to be cut' 'closed the connection in mid-exchange\|was cut\|is lost'
    wait "$between"
    ended 1 'on either side'
done
for bit in 7 500 5000 50000; do
    relay "$bit" flip
    gives 1 "byte $bit changed" client "localhost:$port" <"$tmp/ask"
    wait "$between"
    ended 1 'ends it on either side'
    head -c "$(wc -c <"$tmp/out")" "$tmp/big" | cmp -s - "$tmp/out"
    result $? 'and nothing that is false got through'
done
plan

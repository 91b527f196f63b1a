#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh BUILD: two processes authenticate over TCP and exchange protected data, with NTLM,
# with the package of doc/examples/plugin, which is built out of this tree against installed
# headers only, and with Schannel, which is TLS, under an authority of the demo's own.
# Everything happens in a temporary folder on loopback.
set -eu
build=$(cd "${1:?"usage: demo.sh BUILD"}" && pwd)
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/sspi-demo-XXXXXX")
server=
finish()
{
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

say()
{
    printf '\n== %s\n' "$*"
}

prefix=$work/installed
say "installing into a temporary folder"
make -C "$build" -s install prefix="$prefix" libdir="$prefix/lib" sysconfdir="$prefix/etc" \
    packagedir="$prefix/lib/sspi" >"$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }
sed -i "s|^prefix=.*|prefix=$prefix|; s|^libdir=.*|libdir=$prefix/lib|; s|^includedir=.*|includedir=$prefix/include|" \
    "$prefix/lib/pkgconfig/sspi.pc"
PATH=$prefix/bin:$PATH
LD_LIBRARY_PATH=$prefix/lib
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
SSPI_CONFIG=$prefix/etc/sspi
export PATH LD_LIBRARY_PATH PKG_CONFIG_PATH SSPI_CONFIG
printf '{ "module_folder": "%s" }\n' "$prefix/lib/sspi" >"$SSPI_CONFIG/sspi.json"

say "building the stranger's package out of this tree, and dropping it in"
cp -r "$top/doc/examples/plugin" "$work/plugin"
make -s -C "$work/plugin"
make -s -C "$work/plugin" install PACKAGEDIR="$prefix/lib/sspi" MANIFESTDIR="$SSPI_CONFIG"

export NTLM_USER_FILE="$work/users"
(umask 077; : >"$NTLM_USER_FILE")
printf 'correct horse\n' >"$work/password"
printf 'battery staple\n' >"$work/wrong"
chmod 600 "$work/password" "$work/wrong"
say "an NTLM account, its password from stdin"
sspi user add alice <"$work/password"
sspi user list

say "a key for the stranger's package"
key=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt iter:600000 \
    -kdfopt salt:Example-PSK:alice -kdfopt pass:"$(cat "$work/password")" PBKDF2 | tr -d ':\n')
(umask 077; printf 'alice:%s\n' "$key" >"$work/keys")
sed -i "s|/etc/sspi/example-psk.keys|$work/keys|" "$SSPI_CONFIG/packages.d/example-psk.json"
echo "derived from her password, kept in the file that the manifest's setting key_file names"

say "the packages of this machine"
sspi list --load

# start PACKAGE [OPTION]...: a server for one client, which says a line and hears one.
start()
{
    : >"$work/server.err" # the last server's port is not this one's
    echo "this line came from the server, sealed" |
        sspi serve --package "$@" --listen 127.0.0.1:0 --once \
            >"$work/server.out" 2>"$work/server.err" &
    server=$!
    port=
    for _ in $(seq 100); do
        port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/server.err")
        [ -z "$port" ] || return 0
        sleep 0.05
    done
    cat "$work/server.err" >&2
    return 1
}

show()
{
    sed "s/^/    $1: /" "$2"
}

# talk ARGUMENT...: a client of the server that was started; data goes both ways.
talk()
{
    echo "this line came from the client, sealed" |
        sspi connect "$@" >"$work/client.out" 2>"$work/client.err" ||
        { cat "$work/client.err"; exit 1; }
    wait "$server" || { cat "$work/server.err"; exit 1; }
    server=
    show "client says on stderr" "$work/client.err"
    show "server says on stderr" "$work/server.err"
    show "server received      " "$work/server.out"
    show "client received      " "$work/client.out"
    grep -q 'came from the client' "$work/server.out"
    grep -q 'came from the server' "$work/client.out"
}

# fail ARGUMENT...: a client that must not come to an understanding with that server.
fail()
{
    if echo hello | sspi connect "$@" >"$work/client.out" 2>"$work/client.err"; then
        echo "it was not refused" >&2
        exit 1
    fi
    wait "$server" || true
    server=
    show client "$work/client.err"
    show server "$work/server.err"
    [ ! -s "$work/server.out" ]
}

for package in NTLM Example-PSK; do
    say "$package: a server and a client process, over TCP"
    start "$package"
    talk --package "$package" --user alice --password-file "$work/password" "127.0.0.1:$port"
done

say "NTLM with a wrong password is refused"
start NTLM
fail --package NTLM --user alice --password-file "$work/wrong" "127.0.0.1:$port"

say "an authority of our own, and a certificate for localhost that it issues"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj '/CN=Authority of the demo' -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' >"$work/extensions"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=localhost' \
    -keyout "$work/server.key" -out "$work/request" 2>/dev/null
openssl x509 -req -in "$work/request" -CA "$work/ca.pem" -CAkey "$work/ca.key" -set_serial 2 \
    -days 2 -extfile "$work/extensions" -out "$work/server.pem" 2>/dev/null
openssl x509 -in "$work/server.pem" -noout -subject -issuer -ext subjectAltName | sed 's/^/    /'

say "Schannel: a server with that certificate, and a client that trusts the authority"
start Schannel --cert "$work/server.pem" --key "$work/server.key"
talk --package Schannel --ca "$work/ca.pem" "localhost:$port"

say "Schannel: a client that trusts the authorities of the system only refuses the server"
start Schannel --cert "$work/server.pem" --key "$work/server.key"
fail --package Schannel "localhost:$port"

say "done: everything above is installed with 'make install'; man sspi tells the rest"

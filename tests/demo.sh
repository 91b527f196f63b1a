#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh BUILD: two processes authenticate over TCP and exchange protected data, with NTLM and
# with the package of doc/examples/plugin, which is built out of this tree against installed
# headers only.  Everything happens in a temporary folder on loopback.
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

# start PACKAGE: a server for one client, which says a line and hears one.
start()
{
    echo "this line came from the server, sealed" |
        sspi serve --package "$1" --listen 127.0.0.1:0 --once \
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

# run PACKAGE PASSWORD-FILE
run()
{
    say "$1: a server and a client process, over TCP"
    start "$1"
    echo "this line came from the client, sealed" |
        sspi connect --package "$1" --user alice --password-file "$2" "127.0.0.1:$port" \
            >"$work/client.out" 2>"$work/client.err" || { cat "$work/client.err"; exit 1; }
    wait "$server" || { cat "$work/server.err"; exit 1; }
    server=
    show "client says on stderr" "$work/client.err"
    show "server says on stderr" "$work/server.err"
    show "server received      " "$work/server.out"
    show "client received      " "$work/client.out"
    grep -q 'came from the client' "$work/server.out"
    grep -q 'came from the server' "$work/client.out"
}

run NTLM "$work/password"
run Example-PSK "$work/password"

say "NTLM with a wrong password is refused"
start NTLM
if echo hello | sspi connect --package NTLM --user alice --password-file "$work/wrong" \
    "127.0.0.1:$port" >"$work/client.out" 2>"$work/client.err"; then
    echo "the wrong password was accepted" >&2
    exit 1
fi
wait "$server" || true
server=
show client "$work/client.err"
show server "$work/server.err"
[ ! -s "$work/server.out" ]

say "done: everything above is installed with 'make install'; man sspi tells the rest"

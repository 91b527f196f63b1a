#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A stranger's package: built out of the tree against what is installed, dropped into place, used
# by every application with no rebuild.  And the smallest applications, in the same way.  TAP.
#
# SSP_TEST_PREFIX: where OpenSSPI is installed; without it the build is installed for the test.

umask 022
work=$(mktemp -d) || exit 99
n=0
server=

finish()
{
    [ -z "$server" ] || kill "$server" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 99' HUP INT TERM

bail()
{
    echo "Bail out! $1"
    [ -z "$2" ] || sed 's/^/# /' "$2"
    exit 99
}

ok() # description, command...: is it so?
{
    n=$((n + 1))
    what=$1
    shift
    if "$@" >"$work/last" 2>&1; then
        echo "ok $n - $what"
    else
        echo "not ok $n - $what"
        tail -n 20 "$work/last" | sed 's/^/# /'
    fi
}

fails()
{
    ! "$@"
}

for tool in pkg-config openssl make; do
    command -v $tool >/dev/null || { echo "1..0 # SKIP $tool not found"; exit 0; }
done

# --- an installation ------------------------------------------------------------------------------

if [ -n "${SSP_TEST_PREFIX:-}" ]; then
    prefix=$SSP_TEST_PREFIX
else
    # A make of its own: what the make that runs us tells its children is not for this one.
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u DESTDIR \
        make -C "$SSP_TEST_BUILD" install DESTDIR="$work/root" >"$work/install.log" 2>&1 ||
        bail "the build cannot be installed" "$work/install.log"
fi
pc=$(find "${prefix:-$work/root}" -name sspi.pc | head -n 1)
[ -n "$pc" ] || bail "no sspi.pc is installed"
# The file tells where it was to be; it is below $work/root instead.
[ -n "${prefix:-}" ] || prefix=$work/root$(sed -n 's/^prefix=//p' "$pc")
PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG="pkg-config --define-variable=prefix=$prefix"
export PKG_CONFIG PKG_CONFIG_PATH
libdir=$($PKG_CONFIG --variable=libdir sspi)
LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
sspi=$prefix/bin/sspi
[ -x "$sspi" ] || bail "no sspi command is installed"

# A library with a sanitizer wants programs that have it too.
sanitize=
if nm -D "$libdir/libsspi.so" 2>/dev/null | grep -q __asan_; then
    sanitize=-fsanitize=address,undefined
elif nm -D "$libdir/libsspi.so" 2>/dev/null | grep -q __tsan_; then
    sanitize=-fsanitize=thread
fi

# --- the package ----------------------------------------------------------------------------------

cp -R "$SSP_TEST_SRC/doc/examples/plugin" "$work/plugin" && chmod -R u+w "$work/plugin" || exit 99
(cd "$work/plugin" && make clean) >/dev/null 2>&1
ok 'the package builds out of the tree, without a warning' \
    make -C "$work/plugin" CC="${CC:-cc}" CPPFLAGS=-MMD CFLAGS='-O2 -g -Wall -Wextra -Werror'
ok 'with no header of the tree' fails grep -qF "$SSP_TEST_SRC/" "$work"/plugin/*.d
symbols=$(nm -D --defined-only "$work/plugin/example-psk.so" | sed 's/.* //')
ok 'it exports one symbol' test "$symbols" = ssp_package_entry

# Configuration and modules of the test's own; the module that is installed stays alone.
etc=$work/etc
mkdir -p "$etc" "$work/drop"
ok 'it is installed like any other' make -C "$work/plugin" install CC="${CC:-cc}" \
    DESTDIR="$work/drop" MANIFESTDIR=/etc PACKAGEDIR=/modules
mv "$work/drop/etc/packages.d" "$etc/packages.d"
printf '{ "module_folder": "%s" }\n' "$work/drop/modules" >"$etc/sspi.json"
sed "s,/etc/sspi/example-psk.keys,$work/keys," "$etc/packages.d/example-psk.json" \
    >"$work/json" && cp "$work/json" "$etc/packages.d/example-psk.json"
SSPI_CONFIG=$etc
export SSPI_CONFIG

# alice's key is that of a password, bob's is none of any.
printf '%s\n' secret >"$work/password"
printf '%s\n' wrong >"$work/wrong"
(
    umask 077
    key=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt iter:600000 \
        -kdfopt salt:Example-PSK:alice -kdfopt pass:secret PBKDF2 | tr -d ':\n')
    printf 'alice:%s\nbob:%s\n' "$key" "$(openssl rand -hex 32)" >"$work/keys"
) || bail 'no keys'

# --- the installed command ------------------------------------------------------------------------

"$sspi" list >"$work/list" 2>&1
ok 'sspi list knows it by its manifest' grep -q '^Example-PSK.*enabled' "$work/list"
"$sspi" list --load >"$work/list" 2>&1
ok 'and can load it' grep -q '^Example-PSK.*loaded' "$work/list"
ok 'sspi check finds no fault' "$sspi" check
sed 's/"key_file"/"keyfile"/' "$etc/packages.d/example-psk.json" >"$work/json"
mkdir -p "$work/bad/packages.d"
cp "$etc/sspi.json" "$work/bad/"
cp "$work/json" "$work/bad/packages.d/example-psk.json"
ok 'but finds a setting that is misspelt' fails env SSPI_CONFIG="$work/bad" "$sspi" check

# The server tells where it listens once it does.  It reads descriptor 3.
serve() # program and arguments
{
    : >"$work/serve.log"
    "$@" <&3 >"$work/served" 2>"$work/serve.log" &
    server=$!
    tries=0
    until port=$(sed -n 's/^listening on .*:\([0-9][0-9]*\)$/\1/p' "$work/serve.log") &&
        [ -n "$port" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then
            cat "$work/serve.log"
            return 1
        fi
        sleep 0.1
    done
}

done_serving()
{
    wait "$server"
    result=$?
    server=
    return $result
}

head -c 300000 /dev/urandom >"$work/up"
head -c 200000 /dev/urandom >"$work/down"

serve "$sspi" serve --package Example-PSK --once --listen 127.0.0.1:0 3<"$work/down" ||
    bail 'sspi serve does not begin' "$work/serve.log"
ok 'a client proves itself over TCP and sends data' sh -c '
    timeout 60 "$1" connect --package Example-PSK --user alice --password-file "$2/password" \
        --mutual 127.0.0.1:"$3" <"$2/up" >"$2/got"' sh "$sspi" "$work" "$port"
ok 'the server is content' done_serving
ok 'what the client sent arrives' cmp "$work/up" "$work/served"
ok 'what the server sent arrives' cmp "$work/down" "$work/got"
ok 'the server knows who it was' grep -q 'authenticated alice by Example-PSK' "$work/serve.log"

serve "$sspi" serve --package Example-PSK --once --echo --protect sign --listen 127.0.0.1:0 \
    3</dev/null || bail 'sspi serve does not begin' "$work/serve.log"
ok 'signed data goes there and back' sh -c '
    timeout 60 "$1" connect --package Example-PSK --user alice --password-file "$2/password" \
        --protect sign 127.0.0.1:"$3" <"$2/up" >"$2/got" && cmp "$2/up" "$2/got"' \
    sh "$sspi" "$work" "$port"
done_serving >/dev/null

serve "$sspi" serve --package Example-PSK --once --listen 127.0.0.1:0 3</dev/null ||
    bail 'sspi serve does not begin' "$work/serve.log"
ok 'a wrong key is refused' sh -c '
    ! timeout 60 "$1" connect --package Example-PSK --user alice --password-file "$2/wrong" \
        127.0.0.1:"$3" </dev/null 2>"$2/client.log"' sh "$sspi" "$work" "$port"
ok 'and the client is told why' grep -q SEC_E_LOGON_DENIED "$work/client.log"
ok 'the server is not content' fails done_serving

serve "$sspi" serve --package Example-PSK --once --listen 127.0.0.1:0 3</dev/null ||
    bail 'sspi serve does not begin' "$work/serve.log"
ok 'a stranger is refused' sh -c '
    ! timeout 60 "$1" connect --package Example-PSK --user mallory --password-file "$2/password" \
        127.0.0.1:"$3" </dev/null' sh "$sspi" "$work" "$port"
done_serving >/dev/null 2>&1

chmod 644 "$work/keys"
serve "$sspi" serve --package Example-PSK --once --listen 127.0.0.1:0 3</dev/null ||
    bail 'sspi serve does not begin' "$work/serve.log"
ok 'a key file that others may read is not used' sh -c '
    ! timeout 60 "$1" connect --package Example-PSK --user alice --password-file "$2/password" \
        127.0.0.1:"$3" </dev/null' sh "$sspi" "$work" "$port"
done_serving >/dev/null 2>&1
chmod 600 "$work/keys"

# --- tokens and messages that are not as they should be -------------------------------------------

# shellcheck disable=SC2086,SC2046
if ${CC:-cc} -std=gnu17 -O1 -g -Wall -Wextra $sanitize -o "$work/hostile" \
    "$SSP_TEST_SRC/tests/examples/hostile.c" $($PKG_CONFIG --cflags --libs sspi) \
    >"$work/last" 2>&1; then
    "$work/hostile" alice secret >"$work/hostile.out" 2>&1
    result=$?
    while IFS= read -r line; do
        case $line in
        'ok - '*) n=$((n + 1)) && echo "ok $n ${line#ok }" ;;
        'not ok - '*) n=$((n + 1)) && echo "not ok $n ${line#not ok }" ;;
        *) echo "# $line" ;;
        esac
    done <"$work/hostile.out"
    ok 'nothing hostile does harm' test $result = 0
else
    ok 'the hostile program builds' cat "$work/last" -
fi

# --- the smallest applications --------------------------------------------------------------------

cp -R "$SSP_TEST_SRC/doc/examples/simple" "$work/simple" && chmod -R u+w "$work/simple" || exit 99
(cd "$work/simple" && make clean) >/dev/null 2>&1
ok 'the simple client and server build' make -C "$work/simple" CC="${CC:-cc}" \
    CFLAGS="-O2 -g -Wall -Wextra -Werror $sanitize"
port=$((20000 + $$ % 20000))
"$work/simple/server" 127.0.0.1 $port Example-PSK >"$work/served" 2>"$work/serve.log" &
server=$!
tries=0
while [ $tries -lt 50 ] &&
    ! "$work/simple/client" 127.0.0.1 $port Example-PSK alice secret 'Hello, world' \
        2>"$work/client.log"; do
    tries=$((tries + 1)) # it may not listen yet
    sleep 0.1
done
ok 'the simple server reads the message' done_serving
ok 'and knows whose it is' grep -qx 'alice: Hello, world' "$work/served"

echo "1..$n"

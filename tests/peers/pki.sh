#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pki.sh FOLDER: certificates for tests of TLS, good ones and one of each bad kind, made anew in
# FOLDER with the openssl command alone.  Two seconds; valid from yesterday for a year.
#
# For NAME below there is NAME.pem, the certificate, and NAME.key, its key (PKCS #8, no password).
# Unless it says otherwise a server is CN=localhost with DNS:localhost and IP:127.0.0.1, for
# serverAuth, signed by the intermediate; NAME-chain.pem is it with the intermediate behind.
#
#   ca                  the root (RSA); ca.der too.  intermediate: under it (EC)
#   both-cas.pem        these two certificates
#   other-ca            another root that nobody trusts
#   server-rsa          RSA 2048      server-ec  P-256      server-ed25519  Ed25519
#   server-one, server-two             EC, for DNS:one.test and DNS:two.test: chosen by SNI
#   client-rsa, client-ec, client-ed25519
#                       CN=alice, for clientAuth, signed by the root itself
#   client-other        the same, but under other-ca
#
# server-rsa and client-rsa in other forms, the password being the line in `password`:
#   NAME.der  NAME.key.der             DER
#   NAME.p12                           PKCS #12 with password: certificate, key, chain, root
#   NAME-traditional.key               PKCS #1 (of server-ec: SEC 1)
#   NAME-encrypted.key                 PKCS #8 with password
#
# What may be said of revocation, by the intermediate:
#   NAME.ocsp           a response (DER): good for server-rsa, server-ec; of server-revoked, that
#                       it is revoked
#   server-rsa-forged.ocsp             good, but signed by other-ca
#   crl-empty.pem       the lists of the root and the intermediate, nobody on them
#   crl.pem             the same with server-revoked on the intermediate's
#   crl-expired.pem     the intermediate's alone, of the past
#
# Certificates of servers that are bad in one way each:
#   server-revoked      is on crl.pem
#   server-expired      was valid until yesterday
#   server-future       is not valid yet
#   server-wrong-name   DNS:other.test
#   server-cn-only      localhost as CN alone, no other name
#   server-wrong-usage  for clientAuth only
#   server-self-signed  signed by nobody else
#   server-under-leaf   signed by server-ec, which is no CA; its chain has all three
#   server-under-short  signed by an intermediate below `intermediate`, whose path length is 0
#   server-other-ca     signed by other-ca
#   server-bad-signature  server-rsa with the last octet changed; key of server-rsa
#   server-weak         RSA 1024
set -eu
folder=${1:?"usage: pki.sh FOLDER"}
mkdir -p "$folder"
cd "$folder"
umask 077

quietly()
{
    "$@" >log 2>&1 || { cat log >&2; echo "pki.sh: failed: $*" >&2; exit 1; }
}

# The time that date(1) makes of TEXT, as `openssl ca` wants it.
at()
{
    date -u -d "$1" +%Y%m%d%H%M%SZ
}
yesterday=$(at '1 day ago')
last_year=$(at '1 year ago')
next_year=$(at '1 year')
year_after=$(at '2 years')

# One CA's books for all issuers: `openssl ca` alone can date a certificate, and it lists what
# may be revoked.  Names may repeat, serial numbers do not.
cat >openssl.cnf <<'END'
[ca]
default_ca = books
[books]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sha256
unique_subject = no
policy = any
copy_extensions = none
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
[server_rsa]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
[client]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[self_signed]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
[cn_only]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
[wrong_usage]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
END
for name in one two other; do
    sed -n '/^\[server\]/,/^subjectAltName/p' openssl.cnf |
        sed "s/^\[server\]/[server_$name]/; s/^subjectAltName.*/subjectAltName = DNS:$name.test/"
done >names.cnf
cat names.cnf >>openssl.cnf
: >index.txt
echo 1000 >serial
echo 1000 >crlnumber
OPENSSL_CONF=$PWD/openssl.cnf
export OPENSSL_CONF

# key NAME KIND
key()
{
    case $2 in
    rsa) set -- "$1" -algorithm RSA -pkeyopt rsa_keygen_bits:2048 ;;
    weak) set -- "$1" -algorithm RSA -pkeyopt rsa_keygen_bits:1024 ;;
    ec) set -- "$1" -algorithm EC -pkeyopt ec_paramgen_curve:P-256 ;;
    ed25519) set -- "$1" -algorithm ED25519 ;;
    esac
    name=$1
    shift
    quietly openssl genpkey "$@" -out "$name.key"
}

# root NAME KIND CN EXTENSIONS: a certificate that signs itself.
root()
{
    key "$1" "$2"
    quietly openssl req -new -key "$1.key" -subj "/CN=$3" -out request
    quietly openssl ca -batch -notext -selfsign -keyfile "$1.key" -in request -out "$1.pem" \
        -extensions "$4" -startdate "$yesterday" -enddate "$next_year"
}

# signed NAME KIND CN EXTENSIONS ISSUER [FROM UNTIL]
signed()
{
    key "$1" "$2"
    quietly openssl req -new -key "$1.key" -subj "/CN=$3" -out request
    quietly openssl ca -batch -notext -cert "$5.pem" -keyfile "$5.key" -in request \
        -out "$1.pem" -extensions "$4" -startdate "${6:-$yesterday}" -enddate "${7:-$next_year}"
}

# server NAME KIND EXTENSIONS [FROM UNTIL]: by the intermediate, with its chain.
server()
{
    signed "$1" "$2" localhost "$3" intermediate ${4:+"$4" "$5"}
    cat "$1.pem" intermediate.pem >"$1-chain.pem"
}

root ca rsa 'peers root' root
root other-ca ec 'somebody else' root
signed intermediate ec 'peers intermediate' intermediate ca

server server-rsa rsa server_rsa
server server-ec ec server
server server-ed25519 ed25519 server
server server-one ec server_one
server server-two ec server_two
signed client-rsa rsa alice client ca
signed client-ec ec alice client ca
signed client-ed25519 ed25519 alice client ca
signed client-other ec alice client other-ca

server server-revoked ec server
server server-expired ec server "$last_year" "$yesterday"
server server-future ec server "$next_year" "$year_after"
server server-wrong-name ec server_other
server server-cn-only ec cn_only
server server-wrong-usage ec wrong_usage
server server-weak weak server_rsa
root server-self-signed ec localhost self_signed
signed server-other-ca ec localhost server other-ca
signed server-under-leaf ec localhost server server-ec
cat server-under-leaf.pem server-ec.pem intermediate.pem >server-under-leaf-chain.pem
signed short ec 'peers short' intermediate intermediate
signed server-under-short ec localhost server short
cat server-under-short.pem short.pem intermediate.pem >server-under-short-chain.pem

# The signature is the last thing in a certificate, and any octets make an RSA signature.
openssl x509 -in server-rsa.pem -outform DER -out server-rsa.der
head -c -1 server-rsa.der >changed
last=$(tail -c 1 server-rsa.der | od -An -tu1 | tr -d ' ')
# shellcheck disable=SC2059 # the octet is the format
printf "\\$(printf %o $((last ^ 1)))" >>changed
openssl x509 -inform DER -in changed -out server-bad-signature.pem
cp server-rsa.key server-bad-signature.key
cat server-bad-signature.pem intermediate.pem >server-bad-signature-chain.pem

echo 'peers password' >password
for name in server-rsa client-rsa; do
    openssl x509 -in $name.pem -outform DER -out $name.der
    openssl pkey -in $name.key -outform DER -out $name.key.der
    openssl pkey -in $name.key -traditional -out $name-traditional.key
    openssl pkcs8 -topk8 -in $name.key -passout file:password -out $name-encrypted.key
    cat intermediate.pem ca.pem >rest
    quietly openssl pkcs12 -export -in $name.pem -inkey $name.key -certfile rest -name $name \
        -passout file:password -out $name.p12
done
openssl pkey -in server-ec.key -traditional -out server-ec-traditional.key
openssl x509 -in ca.pem -outform DER -out ca.der
cat ca.pem intermediate.pem >both-cas.pem

# lists UNTIL-DAYS NAME ISSUER...: revocation lists of these issuers, one behind the other.
lists()
{
    days=$1 out=$2
    shift 2
    : >"$out"
    for issuer; do
        quietly openssl ca -gencrl -cert "$issuer.pem" -keyfile "$issuer.key" -crldays "$days" \
            -out crl
        cat crl >>"$out"
    done
}
lists 365 crl-empty.pem ca intermediate
# Whose serial number it is the books do not say, so the root's list is made before.
lists 365 crl.pem ca
quietly openssl ca -revoke server-revoked.pem -cert intermediate.pem -keyfile intermediate.key
lists 365 crl-rest intermediate
cat crl-rest >>crl.pem
quietly openssl ca -gencrl -cert intermediate.pem -keyfile intermediate.key \
    -crl_lastupdate "$last_year" -crl_nextupdate "$yesterday" -out crl-expired.pem

# response NAME SIGNER OUT
response()
{
    quietly openssl ocsp -issuer intermediate.pem -cert "$1.pem" -reqout request -no_nonce
    quietly openssl ocsp -index index.txt -CA intermediate.pem -rsigner "$2.pem" -rkey "$2.key" \
        -reqin request -respout "$3" -ndays 365
}
for name in server-rsa server-ec server-revoked; do
    response $name intermediate $name.ocsp
done
response server-rsa other-ca server-rsa-forged.ocsp

rm -f openssl.cnf names.cnf index.txt* serial* crlnumber* request changed rest crl crl-rest log \
    [0-9A-F][0-9A-F]*.pem short.key

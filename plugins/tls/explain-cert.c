/* SPDX-License-Identifier: Apache-2.0 */
/* explain-cert.c: certificates and distinguished names. */
#include "config.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plugins/tls/explain-message.h"

#define NAME_MAX_SHOWN 1000 /* bytes */

/* RFC 2253 escapes what is not ASCII, and what could move a terminal. */
static void tell_name(const struct tls_teller *t, const char *name, const X509_NAME *subject)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;
    long n = -1;

    if (out && X509_NAME_print_ex(out, subject, 0, XN_FLAG_RFC2253) >= 0)
        n = BIO_get_mem_data(out, &text);
    if (n < 0 || n > NAME_MAX_SHOWN)
        tls_tell(t, name, "a name that cannot be shown");
    else
        tls_tell(t, name, "%.*s", (int)n, n > 0 ? text : "");
    BIO_free(out);
}

static void put_time(char *text, size_t room, const ASN1_TIME *when)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(when, &tm) != 1 || strftime(text, room, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        (void)snprintf(text, room, "no date");
}

static void tell_validity(const struct tls_teller *t, const X509 *cert)
{
    char from[40], to[40];

    put_time(from, sizeof from, X509_get0_notBefore(cert));
    put_time(to, sizeof to, X509_get0_notAfter(cert));
    tls_tell(t, "valid", "%s to %s", from, to);
}

static void add_address(struct tls_list *l, const ASN1_OCTET_STRING *ip)
{
    const unsigned char *b = ASN1_STRING_get0_data(ip);
    char text[48] = "";
    size_t len = 0;

    if (ASN1_STRING_length(ip) == 4) {
        tls_list_add(l, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        return;
    }
    if (ASN1_STRING_length(ip) != 16) {
        tls_list_add(l, "an address of %d bytes", ASN1_STRING_length(ip));
        return;
    }
    for (unsigned i = 0; i < 16; i += 2)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%x", i > 0 ? ":" : "",
                                (unsigned)(b[i] << 8 | b[i + 1]));
    tls_list_add(l, "%s", text);
}

static void add_alternative(struct tls_list *l, const GENERAL_NAME *name)
{
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

    switch (type) {
    case GEN_IPADD:
        add_address(l, value);
        return;
    case GEN_DNS:
    case GEN_EMAIL:
    case GEN_URI:
        tls_list_text(l, "",
                      span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
        return;
    default:
        tls_list_add(l, "a name of type %d", type);
        return;
    }
}

static void tell_alternatives(const struct tls_teller *t, const X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    struct tls_list l = { .len = 0 };

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        add_alternative(&l, sk_GENERAL_NAME_value(names, i));
    if (names)
        tls_tell_list(t, "names", &l);
    GENERAL_NAMES_free(names);
}

static void tell_key(const struct tls_teller *t, const X509 *cert)
{
    const EVP_PKEY *key = X509_get0_pubkey(cert);
    const char *type = key ? EVP_PKEY_get0_type_name(key) : NULL;
    char group[40] = "";

    if (!type) {
        tls_tell(t, "key", "unknown");
        return;
    }
    if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
        group[0] = '\0';
    tls_tell(t, "key", "%s, %d bits%s%s", type, EVP_PKEY_get_bits(key), group[0] ? ", " : "",
             group);
}

static X509 *read_certificate(struct span der)
{
    const unsigned char *p = der.data;
    X509 *cert = d2i_X509(NULL, &p, (long)der.len);

    if (cert && p == der.data + der.len)
        return cert;
    X509_free(cert);
    return NULL;
}

/* What libcrypto could not read it says in the thread's queue, which is the application's. */
void tls_tell_certificate(struct tls_teller *t, struct span der, size_t at)
{
    ERR_set_mark();
    X509 *cert = read_certificate(der);
    if (cert) {
        tell_name(t, "subject", X509_get_subject_name(cert));
        tell_name(t, "issuer", X509_get_issuer_name(cert));
        tell_validity(t, cert);
        tell_alternatives(t, cert);
        tell_key(t, cert);
    } else {
        tls_fault(t, SEC_E_CERT_UNKNOWN, at, "certificate: not the DER of one");
    }
    X509_free(cert);
    ERR_pop_to_mark();
}

static X509_NAME *read_name(struct span der)
{
    const unsigned char *p = der.data;
    X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.len);

    if (name && p == der.data + der.len)
        return name;
    X509_NAME_free(name);
    return NULL;
}

void tls_tell_authority(struct tls_teller *t, struct span der, size_t at)
{
    ERR_set_mark();
    X509_NAME *name = read_name(der);
    if (name)
        tell_name(t, "authority", name);
    else
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, at, "authority: not a name in DER");
    X509_NAME_free(name);
    ERR_pop_to_mark();
}

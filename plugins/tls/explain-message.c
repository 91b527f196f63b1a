/* SPDX-License-Identifier: Apache-2.0 */
/* explain-message.c: the handshake messages but the hellos.  RFC 5246 7.4. */
#include "config.h"

#include "plugins/tls/explain-message.h"

#include <inttypes.h>
#include <string.h>

#define NAMED_CURVE 3u /* RFC 8422 5.4 */

/* The numbers of DTLS's versions fall as they get newer. */
static bool has_schemes(const struct tls_teller *t)
{
    return t->dtls ? t->version <= 0xfefd : t->version >= 0x0303;
}

static void tell_signature(struct tls_teller *t, struct tls_part *m)
{
    struct tls_part signature;
    uint16_t scheme;

    if (has_schemes(t)) {
        if (!tls_part_u16(t, m, "algorithm", &scheme))
            return;
        tls_tell_named(t, "algorithm", TLS_SCHEMES, scheme);
    }
    if (tls_part_open(t, m, "signature", 2, &signature))
        tls_tell_bytes(t, "signature", signature.in.all);
}

/* RFC 6347 4.2.1. */
static void tell_verify_request(struct tls_teller *t, struct tls_part *m)
{
    struct tls_part cookie;
    uint16_t version;

    if (!t->dtls)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, m->at, "HelloVerifyRequest: there is none in TLS");
    if (!tls_part_u16(t, m, "server_version", &version))
        return;
    tls_tell_named(t, "server_version", TLS_VERSIONS, version);
    if (tls_part_open(t, m, "cookie", 1, &cookie))
        tls_tell_bytes(t, "cookie", cookie.in.all);
}

/* RFC 5077 3.3. */
static void tell_new_ticket(struct tls_teller *t, struct tls_part *m)
{
    struct tls_part ticket;
    struct span hint;

    if (!tls_part_take(t, m, "ticket_lifetime_hint", 4, &hint))
        return;
    struct wire_in in = wire_in(hint);
    tls_tell(t, "ticket_lifetime_hint", "%" PRIu32 " seconds", wire_u32be(&in));
    if (tls_part_open(t, m, "ticket", 2, &ticket))
        tls_tell_bytes(t, "ticket", ticket.in.all);
}

static void tell_certificates(struct tls_teller *t, struct tls_part *m)
{
    struct tls_part list, one;

    if (!tls_part_open(t, m, "certificate_list", 3, &list))
        return;
    if (wire_left(&list.in) == 0)
        tls_tell(t, "certificate_list", "none");
    while (wire_left(&list.in) > 0) {
        if (!tls_part_open(t, &list, "certificate", 3, &one))
            return;
        tls_tell_bytes(t, "certificate", one.in.all);
        t->depth++;
        tls_tell_certificate(t, one.in.all, one.at);
        t->depth--;
    }
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A key exchange over a curve, with a signature; without ServerHello, what looks like one. */
static bool is_ecdhe(const struct tls_teller *t, const struct tls_part *m)
{
    const char *suite = tls_name(TLS_SUITES, t->suite);
    struct wire_in in = m->in;

    if (t->agreed)
        return suite && (begins(suite, "TLS_ECDHE_RSA_") || begins(suite, "TLS_ECDHE_ECDSA_"));
    return wire_u8(&in) == NAMED_CURVE && tls_name(TLS_GROUPS, wire_u16be(&in));
}

static bool is_dhe(const struct tls_teller *t)
{
    const char *suite = tls_name(TLS_SUITES, t->suite);

    return t->agreed && suite && (begins(suite, "TLS_DHE_RSA_") || begins(suite, "TLS_DHE_DSS_"));
}

static void tell_ecdhe(struct tls_teller *t, struct tls_part *m)
{
    struct tls_part point;
    uint16_t group;
    uint8_t type;

    if (!tls_part_u8(t, m, "curve_type", &type))
        return;
    if (type != NAMED_CURVE) {
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, m->at, "curve_type: %u, not a named curve", type);
        (void)wire_rest(&m->in);
        return;
    }
    if (!tls_part_u16(t, m, "curve", &group))
        return;
    tls_tell_named(t, "curve", TLS_GROUPS, group);
    if (!tls_part_open(t, m, "public key", 1, &point))
        return;
    tls_tell_bytes(t, "public key", point.in.all);
    tell_signature(t, m);
}

static void tell_dhe(struct tls_teller *t, struct tls_part *m)
{
    static const char *const names[] = { "dh_p", "dh_g", "dh_Ys" };
    struct tls_part number;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!tls_part_open(t, m, names[i], 2, &number))
            return;
        tls_tell_bytes(t, names[i], number.in.all);
    }
    tell_signature(t, m);
}

/* Its form is that of the cipher suite, which only ServerHello tells. */
static void tell_server_key(struct tls_teller *t, struct tls_part *m)
{
    if (is_ecdhe(t, m))
        tell_ecdhe(t, m);
    else if (is_dhe(t))
        tell_dhe(t, m);
    else
        tls_tell_bytes(t, "parameters", wire_rest(&m->in));
}

static void tell_cert_request(struct tls_teller *t, struct tls_part *m)
{
    struct tls_part names, one;

    tls_tell_octets(t, m, "certificate_types", TLS_CERT_TYPES);
    if (has_schemes(t))
        tls_tell_numbers(t, m, "signature_algorithms", 2, TLS_SCHEMES);
    if (!tls_part_open(t, m, "certificate_authorities", 2, &names))
        return;
    tls_tell_bytes(t, "certificate_authorities", names.in.all);
    t->depth++;
    while (wire_left(&names.in) > 0 && tls_part_open(t, &names, "authority", 2, &one))
        tls_tell_authority(t, one.in.all, one.at);
    t->depth--;
}

/* RFC 6066 8. */
static void tell_cert_status(struct tls_teller *t, struct tls_part *m)
{
    struct tls_part response;
    uint8_t type;

    if (!tls_part_u8(t, m, "status_type", &type))
        return;
    if (type != 1) {
        tls_tell(t, "status", "of type %u, %zu bytes", type, wire_rest(&m->in).len);
        return;
    }
    if (tls_part_open(t, m, "OCSP response", 3, &response))
        tls_tell_bytes(t, "OCSP response", response.in.all);
}

/* Nothing but its header; what there is beyond is told as too much. */
static void tell_nothing(struct tls_teller *t, struct tls_part *m)
{
    (void)t;
    (void)m;
}

/* The header has said how long it is. */
static void tell_no_more(struct tls_teller *t, struct tls_part *m)
{
    (void)t;
    (void)wire_rest(&m->in);
}

static void tell_unknown(struct tls_teller *t, struct tls_part *m)
{
    tls_fault(t, SEC_E_ILLEGAL_MESSAGE, m->at,
              "no message that is known; what went before this token may have begun encryption");
    (void)wire_rest(&m->in);
}

typedef void tell_message_fn(struct tls_teller *t, struct tls_part *m);

static const struct {
    uint8_t type;
    tell_message_fn *tell;
} readers[] = {
    { 0, tell_nothing }, /* HelloRequest */
    { 1, tls_tell_client_hello },
    { 2, tls_tell_server_hello },
    { 3, tell_verify_request },
    { 4, tell_new_ticket },
    { 8, tls_tell_encrypted_extensions },
    { 11, tell_certificates },
    { 12, tell_server_key },
    { 13, tell_cert_request },
    { 14, tell_nothing }, /* ServerHelloDone */
    { 15, tell_signature },
    { 22, tell_cert_status },
};

static tell_message_fn *find_reader(uint8_t type)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (readers[i].type == type)
            return readers[i].tell;
    return tls_name(TLS_MESSAGES, type) ? tell_no_more : tell_unknown;
}

void tls_tell_message(struct tls_teller *t, uint8_t type, struct tls_part *m)
{
    find_reader(type)(t, m);
    if (!m->in.bad)
        tls_part_end(t, m, "the message");
}

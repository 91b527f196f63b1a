/* SPDX-License-Identifier: Apache-2.0 */
/* explain-hello.c: the hellos and their extensions.  RFC 8446 4.1 and 4.2, RFC 5246 7.4.1. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "plugins/tls/explain-message.h"

#define RANDOM_LEN 32u
#define SESSION_ID_MAX 32u
#define HOST_NAME_MAX 255u
#define RECORD_SIZE_MIN 64u /* RFC 8449 4 */

/* Whose extensions they are: the same number may stand for another form. */
enum place { CLIENT_HELLO, SERVER_HELLO, RETRY_REQUEST, ENCRYPTED_EXTENSIONS };

/* --- lists of numbers ------------------------------------------------------------------------ */

void tls_tell_numbers(struct tls_teller *t, struct tls_part *p, const char *name, unsigned width,
                      enum tls_kind kind)
{
    struct tls_list l = { .len = 0 };
    struct tls_part in;

    if (!tls_part_open(t, p, name, width, &in))
        return;
    if (in.in.all.len == 0 || in.in.all.len % 2 != 0) {
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, in.at, "%s: %zu bytes, and each takes 2", name,
                  in.in.all.len);
        return;
    }
    while (wire_left(&in.in) > 0)
        tls_list_named(&l, kind, wire_u16be(&in.in));
    tls_tell_list(t, name, &l);
}

void tls_tell_octets(struct tls_teller *t, struct tls_part *p, const char *name, enum tls_kind kind)
{
    struct tls_list l = { .len = 0 };
    struct tls_part in;

    if (!tls_part_open(t, p, name, 1, &in))
        return;
    if (in.in.all.len == 0) {
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, in.at, "%s: there is none", name);
        return;
    }
    while (wire_left(&in.in) > 0)
        tls_list_named(&l, kind, wire_u8(&in.in));
    tls_tell_list(t, name, &l);
}

/* --- extensions ------------------------------------------------------------------------------ */

/* An extension that says all by being there. */
static void tell_flag(struct tls_teller *t, struct tls_part *e, const char *name, enum place place)
{
    (void)place;
    if (wire_left(&e->in) == 0)
        tls_tell(t, name, "yes");
}

/* RFC 6066 3. */
static void check_host(struct tls_teller *t, struct span host, size_t at, const char *name)
{
    if (host.len == 0 || host.len > HOST_NAME_MAX)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, at, "%s: a name of %zu bytes", name, host.len);
    else if (memchr(host.data, '\0', host.len))
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, at, "%s: a name with a NUL in it", name);
}

static void tell_server_name(struct tls_teller *t, struct tls_part *e, const char *name,
                             enum place place)
{
    struct tls_list l = { .len = 0 };
    struct tls_part names, host;
    uint8_t type;

    if (place != CLIENT_HELLO) {
        tell_flag(t, e, name, place);
        return;
    }
    if (!tls_part_open(t, e, name, 2, &names))
        return;
    if (wire_left(&names.in) == 0)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, names.at, "%s: there is none", name);
    while (wire_left(&names.in) > 0) {
        if (!tls_part_u8(t, &names, name, &type) || !tls_part_open(t, &names, name, 2, &host))
            return;
        check_host(t, host.in.all, host.at, name);
        tls_list_text(&l, type == 0 ? "" : "of an unknown type: ", host.in.all);
    }
    tls_tell_list(t, name, &l);
}

static void tell_fragment_length(struct tls_teller *t, struct tls_part *e, const char *name,
                                 enum place place)
{
    uint8_t code;

    (void)place;
    if (!tls_part_u8(t, e, name, &code))
        return;
    if (code < 1 || code > 4)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, e->at, "%s: %u is none of 1 to 4", name, code);
    else
        tls_tell(t, name, "%u bytes", 256u << code);
}

static void tell_status_request(struct tls_teller *t, struct tls_part *e, const char *name,
                                enum place place)
{
    struct tls_part responders, extensions;
    uint8_t type;

    if (place != CLIENT_HELLO) {
        tell_flag(t, e, name, place);
        return;
    }
    if (!tls_part_u8(t, e, name, &type))
        return;
    if (type != 1) {
        tls_tell(t, name, "of type %u, %zu bytes", type, wire_rest(&e->in).len);
        return;
    }
    if (!tls_part_open(t, e, name, 2, &responders) || !tls_part_open(t, e, name, 2, &extensions))
        return;
    tls_tell(t, name, "OCSP%s", responders.in.all.len > 0 ? ", of named responders" : "");
}

static void tell_groups(struct tls_teller *t, struct tls_part *e, const char *name,
                        enum place place)
{
    (void)place;
    tls_tell_numbers(t, e, name, 2, TLS_GROUPS);
}

static void tell_point_formats(struct tls_teller *t, struct tls_part *e, const char *name,
                               enum place place)
{
    (void)place;
    tls_tell_octets(t, e, name, TLS_POINT_FORMATS);
}

static void tell_schemes(struct tls_teller *t, struct tls_part *e, const char *name,
                         enum place place)
{
    (void)place;
    tls_tell_numbers(t, e, name, 2, TLS_SCHEMES);
}

/* RFC 7301 3.1. */
static void tell_protocols(struct tls_teller *t, struct tls_part *e, const char *name,
                           enum place place)
{
    struct tls_list l = { .len = 0 };
    struct tls_part names, one;
    size_t n = 0;

    if (!tls_part_open(t, e, name, 2, &names))
        return;
    for (; wire_left(&names.in) > 0; n++) {
        if (!tls_part_open(t, &names, name, 1, &one))
            return;
        if (one.in.all.len == 0)
            tls_fault(t, SEC_E_ILLEGAL_MESSAGE, one.at, "%s: a name of no bytes", name);
        tls_list_text(&l, "", one.in.all);
    }
    if (n == 0 || (n > 1 && place != CLIENT_HELLO))
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, names.at, "%s: %zu names", name, n);
    tls_tell_list(t, name, &l);
}

static void tell_ticket(struct tls_teller *t, struct tls_part *e, const char *name,
                        enum place place)
{
    struct span ticket = wire_rest(&e->in);

    if (ticket.len > 0)
        tls_tell(t, name, "a ticket of %zu bytes", ticket.len);
    else
        tls_tell(t, name, place == CLIENT_HELLO ? "none yet, but welcome" : "one will come");
}

static void tell_versions(struct tls_teller *t, struct tls_part *e, const char *name,
                          enum place place)
{
    uint16_t version;

    if (place == CLIENT_HELLO)
        tls_tell_numbers(t, e, name, 1, TLS_VERSIONS);
    else if (tls_part_u16(t, e, name, &version))
        tls_tell_named(t, name, TLS_VERSIONS, version);
}

static void add_share(struct tls_list *l, uint16_t group, struct span key)
{
    const char *known = tls_name(TLS_GROUPS, group);

    if (known)
        tls_list_add(l, "%s (%zu bytes)", known, key.len);
    else
        tls_list_add(l, "0x%04x (%zu bytes)", group, key.len);
}

static bool take_share(struct tls_teller *t, struct tls_part *from, const char *name,
                       struct tls_list *l)
{
    struct tls_part key;
    uint16_t group;

    if (!tls_part_u16(t, from, name, &group) || !tls_part_open(t, from, name, 2, &key))
        return false;
    if (key.in.all.len == 0)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, key.at, "%s: a key of no bytes", name);
    add_share(l, group, key.in.all);
    return true;
}

static void tell_shares(struct tls_teller *t, struct tls_part *e, const char *name,
                        enum place place)
{
    struct tls_list l = { .len = 0 };
    struct tls_part shares;
    uint16_t group;

    if (place == RETRY_REQUEST) {
        if (tls_part_u16(t, e, name, &group))
            tls_tell_named(t, name, TLS_GROUPS, group);
        return;
    }
    if (place == CLIENT_HELLO) {
        if (!tls_part_open(t, e, name, 2, &shares))
            return;
        while (wire_left(&shares.in) > 0)
            if (!take_share(t, &shares, name, &l))
                return;
    } else if (!take_share(t, e, name, &l)) {
        return;
    }
    tls_tell_list(t, name, &l);
}

static void tell_psk_modes(struct tls_teller *t, struct tls_part *e, const char *name,
                           enum place place)
{
    (void)place;
    tls_tell_octets(t, e, name, TLS_PSK_MODES);
}

/* How many identities there are; 0 after a fault. */
static size_t count_identities(struct tls_teller *t, struct tls_part *from, const char *name)
{
    struct tls_part one;
    struct span age;
    size_t n = 0;

    for (; wire_left(&from->in) > 0; n++)
        if (!tls_part_open(t, from, name, 2, &one) || !tls_part_take(t, from, name, 4, &age))
            return 0;
    return n;
}

static size_t count_binders(struct tls_teller *t, struct tls_part *from, const char *name)
{
    struct tls_part one;
    size_t n = 0;

    for (; wire_left(&from->in) > 0; n++)
        if (!tls_part_open(t, from, name, 1, &one))
            return 0;
    return n;
}

static void tell_psks(struct tls_teller *t, struct tls_part *e, const char *name, enum place place)
{
    struct tls_part identities, binders;
    uint16_t selected;
    size_t before = t->faults;

    if (place != CLIENT_HELLO) {
        if (tls_part_u16(t, e, name, &selected))
            tls_tell(t, name, "number %u is taken", selected);
        return;
    }
    if (!tls_part_open(t, e, name, 2, &identities) || !tls_part_open(t, e, name, 2, &binders))
        return;
    size_t n = count_identities(t, &identities, name), bound = count_binders(t, &binders, name);
    if (t->faults > before)
        return;
    if (n == 0 || n != bound)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, e->at, "%s: %zu identities and %zu binders", name, n,
                  bound);
    else
        tls_tell(t, name, n == 1 ? "%zu identity" : "%zu identities", n);
}

static void tell_size_limit(struct tls_teller *t, struct tls_part *e, const char *name,
                            enum place place)
{
    uint16_t limit;

    (void)place;
    if (!tls_part_u16(t, e, name, &limit))
        return;
    if (limit < RECORD_SIZE_MIN)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, e->at, "%s: %u, less than %u", name, limit,
                  RECORD_SIZE_MIN);
    else
        tls_tell(t, name, "%u bytes", limit);
}

static void tell_cookie(struct tls_teller *t, struct tls_part *e, const char *name,
                        enum place place)
{
    struct tls_part cookie;

    (void)place;
    if (tls_part_open(t, e, name, 2, &cookie))
        tls_tell_bytes(t, name, cookie.in.all);
}

/* RFC 5746 3.2. */
static void tell_renegotiation(struct tls_teller *t, struct tls_part *e, const char *name,
                               enum place place)
{
    struct tls_part verify;

    (void)place;
    if (!tls_part_open(t, e, name, 1, &verify))
        return;
    if (verify.in.all.len == 0)
        tls_tell(t, name, "known; this is the first handshake");
    else
        tls_tell(t, name, "verify_data of %zu bytes", verify.in.all.len);
}

static void tell_rest(struct tls_teller *t, struct tls_part *e, const char *name, enum place place)
{
    (void)place;
    tls_tell_bytes(t, name, wire_rest(&e->in));
}

typedef void tell_extension_fn(struct tls_teller *t, struct tls_part *e, const char *name,
                               enum place place);

#define PRE_SHARED_KEY 41u

static const struct {
    uint16_t type;
    tell_extension_fn *tell;
} readers[] = {
    { 0, tell_server_name },    { 1, tell_fragment_length },
    { 5, tell_status_request }, { 10, tell_groups },
    { 11, tell_point_formats }, { 13, tell_schemes },
    { 16, tell_protocols },     { 22, tell_flag },
    { 23, tell_flag },          { 28, tell_size_limit },
    { 35, tell_ticket },        { PRE_SHARED_KEY, tell_psks },
    { 42, tell_flag },          { 43, tell_versions },
    { 44, tell_cookie },        { 45, tell_psk_modes },
    { 49, tell_flag },          { 50, tell_schemes },
    { 51, tell_shares },        { 65281, tell_renegotiation },
};

static tell_extension_fn *find_reader(uint16_t type)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (readers[i].type == type)
            return readers[i].tell;
    return tell_rest;
}

static void tell_extension(struct tls_teller *t, uint16_t type, struct tls_part *e,
                           enum place place)
{
    const char *known = tls_name(TLS_EXTENSIONS, type);
    size_t before = t->faults;
    char number[24];

    (void)snprintf(number, sizeof number, "extension 0x%04x", type);
    const char *name = known ? known : number;
    find_reader(type)(t, e, name, place);
    if (t->faults == before)
        tls_part_end(t, e, name);
}

static void tell_each_extension(struct tls_teller *t, struct tls_part *all, enum place place)
{
    uint8_t seen[65536 / 8] = { 0 };
    struct tls_part e;
    uint16_t type = 0;

    while (wire_left(&all->in) > 0) {
        size_t at = tls_part_at(all);

        if (place == CLIENT_HELLO && seen[PRE_SHARED_KEY / 8] & 1u << PRE_SHARED_KEY % 8)
            tls_fault(t, SEC_E_ILLEGAL_MESSAGE, at, "pre_shared_key: not the last extension");
        if (!tls_part_u16(t, all, "extension", &type) || !tls_part_open(t, all, "extension", 2, &e))
            return;
        if (seen[type / 8] & 1u << type % 8)
            tls_fault(t, SEC_E_ILLEGAL_MESSAGE, at, "extension %u: for the second time", type);
        seen[type / 8] |= (uint8_t)(1u << type % 8);
        tell_extension(t, type, &e, place);
    }
}

static void tell_extensions(struct tls_teller *t, struct tls_part *m, enum place place)
{
    struct tls_part all;

    if (!tls_part_open(t, m, "extensions", 2, &all))
        return;
    tls_tell_bytes(t, "extensions", all.in.all);
    t->depth++;
    tell_each_extension(t, &all, place);
    t->depth--;
}

/* --- ClientHello ----------------------------------------------------------------------------- */

static bool tell_session_id(struct tls_teller *t, struct tls_part *m)
{
    struct tls_part id;

    if (!tls_part_open(t, m, "session_id", 1, &id))
        return false;
    if (id.in.all.len > SESSION_ID_MAX)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, id.at, "session_id: %zu bytes", id.in.all.len);
    tls_tell_hex(t, "session_id", id.in.all);
    return true;
}

static bool tell_client_cookie(struct tls_teller *t, struct tls_part *m)
{
    struct tls_part cookie;

    if (!tls_part_open(t, m, "cookie", 1, &cookie))
        return false;
    tls_tell_bytes(t, "cookie", cookie.in.all);
    return true;
}

static bool tell_suites(struct tls_teller *t, struct tls_part *m)
{
    struct tls_part in;

    if (!tls_part_open(t, m, "cipher_suites", 2, &in))
        return false;
    tls_tell(t, "cipher_suites", "%zu", in.in.all.len / 2);
    if (in.in.all.len == 0 || in.in.all.len % 2 != 0)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, in.at, "cipher_suites: %zu bytes, and each takes 2",
                  in.in.all.len);
    t->depth++;
    while (wire_left(&in.in) > 1) {
        uint16_t suite = wire_u16be(&in.in);
        const char *known = tls_name(TLS_SUITES, suite);
        char number[8];

        (void)snprintf(number, sizeof number, "0x%04x", suite);
        tls_tell(t, number, "%s", known ? known : "unknown");
    }
    t->depth--;
    return true;
}

static bool tell_compressions(struct tls_teller *t, struct tls_part *m)
{
    struct tls_list l = { .len = 0 };
    struct tls_part in;
    bool null = false;

    if (!tls_part_open(t, m, "compression_methods", 1, &in))
        return false;
    while (wire_left(&in.in) > 0) {
        uint8_t method = wire_u8(&in.in);

        null = null || method == 0;
        tls_list_named(&l, TLS_COMPRESSIONS, method);
    }
    tls_tell_list(t, "compression_methods", &l);
    if (!null)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, in.at, "compression_methods: null is not offered");
    return true;
}

void tls_tell_client_hello(struct tls_teller *t, struct tls_part *m)
{
    struct span random;
    uint16_t version;

    if (!tls_part_u16(t, m, "client_version", &version))
        return;
    tls_tell_named(t, "client_version", TLS_VERSIONS, version);
    if (!tls_part_take(t, m, "random", RANDOM_LEN, &random))
        return;
    tls_tell_hex(t, "random", random);
    if (!tell_session_id(t, m) || (t->dtls && !tell_client_cookie(t, m)) || !tell_suites(t, m) ||
        !tell_compressions(t, m))
        return;
    if (wire_left(&m->in) > 0)
        tell_extensions(t, m, CLIENT_HELLO);
}

/* --- ServerHello ----------------------------------------------------------------------------- */

/* RFC 8446 4.1.3: SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[RANDOM_LEN] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/* RFC 8446 4.1.3: whether it is amiss is known to who sent the ClientHello. */
static void tell_downgrade(const struct tls_teller *t, struct span random)
{
    struct span end = span_of(random.data + random.len - 8, 8);

    if (span_is(end, "DOWNGRD\1", 8))
        tls_tell(t, "downgrade sentinel", "the server knows TLS 1.3, but does TLS 1.2");
    else if (span_is(end, "DOWNGRD\0", 8))
        tls_tell(t, "downgrade sentinel", "the server knows TLS 1.2, but does TLS 1.1 or older");
}

static bool tell_choice(struct tls_teller *t, struct tls_part *m)
{
    uint8_t compression;

    if (!tls_part_u16(t, m, "cipher_suite", &t->suite))
        return false;
    tls_tell_named(t, "cipher_suite", TLS_SUITES, t->suite);
    if (!tls_part_u8(t, m, "compression_method", &compression))
        return false;
    if (compression != 0)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, tls_part_at(m) - 1, "compression_method: %u, not null",
                  compression);
    else
        tls_tell(t, "compression_method", "null");
    return true;
}

void tls_tell_server_hello(struct tls_teller *t, struct tls_part *m)
{
    struct span random;
    bool retry;

    if (!tls_part_u16(t, m, "server_version", &t->version))
        return;
    t->agreed = true;
    tls_tell_named(t, "server_version", TLS_VERSIONS, t->version);
    if (!tls_part_take(t, m, "random", RANDOM_LEN, &random))
        return;
    retry = span_is(random, retry_random, sizeof retry_random);
    tls_tell_hex(t, "random", random);
    if (retry)
        tls_tell(t, "HelloRetryRequest", "this random means that the client is to begin again");
    tell_downgrade(t, random);
    if (!tell_session_id(t, m) || !tell_choice(t, m))
        return;
    if (wire_left(&m->in) > 0)
        tell_extensions(t, m, retry ? RETRY_REQUEST : SERVER_HELLO);
}

void tls_tell_encrypted_extensions(struct tls_teller *t, struct tls_part *m)
{
    tell_extensions(t, m, ENCRYPTED_EXTENSIONS);
}

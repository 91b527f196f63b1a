/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c: tell what is in records, one by one, for people.  RFC 5246 6.2, RFC 6347 4.1, 4.2. */
#include "config.h"

#include "plugins/tls/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/tls/explain-message.h"
#include "plugins/tls/teller.h"

#define PLAIN_MAX 16384u               /* bytes of a record in the clear */
#define CIPHER_MAX (PLAIN_MAX + 2048u) /* and of an encrypted one */
#define MESSAGE_MAX (128u * 1024)      /* bytes of a handshake message */
#define EMPTY_MAX 32u                  /* records without data in a row */

enum { CHANGE_CIPHER_SPEC = 20, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT };
enum { HEADER = 5, DATAGRAM_HEADER = 13 };
enum { MESSAGE_HEADER = 4, FRAGMENT_HEADER = 12 };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 };

/* What is known between two records. */
struct reader {
    struct tls_teller t;
    struct tls_part in; /* the token */
    bool changed;       /* a ChangeCipherSpec was there */
    bool lost;          /* nobody can tell where the next record or message begins */
    unsigned empty;     /* records without data so far */
    /* The beginning of a message whose end is in later records; the room of a whole token. */
    uint8_t *joined;
    size_t len;
    uint8_t type; /* DTLS: whose fragments these are */
    uint32_t total;
    uint16_t number;
};

struct record {
    uint8_t type;
    uint16_t version;
    uint16_t epoch;
    uint64_t number;
    struct tls_part body;
};

static const char *message_name(uint8_t type)
{
    const char *known = tls_name(TLS_MESSAGES, type);

    return known ? known : "message of an unknown type";
}

static void lose(struct reader *r)
{
    r->lost = true;
    r->len = 0;
}

/* --- handshake messages ---------------------------------------------------------------------- */

/* Keep bytes of a message that is not whole. */
static bool join(struct reader *r, struct span s)
{
    if (!r->joined)
        r->joined = malloc(r->in.in.all.len);
    if (!r->joined) {
        r->t.status = SEC_E_INSUFFICIENT_MEMORY;
        r->lost = true;
        return false;
    }
    if (s.data != r->joined + r->len) /* it is there already, if a record brought it no end */
        memmove(r->joined + r->len, s.data, s.len);
    r->len += s.len;
    return true;
}

static void tell_content(struct reader *r, uint8_t type, struct tls_part *m)
{
    r->t.depth++;
    tls_tell_message(&r->t, type, m);
    r->t.depth--;
}

static bool allow_length(struct reader *r, const char *name, uint32_t length, size_t at)
{
    if (length <= MESSAGE_MAX)
        return true;
    tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, at, "%s: %" PRIu32 " bytes, more than %u", name, length,
              MESSAGE_MAX);
    lose(r);
    return false;
}

/* The next message, if it is whole; else nothing of it is read. */
static bool tell_next(struct reader *r, struct tls_part *p)
{
    struct wire_in in = p->in;
    size_t at = r->t.joined ? 0 : tls_part_at(p);
    uint8_t type = wire_u8(&in);
    uint32_t length = wire_u24be(&in);

    if (!wire_ok(&in) || !allow_length(r, message_name(type), length, at) ||
        length > wire_left(&in))
        return false;
    struct tls_part m = tls_part(wire_span(&in, length), at + MESSAGE_HEADER);
    tls_tell(&r->t, message_name(type), "%" PRIu32 " bytes", length);
    tell_content(r, type, &m);
    p->in = in;
    return wire_left(&in) > 0;
}

/* The beginning of a message that goes on in another record, or in another token. */
static void tell_beginning(const struct reader *r, struct span s)
{
    struct wire_in in = wire_in(s);
    uint8_t type = wire_u8(&in);
    uint32_t length = wire_u24be(&in);

    if (wire_ok(&in))
        tls_tell(&r->t, message_name(type), "%zu of %" PRIu32 " bytes; it goes on elsewhere",
                 wire_left(&in), length);
    else
        tls_tell(&r->t, "a message", "%zu of the %d bytes of its header", s.len, MESSAGE_HEADER);
}

static void tell_messages(struct reader *r, struct tls_part *p)
{
    struct span rest;

    while (tell_next(r, p))
        continue;
    if (r->lost)
        return;
    rest = wire_rest(&p->in);
    r->len = 0;
    if (rest.len > 0 && join(r, rest))
        tell_beginning(r, span_of(r->joined, r->len));
}

/* A record may hold several messages, and a message may take several records. */
static void tell_handshake(struct reader *r, struct tls_part *body)
{
    struct tls_part joined;

    if (r->len == 0) {
        tell_messages(r, body);
        return;
    }
    if (!join(r, wire_rest(&body->in)))
        return;
    joined = tls_part(span_of(r->joined, r->len), 0);
    r->t.joined = true;
    tell_messages(r, &joined);
    r->t.joined = false;
}

/* --- fragments of DTLS ----------------------------------------------------------------------- */

struct fragment {
    uint8_t type;
    uint32_t total; /* bytes of the message */
    uint16_t number;
    uint32_t offset;
    struct span bytes;
    size_t at; /* where it begins, with its header */
};

static bool take_fragment(struct reader *r, struct tls_part *p, struct fragment *f)
{
    struct span header;

    *f = (struct fragment){ .at = tls_part_at(p) };
    if (!tls_part_take(&r->t, p, "header of a message", FRAGMENT_HEADER, &header))
        return false;
    struct wire_in in = wire_in(header);
    f->type = wire_u8(&in);
    f->total = wire_u24be(&in);
    f->number = wire_u16be(&in);
    f->offset = wire_u24be(&in);
    uint32_t length = wire_u24be(&in);
    if (!allow_length(r, message_name(f->type), f->total, f->at))
        return false;
    if (f->offset > f->total || length > f->total - f->offset) {
        tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, f->at,
                  "%s: a fragment of %" PRIu32 " at %" PRIu32 " of %" PRIu32 " bytes",
                  message_name(f->type), length, f->offset, f->total);
        return false;
    }
    return tls_part_take(&r->t, p, message_name(f->type), length, &f->bytes);
}

/* Fragments that come in order are put together; others are told as such. */
static void join_fragment(struct reader *r, const struct fragment *f)
{
    bool first = f->offset == 0;

    if (!first && (f->offset != r->len || f->type != r->type || f->total != r->total ||
                   f->number != r->number)) {
        r->len = 0;
        return;
    }
    r->len = f->offset;
    r->type = f->type;
    r->total = f->total;
    r->number = f->number;
    if (!join(r, f->bytes) || r->len < r->total)
        return;
    struct tls_part m = tls_part(span_of(r->joined, r->len), FRAGMENT_HEADER);
    r->t.joined = true;
    tell_content(r, f->type, &m);
    r->t.joined = false;
    r->len = 0;
}

static void tell_fragment(struct reader *r, const struct fragment *f)
{
    if (f->bytes.len < f->total) {
        tls_tell(&r->t, message_name(f->type),
                 "%zu of %" PRIu32 " bytes, from byte %" PRIu32 ", message_seq %u", f->bytes.len,
                 f->total, f->offset, f->number);
        join_fragment(r, f);
        return;
    }
    struct tls_part m = tls_part(f->bytes, f->at + FRAGMENT_HEADER);
    tls_tell(&r->t, message_name(f->type), "%" PRIu32 " bytes, message_seq %u", f->total,
             f->number);
    tell_content(r, f->type, &m);
}

static void tell_fragments(struct reader *r, struct tls_part *body)
{
    struct fragment f;

    while (wire_left(&body->in) > 0 && !r->lost && take_fragment(r, body, &f))
        tell_fragment(r, &f);
}

/* --- alerts ---------------------------------------------------------------------------------- */

#define BECOMES(number, status)                                                                    \
    {                                                                                              \
        number, #status                                                                            \
    }

/* Microsoft's page on Schannel's error codes for TLS; what it lacks is ours. */
static const struct {
    uint8_t number;
    const char *status;
} statuses[] = {
    BECOMES(0, SEC_I_CONTEXT_EXPIRED),
    BECOMES(20, SEC_E_MESSAGE_ALTERED),
    BECOMES(21, SEC_E_DECRYPT_FAILURE),
    BECOMES(30, SEC_E_MESSAGE_ALTERED),
    BECOMES(42, SEC_E_CERT_UNKNOWN),
    BECOMES(43, SEC_E_CERT_UNKNOWN),
    BECOMES(44, CRYPT_E_REVOKED),
    BECOMES(45, SEC_E_CERT_EXPIRED),
    BECOMES(46, SEC_E_CERT_UNKNOWN),
    BECOMES(48, SEC_E_UNTRUSTED_ROOT),
    BECOMES(49, SEC_E_LOGON_DENIED),
    BECOMES(51, SEC_E_DECRYPT_FAILURE),
    BECOMES(70, SEC_E_UNSUPPORTED_FUNCTION),
    BECOMES(71, SEC_E_ALGORITHM_MISMATCH),
    BECOMES(80, SEC_E_INTERNAL_ERROR),
    BECOMES(90, SEC_E_UNFINISHED_CONTEXT_DELETED),
    BECOMES(112, SEC_E_WRONG_PRINCIPAL),
    BECOMES(116, SEC_E_NO_CREDENTIALS),
    BECOMES(120, SEC_E_APPLICATION_PROTOCOL_MISMATCH),
};

#define WARNING 1u
#define FATAL 2u
#define NO_RENEGOTIATION 100u

static const char *alert_status(uint8_t level, uint8_t number)
{
    if (level == WARNING && number == NO_RENEGOTIATION)
        return "SEC_I_NO_RENEGOTIATION";
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].number == number)
            return statuses[i].status;
    return "SEC_E_ILLEGAL_MESSAGE";
}

static void tell_alert(struct reader *r, struct tls_part *body)
{
    uint8_t level, number;

    if (!tls_part_u8(&r->t, body, "level", &level))
        return;
    tls_tell(&r->t, "level", "%u%s", level,
             level == WARNING ? " warning"
             : level == FATAL ? " fatal"
                              : "");
    if (level != WARNING && level != FATAL)
        tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, body->at, "level: neither warning nor fatal");
    if (!tls_part_u8(&r->t, body, "description", &number))
        return;
    const char *known = tls_name(TLS_ALERTS, number);
    tls_tell(&r->t, "description", "%u %s", number, known ? known : "unknown");
    tls_tell(&r->t, "becomes", "%s", alert_status(level, number));
    tls_part_end(&r->t, body, "alert");
}

/* --- records --------------------------------------------------------------------------------- */

/*
 * RFC 8446 D.4: with TLS 1.3 a ChangeCipherSpec means nothing, and a hello in the clear may come
 * behind it: the ClientHello after a HelloRetryRequest.
 */
static bool is_hello(struct span body)
{
    struct wire_in in = wire_in(body);
    uint8_t type = wire_u8(&in);
    uint32_t length = wire_u24be(&in);

    return (type == CLIENT_HELLO || type == SERVER_HELLO) && length <= MESSAGE_MAX &&
           length + MESSAGE_HEADER >= body.len && wire_u16be(&in) == 0x0303;
}

static bool is_encrypted(const struct reader *r, const struct record *rec)
{
    size_t len = wire_left(&rec->body.in);

    if (rec->type == APPLICATION_DATA || r->t.dtls)
        return rec->type == APPLICATION_DATA || rec->epoch > 0;
    if (!r->changed)
        return false;
    /* What is encrypted has a tag behind it: so few bytes are not. */
    switch (rec->type) {
    case CHANGE_CIPHER_SPEC:
        return len != 1;
    case ALERT:
        return len != 2;
    case HEARTBEAT:
        return false;
    default:
        return r->len == 0 && !is_hello(rec->body.in.all);
    }
}

static void tell_change(struct reader *r, struct tls_part *body)
{
    uint8_t one;

    if (!tls_part_u8(&r->t, body, "change_cipher_spec", &one))
        return;
    if (one != 1)
        tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, body->at, "change_cipher_spec: %u, not 1", one);
    else
        tls_tell(&r->t, "change_cipher_spec", "encryption begins; with TLS 1.3 it means nothing");
    tls_part_end(&r->t, body, "change_cipher_spec");
    r->changed = true;
}

static void tell_clear(struct reader *r, struct record *rec)
{
    switch (rec->type) {
    case CHANGE_CIPHER_SPEC:
        tell_change(r, &rec->body);
        break;
    case ALERT:
        tell_alert(r, &rec->body);
        break;
    case HANDSHAKE:
        if (r->t.dtls)
            tell_fragments(r, &rec->body);
        else
            tell_handshake(r, &rec->body);
        break;
    default:
        tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, rec->body.at, "%s: refused",
                  tls_name(TLS_RECORDS, rec->type));
        break;
    }
}

/* RFC 5246 6.2.1: only application data may be of no bytes; and nobody needs many of those. */
static void tell_empty(struct reader *r, const struct record *rec, size_t at)
{
    r->empty++;
    if (rec->type != APPLICATION_DATA)
        tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, at, "record: of no bytes");
    else if (r->empty > EMPTY_MAX)
        tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, at, "record: number %u in a row of no bytes",
                  r->empty);
}

static void tell_body(struct reader *r, struct record *rec, size_t at)
{
    bool encrypted = is_encrypted(r, rec);

    r->empty = 0;
    if (!encrypted && wire_left(&rec->body.in) > PLAIN_MAX) {
        tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, at, "record: more than %u bytes", PLAIN_MAX);
        return;
    }
    if (r->len > 0 && !r->t.dtls && rec->type != HANDSHAKE && rec->type != ALERT) {
        tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, at, "record: in the middle of a message");
        r->len = 0;
    }
    if (encrypted)
        tls_tell_bytes(&r->t, "encrypted", wire_rest(&rec->body.in));
    else
        tell_clear(r, rec);
}

static void tell_header(const struct reader *r, const struct record *rec, size_t length)
{
    const char *type = tls_name(TLS_RECORDS, rec->type);
    const char *version = tls_name(TLS_VERSIONS, rec->version);

    if (r->t.dtls)
        tls_tell(&r->t, "Record", "%u %s, 0x%04x %s, epoch %u, number %" PRIu64 ", %zu byte%s",
                 rec->type, type, rec->version, version ? version : "unknown", rec->epoch,
                 rec->number, length, length == 1 ? "" : "s");
    else
        tls_tell(&r->t, "Record", "%u %s, 0x%04x %s, %zu byte%s", rec->type, type, rec->version,
                 version ? version : "unknown", length, length == 1 ? "" : "s");
}

/* A stream may bring the rest; a datagram has none. */
static void tell_cut(struct reader *r, const char *what, size_t due, size_t left, size_t at)
{
    tls_fault(&r->t, r->t.dtls ? SEC_E_INVALID_TOKEN : SEC_E_INCOMPLETE_MESSAGE, at,
              "%s: %zu of %zu bytes are here", what, left, due);
    lose(r);
}

static bool is_record(uint8_t type, uint8_t major, bool dtls)
{
    return type >= CHANGE_CIPHER_SPEC && type <= HEARTBEAT && major == (dtls ? 0xfe : 3);
}

static bool take_header(struct reader *r, struct record *rec, size_t *length)
{
    size_t due = r->t.dtls ? DATAGRAM_HEADER : HEADER, at = tls_part_at(&r->in);
    struct wire_in *in = &r->in.in;

    if (wire_left(in) < due) {
        tell_cut(r, "header of a record", due, wire_left(in), at);
        return false;
    }
    *rec = (struct record){ .type = wire_u8(in) };
    rec->version = wire_u16be(in);
    if (r->t.dtls) {
        rec->epoch = wire_u16be(in);
        rec->number = (uint64_t)wire_u16be(in) << 32;
        rec->number |= wire_u32be(in);
    }
    *length = wire_u16be(in);
    if (!is_record(rec->type, (uint8_t)(rec->version >> 8), r->t.dtls)) {
        tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, at, "no record begins here");
        lose(r);
    }
    return !r->lost;
}

static void tell_record(struct reader *r)
{
    struct record rec;
    size_t length, at = tls_part_at(&r->in);

    if (!take_header(r, &rec, &length))
        return;
    if (!r->t.agreed)
        r->t.version = rec.version;
    tell_header(r, &rec, length);
    r->t.depth++;
    rec.body = tls_part(span_of(NULL, 0), tls_part_at(&r->in));
    if (length > CIPHER_MAX) {
        tls_fault(&r->t, SEC_E_ILLEGAL_MESSAGE, at, "record: more than %u bytes", CIPHER_MAX);
        lose(r);
    } else if (length > wire_left(&r->in.in)) {
        tell_cut(r, "record", length, wire_left(&r->in.in), rec.body.at);
    } else if (length == 0) {
        tell_empty(r, &rec, at);
    } else {
        rec.body.in = wire_in(wire_span(&r->in.in, length));
        tell_body(r, &rec, at);
    }
    r->t.depth--;
}

/* Whether there is anything for us in it: what a later record may not be, the first is not. */
static bool is_ours(struct span token)
{
    return token.len > 0 && is_record(token.data[0], 3, false) &&
           (token.len == 1 || token.data[1] == 3 || token.data[1] == 0xfe);
}

SECURITY_STATUS tls_explain(struct span token, ssp_explain_fn *say, void *arg)
{
    struct reader r = { .t = { .say = say, .arg = arg }, .in = tls_part(token, 0) };

    if (!is_ours(token))
        return SEC_E_UNSUPPORTED_FUNCTION;
    r.t.dtls = token.len > 1 && token.data[1] == 0xfe;
    while (!r.lost && wire_left(&r.in.in) > 0)
        tell_record(&r);
    free(r.joined);
    return r.t.status;
}

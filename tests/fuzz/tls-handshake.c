/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls-handshake.c: a connection of TLS through the exported calls, with what the input says done
 * to it on the way.  The first two bytes choose versions and who shows certificates; orders of
 * four bytes follow.  An order names a flight, of either side, or the data behind the handshake,
 * and changes, cuts, doubles, drops, exchanges, splits or reflects what goes over, or puts bytes
 * of the input or of an earlier connection in its place.
 *
 * Whatever was done: what comes out is what was sent, in its order, from its beginning; two ends
 * that are both done have agreed on the same; a failed end takes nothing more; every status is one
 * that there is.  Where nothing was changed but the sizes of the pieces, the connection stands.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/root.h"
#include "tests/tls/certs.h"
#include "tests/tls/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FLIGHTS 6u /* counted from both sides; later ones pass as they are */
#define HEAD 5u

static void insist(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "tls-handshake: %s\n", what);
    abort();
}

/* --- credentials ---------------------------------------------------------------------------- */

static char *roots, *ours, *hers;
static CredHandle clients[3], alice[3], server; /* of any version, 1.2, 1.3 */
static const DWORD off[3] = { 0, SP_PROT_TLS1_3, SP_PROT_TLS1_2 };

static void release(void)
{
    for (size_t i = 0; i < 3; i++) {
        (void)FreeCredentialsHandle(&clients[i]);
        (void)FreeCredentialsHandle(&alice[i]);
    }
    (void)FreeCredentialsHandle(&server);
    free(roots);
    free(ours);
    free(hers);
    root_end();
}

static void write_certificates(void)
{
    struct cert ca = cert_make(&(struct cert_plan){ .name = "Test CA", .ca = true }, NULL);
    struct cert leaf = cert_make(&(struct cert_plan){ .name = "localhost" }, &ca);
    struct cert person =
        cert_make(&(struct cert_plan){ .name = "alice", .usage = "clientAuth" }, &ca);
    const struct cert *chain[] = { &leaf, &ca }, *her[] = { &person };

    roots = cert_write("ca.pem", chain + 1, 1, false);
    ours = cert_write("server.pem", chain, 2, true);
    hers = cert_write("alice.pem", her, 1, true);
    cert_free(&ca);
    cert_free(&leaf);
    cert_free(&person);
}

static CredHandle acquire(bool inbound, const char *cert, DWORD flags, DWORD disabled)
{
    CredHandle cred;

    insist(cred_open(&cred, inbound, cert, roots, flags, disabled) == SEC_E_OK, "no credential");
    return cred;
}

/* Sessions are only for who asks, or one input would do something to the next. */
static void begin(void)
{
    root_begin("\"max_legs\": 100000");
    atexit(release);
    write_certificates();
    root_write("packages.d/schannel.json",
               "{\"name\": \"Schannel\", \"module\": \"tls.so\", \"settings\": "
               "{\"client_renegotiation\": true}}");
    for (size_t i = 0; i < 3; i++) {
        clients[i] = acquire(false, NULL, SCH_CRED_DISABLE_RECONNECTS, off[i]);
        alice[i] = acquire(false, hers, SCH_CRED_DISABLE_RECONNECTS, off[i]);
    }
    server = acquire(true, ours, 0, 0);
}

/* --- orders --------------------------------------------------------------------------------- */

enum {
    FLIP,
    PUT,
    CUT,
    DOUBLE,   /* a record comes twice */
    DROP,     /* or not */
    EXCHANGE, /* it comes behind the next */
    DIVIDE,   /* its contents come in two records */
    REFLECT,  /* what was said last to who says it */
    EARLIER,  /* the same flight of an earlier connection */
    RAW,      /* bytes of the input, in place of a record */
    INSERT,   /* the same, before it */
    PIECES,   /* it goes over in pieces of so many octets */
    WAYS
};

struct order {
    uint8_t flight, way, where, value;
};

struct input {
    const uint8_t *data; /* orders from the third byte on */
    size_t size;
};

/* All that a connection is about. */
struct play {
    struct tls_pair p;
    struct input in;
    unsigned flight;
    bool changed;
    bool closed[2];         /* the client, the server has heard close_notify: it may talk on */
    struct octets last[2];  /* what each side sent last, as it was */
    struct octets due[2];   /* data that was sent to the client, to the server */
    struct octets *earlier; /* flights of a connection that went well; NULL: it is that */
};

static bool next_order(struct input in, size_t *at, struct order *o)
{
    if (*at >= in.size || in.size - *at < 4)
        return false;
    *o = (struct order){ in.data[*at], in.data[*at + 1], in.data[*at + 2], in.data[*at + 3] };
    *at += 4;
    return true;
}

/* --- records of a flight -------------------------------------------------------------------- */

static size_t record_at(const struct octets *o, size_t at)
{
    size_t n;

    if (at > o->len || o->len - at < HEAD)
        return 0;
    n = HEAD + (size_t)(o->data[at + 3] << 8 | o->data[at + 4]);
    return n <= o->len - at ? n : 0;
}

/* Where the record of that number begins, or the last. */
static size_t find_record(const struct octets *o, unsigned number)
{
    size_t at = 0, n;

    while (number-- > 0 && (n = record_at(o, at)) > 0 && at + n < o->len)
        at += n;
    return at;
}

static void splice(struct octets *to, size_t at, size_t without, const void *data, size_t n)
{
    struct octets made = { NULL, 0 };

    octets_add(&made, to->data, at);
    octets_add(&made, data, n);
    octets_add(&made, to->data + at + without, to->len - at - without);
    octets_clear(to);
    *to = made;
}

static void divide(struct octets *t, size_t at, size_t n, uint8_t value)
{
    size_t first = n > HEAD + 1 ? 1 + value % (n - HEAD - 1) : 0, second = n - HEAD - first;
    uint8_t head[HEAD];

    if (first == 0 || second == 0)
        return;
    memcpy(head, t->data + at, HEAD);
    t->data[at + 3] = (uint8_t)(first >> 8);
    t->data[at + 4] = (uint8_t)first;
    head[3] = (uint8_t)(second >> 8);
    head[4] = (uint8_t)second;
    splice(t, at + HEAD + first, 0, head, HEAD);
}

static void exchange(struct octets *t, size_t at, size_t n)
{
    size_t next = record_at(t, at + n);
    struct octets kept = { NULL, 0 };

    octets_add(&kept, t->data + at, n);
    splice(t, at + n + next, 0, kept.data, kept.len);
    splice(t, at, n, NULL, 0);
    octets_clear(&kept);
}

/* --- what an order does --------------------------------------------------------------------- */

static void replace(struct octets *t, const struct octets *by)
{
    octets_clear(t);
    octets_add(t, by->data, by->len);
}

/* Bytes of the input behind the order; more of them with each value. */
static void put_raw(struct octets *t, const struct play *play, size_t at, size_t n,
                    const struct order *o, size_t behind)
{
    size_t most = play->in.size - behind, raw = (size_t)o->value * 4;

    raw = raw < most ? raw : most;
    if (o->way % WAYS == RAW)
        splice(t, at, n, play->in.data + behind, raw);
    else
        splice(t, at, 0, play->in.data + behind, raw);
}

static void tamper(struct octets *t, const struct play *play, bool by_server, const struct order *o,
                   size_t behind)
{
    size_t at = find_record(t, o->where >> 5), n = record_at(t, at);
    size_t octet = t->len ? (at + (o->where & 31u) * 5u) % t->len : 0;

    switch (o->way % WAYS) {
    case FLIP:
        if (t->len > 0)
            t->data[octet] ^= o->value;
        break;
    case PUT:
        if (t->len > 0)
            t->data[octet] = o->value;
        break;
    case CUT:
        t->len -= o->value < t->len ? o->value : t->len;
        break;
    case DOUBLE:
        exchange(t, at, 0);
        splice(t, at, 0, t->data + at, n);
        break;
    case DROP:
        splice(t, at, n, NULL, 0);
        break;
    case EXCHANGE:
        exchange(t, at, n);
        break;
    case DIVIDE:
        divide(t, at, n, o->value);
        break;
    case REFLECT:
        replace(t, &play->last[!by_server]);
        break;
    case EARLIER:
        if (play->earlier)
            replace(t, &play->earlier[o->value % FLIGHTS]);
        break;
    case RAW:
    case INSERT:
        put_raw(t, play, at, n, o, behind);
        break;
    default:
        break;
    }
}

static bool same(const struct octets *a, const struct octets *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* The flight in from's out as it arrives; -> in pieces of how many octets, 0: whole. */
static size_t spoil(struct play *play, struct tls_end *from)
{
    struct octets was = { NULL, 0 };
    struct order o;
    size_t pieces = 0;

    octets_add(&was, from->out.data, from->out.len);
    for (size_t at = 2; next_order(play->in, &at, &o);) {
        if (o.flight != play->flight)
            continue;
        if (o.way % WAYS == PIECES)
            pieces = 1u + o.value;
        else
            tamper(&from->out, play, from->server, &o, at);
    }
    play->changed |= !same(&was, &from->out);
    octets_clear(&play->last[from->server]);
    play->last[from->server] = was;
    play->flight++;
    return pieces;
}

/* --- legs and messages ---------------------------------------------------------------------- */

static void is_status(SECURITY_STATUS status)
{
    static const SECURITY_STATUS all[] = {
        SEC_E_OK,
        SEC_I_CONTINUE_NEEDED,
        SEC_I_INCOMPLETE_CREDENTIALS,
        SEC_I_CONTEXT_EXPIRED,
        SEC_I_RENEGOTIATE,
        SEC_E_INCOMPLETE_MESSAGE,
        SEC_E_INVALID_TOKEN,
        SEC_E_ILLEGAL_MESSAGE,
        SEC_E_MESSAGE_ALTERED,
        SEC_E_DECRYPT_FAILURE,
        SEC_E_CONTEXT_EXPIRED,
        SEC_E_OUT_OF_SEQUENCE,
        SEC_E_UNTRUSTED_ROOT,
        SEC_E_CERT_UNKNOWN,
        SEC_E_CERT_EXPIRED,
        SEC_E_CERT_WRONG_USAGE,
        SEC_E_WRONG_PRINCIPAL,
        SEC_E_ALGORITHM_MISMATCH,
        SEC_E_UNSUPPORTED_FUNCTION,
        SEC_E_APPLICATION_PROTOCOL_MISMATCH,
        SEC_E_NO_CREDENTIALS,
        SEC_E_LOGON_DENIED,
        SEC_E_UNFINISHED_CONTEXT_DELETED,
        SEC_E_INTERNAL_ERROR, /* only as the peer's alert, of which it may be made */
        CRYPT_E_REVOKED,
        CRYPT_E_NO_REVOCATION_CHECK,
        CRYPT_E_REVOCATION_OFFLINE,
    };

    for (size_t i = 0; i < COUNT(all); i++)
        if (all[i] == status)
            return;
    fprintf(stderr, "tls-handshake: status 0x%08x\n", (unsigned)status);
    abort();
}

static bool has_failed(const struct tls_end *e)
{
    return e->status < 0 && e->status != SEC_E_INCOMPLETE_MESSAGE;
}

/* What came is the next of what was sent. */
static void is_due(struct play *play, const struct tls_end *e, const struct octets *data)
{
    struct octets *due = &play->due[e->server];

    insist(data->len <= due->len &&
               (data->len == 0 || memcmp(data->data, due->data, data->len) == 0),
           "data that nobody sent, or not then");
    octets_drop(due, data->len);
}

/* A leg, and once more where a certificate is asked for that the client does not have. */
static void leg(struct tls_end *e)
{
    bool done = e->done;

    for (int i = 0; i < 2; i++) {
        is_status(end_leg(e));
        if (e->status != SEC_I_INCOMPLETE_CREDENTIALS)
            break;
        insist(i == 0, "asked for a certificate again");
        e->request |= ISC_REQ_USE_SUPPLIED_CREDS;
    }
    insist(e->status >= 0 || e->has_ctx || !done, "done, and without a context");
}

static void receive(struct play *play, struct tls_end *e)
{
    struct octets data;

    e->status = end_receive(e, &data);
    is_status(e->status);
    is_due(play, e, &data);
    octets_clear(&data);
    insist(!play->closed[e->server] || e->status == SEC_E_CONTEXT_EXPIRED, "data behind the end");
    if (e->status == SEC_I_CONTEXT_EXPIRED)
        play->closed[e->server] = true;
    if (e->status == SEC_I_RENEGOTIATE)
        leg(e);
}

/* As long as something is used of what came. */
static void use_up(struct play *play, struct tls_end *e)
{
    size_t before;

    do {
        before = e->in.len;
        if (e->done)
            receive(play, e);
        else
            leg(e);
    } while (e->in.len > 0 && e->in.len < before && e->status >= 0);
    if (e->status == SEC_E_INCOMPLETE_MESSAGE)
        insist(e->missing > 0, "incomplete, and nothing is missing");
}

/* A flight over; false: there was none. */
static bool pass(struct play *play, struct tls_end *from, struct tls_end *to)
{
    size_t pieces;

    if (from->out.len == 0)
        return false;
    pieces = spoil(play, from);
    do {
        pair_move_some(from, to, pieces ? pieces : from->out.len);
        if (!has_failed(to))
            use_up(play, to);
    } while (from->out.len > 0);
    if (has_failed(to))
        octets_clear(&to->in);
    return true;
}

/* Back and forth until nobody says anything. */
static void settle(struct play *play)
{
    bool there, back;

    for (unsigned i = 0; i < 50; i++) {
        there = pass(play, &play->p.client, &play->p.server);
        back = pass(play, &play->p.server, &play->p.client);
        if (!there && !back)
            return;
    }
    insist(false, "they never stop");
}

/* --- the end of each side ------------------------------------------------------------------- */

static void is_dead(const struct play *play, struct tls_end *e)
{
    struct octets data;

    if (!e->has_ctx || !has_failed(e))
        return;
    octets_clear(&e->out);
    octets_clear(&e->in);
    octets_add(&e->in, "\x17\3\3\0\1x", 6);
    if (!e->done) {
        insist(end_leg(e) == SEC_E_CONTEXT_EXPIRED, "a dead context took a leg");
        insist(e->out.len == 0, "a dead context speaks");
        return;
    }
    insist(end_receive(e, &data) < 0 && data.len == 0, "a dead context received");
    insist(play->closed[e->server] || end_send(e, "x", 1) < 0, "a dead context sent");
    octets_clear(&data);
}

static void agree(struct tls_pair *p)
{
    SecPkgContext_ConnectionInfo a, b;

    insist(QueryContextAttributesA(&p->client.ctx, SECPKG_ATTR_CONNECTION_INFO, &a) == SEC_E_OK &&
               QueryContextAttributesA(&p->server.ctx, SECPKG_ATTR_CONNECTION_INFO, &b) == SEC_E_OK,
           "no description of the connection");
    /* Each names the version by its own role's bit. */
    insist((a.dwProtocol >> 1) == b.dwProtocol, "two versions");
    insist(a.aiCipher == b.aiCipher && a.dwCipherStrength == b.dwCipherStrength &&
               a.aiHash == b.aiHash && a.aiExch == b.aiExch,
           "two ciphers");
}

/* --- data ----------------------------------------------------------------------------------- */

static void say(struct play *play, struct tls_end *from, uint8_t value)
{
    uint8_t words[256];
    size_t n = 1u + value;

    memset(words, value, n);
    words[0] = (uint8_t)play->flight;
    if (end_send(from, words, n) == SEC_E_OK)
        octets_add(&play->due[!from->server], words, n);
}

static void control(struct play *play, struct tls_end *e, DWORD word)
{
    SecBuffer b = { sizeof word, SECBUFFER_TOKEN, &word };
    SecBufferDesc all = { SECBUFFER_VERSION, 1, &b };
    SECURITY_STATUS before = e->status;

    if (ApplyControlToken(&e->ctx, &all) != SEC_E_OK)
        return;
    SECURITY_STATUS status = end_leg_of(e, 0);
    is_status(status);
    /* One that cannot be just now, as while another is under way, harms nothing. */
    if (status == SEC_E_UNSUPPORTED_FUNCTION)
        e->status = before;
    (void)play;
}

/* Behind the handshake, orders from 0x80 on say who does what next. */
static void act(struct play *play, const struct order *o)
{
    struct tls_end *e = o->flight & 1 ? &play->p.server : &play->p.client;

    if (has_failed(e) || !e->done)
        return;
    switch (o->flight >> 1 & 7) {
    case 0:
        control(play, e, SCHANNEL_RENEGOTIATE);
        break;
    case 1:
        e->request |= e->server ? ASC_REQ_MUTUAL_AUTH : 0u;
        control(play, e, SCHANNEL_RENEGOTIATE);
        break;
    case 2:
        control(play, e, SCHANNEL_SHUTDOWN);
        break;
    default:
        say(play, e, o->value);
        break;
    }
}

/* The order's way is for the flight that comes of it. */
static void talk(struct play *play)
{
    struct order o;

    for (size_t at = 2; next_order(play->in, &at, &o);) {
        if (o.flight < 0x80)
            continue;
        act(play, &o);
        struct tls_end *e = o.flight & 1 ? &play->p.server : &play->p.client;
        if (o.flight & 0x10 && e->out.len > 0) {
            tamper(&e->out, play, e->server, &o, at);
            play->changed = true;
        }
        if (!(o.flight & 0x20))
            settle(play);
    }
    settle(play);
}

/* --- a connection --------------------------------------------------------------------------- */

static void open_play(struct play *play, struct input in, struct octets *earlier)
{
    uint8_t first = in.size > 0 ? in.data[0] : 0, second = in.size > 1 ? in.data[1] : 0;
    CredHandle *client = first & 4 ? &alice[first % 4 % 3] : &clients[first % 4 % 3];

    *play = (struct play){ .in = in, .earlier = earlier };
    pair_open(&play->p, client, &server);
    if (first & 8)
        play->p.server.request = ASC_REQ_MUTUAL_AUTH;
    if (first & 16)
        play->p.client.request = ISC_REQ_MANUAL_CRED_VALIDATION;
    if (first & 32)
        play->p.client.alpn = second & 1 ? "\2h2\3foo" : "\3foo";
    if (first & 64)
        play->p.server.alpn = second & 2 ? "\3foo" : "\2h2";
    if (first & 128)
        play->p.client.target = "127.0.0.1";
}

static bool is_plain(const struct play *play)
{
    /* Of protocols there may be none in common; a client may be asked and have no certificate. */
    return !play->changed && !(play->p.client.alpn && play->p.server.alpn);
}

static void close_play(struct play *play)
{
    is_dead(play, &play->p.client);
    is_dead(play, &play->p.server);
    pair_close(&play->p);
    for (size_t i = 0; i < 2; i++) {
        octets_clear(&play->last[i]);
        octets_clear(&play->due[i]);
    }
}

static void run(struct input in, struct octets *earlier)
{
    struct play play;

    open_play(&play, in, earlier);
    (void)end_leg(&play.p.client);
    insist(play.p.client.status == SEC_I_CONTINUE_NEEDED, "the client does not begin");
    settle(&play);
    bool both = play.p.client.done && play.p.server.done && !has_failed(&play.p.client) &&
                !has_failed(&play.p.server);
    insist(both || !is_plain(&play), "an unchanged handshake failed");
    if (both)
        agree(&play.p);
    talk(&play);
    if (both && is_plain(&play))
        insist(play.due[0].len == 0 && play.due[1].len == 0, "what was sent did not all come");
    close_play(&play);
}

/* The flights of a connection that goes well. */
static void keep_flights(struct octets kept[FLIGHTS])
{
    static const uint8_t nothing[2] = { 2, 0 };
    struct play play;

    open_play(&play, (struct input){ nothing, sizeof nothing }, NULL);
    (void)end_leg(&play.p.client);
    for (size_t i = 0; i < FLIGHTS; i++) {
        struct tls_end *from = i % 2 ? &play.p.server : &play.p.client;

        octets_add(&kept[i], from->out.data, from->out.len);
        (void)pass(&play, from, i % 2 ? &play.p.client : &play.p.server);
    }
    close_play(&play);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct octets earlier[FLIGHTS];
    static bool begun;

    if (!begun) {
        begun = true;
        begin();
        keep_flights(earlier);
    }
    run((struct input){ data, size }, earlier);
    return 0;
}

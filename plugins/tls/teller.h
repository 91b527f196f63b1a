/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teller.h: what the explanation of TLS is written with: lines to say, and parts of the token that
 * are read with a word about what is wrong.
 */
#ifndef TLS_TELLER_H
#define TLS_TELLER_H

#include "plugins/tls/names.h"
#include "sspi/package.h"

/* Who listens, how deep we are, and what is known by now. */
struct tls_teller {
    ssp_explain_fn *say;
    void *arg;
    unsigned depth;
    SECURITY_STATUS status; /* of the first fault */
    size_t faults;
    bool joined; /* the message came in pieces: positions count from its header */
    bool dtls;
    uint16_t version; /* ServerHello's, else that of the record */
    bool agreed;      /* ServerHello was there: version and suite are its */
    uint16_t suite;
};

/* A piece of the token, and where it begins there. */
struct tls_part {
    struct wire_in in;
    size_t at;
};

static inline struct tls_part tls_part(struct span all, size_t at)
{
    return (struct tls_part){ .in = wire_in(all), .at = at };
}

/* Where the next byte of a part is. */
static inline size_t tls_part_at(const struct tls_part *p)
{
    return p->at + p->in.pos;
}

void tls_tell(const struct tls_teller *t, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* What must not be shown, or says nothing to people, is told as its length. */
void tls_tell_bytes(const struct tls_teller *t, const char *name, struct span s);
void tls_tell_hex(const struct tls_teller *t, const char *name, struct span s);
/* "0x0303 TLS 1.2", or the number alone. */
void tls_tell_named(const struct tls_teller *t, const char *name, enum tls_kind kind, uint16_t n);
/* Says what is wrong and where; the first status is kept. */
void tls_fault(struct tls_teller *t, SECURITY_STATUS status, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Read a part.  What it is too short for is told once, as SEC_E_ILLEGAL_MESSAGE with the name;
 * from then on it gives false and says nothing more.
 */
bool tls_part_take(struct tls_teller *t, struct tls_part *p, const char *name, size_t n,
                   struct span *out);
bool tls_part_u8(struct tls_teller *t, struct tls_part *p, const char *name, uint8_t *out);
bool tls_part_u16(struct tls_teller *t, struct tls_part *p, const char *name, uint16_t *out);
/* A vector: its length in width bytes (1 to 3), then so many. */
bool tls_part_open(struct tls_teller *t, struct tls_part *p, const char *name, unsigned width,
                   struct tls_part *out);
/* Nothing may be left. */
void tls_part_end(struct tls_teller *t, const struct tls_part *p, const char *name);

/* Things on one line, separated by commas; those that it has no room for are counted. */
struct tls_list {
    char text[1024];
    size_t len, more;
};

void tls_list_add(struct tls_list *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tls_list_named(struct tls_list *l, enum tls_kind kind, uint16_t n);
/* Text of a stranger: what is not printed ASCII, or could pass for the end of an item, is '?'. */
void tls_list_text(struct tls_list *l, const char *prefix, struct span s);
void tls_tell_list(const struct tls_teller *t, const char *name, const struct tls_list *l);

#endif

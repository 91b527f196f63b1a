/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h: reading and writing messages in memory, without I/O.
 *
 * A reader that runs past its end, or a writer that runs out of room, goes bad
 * and stays bad: reads then give zero and writes only count.  So a codec reads
 * like the table in the specification, and asks once, at the end.
 */
#ifndef SSPI_WIRE_H
#define SSPI_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that belong to someone else; valid as long as their owner is. */
struct span {
    const uint8_t *data; /* never NULL when len > 0 */
    size_t len;          /* bytes */
};

struct wire_in {
    struct span all;
    size_t pos; /* next unread byte, <= all.len */
    bool bad;   /* latched by the first read past the end */
};

static inline struct wire_in wire_in(struct span all)
{
    return (struct wire_in){ .all = all };
}

/* The next n bytes, or NULL from the first fault on. */
static inline const uint8_t *wire_take(struct wire_in *in, size_t n)
{
    if (in->bad || n > in->all.len - in->pos) {
        in->bad = true;
        return NULL;
    }
    in->pos += n;
    return n > 0 ? in->all.data + (in->pos - n) : (const uint8_t *)"";
}

static inline struct span wire_span(struct wire_in *in, size_t n)
{
    const uint8_t *p = wire_take(in, n);
    return p ? (struct span){ p, n } : (struct span){ NULL, 0 };
}

static inline uint8_t wire_u8(struct wire_in *in)
{
    const uint8_t *p = wire_take(in, 1);
    return p ? p[0] : 0;
}

static inline uint16_t wire_u16le(struct wire_in *in)
{
    const uint8_t *p = wire_take(in, 2);
    if (!p)
        return 0;
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t wire_u32le(struct wire_in *in)
{
    const uint8_t *p = wire_take(in, 4);
    if (!p)
        return 0;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t wire_u64le(struct wire_in *in)
{
    uint64_t low = wire_u32le(in);
    return low | (uint64_t)wire_u32le(in) << 32;
}

static inline uint16_t wire_u16be(struct wire_in *in)
{
    const uint8_t *p = wire_take(in, 2);
    if (!p)
        return 0;
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t wire_u24be(struct wire_in *in)
{
    const uint8_t *p = wire_take(in, 3);
    if (!p)
        return 0;
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | (uint32_t)p[2];
}

static inline uint32_t wire_u32be(struct wire_in *in)
{
    const uint8_t *p = wire_take(in, 4);
    if (!p)
        return 0;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t wire_u64be(struct wire_in *in)
{
    uint64_t high = wire_u32be(in);
    return high << 32 | wire_u32be(in);
}

/* Bytes not yet read; none once the reader is bad. */
static inline size_t wire_left(const struct wire_in *in)
{
    return in->bad ? 0 : in->all.len - in->pos;
}

/* All that is left, and the cursor goes to the end. */
static inline struct span wire_rest(struct wire_in *in)
{
    return wire_span(in, wire_left(in));
}

/* n bytes at offset off of the whole message; does not move the cursor. */
static inline struct span wire_at(struct wire_in *in, size_t off, size_t n)
{
    if (n == 0)
        return (struct span){ NULL, 0 };
    if (in->bad || off > in->all.len || n > in->all.len - off) {
        in->bad = true;
        return (struct span){ NULL, 0 };
    }
    return (struct span){ in->all.data + off, n };
}

static inline bool wire_ok(const struct wire_in *in)
{
    return !in->bad;
}

/* Read whole: nothing bad, and nothing after it. */
static inline bool wire_done(const struct wire_in *in)
{
    return !in->bad && in->pos == in->all.len;
}

static inline struct span span_of(const void *data, size_t len)
{
    return (struct span){ (const uint8_t *)data, len };
}

/* A C string without its terminator; NULL gives the empty span. */
static inline struct span span_str(const char *s)
{
    return (struct span){ (const uint8_t *)s, s ? strlen(s) : 0 };
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool span_is(struct span s, const void *bytes, size_t n)
{
    return s.len == n && (n == 0 || memcmp(s.data, bytes, n) == 0);
}

/*
 * A writer over the caller's memory.  Past the end it writes nothing and goes on
 * counting, so the same encoder run over no memory tells the size it needs.
 */
struct wire_out {
    uint8_t *data; /* NULL when only counting */
    size_t cap;    /* bytes at data */
    size_t len;    /* bytes the message takes, written or not */
    bool bad;      /* the message is longer than size_t counts */
};

static inline struct wire_out wire_out(void *data, size_t cap)
{
    return (struct wire_out){ .data = data, .cap = data ? cap : 0 };
}

static inline uint8_t *wire_room(struct wire_out *out, size_t n)
{
    size_t at = out->len;

    if (out->bad || n > SIZE_MAX - at) {
        out->bad = true;
        return NULL;
    }
    out->len += n;
    return n > 0 && out->len <= out->cap ? out->data + at : NULL;
}

static inline void wire_put(struct wire_out *out, const void *src, size_t n)
{
    uint8_t *p = wire_room(out, n);
    if (p)
        memcpy(p, src, n);
}

static inline void wire_put_span(struct wire_out *out, struct span s)
{
    if (s.len > 0)
        wire_put(out, s.data, s.len);
}

static inline void wire_put_zeros(struct wire_out *out, size_t n)
{
    uint8_t *p = wire_room(out, n);
    if (p)
        memset(p, 0, n);
}

static inline void wire_put_u8(struct wire_out *out, uint8_t v)
{
    wire_put(out, &v, 1);
}

static inline void wire_put_u16le(struct wire_out *out, uint16_t v)
{
    const uint8_t b[2] = { (uint8_t)v, (uint8_t)(v >> 8) };
    wire_put(out, b, sizeof b);
}

static inline void wire_put_u32le(struct wire_out *out, uint32_t v)
{
    const uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };
    wire_put(out, b, sizeof b);
}

static inline void wire_put_u64le(struct wire_out *out, uint64_t v)
{
    wire_put_u32le(out, (uint32_t)v);
    wire_put_u32le(out, (uint32_t)(v >> 32));
}

static inline void wire_put_u16be(struct wire_out *out, uint16_t v)
{
    const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };
    wire_put(out, b, sizeof b);
}

static inline void wire_put_u32be(struct wire_out *out, uint32_t v)
{
    const uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
    wire_put(out, b, sizeof b);
}

static inline void wire_put_u64be(struct wire_out *out, uint64_t v)
{
    wire_put_u32be(out, (uint32_t)(v >> 32));
    wire_put_u32be(out, (uint32_t)v);
}

/* A length field: one that its two bytes cannot hold spoils the message. */
static inline void wire_put_len16le(struct wire_out *out, size_t n)
{
    if (n > UINT16_MAX)
        out->bad = true;
    wire_put_u16le(out, (uint16_t)n);
}

static inline void wire_put_len32le(struct wire_out *out, size_t n)
{
    if (n > UINT32_MAX)
        out->bad = true;
    wire_put_u32le(out, (uint32_t)n);
}

static inline void wire_put_len32be(struct wire_out *out, size_t n)
{
    if (n > UINT32_MAX)
        out->bad = true;
    wire_put_u32be(out, (uint32_t)n);
}

static inline bool wire_fits(const struct wire_out *out)
{
    return !out->bad && out->len <= out->cap;
}

#endif

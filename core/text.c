/* SPDX-License-Identifier: Apache-2.0 */
/* text.c: UTF-16 of the W calls and UTF-8 inside; see text.h for what becomes of surrogates. */
#include "config.h"

#include "core/text.h"

#include <stdint.h>
#include <stdlib.h>

static bool is_high(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low(uint32_t c)
{
    return c >= 0xdc00 && c <= 0xdfff;
}

size_t text_wlen(const SEC_WCHAR *s)
{
    size_t n = 0;

    if (!s)
        return 0;
    while (s[n] != 0)
        n++;
    return n;
}

static size_t utf8_len(uint32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* The n bytes of utf8_len; RFC 3629 3, and a lone surrogate as its number asks. */
static void put_utf8(uint32_t c, size_t n, char *out)
{
    static const uint8_t lead[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = n; i-- > 1;) {
        out[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (char)(lead[n] | c);
}

size_t text_from_utf16(const SEC_WCHAR *s, size_t n, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t c = s[i];

        if (is_high(c) && n - i > 1 && is_low(s[i + 1]))
            c = 0x10000 + ((c - 0xd800) << 10) + (s[++i] - 0xdc00u);
        if (out)
            put_utf8(c, utf8_len(c), out + len);
        len += utf8_len(c);
    }
    return len;
}

/*
 * One code point, a lone surrogate included; false: not UTF-8.  RFC 3629 4 but for the
 * surrogates.
 */
static bool get_utf8(struct wire_in *in, uint32_t *c)
{
    static const uint32_t least[4] = { 0, 0x80, 0x800, 0x10000 };
    uint8_t lead = wire_u8(in);
    size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;

    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4)
        return false;
    *c = more == 0 ? lead : lead & 0x3fu >> more;
    for (size_t i = 0; i < more; i++) {
        uint8_t b = wire_u8(in);

        if (!wire_ok(in) || (b & 0xc0) != 0x80)
            return false;
        *c = *c << 6 | (b & 0x3fu);
    }
    return wire_ok(in) && *c >= least[more] && *c <= 0x10ffff;
}

size_t text_to_utf16(struct span utf8, SEC_WCHAR *out)
{
    struct wire_in in = wire_in(utf8);
    uint32_t c = 0, before;
    size_t n = 0;

    while (wire_left(&in) > 0) {
        before = c;
        if (!get_utf8(&in, &c))
            return SIZE_MAX;
        if (is_high(before) && is_low(c))
            return SIZE_MAX; /* a pair as two times three bytes: see text.h */
        if (c >= 0x10000) {
            if (out) {
                out[n] = (SEC_WCHAR)(0xd800 + ((c - 0x10000) >> 10));
                out[n + 1] = (SEC_WCHAR)(0xdc00 + ((c - 0x10000) & 0x3ff));
            }
            n += 2;
        } else {
            if (out)
                out[n] = (SEC_WCHAR)c;
            n++;
        }
    }
    return n;
}

bool text_is_utf8(struct span utf8)
{
    return text_to_utf16(utf8, NULL) != SIZE_MAX;
}

char *text_dup_utf16(const SEC_WCHAR *s)
{
    size_t n, len;
    char *text;

    if (!s)
        return NULL;
    n = text_wlen(s);
    len = text_from_utf16(s, n, NULL);
    text = malloc(len + 1);
    if (!text)
        return NULL;
    text_from_utf16(s, n, text);
    text[len] = '\0';
    return text;
}

static uint8_t ascii_lower(uint8_t b)
{
    return b >= 'A' && b <= 'Z' ? (uint8_t)(b | 0x20) : b;
}

bool text_same_name(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < b.len; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    return true;
}

/*
 * Small letters that differ from their capital by one number, a whole alphabet at a time: the
 * European alphabets, Vietnamese, full-width Latin.  Each letter is the small one of its capital
 * (from UnicodeData.txt, simple mappings); those that are not, as the dotless i, the long s, the
 * final sigma and the micro sign, are left out, as are letters that are no alphabet's today.
 */
static const struct range {
    uint16_t first, last, step;
    int16_t add; /* to the small letter, for the capital */
} small[] = {
    { 0x00e0, 0x00f6, 1, -32 }, { 0x00f8, 0x00fe, 1, -32 }, { 0x00ff, 0x00ff, 1, 121 },
    { 0x0101, 0x012f, 2, -1 },  { 0x0133, 0x0137, 2, -1 },  { 0x013a, 0x0148, 2, -1 },
    { 0x014b, 0x0177, 2, -1 },  { 0x017a, 0x017e, 2, -1 },  { 0x01a1, 0x01a5, 2, -1 },
    { 0x01b0, 0x01b0, 1, -1 },  { 0x01ce, 0x01dc, 2, -1 },  { 0x01df, 0x01ef, 2, -1 },
    { 0x01f5, 0x01f5, 1, -1 },  { 0x01f9, 0x021f, 2, -1 },  { 0x0223, 0x0233, 2, -1 },
    { 0x03ac, 0x03ac, 1, -38 }, { 0x03ad, 0x03af, 1, -37 }, { 0x03b1, 0x03c1, 1, -32 },
    { 0x03c3, 0x03cb, 1, -32 }, { 0x03cc, 0x03cc, 1, -64 }, { 0x03cd, 0x03ce, 1, -63 },
    { 0x0430, 0x044f, 1, -32 }, { 0x0450, 0x045f, 1, -80 }, { 0x0461, 0x0481, 2, -1 },
    { 0x048b, 0x04bf, 2, -1 },  { 0x04c2, 0x04ce, 2, -1 },  { 0x04cf, 0x04cf, 1, -15 },
    { 0x04d1, 0x052f, 2, -1 },  { 0x0561, 0x0586, 1, -48 }, { 0x1e01, 0x1e95, 2, -1 },
    { 0x1ea1, 0x1eff, 2, -1 },  { 0xff41, 0xff5a, 1, -32 },
};

static uint32_t upper(uint32_t c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 0x20 : c;
    for (size_t i = 0; i < sizeof small / sizeof small[0] && c >= small[i].first; i++)
        if (c <= small[i].last && (c - small[i].first) % small[i].step == 0)
            return (uint32_t)((int32_t)c + small[i].add);
    return c;
}

bool text_same_caseless(struct span a, struct span b)
{
    struct wire_in one = wire_in(a), other = wire_in(b);
    uint32_t c = 0, d = 0;

    while (wire_left(&one) > 0 && wire_left(&other) > 0) {
        if (!get_utf8(&one, &c) || !get_utf8(&other, &d) || upper(c) != upper(d))
            return false;
    }
    return wire_done(&one) && wire_done(&other);
}

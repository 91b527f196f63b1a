/* SPDX-License-Identifier: Apache-2.0 */
/* utf16.c: between UTF-16LE bytes and UTF-8, and the fixed table of upper case. */
#include "config.h"

#include "plugins/common/utf16.h"

static bool is_high(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low(uint32_t c)
{
    return c >= 0xdc00 && c <= 0xdfff;
}

/* RFC 3629 4, but that a surrogate passes as any other number. */
static bool get_utf8(struct wire_in *in, uint32_t *c)
{
    static const uint32_t least[4] = { 0, 0x80, 0x800, 0x10000 };
    uint8_t lead = wire_u8(in);
    unsigned more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;

    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4)
        return false;
    *c = more == 0 ? lead : lead & 0x3fu >> more;
    for (unsigned i = 0; i < more; i++) {
        uint8_t b = wire_u8(in);

        if ((b & 0xc0) != 0x80)
            return false;
        *c = *c << 6 | (b & 0x3fu);
    }
    return wire_ok(in) && *c >= least[more] && *c <= 0x10ffff;
}

bool utf16_put(struct wire_out *out, struct span utf8)
{
    struct wire_in in = wire_in(utf8);
    bool after_high = false;

    while (wire_left(&in) > 0) {
        uint32_t c;

        if (!get_utf8(&in, &c) || (after_high && is_low(c)))
            return false;
        after_high = is_high(c);
        if (c >= 0x10000) {
            wire_put_u16le(out, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)));
            c = 0xdc00 + (c & 0x3ff);
        }
        wire_put_u16le(out, (uint16_t)c);
    }
    return true;
}

static void put_utf8(struct wire_out *out, uint32_t c)
{
    if (c < 0x80) {
        wire_put_u8(out, (uint8_t)c);
    } else if (c < 0x800) {
        wire_put_u8(out, (uint8_t)(0xc0 | c >> 6));
        wire_put_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        if (c < 0x10000) {
            wire_put_u8(out, (uint8_t)(0xe0 | c >> 12));
        } else {
            wire_put_u8(out, (uint8_t)(0xf0 | c >> 18));
            wire_put_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        }
        wire_put_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        wire_put_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

void utf16_put_as_utf8(struct wire_out *out, struct span utf16)
{
    struct wire_in in = wire_in(utf16);

    while (wire_left(&in) >= 2) {
        uint32_t c = wire_u16le(&in);
        struct wire_in ahead = in;
        uint32_t low = wire_u16le(&ahead);

        if (is_high(c) && is_low(low)) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            in = ahead;
        }
        put_utf8(out, c);
    }
}

/*
 * Every step-th unit from first to last goes up by delta (modulo 2^16).  These are the pairs of
 * Unicode's simple case mapping, up to Unicode 5.1, that map back to where they came from, and
 * U+03C2 (final sigma) besides.  So U+00DF and U+0149 stay (they have no one-unit upper case),
 * and U+0131, U+017F, U+00B5 and the title case letters do (they do not map back).  Checked
 * against Samba 4.17, whose table comes from Windows NT: each of its 636 pairs is here; the rest
 * are pairs that Windows has had since Vista and 7.  Younger pairs (Georgian, Cherokee) are
 * left out on purpose: names in them stay as they are on the Windows versions in use.
 */
static const struct {
    uint16_t first, last, step;
    int32_t delta;
} upper[] = {
    { 0x0061, 0x007a, 1, -32 },    { 0x00e0, 0x00f6, 1, -32 },    { 0x00f8, 0x00fe, 1, -32 },
    { 0x00ff, 0x00ff, 1, 121 },    { 0x0101, 0x012f, 2, -1 },     { 0x0133, 0x0137, 2, -1 },
    { 0x013a, 0x0148, 2, -1 },     { 0x014b, 0x0177, 2, -1 },     { 0x017a, 0x017e, 2, -1 },
    { 0x0180, 0x0180, 1, 195 },    { 0x0183, 0x0185, 2, -1 },     { 0x0188, 0x0188, 1, -1 },
    { 0x018c, 0x018c, 1, -1 },     { 0x0192, 0x0192, 1, -1 },     { 0x0195, 0x0195, 1, 97 },
    { 0x0199, 0x0199, 1, -1 },     { 0x019a, 0x019a, 1, 163 },    { 0x019e, 0x019e, 1, 130 },
    { 0x01a1, 0x01a5, 2, -1 },     { 0x01a8, 0x01a8, 1, -1 },     { 0x01ad, 0x01ad, 1, -1 },
    { 0x01b0, 0x01b0, 1, -1 },     { 0x01b4, 0x01b6, 2, -1 },     { 0x01b9, 0x01b9, 1, -1 },
    { 0x01bd, 0x01bd, 1, -1 },     { 0x01bf, 0x01bf, 1, 56 },     { 0x01c6, 0x01c6, 1, -2 },
    { 0x01c9, 0x01c9, 1, -2 },     { 0x01cc, 0x01cc, 1, -2 },     { 0x01ce, 0x01dc, 2, -1 },
    { 0x01dd, 0x01dd, 1, -79 },    { 0x01df, 0x01ef, 2, -1 },     { 0x01f3, 0x01f3, 1, -2 },
    { 0x01f5, 0x01f5, 1, -1 },     { 0x01f9, 0x021f, 2, -1 },     { 0x0223, 0x0233, 2, -1 },
    { 0x023c, 0x023c, 1, -1 },     { 0x0242, 0x0242, 1, -1 },     { 0x0247, 0x024f, 2, -1 },
    { 0x0250, 0x0250, 1, 10783 },  { 0x0251, 0x0251, 1, 10780 },  { 0x0253, 0x0253, 1, -210 },
    { 0x0254, 0x0254, 1, -206 },   { 0x0256, 0x0257, 1, -205 },   { 0x0259, 0x0259, 1, -202 },
    { 0x025b, 0x025b, 1, -203 },   { 0x0260, 0x0260, 1, -205 },   { 0x0263, 0x0263, 1, -207 },
    { 0x0268, 0x0268, 1, -209 },   { 0x0269, 0x0269, 1, -211 },   { 0x026b, 0x026b, 1, 10743 },
    { 0x026f, 0x026f, 1, -211 },   { 0x0271, 0x0271, 1, 10749 },  { 0x0272, 0x0272, 1, -213 },
    { 0x0275, 0x0275, 1, -214 },   { 0x027d, 0x027d, 1, 10727 },  { 0x0280, 0x0280, 1, -218 },
    { 0x0283, 0x0283, 1, -218 },   { 0x0288, 0x0288, 1, -218 },   { 0x0289, 0x0289, 1, -69 },
    { 0x028a, 0x028b, 1, -217 },   { 0x028c, 0x028c, 1, -71 },    { 0x0292, 0x0292, 1, -219 },
    { 0x0371, 0x0373, 2, -1 },     { 0x0377, 0x0377, 1, -1 },     { 0x037b, 0x037d, 1, 130 },
    { 0x03ac, 0x03ac, 1, -38 },    { 0x03ad, 0x03af, 1, -37 },    { 0x03b1, 0x03c1, 1, -32 },
    { 0x03c2, 0x03c2, 1, -31 },    { 0x03c3, 0x03cb, 1, -32 },    { 0x03cc, 0x03cc, 1, -64 },
    { 0x03cd, 0x03ce, 1, -63 },    { 0x03d7, 0x03d7, 1, -8 },     { 0x03d9, 0x03ef, 2, -1 },
    { 0x03f2, 0x03f2, 1, 7 },      { 0x03f8, 0x03f8, 1, -1 },     { 0x03fb, 0x03fb, 1, -1 },
    { 0x0430, 0x044f, 1, -32 },    { 0x0450, 0x045f, 1, -80 },    { 0x0461, 0x0481, 2, -1 },
    { 0x048b, 0x04bf, 2, -1 },     { 0x04c2, 0x04ce, 2, -1 },     { 0x04cf, 0x04cf, 1, -15 },
    { 0x04d1, 0x0523, 2, -1 },     { 0x0561, 0x0586, 1, -48 },    { 0x1d79, 0x1d79, 1, 35332 },
    { 0x1d7d, 0x1d7d, 1, 3814 },   { 0x1e01, 0x1e95, 2, -1 },     { 0x1ea1, 0x1eff, 2, -1 },
    { 0x1f00, 0x1f07, 1, 8 },      { 0x1f10, 0x1f15, 1, 8 },      { 0x1f20, 0x1f27, 1, 8 },
    { 0x1f30, 0x1f37, 1, 8 },      { 0x1f40, 0x1f45, 1, 8 },      { 0x1f51, 0x1f57, 2, 8 },
    { 0x1f60, 0x1f67, 1, 8 },      { 0x1f70, 0x1f71, 1, 74 },     { 0x1f72, 0x1f75, 1, 86 },
    { 0x1f76, 0x1f77, 1, 100 },    { 0x1f78, 0x1f79, 1, 128 },    { 0x1f7a, 0x1f7b, 1, 112 },
    { 0x1f7c, 0x1f7d, 1, 126 },    { 0x1f80, 0x1f87, 1, 8 },      { 0x1f90, 0x1f97, 1, 8 },
    { 0x1fa0, 0x1fa7, 1, 8 },      { 0x1fb0, 0x1fb1, 1, 8 },      { 0x1fb3, 0x1fb3, 1, 9 },
    { 0x1fd0, 0x1fd1, 1, 8 },      { 0x1fe0, 0x1fe1, 1, 8 },      { 0x1fe5, 0x1fe5, 1, 7 },
    { 0x214e, 0x214e, 1, -28 },    { 0x2170, 0x217f, 1, -16 },    { 0x2184, 0x2184, 1, -1 },
    { 0x24d0, 0x24e9, 1, -26 },    { 0x2c30, 0x2c5f, 1, -48 },    { 0x2c61, 0x2c61, 1, -1 },
    { 0x2c65, 0x2c65, 1, -10795 }, { 0x2c66, 0x2c66, 1, -10792 }, { 0x2c68, 0x2c6c, 2, -1 },
    { 0x2c73, 0x2c73, 1, -1 },     { 0x2c76, 0x2c76, 1, -1 },     { 0x2c81, 0x2ce3, 2, -1 },
    { 0x2d00, 0x2d25, 1, -7264 },  { 0xa641, 0xa65f, 2, -1 },     { 0xa663, 0xa66d, 2, -1 },
    { 0xa681, 0xa697, 2, -1 },     { 0xa723, 0xa72f, 2, -1 },     { 0xa733, 0xa76f, 2, -1 },
    { 0xa77a, 0xa77c, 2, -1 },     { 0xa77f, 0xa787, 2, -1 },     { 0xa78c, 0xa78c, 1, -1 },
    { 0xff41, 0xff5a, 1, -32 },
};

uint16_t utf16_upper(uint16_t unit)
{
    size_t low = 0, high = sizeof upper / sizeof upper[0];

    if (unit < 0x80)
        return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 32) : unit;
    while (low < high) { /* the first range that does not end before unit */
        size_t mid = low + (high - low) / 2;

        if (upper[mid].last < unit)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == sizeof upper / sizeof upper[0] || unit < upper[low].first ||
        (unit - upper[low].first) % upper[low].step != 0)
        return unit;
    return (uint16_t)(unit + upper[low].delta);
}

void utf16_put_upper(struct wire_out *out, struct span utf16)
{
    struct wire_in in = wire_in(utf16);

    while (wire_left(&in) >= 2)
        wire_put_u16le(out, utf16_upper(wire_u16le(&in)));
}

bool utf16_same(struct span a, struct span b)
{
    struct wire_in x = wire_in(a), y = wire_in(b);

    if (a.len != b.len || a.len % 2 != 0)
        return false;
    while (wire_left(&x) > 0)
        if (utf16_upper(wire_u16le(&x)) != utf16_upper(wire_u16le(&y)))
            return false;
    return true;
}

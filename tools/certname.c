/* SPDX-License-Identifier: Apache-2.0 */
/* certname.c: whom a certificate is about, in words. */
#include "config.h"

#include "tools/certname.h"

#include <stddef.h>
#include <stdint.h>

#define RDNS_MOST 32 /* parts of a name; a longer one is none */

/* Tags of X.690. */
enum {
    DER_INTEGER = 0x02,
    DER_OBJECT = 0x06,
    DER_UTF8 = 0x0c,
    DER_NUMERIC = 0x12,
    DER_PRINTABLE = 0x13,
    DER_TELETEX = 0x14,
    DER_IA5 = 0x16,
    DER_VISIBLE = 0x1a,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_VERSION = 0xa0
};

/* ---- DER ---- */

/* One to four octets say how long it is, behind their number; or it is short. */
static size_t take_length(struct wire_in *in)
{
    size_t n = wire_u8(in);
    unsigned octets = n & 0x7f;

    if (n < 0x80)
        return n;
    if (octets == 0 || octets > 4)
        in->bad = true;
    for (n = 0; octets > 0 && !in->bad; octets--)
        n = n << 8 | wire_u8(in);
    return n;
}

/* The next value, whatever it is. */
static struct span take_any(struct wire_in *in, uint8_t *tag)
{
    size_t n;

    *tag = wire_u8(in);
    n = take_length(in);
    return wire_span(in, n);
}

/* The next value, which must be of this kind. */
static struct span take(struct wire_in *in, uint8_t wanted)
{
    uint8_t tag;
    struct span value = take_any(in, &tag);

    if (tag != wanted)
        in->bad = true;
    return value;
}

/* RFC 5280 4.1: what stands before the subject is passed over. */
static bool find_subject(struct span der, struct span *out)
{
    struct wire_in in = wire_in(der);
    struct wire_in certificate = wire_in(take(&in, DER_SEQUENCE));
    struct wire_in part = wire_in(take(&certificate, DER_SEQUENCE));

    if (wire_left(&part) > 0 && part.all.data[0] == DER_VERSION)
        (void)take(&part, DER_VERSION);
    (void)take(&part, DER_INTEGER);  /* serial number */
    (void)take(&part, DER_SEQUENCE); /* signature algorithm */
    (void)take(&part, DER_SEQUENCE); /* issuer */
    (void)take(&part, DER_SEQUENCE); /* validity */
    *out = take(&part, DER_SEQUENCE);
    return wire_ok(&in) && wire_ok(&certificate) && wire_ok(&part);
}

/* ---- words ---- */

static void put_text(struct wire_out *out, const char *text)
{
    wire_put_span(out, span_str(text));
}

static void put_hex(struct wire_out *out, uint8_t byte)
{
    static const char digits[] = "0123456789ABCDEF";

    wire_put(out, &digits[byte >> 4], 1);
    wire_put(out, &digits[byte & 15], 1);
}

/* RFC 4514 3, and X.520 for what comes from LDAP. */
static void put_type(struct wire_out *out, struct span oid)
{
    static const struct {
        const char *oid;
        const char *name;
    } types[] = {
        { "\x55\x04\x03", "CN" },
        { "\x55\x04\x05", "serialNumber" },
        { "\x55\x04\x06", "C" },
        { "\x55\x04\x07", "L" },
        { "\x55\x04\x08", "ST" },
        { "\x55\x04\x09", "STREET" },
        { "\x55\x04\x0a", "O" },
        { "\x55\x04\x0b", "OU" },
        { "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress" },
        { "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID" },
        { "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC" },
    };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (span_eq(oid, span_str(types[i].oid))) {
            put_text(out, types[i].name);
            return;
        }
    }
    put_text(out, "?");
}

/* So that no value looks like two: what parts a name is escaped, and what is no printable text. */
static void put_value(struct wire_out *out, struct span text, bool utf8)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool edge = (i == 0 && (c == ' ' || c == '#')) || (i + 1 == text.len && c == ' ');

        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8)) {
            put_text(out, "\\");
            put_hex(out, c);
            continue;
        }
        if (edge || memchr(",+\"\\<>;", c, 7))
            put_text(out, "\\");
        wire_put_u8(out, c);
    }
}

static void put_octets(struct wire_out *out, struct span value)
{
    put_text(out, "#");
    for (size_t i = 0; i < value.len; i++)
        put_hex(out, value.data[i]);
}

/* Type and value of one attribute. */
static bool put_attribute(struct wire_out *out, struct span attribute)
{
    struct wire_in in = wire_in(attribute);
    struct span type = take(&in, DER_OBJECT);
    uint8_t kind;
    struct span value = take_any(&in, &kind);

    put_type(out, type);
    put_text(out, "=");
    switch (kind) {
    case DER_UTF8:
    case DER_NUMERIC:
    case DER_PRINTABLE:
    case DER_TELETEX:
    case DER_IA5:
    case DER_VISIBLE:
        put_value(out, value, kind == DER_UTF8);
        break;
    default:
        put_octets(out, value);
    }
    return wire_ok(&in);
}

/* The attributes of one part, most often one. */
static bool put_part(struct wire_out *out, struct span part)
{
    struct wire_in in = wire_in(part);
    const char *between = "";

    while (wire_ok(&in) && wire_left(&in) > 0) {
        put_text(out, between);
        if (!put_attribute(out, take(&in, DER_SEQUENCE)))
            return false;
        between = "+";
    }
    return wire_ok(&in);
}

bool certname_put(struct wire_out *text, struct span der)
{
    struct span subject, parts[RDNS_MOST];
    struct wire_in in;
    size_t n = 0;

    if (!find_subject(der, &subject))
        return false;
    in = wire_in(subject);
    while (wire_ok(&in) && wire_left(&in) > 0 && n < RDNS_MOST)
        parts[n++] = take(&in, DER_SET);
    if (!wire_done(&in) || n == 0)
        return false;
    while (n > 0) { /* RFC 4514 2.1: the last comes first */
        if (!put_part(text, parts[--n]))
            return false;
        if (n > 0)
            put_text(text, ",");
    }
    wire_put_u8(text, 0);
    return wire_fits(text);
}

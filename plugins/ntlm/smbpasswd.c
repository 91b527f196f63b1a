/* SPDX-License-Identifier: Apache-2.0 */
/* smbpasswd.c: read and write the lines of a file of users. */
#include "config.h"

#include "plugins/ntlm/smbpasswd.h"

#include <stdio.h>

#include "plugins/common/utf16.h"

#define HASH_DIGITS 32u

struct span smbpasswd_next(struct span *rest)
{
    const uint8_t *end = memchr(rest->data, '\n', rest->len);
    struct span line = { rest->data, end ? (size_t)(end - rest->data) : rest->len };
    size_t taken = end ? line.len + 1 : line.len;

    *rest = span_of(rest->data + taken, rest->len - taken);
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* What comes before the next ':'; false: there is none. */
static bool next_field(struct span *rest, struct span *field)
{
    const uint8_t *colon = rest->len > 0 ? memchr(rest->data, ':', rest->len) : NULL;

    if (!colon)
        return false;
    *field = span_of(rest->data, (size_t)(colon - rest->data));
    *rest = span_of(colon + 1, rest->len - field->len - 1);
    return true;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hex(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (hex_value(s.data[i]) < 0)
            return false;
    return true;
}

/* What stands where a hash is not known: smbpasswd(5). */
static bool is_no_hash(struct span s)
{
    static const char none[] = "NO PASSWORDXXXXXXXXXXXXXXXXXXXXX";
    static const char unset[] = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";

    return span_is(s, none, HASH_DIGITS) || span_is(s, unset, HASH_DIGITS);
}

static bool is_number(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
    return s.len > 0;
}

/* The flags in brackets, if the field is that; older files have other things there. */
static void get_flags(struct span rest, struct smbpasswd_line *out)
{
    const uint8_t *close =
        rest.len > 0 && rest.data[0] == '[' ? memchr(rest.data, ']', rest.len) : NULL;

    if (!close) {
        out->rest = rest;
        return;
    }
    out->flags = span_of(rest.data + 1, (size_t)(close - rest.data) - 1);
    out->rest = span_of(close + 1, rest.len - out->flags.len - 2);
    for (size_t i = 0; i < out->flags.len; i++) {
        out->disabled |= out->flags.data[i] == 'D' || out->flags.data[i] == 'L';
        out->no_password |= out->flags.data[i] == 'N';
    }
}

bool smbpasswd_name_fits(struct span name)
{
    struct wire_out count = wire_out(NULL, 0);

    if (name.len == 0 || name.len > SMBPASSWD_NAME_MAX || name.data[0] == '#')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] < ' ' || name.data[i] == 0x7f || name.data[i] == ':')
            return false;
    return name.data[0] != ' ' && name.data[name.len - 1] != ' ' && utf16_put(&count, name);
}

const char *smbpasswd_get(struct span line, struct smbpasswd_line *out)
{
    struct smbpasswd_line l = { 0 };
    struct span lm, rest = line;

    if (line.len == 0 || line.data[0] == '#') {
        *out = l;
        return NULL;
    }
    if (!next_field(&rest, &l.name) || !next_field(&rest, &l.uid) || !next_field(&rest, &lm))
        return "too few fields";
    if (!next_field(&rest, &l.nt)) {
        l.nt = rest; /* the last field, without a ':' behind it */
        rest = span_of(rest.data + rest.len, 0);
    }
    if (!smbpasswd_name_fits(l.name))
        return "a name that cannot be";
    if (!is_number(l.uid))
        return "the uid is no number";
    if (lm.len != HASH_DIGITS || l.nt.len != HASH_DIGITS)
        return "a hash is not 32 characters long";
    l.has_hash = is_hex(l.nt);
    if (!l.has_hash && !is_no_hash(l.nt))
        return "the NT hash is not hexadecimal";
    get_flags(rest, &l);
    *out = l;
    return NULL;
}

void smbpasswd_hash(const struct smbpasswd_line *line, struct secret *hash)
{
    secret_wipe(hash);
    hash->len = HASH_DIGITS / 2;
    for (size_t i = 0; i < hash->len; i++)
        hash->bytes[i] =
            (uint8_t)(hex_value(line->nt.data[2 * i]) << 4 | hex_value(line->nt.data[2 * i + 1]));
}

static void put_hex(struct wire_out *out, const struct secret *hash)
{
    for (size_t i = 0; i < hash->len; i++) {
        wire_put_u8(out, (uint8_t) "0123456789ABCDEF"[hash->bytes[i] >> 4]);
        wire_put_u8(out, (uint8_t) "0123456789ABCDEF"[hash->bytes[i] & 15]);
    }
}

/* Eleven wide, as Samba writes them; N goes, since there is a password now. */
static void put_flags(struct wire_out *out, struct span flags)
{
    size_t n = 0;

    wire_put_u8(out, '[');
    for (size_t i = 0; i < flags.len; i++)
        if (flags.data[i] != 'N' && flags.data[i] != ' ') {
            wire_put_u8(out, flags.data[i]);
            n++;
        }
    for (; n < 11; n++)
        wire_put_u8(out, ' ');
    wire_put_u8(out, ']');
}

/* ":LCT-...:" anew, and what stood behind the old one. */
static void put_tail(struct wire_out *out, struct span rest, uint32_t changed)
{
    char lct[sizeof ":LCT-00000000:"];
    struct span field;

    (void)snprintf(lct, sizeof lct, ":LCT-%08X:", changed);
    wire_put_span(out, span_str(lct));
    if (next_field(&rest, &field) && next_field(&rest, &field))
        wire_put_span(out, rest);
    wire_put_u8(out, '\n');
}

void smbpasswd_put(struct wire_out *out, const struct smbpasswd_line *before, struct span name,
                   uint32_t uid, const struct secret *hash, uint32_t changed)
{
    char number[16];
    bool kept = before && before->flags.len > 0;

    (void)snprintf(number, sizeof number, "%u", uid);
    wire_put_span(out, before ? before->name : name);
    wire_put_u8(out, ':');
    wire_put_span(out, before ? before->uid : span_str(number));
    wire_put_span(out, span_str(":XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:"));
    put_hex(out, hash);
    wire_put_u8(out, ':');
    put_flags(out, kept ? before->flags : span_str("U"));
    put_tail(out, before ? before->rest : span_of(NULL, 0), changed);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* teller.c: lines to say, and parts of a token with a word about what is wrong. */
#include "config.h"

#include "plugins/tls/teller.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 255u /* bytes of a name that is shown; of a longer one only the length is */
#define MORE_MAX 32u  /* bytes that "and 12 more" takes at most */

/* --- lines ----------------------------------------------------------------------------------- */

void tls_tell(const struct tls_teller *t, const char *name, const char *fmt, ...)
{
    char text[1400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    t->say(t->arg, t->depth, name, text);
}

void tls_tell_bytes(const struct tls_teller *t, const char *name, struct span s)
{
    if (s.len == 0)
        tls_tell(t, name, "none");
    else
        tls_tell(t, name, s.len == 1 ? "%zu byte" : "%zu bytes", s.len);
}

void tls_tell_hex(const struct tls_teller *t, const char *name, struct span s)
{
    char text[2 * TEXT_MAX + 1] = "";

    if (s.len == 0 || s.len > TEXT_MAX) {
        tls_tell_bytes(t, name, s);
        return;
    }
    for (size_t i = 0; i < s.len; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", s.data[i]);
    tls_tell(t, name, "%s", text);
}

void tls_tell_named(const struct tls_teller *t, const char *name, enum tls_kind kind, uint16_t n)
{
    const char *known = tls_name(kind, n);

    tls_tell(t, name, "0x%04x%s%s", n, known ? " " : "", known ? known : "");
}

void tls_fault(struct tls_teller *t, SECURITY_STATUS status, size_t at, const char *fmt, ...)
{
    char text[200];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    tls_tell(t, "!", "%s; at byte %zu%s", text, at, t->joined ? " of the message" : "");
    t->faults++;
    if (t->status == SEC_E_OK)
        t->status = status;
}

/* --- parts ----------------------------------------------------------------------------------- */

bool tls_part_take(struct tls_teller *t, struct tls_part *p, const char *name, size_t n,
                   struct span *out)
{
    size_t at = tls_part_at(p), left = wire_left(&p->in);

    if (p->in.bad)
        return false;
    *out = wire_span(&p->in, n);
    if (p->in.bad)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, at, "%s: %zu of %zu bytes are here", name, left, n);
    return !p->in.bad;
}

bool tls_part_u8(struct tls_teller *t, struct tls_part *p, const char *name, uint8_t *out)
{
    struct span s;

    if (!tls_part_take(t, p, name, 1, &s))
        return false;
    *out = s.data[0];
    return true;
}

bool tls_part_u16(struct tls_teller *t, struct tls_part *p, const char *name, uint16_t *out)
{
    struct span s;

    if (!tls_part_take(t, p, name, 2, &s))
        return false;
    *out = (uint16_t)(s.data[0] << 8 | s.data[1]);
    return true;
}

bool tls_part_open(struct tls_teller *t, struct tls_part *p, const char *name, unsigned width,
                   struct tls_part *out)
{
    struct span length, s;
    size_t n = 0;

    if (!tls_part_take(t, p, name, width, &length))
        return false;
    for (unsigned i = 0; i < width; i++)
        n = n << 8 | length.data[i];
    size_t at = tls_part_at(p);
    if (!tls_part_take(t, p, name, n, &s))
        return false;
    *out = tls_part(s, at);
    return true;
}

void tls_part_end(struct tls_teller *t, const struct tls_part *p, const char *name)
{
    size_t left = wire_left(&p->in);

    if (left > 0)
        tls_fault(t, SEC_E_ILLEGAL_MESSAGE, tls_part_at(p),
                  left == 1 ? "%s: %zu byte too many" : "%s: %zu bytes too many", name, left);
}

/* --- lists ----------------------------------------------------------------------------------- */

void tls_list_add(struct tls_list *l, const char *fmt, ...)
{
    char item[TEXT_MAX + 32];
    va_list args;
    size_t room = sizeof l->text - MORE_MAX - l->len;

    va_start(args, fmt);
    int n = vsnprintf(item, sizeof item, fmt, args);
    va_end(args);
    /* Once one is left out all are, so that the rest is one number. */
    if (l->more > 0 || n < 0 || (size_t)n >= sizeof item || (size_t)n + sizeof ", " > room) {
        l->more++;
        return;
    }
    l->len += (size_t)snprintf(l->text + l->len, room, "%s%s", l->len > 0 ? ", " : "", item);
}

void tls_list_named(struct tls_list *l, enum tls_kind kind, uint16_t n)
{
    const char *known = tls_name(kind, n);

    if (known)
        tls_list_add(l, "%s", known);
    else
        tls_list_add(l, "0x%04x", n);
}

void tls_list_text(struct tls_list *l, const char *prefix, struct span s)
{
    char text[TEXT_MAX + 1];

    if (s.len > TEXT_MAX) {
        tls_list_add(l, "%s%zu bytes", prefix, s.len);
        return;
    }
    for (size_t i = 0; i < s.len; i++)
        text[i] = s.data[i] > ' ' && s.data[i] < 0x7f && s.data[i] != ',' ? (char)s.data[i] : '?';
    text[s.len] = '\0';
    tls_list_add(l, "%s%s", prefix, text);
}

void tls_tell_list(const struct tls_teller *t, const char *name, const struct tls_list *l)
{
    if (l->more > 0)
        tls_tell(t, name, "%s%s%zu more", l->text, l->len > 0 ? " and " : "", l->more);
    else
        tls_tell(t, name, "%s", l->len > 0 ? l->text : "none");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: JSON written to a stream. */
#include "config.h"

#include "tools/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static void put_string(FILE *to, const char *text);

/* Comma, newline, indentation, key: what comes before an item. */
static void begin_item(struct json *j, const char *key)
{
    if (j->depth > 0) {
        fputs(j->begun[j->depth] ? ",\n" : "\n", j->to);
        for (unsigned i = 0; i < j->depth; i++)
            fputs("  ", j->to);
    }
    j->begun[j->depth] = true;
    if (key) {
        put_string(j->to, key);
        fputs(": ", j->to);
    }
}

void json_open(struct json *j, const char *key, char what)
{
    assert(j->depth + 1 < JSON_DEPTH);
    begin_item(j, key);
    putc(what, j->to);
    j->begun[++j->depth] = false;
}

void json_close(struct json *j, char what)
{
    bool empty = !j->begun[j->depth--];

    if (!empty) {
        putc('\n', j->to);
        for (unsigned i = 0; i < j->depth; i++)
            fputs("  ", j->to);
    }
    putc(what, j->to);
    if (j->depth == 0)
        putc('\n', j->to);
}

/* Bytes of the UTF-8 sequence at p, 0 if there is none; *point: what it stands for. */
static unsigned read_utf8(const unsigned char *p, uint32_t *point)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;
    uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);

    for (unsigned i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    *point = c;
    return n > 0 && c >= least[n] && c <= 0x10ffff && p[0] < 0xf8 ? n : 0;
}

/* One character as JSON; the bytes it took. */
static unsigned put_char(FILE *to, const unsigned char *p)
{
    uint32_t c = 0;
    unsigned n = read_utf8(p, &c);

    if (n == 0) {
        fputs("\xef\xbf\xbd", to);
        return 1;
    }
    if (c == '"' || c == '\\')
        fprintf(to, "\\%c", (int)c);
    else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000))
        fprintf(to, "\\u%04" PRIx32, c);
    else
        fwrite(p, 1, n, to);
    return n;
}

static void put_string(FILE *to, const char *text)
{
    putc('"', to);
    for (const unsigned char *p = (const unsigned char *)text; *p;)
        p += put_char(to, p);
    putc('"', to);
}

void json_text(struct json *j, const char *key, const char *text)
{
    begin_item(j, key);
    if (text)
        put_string(j->to, text);
    else
        fputs("null", j->to);
}

void json_number(struct json *j, const char *key, int64_t value)
{
    begin_item(j, key);
    fprintf(j->to, "%" PRId64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
    begin_item(j, key);
    fputs(value ? "true" : "false", j->to);
}

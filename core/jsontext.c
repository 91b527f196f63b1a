/* SPDX-License-Identifier: Apache-2.0 */
/* jsontext.c: a reader of JSON that either has all of it or says what is wrong. */
#include "config.h"

#include "core/jsontext.h"

#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

struct reader {
    struct span text;
    size_t pos;
    unsigned depth;
    char *scratch; /* room for the longest string of text, and its NUL */
    struct jsontext_fault *fault;
};

/* --- telling --------------------------------------------------------------------------------- */

static json_t *refuse(struct reader *r, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The fault is at byte at.  Always NULL. */
static json_t *refuse(struct reader *r, size_t at, const char *fmt, ...)
{
    va_list ap;

    r->fault->line = 1;
    for (size_t i = 0; i < at && i < r->text.len; i++)
        if (r->text.data[i] == '\n' && r->fault->line < INT_MAX)
            r->fault->line++;
    va_start(ap, fmt);
    vsnprintf(r->fault->text, sizeof r->fault->text, fmt, ap);
    va_end(ap);
    return NULL;
}

static json_t *out_of_memory(struct reader *r)
{
    r->fault->no_memory = true;
    return NULL;
}

/* What stands at the cursor is not what the grammar has there. */
static json_t *unexpected(struct reader *r, const char *wanted)
{
    uint8_t c = r->pos < r->text.len ? r->text.data[r->pos] : 0;

    if (r->pos >= r->text.len)
        return refuse(r, r->pos, "the text ends where %s is expected", wanted);
    if (c > 0x20 && c < 0x7f)
        return refuse(r, r->pos, "'%c' where %s is expected", c, wanted);
    return refuse(r, r->pos, "byte 0x%02x where %s is expected", c, wanted);
}

/* --- tokens ---------------------------------------------------------------------------------- */

/* The next byte that is not white space, not taken; 0 at the end. */
static uint8_t peek(struct reader *r)
{
    while (r->pos < r->text.len) {
        uint8_t c = r->text.data[r->pos];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            return c;
        r->pos++;
    }
    return 0;
}

/* Four hexadecimal digits; UINT32_MAX if they are not. */
static uint32_t hex4(const uint8_t *s)
{
    uint32_t n = 0;

    for (size_t i = 0; i < 4; i++) {
        uint32_t c = s[i] | 0x20u;
        if (s[i] >= '0' && s[i] <= '9')
            n = n << 4 | (s[i] - (uint32_t)'0');
        else if (c >= 'a' && c <= 'f')
            n = n << 4 | (c - 'a' + 10);
        else
            return UINT32_MAX;
    }
    return n;
}

static size_t put_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* RFC 8259 7: \uXXXX, or two of them for a character beyond the first plane.  0: neither. */
static size_t unescape_u(struct span s, size_t at, size_t *used, char *out)
{
    uint32_t c = s.len - at >= 6 ? hex4(s.data + at + 2) : UINT32_MAX, low;

    *used = 6;
    if (c == UINT32_MAX || c == 0 || (c >= 0xdc00 && c < 0xe000))
        return 0;
    if (c < 0xd800 || c >= 0xe000)
        return put_utf8(c, out);
    if (s.len - at < 12 || s.data[at + 6] != '\\' || s.data[at + 7] != 'u')
        return 0;
    low = hex4(s.data + at + 8);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *used = 12;
    return put_utf8(0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00), out);
}

/* The escape at s.data[at], a backslash: bytes written, 0 if it is none; *used of s are read. */
static size_t unescape(struct span s, size_t at, size_t *used, char *out)
{
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";

    *used = 2;
    if (s.len - at < 2)
        return 0;
    if (s.data[at + 1] == 'u')
        return unescape_u(s, at, used, out);
    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if (s.data[at + 1] == (uint8_t)letters[i]) {
            out[0] = letters[i + 1];
            return 1;
        }
    }
    return 0;
}

/* UTF-8 as RFC 3629 has it: what our own text lets by, a lone surrogate, is none. */
static bool is_utf8(struct span s)
{
    for (size_t i = 0; i + 1 < s.len; i++)
        if (s.data[i] == 0xed && s.data[i + 1] >= 0xa0)
            return false;
    return text_is_utf8(s);
}

/* No escape is shorter than what it stands for, so the result is never longer than quoted. */
size_t jsontext_unquote(struct span quoted, char *out)
{
    struct span s;
    size_t n = 0, used;

    if (quoted.len < 2 || !is_utf8(quoted))
        return SIZE_MAX;
    s = span_of(quoted.data + 1, quoted.len - 2);
    for (size_t i = 0; i < s.len; i += used) {
        size_t made = 1;

        used = 1;
        if (s.data[i] < 0x20)
            return SIZE_MAX;
        if (s.data[i] == '\\')
            made = unescape(s, i, &used, out + n);
        else
            out[n] = (char)s.data[i];
        if (made == 0)
            return SIZE_MAX;
        n += made;
    }
    out[n] = '\0';
    return n;
}

/* The string at the cursor with its quotes, taken; empty if it has no end. */
static struct span take_quoted(struct reader *r)
{
    size_t begin = r->pos++;

    while (r->pos < r->text.len && r->text.data[r->pos] != '"')
        r->pos += r->text.data[r->pos] == '\\' ? 2 : 1;
    if (r->pos >= r->text.len)
        return (struct span){ NULL, 0 };
    r->pos++;
    return span_of(r->text.data + begin, r->pos - begin);
}

/* The string at the cursor, into scratch; its length, or SIZE_MAX once the fault was told. */
static size_t read_string(struct reader *r, struct span *quoted)
{
    size_t at = r->pos, n;

    *quoted = take_quoted(r);
    if (quoted->len == 0) {
        (void)refuse(r, at, "a string has no end: '\"' expected");
        return SIZE_MAX;
    }
    n = jsontext_unquote(*quoted, r->scratch);
    if (n == SIZE_MAX)
        (void)refuse(r, at, "a string holds bytes or escapes that stand for no text");
    return n;
}

/* --- values ---------------------------------------------------------------------------------- */

static json_t *read_value(struct reader *r);

static json_t *read_number(struct reader *r)
{
    size_t at = r->pos, digits;
    bool minus = r->text.data[r->pos] == '-';
    uint64_t n = 0, most = minus ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    json_t *value;

    r->pos += minus;
    for (digits = r->pos; r->pos < r->text.len; r->pos++) {
        unsigned d = (unsigned)r->text.data[r->pos] - '0';
        if (d > 9)
            break;
        if (n > (most - d) / 10)
            return refuse(r, at, "a number is too big");
        n = n * 10 + d;
    }
    if (r->pos == digits || (r->text.data[digits] == '0' && r->pos > digits + 1))
        return refuse(r, at, "a number that JSON does not have");
    if (r->pos < r->text.len && strchr(".eE", r->text.data[r->pos]) && r->text.data[r->pos])
        return refuse(r, at, "a number must be an integer");
    value = json_integer(minus ? -(int64_t)(n - (n > 0)) - (n > 0) : (int64_t)n);
    return value ? value : out_of_memory(r);
}

static json_t *read_word(struct reader *r)
{
    static const char *const words[] = { "true", "false", "null" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if (r->text.len - r->pos >= n && memcmp(r->text.data + r->pos, words[i], n) == 0) {
            r->pos += n;
            return i == 0 ? json_true() : i == 1 ? json_false() : json_null();
        }
    }
    return unexpected(r, "a value");
}

static json_t *read_text(struct reader *r)
{
    struct span quoted;
    size_t n = read_string(r, &quoted);
    json_t *value;

    if (n == SIZE_MAX)
        return NULL;
    value = json_stringn_nocheck(r->scratch, n);
    return value ? value : out_of_memory(r);
}

/* One member into object; false once the fault was told. */
static bool read_member(struct reader *r, json_t *object)
{
    struct span key;
    json_t *value;
    size_t at;

    if (peek(r) != '"')
        return unexpected(r, "a key");
    at = r->pos;
    if (read_string(r, &key) == SIZE_MAX)
        return false;
    if (json_object_get(object, r->scratch))
        return refuse(r, at, "duplicate key \"%.60s\"", r->scratch);
    if (peek(r) != ':')
        return unexpected(r, "':'");
    r->pos++;
    value = read_value(r);
    if (!value)
        return false;
    (void)jsontext_unquote(key, r->scratch); /* the value used the scratch */
    if (json_object_set_new_nocheck(object, r->scratch, value) != 0)
        return out_of_memory(r);
    return true;
}

static bool read_item(struct reader *r, json_t *array)
{
    json_t *value = read_value(r);

    if (!value)
        return false;
    if (json_array_append_new(array, value) != 0)
        return out_of_memory(r);
    return true;
}

/* After a member or an item: true if another one follows; *ok is false once a fault was told. */
static bool another(struct reader *r, uint8_t end, bool *ok)
{
    uint8_t c = peek(r);

    if (c == ',' || c == end)
        r->pos++;
    else
        *ok = unexpected(r, end == '}' ? "',' or '}'" : "',' or ']'");
    return c == ',';
}

static json_t *read_container(struct reader *r, json_t *into, uint8_t end)
{
    bool ok = true;

    if (!into)
        return out_of_memory(r);
    r->pos++;
    if (peek(r) == end) {
        r->pos++;
        return into;
    }
    do
        ok = end == '}' ? read_member(r, into) : read_item(r, into);
    while (ok && another(r, end, &ok));
    if (ok)
        return into;
    json_decref(into);
    return NULL;
}

static json_t *read_value(struct reader *r)
{
    uint8_t c = peek(r);
    json_t *value;

    if (c == '"')
        return read_text(r);
    if (c == '-' || (c >= '0' && c <= '9'))
        return read_number(r);
    if (c != '{' && c != '[')
        return read_word(r);
    if (r->depth == JSONTEXT_DEPTH)
        return refuse(r, r->pos, "nested deeper than %d levels", JSONTEXT_DEPTH);
    r->depth++;
    value = c == '{' ? read_container(r, json_object(), '}') : read_container(r, json_array(), ']');
    r->depth--;
    return value;
}

json_t *jsontext_read(struct span text, struct jsontext_fault *fault)
{
    struct reader r = { .text = text, .fault = fault };
    json_t *value;

    *fault = (struct jsontext_fault){ 0 };
    r.scratch = malloc(text.len + 1);
    if (!r.scratch)
        return out_of_memory(&r);
    value = read_value(&r);
    if (value && (peek(&r) != 0 || r.pos < text.len)) {
        json_decref(value);
        value = unexpected(&r, "the end of the file");
    }
    free(r.scratch);
    return value;
}

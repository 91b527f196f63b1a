/* SPDX-License-Identifier: Apache-2.0 */
/* jsonpos.c: walk JSON text, already known to be well formed, to one value and count lines. */
#include "config.h"

#include "core/jsonpos.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/jsontext.h"

struct walk {
    struct span text;
    size_t pos;
};

/* The next byte that is not white space, not taken; 0 at the end. */
static uint8_t peek(struct walk *w)
{
    while (w->pos < w->text.len && strchr(" \t\r\n", w->text.data[w->pos]) &&
           w->text.data[w->pos] != '\0')
        w->pos++;
    return w->pos < w->text.len ? w->text.data[w->pos] : 0;
}

static bool take(struct walk *w, uint8_t wanted)
{
    if (wanted == 0 || peek(w) != wanted)
        return false;
    w->pos++;
    return true;
}

/* The string at the cursor with its quotes; empty if there is none or it does not end. */
static struct span take_string(struct walk *w)
{
    size_t begin;

    if (peek(w) != '"')
        return (struct span){ NULL, 0 };
    begin = w->pos++;
    /* An escape at the very end leads one past it, which every look at pos allows for. */
    while (w->pos < w->text.len && w->text.data[w->pos] != '"')
        w->pos += w->text.data[w->pos] == '\\' ? 2 : 1;
    if (w->pos >= w->text.len)
        return (struct span){ NULL, 0 };
    w->pos++;
    return span_of(w->text.data + begin, w->pos - begin);
}

/* Past one value, however deep: brackets are counted, so no nesting costs stack. */
static bool skip_value(struct walk *w)
{
    size_t depth = 0;

    do {
        uint8_t c = peek(w);
        if (c == 0)
            return false;
        if (c == '"') {
            if (take_string(w).len == 0)
                return false;
            continue;
        }
        w->pos++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
        else if (c != ',' && c != ':')
            while (w->pos < w->text.len && !strchr(" \t\r\n,:]}[{\"", w->text.data[w->pos]))
                w->pos++;
    } while (depth > 0);
    return true;
}

/* Is the quoted string that key?  Without memory, one with an escape in it is taken for another. */
static bool same_key(struct span quoted, const char *key)
{
    bool same;
    char *text;

    if (!memchr(quoted.data, '\\', quoted.len))
        return quoted.len - 2 == strlen(key) && memcmp(quoted.data + 1, key, quoted.len - 2) == 0;
    text = malloc(quoted.len);
    same = text && jsontext_unquote(quoted, text) != SIZE_MAX && strcmp(text, key) == 0;
    free(text);
    return same;
}

/* To the value of a member; *at is where its key begins. */
static bool enter_member(struct walk *w, const char *key, size_t *at)
{
    if (!take(w, '{'))
        return false;
    while (peek(w) == '"') {
        size_t begin = w->pos;
        struct span name = take_string(w);
        if (name.len == 0 || !take(w, ':'))
            return false;
        if (same_key(name, key)) {
            *at = begin;
            return true;
        }
        if (!skip_value(w) || !take(w, ','))
            return false;
    }
    return false;
}

static bool enter_item(struct walk *w, size_t index, size_t *at)
{
    if (!take(w, '['))
        return false;
    for (; index > 0; index--)
        if (!skip_value(w) || !take(w, ','))
            return false;
    if (peek(w) == 0 || peek(w) == ']')
        return false;
    *at = w->pos;
    return true;
}

int jsonpos_line(struct span text, const struct jsonpos_step *steps, size_t n_steps)
{
    struct walk w = { .text = text };
    size_t at;
    int line = 1;

    (void)peek(&w);
    at = w.pos;
    for (size_t i = 0; i < n_steps; i++)
        if (!(steps[i].key ? enter_member(&w, steps[i].key, &at)
                           : enter_item(&w, steps[i].index, &at)))
            break;
    for (size_t i = 0; i < at && i < text.len; i++)
        if (text.data[i] == '\n' && line < INT_MAX)
            line++;
    return line;
}

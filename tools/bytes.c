/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.c: a token out of hex, base64, an HTTP header, or as it is. */
#include "config.h"

#include "tools/bytes.h"

#include <string.h>
#include <strings.h>

struct text {
    const char *at;
    const char *end;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* Both alphabets, that of URLs too. */
static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

static bool is_binary(struct text t)
{
    for (; t.at < t.end; t.at++)
        if ((*t.at < 0x20 || *t.at > 0x7e) && !is_space(*t.at))
            return true;
    return false;
}

/* Digits with any of space, colon, comma, dash and "0x" between them. */
static bool is_hex(struct text t)
{
    bool digit = false;

    for (; t.at < t.end; t.at++) {
        if (*t.at == '0' && t.end - t.at > 1 && (t.at[1] | 0x20) == 'x')
            t.at++;
        else if (hex_value(*t.at) >= 0)
            digit = true;
        else if (!is_space(*t.at) && !strchr(":,-", *t.at))
            return false;
    }
    return digit;
}

static const char *read_hex(struct text t, uint8_t *out, size_t *length)
{
    size_t n = 0;

    for (; t.at < t.end; t.at++) {
        if (*t.at == '0' && t.end - t.at > 1 && (t.at[1] | 0x20) == 'x') {
            t.at++;
            continue;
        }
        if (hex_value(*t.at) < 0)
            continue;
        if (t.end - t.at < 2 || hex_value(t.at[1]) < 0)
            return "a hexadecimal digit stands alone";
        out[n++] = (uint8_t)(hex_value(t.at[0]) << 4 | hex_value(t.at[1]));
        t.at++;
    }
    *length = n;
    return NULL;
}

static const char *read_base64(struct text t, uint8_t *out, size_t *length)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0, pad = 0;

    for (; t.at < t.end; t.at++) {
        int value = base64_value(*t.at);

        if (is_space(*t.at))
            continue;
        if (*t.at == '=' && pad++ < 2)
            continue;
        if (value < 0 || pad > 0)
            return "this is neither hexadecimal nor base64";
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    if (have == 6)
        return "the base64 text is cut";
    *length = n;
    return NULL;
}

static struct text skip_space(struct text t)
{
    while (t.at < t.end && is_space(*t.at))
        t.at++;
    return t;
}

/* Does t begin with word, in any case, as a word of its own?  Moves past it and its blanks. */
static bool skip_word(struct text *t, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(t->end - t->at) < n || strncasecmp(t->at, word, n) != 0)
        return false;
    if (word[n - 1] != ':' && t->at + n < t->end && !is_space(t->at[n]) && t->at[n] != ',')
        return false;
    t->at += n;
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\t'))
        t->at++;
    return true;
}

static bool skip_scheme(struct text *t)
{
    return skip_word(t, "Negotiate") || skip_word(t, "NTLM") || skip_word(t, "Kerberos") ||
           skip_word(t, "CredSSP");
}

/* The token of a header: up to a space or comma.  false: it has none. */
static bool find_end(struct text *t)
{
    const char *end = t->at;

    while (end < t->end && !is_space(*end) && *end != ',')
        end++;
    if (end == t->at)
        return false;
    t->end = end;
    return true;
}

/*
 * The token after "WWW-Authenticate: NTLM " and its like, wherever in the text, or after "NTLM "
 * at its start.  *seen: there is a header, with a token or not.
 */
static bool find_header(struct text *t, bool *seen)
{
    static const char *const names[] = { "authenticate:", "authorization:" };
    struct text p = skip_space(*t);

    *seen = skip_scheme(&p);
    if (*seen) {
        *t = p;
        return find_end(t);
    }
    for (p = *t; p.at < p.end; p.at++) {
        struct text after = p;

        if ((skip_word(&after, names[0]) || skip_word(&after, names[1])) && skip_scheme(&after)) {
            *seen = true;
            if (find_end(&after)) {
                *t = after;
                return true;
            }
        }
    }
    return false;
}

const char *bytes_read(const uint8_t *input, size_t n, uint8_t *out, size_t *length,
                       enum bytes_form *form)
{
    struct text t = { (const char *)input, (const char *)input + n };
    bool seen = false;

    if (n == 0)
        return "there is nothing to decode";
    if (is_binary(t)) {
        *form = BYTES_BINARY;
        memcpy(out, input, n);
        *length = n;
        return NULL;
    }
    if (is_hex(t)) {
        *form = BYTES_HEX;
        return read_hex(t, out, length);
    }
    if (find_header(&t, &seen)) {
        *form = BYTES_HEADER;
        return read_base64(t, out, length);
    }
    if (seen)
        return "there is no token in this header";
    *form = BYTES_BASE64;
    if (skip_space(t).at == t.end)
        return "there is nothing to decode";
    return read_base64(t, out, length);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.c: lines, base64 and hex for the token peers.
 */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool line_read(struct line *line)
{
    char *save = NULL;
    size_t n = 0;

    memset(line->word, 0, sizeof line->word);
    if (getline(&line->text, &line->room, stdin) < 0)
        return false;
    for (char *word = strtok_r(line->text, " \n", &save); word && n < LINE_WORDS;
         word = strtok_r(NULL, " \n", &save))
        line->word[n++] = word;
    if (!n)
        line->word[0] = line->text + strlen(line->text);
    return true;
}

void line_free(struct line *line)
{
    free(line->text);
    memset(line, 0, sizeof *line);
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    memset(bytes, 0, sizeof *bytes);
}

static bool bytes_new(struct bytes *out, size_t len)
{
    out->data = malloc(len ? len : 1);
    out->len = out->data ? len : 0;
    return out->data != NULL;
}

static int digit_value(const char *digits, char c)
{
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

bool line_base64(const char *word, struct bytes *out)
{
    size_t len = word ? strlen(word) : 0;
    size_t pad = 0;

    memset(out, 0, sizeof *out);
    if (len == 1 && word[0] == '-')
        return bytes_new(out, 0);
    while (pad < 2 && pad < len && word[len - pad - 1] == '=')
        pad++;
    if (!len || len % 4 || !bytes_new(out, len / 4 * 3))
        return false;

    uint8_t *p = out->data;
    for (size_t i = 0; i < len; i += 4) {
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++) {
            bool padding = i + k >= len - pad;
            int value = padding ? 0 : digit_value(base64_digits, word[i + k]);
            if (value < 0) {
                bytes_free(out);
                return false;
            }
            group = group << 6 | (uint32_t)value;
        }
        *p++ = (uint8_t)(group >> 16);
        *p++ = (uint8_t)(group >> 8);
        *p++ = (uint8_t)group;
    }
    out->len -= pad;
    return true;
}

bool line_hex(const char *word, struct bytes *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = word ? strlen(word) : 0;

    memset(out, 0, sizeof *out);
    if (len % 2 || !bytes_new(out, len / 2))
        return false;
    for (size_t i = 0; i < out->len; i++) {
        int high = digit_value(digits, word[2 * i]);
        int low = digit_value(digits, word[2 * i + 1]);
        if (high < 0 || low < 0) {
            bytes_free(out);
            return false;
        }
        out->data[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void line_say(const char *word, const void *data, size_t len)
{
    const uint8_t *p = data;

    printf("%s ", word);
    if (!len)
        putchar('-');
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)p[i] << 16;
        if (left > 1)
            group |= (uint32_t)p[i + 1] << 8;
        if (left > 2)
            group |= p[i + 2];
        putchar(base64_digits[group >> 18]);
        putchar(base64_digits[group >> 12 & 63]);
        putchar(left > 1 ? base64_digits[group >> 6 & 63] : '=');
        putchar(left > 2 ? base64_digits[group & 63] : '=');
    }
    putchar('\n');
    fflush(stdout);
}

void line_say_hex(const char *word, const void *data, size_t len)
{
    const uint8_t *p = data;

    printf("%s ", word);
    for (size_t i = 0; i < len; i++)
        printf("%02x", p[i]);
    putchar('\n');
    fflush(stdout);
}

void line_put_text(const char *text)
{
    if (!*text)
        putchar('-');
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c <= 0x20 || c == '%' || c >= 0x7f)
            printf("%%%02x", c);
        else
            putchar(c);
    }
}

void line_say_text(const char *word, const char *text)
{
    printf("%s ", word);
    line_put_text(text);
    putchar('\n');
    fflush(stdout);
}

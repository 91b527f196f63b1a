/* SPDX-License-Identifier: Apache-2.0 */
/* say.c: messages to people. */
#include "config.h"

#include "tools/say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <sspi/sspix.h>

#include "tools/tool.h"

#define LINE_ROOM 2048 /* longer messages are cut */

static const char *speaker = "sspi";

void say_as(const char *name)
{
    speaker = name;
}

const char *say_name(void)
{
    return speaker;
}

/* C0, DEL, and C1 in its UTF-8 form (C2 80 to C2 9F) can move a terminal's cursor. */
void put_safe(FILE *to, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f;

        if (c1)
            fprintf(to, "\\x%02x", *++p);
        else if (*p < 0x20 || *p == 0x7f)
            fprintf(to, "\\x%02x", *p);
        else
            putc(*p, to);
    }
}

static void say_list(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

static void say_list(const char *fmt, va_list args)
{
    char line[LINE_ROOM];

    vsnprintf(line, sizeof line, fmt, args);
    fprintf(stderr, "%s: ", speaker);
    put_safe(stderr, line);
    putc('\n', stderr);
}

void say(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say_list(fmt, args);
    va_end(args);
}

int say_hint(void)
{
    fprintf(stderr, "Try '%s --help'.\n", speaker);
    return TOOL_USAGE;
}

int say_usage(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say_list(fmt, args);
    va_end(args);
    return say_hint();
}

const char *status_words(SECURITY_STATUS status, char *text, size_t room)
{
    const char *name = sspi_status_name(status);
    const char *sentence = sspi_status_text(status);

    if (name)
        snprintf(text, room, "%s%s%s", name, sentence ? ": " : "", sentence ? sentence : "");
    else
        snprintf(text, room, "status 0x%08X", (unsigned)status);
    return text;
}

void say_why(void)
{
    if (!getenv("SSPI_TRACE"))
        fputs("(SSPI_TRACE=stderr in the environment shows why.)\n", stderr);
}

int say_status(SECURITY_STATUS status, const char *fmt, ...)
{
    char what[LINE_ROOM];
    char words[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    status_words(status, words, sizeof words);
    say("%s%s%s", what, what[0] ? ": " : "", words);
    say_why();
    return TOOL_FAILED;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* status.c: sspi status. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sspi/sspix.h>

#include "tools/json.h"
#include "tools/say.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: sspi status [--json] CODE|NAME...\n"
    "       sspi status [--json] --all\n"
    "\n"
    "Tell what a status code of the interface means.  CODE is hexadecimal (0x8009030C)\n"
    "or decimal, signed or not (-2146893044); NAME is as in the header, in any case.\n"
    "\n"
    "      --all    all that have a name\n"
    "      --json   as JSON\n"
    "  -h, --help   this text\n"
    "\n"
    "Exit status: 1 if one is unknown.\n";

static void show(struct json *j, SECURITY_STATUS status)
{
    const char *name = sspi_status_name(status);
    const char *text = sspi_status_text(status);
    char hex[16];

    snprintf(hex, sizeof hex, "0x%08X", (unsigned)status);
    if (!j) {
        printf("%-38s %s %11d\n", name, hex, (int)status);
        if (text)
            printf("    %s\n", text);
        return;
    }
    json_open(j, NULL, '{');
    json_text(j, "name", name);
    json_text(j, "hex", hex);
    json_number(j, "code", status);
    json_bool(j, "failure", status < 0);
    json_text(j, "text", text);
    json_close(j, '}');
}

/* A number in base that fits 32 bits, signed or not. */
static bool read_code(const char *word, int base, SECURITY_STATUS *status)
{
    char *end;
    long long n;

    errno = 0;
    n = strtoll(word, &end, base);
    if (errno || end == word || *end || n < INT32_MIN || n > UINT32_MAX)
        return false;
    *status = (SECURITY_STATUS)(uint32_t)n;
    return true;
}

/*
 * Eight digits without a letter may be meant either way: decimal, unless only the hexadecimal
 * reading has a name.
 */
static bool find(const char *word, SECURITY_STATUS *status)
{
    bool prefixed = strncasecmp(word, "0x", 2) == 0;

    if (sspi_status_find(word, status))
        return true;
    if (!prefixed && read_code(word, 10, status) && sspi_status_name(*status))
        return true;
    if ((prefixed || strlen(word) == 8) && read_code(word, 16, status))
        return sspi_status_name(*status) != NULL;
    return false;
}

/* Where the codes with names are: success, the SEC_ ones, certificates, E_INVALIDARG. */
static const struct range {
    uint32_t first, last;
} ranges[] = {
    { 0, 0 },
    { 0x00090300, 0x000903ff },
    { 0x80070057, 0x80070057 },
    { 0x80090300, 0x800903ff },
    { 0x80092000, 0x800920ff },
    { 0x80096000, 0x800960ff },
    { 0x800b0100, 0x800b01ff },
};

static void show_all(struct json *j)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        for (uint32_t code = ranges[i].first; code <= ranges[i].last; code++)
            if (sspi_status_name((SECURITY_STATUS)code))
                show(j, (SECURITY_STATUS)code);
}

static int show_each(struct json *j, char *const *words)
{
    int result = TOOL_OK;

    for (; *words; words++) {
        SECURITY_STATUS status;

        if (find(*words, &status)) {
            show(j, status);
        } else {
            say("'%s' is no status that we know", *words);
            result = TOOL_FAILED;
        }
    }
    return result;
}

static int run(bool all, bool as_json, char *const *words)
{
    struct json json = { .to = stdout };
    struct json *j = as_json ? &json : NULL;
    int result = TOOL_OK;

    if (j)
        json_open(j, NULL, '[');
    if (all)
        show_all(j);
    else
        result = show_each(j, words);
    if (j)
        json_close(j, ']');
    return result;
}

/* -2146893044 is a number, not an option: from the first such word on there are no options. */
static int count_options(int argc, char *const *argv)
{
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-' && argv[i][1] >= '0' && argv[i][1] <= '9')
            return i;
    return argc;
}

int status_main(int argc, char **argv)
{
    static const struct option options[] = { { "all", no_argument, NULL, 'a' },
                                             { "json", no_argument, NULL, 'j' },
                                             { "help", no_argument, NULL, 'h' },
                                             { 0 } };
    bool all = false, as_json = false;
    int n = count_options(argc, argv);

    for (int c; (c = getopt_long(n, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'a':
            all = true;
            break;
        case 'j':
            as_json = true;
            break;
        case 'h':
            fputs(help, stdout);
            return TOOL_OK;
        default:
            return say_hint();
        }
    }
    if (all ? optind < argc : optind == argc)
        return say_usage(all ? "--all takes no argument" : "which code?");
    return run(all, as_json, argv + optind);
}

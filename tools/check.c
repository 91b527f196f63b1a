/* SPDX-License-Identifier: Apache-2.0 */
/* check.c: sspi check. */
#include "config.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include <sspi/sspix.h>

#include "tools/json.h"
#include "tools/say.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: sspi check [--json]\n"
    "\n"
    "Read the configuration as the next program would, load every enabled package, check\n"
    "owners, modes, pins, names and settings, and tell all that is wrong, one finding a\n"
    "line: FILE:LINE: error: REASON (packages are lost by it) or FILE:LINE: warning: REASON.\n"
    "\n"
    "      --json   as JSON\n"
    "  -h, --help   this text\n"
    "\n"
    "Exit status: 1 if there is an error.\n";

struct check {
    bool as_json;
    int fatal;
    int minor;
    struct json json;
};

static void put_finding(bool fatal, const char *file, int line, const char *text)
{
    put_safe(stdout, file ? file : "-");
    if (line > 0)
        printf(":%d", line);
    fputs(fatal ? ": error: " : ": warning: ", stdout);
    put_safe(stdout, text);
    putchar('\n');
}

static void find(void *arg, bool fatal, const char *file, int line, const char *text)
{
    struct check *check = arg;

    if (fatal)
        check->fatal++;
    else
        check->minor++;
    if (!check->as_json) {
        put_finding(fatal, file, line, text);
        return;
    }
    json_open(&check->json, NULL, '{');
    json_bool(&check->json, "fatal", fatal);
    json_text(&check->json, "file", file);
    json_number(&check->json, "line", line);
    json_text(&check->json, "text", text);
    json_close(&check->json, '}');
}

static void count(void *arg, const struct sspi_package *p)
{
    int *enabled = arg;

    if (p->enabled)
        ++*enabled;
}

static void put_summary(const struct check *check, SECURITY_STATUS status)
{
    int enabled = 0;

    if (status == SEC_E_OK && check->minor == 0 && sspi_each_package(false, count, &enabled) == 0)
        printf("No fault found; %d package%s enabled.\n", enabled, enabled == 1 ? "" : "s");
    else
        printf("%d error%s, %d warning%s.\n", check->fatal, check->fatal == 1 ? "" : "s",
               check->minor, check->minor == 1 ? "" : "s");
}

static int run(struct check *check)
{
    SECURITY_STATUS status;

    if (check->as_json) {
        json_open(&check->json, NULL, '{');
        json_open(&check->json, "findings", '[');
    }
    status = sspi_check(find, check);
    if (check->as_json) {
        json_close(&check->json, ']');
        json_number(&check->json, "errors", check->fatal);
        json_number(&check->json, "warnings", check->minor);
        json_text(&check->json, "status", sspi_status_name(status));
        json_close(&check->json, '}');
    } else {
        put_summary(check, status);
    }
    if (status != SEC_E_OK && check->fatal == 0)
        return say_status(status, "the check itself failed");
    return status == SEC_E_OK ? TOOL_OK : TOOL_FAILED;
}

int check_main(int argc, char **argv)
{
    static const struct option options[] = { { "json", no_argument, NULL, 'j' },
                                             { "help", no_argument, NULL, 'h' },
                                             { 0 } };
    struct check check = { .json = { .to = stdout } };

    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'j':
            check.as_json = true;
            break;
        case 'h':
            fputs(help, stdout);
            return TOOL_OK;
        default:
            return say_hint();
        }
    }
    if (optind < argc)
        return say_usage("unexpected argument '%s'", argv[optind]);
    return run(&check);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* list.c: sspi list. */
#include "config.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sspi/sspix.h>

#include "tools/json.h"
#include "tools/say.h"
#include "tools/tool.h"
#include "tools/words.h"

static const char help[] =
    "Usage: sspi list [--load] [--json]\n"
    "\n"
    "Show the security packages that the configuration names, in the order in which\n"
    "they are preferred, and what each can do.\n"
    "\n"
    "      --load   load each enabled package and tell how that went; without it none\n"
    "               is loaded, and what is shown is what the configuration says\n"
    "      --json   as JSON\n"
    "  -h, --help   this text\n"
    "\n"
    "Exit status: 1 if there is no usable configuration or, with --load, if an enabled\n"
    "package cannot be used.\n";

struct list {
    bool load;
    bool failed; /* one that is enabled cannot be used */
    int width;   /* of the longest name */
    int count;
    struct json json;
};

static void widen(void *arg, const struct sspi_package *p)
{
    struct list *list = arg;
    int width = (int)strnlen(p->name, 40);

    if (width > list->width)
        list->width = width;
}

static const char *state_word(const struct sspi_package *p)
{
    if (!p->enabled)
        return "disabled";
    if (p->status != SEC_E_OK)
        return "broken";
    return p->loaded ? "loaded" : "enabled";
}

/* A line of words under a package, folded at the right. */
struct folded {
    int indent;
    int column; /* 0: nothing is printed yet */
};

static void put_word(struct folded *line, const char *label, const char *word)
{
    int width = (int)strlen(word);

    if (line->column == 0) {
        line->column = printf("%*s%s", line->indent, "", label);
    } else if (line->column + 1 + width > 79) {
        putchar('\n');
        line->column = printf("%*s", line->indent + (int)strlen(label), "");
    }
    putchar(' ');
    put_safe(stdout, word);
    line->column += 1 + width;
}

static void put_words(int indent, const char *label, const char *const *words)
{
    struct folded line = { indent, 0 };

    for (; words && *words; words++)
        put_word(&line, label, *words);
    if (line.column > 0)
        putchar('\n');
}

static void put_capabilities(int indent, uint32_t capabilities)
{
    struct folded line = { indent, 0 };

    for (uint32_t bit = 1; bit; bit <<= 1) {
        char number[16];
        const char *word = capability_word(bit);

        snprintf(number, sizeof number, "0x%x", (unsigned)bit);
        if (capabilities & bit)
            put_word(&line, "can:   ", word ? word : number);
    }
    if (line.column > 0)
        putchar('\n');
}

static void put_row(void *arg, const struct sspi_package *p)
{
    struct list *list = arg;
    int indent = list->width + 2;
    char words[256];

    if (list->count++ == 0)
        printf("%-*s  %5s  %-8s  %s\n", list->width, "NAME", "RANK", "STATE", "MODULE");
    put_safe(stdout, p->name);
    printf("%*s  %5d  %-8s  ", list->width - (int)strnlen(p->name, 40), "", (int)p->rank,
           state_word(p));
    put_safe(stdout, p->module ? p->module : "-");
    printf("%s%s\n", p->required ? "  (required)" : "", p->pinned ? "  (pinned)" : "");
    if (p->comment && p->comment[0]) {
        printf("%*s", indent, "");
        put_safe(stdout, p->comment);
        putchar('\n');
    }
    put_words(indent, "alias: ", p->aliases);
    put_words(indent, "oid:   ", p->oids);
    put_capabilities(indent, p->capabilities);
    printf("%*stokens up to %u bytes; named in ", indent, "", (unsigned)p->max_token);
    put_safe(stdout, p->manifest ? p->manifest : "-");
    putchar('\n');
    if (p->enabled && p->status != SEC_E_OK) {
        list->failed = true;
        printf("%*s! %s\n", indent, "", status_words(p->status, words, sizeof words));
    }
}

static void json_list(struct json *j, const char *key, const char *const *texts)
{
    json_open(j, key, '[');
    for (; texts && *texts; texts++)
        json_text(j, NULL, *texts);
    json_close(j, ']');
}

static void json_capabilities(struct json *j, uint32_t capabilities)
{
    json_number(j, "capabilities", capabilities);
    json_open(j, "can", '[');
    for (uint32_t bit = 1; bit; bit <<= 1)
        if (capabilities & bit && capability_word(bit))
            json_text(j, NULL, capability_word(bit));
    json_close(j, ']');
}

static void put_json(void *arg, const struct sspi_package *p)
{
    struct list *list = arg;
    struct json *j = &list->json;

    json_open(j, NULL, '{');
    json_text(j, "name", p->name);
    json_text(j, "comment", p->comment);
    json_list(j, "aliases", p->aliases);
    json_list(j, "oids", p->oids);
    json_capabilities(j, p->capabilities);
    json_number(j, "max_token", p->max_token);
    json_number(j, "rank", p->rank);
    json_text(j, "manifest", p->manifest);
    json_text(j, "module", p->module);
    json_bool(j, "enabled", p->enabled);
    json_bool(j, "required", p->required);
    json_bool(j, "pinned", p->pinned);
    json_bool(j, "loaded", p->loaded);
    json_text(j, "state", state_word(p));
    json_text(j, "status", sspi_status_name(p->status));
    json_close(j, '}');
    if (p->enabled && p->status != SEC_E_OK)
        list->failed = true;
}

static int run(struct list *list, bool as_json)
{
    SECURITY_STATUS status;

    list->width = (int)strlen("NAME");
    status = sspi_each_package(list->load, widen, list);
    if (status != SEC_E_OK)
        return say_status(status, "the configuration cannot be used");
    if (as_json)
        json_open(&list->json, NULL, '[');
    status = sspi_each_package(list->load, as_json ? put_json : put_row, list);
    if (as_json)
        json_close(&list->json, ']');
    else if (list->count == 0)
        say("the configuration names no packages");
    if (status != SEC_E_OK)
        return say_status(status, "the configuration cannot be used");
    return list->load && list->failed ? TOOL_FAILED : TOOL_OK;
}

int list_main(int argc, char **argv)
{
    static const struct option options[] = { { "load", no_argument, NULL, 'l' },
                                             { "json", no_argument, NULL, 'j' },
                                             { "help", no_argument, NULL, 'h' },
                                             { 0 } };
    struct list list = { .json = { .to = stdout } };
    bool as_json = false;

    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'l':
            list.load = true;
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
    if (optind < argc)
        return say_usage("unexpected argument '%s'", argv[optind]);
    return run(&list, as_json);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test-vectors.c: read the test vectors of tests/data. */
#include "config.h"

#include "plugins/ntlm/test-vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/utf16.h"
#include "sspi/sspi.h"

#define LETS 8
#define SCRAPS 256

static FILE *file;
static char *lets[LETS]; /* "key value" */
static size_t n_lets;
static char *lines[VECTOR_LINES + 1]; /* of the block that is out */
static size_t n_lines;
static void *scraps[SCRAPS]; /* bytes handed out for it */
static size_t n_scraps;

static void must(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "Bail out! vectors: %s\n", what);
    abort();
}

static void *scrap(size_t n)
{
    must(n_scraps < SCRAPS, "too many values in a block");
    void *p = malloc(n > 0 ? n : 1);
    must(p != NULL, "no memory");
    scraps[n_scraps++] = p;
    return p;
}

static void forget_block(void)
{
    while (n_scraps > 0)
        free(scraps[--n_scraps]);
    while (n_lines > 0)
        free(lines[--n_lines]);
}

bool vectors_open(const char *name)
{
    const char *top = getenv("SSP_TEST_SRC");
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/tests/data/%s", top ? top : ".", name);
    file = fopen(path, "r");
    if (!file)
        fprintf(stderr, "# cannot open %s\n", path);
    return file != NULL;
}

void vectors_close(void)
{
    forget_block();
    while (n_lets > 0)
        free(lets[--n_lets]);
    if (file)
        fclose(file);
    file = NULL;
}

/* A line without its end, to be freed; NULL: there are no more. */
static char *read_line(void)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t n = getline(&text, &room, file);

    if (n < 0) {
        free(text);
        return NULL;
    }
    if (n > 0 && text[n - 1] == '\n')
        text[n - 1] = '\0';
    return text;
}

static void keep_let(char *text)
{
    size_t i, key = strcspn(text + 4, " ") + 5; /* with the space */

    for (i = 0; i < n_lets; i++)
        if (strncmp(lets[i], text, key) == 0)
            break;
    must(i < LETS, "too many lets");
    if (i < n_lets)
        free(lets[i]);
    else
        n_lets++;
    lets[i] = text;
}

static void add_line(struct vector *v, char *text)
{
    char *space = strchr(text, ' ');

    must(v->n < VECTOR_LINES && space, "a block too long, or a line without value");
    *space = '\0';
    v->line[v->n].key = text;
    v->line[v->n++].value = space + 1;
}

bool vectors_next(struct vector *v)
{
    char *text;

    forget_block();
    *v = (struct vector){ 0 };
    while ((text = read_line())) {
        bool blank = text[0] == '\0';

        if (strncmp(text, "let ", 4) == 0) {
            keep_let(text);
            continue;
        }
        if (blank || text[0] == '#') {
            free(text);
            if (blank && v->op)
                return true;
            continue;
        }
        must(n_lines <= VECTOR_LINES, "a block too long");
        lines[n_lines++] = text;
        if (v->op) {
            add_line(v, text);
        } else {
            v->op = text;
            v->title = strstr(text, ": ");
            must(v->title != NULL, "a block without title");
            *v->title = '\0';
            v->title += 2;
        }
    }
    return v->op != NULL;
}

static const char *find(const struct vector *v, const char *key)
{
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->line[i].key, key) == 0)
            return v->line[i].value;
    for (size_t i = 0; i < n_lets; i++) {
        size_t n = strlen(key);

        if (strncmp(lets[i] + 4, key, n) == 0 && lets[i][4 + n] == ' ')
            return lets[i] + 5 + n;
    }
    return NULL;
}

bool vector_has(const struct vector *v, const char *key)
{
    return find(v, key) != NULL;
}

struct span vector_hex(const char *hex)
{
    size_t n = strcmp(hex, "-") == 0 ? 0 : strspn(hex, "0123456789abcdef") / 2;
    uint8_t *bytes = scrap(n);

    for (size_t i = 0; i < n; i++) {
        unsigned b;

        must(sscanf(hex + 2 * i, "%2x", &b) == 1, "not hexadecimal");
        bytes[i] = (uint8_t)b;
    }
    return span_of(bytes, n);
}

struct span vector_bytes(const struct vector *v, const char *key)
{
    const char *value = find(v, key);

    must(value != NULL, key);
    return vector_hex(value);
}

struct span vector_text(const struct vector *v, const char *key)
{
    const char *value = find(v, key);

    must(value != NULL && value[0] == '"', key);
    return span_str(value + 1);
}

uint64_t vector_number(const struct vector *v, const char *key)
{
    const char *value = find(v, key);

    must(value != NULL && value[0] == '#', key);
    return strtoull(value + 1, NULL, 10);
}

struct span vector_utf16(struct span utf8)
{
    struct wire_out count = wire_out(NULL, 0);

    must(utf16_put(&count, utf8), "not UTF-8");
    uint8_t *bytes = scrap(count.len);
    struct wire_out out = wire_out(bytes, count.len);
    must(utf16_put(&out, utf8), "not UTF-8");
    return span_of(bytes, count.len);
}

int vector_status(const struct vector *v)
{
    static const struct {
        const char *name;
        int status;
    } known[] = {
        { "SEC_E_OK", SEC_E_OK },
        { "SEC_I_CONTINUE_NEEDED", SEC_I_CONTINUE_NEEDED },
        { "SEC_E_INVALID_TOKEN", SEC_E_INVALID_TOKEN },
        { "SEC_E_LOGON_DENIED", SEC_E_LOGON_DENIED },
        { "SEC_E_MESSAGE_ALTERED", SEC_E_MESSAGE_ALTERED },
        { "SEC_E_BAD_BINDINGS", SEC_E_BAD_BINDINGS },
        { "SEC_E_WRONG_PRINCIPAL", SEC_E_WRONG_PRINCIPAL },
        { "SEC_E_UNSUPPORTED_FUNCTION", SEC_E_UNSUPPORTED_FUNCTION },
    };
    struct span name = vector_text(v, "want.status");

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (span_is(name, known[i].name, strlen(known[i].name)))
            return known[i].status;
    must(false, "a status without number");
    return 0;
}

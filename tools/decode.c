/* SPDX-License-Identifier: Apache-2.0 */
/* decode.c: sspi decode. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sspi/sspix.h>

#include "tools/bytes.h"
#include "tools/json.h"
#include "tools/say.h"
#include "tools/tool.h"

#define INPUT_MOST (4u << 20) /* bytes; hex of the longest token and more */

static const char help[] =
    "Usage: sspi decode [--package NAME] [--json] [FILE|-|TOKEN]\n"
    "\n"
    "Tell field by field what is in a token, and what is wrong with it (lines marked !).\n"
    "It comes from FILE, or from standard input (-, or nothing), or is the argument itself\n"
    "if that is no file; as bytes, hexadecimal, base64, or a line of an HTTP header\n"
    "(WWW-Authenticate: NTLM TlRM...).\n"
    "\n"
    "      --package NAME   whose token it is; without it each package is asked\n"
    "      --json           as JSON\n"
    "  -h, --help           this text\n"
    "\n"
    "A token may hold what proves a password, so treat what is shown with care.\n"
    "Exit status: 1 if the token is malformed or of no known kind.\n";

struct input {
    uint8_t *data;
    size_t len;
};

static bool read_all(int fd, const char *name, struct input *in)
{
    ssize_t n;

    in->data = malloc(INPUT_MOST + 1);
    if (!in->data) {
        say("out of memory");
        return false;
    }
    do {
        n = read(fd, in->data + in->len, INPUT_MOST + 1 - in->len);
        in->len += n > 0 ? (size_t)n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
    if (n < 0)
        say("cannot read %s: %s", name, strerror(errno));
    else if (in->len > INPUT_MOST)
        say("%s is longer than %u bytes", name, INPUT_MOST);
    return n == 0 && in->len <= INPUT_MOST;
}

static bool read_file(int fd, const char *path, struct input *in)
{
    bool good = read_all(fd, path, in);

    close(fd);
    return good;
}

/* A file of that name if there is one; else the word is the token. */
static bool read_input(const char *word, struct input *in)
{
    int fd;

    if (!word || strcmp(word, "-") == 0)
        return read_all(STDIN_FILENO, "standard input", in);
    fd = open(word, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0)
        return read_file(fd, word, in);
    if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) {
        say("cannot open %s: %s", word, strerror(errno));
        return false;
    }
    in->data = (uint8_t *)strdup(word);
    in->len = strlen(word);
    if (!in->data)
        say("out of memory");
    return in->data != NULL;
}

struct telling {
    bool as_json;
    int faults;
    struct json json;
};

static void tell(void *arg, unsigned depth, const char *name, const char *text)
{
    struct telling *t = arg;
    bool fault = strcmp(name, "!") == 0;
    int indent = depth < 20 ? 2 * (int)depth : 40;
    int width = 24 - indent;

    t->faults += fault;
    if (t->as_json) {
        json_open(&t->json, NULL, '{');
        json_number(&t->json, "depth", depth);
        json_bool(&t->json, "fault", fault);
        json_text(&t->json, "name", fault ? NULL : name);
        json_text(&t->json, "text", text);
        json_close(&t->json, '}');
        return;
    }
    printf("%*s", indent, "");
    put_safe(stdout, name);
    if (!fault && text && text[0] && (int)strlen(name) < width)
        printf("%*s", width - (int)strlen(name), "");
    if (text && text[0]) {
        putchar(' ');
        put_safe(stdout, text);
    }
    putchar('\n');
}

static int report(SECURITY_STATUS status, const struct telling *t)
{
    if (status == SEC_E_UNSUPPORTED_FUNCTION || status == SEC_E_SECPKG_NOT_FOUND)
        return say_status(status, "no package can explain it");
    if (status < 0)
        return say_status(status, "this is no good token");
    return t->faults > 0 ? TOOL_FAILED : TOOL_OK;
}

static int explain(const char *package, const struct input *token, enum bytes_form form,
                   bool as_json)
{
    static const char *const forms[] = { "binary", "hexadecimal", "base64", "HTTP header" };
    struct telling t = { .as_json = as_json, .json = { .to = stdout } };
    SECURITY_STATUS status;

    if (as_json) {
        json_open(&t.json, NULL, '{');
        json_text(&t.json, "input", forms[form]);
        json_number(&t.json, "bytes", (int64_t)token->len);
        json_open(&t.json, "fields", '[');
    } else {
        printf("%zu bytes from %s\n", token->len, forms[form]);
    }
    status = sspi_explain(package, token->data, token->len, tell, &t);
    if (as_json) {
        json_close(&t.json, ']');
        json_number(&t.json, "faults", t.faults);
        json_text(&t.json, "status", sspi_status_name(status));
        json_close(&t.json, '}');
    }
    fflush(stdout);
    return report(status, &t);
}

static int decode(const char *package, const struct input *in, bool as_json)
{
    struct input token = { malloc(in->len + 1), 0 };
    enum bytes_form form = BYTES_BINARY;
    const char *wrong;
    int result;

    if (!token.data) {
        say("out of memory");
        return TOOL_FAILED;
    }
    wrong = bytes_read(in->data, in->len, token.data, &token.len, &form);
    if (wrong) {
        say("%s", wrong);
        result = TOOL_FAILED;
    } else {
        result = explain(package, &token, form, as_json);
    }
    free(token.data);
    return result;
}

static int run(const char *package, const char *word, bool as_json)
{
    struct input in = { 0 };
    int result = read_input(word, &in) ? decode(package, &in, as_json) : TOOL_FAILED;

    free(in.data);
    return result;
}

int decode_main(int argc, char **argv)
{
    static const struct option options[] = { { "package", required_argument, NULL, 'p' },
                                             { "json", no_argument, NULL, 'j' },
                                             { "help", no_argument, NULL, 'h' },
                                             { 0 } };
    const char *package = NULL;
    bool as_json = false;

    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'p':
            package = optarg;
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
    if (argc - optind > 1)
        return say_usage("unexpected argument '%s'", argv[optind + 1]);
    return run(package, argv[optind], as_json);
}

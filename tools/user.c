/* SPDX-License-Identifier: Apache-2.0 */
/* user.c: sspi user. */
#include "config.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <sspi/sspix.h>

#include "tools/json.h"
#include "tools/password.h"
#include "tools/say.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: sspi user add [--package NAME] [--password-file FILE] USER\n"
    "       sspi user passwd [--package NAME] [--password-file FILE] USER\n"
    "       sspi user del [--package NAME] USER\n"
    "       sspi user list [--package NAME] [--json]\n"
    "\n"
    "Look after the accounts that a package's servers keep by themselves, as NTLM does in\n"
    "its user file.  The password is asked for, twice, on the terminal; where standard\n"
    "input is none it is that input's first line.\n"
    "\n"
    "      --package NAME         the package (NTLM)\n"
    "      --password-file FILE   the password is FILE's first line\n"
    "      --json                 list as JSON\n"
    "  -h, --help                 this text\n"
    "\n"
    "Exit status: 1 if it failed.\n";

struct request {
    const char *package;
    const char *password_file;
    bool as_json;
};

static bool get_password(const struct request *r, const char *user, struct password *out)
{
    char prompt[300];

    if (r->password_file)
        return password_from_file(r->password_file, out);
    if (!isatty(STDIN_FILENO))
        return password_from_stdin(out);
    snprintf(prompt, sizeof prompt, "New password for %.256s: ", user);
    return password_from_terminal(prompt, true, out);
}

struct search {
    const char *user;
    bool found;
};

static void compare(void *arg, const char *user, bool disabled)
{
    struct search *search = arg;

    (void)disabled;
    if (strcasecmp(user, search->user) == 0)
        search->found = true;
}

static bool is_there(const struct request *r, const char *user)
{
    struct search search = { user, false };

    return sspi_account_each(r->package, compare, &search) == SEC_E_OK && search.found;
}

/* The status in the words of this command, where it has any. */
static int explain(const struct request *r, SECURITY_STATUS status, const char *user)
{
    if (status == SEC_E_NOT_OWNER)
        say("%s: the accounts of %s may not be written by us", user, r->package);
    else if (status == SEC_E_TARGET_UNKNOWN)
        say("%s: there is no such account", user);
    else if (status == SEC_E_UNSUPPORTED_FUNCTION)
        say("%s keeps no accounts", r->package);
    else if (status == SEC_E_SECPKG_NOT_FOUND)
        say("there is no package %s", r->package);
    else if (status == SEC_E_NO_CREDENTIALS)
        say("%s has no place for accounts: its settings name no user file", r->package);
    else if (status == SEC_E_INVALID_PARAMETER)
        say("'%s' cannot be the name of an account", user);
    else
        return say_status(status, "%s", user);
    return TOOL_FAILED;
}

static int set(const struct request *r, const char *user, uint32_t flags)
{
    PASSWORD_AUTO password = { 0 };
    SECURITY_STATUS status;

    if (flags == SSPI_ACCOUNT_CREATE && is_there(r, user)) {
        say("%s: there is such an account already; 'sspi user passwd' changes its password", user);
        return TOOL_FAILED;
    }
    if (!get_password(r, user, &password))
        return TOOL_FAILED;
    status = sspi_account_set(r->package, user, password.bytes, password.len, flags);
    return status == SEC_E_OK ? TOOL_OK : explain(r, status, user);
}

static int add(const struct request *r, const char *user)
{
    return set(r, user, SSPI_ACCOUNT_CREATE);
}

static int change(const struct request *r, const char *user)
{
    return set(r, user, SSPI_ACCOUNT_CHANGE);
}

static int delete (const struct request *r, const char *user)
{
    SECURITY_STATUS status = sspi_account_delete(r->package, user);

    return status == SEC_E_OK ? TOOL_OK : explain(r, status, user);
}

static void put_account(void *arg, const char *user, bool disabled)
{
    struct json *j = arg;

    if (j) {
        json_open(j, NULL, '{');
        json_text(j, "user", user);
        json_bool(j, "disabled", disabled);
        json_close(j, '}');
        return;
    }
    put_safe(stdout, user);
    puts(disabled ? "  (disabled)" : "");
}

static int list(const struct request *r, const char *user)
{
    struct json json = { .to = stdout };
    SECURITY_STATUS status;

    (void)user;
    if (r->as_json)
        json_open(&json, NULL, '[');
    status = sspi_account_each(r->package, put_account, r->as_json ? &json : NULL);
    if (r->as_json)
        json_close(&json, ']');
    return status == SEC_E_OK ? TOOL_OK : explain(r, status, r->package);
}

static const struct action {
    const char *word;
    int (*run)(const struct request *r, const char *user);
    bool needs_user;
    bool takes_password;
} actions[] = {
    { "add", add, true, true },
    { "passwd", change, true, true },
    { "del", delete, true, false },
    { "list", list, false, false },
};

static int choose(const struct request *r, int count, char **words)
{
    const struct action *a = NULL;

    for (size_t i = 0; count > 0 && i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(words[0], actions[i].word) == 0)
            a = &actions[i];
    if (!a)
        return say_usage("add, passwd, del or list?");
    if (r->password_file && !a->takes_password)
        return say_usage("%s takes no password", a->word);
    if (r->as_json && a->run != list)
        return say_usage("%s prints no data", a->word);
    if (count != (a->needs_user ? 2 : 1))
        return say_usage("%s takes %s", a->word, a->needs_user ? "one name" : "no name");
    return a->run(r, a->needs_user ? words[1] : NULL);
}

int user_main(int argc, char **argv)
{
    static const struct option options[] = { { "package", required_argument, NULL, 'p' },
                                             { "password-file", required_argument, NULL, 'f' },
                                             { "json", no_argument, NULL, 'j' },
                                             { "help", no_argument, NULL, 'h' },
                                             { 0 } };
    struct request r = { .package = "NTLM" };

    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'p':
            r.package = optarg;
            break;
        case 'f':
            r.password_file = optarg;
            break;
        case 'j':
            r.as_json = true;
            break;
        case 'h':
            fputs(help, stdout);
            return TOOL_OK;
        default:
            return say_hint();
        }
    }
    return choose(&r, argc - optind, argv + optind);
}

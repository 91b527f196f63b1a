/* SPDX-License-Identifier: Apache-2.0 */
/* connect.c: sspi connect. */
#include "config.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sspi/sspi.h>

#include "tools/clock.h"
#include "tools/net.h"
#include "tools/options.h"
#include "tools/password.h"
#include "tools/say.h"
#include "tools/session.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: sspi connect --package NAME [OPTION]... HOST:PORT\n"
    "\n"
    "Connect, authenticate, then send standard input, protected, to the other side and\n"
    "what comes from there to standard output, until both sides are done.\n"
    "\n"
    "      --package NAME         the security package\n"
    "      --target NAME          the service's name (host/HOST)\n"
    "      --user [DOMAIN\\]NAME   who we are (the default credentials); the password is\n"
    "                             asked for on the terminal\n"
    "      --password-file FILE   the password is FILE's first line\n"
    "      --anonymous            be nobody\n"
    "      --protect HOW          none, sign or seal (seal); the server's must be the same\n"
    "      --mutual               the server must prove itself\n"
    "      --deadline SECONDS     until we are accepted (what the configuration says)\n"
    "  -h, --help                 this text\n"
    "\n"
    "With a package that brings its own stream, as Schannel does (TLS), the --target is HOST,\n"
    "which the server's certificate must be for:\n"
    "\n"
    "      --ca FILE              roots to trust instead of the system's\n"
    "      --no-verify            take any server for the one we want\n"
    "      --cert FILE            our certificate and what it was issued by: PEM, DER, PKCS#12,\n"
    "                             or a pkcs11: URI\n"
    "      --key FILE             its key (in the same file)\n"
    "      --key-password-file FILE\n"
    "                             its password is FILE's first line\n"
    "      --alpn NAME[,NAME...]  application protocols that we speak, best first\n"
    "      --tls MIN[:MAX]        versions: 1.0, 1.1, 1.2, 1.3 (the package's choice)\n"
    "\n"
    "Exit status: 0 if all data got through both ways; 1 if the server refused, the\n"
    "protection cannot be had, or the connection was cut.\n";

struct request {
    struct session session;
    struct endpoint to;
    const char *user;
    const char *password_file;
    struct tlscred tls;
    char target[300];
};

static bool get_password(const struct request *r, struct password *out)
{
    char prompt[300];

    if (r->password_file)
        return password_from_file(r->password_file, out);
    snprintf(prompt, sizeof prompt, "Password for %.256s: ", r->user);
    return password_from_terminal(prompt, false, out);
}

/* DOMAIN\NAME taken apart; the text is read only, though the type does not say so. */
static SEC_WINNT_AUTH_IDENTITY_A identity_of(char *user, struct password *password)
{
    char *slash = strchr(user, '\\');
    char *name = slash ? slash + 1 : user;
    SEC_WINNT_AUTH_IDENTITY_A id = { .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };

    id.User = (UCHAR *)name;
    id.UserLength = (ULONG)strlen(name);
    if (slash) {
        id.Domain = (UCHAR *)user;
        id.DomainLength = (ULONG)(slash - user);
    }
    id.Password = (UCHAR *)password->bytes;
    id.PasswordLength = (ULONG)password->len;
    return id;
}

static SECURITY_STATUS acquire(const struct request *r, void *identity, PCredHandle out)
{
    char *package = (char *)(uintptr_t)r->session.package;
    TimeStamp expiry;

    return AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, identity, NULL,
                                     NULL, out, &expiry);
}

/* user: ours to keep while it lasts.  An identity in which all is empty is that of nobody. */
static bool get_credential_of(const struct request *r, char *user, PCredHandle out)
{
    PASSWORD_AUTO password = { 0 };
    SEC_WINNT_AUTH_IDENTITY_A id;
    SECURITY_STATUS status;

    if (!r->session.anonymous && !get_password(r, &password))
        return false;
    id = identity_of(user, &password);
    status = acquire(r, &id, out);
    if (status != SEC_E_OK)
        say_status(status, "%s: no credentials", r->session.package);
    return status == SEC_E_OK;
}

/* Certificates, or the default credentials. */
static bool get_credential_of_nobody(struct request *r, PCredHandle out)
{
    SECURITY_STATUS status;

    if (!tlscred_open(&r->tls, r->session.package))
        return false;
    status = acquire(r, tlscred_auth_data(&r->tls), out);
    tlscred_close(&r->tls);
    if (status == SEC_E_OK)
        return true;
    if (r->session.stream)
        say_status(status, "%s: no credentials to connect with", r->session.package);
    else
        say_status(status, "%s: no default credentials; see --user", r->session.package);
    return false;
}

static bool get_credential(struct request *r, PCredHandle out)
{
    char *user;
    bool good;

    if (!r->user && !r->session.anonymous)
        return get_credential_of_nobody(r, out);
    user = strdup(r->user ? r->user : "");
    good = user && get_credential_of(r, user, out);
    free(user);
    return good;
}

static int run(struct request *r)
{
    char peer[NET_NAME];
    CredHandle credential;
    int result = TOOL_FAILED;

    if (!get_credential(r, &credential))
        return TOOL_FAILED;
    r->session.fd = net_connect(
        &r->to, clock_after(r->session.deadline_ms ? r->session.deadline_ms : 30000), peer);
    if (r->session.fd >= 0) {
        r->session.peer = peer;
        r->session.credential = &credential;
        result = session_run(&r->session);
        close(r->session.fd);
    }
    FreeCredentialsHandle(&credential);
    return result;
}

static int complete(struct request *r, int count, char **words)
{
    struct session *s = &r->session;

    if (!s->package)
        return say_usage("which --package?");
    if (count != 1)
        return say_usage("it takes one HOST:PORT");
    if (!option_endpoint(words[0], NULL, &r->to))
        return say_usage("'%s' is no HOST:PORT", words[0]);
    if (s->anonymous && r->user)
        return say_usage("--anonymous and --user contradict each other");
    if (r->password_file && !r->user)
        return say_usage("--password-file needs --user");
    if (r->tls.first && (s->anonymous || r->user))
        return say_usage("%s and an account contradict each other", r->tls.first);
    if (!session_find_package(s))
        return TOOL_FAILED;
    if (!session_takes_tls(s, &r->tls))
        return say_hint();
    s->tls = &r->tls;
    if (!s->target) {
        snprintf(r->target, sizeof r->target, "%s%s", s->stream ? "" : "host/", r->to.host);
        s->target = r->target;
    }
    return run(r);
}

enum {
    HELP = 'h',
    PACKAGE_OPTION = 256,
    TARGET,
    USER,
    PASSWORD,
    ANONYMOUS,
    PROTECT,
    MUTUAL,
    DEADLINE
};

/* false: the value cannot be, and that is said. */
static bool set(struct request *r, int c, const char *value)
{
    struct session *s = &r->session;
    bool good = true;

    if (c >= TLS_CERT)
        good = tlscred_set(&r->tls, c, value);
    else if (c == PACKAGE_OPTION)
        s->package = value;
    else if (c == TARGET)
        s->target = value;
    else if (c == USER)
        r->user = value;
    else if (c == PASSWORD)
        r->password_file = value;
    else if (c == ANONYMOUS)
        s->anonymous = true;
    else if (c == MUTUAL)
        s->mutual = true;
    else if (c == PROTECT)
        good = option_protect(value, &s->protect);
    else
        good = c == DEADLINE && option_seconds(value, &s->deadline_ms);
    if (!good && value)
        say("'%s' cannot be", value);
    return good;
}

int connect_main(int argc, char **argv)
{
    static const struct option options[] = {
        { "package", required_argument, NULL, PACKAGE_OPTION },
        { "target", required_argument, NULL, TARGET },
        { "user", required_argument, NULL, USER },
        { "password-file", required_argument, NULL, PASSWORD },
        { "anonymous", no_argument, NULL, ANONYMOUS },
        { "protect", required_argument, NULL, PROTECT },
        { "mutual", no_argument, NULL, MUTUAL },
        { "deadline", required_argument, NULL, DEADLINE },
        { "cert", required_argument, NULL, TLS_CERT },
        { "key", required_argument, NULL, TLS_KEY },
        { "key-password-file", required_argument, NULL, TLS_KEY_PASSWORD },
        { "ca", required_argument, NULL, TLS_CA },
        { "no-verify", no_argument, NULL, TLS_NO_VERIFY },
        { "alpn", required_argument, NULL, TLS_ALPN },
        { "tls", required_argument, NULL, TLS_VERSIONS },
        { "help", no_argument, NULL, HELP },
        { 0 },
    };
    struct request r = {
        .session = { .from = STDIN_FILENO, .to = STDOUT_FILENO, .protect = PROTECT_SEAL },
    };

    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == HELP) {
            fputs(help, stdout);
            return TOOL_OK;
        }
        if (!set(&r, c, optarg))
            return say_hint();
    }
    return complete(&r, argc - optind, argv + optind);
}

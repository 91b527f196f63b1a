/* SPDX-License-Identifier: Apache-2.0 */
/* instance.c: what the settings of the manifest make of the package. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/common/utf16.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/ntlm.h"

#define SECOND INT64_C(10000000) /* in FILETIME units */
#define SKEW_DEFAULT (36 * 3600) /* MaxLifetime, [MS-NLMP] 3.1.1.1 */
#define HOST_MAX 256u

static const char *const bindings_words[] = { "off", "allow", "require", NULL };

const struct ssp_setting ntlm_settings[] = {
    { "user_file", SSP_TEXT,
      "file of the users that the server side knows, in the format of smbpasswd(5)", NULL, 0, 0 },
    { "lm_compatibility_level", SSP_INTEGER,
      "as on Windows; 3, 4 and 5 all mean NTLMv2 and nothing weaker", NULL, 3, 5 },
    { "require_mic", SSP_BOOLEAN,
      "server: refuse clients that do not protect the whole exchange (default true)", NULL, 0, 0 },
    { "channel_bindings", SSP_TEXT,
      "off: neither sent nor checked; allow (default): checked if the application gives them; "
      "require: no exchange without",
      bindings_words, 0, 0 },
    { "target_names", SSP_LIST,
      "server: the service names that clients may mean, as HTTP/www.example.com, or a host alone",
      NULL, 0, 0 },
    { "netbios_computer", SSP_TEXT, "NetBIOS name of this computer (default: from its host name)",
      NULL, 0, 0 },
    { "netbios_domain", SSP_TEXT, "NetBIOS name of the domain (default: none, a server on its own)",
      NULL, 0, 0 },
    { "dns_computer", SSP_TEXT, "DNS name of this computer (default: its host name)", NULL, 0, 0 },
    { "dns_domain", SSP_TEXT, "DNS name of the domain (default: what follows the host's own name)",
      NULL, 0, 0 },
    { "workstation", SSP_TEXT, "client: the name it gives for itself (default: netbios_computer)",
      NULL, 0, 0 },
    { "max_clock_skew", SSP_INTEGER,
      "server: seconds that a client's clock may be off (default 129600); 0: any", NULL, 0,
      INT32_MAX },
    { "loopback", SSP_BOOLEAN,
      "server: take answers of clients in this very process (default true)", NULL, 0, 0 },
    { NULL, SSP_TEXT, NULL, NULL, 0, 0 },
};

/* --- names -------------------------------------------------------------------------------- */

/* Names as text, before they are made ready for the wire. */
struct plain_names {
    char host[HOST_MAX];
    char first[NTLM_NETBIOS_MAX + 1]; /* of host, as a NetBIOS name */
    const char *nb_computer, *nb_domain, *dns_computer, *dns_domain, *workstation;
};

/* The host's name up to its first dot, in upper case, cut to what NetBIOS allows. */
static void make_netbios(const char *host, char first[NTLM_NETBIOS_MAX + 1])
{
    size_t n = strcspn(host, ".");

    if (n > NTLM_NETBIOS_MAX)
        n = NTLM_NETBIOS_MAX;
    for (size_t i = 0; i < n; i++)
        first[i] = (char)(host[i] >= 'a' && host[i] <= 'z' ? host[i] - 32 : host[i]);
    first[n] = '\0';
}

static void plain_names(const struct ssp_settings *s, struct plain_names *p)
{
    if (gethostname(p->host, sizeof p->host - 1) < 0 || p->host[0] == '\0')
        memcpy(p->host, "localhost", sizeof "localhost");
    p->host[sizeof p->host - 1] = '\0';
    make_netbios(p->host, p->first);
    p->nb_computer = ntlm_host->setting_text(s, "netbios_computer", p->first);
    p->nb_domain = ntlm_host->setting_text(s, "netbios_domain", NULL);
    p->dns_computer = ntlm_host->setting_text(s, "dns_computer", p->host);
    const char *dot = strchr(p->dns_computer, '.');
    /* A server on its own is its own domain, as Windows has it. */
    p->dns_domain =
        ntlm_host->setting_text(s, "dns_domain", dot && dot[1] ? dot + 1 : p->dns_computer);
    p->workstation = ntlm_host->setting_text(s, "workstation", p->nb_computer);
}

/* A text that is put at the end of the memory for names, and the span that is to show it. */
struct name_slot {
    struct span *to;
    const char *text;
    bool oem;
};

static bool put_names(struct wire_out *out, const struct name_slot *slots, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct span text = span_str(slots[i].text);
        size_t at = out->len;

        if (slots[i].oem)
            wire_put_span(out, text);
        else if (!utf16_put(out, text))
            return false;
        if (out->data)
            *slots[i].to = span_of(out->data + at, out->len - at);
    }
    return true;
}

/* All of them in one piece of memory. */
static SECURITY_STATUS pack_names(struct ssp_instance *instance, const struct name_slot *slots,
                                  size_t n)
{
    struct wire_out count = wire_out(NULL, 0);

    if (!put_names(&count, slots, n))
        return refuse(SEC_E_CANNOT_INSTALL, "a name in the settings is not UTF-8");
    instance->names_memory = ntlm_host->secret_alloc(count.len + 1);
    if (!instance->names_memory)
        return SEC_E_INSUFFICIENT_MEMORY;
    struct wire_out out = wire_out(instance->names_memory, count.len);
    (void)put_names(&out, slots, n);
    return SEC_E_OK;
}

static size_t count_items(const struct ssp_settings *s, const char *name)
{
    size_t n = 0;

    while (ntlm_host->setting_item(s, name, n))
        n++;
    return n;
}

enum { FIXED_NAMES = 6 };

static SECURITY_STATUS make_names(struct ssp_instance *instance, const struct ssp_settings *s)
{
    struct ntlm_names *names = &instance->names;
    struct plain_names p = { .host = "" };

    plain_names(s, &p);
    names->in_domain = p.nb_domain != NULL;
    if (!p.nb_domain)
        p.nb_domain = p.nb_computer;
    size_t n = FIXED_NAMES + instance->n_targets;
    struct name_slot *slots = ntlm_host->secret_alloc(n * sizeof *slots);
    if (!slots)
        return SEC_E_INSUFFICIENT_MEMORY;
    const struct name_slot fixed[FIXED_NAMES] = {
        { &names->nb_computer, p.nb_computer, false },
        { &names->nb_domain, p.nb_domain, false },
        { &names->dns_computer, p.dns_computer, false },
        { &names->dns_domain, p.dns_domain, false },
        { &names->workstation, p.workstation, false },
        { &names->target_oem, p.nb_domain, true },
    };
    memcpy(slots, fixed, sizeof fixed);
    for (size_t i = 0; i < instance->n_targets; i++)
        slots[FIXED_NAMES + i] =
            (struct name_slot){ &instance->targets[i],
                                ntlm_host->setting_item(s, "target_names", i), false };
    SECURITY_STATUS status = pack_names(instance, slots, n);
    ntlm_host->secret_free(slots);
    return status;
}

/* --- start and stop ----------------------------------------------------------------------- */

static enum ntlm_bindings_mode bindings_mode(const char *word)
{
    return strcmp(word, "off") == 0       ? NTLM_BINDINGS_OFF
           : strcmp(word, "require") == 0 ? NTLM_BINDINGS_REQUIRE
                                          : NTLM_BINDINGS_ALLOW;
}

static SECURITY_STATUS read_settings(struct ssp_instance *instance, const struct ssp_settings *s)
{
    instance->user_file = ntlm_host->setting_text(s, "user_file", NULL);
    instance->require_mic = ntlm_host->setting_boolean(s, "require_mic", true);
    instance->loopback = ntlm_host->setting_boolean(s, "loopback", true);
    instance->bindings = bindings_mode(ntlm_host->setting_text(s, "channel_bindings", "allow"));
    instance->max_skew = ntlm_host->setting_integer(s, "max_clock_skew", SKEW_DEFAULT) * SECOND;
    instance->n_targets = count_items(s, "target_names");
    if (instance->n_targets > 0) {
        instance->targets =
            ntlm_host->secret_alloc(instance->n_targets * sizeof *instance->targets);
        if (!instance->targets)
            return SEC_E_INSUFFICIENT_MEMORY;
    }
    return make_names(instance, s);
}

SECURITY_STATUS ntlm_start(const struct ssp_settings *settings, struct ssp_instance **out)
{
    struct ssp_instance *instance = ntlm_host->secret_alloc(sizeof *instance);

    if (!instance)
        return SEC_E_INSUFFICIENT_MEMORY;
    pthread_mutex_init(&instance->lock, NULL);
    SECURITY_STATUS status = read_settings(instance, settings);
    if (status < 0) {
        ntlm_stop(instance);
        return status;
    }
    *out = instance;
    return SEC_E_OK;
}

void ntlm_stop(struct ssp_instance *instance)
{
    if (!instance)
        return;
    ntlm_users_drop(instance->users);
    pthread_mutex_destroy(&instance->lock);
    ntlm_host->secret_free(instance->targets);
    ntlm_host->secret_free(instance->names_memory);
    ntlm_host->secret_free(instance);
}

static struct ntlm_users *hold_users_locked(struct ssp_instance *instance, const char *path)
{
    if (!instance->users || strcmp(ntlm_users_path(instance->users), path) != 0) {
        struct ntlm_users *users = ntlm_users_open(path);

        if (!users)
            return NULL;
        ntlm_users_drop(instance->users);
        instance->users = users;
    }
    return ntlm_users_hold(instance->users);
}

SECURITY_STATUS ntlm_instance_users(struct ssp_instance *instance, struct ntlm_users **out)
{
    const char *path = instance->user_file;

    if (!path)
        path = secure_getenv("NTLM_USER_FILE"); /* the name that gss-ntlmssp gave it */
    if (!path || path[0] == '\0')
        return refuse(SEC_E_NO_CREDENTIALS,
                      "no file of users: set user_file in the manifest, or NTLM_USER_FILE");
    pthread_mutex_lock(&instance->lock);
    *out = hold_users_locked(instance, path);
    pthread_mutex_unlock(&instance->lock);
    return *out ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

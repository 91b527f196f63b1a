/* SPDX-License-Identifier: Apache-2.0 */
/* words.c: flags in words. */
#include "config.h"

#include "tools/words.h"

#include <stddef.h>

#include <sspi/sspi.h>

struct word {
    uint32_t bit;
    const char *text;
};

static const char *find(const struct word *words, size_t n, uint32_t bit)
{
    for (size_t i = 0; i < n; i++)
        if (words[i].bit == bit)
            return words[i].text;
    return NULL;
}

const char *capability_word(uint32_t bit)
{
    static const struct word words[] = {
        { SECPKG_FLAG_INTEGRITY, "integrity" },
        { SECPKG_FLAG_PRIVACY, "privacy" },
        { SECPKG_FLAG_TOKEN_ONLY, "token_only" },
        { SECPKG_FLAG_DATAGRAM, "datagram" },
        { SECPKG_FLAG_CONNECTION, "connection" },
        { SECPKG_FLAG_MULTI_REQUIRED, "multi_required" },
        { SECPKG_FLAG_CLIENT_ONLY, "client_only" },
        { SECPKG_FLAG_EXTENDED_ERROR, "extended_error" },
        { SECPKG_FLAG_IMPERSONATION, "impersonation" },
        { SECPKG_FLAG_ACCEPT_WIN32_NAME, "accept_win32_name" },
        { SECPKG_FLAG_STREAM, "stream" },
        { SECPKG_FLAG_NEGOTIABLE, "negotiable" },
        { SECPKG_FLAG_GSS_COMPATIBLE, "gss_compatible" },
        { SECPKG_FLAG_LOGON, "logon" },
        { SECPKG_FLAG_ASCII_BUFFERS, "ascii_buffers" },
        { SECPKG_FLAG_FRAGMENT, "fragment" },
        { SECPKG_FLAG_MUTUAL_AUTH, "mutual_auth" },
        { SECPKG_FLAG_DELEGATION, "delegation" },
        { SECPKG_FLAG_READONLY_WITH_CHECKSUM, "readonly_with_checksum" },
        { SECPKG_FLAG_RESTRICTED_TOKENS, "restricted_tokens" },
        { SECPKG_FLAG_NEGO_EXTENDER, "nego_extender" },
        { SECPKG_FLAG_NEGOTIABLE2, "negotiable2" },
        { SECPKG_FLAG_APPCONTAINER_PASSTHROUGH, "appcontainer_passthrough" },
        { SECPKG_FLAG_APPCONTAINER_CHECKS, "appcontainer_checks" },
        { SECPKG_FLAG_CREDENTIAL_ISOLATION_ENABLED, "credential_isolation_enabled" },
        { SECPKG_FLAG_APPLY_LOOPBACK, "apply_loopback" },
    };

    return find(words, sizeof words / sizeof words[0], bit);
}

const char *context_word(uint32_t bit, bool server)
{
    static const struct word both[] = {
        { ISC_RET_DELEGATE, "delegation" },
        { ISC_RET_MUTUAL_AUTH, "mutual authentication" },
        { ISC_RET_REPLAY_DETECT, "replay detection" },
        { ISC_RET_SEQUENCE_DETECT, "sequence detection" },
        { ISC_RET_CONFIDENTIALITY, "confidentiality" },
    };
    static const struct word client[] = {
        { ISC_RET_INTEGRITY, "integrity" },
        { ISC_RET_IDENTIFY, "identify only" },
        { ISC_RET_NULL_SESSION, "anonymous" },
    };
    static const struct word accepting[] = {
        { ASC_RET_INTEGRITY, "integrity" },
        { ASC_RET_IDENTIFY, "identify only" },
        { ASC_RET_NULL_SESSION, "anonymous" },
    };
    const char *text = find(both, sizeof both / sizeof both[0], bit);

    if (text)
        return text;
    return server ? find(accepting, sizeof accepting / sizeof accepting[0], bit)
                  : find(client, sizeof client / sizeof client[0], bit);
}

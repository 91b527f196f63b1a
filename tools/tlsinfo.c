/* SPDX-License-Identifier: Apache-2.0 */
/* tlsinfo.c: what a package with a stream of its own tells of an established context. */
#include "config.h"

#include "tools/tlsinfo.h"

#include <stdint.h>
#include <string.h>

#include <sspi/schannel.h>

#include "tools/certname.h"
#include "tools/say.h"

#define NAME_ROOM 1024

static PCCERT_CONTEXT certificate_of(PCtxtHandle context)
{
    PCCERT_CONTEXT certificate = NULL;
    SECURITY_STATUS status =
        QueryContextAttributesA(context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &certificate);

    return status == SEC_E_OK ? certificate : NULL;
}

bool tlsinfo_has_certificate(PCtxtHandle context)
{
    PCCERT_CONTEXT certificate = certificate_of(context);

    CertFreeCertificateContext(certificate);
    return certificate != NULL;
}

void tlsinfo_put_peer(FILE *to, PCtxtHandle context)
{
    PCCERT_CONTEXT certificate = certificate_of(context);
    char name[NAME_ROOM];
    struct wire_out text = wire_out(name, sizeof name);

    if (!certificate)
        fputs("nobody by name", to);
    else if (certname_put(&text, span_of(certificate->pbCertEncoded, certificate->cbCertEncoded)))
        put_safe(to, name);
    else
        fputs("a certificate without a name", to);
    CertFreeCertificateContext(certificate);
}

static const char *version_word(DWORD protocol)
{
    static const struct {
        DWORD bits;
        const char *name;
    } versions[] = {
        { SP_PROT_TLS1_0, "TLS 1.0" },   { SP_PROT_TLS1_1, "TLS 1.1" },
        { SP_PROT_TLS1_2, "TLS 1.2" },   { SP_PROT_TLS1_3, "TLS 1.3" },
        { SP_PROT_DTLS1_0, "DTLS 1.0" }, { SP_PROT_DTLS1_2, "DTLS 1.2" },
    };

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (protocol & versions[i].bits)
            return versions[i].name;
    return "an unknown protocol";
}

/* " (a, b, c)": each word after what goes before it. */
struct words {
    FILE *to;
    const char *before;
};

static void put_word(struct words *w, const char *text)
{
    fputs(w->before, w->to);
    put_safe(w->to, text);
    w->before = ", ";
}

static void put_version(struct words *w, PCtxtHandle context)
{
    SecPkgContext_ConnectionInfo info = { 0 };

    if (QueryContextAttributesA(context, SECPKG_ATTR_CONNECTION_INFO, &info) == SEC_E_OK)
        put_word(w, version_word(info.dwProtocol));
}

/* Names of cipher suites are ASCII in UTF-16. */
static void put_ciphers(struct words *w, PCtxtHandle context)
{
    SecPkgContext_CipherInfo info = { .dwVersion = SECPKGCONTEXT_CIPHERINFO_V1 };
    char name[SZ_ALG_MAX_SIZE + 1] = "";

    if (QueryContextAttributesA(context, SECPKG_ATTR_CIPHER_INFO, &info) != SEC_E_OK)
        return;
    for (size_t i = 0; i < SZ_ALG_MAX_SIZE && info.szCipherSuite[i]; i++)
        name[i] = info.szCipherSuite[i] < 0x80 ? (char)info.szCipherSuite[i] : '?';
    if (name[0])
        put_word(w, name);
}

static void put_application(struct words *w, PCtxtHandle context)
{
    SecPkgContext_ApplicationProtocol info = { 0 };
    char name[MAX_PROTOCOL_ID_SIZE + 1] = "";

    if (QueryContextAttributesA(context, SECPKG_ATTR_APPLICATION_PROTOCOL, &info) != SEC_E_OK ||
        info.ProtoNegoStatus != SecApplicationProtocolNegotiationStatus_Success)
        return;
    memcpy(name, info.ProtocolId, info.ProtocolIdSize);
    put_word(w, name);
}

void tlsinfo_put_terms(FILE *to, PCtxtHandle context)
{
    struct words w = { to, " (" };

    put_version(&w, context);
    put_ciphers(&w, context);
    put_application(&w, context);
    if (strcmp(w.before, ", ") == 0)
        fputs(")", to);
}

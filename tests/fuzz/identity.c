/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c: bytes from anywhere as an identity, marshalled and in memory. */
#include "config.h"

#define SSPI_NO_ULONG_COMPAT
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/identity.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right)
        abort();
}

static void check_identity(const struct ssp_identity *id)
{
    check(text_is_utf8(id->user) && text_is_utf8(id->domain));
    check(text_is_utf8(id->password) && text_is_utf8(id->package_list));
    check((id->flags & (IDENT_ENCODING | IDENT_ENCRYPTED)) == 0);
}

/* What is taken comes back the same by every way there is. */
static void check_calls(PSEC_WINNT_AUTH_IDENTITY_OPAQUE id)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE copy = NULL, back = NULL, less = NULL;
    PCWSTR user, domain, password;
    BOOLEAN same = FALSE;
    char *bytes = NULL;
    ULONG n = 0;

    check(SspiValidateAuthIdentity(id) == SEC_E_OK);
    check(SspiCopyAuthIdentity(id, &copy) == SEC_E_OK);
    check(SspiMarshalAuthIdentity(copy, &n, &bytes) == SEC_E_OK);
    check(SspiUnmarshalAuthIdentity(n, bytes, &back) == SEC_E_OK);
    check(SspiCompareAuthIdentities(id, back, NULL, &same) == SEC_E_OK && same);
    if (SspiExcludePackage(id, u"package", &less) >= 0)
        check(SspiValidateAuthIdentity(less) == SEC_E_OK);
    if (SspiEncodeAuthIdentityAsStrings(id, &user, &domain, &password) >= 0) {
        const PCWSTR strings[] = { user, domain, password };

        for (size_t i = 0; i < 3; i++) {
            void *p;

            memcpy(&p, &strings[i], sizeof p);
            SspiLocalFree(p);
        }
    }
    SspiZeroAuthIdentity(copy);
    check(SspiValidateAuthIdentity(copy) == SEC_E_OK);
    SspiFreeAuthIdentity(copy);
    SspiFreeAuthIdentity(back);
    SspiFreeAuthIdentity(less);
    SspiLocalFree(bytes);
}

static void marshalled(void *bytes, size_t n)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE opaque = NULL;
    struct ssp_identity *id = NULL;

    if (ident_parse_marshalled(span_of(bytes, n), &id) >= 0)
        check_identity(id);
    ident_free(id);
    if (n <= UINT32_MAX && SspiUnmarshalAuthIdentity((ULONG)n, bytes, &opaque) >= 0) {
        check_calls(opaque);
        SspiFreeAuthIdentity(opaque);
    }
}

/*
 * The same as a structure that a program hands over.  It says its own size, which must be true,
 * and could say that it is one with pointers, which a fuzzer cannot make.
 */
static void in_memory(uint8_t *bytes, size_t n)
{
    SEC_WINNT_AUTH_IDENTITY_EX2 h;
    struct ssp_identity *id = NULL;

    if (n < sizeof h)
        return;
    memcpy(&h, bytes, sizeof h);
    h.Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2;
    if (h.cbStructureLength > n)
        h.cbStructureLength = (ULONG)n;
    memcpy(bytes, &h, sizeof h);
    if (ident_form(bytes) != IDENT_EX2)
        return;
    (void)ident_flags(bytes);
    if (ident_parse(bytes, true, &id) >= 0)
        check_identity(id);
    ident_free(id);
    SspiZeroAuthIdentity(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *copy = malloc(size > 0 ? size : 1); /* of this size, and to be written */

    if (!copy)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    marshalled(copy, size);
    in_memory(copy, size);
    free(copy);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* certificate.c: certificates as values of the interface.  What is in them we do not know. */
#define SSPI_NO_ULONG_COMPAT
#include "config.h"

#include "core/certificate.h"

#include <string.h>

#include "core/memory.h"
#include "core/trace.h"

/*
 * A store and its certificates are made and freed together.  Only the application's references
 * are counted: a certificate that has one or more holds the store once, and one that has none
 * waits in the store until the walk comes by.  So the store ends when no certificate of it is
 * left in anybody's hands, and a walk needs no memory.
 */
struct store {
    uint8_t *key; /* secret memory, or NULL; the first certificate's */
    size_t key_len;
    size_t n;
    struct certificate *all[];
};

struct certificate {
    CERT_CONTEXT shown; /* what the application has a pointer to */
    struct store *store;
    size_t at; /* all[at] is this one */
    uint8_t der[];
};

static void end_store(void *p)
{
    struct store *store = p;

    for (size_t i = 0; i < store->n; i++)
        mem_counted_free(store->all[i]);
    mem_secret_free(store->key);
    mem_counted_free(store);
}

static const struct mem_kind store_kind = { .is_result = false, .end = end_store };

static void end_certificate(void *p)
{
    struct certificate *c = p;

    (void)mem_drop(&store_kind, c->store);
}

static const struct mem_kind certificate_kind = { .is_result = true, .end = end_certificate };

/* --- making --------------------------------------------------------------------------------- */

/* Of a DER length, X.690 8.1.3 and 10.1: definite and no longer than need be. */
static bool get_length(struct wire_in *in, size_t *len)
{
    uint8_t first = wire_u8(in);
    unsigned n = first & 0x7f;

    *len = first;
    if (first < 0x80)
        return true;
    if (n < 1 || n > 4)
        return false;
    *len = 0;
    for (unsigned i = 0; i < n; i++)
        *len = *len << 8 | wire_u8(in);
    return *len >= 0x80 && *len >> 8 * (n - 1) != 0;
}

/* One SEQUENCE and nothing after it, of a size that a CERT_CONTEXT can say. */
static bool is_sequence(struct span der)
{
    struct wire_in in = wire_in(der);
    uint8_t tag = wire_u8(&in);
    size_t len;

    if (!get_length(&in, &len) || !wire_ok(&in) || der.len > UINT32_MAX)
        return false;
    return tag == 0x30 && len == in.all.len - in.pos;
}

static bool add_certificate(struct store *store, size_t at, struct span der)
{
    struct certificate *c = mem_counted(&certificate_kind, sizeof *c + der.len);

    if (!c)
        return false;
    memcpy(c->der, der.data, der.len);
    c->store = store;
    c->at = at;
    c->shown = (CERT_CONTEXT){
        .dwCertEncodingType = X509_ASN_ENCODING,
        .pbCertEncoded = c->der,
        .cbCertEncoded = (DWORD)der.len,
        .hCertStore = store,
    };
    store->all[at] = c;
    return true;
}

static bool add_key(struct store *store, struct span key)
{
    if (key.len == 0)
        return true;
    store->key = mem_secret(key.len);
    if (!store->key)
        return false;
    memcpy(store->key, key.data, key.len);
    store->key_len = key.len;
    return true;
}

/* With no reference yet.  NULL: out of memory. */
static struct store *new_store(const struct span *der, size_t n, struct span key)
{
    const size_t most = (SIZE_MAX - sizeof(struct store)) / sizeof(struct certificate *);
    struct store *store =
        n <= most ? mem_counted(&store_kind, sizeof *store + n * sizeof *store->all) : NULL;
    bool good = store && add_key(store, key);

    for (size_t i = 0; good && i < n; i++) {
        store->n = i + 1;
        good = add_certificate(store, i, der[i]);
    }
    if (store && !good)
        end_store(store);
    return good ? store : NULL;
}

/*
 * A reference to the i-th certificate, NULL past the end.  The caller's hold of the store goes
 * with it: a certificate in somebody's hands needs just one.
 */
static PCCERT_CONTEXT give(struct store *store, size_t i)
{
    struct certificate *c = i < store->n ? store->all[i] : NULL;

    if (!c || !mem_wake(c))
        (void)mem_drop(&store_kind, store);
    return c ? &c->shown : NULL;
}

SECURITY_STATUS cert_new(const struct span *der, size_t n, struct span key,
                         const struct _CERT_CONTEXT **out)
{
    if (n == 0)
        return trace_refuse(SEC_E_INVALID_PARAMETER, "no certificate");
    for (size_t i = 0; i < n; i++)
        if (!is_sequence(der[i]))
            return trace_refuse(SEC_E_INVALID_PARAMETER,
                                "certificate %zu (%zu bytes) is not one DER SEQUENCE", i,
                                der[i].len);
    struct store *store = new_store(der, n, key);
    if (!store)
        return SEC_E_INSUFFICIENT_MEMORY;
    (void)mem_wake(store);
    *out = give(store, 0);
    return SEC_E_OK;
}

/* --- asking --------------------------------------------------------------------------------- */

static struct span span_at(const struct store *store, size_t i)
{
    const struct certificate *c = store->all[i];

    return span_of(c->der, c->shown.cbCertEncoded);
}

struct span cert_store_item(const void *store, size_t i)
{
    struct span found = { NULL, 0 };

    if (!mem_hold(&store_kind, store))
        return found;
    if (i < ((const struct store *)store)->n)
        found = span_at(store, i);
    (void)mem_drop(&store_kind, store);
    return found;
}

/* A certificate is left out of its own store by where its bytes are: a copy's are there, too. */
struct span cert_item(const struct _CERT_CONTEXT *shown, size_t i)
{
    if (!shown || !shown->pbCertEncoded)
        return span_of(NULL, 0);
    if (i == 0)
        return span_of(shown->pbCertEncoded, shown->cbCertEncoded);
    for (size_t at = 0;; at++) {
        struct span other = cert_store_item(shown->hCertStore, at);
        if (!other.data || (other.data != shown->pbCertEncoded && --i == 0))
            return other;
    }
}

struct span cert_key(const struct _CERT_CONTEXT *shown)
{
    const struct certificate *c = (const void *)shown;
    struct span key = { NULL, 0 };

    if (!mem_hold(&certificate_kind, shown))
        return key;
    if (c->at == 0)
        key = span_of(c->store->key, c->store->key_len);
    (void)mem_drop(&certificate_kind, shown);
    return key;
}

/* --- the exported calls --------------------------------------------------------------------- */

PCCERT_CONTEXT SEC_ENTRY CertCreateCertificateContext(DWORD dwCertEncodingType,
                                                      const BYTE *pbCertEncoded,
                                                      DWORD cbCertEncoded)
{
    struct span der = span_of(pbCertEncoded, pbCertEncoded ? cbCertEncoded : 0);
    PCCERT_CONTEXT made = NULL;

    if (dwCertEncodingType & X509_ASN_ENCODING)
        (void)cert_new(&der, 1, span_of(NULL, 0), &made);
    else
        (void)trace_refuse(SEC_E_INVALID_PARAMETER, "a certificate in encoding 0x%x",
                           dwCertEncodingType);
    return made;
}

PCCERT_CONTEXT SEC_ENTRY CertDuplicateCertificateContext(PCCERT_CONTEXT pCertContext)
{
    if (!pCertContext || mem_hold(&certificate_kind, pCertContext))
        return pCertContext;
    return CertCreateCertificateContext(pCertContext->dwCertEncodingType,
                                        pCertContext->pbCertEncoded, pCertContext->cbCertEncoded);
}

BOOL SEC_ENTRY CertFreeCertificateContext(PCCERT_CONTEXT pCertContext)
{
    (void)mem_result_free(pCertContext);
    return TRUE;
}

/* Where a walk of the store goes on; SIZE_MAX: nowhere, since prev is none of the store's. */
static size_t place_after(const struct store *store, PCCERT_CONTEXT prev)
{
    const struct certificate *c = (const void *)prev;
    size_t next = SIZE_MAX;

    if (!prev)
        return 0;
    if (!mem_hold(&certificate_kind, prev))
        return next;
    if (c->store == store)
        next = c->at + 1;
    (void)mem_drop(&certificate_kind, prev);
    return next;
}

PCCERT_CONTEXT SEC_ENTRY CertEnumCertificatesInStore(HCERTSTORE hCertStore,
                                                     PCCERT_CONTEXT pPrevCertContext)
{
    PCCERT_CONTEXT next = NULL;

    if (mem_hold(&store_kind, hCertStore))
        next = give(hCertStore, place_after(hCertStore, pPrevCertContext));
    (void)CertFreeCertificateContext(pPrevCertContext);
    return next;
}

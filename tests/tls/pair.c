/* SPDX-License-Identifier: Apache-2.0 */
/* pair.c: a client and a server of TLS in one process. */
#include "config.h"

#include "tests/tls/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- octets ---------------------------------------------------------------------------------- */

static void *exact(const void *data, size_t n)
{
    void *p = malloc(n ? n : 1);

    if (!p)
        abort();
    if (n > 0)
        memcpy(p, data, n);
    return p;
}

void octets_add(struct octets *to, const void *data, size_t n)
{
    uint8_t *all = realloc(to->data, to->len + n + 1);

    if (!all)
        abort();
    if (n > 0)
        memcpy(all + to->len, data, n);
    to->data = all;
    to->len += n;
}

void octets_drop(struct octets *from, size_t n)
{
    if (n > from->len)
        abort();
    if (n > 0)
        memmove(from->data, from->data + n, from->len - n);
    from->len -= n;
}

void octets_clear(struct octets *o)
{
    free(o->data);
    *o = (struct octets){ NULL, 0 };
}

/* --- legs ------------------------------------------------------------------------------------ */

/* SECBUFFER_APPLICATION_PROTOCOLS of one list; -> its length. */
static ULONG put_alpn(const char *names, uint8_t room[300])
{
    uint32_t lists = (uint32_t)strlen(names) + 6, kind = SecApplicationProtocolNegotiationExt_ALPN;
    uint16_t n = (uint16_t)strlen(names);

    memcpy(room, &lists, 4);
    memcpy(room + 4, &kind, 4);
    memcpy(room + 8, &n, 2);
    memcpy(room + 10, names, n);
    return 10u + n;
}

static SECURITY_STATUS call(struct tls_end *e, SecBufferDesc *in, SecBufferDesc *out)
{
    TimeStamp expiry;
    CtxtHandle *ctx = e->has_ctx ? &e->ctx : NULL;

    if (e->server)
        return AcceptSecurityContext(e->cred, ctx, in, e->request | ASC_REQ_ALLOCATE_MEMORY,
                                     SECURITY_NATIVE_DREP, &e->ctx, out, &e->granted, &expiry);
    return InitializeSecurityContextA(e->cred, ctx, (SEC_CHAR *)(uintptr_t)e->target,
                                      e->request | ISC_REQ_ALLOCATE_MEMORY, 0, SECURITY_NATIVE_DREP,
                                      in, 0, &e->ctx, out, &e->granted, &expiry);
}

/* What a leg says of its input. */
static void take_result(struct tls_end *e, const SecBuffer *second, size_t n)
{
    bool repeat = e->status == SEC_E_INCOMPLETE_MESSAGE ||
                  e->status == SEC_I_INCOMPLETE_CREDENTIALS || e->status == SEC_E_OUT_OF_SEQUENCE;

    e->missing = second->BufferType == SECBUFFER_MISSING ? second->cbBuffer : 0;
    if (!repeat)
        octets_drop(&e->in, n - (second->BufferType == SECBUFFER_EXTRA ? second->cbBuffer : 0));
}

SECURITY_STATUS end_leg_of(struct tls_end *e, size_t n)
{
    uint8_t alpn[300];
    uint8_t *token = exact(e->in.data, n);
    SecBuffer in[3] = { { (ULONG)n, SECBUFFER_TOKEN, token }, { 0, SECBUFFER_EMPTY, NULL } };
    SecBuffer out[2] = { { 0, SECBUFFER_TOKEN, NULL }, { 0, SECBUFFER_ALERT, NULL } };
    SecBufferDesc give = { SECBUFFER_VERSION, 2, in }, take = { SECBUFFER_VERSION, 2, out };

    if (!e->has_ctx && e->alpn) {
        in[2] = (SecBuffer){ put_alpn(e->alpn, alpn), SECBUFFER_APPLICATION_PROTOCOLS, alpn };
        give.cBuffers = 3;
    }
    e->status = call(e, &give, &take);
    e->legs++;
    take_result(e, &in[1], n);
    if (e->status >= 0)
        e->has_ctx = true;
    if (e->status == SEC_E_OK)
        e->done = true;
    octets_add(&e->out, out[0].pvBuffer, out[0].cbBuffer);
    if (out[0].pvBuffer)
        FreeContextBuffer(out[0].pvBuffer);
    free(token);
    return e->status;
}

SECURITY_STATUS end_leg(struct tls_end *e)
{
    return end_leg_of(e, e->in.len);
}

/* --- two of them ----------------------------------------------------------------------------- */

void pair_open(struct tls_pair *p, CredHandle *client, CredHandle *server)
{
    *p = (struct tls_pair){ .client = { .cred = client, .target = "localhost" },
                            .server = { .cred = server, .server = true } };
}

static void end_close(struct tls_end *e)
{
    if (e->has_ctx)
        DeleteSecurityContext(&e->ctx);
    octets_clear(&e->in);
    octets_clear(&e->out);
}

void pair_close(struct tls_pair *p)
{
    end_close(&p->client);
    end_close(&p->server);
}

void pair_move_some(struct tls_end *from, struct tls_end *to, size_t n)
{
    if (n > from->out.len)
        n = from->out.len;
    octets_add(&to->in, from->out.data, n);
    octets_drop(&from->out, n);
}

void pair_move(struct tls_end *from, struct tls_end *to)
{
    pair_move_some(from, to, from->out.len);
}

/* Octets from one to the other, and legs there; false: there was nothing to do. */
static bool pass(struct tls_end *from, struct tls_end *to, size_t step)
{
    bool more = from->out.len > 0;

    pair_move_some(from, to, step ? step : from->out.len);
    while (more && !to->done && to->in.len > 0) {
        size_t before = to->in.len;

        if (end_leg(to) < 0 || to->in.len == before)
            break;
    }
    return more;
}

static bool has_failed(const struct tls_end *e)
{
    return e->status < 0 && e->status != SEC_E_INCOMPLETE_MESSAGE;
}

SECURITY_STATUS pair_shake(struct tls_pair *p, size_t step)
{
    if (!p->client.has_ctx && end_leg(&p->client) < 0)
        return p->client.status;
    for (;;) {
        bool there = pass(&p->client, &p->server, step);
        bool back = pass(&p->server, &p->client, step);

        if (has_failed(&p->client))
            return p->client.status;
        if (has_failed(&p->server))
            return p->server.status;
        if (!there && !back)
            break;
    }
    return p->client.done && p->server.done ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
}

/* --- messages -------------------------------------------------------------------------------- */

SECURITY_STATUS end_send(struct tls_end *e, const void *data, size_t n)
{
    SecPkgContext_StreamSizes sizes;
    SECURITY_STATUS status = QueryContextAttributesA(&e->ctx, SECPKG_ATTR_STREAM_SIZES, &sizes);

    if (status != SEC_E_OK)
        return status;
    uint8_t *header = exact(NULL, 0), *body = exact(data, n), *trailer = exact(NULL, 0);
    header = realloc(header, sizes.cbHeader);
    trailer = realloc(trailer, sizes.cbTrailer);
    SecBuffer b[4] = { { sizes.cbHeader, SECBUFFER_STREAM_HEADER, header },
                       { (ULONG)n, SECBUFFER_DATA, body },
                       { sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, trailer },
                       { 0, SECBUFFER_EMPTY, NULL } };
    SecBufferDesc all = { SECBUFFER_VERSION, 4, b };
    status = EncryptMessage(&e->ctx, 0, &all, 0);
    if (status == SEC_E_OK)
        for (int i = 0; i < 3; i++)
            octets_add(&e->out, b[i].pvBuffer, b[i].cbBuffer);
    free(header);
    free(body);
    free(trailer);
    return status;
}

static const SecBuffer *find(const SecBuffer b[4], ULONG type)
{
    for (int i = 0; i < 4; i++)
        if (b[i].BufferType == type)
            return &b[i];
    return NULL;
}

SECURITY_STATUS end_receive(struct tls_end *e, struct octets *data)
{
    uint8_t *bytes = exact(e->in.data, e->in.len);
    SecBuffer b[4] = { { (ULONG)e->in.len, SECBUFFER_DATA, bytes } };
    SecBufferDesc all = { SECBUFFER_VERSION, 4, b };
    ULONG qop = 0;
    SECURITY_STATUS status = DecryptMessage(&e->ctx, &all, 0, &qop);
    const SecBuffer *extra = find(b, SECBUFFER_EXTRA), *body = find(b, SECBUFFER_DATA);
    const SecBuffer *missing = find(b, SECBUFFER_MISSING);

    *data = (struct octets){ NULL, 0 };
    e->missing = missing ? missing->cbBuffer : 0;
    if (status >= 0) {
        if (body)
            octets_add(data, body->pvBuffer, body->cbBuffer);
        octets_drop(&e->in, e->in.len - (extra ? extra->cbBuffer : 0));
    }
    free(bytes);
    return status;
}

SECURITY_STATUS end_shut(struct tls_end *e)
{
    DWORD what = SCHANNEL_SHUTDOWN;
    SecBuffer b = { sizeof what, SECBUFFER_TOKEN, &what };
    SecBufferDesc control = { SECBUFFER_VERSION, 1, &b };
    SECURITY_STATUS status = ApplyControlToken(&e->ctx, &control);

    return status < 0 ? status : end_leg_of(e, 0);
}

/* A word over; records without data, and a leg that is asked for, come in between. */
static bool say(struct tls_end *from, struct tls_end *to, const char *word)
{
    struct octets got = { NULL, 0 };
    SECURITY_STATUS status = end_send(from, word, strlen(word));
    bool same = false;

    pair_move(from, to);
    while (status >= 0 && !same) {
        status = end_receive(to, &got);
        same = got.len == strlen(word) && memcmp(got.data, word, got.len) == 0;
        octets_clear(&got);
        if (status == SEC_I_RENEGOTIATE)
            status = end_leg(to);
    }
    return same;
}

bool pair_talks(struct tls_pair *p)
{
    return say(&p->client, &p->server, "ping") && say(&p->server, &p->client, "pong");
}

/* --- credentials ----------------------------------------------------------------------------- */

SECURITY_STATUS cred_open(CredHandle *cred, bool server, const char *cert, const char *roots,
                          DWORD flags, DWORD disabled)
{
    PCCERT_CONTEXT ours = NULL, ca = NULL;
    SECURITY_STATUS status = SEC_E_OK;
    TLS_PARAMETERS tls = { .grbitDisabledProtocols = disabled };
    SCH_CREDENTIALS c = { .dwVersion = SCH_CREDENTIALS_VERSION,
                          .dwFlags = flags,
                          .cTlsParameters = 1,
                          .pTlsParameters = &tls };
    TimeStamp expiry;

    if (cert)
        status = sspi_open_certificate("Schannel", cert, NULL, NULL, &ours);
    if (status == SEC_E_OK && roots)
        status = sspi_open_certificate("Schannel", roots, NULL, NULL, &ca);
    if (ours) {
        c.cCreds = 1;
        c.paCred = &ours;
    }
    c.hRootStore = ca ? ca->hCertStore : NULL;
    if (status == SEC_E_OK)
        status = AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t) "Schannel",
                                           server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND,
                                           NULL, &c, NULL, NULL, cred, &expiry);
    CertFreeCertificateContext(ours);
    CertFreeCertificateContext(ca);
    return status;
}

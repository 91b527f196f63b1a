/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect.c: messages after the exchange, with AES-256-GCM on the caller's own buffers.
 *
 * TOKEN takes the message's number (8 bytes) and the tag (16).  Each direction has its own key
 * and counts its messages, signed and encrypted ones alike, so that no nonce is used twice (NIST
 * SP 800-38D, 8.2.1).  What kind a message is goes into the nonce: a signature over some data
 * and the encryption of nothing beside the same data would otherwise be the same bytes.
 */
#include "example.h"

#define CHUNK (1 << 30) /* EVP counts in int */

enum kind { SIGNED = 1, ENCRYPTED = 2 };

bool ex_direction_open(struct ex_direction *d, const struct secret *key, bool sending)
{
    d->next = 0;
    d->cipher = EVP_CIPHER_CTX_new();
    return d->cipher &&
           EVP_CipherInit_ex(d->cipher, EVP_aes_256_gcm(), NULL, key->bytes, NULL, sending) == 1;
}

void ex_direction_close(struct ex_direction *d)
{
    EVP_CIPHER_CTX_free(d->cipher); /* wipes the key's schedule */
    d->cipher = NULL;
}

/* Bytes through the cipher in place, or, with aad, only into the tag. */
static bool feed(EVP_CIPHER_CTX *cipher, bool aad, SecBuffer *b)
{
    uint8_t *p = b->pvBuffer;
    size_t left = b->cbBuffer;

    while (left > 0) {
        int part = left > CHUNK ? CHUNK : (int)left;
        int done;

        if (EVP_CipherUpdate(cipher, aad ? NULL : p, &done, p, part) != 1)
            return false;
        p += part;
        left -= (size_t)part;
    }
    return true;
}

static bool start(struct ex_direction *d, enum kind kind, uint64_t number)
{
    uint8_t nonce[12];
    struct wire_out out = wire_out(nonce, sizeof nonce);

    wire_put_u32le(&out, kind);
    wire_put_u64le(&out, number);
    return EVP_CipherInit_ex(d->cipher, NULL, NULL, NULL, nonce, -1) == 1;
}

/* DATA that is to be changed or signed; READONLY data is left out, as Windows leaves it. */
static bool is_data(const SecBuffer *b)
{
    return ssp_buffer_type(b) == SECBUFFER_DATA && !(b->BufferType & SECBUFFER_READONLY);
}

static bool only_signed(const SecBuffer *b, enum kind kind)
{
    return kind == SIGNED || (b->BufferType & SECBUFFER_READONLY_WITH_CHECKSUM) != 0;
}

/* All data of a message: first what is only signed, for GCM wants it first. */
static bool feed_all(struct ex_direction *d, enum kind kind, struct ssp_buffers m)
{
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < m.count; i++)
            if (is_data(&m.all[i]) && only_signed(&m.all[i], kind) == (pass == 0) &&
                !feed(d->cipher, pass == 0, &m.all[i]))
                return false;
    return true;
}

/* Nothing of a message that is refused stays with the caller. */
static void wipe_data(enum kind kind, struct ssp_buffers m)
{
    for (uint32_t i = 0; i < m.count; i++)
        if (is_data(&m.all[i]) && !only_signed(&m.all[i], kind) && m.all[i].cbBuffer > 0)
            explicit_bzero(m.all[i].pvBuffer, m.all[i].cbBuffer);
}

static SECURITY_STATUS protect(struct ex_direction *d, enum kind kind, uint32_t qop,
                               struct ssp_buffers m)
{
    SecBuffer *token = ssp_buffer_find(m, SECBUFFER_TOKEN);
    SecBuffer *padding = ssp_buffer_find(m, SECBUFFER_PADDING);
    uint8_t tag[EX_TAG];
    struct wire_out out;
    uint64_t number;
    int none;

    if (qop != 0)
        return ssp_fail(ex_host, SEC_E_QOP_NOT_SUPPORTED, "quality of protection %#x", qop);
    if (!token)
        return ssp_fail(ex_host, SEC_E_INVALID_TOKEN, "no TOKEN buffer");
    if (token->cbBuffer < EX_TRAILER)
        return ssp_fail(ex_host, SEC_E_BUFFER_TOO_SMALL, "TOKEN takes %d bytes", EX_TRAILER);
    number = d->next++; /* first: a number is spent even if what follows fails */
    if (!start(d, kind, number) || !feed_all(d, kind, m) ||
        EVP_CipherFinal_ex(d->cipher, tag, &none) != 1 ||
        EVP_CIPHER_CTX_ctrl(d->cipher, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) != 1) {
        wipe_data(kind, m);
        return ssp_fail(ex_host, SEC_E_ENCRYPT_FAILURE, "OpenSSL failed");
    }
    out = wire_out(token->pvBuffer, token->cbBuffer);
    wire_put_u64le(&out, number);
    wire_put(&out, tag, sizeof tag);
    token->cbBuffer = EX_TRAILER;
    if (padding)
        padding->cbBuffer = 0; /* GCM needs none */
    return SEC_E_OK;
}

static SECURITY_STATUS unprotect(struct ex_direction *d, enum kind kind, struct ssp_buffers m,
                                 uint32_t *qop)
{
    struct wire_in in = wire_in(ssp_buffer_span(ssp_buffer_find(m, SECBUFFER_TOKEN)));
    uint64_t number = wire_u64le(&in);
    struct span theirs = wire_span(&in, EX_TAG);
    uint8_t tag[EX_TAG];
    uint8_t rest[EX_TAG]; /* EVP wants room, though GCM has nothing left to give */
    int none;

    if (!wire_done(&in))
        return ssp_fail(ex_host, SEC_E_INVALID_TOKEN, "a TOKEN of %zu bytes, not %d", in.all.len,
                        EX_TRAILER);
    if (number != d->next)
        return ssp_fail(ex_host, SEC_E_OUT_OF_SEQUENCE, "message %llu where %llu is due",
                        (unsigned long long)number, (unsigned long long)d->next);
    memcpy(tag, theirs.data, sizeof tag);
    if (!start(d, kind, number) || !feed_all(d, kind, m) ||
        EVP_CIPHER_CTX_ctrl(d->cipher, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) != 1 ||
        EVP_CipherFinal_ex(d->cipher, rest, &none) != 1) {
        wipe_data(kind, m);
        return ssp_fail(ex_host, SEC_E_MESSAGE_ALTERED, "message %llu is not what was sent",
                        (unsigned long long)number);
    }
    d->next++;
    if (qop)
        *qop = 0;
    return SEC_E_OK;
}

SECURITY_STATUS ex_sign(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq)
{
    (void)seq; /* of the caller's; ours are in the tokens */
    return protect(&ctx->send, SIGNED, qop, m);
}

SECURITY_STATUS ex_verify(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq, uint32_t *qop)
{
    (void)seq;
    return unprotect(&ctx->receive, SIGNED, m, qop);
}

SECURITY_STATUS ex_encrypt(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq)
{
    (void)seq;
    return protect(&ctx->send, ENCRYPTED, qop, m);
}

SECURITY_STATUS ex_decrypt(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq, uint32_t *qop)
{
    (void)seq;
    return unprotect(&ctx->receive, ENCRYPTED, m, qop);
}

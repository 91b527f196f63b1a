/* SPDX-License-Identifier: Apache-2.0 */
/* handmade.c: records and messages of TLS written by hand. */
#include "config.h"

#include "tests/tls/handmade.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "handmade.c: %s\n", what);
    abort();
}

/* --- octets ---------------------------------------------------------------------------------- */

void put_number(struct octets *to, unsigned width, uint64_t v)
{
    uint8_t all[8];

    for (unsigned i = 0; i < width; i++)
        all[i] = (uint8_t)(v >> 8 * (width - 1 - i));
    octets_add(to, all, width);
}

size_t put_room(struct octets *to, unsigned width)
{
    put_number(to, width, 0);
    return to->len;
}

void put_length(struct octets *to, unsigned width, size_t at)
{
    struct octets length = { NULL, 0 };

    put_number(&length, width, to->len - at);
    memcpy(to->data + at - width, length.data, width);
    octets_clear(&length);
}

/* --- records --------------------------------------------------------------------------------- */

void put_record(struct octets *to, unsigned type, const void *body, size_t n)
{
    put_number(to, 1, type);
    put_number(to, 2, 0x0303);
    put_number(to, 2, n);
    octets_add(to, body, n);
}

void put_message(struct octets *to, unsigned type, const void *body, size_t n)
{
    put_number(to, 1, type);
    put_number(to, 3, n);
    octets_add(to, body, n);
}

size_t record_at(const struct octets *o, size_t at)
{
    size_t n;

    if (at > o->len || o->len - at < HEAD)
        return 0;
    n = HEAD + (size_t)(o->data[at + 3] << 8 | o->data[at + 4]);
    return n <= o->len - at ? n : 0;
}

void put_in_records(struct octets *to, const struct octets *message, size_t n)
{
    for (size_t at = 0; at < message->len; at += n)
        put_record(to, HANDSHAKE, message->data + at,
                   message->len - at < n ? message->len - at : n);
}

/* --- hellos ---------------------------------------------------------------------------------- */

#define OR(given, usual) (given ? given : usual)
#define LEN(given, n, usual) (given ? n : sizeof(usual) - 1)

/* TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 */
static const char client_ciphers[] = "\xc0\x2b\xc0\x2f", server_cipher[] = "\xc0\x2b";
static const char no_compression[] = "\0";
/* supported_groups: secp256r1; ec_point_formats: uncompressed; signature_algorithms */
static const char client_extensions[] = "\0\x0a\0\x04\0\x02\0\x17"
                                        "\0\x0b\0\x02\x01\0"
                                        "\0\x0d\0\x08\0\x06\x04\x03\x08\x04\x04\x01";
/* renegotiation_info: none before */
static const char server_extensions[] = "\xff\x01\0\x01\0";

/* A list with its length before it, or, of a server, the one member of it. */
static void put_list(struct octets *to, const struct hello *h, unsigned width, const char *list,
                     size_t n)
{
    if (!h->server)
        put_number(to, width, n);
    octets_add(to, list, n);
}

void put_hello(struct octets *to, const struct hello *h)
{
    static const char random[] = "thirty-two octets, by no chance.";
    struct octets message = { NULL, 0 };
    const char *extensions = h->server ? server_extensions : client_extensions;
    const char *ciphers = h->server ? server_cipher : client_ciphers;
    size_t n = h->server ? sizeof server_extensions - 1 : sizeof client_extensions - 1;
    size_t whole;

    put_number(&message, 1, h->server ? 2 : 1);
    whole = put_room(&message, 3);
    put_number(&message, 2, h->version ? h->version : 0x0303);
    octets_add(&message, OR(h->random, random), 32);
    put_number(&message, 1, 0); /* no session */
    put_list(&message, h, 2, OR(h->ciphers, ciphers),
             h->ciphers  ? h->n_ciphers
             : h->server ? 2
                         : sizeof client_ciphers - 1);
    put_list(&message, h, 1, OR(h->compressions, no_compression),
             LEN(h->compressions, h->n_compressions, no_compression));
    n = h->extensions ? h->n_extensions : n;
    put_number(&message, 2, (uint64_t)((int64_t)n + h->lie));
    octets_add(&message, OR(h->extensions, extensions), n);
    put_length(&message, 3, whole);
    put_in_records(to, &message, 16384);
    octets_clear(&message);
}

static void put_certificate(struct octets *to, const struct octets *der)
{
    size_t at = put_room(to, 3);

    octets_add(to, der->data, der->len);
    put_length(to, 3, at);
}

void put_certificate_list(struct octets *to, const struct octets *der, size_t n)
{
    struct octets body = { NULL, 0 }, message = { NULL, 0 };
    size_t at = put_room(&body, 3);

    for (size_t i = 0; i < n; i++)
        put_certificate(&body, &der[i]);
    put_length(&body, 3, at);
    put_message(&message, 11, body.data, body.len);
    put_in_records(to, &message, 16384);
    octets_clear(&message);
    octets_clear(&body);
}

/* --- keys ------------------------------------------------------------------------------------ */

#define RANDOM_AT (HEAD + 4 + 2) /* of a hello, in its flight */

struct secret_text {
    uint8_t octets[64];
    size_t len;
};

/* A line is: label, the client's random, secret; both in hexadecimal. */
static bool read_line(const char *line, const char *label, const uint8_t *random,
                      struct secret_text *out)
{
    char wanted[128];
    size_t n = (size_t)snprintf(wanted, sizeof wanted, "%s ", label);
    unsigned v;

    for (size_t i = 0; i < 32; i++)
        n += (size_t)snprintf(wanted + n, sizeof wanted - n, "%02x", random[i]);
    if (strncmp(line, wanted, n) != 0 || line[n] != ' ')
        return false;
    out->len = 0;
    for (line += n + 1; out->len < sizeof out->octets && sscanf(line, "%2x", &v) == 1; line += 2)
        out->octets[out->len++] = (uint8_t)v;
    return true;
}

static struct secret_text find_secret(const char *keylog, const char *label, const uint8_t *random)
{
    struct secret_text found = { .len = 0 };
    char line[512];
    FILE *f = fopen(keylog, "r");

    must(f, keylog);
    while (found.len == 0 && fgets(line, sizeof line, f))
        (void)read_line(line, label, random, &found);
    fclose(f);
    must(found.len > 0, label);
    return found;
}

static void derive(const char *kdf, const OSSL_PARAM *params, uint8_t *to, size_t n)
{
    EVP_KDF *algorithm = EVP_KDF_fetch(NULL, kdf, NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(algorithm);

    must(ctx && EVP_KDF_derive(ctx, to, n, params) == 1, kdf);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(algorithm);
}

#define OCTETS(name, from, n) OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)(from), n)
#define WORDS(name, from) OSSL_PARAM_construct_utf8_string(name, (char *)(uintptr_t)(from), 0)

/* RFC 8446 7.1, HKDF-Expand-Label without a context. */
static void expand_label(const struct seal *s, const char *label, uint8_t *to, size_t n)
{
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    const OSSL_PARAM params[] = { OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
                                  WORDS(OSSL_KDF_PARAM_DIGEST,
                                        s->secret_len == 48 ? "SHA384" : "SHA256"),
                                  OCTETS(OSSL_KDF_PARAM_KEY, s->secret, s->secret_len),
                                  OCTETS(OSSL_KDF_PARAM_PREFIX, "tls13 ", 6),
                                  OCTETS(OSSL_KDF_PARAM_LABEL, label, strlen(label)),
                                  OSSL_PARAM_construct_end() };

    derive("TLS13-KDF", params, to, n);
}

static void expand_keys(struct seal *s)
{
    s->key_len = s->secret_len == 48 ? 32 : 16;
    expand_label(s, "key", s->key, s->key_len);
    expand_label(s, "iv", s->iv, sizeof s->iv);
    s->seq = 0;
}

void seal_update(struct seal *s)
{
    uint8_t next[sizeof s->secret];

    expand_label(s, "traffic upd", next, s->secret_len);
    memcpy(s->secret, next, s->secret_len);
    expand_keys(s);
}

/* RFC 5246 6.3, of AES-GCM: two keys, then four octets of nonce for each side. */
static void key_block(const char *hash, const struct secret_text *master, const uint8_t *client,
                      const uint8_t *server, uint8_t *to, size_t n)
{
    uint8_t seed[13 + 64] = "key expansion";

    memcpy(seed + 13, server, 32);
    memcpy(seed + 13 + 32, client, 32);
    const OSSL_PARAM params[] = { WORDS(OSSL_KDF_PARAM_DIGEST, hash),
                                  OCTETS(OSSL_KDF_PARAM_SECRET, master->octets, master->len),
                                  OCTETS(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
                                  OSSL_PARAM_construct_end() };
    derive("TLS1-PRF", params, to, n);
}

/* The suites of TLS 1.2 whose hash is SHA-384 have keys of 256 bits, those of SHA-256 of 128. */
static bool has_sha384(const struct octets *server_hello)
{
    size_t session = server_hello->data[RANDOM_AT + 32];
    const uint8_t *suite = server_hello->data + RANDOM_AT + 33 + session;
    bool big = suite[1] == 0x2c || suite[1] == 0x30;

    must(suite[0] == 0xc0 && (big || suite[1] == 0x2b || suite[1] == 0x2f), "another suite");
    return big;
}

struct seal seal_of(const char *keylog, const char *label, bool by_server,
                    const struct octets *client_hello, const struct octets *server_hello)
{
    const uint8_t *client = client_hello->data + RANDOM_AT;
    struct secret_text secret = find_secret(keylog, label ? label : "CLIENT_RANDOM", client);
    struct seal s = { .tls13 = label != NULL };
    uint8_t block[2 * 32 + 2 * 4];

    if (label) {
        must(secret.len <= sizeof s.secret, "a long secret");
        memcpy(s.secret, secret.octets, secret.len);
        s.secret_len = secret.len;
        expand_keys(&s);
        return s;
    }
    s.key_len = has_sha384(server_hello) ? 32 : 16;
    key_block(s.key_len == 32 ? "SHA384" : "SHA256", &secret, client,
              server_hello->data + RANDOM_AT, block, 2 * s.key_len + 8);
    memcpy(s.key, block + (by_server ? s.key_len : 0), s.key_len);
    memcpy(s.iv, block + 2 * s.key_len + (by_server ? 4 : 0), 4);
    return s;
}

/* --- sealing --------------------------------------------------------------------------------- */

static void gcm(const struct seal *s, const uint8_t nonce[12], const struct octets *also,
                const struct octets *plain, uint8_t *to)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n;

    must(c &&
             EVP_EncryptInit_ex(c, s->key_len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), NULL,
                                s->key, nonce) == 1 &&
             EVP_EncryptUpdate(c, NULL, &n, also->data, (int)also->len) == 1,
         "no cipher");
    /* Nothing at all is data, too, but not for EVP. */
    must((plain->len == 0 || EVP_EncryptUpdate(c, to, &n, plain->data, (int)plain->len) == 1) &&
             EVP_EncryptFinal_ex(c, to + plain->len, &n) == 1 &&
             EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, to + plain->len) == 1,
         "cannot seal");
    EVP_CIPHER_CTX_free(c);
}

/* RFC 8446 5.2, 5.3. */
static void seal13(struct octets *to, const struct seal *s, unsigned type, struct octets *plain,
                   size_t padding)
{
    struct octets head = { NULL, 0 };
    uint8_t nonce[12];

    put_number(plain, 1, type);
    for (size_t i = 0; i < padding; i++)
        put_number(plain, 1, 0);
    memcpy(nonce, s->iv, sizeof nonce);
    for (unsigned i = 0; i < 8; i++)
        nonce[11 - i] ^= (uint8_t)(s->seq >> 8 * i);
    put_record(&head, APPLICATION_DATA, NULL, 0);
    head.len -= 2;
    put_number(&head, 2, plain->len + 16);
    octets_add(to, head.data, HEAD);
    uint8_t *sealed = malloc(plain->len + 16);
    must(sealed, "no memory");
    gcm(s, nonce, &head, plain, sealed);
    octets_add(to, sealed, plain->len + 16);
    free(sealed);
    octets_clear(&head);
}

/* RFC 5246 6.2.3.3, RFC 5288. */
static void seal12(struct octets *to, const struct seal *s, unsigned type,
                   const struct octets *plain)
{
    struct octets also = { NULL, 0 }, body = { NULL, 0 };
    uint8_t nonce[12], *sealed = malloc(plain->len + 16);

    must(sealed, "no memory");
    put_number(&also, 8, s->seq);
    put_number(&also, 1, type);
    put_number(&also, 2, 0x0303);
    put_number(&also, 2, plain->len);
    put_number(&body, 8, s->seq ^ 0xa5a5a5a5u); /* any nonce will do once */
    memcpy(nonce, s->iv, 4);
    memcpy(nonce + 4, body.data, 8);
    gcm(s, nonce, &also, plain, sealed);
    octets_add(&body, sealed, plain->len + 16);
    put_record(to, type, body.data, body.len);
    free(sealed);
    octets_clear(&also);
    octets_clear(&body);
}

void put_sealed(struct octets *to, struct seal *s, unsigned type, const void *body, size_t n,
                size_t padding)
{
    struct octets plain = { NULL, 0 };

    octets_add(&plain, body, n);
    if (s->tls13)
        seal13(to, s, type, &plain, padding);
    else
        seal12(to, s, type, &plain);
    s->seq++;
    octets_clear(&plain);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test-crypto.c: hashes and keys against published values, and our plain ones against OpenSSL. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "plugins/common/bindings.h"
#include "plugins/common/small.h"
#include "plugins/ntlm/avpair.h"
#include "plugins/ntlm/crypto.h"
#include "plugins/ntlm/flags.h"
#include "plugins/ntlm/keys.h"
#include "plugins/ntlm/message.h"
#include "plugins/ntlm/test-vectors.h"

static void assert_bytes(const struct vector *v, const char *key, struct span got)
{
    struct span want = vector_bytes(v, key);

    if (!span_eq(want, got))
        fail_msg("%s: %s differs", v->title, key);
}

static void md4(const struct vector *v)
{
    struct secret digest = { 0 };

    ntlm_md4(vector_bytes(v, "data"), &digest);
    assert_bytes(v, "want.digest", secret_span(&digest));
}

static void rc4(const struct vector *v)
{
    struct span data = vector_bytes(v, "data");
    uint8_t out[64];
    struct ntlm_rc4 r;

    ntlm_rc4_key(&r, vector_bytes(v, "key"));
    ntlm_rc4_run(&r, data.data, out, data.len);
    assert_bytes(v, "want.out", span_of(out, data.len));
}

static void hmac(const struct vector *v)
{
    uint8_t mac[16];

    hmac_md5(vector_bytes(v, "key"), vector_bytes(v, "data"), span_of(NULL, 0), mac);
    assert_bytes(v, "want.mac", span_of(mac, sizeof mac));
}

static void ntowfv1_of(const struct vector *v, struct secret *hash)
{
    ntlm_ntowfv1(vector_utf16(vector_text(v, "password")), hash);
}

static void ntowfv1(const struct vector *v)
{
    struct secret hash = { 0 };

    ntowfv1_of(v, &hash);
    assert_bytes(v, "want.hash", secret_span(&hash));
}

static void ntowfv2_of(const struct vector *v, struct secret *key)
{
    struct secret hash = { 0 };

    ntowfv1_of(v, &hash);
    ntlm_ntowfv2(&hash, vector_utf16(vector_text(v, "user")),
                 vector_utf16(vector_text(v, "domain")), key);
}

static void ntowfv2(const struct vector *v)
{
    struct secret key = { 0 };

    ntowfv2_of(v, &key);
    assert_bytes(v, "want.hash", secret_span(&key));
}

static void v2(const struct vector *v)
{
    struct span server = vector_bytes(v, "server_challenge");
    struct span client = vector_bytes(v, "client_challenge");
    uint8_t temp[256], proof[16], lm[24], wrapped[16];
    struct wire_out out = wire_out(temp, sizeof temp);
    struct secret key = { 0 }, base = { 0 };

    ntowfv2_of(v, &key);
    ntlm_put_v2_head(&out, vector_number(v, "time"), client);
    wire_put_span(&out, vector_bytes(v, "target_info"));
    wire_put_zeros(&out, 4);
    assert_bytes(v, "want.temp", span_of(temp, out.len));
    ntlm_proof(&key, server, span_of(temp, out.len), proof);
    assert_bytes(v, "want.nt_proof_str", span_of(proof, sizeof proof));
    ntlm_lmv2(&key, server, client, lm);
    assert_bytes(v, "want.lm_response", span_of(lm, sizeof lm));
    ntlm_base_key(&key, proof, &base);
    assert_bytes(v, "want.session_base_key", secret_span(&base));
    ntlm_wrap_key(&base, vector_bytes(v, "random_session_key").data, wrapped);
    assert_bytes(v, "want.encrypted_random_session_key", span_of(wrapped, sizeof wrapped));
}

static void keys(const struct vector *v)
{
    static const char *const name[2][2] = {
        { "want.client_sign_key", "want.client_seal_key" },
        { "want.server_sign_key", "want.server_seal_key" },
    };
    uint32_t flags = (uint32_t)vector_number(v, "flags");
    struct secret esk = { 0 }, sign = { 0 }, seal = { 0 };

    secret_set(&esk, vector_bytes(v, "exported_session_key"));
    for (unsigned i = 0; i < 2; i++) {
        ntlm_sign_key(&esk, i == 0, &sign);
        ntlm_seal_key(&esk, flags, i == 0, &seal);
        if (vector_has(v, name[i][0]))
            assert_bytes(v, name[i][0], secret_span(&sign));
        if (vector_has(v, name[i][1]))
            assert_bytes(v, name[i][1], secret_span(&seal));
    }
}

static void parse(const struct vector *v)
{
    struct span token = vector_bytes(v, "message");
    struct ntlm_challenge c = { 0 };
    struct ntlm_authenticate a = { 0 };

    assert_int_equal(ntlm_type(token), vector_number(v, "want.type"));
    if (ntlm_type(token) == 2) {
        assert_null(ntlm_get_challenge(token, &c));
        assert_int_equal(c.flags, vector_number(v, "want.flags"));
        assert_bytes(v, "want.target", c.target_name);
        assert_bytes(v, "want.server_challenge", span_of(c.nonce, 8));
        assert_bytes(v, "want.target_info", c.target_info);
        return;
    }
    assert_null(ntlm_get_authenticate(token, &a));
    assert_int_equal(a.flags, vector_number(v, "want.flags"));
    assert_bytes(v, "want.lm", a.lm);
    assert_bytes(v, "want.nt", a.nt);
    assert_bytes(v, "want.domain", a.domain);
    assert_bytes(v, "want.user", a.user);
    assert_bytes(v, "want.workstation", a.workstation);
    assert_bytes(v, "want.key", a.key);
    assert_int_equal(a.mic.len, 0); /* [MS-NLMP] 4.2: the payload begins at 72 */
}

static void flow_pairs(const struct vector *v, struct span nt)
{
    struct ntlm_v2 answer = { 0 };
    struct ntlm_avs avs = { 0 };
    uint8_t ids[32];
    size_t n = 0;
    uint16_t id;

    assert_null(ntlm_get_v2(nt, &answer));
    assert_null(ntlm_get_avs(answer.pairs, &avs));
    struct wire_in in = wire_in(answer.pairs);
    for ((void)ntlm_next_av(&in, &id); id != NTLM_AV_EOL; (void)ntlm_next_av(&in, &id))
        ids[n++] = (uint8_t)id;
    assert_bytes(v, "want.av_ids_in_response", span_of(ids, n));
    if (vector_has(v, "want.av_flags"))
        assert_int_equal(ntlm_av_flags(&avs), vector_number(v, "want.av_flags"));
    if (vector_has(v, "want.av_channel_bindings"))
        assert_bytes(v, "want.av_channel_bindings", avs.value[NTLM_AV_BINDINGS]);
    if (vector_has(v, "want.av_target_name")) {
        struct span name = vector_utf16(vector_text(v, "want.av_target_name"));

        assert_true(span_eq(name, avs.value[NTLM_AV_TARGET_NAME]));
    }
}

static void flow(const struct vector *v)
{
    struct span negotiate = vector_bytes(v, "negotiate");
    struct span challenge = vector_bytes(v, "challenge");
    struct span authenticate = vector_bytes(v, "authenticate");
    struct ntlm_challenge c = { 0 };
    struct ntlm_authenticate a = { 0 };
    struct ntlm_v2 answer = { 0 };
    struct secret hash = { 0 }, key = { 0 }, session = { 0 };
    uint8_t proof[16], mic[16];

    assert_null(ntlm_get_challenge(challenge, &c));
    assert_null(ntlm_get_authenticate(authenticate, &a));
    assert_null(ntlm_get_v2(a.nt, &answer));
    ntowfv1_of(v, &hash);
    ntlm_ntowfv2(&hash, a.user, a.domain, &key);
    ntlm_proof(&key, span_of(c.nonce, 8), answer.temp, proof);
    assert_bytes(v, "want.nt_proof_str", span_of(proof, sizeof proof));
    assert_true(span_eq(span_of(proof, sizeof proof), answer.proof));
    ntlm_base_key(&key, proof, &session);
    if (a.flags & NTLM_KEY_EXCH)
        ntlm_wrap_key(&session, a.key.data, session.bytes);
    assert_bytes(v, "want.exported_session_key", secret_span(&session));
    flow_pairs(v, a.nt);
    if (!vector_number(v, "has_mic"))
        return;
    assert_int_equal(a.mic.len, 16);
    ntlm_mic(&session, negotiate, challenge, authenticate, mic);
    assert_bytes(v, "want.mic", span_of(mic, sizeof mic));
    assert_true(span_eq(span_of(mic, sizeof mic), a.mic));
}

static void bindings(const struct vector *v)
{
    const struct ssp_bindings b = {
        .initiator_type = (uint32_t)vector_number(v, "initiator_addrtype"),
        .initiator = vector_bytes(v, "initiator_address"),
        .acceptor_type = (uint32_t)vector_number(v, "acceptor_addrtype"),
        .acceptor = vector_bytes(v, "acceptor_address"),
        .application_data = vector_bytes(v, "application_data"),
    };
    uint8_t digest[16];

    bindings_md5(&b, digest);
    assert_bytes(v, "want.md5", span_of(digest, sizeof digest));
}

static void vectors_agree(void **state)
{
    static const struct {
        const char *op;
        void (*run)(const struct vector *v);
    } ops[] = {
        { "md4", md4 },
        { "rc4", rc4 },
        { "hmac_md5", hmac },
        { "ntlm.ntowfv1", ntowfv1 },
        { "ntlm.ntowfv2", ntowfv2 },
        { "ntlm.v2", v2 },
        { "ntlm.keys", keys },
        { "ntlm.parse", parse },
        { "ntlm.flow", flow },
        { "gss.bindings", bindings },
    };
    struct vector v;
    size_t n = 0;

    (void)state;
    assert_true(vectors_open("ntlm-vectors.txt"));
    while (vectors_next(&v))
        for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
            if (strcmp(v.op, ops[i].op) == 0) {
                ops[i].run(&v);
                n++;
            }
    vectors_close();
    assert_int_equal(n, 50);
}

/* --- three makers of the same thing ----------------------------------------------------------- */

static void fill(uint8_t *p, size_t n)
{
    uint32_t x = 12345;

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)((x = x * 1664525u + 1013904223u) >> 24);
}

#define LONGEST 200u /* more than three blocks */

static void small_hashes_equal_openssl(void **state)
{
    uint8_t data[LONGEST], got[16], want[16];
    struct secret digest = { 0 };

    (void)state;
    fill(data, sizeof data);
    for (size_t n = 0; n <= sizeof data; n++) {
        struct small_md m;
        struct md5 md5;

        small_md4_open(&m);
        small_md_add(&m, span_of(data, n / 3));
        small_md_add(&m, span_of(data + n / 3, n - n / 3));
        small_md_close(&m, got);
        ntlm_md4(span_of(data, n), &digest);
        assert_memory_equal(got, digest.bytes, 16);
        small_md5_open(&m);
        small_md_add(&m, span_of(data, n));
        small_md_close(&m, got);
        md5_open(&md5);
        md5_add(&md5, span_of(data, n));
        md5_close(&md5, want);
        assert_memory_equal(got, want, 16);
    }
}

static void small_rc4_equals_openssl(void **state)
{
    uint8_t data[LONGEST], got[LONGEST], want[LONGEST];
    struct small_rc4 small;
    struct ntlm_rc4 rc4_state;

    (void)state;
    fill(data, sizeof data);
    for (size_t key = 1; key <= 32; key++) {
        small_rc4_key(&small, span_of(data, key));
        ntlm_rc4_key(&rc4_state, span_of(data, key));
        for (size_t at = 0, n = 1; at + n <= sizeof data; at += n++) {
            small_rc4_run(&small, data + at, got + at, n);
            ntlm_rc4_run(&rc4_state, data + at, want + at, n);
            assert_memory_equal(got + at, want + at, n);
        }
    }
}

static bool evp_digest(OSSL_LIB_CTX *ctx, const char *name, struct span data, uint8_t out[16])
{
    EVP_MD *md = EVP_MD_fetch(ctx, name, NULL);
    unsigned n = 0;
    bool good = md && EVP_Digest(data.data, data.len, out, &n, md, NULL) == 1 && n == 16;

    EVP_MD_free(md);
    return good;
}

/* The legacy provider in a context of its own, if there is one on this system. */
static void openssl_providers_agree(void **state)
{
    OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(ctx, "legacy");
    OSSL_PROVIDER *plain = OSSL_PROVIDER_load(ctx, "default");
    uint8_t data[LONGEST], out[LONGEST], got[LONGEST];
    struct secret digest = { 0 };
    int n = 0;

    (void)state;
    fill(data, sizeof data);
    if (!legacy || !plain) {
        OSSL_PROVIDER_unload(legacy);
        OSSL_PROVIDER_unload(plain);
        OSSL_LIB_CTX_free(ctx);
        print_message("# OpenSSL's legacy provider is missing (Debian: openssl)\n");
        skip();
    }
    assert_true(evp_digest(ctx, "MD4", span_of(data, sizeof data), out));
    ntlm_md4(span_of(data, sizeof data), &digest);
    assert_memory_equal(out, digest.bytes, 16);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(ctx, "RC4", NULL);
    EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    assert_non_null(cipher);
    assert_int_equal(EVP_EncryptInit_ex2(run, cipher, data, NULL, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(run, out, &n, data, (int)sizeof data), 1);
    struct ntlm_rc4 r;
    ntlm_rc4_key(&r, span_of(data, 16));
    ntlm_rc4_run(&r, data, got, sizeof data);
    assert_memory_equal(out, got, sizeof data);
    EVP_CIPHER_CTX_free(run);
    EVP_CIPHER_free(cipher);
    OSSL_PROVIDER_unload(legacy);
    OSSL_PROVIDER_unload(plain);
    OSSL_LIB_CTX_free(ctx);
}

/* What a FIPS-minded openssl.cnf does: every provider but an empty one is out of reach. */
static void no_setting_of_openssl_matters(void **state)
{
    struct secret digest = { 0 };
    uint8_t mac[16];

    (void)state;
    assert_int_equal(EVP_set_default_properties(NULL, "fips=yes"), 1);
    EVP_MD *md = EVP_MD_fetch(NULL, "MD5", NULL);
    EVP_MD_free(md);
    assert_null(md);
    ntlm_md4(span_str("abc"), &digest);
    assert_memory_equal(digest.bytes, "\xa4\x48\x01\x7a", 4);
    hmac_md5(span_str("Jefe"), span_str("what do ya want "), span_str("for nothing?"), mac);
    assert_memory_equal(mac, "\x75\x0c\x78\x3e", 4);
    assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
}

static void long_hmac_keys_are_hashed(void **state)
{
    uint8_t key[80], mac[16];

    (void)state;
    memset(key, 0xaa, sizeof key); /* RFC 2202 2, case 6 */
    hmac_md5(span_of(key, sizeof key),
             span_str("Test Using Larger Than Block-Size Key - Hash Key First"), span_of(NULL, 0),
             mac);
    assert_memory_equal(mac, "\x6b\x1a\xb7\xfe\x4b\xd7\xbf\x8f\x0b\x62\xe6\xce\x61\xb9\xd0\xcd",
                        16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_agree),
        cmocka_unit_test(small_hashes_equal_openssl),
        cmocka_unit_test(small_rc4_equals_openssl),
        cmocka_unit_test(openssl_providers_agree),
        cmocka_unit_test(no_setting_of_openssl_matters),
        cmocka_unit_test(long_hmac_keys_are_hashed),
    };

    return cmocka_run_group_tests_name("ntlm crypto", tests, NULL, NULL);
}

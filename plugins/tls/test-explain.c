/* SPDX-License-Identifier: Apache-2.0 */
/* test-explain.c: what is told of records, and what is said to be wrong with them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugins/tls/explain.h"

struct told {
    char text[65536];
    size_t len;
};

static void hear(void *arg, unsigned depth, const char *name, const char *text)
{
    struct told *told = arg;
    int n = snprintf(told->text + told->len, sizeof told->text - told->len, "%*s%s: %s\n",
                     (int)(2 * depth), "", name, text);

    assert_true(n > 0 && (size_t)n < sizeof told->text - told->len);
    told->len += (size_t)n;
}

/* The token is read in memory of exactly its size. */
static SECURITY_STATUS explain(struct span token, struct told *told)
{
    uint8_t *exact = malloc(token.len > 0 ? token.len : 1);

    assert_non_null(exact);
    memcpy(exact, token.len > 0 ? token.data : (const uint8_t *)"", token.len);
    told->len = 0;
    told->text[0] = '\0';
    SECURITY_STATUS status = tls_explain(span_of(exact, token.len), hear, told);
    free(exact);
    return status;
}

/* --- tokens in hexadecimal ------------------------------------------------------------------- */

struct token {
    uint8_t data[200000];
    size_t len;
};

static void add_hex(struct token *token, const char *hex)
{
    for (; hex[0] && hex[0] != '\n'; hex += 2) {
        unsigned b;

        hex += strspn(hex, " ");
        assert_int_equal(sscanf(hex, "%2x", &b), 1);
        assert_true(token->len < sizeof token->data);
        token->data[token->len++] = (uint8_t)b;
    }
}

static SECURITY_STATUS explain_hex(const char *hex, struct told *told)
{
    static struct token token;

    token.len = 0;
    add_hex(&token, hex);
    return explain(span_of(token.data, token.len), told);
}

/* --- captures -------------------------------------------------------------------------------- */

static FILE *open_captures(void)
{
    const char *top = getenv("SSP_TEST_SRC");
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/tests/data/tls-captures.txt", top ? top : ".");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    return f;
}

/* The next one, with its title; false: there are no more. */
static bool next_capture(FILE *f, char title[64], struct token *token)
{
    char *line = NULL;
    size_t room = 0;
    bool found = false;

    token->len = 0;
    while (!found && getline(&line, &room, f) > 0) {
        (void)sscanf(line, "tls.token: %63[^\n]", title);
        found = strncmp(line, "bytes ", 6) == 0;
        if (found)
            add_hex(token, line + 6);
    }
    free(line);
    return found;
}

static SECURITY_STATUS explain_capture(const char *title, struct told *told)
{
    static struct token token;
    FILE *f = open_captures();
    char found[64] = "";

    while (strcmp(found, title) != 0)
        assert_true(next_capture(f, found, &token));
    fclose(f);
    return explain(span_of(token.data, token.len), told);
}

static void is_told(const char *title, const char *text)
{
    struct told told;

    assert_int_equal(explain_capture(title, &told), SEC_E_OK);
    assert_string_equal(told.text, text);
}

static void a_server_flight_of_1_2_is_told(void **state)
{
    (void)state;
    is_told("1.2 server 2",
            "Record: 22 handshake, 0x0303 TLS 1.2, 78 bytes\n"
            "  ServerHello: 74 bytes\n"
            "    server_version: 0x0303 TLS 1.2\n"
            "    random: 00b1ee516f427fd5435aabe56bd14509580b7c4efe3ea99da102d7f6776a5313\n"
            "    session_id: none\n"
            "    cipher_suite: 0xc02c TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\n"
            "    compression_method: null\n"
            "    extensions: 34 bytes\n"
            "      renegotiation_info: known; this is the first handshake\n"
            "      ec_point_formats: uncompressed, ansiX962_compressed_prime, "
            "ansiX962_compressed_char2\n"
            "      session_ticket: one will come\n"
            "      status_request: yes\n"
            "      application_layer_protocol_negotiation: h2\n"
            "      extended_master_secret: yes\n"
            "Record: 22 handshake, 0x0303 TLS 1.2, 502 bytes\n"
            "  Certificate: 498 bytes\n"
            "    certificate: 492 bytes\n"
            "      subject: CN=ec,O=Zo\\C3\\AB and sons\n"
            "      issuer: CN=ec,O=Zo\\C3\\AB and sons\n"
            "      valid: 2026-11-22T21:30:39Z to 2036-11-19T21:30:39Z\n"
            "      names: server.example.com, *.example.net, 127.0.0.1, 0:0:0:0:0:0:0:1\n"
            "      key: EC, 256 bits, prime256v1\n"
            "Record: 22 handshake, 0x0303 TLS 1.2, 13 bytes\n"
            "  CertificateStatus: 9 bytes\n"
            "    OCSP response: 5 bytes\n"
            "Record: 22 handshake, 0x0303 TLS 1.2, 114 bytes\n"
            "  ServerKeyExchange: 110 bytes\n"
            "    curve: 0x001d x25519\n"
            "    public key: 32 bytes\n"
            "    algorithm: 0x0403 ecdsa_secp256r1_sha256\n"
            "    signature: 70 bytes\n"
            "Record: 22 handshake, 0x0303 TLS 1.2, 97 bytes\n"
            "  CertificateRequest: 93 bytes\n"
            "    certificate_types: rsa_sign, dss_sign, ecdsa_sign\n"
            "    signature_algorithms: ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, "
            "ecdsa_secp521r1_sha512, ed25519, ed448, rsa_pss_pss_sha256, "
            "rsa_pss_pss_sha384, rsa_pss_pss_sha512, rsa_pss_rsae_sha256, "
            "rsa_pss_rsae_sha384, rsa_pss_rsae_sha512, rsa_pkcs1_sha256, rsa_pkcs1_sha384, "
            "rsa_pkcs1_sha512, ecdsa_sha224, rsa_pkcs1_sha224, dsa_sha224, dsa_sha256, "
            "dsa_sha384, dsa_sha512\n"
            "    certificate_authorities: 45 bytes\n"
            "      authority: CN=client,O=Zo\\C3\\AB and sons\n"
            "Record: 22 handshake, 0x0303 TLS 1.2, 4 bytes\n"
            "  ServerHelloDone: 0 bytes\n");
}

static void a_client_hello_of_1_3_is_told(void **state)
{
    (void)state;
    is_told("1.3 client 1",
            "Record: 22 handshake, 0x0301 TLS 1.0, 328 bytes\n"
            "  ClientHello: 324 bytes\n"
            "    client_version: 0x0303 TLS 1.2\n"
            "    random: b441ac893ab768b1928195ffff5177a9ed21889ca040bf3d1143190da9ccf5a2\n"
            "    session_id: 30cae13e57af320b3be45081d08614bf4bd8fab44ed571d1291b33391f6d4252\n"
            "    cipher_suites: 31\n"
            "      0x1302: TLS_AES_256_GCM_SHA384\n"
            "      0x1303: TLS_CHACHA20_POLY1305_SHA256\n"
            "      0x1301: TLS_AES_128_GCM_SHA256\n"
            "      0xc02c: TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\n"
            "      0xc030: TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\n"
            "      0x009f: TLS_DHE_RSA_WITH_AES_256_GCM_SHA384\n"
            "      0xcca9: TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\n"
            "      0xcca8: TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256\n"
            "      0xccaa: TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256\n"
            "      0xc02b: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\n"
            "      0xc02f: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n"
            "      0x009e: TLS_DHE_RSA_WITH_AES_128_GCM_SHA256\n"
            "      0xc024: TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384\n"
            "      0xc028: TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384\n"
            "      0x006b: TLS_DHE_RSA_WITH_AES_256_CBC_SHA256\n"
            "      0xc023: TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256\n"
            "      0xc027: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256\n"
            "      0x0067: TLS_DHE_RSA_WITH_AES_128_CBC_SHA256\n"
            "      0xc00a: TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA\n"
            "      0xc014: TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA\n"
            "      0x0039: TLS_DHE_RSA_WITH_AES_256_CBC_SHA\n"
            "      0xc009: TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA\n"
            "      0xc013: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA\n"
            "      0x0033: TLS_DHE_RSA_WITH_AES_128_CBC_SHA\n"
            "      0x009d: TLS_RSA_WITH_AES_256_GCM_SHA384\n"
            "      0x009c: TLS_RSA_WITH_AES_128_GCM_SHA256\n"
            "      0x003d: TLS_RSA_WITH_AES_256_CBC_SHA256\n"
            "      0x003c: TLS_RSA_WITH_AES_128_CBC_SHA256\n"
            "      0x0035: TLS_RSA_WITH_AES_256_CBC_SHA\n"
            "      0x002f: TLS_RSA_WITH_AES_128_CBC_SHA\n"
            "      0x00ff: TLS_EMPTY_RENEGOTIATION_INFO_SCSV\n"
            "    compression_methods: null\n"
            "    extensions: 189 bytes\n"
            "      server_name: server.example.com\n"
            "      ec_point_formats: uncompressed, ansiX962_compressed_prime, "
            "ansiX962_compressed_char2\n"
            "      supported_groups: x25519, secp256r1, x448, secp521r1, secp384r1, "
            "ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144, ffdhe8192\n"
            "      session_ticket: none yet, but welcome\n"
            "      application_layer_protocol_negotiation: h2\n"
            "      encrypt_then_mac: yes\n"
            "      extended_master_secret: yes\n"
            "      signature_algorithms: ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, "
            "ecdsa_secp521r1_sha512, ed25519, ed448, rsa_pss_pss_sha256, "
            "rsa_pss_pss_sha384, rsa_pss_pss_sha512, rsa_pss_rsae_sha256, "
            "rsa_pss_rsae_sha384, rsa_pss_rsae_sha512, rsa_pkcs1_sha256, rsa_pkcs1_sha384, "
            "rsa_pkcs1_sha512, ecdsa_sha224, rsa_pkcs1_sha224, dsa_sha224, dsa_sha256, "
            "dsa_sha384, dsa_sha512\n"
            "      supported_versions: TLS 1.3, TLS 1.2, TLS 1.1, TLS 1.0\n"
            "      psk_key_exchange_modes: psk_dhe_ke\n"
            "      key_share: x25519 (32 bytes)\n");
}

static void a_retry_is_told(void **state)
{
    (void)state;
    is_told("1.3 retry server 2",
            "Record: 22 handshake, 0x0303 TLS 1.2, 88 bytes\n"
            "  ServerHello: 84 bytes\n"
            "    server_version: 0x0303 TLS 1.2\n"
            "    random: cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c\n"
            "    HelloRetryRequest: this random means that the client is to begin again\n"
            "    session_id: 36ddf309c9b55ef352308a3bbb87b90a984eeecb24aca42e9e0a9da67836b300\n"
            "    cipher_suite: 0x1302 TLS_AES_256_GCM_SHA384\n"
            "    compression_method: null\n"
            "    extensions: 12 bytes\n"
            "      supported_versions: 0x0304 TLS 1.3\n"
            "      key_share: 0x0017 secp256r1\n"
            "Record: 20 change_cipher_spec, 0x0303 TLS 1.2, 1 byte\n"
            "  change_cipher_spec: encryption begins; with TLS 1.3 it means nothing\n");
}

static void an_alert_is_told(void **state)
{
    (void)state;
    is_told("1.2 unknown CA client 3", "Record: 21 alert, 0x0303 TLS 1.2, 2 bytes\n"
                                       "  level: 2 fatal\n"
                                       "  description: 48 unknown_ca\n"
                                       "  becomes: SEC_E_UNTRUSTED_ROOT\n");
}

static void a_cookie_of_dtls_is_told(void **state)
{
    (void)state;
    is_told("DTLS server 2", "Record: 22 handshake, 0xfeff DTLS 1.0, epoch 0, number 0, 35 bytes\n"
                             "  HelloVerifyRequest: 23 bytes, message_seq 0\n"
                             "    server_version: 0xfeff DTLS 1.0\n"
                             "    cookie: 20 bytes\n");
}

static void every_capture_is_told_without_fault(void **state)
{
    static struct token token;
    struct told told;
    char title[64];
    FILE *f = open_captures();
    size_t n = 0;

    (void)state;
    for (; next_capture(f, title, &token); n++) {
        assert_int_equal(explain(span_of(token.data, token.len), &told), SEC_E_OK);
        if (strstr(told.text, "!: ") || strstr(told.text, "extension 0x"))
            fail_msg("%s: %s", title, told.text);
    }
    fclose(f);
    assert_int_equal(n, 38);
}

static void each_kind_of_message_is_told(void **state)
{
    static const struct {
        const char *title, *text;
    } parts[] = {
        { "1.2 client 3", "  CertificateVerify: 75 bytes\n    algorithm: 0x0403 ecdsa_secp256r1" },
        { "1.2 client 3", "  ClientKeyExchange: 33 bytes\nRecord: 22 handshake, " },
        { "1.2 client 3", "TLS 1.2, 40 bytes\n  encrypted: 40 bytes\n" },
        { "1.2 server 4", "    ticket_lifetime_hint: 7200 seconds\n    ticket: 672 bytes\n" },
        { "1.2 DHE server 2", "    dh_p: 256 bytes\n    dh_g: 1 byte\n    dh_Ys: 256 bytes\n" },
        { "1.2 small records server 2", "  Certificate: 508 of 895 bytes; it goes on elsewhere\n"
                                        "Record: 22 handshake, 0x0303 TLS 1.2, 387 bytes\n"
                                        "  Certificate: 895 bytes\n"
                                        "    certificate: 889 bytes\n"
                                        "      subject: CN=rsa," },
        { "1.1 server 2", "sentinel: the server knows TLS 1.2, but does TLS 1.1 or older\n" },
        { "1.1 server 2", "    public key: 32 bytes\n    signature: 256 bytes\n" },
        { "1.3 again client 1", "      early_data: yes\n      pre_shared_key: 1 identity\n" },
        { "1.3 retry client 1", "      post_handshake_auth: yes\n" },
        /* Behind a ChangeCipherSpec that means nothing. */
        { "1.3 retry client 3", "means nothing\nRecord: 22 handshake, 0x0303 TLS 1.2, 268 bytes\n"
                                "  ClientHello: 264 bytes\n" },
        { "1.3 retry client 3", "      key_share: secp256r1 (65 bytes)\n" },
        { "1.3 server 2", "Record: 23 application_data, 0x0303 TLS 1.2, 522 bytes\n"
                          "  encrypted: 522 bytes\n" },
        { "1.3 refused server 2", "  description: 70 protocol_version\n"
                                  "  becomes: SEC_E_UNSUPPORTED_FUNCTION\n" },
        { "DTLS client 3", "    cookie: 20 bytes\n" },
        { "DTLS server 4", "  Certificate: 459 of 895 bytes, from byte 373, message_seq 2\n" },
        { "DTLS server 4", "  Certificate: 63 of 895 bytes, from byte 832, message_seq 2\n"
                           "    certificate: 889 bytes\n" },
        { "DTLS client 5", "epoch 1, number 0, 48 bytes\n  encrypted: 48 bytes\n" },
    };
    struct told told;

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        assert_int_equal(explain_capture(parts[i].title, &told), SEC_E_OK);
        if (!strstr(told.text, parts[i].text))
            fail_msg("%s without %s: %s", parts[i].title, parts[i].text, told.text);
    }
}

/* --- cut, and changed ------------------------------------------------------------------------ */

/* Whether a record ends at n. */
static bool is_boundary(struct span token, size_t n)
{
    bool dtls = token.data[1] == 0xfe;
    size_t header = dtls ? 13 : 5, at = 0;

    while (at < n && token.len - at >= header)
        at += header + (size_t)(token.data[at + header - 2] << 8 | token.data[at + header - 1]);
    return at == n;
}

static SECURITY_STATUS cut_status(struct span token, size_t n)
{
    if (n == 0)
        return SEC_E_UNSUPPORTED_FUNCTION;
    if (is_boundary(token, n))
        return SEC_E_OK;
    return n > 1 && token.data[1] == 0xfe ? SEC_E_INVALID_TOKEN : SEC_E_INCOMPLETE_MESSAGE;
}

static void every_prefix_is_told(void **state)
{
    static struct token token;
    struct told told;
    char title[64];
    FILE *f = open_captures();

    (void)state;
    while (next_capture(f, title, &token))
        for (size_t n = 0; n <= token.len; n++) {
            SECURITY_STATUS status = cut_status(span_of(token.data, token.len), n);

            assert_int_equal(explain(span_of(token.data, n), &told), status);
            assert_true((status == SEC_E_OK || n == 0) == !strstr(told.text, "!: "));
        }
    fclose(f);
}

static bool is_known(SECURITY_STATUS status)
{
    return status == SEC_E_OK || status == SEC_E_INVALID_TOKEN ||
           status == SEC_E_INCOMPLETE_MESSAGE || status == SEC_E_ILLEGAL_MESSAGE ||
           status == SEC_E_CERT_UNKNOWN || status == SEC_E_UNSUPPORTED_FUNCTION;
}

/* One for each kind of message. */
static bool is_changed(const char *title)
{
    static const char *const titles[] = { "1.2 server 2", "1.2 client 3", "1.3 again client 1",
                                          "1.3 retry server 2", "DTLS client 3" };

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(title, titles[i]) == 0)
            return true;
    return false;
}

static void explain_changed(struct token *token, size_t at, size_t width, int value)
{
    struct told told;
    uint8_t was[3];

    memcpy(was, token->data + at, width);
    memset(token->data + at, value, width);
    SECURITY_STATUS status = explain(span_of(token->data, token->len), &told);
    assert_true(is_known(status));
    assert_true((told.len == 0) == (status == SEC_E_UNSUPPORTED_FUNCTION));
    assert_true((status >= 0 || told.len == 0) == !strstr(told.text, "!: "));
    memcpy(token->data + at, was, width);
}

/* Every field is somewhere: each one, two and three bytes as low and as high as they can be. */
static void every_field_at_its_extremes_is_survived(void **state)
{
    static struct token token;
    char title[64];
    FILE *f = open_captures();

    (void)state;
    while (next_capture(f, title, &token))
        for (size_t width = 1; width <= 3 && is_changed(title); width++)
            for (size_t at = 0; at + width <= token.len; at++) {
                explain_changed(&token, at, width, 0);
                explain_changed(&token, at, width, 0xff);
            }
    fclose(f);
}

/* --- what is none of ours -------------------------------------------------------------------- */

static void what_is_no_record_is_none_of_ours(void **state)
{
    static const char *const tokens[] = {
        "",
        "00000000000000000000",                     /* zeros */
        "474554202f20485454502f312e310d0a",         /* GET / HTTP/1.1 */
        "5353482d322e302d4f70656e5353480d0a",       /* SSH-2.0-OpenSSH */
        "802e0100020015000000100100800700c0",       /* a hello of SSL 2 */
        "4e544c4d53535000010000000782080200000000", /* NTLMSSP */
        "16050500050100000100",                     /* version 5.5 */
        "190303000101",                             /* type 25 */
        "606006062b0601050502",                     /* SPNEGO */
    };
    struct told told;

    (void)state;
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        assert_int_equal(explain_hex(tokens[i], &told), SEC_E_UNSUPPORTED_FUNCTION);
        assert_int_equal(told.len, 0);
    }
}

/* --- records --------------------------------------------------------------------------------- */

struct wrong {
    const char *hex;
    SECURITY_STATUS status;
    const char *line;
};

static void is_wrong(struct span token, const struct wrong *w)
{
    struct told told;
    SECURITY_STATUS status = explain(token, &told);

    if (status != w->status || !strstr(told.text, w->line))
        fail_msg("%s: %#x, without %s: %s", w->hex, (unsigned)status, w->line, told.text);
}

static void what_is_wrong_with_records_is_told(void **state)
{
    static struct token token;
    static const struct wrong all[] = {
        { "16", SEC_E_INCOMPLETE_MESSAGE,
          "!: header of a record: 1 of 5 bytes are here; at byte 0\n" },
        { "16030300", SEC_E_INCOMPLETE_MESSAGE, "4 of 5 bytes are here; at byte 0\n" },
        { "16030300040e0000", SEC_E_INCOMPLETE_MESSAGE,
          "  !: record: 3 of 4 bytes are here; at byte 5\n" },
        { "16030300040e00000016", SEC_E_INCOMPLETE_MESSAGE,
          "!: header of a record: 1 of 5 bytes are here; at byte 9\n" },
        { "1603030000", SEC_E_ILLEGAL_MESSAGE, "  !: record: of no bytes; at byte 0\n" },
        { "1603034001", SEC_E_INCOMPLETE_MESSAGE, "0 of 16385 bytes are here" },
        { "1603034801", SEC_E_ILLEGAL_MESSAGE, "  !: record: more than 18432 bytes; at byte 0\n" },
        { "170303ffff", SEC_E_ILLEGAL_MESSAGE, "  !: record: more than 18432 bytes; at byte 0\n" },
        { "16030300040e0000001903030001", SEC_E_ILLEGAL_MESSAGE,
          "!: no record begins here; at byte 9\n" },
        { "16030300040e000000160505000401", SEC_E_ILLEGAL_MESSAGE,
          "!: no record begins here; at byte 9\n" },
        { "16030300040e00000016fefd000401", SEC_E_ILLEGAL_MESSAGE,
          "!: no record begins here; at byte 9\n" },
        { "180303000401020304", SEC_E_ILLEGAL_MESSAGE, "  !: heartbeat: refused; at byte 5\n" },
        { "1403030001011803030002ffff", SEC_E_ILLEGAL_MESSAGE, "heartbeat: refused" },
        { "150303000102", SEC_E_ILLEGAL_MESSAGE,
          "  !: description: 0 of 1 bytes are here; at byte 6\n" },
        { "1503030003022800", SEC_E_ILLEGAL_MESSAGE, "  !: alert: 1 byte too many; at byte 7\n" },
        { "15030300020328", SEC_E_ILLEGAL_MESSAGE, "  !: level: neither warning nor fatal" },
        { "14030300020101", SEC_E_ILLEGAL_MESSAGE,
          "  !: change_cipher_spec: 1 byte too many; at byte 6\n" },
        { "140303000102", SEC_E_ILLEGAL_MESSAGE, "  !: change_cipher_spec: 2, not 1; at byte 5\n" },
        { "16030300040b0000501403030001010b", SEC_E_ILLEGAL_MESSAGE,
          "  !: record: in the middle of a message; at byte 9\n" },
        { "1603030004 0bffffff", SEC_E_ILLEGAL_MESSAGE,
          "  !: Certificate: 16777215 bytes, more than 131072; at byte 5\n" },
        { "1603030004 63000000", SEC_E_ILLEGAL_MESSAGE,
          "    !: no message that is known; what went before this token may have begun "
          "encryption;" },
        { "16030300050e00000100", SEC_E_ILLEGAL_MESSAGE,
          "    !: the message: 1 byte too many; at byte 9\n" },
        { "16030300 07 03000003feff00", SEC_E_ILLEGAL_MESSAGE,
          "    !: HelloVerifyRequest: there is none in TLS; at byte 9\n" },
        { "16fefd", SEC_E_INVALID_TOKEN, "!: header of a record: 3 of 13 bytes are here" },
        { "16fefd0000000000000000000c 0e00000000010000000000", SEC_E_INVALID_TOKEN,
          "  !: record: 11 of 12 bytes are here; at byte 13\n" },
        { "16fefd0000000000000000000b 0e00000000010000000000", SEC_E_ILLEGAL_MESSAGE,
          "  !: header of a message: 11 of 12 bytes are here; at byte 13\n" },
        { "16fefd0000000000000000000d 0b0000040001000004000001ff", SEC_E_ILLEGAL_MESSAGE,
          "  !: Certificate: a fragment of 1 at 4 of 4 bytes; at byte 13\n" },
        { "16fefd0000000000000000000d 0b0000040001000000000002ff", SEC_E_ILLEGAL_MESSAGE,
          "  !: Certificate: 1 of 2 bytes are here; at byte 25\n" },
        { "16fefd0000000000000000000d 0bffffff0001000000000001ff", SEC_E_ILLEGAL_MESSAGE,
          "  !: Certificate: 16777215 bytes, more than 131072; at byte 13\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        token.len = 0;
        add_hex(&token, all[i].hex);
        is_wrong(span_of(token.data, token.len), &all[i]);
    }
}

static void add_record(struct token *token, const char *header, size_t len)
{
    add_hex(token, header);
    memset(token->data + token->len, 0, len);
    token->len += len;
}

static void records_have_their_limits(void **state)
{
    static struct token token;
    struct told told;

    (void)state;
    add_record(&token, "1603034001", 16385);
    assert_int_equal(explain(span_of(token.data, token.len), &told), SEC_E_ILLEGAL_MESSAGE);
    assert_non_null(strstr(told.text, "  !: record: more than 16384 bytes; at byte 0\n"));
    token.len = 0;
    add_record(&token, "1703034800", 18432);
    assert_int_equal(explain(span_of(token.data, token.len), &told), SEC_E_OK);
    token.len = 0;
    for (unsigned i = 1; i <= 32; i++)
        add_hex(&token, "1703030000");
    assert_int_equal(explain(span_of(token.data, token.len), &told), SEC_E_OK);
    add_hex(&token, "1703030000");
    assert_int_equal(explain(span_of(token.data, token.len), &told), SEC_E_ILLEGAL_MESSAGE);
    assert_non_null(strstr(told.text, "  !: record: number 33 in a row of no bytes; at byte 160"));
}

/* A ServerHelloDone, a byte to each record; and what is the beginning of another message. */
static void a_message_may_take_many_records(void **state)
{
    struct told told;

    (void)state;
    assert_int_equal(explain_hex("16030300010e160303000100160303000100160303000200 0c", &told),
                     SEC_E_OK);
    assert_string_equal(told.text, "Record: 22 handshake, 0x0303 TLS 1.2, 1 byte\n"
                                   "  a message: 1 of the 4 bytes of its header\n"
                                   "Record: 22 handshake, 0x0303 TLS 1.2, 1 byte\n"
                                   "  a message: 2 of the 4 bytes of its header\n"
                                   "Record: 22 handshake, 0x0303 TLS 1.2, 1 byte\n"
                                   "  a message: 3 of the 4 bytes of its header\n"
                                   "Record: 22 handshake, 0x0303 TLS 1.2, 2 bytes\n"
                                   "  ServerHelloDone: 0 bytes\n"
                                   "  a message: 1 of the 4 bytes of its header\n");
    assert_int_equal(explain_hex("16030300040f000004160303000404030005", &told),
                     SEC_E_ILLEGAL_MESSAGE);
    assert_non_null(strstr(told.text, "signature: 0 of 5 bytes are here; at byte 8 of the "
                                      "message\n"));
}

static void a_record_may_hold_many_messages(void **state)
{
    struct told told;

    (void)state;
    assert_int_equal(explain_hex("160303000c000000000e0000000e000000", &told), SEC_E_OK);
    assert_string_equal(told.text, "Record: 22 handshake, 0x0303 TLS 1.2, 12 bytes\n"
                                   "  HelloRequest: 0 bytes\n"
                                   "  ServerHelloDone: 0 bytes\n"
                                   "  ServerHelloDone: 0 bytes\n");
}

/* Fragments of a CertificateVerify: in order they are put together, out of order they are not. */
static void fragments_are_put_together_in_order(void **state)
{
    static const char first[] = "16fefd0000000000000000000f 0f0000050002000000000003 040300";
    static const char second[] = "16fefd0000000000000000000e 0f0000050002000003000002 01aa";
    static const char other[] = "16fefd0000000000000000000e 0f0000050003000003000002 01aa";
    struct told told;
    char hex[256];

    (void)state;
    (void)snprintf(hex, sizeof hex, "%s%s", first, second);
    assert_int_equal(explain_hex(hex, &told), SEC_E_OK);
    assert_non_null(strstr(told.text, "2 of 5 bytes, from byte 3, message_seq 2\n"
                                      "    algorithm: 0x0403 ecdsa_secp256r1_sha256\n"
                                      "    signature: 1 byte\n"));
    (void)snprintf(hex, sizeof hex, "%s%s", second, first);
    assert_int_equal(explain_hex(hex, &told), SEC_E_OK);
    assert_null(strstr(told.text, "algorithm"));
    (void)snprintf(hex, sizeof hex, "%s%s%s", first, other, second);
    assert_int_equal(explain_hex(hex, &told), SEC_E_OK);
    assert_null(strstr(told.text, "algorithm"));
}

static void alerts_say_what_they_become(void **state)
{
    static const struct {
        uint8_t level, number;
        const char *status;
    } all[] = {
        { 1, 0, "SEC_I_CONTEXT_EXPIRED" },
        { 2, 10, "SEC_E_ILLEGAL_MESSAGE" },
        { 2, 20, "SEC_E_MESSAGE_ALTERED" },
        { 2, 21, "SEC_E_DECRYPT_FAILURE" },
        { 2, 22, "SEC_E_ILLEGAL_MESSAGE" },
        { 2, 30, "SEC_E_MESSAGE_ALTERED" },
        { 2, 40, "SEC_E_ILLEGAL_MESSAGE" },
        { 2, 42, "SEC_E_CERT_UNKNOWN" },
        { 2, 43, "SEC_E_CERT_UNKNOWN" },
        { 2, 44, "CRYPT_E_REVOKED" },
        { 2, 45, "SEC_E_CERT_EXPIRED" },
        { 2, 46, "SEC_E_CERT_UNKNOWN" },
        { 2, 47, "SEC_E_ILLEGAL_MESSAGE" },
        { 2, 48, "SEC_E_UNTRUSTED_ROOT" },
        { 2, 49, "SEC_E_LOGON_DENIED" },
        { 2, 50, "SEC_E_ILLEGAL_MESSAGE" },
        { 2, 51, "SEC_E_DECRYPT_FAILURE" },
        { 2, 60, "SEC_E_ILLEGAL_MESSAGE" },
        { 2, 70, "SEC_E_UNSUPPORTED_FUNCTION" },
        { 2, 71, "SEC_E_ALGORITHM_MISMATCH" },
        { 2, 80, "SEC_E_INTERNAL_ERROR" },
        { 1, 90, "SEC_E_UNFINISHED_CONTEXT_DELETED" },
        { 1, 100, "SEC_I_NO_RENEGOTIATION" },
        { 2, 100, "SEC_E_ILLEGAL_MESSAGE" },
        { 2, 110, "SEC_E_ILLEGAL_MESSAGE" },
        { 2, 112, "SEC_E_WRONG_PRINCIPAL" },
        { 2, 115, "SEC_E_ILLEGAL_MESSAGE" },
        { 2, 116, "SEC_E_NO_CREDENTIALS" },
        { 2, 120, "SEC_E_APPLICATION_PROTOCOL_MISMATCH" },
        { 2, 255, "SEC_E_ILLEGAL_MESSAGE" },
    };
    struct told told;
    char hex[32], line[64];

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        (void)snprintf(hex, sizeof hex, "1503030002%02x%02x", all[i].level, all[i].number);
        (void)snprintf(line, sizeof line, "  becomes: %s\n", all[i].status);
        assert_int_equal(explain_hex(hex, &told), SEC_E_OK);
        if (!strstr(told.text, line))
            fail_msg("alert %u without %s: %s", all[i].number, line, told.text);
    }
}

/* Behind a ChangeCipherSpec two bytes are an alert in the clear, and more are not. */
static void an_encrypted_alert_is_told_as_its_length(void **state)
{
    struct told told;

    (void)state;
    assert_int_equal(explain_hex("140303000101 15030300020100", &told), SEC_E_OK);
    assert_non_null(strstr(told.text, "close_notify"));
    assert_int_equal(explain_hex("140303000101 150303000401000100", &told), SEC_E_OK);
    assert_non_null(strstr(told.text, "Record: 21 alert, 0x0303 TLS 1.2, 4 bytes\n"
                                      "  encrypted: 4 bytes\n"));
}

/* --- hellos ---------------------------------------------------------------------------------- */

/* At a place, how many bytes there are behind it. */
static void put_length(struct token *token, size_t at, size_t width)
{
    size_t n = token->len - at - width;

    for (size_t i = width; i > 0; i--, n >>= 8)
        token->data[at + i - 1] = (uint8_t)n;
}

/* A record with a message of a type: a version, 32 bytes of random, and what is given. */
static struct span hello(uint8_t type, const char *rest)
{
    static struct token token;

    token.len = 0;
    add_hex(&token, "1603030000 00000000 0303");
    for (uint8_t i = 0; i < 32; i++)
        token.data[token.len++] = i;
    add_hex(&token, rest);
    token.data[5] = type;
    put_length(&token, 6, 3);
    put_length(&token, 3, 2);
    return span_of(token.data, token.len);
}

/* A ClientHello with extensions, the first of which begins at byte 52. */
static struct span client_hello(const char *extensions)
{
    static struct token token;
    struct span begin = hello(1, "00 00021301 0100 0000");

    memcpy(token.data, begin.data, begin.len);
    token.len = begin.len;
    add_hex(&token, extensions);
    put_length(&token, 50, 2);
    put_length(&token, 6, 3);
    put_length(&token, 3, 2);
    return span_of(token.data, token.len);
}

static void what_is_wrong_with_hellos_is_told(void **state)
{
    static const struct wrong client[] = {
        { "", SEC_E_ILLEGAL_MESSAGE, "!: session_id: 0 of 1 bytes are here; at byte 43\n" },
        { "05", SEC_E_ILLEGAL_MESSAGE, "!: session_id: 0 of 5 bytes are here; at byte 44\n" },
        { "21000000000000000000000000000000000000000000000000000000000000000000 00021301 0100",
          SEC_E_ILLEGAL_MESSAGE, "!: session_id: 33 bytes; at byte 44\n" },
        { "00 0003130100 0100", SEC_E_ILLEGAL_MESSAGE,
          "!: cipher_suites: 3 bytes, and each takes 2; at byte 46\n" },
        { "00 0000 0100", SEC_E_ILLEGAL_MESSAGE, "!: cipher_suites: 0 bytes, and each takes 2" },
        { "00 ffff1301 0100", SEC_E_ILLEGAL_MESSAGE,
          "!: cipher_suites: 4 of 65535 bytes are here; at byte 46\n" },
        { "00 00021301 00", SEC_E_ILLEGAL_MESSAGE,
          "!: compression_methods: null is not offered; at byte 49\n" },
        { "00 00021301 0101", SEC_E_ILLEGAL_MESSAGE, "null is not offered" },
        { "00 00021301 010000", SEC_E_ILLEGAL_MESSAGE,
          "!: extensions: 1 of 2 bytes are here; at byte 50\n" },
        { "00 00021301 01000005001700", SEC_E_ILLEGAL_MESSAGE,
          "!: extensions: 3 of 5 bytes are here; at byte 52\n" },
        { "00 00021301 0100000000", SEC_E_ILLEGAL_MESSAGE,
          "!: the message: 1 byte too many; at byte 52\n" },
    };
    static const struct wrong server[] = {
        { "00 13", SEC_E_ILLEGAL_MESSAGE, "!: cipher_suite: 1 of 2 bytes are here" },
        { "00 1301 01", SEC_E_ILLEGAL_MESSAGE, "!: compression_method: 1, not null; at byte 46\n" },
        { "00 1301 00 0007 00100003000200", SEC_E_ILLEGAL_MESSAGE,
          "!: application_layer_protocol_negotiation: 1 of 2 bytes are here; at byte 55\n" },
        { "00 1301 00 000a 0010000600040141 0142", SEC_E_ILLEGAL_MESSAGE,
          "!: application_layer_protocol_negotiation: 2 names; at byte 55\n" },
        { "00 1301 00 0004 002b0000", SEC_E_ILLEGAL_MESSAGE,
          "!: supported_versions: 0 of 2 bytes are here; at byte 53\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof client / sizeof client[0]; i++)
        is_wrong(hello(1, client[i].hex), &client[i]);
    for (size_t i = 0; i < sizeof server / sizeof server[0]; i++)
        is_wrong(hello(2, server[i].hex), &server[i]);
}

static void what_is_wrong_with_extensions_is_told(void **state)
{
    static const struct wrong all[] = {
        { "00", SEC_E_ILLEGAL_MESSAGE, "!: extension: 1 of 2 bytes are here; at byte 52\n" },
        { "001700", SEC_E_ILLEGAL_MESSAGE, "!: extension: 1 of 2 bytes are here" },
        { "00170001", SEC_E_ILLEGAL_MESSAGE, "!: extension: 0 of 1 bytes are here" },
        { "0017ffff", SEC_E_ILLEGAL_MESSAGE, "!: extension: 0 of 65535 bytes are here" },
        { "0017000000170000", SEC_E_ILLEGAL_MESSAGE,
          "!: extension 23: for the second time; at byte 56\n" },
        { "0017000100", SEC_E_ILLEGAL_MESSAGE,
          "!: extended_master_secret: 1 byte too many; at byte 56\n" },
        { "0000000000", SEC_E_ILLEGAL_MESSAGE, "!: server_name: 0 of 2 bytes are here" },
        { "000000020000", SEC_E_ILLEGAL_MESSAGE, "!: server_name: there is none" },
        { "000000050003000000", SEC_E_ILLEGAL_MESSAGE, "!: server_name: a name of 0 bytes" },
        { "0000000800060000036100 62", SEC_E_ILLEGAL_MESSAGE,
          "!: server_name: a name with a NUL in it; at byte 61\n" },
        { "00000005000300ffff", SEC_E_ILLEGAL_MESSAGE,
          "!: server_name: 0 of 65535 bytes are here; at byte 61\n" },
        { "00000002ffff", SEC_E_ILLEGAL_MESSAGE, "!: server_name: 0 of 65535 bytes are here" },
        { "0001000105", SEC_E_ILLEGAL_MESSAGE, "!: max_fragment_length: 5 is none of 1 to 4" },
        { "00050003010000", SEC_E_ILLEGAL_MESSAGE, "!: status_request: 0 of 2 bytes are here" },
        { "000a00020000", SEC_E_ILLEGAL_MESSAGE, "!: supported_groups: 0 bytes, and each" },
        { "000a0003000100", SEC_E_ILLEGAL_MESSAGE, "!: supported_groups: 1 bytes, and each" },
        { "000a00040001001d", SEC_E_ILLEGAL_MESSAGE, "!: supported_groups: 1 bytes, and each" },
        { "000b000100", SEC_E_ILLEGAL_MESSAGE, "!: ec_point_formats: there is none" },
        { "00100003000100", SEC_E_ILLEGAL_MESSAGE,
          "!: application_layer_protocol_negotiation: a name of no bytes; at byte 59\n" },
        { "001000020000", SEC_E_ILLEGAL_MESSAGE,
          "!: application_layer_protocol_negotiation: 0 names" },
        { "00100004000205 41", SEC_E_ILLEGAL_MESSAGE,
          "!: application_layer_protocol_negotiation: 1 of 5 bytes are here" },
        { "001c0002003f", SEC_E_ILLEGAL_MESSAGE, "!: record_size_limit: 63, less than 64" },
        { "002b0003010304", SEC_E_ILLEGAL_MESSAGE, "!: supported_versions: 1 bytes, and each" },
        { "002c00020005", SEC_E_ILLEGAL_MESSAGE, "!: cookie: 0 of 5 bytes are here" },
        { "002d000100", SEC_E_ILLEGAL_MESSAGE, "!: psk_key_exchange_modes: there is none" },
        { "003300060004001d0000", SEC_E_ILLEGAL_MESSAGE, "!: key_share: a key of no bytes" },
        { "003300060004001d0001", SEC_E_ILLEGAL_MESSAGE,
          "!: key_share: 0 of 1 bytes are here; at byte 62\n" },
        { "ff0100020500", SEC_E_ILLEGAL_MESSAGE, "!: renegotiation_info: 1 of 5 bytes are" },
        { "0029000b0007000141000000000000", SEC_E_ILLEGAL_MESSAGE,
          "!: pre_shared_key: 1 identities and 0 binders; at byte 56\n" },
        { "0029000b00060001410000000001 00", SEC_E_ILLEGAL_MESSAGE,
          "!: pre_shared_key: 3 of 4 bytes are here" },
        { "0029000d0007000141000000000002 0142 00170000", SEC_E_ILLEGAL_MESSAGE,
          "!: pre_shared_key: not the last extension; at byte 69\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        is_wrong(client_hello(all[i].hex), &all[i]);
}

static void extensions_are_told(void **state)
{
    static const struct {
        const char *hex, *line;
    } all[] = {
        { "0001000102", "      max_fragment_length: 1024 bytes\n" },
        { "00050005 0200000000", "      status_request: of type 2, 4 bytes\n" },
        { "00050009 0100040002aaaa 0000", "      status_request: OCSP, of named responders\n" },
        { "00120000", "      signed_certificate_timestamp: none\n" },
        { "001500020000", "      padding: 2 bytes\n" },
        { "001c00024001", "      record_size_limit: 16385 bytes\n" },
        { "00230003aabbcc", "      session_ticket: a ticket of 3 bytes\n" },
        { "002c00040002aabb", "      cookie: 2 bytes\n" },
        { "ff0100020141", "      renegotiation_info: verify_data of 1 bytes\n" },
        { "0032000400020804", "      signature_algorithms_cert: rsa_pss_rsae_sha256\n" },
        { "002d0003020b01", "      psk_key_exchange_modes: GREASE, psk_dhe_ke\n" },
        { "0a0a0000", "      GREASE: none\n" },
        { "fafa000100", "      GREASE: 1 byte\n" },
        { "4444000100", "      extension 0x4444: 1 byte\n" },
        { "000a000800062a2a001d4444", "      supported_groups: GREASE, x25519, 0x4444\n" },
        { "002b0007067a7a03040303", "      supported_versions: GREASE, TLS 1.3, TLS 1.2\n" },
        { "0033000c000a 3a3a000100 00170001 04",
          "      key_share: GREASE (1 bytes), secp256r1 (1 bytes)\n" },
        { "00290014000e00014100000000000142000000000002 0143", NULL },
        { "0029001600 0e0001410000000000014200000000 000401430144",
          "      pre_shared_key: 2 identities\n" },
    };
    struct told told;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        SECURITY_STATUS status = explain(client_hello(all[i].hex), &told);

        assert_int_equal(status, all[i].line ? SEC_E_OK : SEC_E_ILLEGAL_MESSAGE);
        if (all[i].line && !strstr(told.text, all[i].line))
            fail_msg("%s without %s: %s", all[i].hex, all[i].line, told.text);
    }
}

/* A name that would clear the screen, and one that would pass for two. */
static void names_cannot_write_on_the_terminal(void **state)
{
    struct told told;

    (void)state;
    assert_int_equal(explain(client_hello("00000009 0007 00 0004 1b5b324a"), &told), SEC_E_OK);
    assert_non_null(strstr(told.text, "      server_name: ?[2J\n"));
    assert_int_equal(explain(client_hello("00100009 0007 06 68322c20c3bc"), &told), SEC_E_OK);
    assert_non_null(strstr(told.text, "negotiation: h2????\n"));
}

static void suites_that_nobody_knows_are_told(void **state)
{
    struct told told;

    (void)state;
    assert_int_equal(explain(hello(1, "00 0006 0a0a dead 5600 0100"), &told), SEC_E_OK);
    assert_non_null(strstr(told.text, "    cipher_suites: 3\n"
                                      "      0x0a0a: GREASE\n"
                                      "      0xdead: unknown\n"
                                      "      0x5600: TLS_FALLBACK_SCSV\n"
                                      "    compression_methods: null\n"));
}

/* --- other messages -------------------------------------------------------------------------- */

static void what_is_wrong_with_messages_is_told(void **state)
{
    static const struct wrong all[] = {
        { "0b000003 000005", SEC_E_ILLEGAL_MESSAGE, "!: certificate_list: 0 of 5 bytes are" },
        { "0b000006 000003000005", SEC_E_ILLEGAL_MESSAGE, "!: certificate: 0 of 5 bytes are" },
        { "0b000008 0000050000023000", SEC_E_CERT_UNKNOWN,
          "      !: certificate: not the DER of one; at byte 15\n" },
        { "0b000006 000003000000", SEC_E_CERT_UNKNOWN, "certificate: none\n" },
        { "0d000008 0101 0002 0403 0000", SEC_E_OK, "certificate_authorities: none\n" },
        { "0d00000d 0101 0002 0403 0005 0003 300100", SEC_E_ILLEGAL_MESSAGE,
          "      !: authority: not a name in DER; at byte 19\n" },
        { "0d00000a 0101 0002 0403 0002 0001", SEC_E_ILLEGAL_MESSAGE,
          "!: authority: 0 of 1 bytes are here" },
        { "0d000001 00", SEC_E_ILLEGAL_MESSAGE, "!: certificate_types: there is none" },
        { "0d000003 0101 00", SEC_E_ILLEGAL_MESSAGE, "!: signature_algorithms: 1 of 2 bytes are" },
        { "04000005 0000000000", SEC_E_ILLEGAL_MESSAGE, "!: ticket: 1 of 2 bytes are here" },
        { "16000002 0200", SEC_E_OK, "    status: of type 2, 1 bytes\n" },
        { "16000004 01000001", SEC_E_ILLEGAL_MESSAGE, "!: OCSP response: 0 of 1 bytes are" },
        /* Without its ServerHello, a key exchange is told if it looks like one over a curve. */
        { "0c000004 03001d05", SEC_E_ILLEGAL_MESSAGE, "!: public key: 0 of 5 bytes are" },
        { "0c000004 0344440f", SEC_E_OK, "    parameters: 4 bytes\n" },
        { "14000002 0000", SEC_E_OK, "  Finished: 2 bytes\n" },
        { "08000002 0000", SEC_E_OK, "    extensions: none\n" },
    };
    static struct token token;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        token.len = 0;
        add_hex(&token, "1603030000");
        add_hex(&token, all[i].hex);
        put_length(&token, 3, 2);
        is_wrong(span_of(token.data, token.len), &all[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_flight_of_1_2_is_told),
        cmocka_unit_test(a_client_hello_of_1_3_is_told),
        cmocka_unit_test(a_retry_is_told),
        cmocka_unit_test(an_alert_is_told),
        cmocka_unit_test(a_cookie_of_dtls_is_told),
        cmocka_unit_test(every_capture_is_told_without_fault),
        cmocka_unit_test(each_kind_of_message_is_told),
        cmocka_unit_test(every_prefix_is_told),
        cmocka_unit_test(every_field_at_its_extremes_is_survived),
        cmocka_unit_test(what_is_no_record_is_none_of_ours),
        cmocka_unit_test(what_is_wrong_with_records_is_told),
        cmocka_unit_test(records_have_their_limits),
        cmocka_unit_test(a_message_may_take_many_records),
        cmocka_unit_test(a_record_may_hold_many_messages),
        cmocka_unit_test(fragments_are_put_together_in_order),
        cmocka_unit_test(alerts_say_what_they_become),
        cmocka_unit_test(an_encrypted_alert_is_told_as_its_length),
        cmocka_unit_test(what_is_wrong_with_hellos_is_told),
        cmocka_unit_test(what_is_wrong_with_extensions_is_told),
        cmocka_unit_test(extensions_are_told),
        cmocka_unit_test(names_cannot_write_on_the_terminal),
        cmocka_unit_test(suites_that_nobody_knows_are_told),
        cmocka_unit_test(what_is_wrong_with_messages_is_told),
    };

    return cmocka_run_group_tests_name("tls explain", tests, NULL, NULL);
}

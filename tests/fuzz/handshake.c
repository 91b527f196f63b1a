/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handshake.c: an NTLM exchange through the exported calls, with what the input says done to its
 * tokens on the way.  Each order is four bytes: which token (0 to 2), what to do, where, with what.
 *
 * The message integrity code covers all three messages, so whatever was changed, the server may
 * not come to SEC_E_OK; and what was not changed, it must accept.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sspi/security.h"
#include "tests/root.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM 4096u

static CredHandle client, server;

static void insist(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "handshake: %s\n", what);
    abort();
}

static void end(void)
{
    (void)FreeCredentialsHandle(&client);
    (void)FreeCredentialsHandle(&server);
    root_end();
}

static void begin(void)
{
    SEC_WINNT_AUTH_IDENTITY_A alice = { .User = (UCHAR *)(uintptr_t) "alice",
                                        .UserLength = 5,
                                        .Password = (UCHAR *)(uintptr_t) "secret",
                                        .PasswordLength = 6,
                                        .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
    char users[1024];

    root_begin(NULL);
    atexit(end);
    /* MD4 of u"secret" */
    root_write("users", "alice:1:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:878D8014606CDA29677A44EFA1353FC7:"
                        "[U          ]:LCT-00000000:\n");
    snprintf(users, sizeof users, "%s", root_path("users"));
    root_write("packages.d/ntlm.json",
               "{\"name\": \"NTLM\", \"module\": \"ntlm.so\", \"settings\": {\"user_file\": \"%s\"}}",
               users);
    insist(AcquireCredentialsHandleA(NULL, "NTLM", SECPKG_CRED_OUTBOUND, NULL, &alice, NULL, NULL,
                                     &client, NULL) == SEC_E_OK &&
               AcquireCredentialsHandleA(NULL, "NTLM", SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                         &server, NULL) == SEC_E_OK,
           "no credentials");
}

struct token {
    uint8_t bytes[ROOM];
    size_t len;
};

static SECURITY_STATUS step(int as_client, CtxtHandle *context, int first, const struct token *in,
                            struct token *out)
{
    ULONG attributes;
    SecBuffer i = { (ULONG)in->len, SECBUFFER_TOKEN, malloc(in->len ? in->len : 1) };
    SecBuffer o = { ROOM, SECBUFFER_TOKEN, out->bytes };
    SecBufferDesc id = { SECBUFFER_VERSION, 1, &i }, od = { SECBUFFER_VERSION, 1, &o };
    SECURITY_STATUS status;

    insist(i.pvBuffer != NULL, "no memory");
    memcpy(i.pvBuffer, in->bytes, in->len);
    if (as_client)
        status = InitializeSecurityContextA(&client, first ? NULL : context, "host/fuzz",
                                            ISC_REQ_CONFIDENTIALITY, 0, 0, first ? NULL : &id, 0,
                                            context, &od, &attributes, NULL);
    else
        status = AcceptSecurityContext(&server, first ? NULL : context, &id,
                                       ASC_REQ_CONFIDENTIALITY, 0, context, &od, &attributes, NULL);
    free(i.pvBuffer);
    insist(status >= 0 || o.cbBuffer == 0, "NTLM has no token for a failure");
    insist(status >= 0 || attributes == 0, "flags with a failure");
    insist(!first || status >= 0 || !SecIsValidHandle(context), "a failed first leg has a handle");
    out->len = o.cbBuffer;
    return status;
}

/* What the orders do to token number n. */
static void tamper(struct token *t, unsigned n, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 4 <= size; i += 4) {
        size_t at = t->len ? (size_t)data[i + 2] * 7 % t->len : 0;
        if (data[i] % 3 != n || t->len == 0)
            continue;
        switch (data[i + 1] % 4) {
        case 0:
            t->bytes[at] ^= data[i + 3];
            break;
        case 1:
            t->bytes[at] = data[i + 3];
            break;
        case 2:
            t->len = at;
            break;
        default: /* longer */
            for (unsigned k = 0; k < data[i + 3] && t->len < ROOM; k++)
                t->bytes[t->len++] = data[i + 2];
            break;
        }
    }
}

static int changed(const struct token *a, const struct token *b)
{
    return a->len != b->len || memcmp(a->bytes, b->bytes, a->len) != 0;
}

static void seal(CtxtHandle *from, CtxtHandle *to)
{
    char data[] = "what was said", token[16];
    SecBuffer b[] = { { sizeof token, SECBUFFER_TOKEN, token }, { 13, SECBUFFER_DATA, data } };
    SecBufferDesc d = { SECBUFFER_VERSION, 2, b };

    insist(EncryptMessage(from, 0, &d, 0) == SEC_E_OK, "cannot seal");
    insist(DecryptMessage(to, &d, 0, NULL) == SEC_E_OK, "cannot open");
    insist(memcmp(data, "what was said", 13) == 0, "other data came out");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct token sent[3], seen[3], last;
    const struct token nothing = { .len = 0 };
    CtxtHandle c, s;
    int differs = 0;

    if (!SecIsValidHandle(&client) || client.dwUpper == 0)
        begin();
    SecInvalidateHandle(&c);
    SecInvalidateHandle(&s);
    SECURITY_STATUS status = step(1, &c, 1, &nothing, &sent[0]);
    insist(status == SEC_I_CONTINUE_NEEDED, "the client does not begin");
    for (unsigned n = 0; n < 3 && status >= 0; n++) {
        seen[n] = sent[n];
        tamper(&seen[n], n, data, size);
        differs |= changed(&sent[n], &seen[n]);
        status = step(n == 1, n == 1 ? &c : &s, n == 0, &seen[n], n < 2 ? &sent[n + 1] : &last);
    }
    insist(differs ? status < 0 : status == SEC_E_OK,
           differs ? "a changed message was accepted" : "an unchanged exchange was refused");
    if (status == SEC_E_OK) {
        seal(&c, &s);
        seal(&s, &c);
    }
    (void)DeleteSecurityContext(&c);
    if (SecIsValidHandle(&s))
        (void)DeleteSecurityContext(&s);
    return 0;
}

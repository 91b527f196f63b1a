/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handshake.c: an NTLM exchange through the exported calls, with what the input
 * says done to it on the way.  Each order is four bytes.  Below 0xc0 the first
 * names a token (0 to 2): change a byte, cut, lengthen, splice or replace it
 * with one of an earlier exchange, hand it back to who sent it, or bring it
 * twice.  From there on an order is about a sealed message.
 *
 * The message integrity code covers all three tokens, so whatever was changed,
 * the server may not come to SEC_E_OK; and what was not changed, it must
 * accept.  No message is opened but the one that is due, unchanged, in its
 * direction.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sspi/security.h"
#include "tests/root.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM 4096u

static CredHandle client, server;

static void insist(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "handshake: %s\n", what);
    abort();
}

static void release(void)
{
    (void)FreeCredentialsHandle(&client);
    (void)FreeCredentialsHandle(&server);
    root_end();
}

static void acquire(void)
{
    SEC_WINNT_AUTH_IDENTITY_A alice = { .User = (UCHAR *)(uintptr_t) "alice",
                                        .UserLength = 5,
                                        .Password = (UCHAR *)(uintptr_t) "secret",
                                        .PasswordLength = 6,
                                        .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
    char users[1024];

    root_begin(NULL);
    atexit(release);
    /* MD4 of u"secret" */
    root_write("users", "alice:1:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:"
                        "878D8014606CDA29677A44EFA1353FC7:"
                        "[U          ]:LCT-00000000:\n");
    snprintf(users, sizeof users, "%s", root_path("users"));
    root_write("packages.d/ntlm.json",
               "{\"name\": \"NTLM\", \"module\": \"ntlm.so\", \"settings\": "
               "{\"user_file\": \"%s\"}}",
               users);
    insist(AcquireCredentialsHandleA(NULL, "NTLM", SECPKG_CRED_OUTBOUND, NULL, &alice, NULL, NULL,
                                     &client, NULL) == SEC_E_OK &&
               AcquireCredentialsHandleA(NULL, "NTLM", SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                         &server, NULL) == SEC_E_OK,
           "no credentials");
}

/* --- tokens
 * ---------------------------------------------------------------------------------
 */

struct token {
    uint8_t bytes[ROOM];
    size_t len;
};

static struct token earlier[3]; /* of an exchange that went well */

static bool same(const struct token *a, const struct token *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

enum {
    FLIP,
    PUT,
    CUT,
    LENGTHEN,
    SPLICE,  /* from here on as it was in the earlier exchange */
    REPLACE, /* by another token of the earlier exchange */
    REFLECT, /* what its receiver said last */
    TWICE,   /* unchanged, but brought again once it was taken */
    WAYS
};

static bool is_for(const uint8_t *order, unsigned n)
{
    return order[0] < 0xc0 && order[0] % 3 == n;
}

static bool is_brought_twice(const uint8_t *data, size_t size, unsigned n)
{
    for (size_t i = 0; i + 4 <= size; i += 4)
        if (is_for(data + i, n) && data[i + 1] % WAYS == TWICE)
            return true;
    return false;
}

static void splice(struct token *t, const struct token *other, size_t at)
{
    if (at >= other->len)
        return;
    memcpy(t->bytes + at, other->bytes + at, other->len - at);
    t->len = other->len;
}

/* What one order does to token number n of those in sent. */
static void tamper(struct token *t, const struct token sent[3], unsigned n, const uint8_t *order)
{
    size_t at = t->len ? (size_t)order[2] * 7 % t->len : 0;

    switch (t->len ? order[1] % WAYS : TWICE) {
    case FLIP:
        t->bytes[at] ^= order[3];
        break;
    case PUT:
        t->bytes[at] = order[3];
        break;
    case CUT:
        t->len = at;
        break;
    case LENGTHEN:
        for (unsigned k = 0; k < order[3] && t->len < ROOM; k++)
            t->bytes[t->len++] = order[2];
        break;
    case SPLICE:
        splice(t, &earlier[n], at);
        break;
    case REPLACE:
        *t = earlier[order[3] % 3];
        break;
    case REFLECT:
        if (n > 0)
            *t = sent[n - 1];
        break;
    default:
        break;
    }
}

/* --- legs
 * -----------------------------------------------------------------------------------
 */

/* Token number n goes to its receiver. */
static SECURITY_STATUS step(unsigned n, CtxtHandle *context, const struct token *in,
                            struct token *out)
{
    bool first = !SecIsValidHandle(context), as_client = n == 1;
    ULONG attributes;
    SecBuffer i = { (ULONG)in->len, SECBUFFER_TOKEN, malloc(in->len ? in->len : 1) };
    SecBuffer o = { ROOM, SECBUFFER_TOKEN, out->bytes };
    SecBufferDesc id = { SECBUFFER_VERSION, 1, &i }, od = { SECBUFFER_VERSION, 1, &o };
    SECURITY_STATUS status;

    insist(i.pvBuffer, "no memory");
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

/* A leg failed: the context takes no more, and tells nothing. */
static void is_dead(unsigned n, CtxtHandle *context)
{
    const struct token *more = &earlier[n];
    struct token none;
    SecPkgContext_SessionKey key;

    if (!SecIsValidHandle(context))
        return;
    insist(step(n, context, more, &none) == SEC_E_CONTEXT_EXPIRED, "a dead context took a token");
    insist(QueryContextAttributesA(context, SECPKG_ATTR_SESSION_KEY, &key) == SEC_E_INVALID_HANDLE,
           "a dead context told its key");
}

/* --- messages
 * -------------------------------------------------------------------------------
 */

struct message {
    char data[16], token[16];
    ULONG token_len;
};

static const char plaintext[16] = "what was said";

static struct message sealed(CtxtHandle *from)
{
    struct message m = { .token_len = sizeof m.token };
    SecBuffer b[] = { { sizeof m.token, SECBUFFER_TOKEN, m.token },
                      { sizeof m.data, SECBUFFER_DATA, m.data } };
    SecBufferDesc d = { SECBUFFER_VERSION, 2, b };

    memcpy(m.data, plaintext, sizeof m.data);
    insist(EncryptMessage(from, 0, &d, 0) == SEC_E_OK, "cannot seal");
    return m;
}

static SECURITY_STATUS open_it(CtxtHandle *to, struct message m)
{
    SecBuffer b[] = { { m.token_len, SECBUFFER_TOKEN, m.token },
                      { sizeof m.data, SECBUFFER_DATA, m.data } };
    SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
    SECURITY_STATUS status = DecryptMessage(to, &d, 0, NULL);
    bool came = memcmp(m.data, plaintext, sizeof m.data) == 0;

    insist((status == SEC_E_OK) == came, came ? "it came out all the same" : "other data came out");
    return status;
}

/* One message from one to the other, treated as the order says. */
static void talk(CtxtHandle *from, CtxtHandle *to, const uint8_t *order)
{
    struct message m = sealed(from), was = m, next;

    switch (order[1] % 6) {
    case 0:
        m.token[order[2] % 16] ^= (char)order[3];
        break;
    case 1:
        m.data[order[2] % 16] ^= (char)order[3];
        break;
    case 2:
        m.token_len = order[3] % 17;
        break;
    case 3: /* again */
        insist(open_it(to, m) == SEC_E_OK, "a good message was refused");
        insist(open_it(to, m) < 0, "a message was opened twice");
        return;
    case 4: /* out of turn */
        next = sealed(from);
        insist(open_it(to, next) < 0, "a message was opened before its turn");
        return;
    default: /* back to its sender */
        insist(open_it(from, m) < 0, "a message was opened by who sealed it");
        return;
    }
    bool changed = memcmp(&m, &was, sizeof m) != 0;
    insist((open_it(to, m) == SEC_E_OK) == !changed,
           changed ? "a changed message was opened" : "a good message was refused");
}

/* The first order about messages is done to one; without any, all is well in
 * both directions. */
static void talk_as_told(CtxtHandle *c, CtxtHandle *s, const uint8_t *data, size_t size)
{
    static const uint8_t nothing[4] = { 0 };

    for (size_t i = 0; i + 4 <= size; i += 4) {
        if (data[i] < 0xc0)
            continue;
        if (data[i] % 2)
            talk(c, s, data + i);
        else
            talk(s, c, data + i);
        return;
    }
    talk(c, s, nothing);
    talk(s, c, nothing);
    talk(c, s, nothing);
}

/* --- the exchange
 * ---------------------------------------------------------------------------
 */

static void exchange(struct token sent[3], const uint8_t *data, size_t size)
{
    const struct token nothing = { .len = 0 };
    struct token last, seen;
    CtxtHandle c, s;
    bool spoilt = false;

    SecInvalidateHandle(&c);
    SecInvalidateHandle(&s);
    SECURITY_STATUS status = step(1, &c, &nothing, &sent[0]);
    insist(status == SEC_I_CONTINUE_NEEDED, "the client does not begin");
    for (unsigned n = 0; n < 3 && status >= 0; n++) {
        CtxtHandle *context = n == 1 ? &c : &s;
        seen = sent[n];
        for (size_t i = 0; i + 4 <= size; i += 4)
            if (is_for(data + i, n))
                tamper(&seen, sent, n, data + i);
        spoilt |= !same(&sent[n], &seen);
        status = step(n, context, &seen, n < 2 ? &sent[n + 1] : &last);
        if (status >= 0 && is_brought_twice(data, size, n)) {
            SECURITY_STATUS again = step(n, context, &seen, &last);
            insist(again < 0, "a token was taken twice");
            spoilt |= n == 0; /* once established, a context is none the worse for it */
            status = n == 0 ? again : status;
        }
        if (status < 0)
            is_dead(n, context);
    }
    insist(spoilt ? status < 0 : status == SEC_E_OK,
           spoilt ? "a changed message was accepted" : "an unchanged exchange was refused");
    if (status == SEC_E_OK)
        talk_as_told(&c, &s, data, size);
    insist(DeleteSecurityContext(&c) == SEC_E_OK, "the client's context is gone");
    insist(!SecIsValidHandle(&s) || DeleteSecurityContext(&s) == SEC_E_OK,
           "the server's context is gone");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct token sent[3];
    static bool begun;

    if (!begun) {
        begun = true;
        acquire();
        exchange(earlier, NULL, 0);
    }
    exchange(sent, data, size);
    return 0;
}

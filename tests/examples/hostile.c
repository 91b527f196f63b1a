/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile.c: what Example-PSK does with tokens and messages that are not as they should be.
 *
 *     hostile USER PASSWORD
 *
 * Built by plugin.sh against the installed library alone.  Prints "ok - ..." or "not ok - ..." for
 * each thing that is tried; plugin.sh counts them.
 */
#include <sspi.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKAGE "Example-PSK"
#define ROOM 1024
#define TARGET "host/server.example"

static int failures;

#define test(condition, ...)                                                                       \
    do {                                                                                           \
        bool good_ = (condition);                                                                  \
        printf("%s - ", good_ ? "ok" : "not ok");                                                  \
        printf(__VA_ARGS__);                                                                       \
        putchar('\n');                                                                             \
        failures += !good_;                                                                        \
    } while (0)

struct token {
    unsigned char bytes[ROOM];
    SecBuffer buffer[2];
    SecBufferDesc all;
};

struct side {
    CredHandle credential;
    CtxtHandle context;
    bool server, begun;
    ULONG flags;
    SEC_CHANNEL_BINDINGS *bindings;
    ULONG bindings_length;
};

static void set(struct token *t, const void *bytes, size_t n)
{
    if (n > 0)
        memcpy(t->bytes, bytes, n);
    t->buffer[0] = (SecBuffer){ (ULONG)n, SECBUFFER_TOKEN, t->bytes };
    t->all = (SecBufferDesc){ SECBUFFER_VERSION, 1, t->buffer };
}

static void copy(struct token *to, const struct token *from)
{
    set(to, from->bytes, from->buffer[0].cbBuffer);
}

/* One leg, without its completion. */
static SECURITY_STATUS leg(struct side *s, struct token *in, struct token *out)
{
    SECURITY_STATUS status;
    TimeStamp expiry;

    set(out, NULL, 0);
    out->buffer[0].cbBuffer = ROOM;
    if (in && s->bindings) {
        in->buffer[1] = (SecBuffer){ s->bindings_length, SECBUFFER_CHANNEL_BINDINGS, s->bindings };
        in->all.cBuffers = 2;
    }
    if (s->server)
        status =
            AcceptSecurityContext(&s->credential, s->begun ? &s->context : NULL, &in->all, 0,
                                  SECURITY_NATIVE_DREP, &s->context, &out->all, &s->flags, &expiry);
    else
        status = InitializeSecurityContextA(&s->credential, s->begun ? &s->context : NULL, TARGET,
                                            0, 0, SECURITY_NATIVE_DREP, in ? &in->all : NULL, 0,
                                            &s->context, &out->all, &s->flags, &expiry);
    s->begun = s->begun || status >= 0;
    return status;
}

static SECURITY_STATUS complete(struct side *s, struct token *t)
{
    return CompleteAuthToken(&s->context, &t->all);
}

/* A leg with its completion: what is left to do then, or the failure. */
static SECURITY_STATUS step(struct side *s, struct token *in, struct token *out)
{
    SECURITY_STATUS status = leg(s, in, out), done = SEC_E_OK;

    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE)
        done = complete(s, out);
    if (done < 0)
        return done;
    if (status == SEC_I_COMPLETE_NEEDED)
        return SEC_E_OK;
    return status == SEC_I_COMPLETE_AND_CONTINUE ? SEC_I_CONTINUE_NEEDED : status;
}

static void over(struct side *s)
{
    if (s->begun)
        DeleteSecurityContext(&s->context);
    s->begun = false;
}

/* The peer's way with token number n before it arrives; false: it never arrives. */
typedef bool meddle_fn(int n, struct token *t, void *arg);

/* A whole exchange.  Gives the first failure, of whichever side. */
static SECURITY_STATUS exchange(struct side *client, struct side *server, meddle_fn *meddle,
                                void *arg)
{
    struct token t[4];
    SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;

    for (int n = 0; n < 4 && status >= 0; n++) {
        status = step(n % 2 ? server : client, n ? &t[n - 1] : NULL, &t[n]);
        if (status >= 0 && meddle && !meddle(n, &t[n], arg))
            return SEC_E_INCOMPLETE_MESSAGE;
    }
    return status < 0 ? status : step(client, &t[3], &t[0]);
}

static bool acquire(struct side *s, bool server, const char *user, const char *password)
{
    SEC_WINNT_AUTH_IDENTITY_A id = { .User = (UCHAR *)strdup(user),
                                     .UserLength = (ULONG)strlen(user),
                                     .Password = (UCHAR *)strdup(password),
                                     .PasswordLength = (ULONG)strlen(password),
                                     .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
    TimeStamp expiry;
    SECURITY_STATUS status;

    *s = (struct side){ .server = server };
    status = AcquireCredentialsHandleA(NULL, PACKAGE,
                                       server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL,
                                       server ? NULL : &id, NULL, NULL, &s->credential, &expiry);
    free(id.User);
    free(id.Password);
    return status == SEC_E_OK;
}

static void test_order(struct side *c, struct side *s)
{
    const ULONG client_has = ISC_RET_MUTUAL_AUTH | ISC_RET_CONFIDENTIALITY | ISC_RET_INTEGRITY |
                             ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT;
    struct token hello, challenge, response, finish, none;

    test(leg(c, NULL, &hello) == SEC_I_CONTINUE_NEEDED, "the first leg continues");
    test(c->flags == 0, "and grants nothing yet");
    test(leg(s, &hello, &challenge) == SEC_I_CONTINUE_NEEDED, "the server challenges");
    test(leg(c, &challenge, &response) == SEC_I_COMPLETE_AND_CONTINUE,
         "the client's answer wants completion and more");
    test(complete(c, &response) == SEC_E_OK, "it is completed");
    test(leg(s, &response, &finish) == SEC_I_COMPLETE_NEEDED, "the server's last wants completion");
    test(complete(s, &finish) == SEC_E_OK, "which establishes it");
    test(leg(c, &finish, &none) == SEC_E_OK, "the client is done");
    test((c->flags & client_has) == client_has, "it has what it says: %#x", c->flags);
    over(c);
    over(s);
}

static void test_without_completion(struct side *c, struct side *s)
{
    struct token hello, challenge, response, finish;

    leg(c, NULL, &hello);
    leg(s, &hello, &challenge);
    leg(c, &challenge, &response);
    test(leg(s, &response, &finish) == SEC_E_LOGON_DENIED,
         "a token that was sent without its completion is refused");
    test(finish.buffer[0].cbBuffer == 0, "and answered with nothing");
    test(leg(c, &response, &finish) < 0, "a leg is refused while a token waits for completion");
    over(c);
    over(s);
}

/* --- tokens that were changed --------------------------------------------------------------- */

struct change {
    int token; /* which of the four */
    size_t at;
    bool cut;   /* there, or flip a bit */
    bool there; /* at is within the token */
};

static bool change_one(int n, struct token *t, void *arg)
{
    struct change *change = arg;

    if (n != change->token || change->at >= t->buffer[0].cbBuffer)
        return true;
    change->there = true;
    if (change->cut)
        t->buffer[0].cbBuffer = (ULONG)change->at;
    else
        t->bytes[change->at] ^= 1;
    return true;
}

static void test_changes(struct side *c, struct side *s, bool cut)
{
    unsigned tried = 0, passed = 0;

    for (int n = 0; n < 4; n++) {
        struct change change = { .token = n, .cut = cut, .there = true };

        for (; change.there; change.at++) {
            change.there = false;
            SECURITY_STATUS status = exchange(c, s, change_one, &change);

            tried += change.there;
            passed += change.there && status >= 0;
            over(c);
            over(s);
        }
    }
    test(tried > 200 && passed == 0, "%u tokens %s, %u passed", tried,
         cut ? "cut short" : "with a bit changed", passed);
}

static bool grow(int n, struct token *t, void *arg)
{
    if (n == *(int *)arg)
        t->bytes[t->buffer[0].cbBuffer++] = 0;
    return true;
}

static void test_longer(struct side *c, struct side *s)
{
    for (int n = 0; n < 4; n++) {
        SECURITY_STATUS status = exchange(c, s, grow, &n);

        test(status == SEC_E_INVALID_TOKEN, "token %d with a byte more is no token", n + 1);
        over(c);
        over(s);
    }
}

/* --- tokens of another place or time --------------------------------------------------------- */

static bool record(int n, struct token *t, void *arg)
{
    copy((struct token *)arg + n, t);
    return true;
}

static void test_replay(struct side *c, struct side *s)
{
    struct token old[4], answer;

    exchange(c, s, record, old);
    over(c);
    over(s);
    test(leg(s, &old[0], &answer) == SEC_I_CONTINUE_NEEDED, "an old HELLO is answered,");
    test(memcmp(answer.bytes, old[1].bytes, old[1].buffer[0].cbBuffer) != 0,
         "with a new CHALLENGE");
    test(leg(s, &old[2], &answer) == SEC_E_LOGON_DENIED, "but the old RESPONSE is refused");
    over(s);
    leg(c, NULL, &answer);
    test(leg(c, &old[1], &answer) == SEC_E_LOGON_DENIED, "an old CHALLENGE is refused");
    over(c);
}

static void test_reflection(struct side *c, struct side *s)
{
    struct token hello, challenge, response, out;

    leg(c, NULL, &hello);
    copy(&out, &hello);
    leg(s, &hello, &challenge);
    test(leg(c, &out, &response) == SEC_E_INVALID_TOKEN, "a client's own HELLO does not fool it");
    over(c);
    leg(c, NULL, &hello);
    over(s);
    leg(s, &hello, &challenge);
    step(c, &challenge, &response);
    challenge.bytes[5] = 4; /* the type: FINISH */
    response.bytes[5] = 4;
    memmove(response.bytes + 6, response.bytes + 38, 32);
    response.buffer[0].cbBuffer = 38;
    test(leg(c, &response, &out) == SEC_E_LOGON_DENIED, "its own proof is none of the server's");
    over(c);
    over(s);
}

/* --- who one is ------------------------------------------------------------------------------ */

static void test_strangers(struct side *s, const char *user, const char *password)
{
    struct side c;
    struct token hello, challenge, out;

    acquire(&c, false, user, "another password");
    test(exchange(&c, s, NULL, NULL) == SEC_E_LOGON_DENIED, "a wrong key is refused");
    over(&c);
    over(s);
    FreeCredentialsHandle(&c.credential);
    acquire(&c, false, "nobody", password);
    leg(&c, NULL, &hello);
    test(leg(s, &hello, &challenge) == SEC_I_CONTINUE_NEEDED,
         "a stranger is answered like anyone else");
    test(leg(&c, &challenge, &out) == SEC_E_LOGON_DENIED, "and learns nothing");
    over(&c);
    over(s);
    FreeCredentialsHandle(&c.credential);
    test(!acquire(&c, false, "", password), "a client without a name gets no credential");
}

static void bind(struct side *s, SEC_CHANNEL_BINDINGS *b, const char *text)
{
    char *data = (char *)(b + 1);

    memset(b, 0, sizeof *b);
    b->cbApplicationDataLength = (ULONG)strlen(text);
    b->dwApplicationDataOffset = sizeof *b;
    memcpy(data, text, strlen(text));
    s->bindings = b;
    s->bindings_length = (ULONG)(sizeof *b + strlen(text));
}

static void test_bindings(struct side *c, struct side *s)
{
    union {
        SEC_CHANNEL_BINDINGS b;
        char room[sizeof(SEC_CHANNEL_BINDINGS) + 64];
    } here, there;

    bind(c, &here.b, "tls-unique:here");
    bind(s, &here.b, "tls-unique:here");
    test(exchange(c, s, NULL, NULL) == SEC_E_OK, "the same channel on both sides is well");
    over(c);
    over(s);
    bind(s, &there.b, "tls-unique:there");
    test(exchange(c, s, NULL, NULL) == SEC_E_BAD_BINDINGS, "two channels are refused");
    over(c);
    over(s);
    c->bindings = NULL;
    test(exchange(c, s, NULL, NULL) == SEC_E_OK, "a client without is let by (allow)");
    over(c);
    over(s);
    s->bindings = NULL;
}

/* --- messages -------------------------------------------------------------------------------- */

struct message {
    unsigned char trailer[64];
    char header[8], text[32];
    SecBuffer part[3];
    SecBufferDesc all;
};

static void write_message(struct message *m, const char *text)
{
    memset(m, 0, sizeof *m);
    snprintf(m->header, sizeof m->header, "header");
    snprintf(m->text, sizeof m->text, "%s", text);
    m->part[0] = (SecBuffer){ sizeof m->header, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM,
                              m->header };
    m->part[1] = (SecBuffer){ sizeof m->text, SECBUFFER_DATA, m->text };
    m->part[2] = (SecBuffer){ sizeof m->trailer, SECBUFFER_TOKEN, m->trailer };
    m->all = (SecBufferDesc){ SECBUFFER_VERSION, 3, m->part };
}

static void copy_message(struct message *to, const struct message *from)
{
    *to = *from;
    to->part[0].pvBuffer = to->header;
    to->part[1].pvBuffer = to->text;
    to->part[2].pvBuffer = to->trailer;
    to->all.pBuffers = to->part;
}

static void test_sealed(struct side *c, struct side *s)
{
    struct message m, sent, bad;
    ULONG qop = 1;

    write_message(&m, "attack at dawn");
    test(EncryptMessage(&c->context, 0, &m.all, 0) == SEC_E_OK, "a message is sealed");
    test(memcmp(m.text, "attack", 6) != 0 && strcmp(m.header, "header") == 0,
         "its data, not its header");
    copy_message(&sent, &m);
    copy_message(&bad, &m);
    test(DecryptMessage(&c->context, &bad.all, 0, &qop) < 0, "its sender does not take it back");
    copy_message(&bad, &m);
    bad.text[3] ^= 1;
    test(DecryptMessage(&s->context, &bad.all, 0, &qop) == SEC_E_MESSAGE_ALTERED,
         "a changed one is refused");
    test(bad.text[0] == 0 && memcmp(bad.text, bad.text + 1, sizeof bad.text - 1) == 0,
         "and nothing of it is left");
    copy_message(&bad, &m);
    bad.header[0] = 'H';
    test(DecryptMessage(&s->context, &bad.all, 0, &qop) == SEC_E_MESSAGE_ALTERED,
         "so is one with a changed header");
    copy_message(&bad, &m);
    bad.part[2].cbBuffer--;
    test(DecryptMessage(&s->context, &bad.all, 0, &qop) == SEC_E_INVALID_TOKEN,
         "and one with a cut trailer");
    test(DecryptMessage(&s->context, &m.all, 0, &qop) == SEC_E_OK &&
             strcmp(m.text, "attack at dawn") == 0,
         "the message itself is still welcome");
    test(DecryptMessage(&s->context, &sent.all, 0, &qop) == SEC_E_OUT_OF_SEQUENCE,
         "but not a second time");
}

static void test_signed(struct side *c, struct side *s)
{
    struct message first, second, bad;
    ULONG qop;

    write_message(&first, "one");
    write_message(&second, "two");
    test(MakeSignature(&s->context, 0, &first.all, 0) == SEC_E_OK &&
             MakeSignature(&s->context, 0, &second.all, 0) == SEC_E_OK,
         "messages are signed");
    test(VerifySignature(&c->context, &second.all, 0, &qop) == SEC_E_OUT_OF_SEQUENCE,
         "the second cannot come first");
    copy_message(&bad, &first);
    bad.text[0] = '0';
    test(VerifySignature(&c->context, &bad.all, 0, &qop) == SEC_E_MESSAGE_ALTERED,
         "nor a changed one");
    copy_message(&bad, &first);
    bad.part[1].BufferType |= SECBUFFER_READONLY_WITH_CHECKSUM;
    test(DecryptMessage(&c->context, &bad.all, 0, &qop) == SEC_E_MESSAGE_ALTERED,
         "nor a signed one as a sealed one that seals nothing");
    test(VerifySignature(&c->context, &first.all, 0, &qop) == SEC_E_OK &&
             VerifySignature(&c->context, &second.all, 0, &qop) == SEC_E_OK,
         "in order they are well");
    first.part[2].cbBuffer = 8;
    test(MakeSignature(&s->context, 0, &first.all, 0) == SEC_E_BUFFER_TOO_SMALL,
         "a signature wants its room");
}

static void test_attributes(struct side *c, struct side *s, const char *user)
{
    SecPkgContext_Sizes sizes;
    SecPkgContext_NamesA names = { 0 };
    SecPkgContext_KeyInfoA info = { 0 };
    SecPkgContext_SessionKey ours = { 0 }, theirs = { 0 };
    SecPkgContext_Lifespan life;

    test(QueryContextAttributesA(&c->context, SECPKG_ATTR_SIZES, &sizes) == SEC_E_OK &&
             sizes.cbSecurityTrailer == 24 && sizes.cbMaxSignature == 24,
         "sizes are told");
    test(QueryContextAttributesA(&s->context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK &&
             strcmp(names.sUserName, user) == 0,
         "the server knows the client's name");
    test(QueryContextAttributesA(&c->context, SECPKG_ATTR_KEY_INFO, &info) == SEC_E_OK &&
             info.KeySize == 256,
         "the algorithms are told");
    test(QueryContextAttributesA(&c->context, SECPKG_ATTR_LIFESPAN, &life) == SEC_E_OK &&
             life.tsStart.QuadPart > 0,
         "the time of its making is told");
    test(QueryContextAttributesA(&c->context, SECPKG_ATTR_SESSION_KEY, &ours) == SEC_E_OK &&
             QueryContextAttributesA(&s->context, SECPKG_ATTR_SESSION_KEY, &theirs) == SEC_E_OK &&
             ours.SessionKeyLength == 32 && theirs.SessionKeyLength == 32 &&
             memcmp(ours.SessionKey, theirs.SessionKey, 32) == 0,
         "both have the same session key");
    FreeContextBuffer(names.sUserName);
    FreeContextBuffer(info.sSignatureAlgorithmName);
    FreeContextBuffer(info.sEncryptAlgorithmName);
    FreeContextBuffer(ours.SessionKey);
    FreeContextBuffer(theirs.SessionKey);
}

int main(int argc, char **argv)
{
    struct side c, s;

    if (argc != 3)
        return 2;
    test(acquire(&s, true, "", ""), "the server has a credential");
    test(acquire(&c, false, argv[1], argv[2]), "the client has a credential");
    test_order(&c, &s);
    test_without_completion(&c, &s);
    test_changes(&c, &s, true);
    test_changes(&c, &s, false);
    test_longer(&c, &s);
    test_replay(&c, &s);
    test_reflection(&c, &s);
    test_strangers(&s, argv[1], argv[2]);
    test_bindings(&c, &s);
    test(exchange(&c, &s, NULL, NULL) == SEC_E_OK, "a good exchange after all this");
    test_attributes(&c, &s, argv[1]);
    test_sealed(&c, &s);
    test_signed(&c, &s);
    over(&c);
    over(&s);
    FreeCredentialsHandle(&c.credential);
    FreeCredentialsHandle(&s.credential);
    return failures > 0;
}

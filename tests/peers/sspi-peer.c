/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sspi-peer.c: our side of a test with another implementation: one context, driven over the
 * line protocol of line.h, on the public calls only.
 *
 * A sealed message is the token, then the data, as GSS-API puts it on the wire ([MS-NLMP] 3.4.4,
 * RFC 4121 4.2.6.2 with its header alone); a MIC is the token alone.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "sspi/sspi.h"
#include "sspi/sspix.h"

struct flag {
    const char *name;
    uint32_t isc_req, isc_ret, asc_req, asc_ret;
};

/* One name for what both sides call by names of their own; 0: that side has no such thing. */
static const struct flag flags[] = {
    { "deleg", ISC_REQ_DELEGATE, ISC_RET_DELEGATE, ASC_REQ_DELEGATE, ASC_RET_DELEGATE },
    { "mutual", ISC_REQ_MUTUAL_AUTH, ISC_RET_MUTUAL_AUTH, ASC_REQ_MUTUAL_AUTH,
      ASC_RET_MUTUAL_AUTH },
    { "replay", ISC_REQ_REPLAY_DETECT, ISC_RET_REPLAY_DETECT, ASC_REQ_REPLAY_DETECT,
      ASC_RET_REPLAY_DETECT },
    { "sequence", ISC_REQ_SEQUENCE_DETECT, ISC_RET_SEQUENCE_DETECT, ASC_REQ_SEQUENCE_DETECT,
      ASC_RET_SEQUENCE_DETECT },
    { "conf", ISC_REQ_CONFIDENTIALITY, ISC_RET_CONFIDENTIALITY, ASC_REQ_CONFIDENTIALITY,
      ASC_RET_CONFIDENTIALITY },
    { "integ", ISC_REQ_INTEGRITY, ISC_RET_INTEGRITY, ASC_REQ_INTEGRITY, ASC_RET_INTEGRITY },
    { "ident", ISC_REQ_IDENTIFY, ISC_RET_IDENTIFY, ASC_REQ_IDENTIFY, ASC_RET_IDENTIFY },
    { "null", ISC_REQ_NULL_SESSION, ISC_RET_NULL_SESSION, ASC_REQ_ALLOW_NULL_SESSION,
      ASC_RET_NULL_SESSION },
    { "connection", ISC_REQ_CONNECTION, ISC_RET_CONNECTION, ASC_REQ_CONNECTION,
      ASC_RET_CONNECTION },
    { "datagram", ISC_REQ_DATAGRAM, ISC_RET_DATAGRAM, ASC_REQ_DATAGRAM, ASC_RET_DATAGRAM },
    { "missing-bindings", 0, 0, ASC_REQ_ALLOW_MISSING_BINDINGS, 0 },
};

struct peer {
    const SecurityFunctionTableA *api;
    bool initiator;
    bool allocate; /* the library's memory for tokens, else ours */
    bool stream;   /* messages are opened from one STREAM buffer */
    uint32_t room; /* of our first token buffer, bytes; 0: what the package asks for */
    uint32_t request;
    char *package, *target;
    SEC_WINNT_AUTH_IDENTITY_A identity; /* User NULL: none */
    struct bytes bindings;              /* SEC_CHANNEL_BINDINGS and its data, or empty */

    CredHandle cred;
    CtxtHandle ctx;
    bool have_cred, have_ctx;
    uint32_t granted;
};

/* The exported functions in the form of a table, so that one text serves both ways in. */
static const SecurityFunctionTableA exported = {
    .dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION,
    .AcquireCredentialsHandleA = AcquireCredentialsHandleA,
    .FreeCredentialsHandle = FreeCredentialsHandle,
    .InitializeSecurityContextA = InitializeSecurityContextA,
    .AcceptSecurityContext = AcceptSecurityContext,
    .CompleteAuthToken = CompleteAuthToken,
    .DeleteSecurityContext = DeleteSecurityContext,
    .QueryContextAttributesA = QueryContextAttributesA,
    .MakeSignature = MakeSignature,
    .VerifySignature = VerifySignature,
    .FreeContextBuffer = FreeContextBuffer,
    .QuerySecurityPackageInfoA = QuerySecurityPackageInfoA,
    .EncryptMessage = EncryptMessage,
    .DecryptMessage = DecryptMessage,
};

static SECURITY_STATUS refuse(SECURITY_STATUS status, const char *where)
{
    const char *name = sspi_status_name(status);

    if (name)
        printf("ERR %s %s\n", name, where);
    else
        printf("ERR %#x %s\n", (unsigned)status, where);
    fflush(stdout);
    return status;
}

static void *need(void *p)
{
    if (!p) {
        fputs("sspi-peer: out of memory\n", stderr);
        exit(2);
    }
    return p;
}

/*
 * The exchange.
 */

static SECURITY_STATUS acquire(struct peer *p)
{
    TimeStamp expiry;
    void *identity = p->identity.User ? &p->identity : NULL;
    SECURITY_STATUS status = p->api->AcquireCredentialsHandleA(
        NULL, p->package, p->initiator ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND, NULL, identity,
        NULL, NULL, &p->cred, &expiry);

    if (status != SEC_E_OK)
        return refuse(status, "acquire");
    p->have_cred = true;
    if (p->allocate || p->room)
        return SEC_E_OK;

    SecPkgInfoA *info = NULL;
    status = p->api->QuerySecurityPackageInfoA(p->package, &info);
    if (status != SEC_E_OK)
        return refuse(status, "package-info");
    p->room = info->cbMaxToken;
    status = p->api->FreeContextBuffer(info);
    return status == SEC_E_OK ? status : refuse(status, "free");
}

static SECURITY_STATUS call_leg(struct peer *p, SecBufferDesc *in, SecBufferDesc *out)
{
    CtxtHandle *old = p->have_ctx ? &p->ctx : NULL;
    uint32_t request = p->request;
    TimeStamp expiry;
    ULONG granted = 0;
    SECURITY_STATUS status;

    if (p->initiator)
        status = p->api->InitializeSecurityContextA(
            &p->cred, old, p->target, request | (p->allocate ? ISC_REQ_ALLOCATE_MEMORY : 0), 0,
            SECURITY_NATIVE_DREP, in->cBuffers ? in : NULL, 0, &p->ctx, out, &granted, &expiry);
    else
        status = p->api->AcceptSecurityContext(
            &p->cred, old, in, request | (p->allocate ? ASC_REQ_ALLOCATE_MEMORY : 0),
            SECURITY_NATIVE_DREP, &p->ctx, out, &granted, &expiry);
    if (status >= 0) {
        p->have_ctx = true;
        p->granted = granted;
    }
    return status;
}

/* One leg; the token for the other side, if there is one, goes out whatever the status is. */
static SECURITY_STATUS leg(struct peer *p, const struct bytes *token)
{
    SecBuffer in[2];
    SecBuffer out = { p->room, SECBUFFER_TOKEN, NULL };
    SecBufferDesc in_desc = { SECBUFFER_VERSION, 0, in };
    SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out };

    if (token)
        in[in_desc.cBuffers++] = (SecBuffer){ (ULONG)token->len, SECBUFFER_TOKEN, token->data };
    if (p->bindings.len)
        in[in_desc.cBuffers++] =
            (SecBuffer){ (ULONG)p->bindings.len, SECBUFFER_CHANNEL_BINDINGS, p->bindings.data };

    if (!p->allocate)
        out.pvBuffer = need(malloc(out.cbBuffer));
    SECURITY_STATUS status = call_leg(p, &in_desc, &out_desc);
    if (status == SEC_E_BUFFER_TOO_SMALL && !p->allocate && out.cbBuffer > p->room) {
        p->room = out.cbBuffer;
        free(out.pvBuffer);
        out.pvBuffer = need(malloc(out.cbBuffer));
        status = call_leg(p, &in_desc, &out_desc);
    }
    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE) {
        SECURITY_STATUS completed = p->api->CompleteAuthToken(&p->ctx, &out_desc);
        if (completed != SEC_E_OK)
            status = completed;
        else
            status = status == SEC_I_COMPLETE_NEEDED ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
    }
    if (out.cbBuffer && out.pvBuffer)
        line_say("T", out.pvBuffer, out.cbBuffer);
    if (!p->allocate)
        free(out.pvBuffer);
    else if (out.pvBuffer && p->api->FreeContextBuffer(out.pvBuffer) != SEC_E_OK)
        return refuse(SEC_E_INTERNAL_ERROR, "free");
    return status < 0 ? refuse(status, p->initiator ? "initiate" : "accept") : status;
}

static SECURITY_STATUS exchange(struct peer *p, struct line *line)
{
    SECURITY_STATUS status = p->initiator ? leg(p, NULL) : SEC_I_CONTINUE_NEEDED;

    while (status == SEC_I_CONTINUE_NEEDED) {
        struct bytes token;
        if (!line_read(line))
            return SEC_E_INCOMPLETE_MESSAGE;
        if (strcmp(line->word[0], "T") || !line_base64(line->word[1], &token))
            return refuse(SEC_E_INVALID_PARAMETER, "line");
        status = leg(p, &token);
        bytes_free(&token);
    }
    return status;
}

static SECURITY_STATUS report(struct peer *p)
{
    SecPkgContext_NamesA names = { NULL };
    SECURITY_STATUS status = p->api->QueryContextAttributesA(&p->ctx, SECPKG_ATTR_NAMES, &names);
    const char *comma = "";

    if (status != SEC_E_OK)
        return refuse(status, "names");
    printf("OK ");
    line_put_text(names.sUserName);
    putchar(' ');
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        uint32_t bit = p->initiator ? flags[i].isc_ret : flags[i].asc_ret;
        if (!(p->granted & bit))
            continue;
        printf("%s%s", comma, flags[i].name);
        comma = ",";
    }
    puts(*comma ? "" : "-");
    fflush(stdout);
    status = p->api->FreeContextBuffer(names.sUserName);
    return status == SEC_E_OK ? status : refuse(status, "free");
}

/*
 * Messages.
 */

static SECURITY_STATUS wrap(struct peer *p, const struct bytes *message)
{
    SecPkgContext_Sizes sizes;
    SECURITY_STATUS status = p->api->QueryContextAttributesA(&p->ctx, SECPKG_ATTR_SIZES, &sizes);

    if (status != SEC_E_OK)
        return refuse(status, "sizes");
    uint32_t trailer = sizes.cbSecurityTrailer;
    uint8_t *all = need(malloc((size_t)trailer + message->len + sizes.cbBlockSize + 1));
    memcpy(all + trailer, message->data, message->len);
    SecBuffer b[] = {
        { trailer, SECBUFFER_TOKEN, all },
        { (ULONG)message->len, SECBUFFER_DATA, all + trailer },
        { sizes.cbBlockSize, SECBUFFER_PADDING, all + trailer + message->len },
    };
    SecBufferDesc desc = { SECBUFFER_VERSION, sizes.cbBlockSize ? 3 : 2, b };
    status = p->api->EncryptMessage(&p->ctx, 0, &desc, 0);
    if (status == SEC_E_OK) {
        size_t gap = trailer - b[0].cbBuffer;
        size_t tail = b[1].cbBuffer + (desc.cBuffers == 3 ? b[2].cbBuffer : 0);
        memmove(all + gap, all, b[0].cbBuffer);
        line_say("W", all + gap, b[0].cbBuffer + tail);
    } else {
        (void)refuse(status, "encrypt");
    }
    free(all);
    return status;
}

static SECURITY_STATUS unwrap(struct peer *p, struct bytes *sealed)
{
    SecPkgContext_Sizes sizes;
    ULONG qop = 0;
    SECURITY_STATUS status = p->api->QueryContextAttributesA(&p->ctx, SECPKG_ATTR_SIZES, &sizes);

    if (status != SEC_E_OK)
        return refuse(status, "sizes");
    uint32_t head = sizes.cbSecurityTrailer;
    if (sealed->len < head)
        head = (uint32_t)sealed->len;
    SecBuffer parts[] = {
        { head, SECBUFFER_TOKEN, sealed->data },
        { (ULONG)sealed->len - head, SECBUFFER_DATA, sealed->data + head },
    };
    SecBuffer stream[] = {
        { (ULONG)sealed->len, SECBUFFER_STREAM, sealed->data },
        { 0, SECBUFFER_DATA, NULL },
    };
    SecBuffer *b = p->stream ? stream : parts;
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    status = p->api->DecryptMessage(&p->ctx, &desc, 0, &qop);
    if (status != SEC_E_OK)
        return refuse(status, "decrypt");
    line_say("U", b[1].pvBuffer, b[1].cbBuffer);
    return status;
}

static SECURITY_STATUS sign(struct peer *p, const struct bytes *message)
{
    SecPkgContext_Sizes sizes;
    SECURITY_STATUS status = p->api->QueryContextAttributesA(&p->ctx, SECPKG_ATTR_SIZES, &sizes);

    if (status != SEC_E_OK)
        return refuse(status, "sizes");
    uint8_t *signature = need(malloc((size_t)sizes.cbMaxSignature + 1));
    SecBuffer b[] = {
        { (ULONG)message->len, SECBUFFER_DATA, message->data },
        { sizes.cbMaxSignature, SECBUFFER_TOKEN, signature },
    };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    status = p->api->MakeSignature(&p->ctx, 0, &desc, 0);
    if (status == SEC_E_OK)
        line_say("M", signature, b[1].cbBuffer);
    else
        (void)refuse(status, "sign");
    free(signature);
    return status;
}

static SECURITY_STATUS verify(struct peer *p, const struct bytes *message,
                              const struct bytes *signature)
{
    SecBuffer b[] = {
        { (ULONG)message->len, SECBUFFER_DATA, message->data },
        { (ULONG)signature->len, SECBUFFER_TOKEN, signature->data },
    };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    ULONG qop = 0;
    SECURITY_STATUS status = p->api->VerifySignature(&p->ctx, &desc, 0, &qop);

    if (status != SEC_E_OK)
        return refuse(status, "verify");
    line_say_text("V", "ok");
    return status;
}

static SECURITY_STATUS session_key(struct peer *p)
{
    SecPkgContext_SessionKey key = { 0, NULL };
    SECURITY_STATUS status =
        p->api->QueryContextAttributesA(&p->ctx, SECPKG_ATTR_SESSION_KEY, &key);

    if (status != SEC_E_OK)
        return refuse(status, "session-key");
    line_say_hex("K", key.SessionKey, key.SessionKeyLength);
    status = p->api->FreeContextBuffer(key.SessionKey);
    return status == SEC_E_OK ? status : refuse(status, "free");
}

/* This attribute is UTF-16 in both forms of the call; tests use ASCII. */
static SECURITY_STATUS client_target(struct peer *p)
{
    SecPkgContext_ClientSpecifiedTarget target = { NULL };
    char text[256];
    size_t n = 0;
    SECURITY_STATUS status =
        p->api->QueryContextAttributesA(&p->ctx, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &target);

    if (status != SEC_E_OK)
        return refuse(status, "target");
    while (target.sTargetName[n] && n + 1 < sizeof text) {
        text[n] = target.sTargetName[n] < 0x80 ? (char)target.sTargetName[n] : '?';
        n++;
    }
    text[n] = '\0';
    line_say_text("N", text);
    status = p->api->FreeContextBuffer(target.sTargetName);
    return status == SEC_E_OK ? status : refuse(status, "free");
}

/* A command of one message, or of a message and a signature. */
static void command(struct peer *p, const struct line *line)
{
    const char *word = line->word[0];
    struct bytes message, signature = { NULL, 0 };

    if (!strcmp(word, "KEY")) {
        (void)session_key(p);
        return;
    }
    if (!strcmp(word, "TARGET")) {
        (void)client_target(p);
        return;
    }
    if (!line_base64(line->word[1], &message) || message.len > UINT32_MAX) {
        (void)refuse(SEC_E_INVALID_PARAMETER, "line");
        return;
    }
    if (!strcmp(word, "WRAP"))
        (void)wrap(p, &message);
    else if (!strcmp(word, "UNWRAP"))
        (void)unwrap(p, &message);
    else if (!strcmp(word, "MIC"))
        (void)sign(p, &message);
    else if (!strcmp(word, "VERIFY") && line_base64(line->word[2], &signature))
        (void)verify(p, &message, &signature);
    else
        (void)refuse(SEC_E_INVALID_PARAMETER, "line");
    bytes_free(&signature);
    bytes_free(&message);
}

/*
 * The command line.
 */

static int usage(void)
{
    fputs("usage: sspi-peer init|accept [--package NAME] [--target NAME] [--user U] [--domain D]\n"
          "         [--password P] [--flags conf,integ,...] [--cb HEX] [--api table|functions]\n"
          "         [--own-memory] [--room BYTES] [--stream]\n",
          stderr);
    return 2;
}

static bool parse_flags(struct peer *p, char *list)
{
    char *save = NULL;

    for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
        size_t i = 0;
        while (i < sizeof flags / sizeof *flags && strcmp(flags[i].name, name) != 0)
            i++;
        if (i == sizeof flags / sizeof *flags)
            return false;
        p->request |= p->initiator ? flags[i].isc_req : flags[i].asc_req;
    }
    return true;
}

/* SEC_CHANNEL_BINDINGS with application data only, as for TLS (RFC 5929). */
static bool parse_bindings(struct peer *p, const char *hex)
{
    struct bytes data;

    if (!line_hex(hex, &data))
        return false;
    SEC_CHANNEL_BINDINGS header = {
        .cbApplicationDataLength = (ULONG)data.len,
        .dwApplicationDataOffset = sizeof header,
    };
    bytes_free(&p->bindings);
    p->bindings.len = sizeof header + data.len;
    p->bindings.data = need(malloc(p->bindings.len));
    memcpy(p->bindings.data, &header, sizeof header);
    memcpy(p->bindings.data + sizeof header, data.data, data.len);
    bytes_free(&data);
    return true;
}

static void identity_part(UCHAR **part, ULONG *len, char *value)
{
    *part = (UCHAR *)value;
    *len = (ULONG)strlen(value);
}

static bool parse(struct peer *p, int argc, char **argv)
{
    static const struct option options[] = {
        { "package", required_argument, NULL, 'k' },  { "target", required_argument, NULL, 't' },
        { "user", required_argument, NULL, 'u' },     { "domain", required_argument, NULL, 'd' },
        { "password", required_argument, NULL, 'p' }, { "flags", required_argument, NULL, 'f' },
        { "cb", required_argument, NULL, 'c' },       { "api", required_argument, NULL, 'a' },
        { "own-memory", no_argument, NULL, 'm' },     { "room", required_argument, NULL, 'r' },
        { "stream", no_argument, NULL, 's' },         { NULL, 0, NULL, 0 },
    };
    bool good = argc > 1 && (!strcmp(argv[1], "init") || !strcmp(argv[1], "accept"));
    int o;

    if (!good)
        return false;
    p->initiator = !strcmp(argv[1], "init");
    optind = 2;
    while (good && (o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (o) {
        case 'k':
            p->package = optarg;
            break;
        case 't':
            p->target = optarg;
            break;
        case 'u':
            identity_part(&p->identity.User, &p->identity.UserLength, optarg);
            break;
        case 'd':
            identity_part(&p->identity.Domain, &p->identity.DomainLength, optarg);
            break;
        case 'p':
            identity_part(&p->identity.Password, &p->identity.PasswordLength, optarg);
            break;
        case 'f':
            good = parse_flags(p, optarg);
            break;
        case 'c':
            good = parse_bindings(p, optarg);
            break;
        case 'a':
            p->api = strcmp(optarg, "functions") ? InitSecurityInterfaceA() : &exported;
            break;
        case 'm':
            p->allocate = false;
            break;
        case 'r':
            p->room = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 's':
            p->stream = true;
            break;
        default:
            good = false;
        }
    }
    return good && optind == argc;
}

static bool close_handles(struct peer *p)
{
    bool good = true;

    if (p->have_ctx && p->api->DeleteSecurityContext(&p->ctx) != SEC_E_OK)
        good = false;
    if (p->have_cred && p->api->FreeCredentialsHandle(&p->cred) != SEC_E_OK)
        good = false;
    bytes_free(&p->bindings);
    return good;
}

int main(int argc, char **argv)
{
    static char package[] = "NTLM";
    struct peer p = { .allocate = true, .package = package };
    struct line line = { 0 };
    SECURITY_STATUS status;

    p.api = InitSecurityInterfaceA();
    p.identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    if (!p.api || !parse(&p, argc, argv))
        return usage();
    status = acquire(&p);
    if (status == SEC_E_OK)
        status = exchange(&p, &line);
    if (status == SEC_E_OK)
        status = report(&p);
    while (status == SEC_E_OK && line_read(&line) && strcmp(line.word[0], "QUIT") != 0)
        command(&p, &line);
    line_free(&line);
    if (!close_handles(&p)) {
        (void)refuse(SEC_E_INVALID_HANDLE, "close");
        return 3;
    }
    return status == SEC_E_OK ? 0 : 1;
}

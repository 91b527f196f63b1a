/* SPDX-License-Identifier: Apache-2.0 */
/*
 * winpr-peer.c: the SSPI of WinPR (FreeRDP's library) behind the line protocol of line.h.
 *
 * WinPR reads the accounts of an NTLM server from a file that is named through the context, and
 * counts messages by the MessageSeqNo of the caller, so both are seen to here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/winpr.h>

#include <winpr/sspi.h>

#include "line.h"

struct flag {
    const char *name;
    ULONG isc, asc;
};

/* WinPR gives the RET bits the values of the REQ bits. */
static const struct flag flags[] = {
    { "mutual", ISC_REQ_MUTUAL_AUTH, ASC_REQ_MUTUAL_AUTH },
    { "replay", ISC_REQ_REPLAY_DETECT, ASC_REQ_REPLAY_DETECT },
    { "sequence", ISC_REQ_SEQUENCE_DETECT, ASC_REQ_SEQUENCE_DETECT },
    { "conf", ISC_REQ_CONFIDENTIALITY, ASC_REQ_CONFIDENTIALITY },
    { "integ", ISC_REQ_INTEGRITY, ASC_REQ_INTEGRITY },
    { "connection", ISC_REQ_CONNECTION, ASC_REQ_CONNECTION },
};

struct peer {
    SecurityFunctionTableA *api;
    BOOL initiator;
    char *target, *sam;
    ULONG request, granted;
    SEC_WINNT_AUTH_IDENTITY_A identity;
    struct bytes bindings;
    CredHandle cred;
    CtxtHandle ctx;
    BOOL have_ctx;
    ULONG sent, received; /* messages so far */
};

#define TOKEN_ROOM 16384
#define SIGNATURE 16 /* [MS-NLMP] 2.2.2.9 */

static SECURITY_STATUS refuse(SECURITY_STATUS status, const char *where)
{
    printf("ERR %s %s\n", GetSecurityStatusString(status), where);
    fflush(stdout);
    return status;
}

static SECURITY_STATUS accept_leg(struct peer *p, SecBufferDesc *in, SecBufferDesc *out)
{
    TimeStamp expiry;
    SECURITY_STATUS status =
        p->api->AcceptSecurityContext(&p->cred, p->have_ctx ? &p->ctx : NULL, in, p->request,
                                      SECURITY_NATIVE_DREP, &p->ctx, out, &p->granted, &expiry);

    if (p->have_ctx || status < 0 || !p->sam)
        return status;
    SECURITY_STATUS set = p->api->SetContextAttributesA(&p->ctx, SECPKG_ATTR_AUTH_NTLM_SAM_FILE,
                                                        p->sam, (ULONG)strlen(p->sam));
    return set == SEC_E_OK ? status : set;
}

static SECURITY_STATUS leg(struct peer *p, const struct bytes *token)
{
    SecBuffer in[2];
    SecBuffer out = { TOKEN_ROOM, SECBUFFER_TOKEN, calloc(1, TOKEN_ROOM) };
    SecBufferDesc in_desc = { SECBUFFER_VERSION, 0, in };
    SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out };
    SECURITY_STATUS status;
    TimeStamp expiry;

    if (!out.pvBuffer)
        exit(2);
    /* Its first leg refuses input without a token: bindings go with the later ones. */
    if (token)
        in[in_desc.cBuffers++] = (SecBuffer){ (ULONG)token->len, SECBUFFER_TOKEN, token->data };
    if (token && p->bindings.len)
        in[in_desc.cBuffers++] =
            (SecBuffer){ (ULONG)p->bindings.len, SECBUFFER_CHANNEL_BINDINGS, p->bindings.data };
    if (p->initiator)
        status = p->api->InitializeSecurityContextA(
            &p->cred, p->have_ctx ? &p->ctx : NULL, p->target, p->request, 0, SECURITY_NATIVE_DREP,
            in_desc.cBuffers ? &in_desc : NULL, 0, &p->ctx, &out_desc, &p->granted, &expiry);
    else
        status = accept_leg(p, &in_desc, &out_desc);
    p->have_ctx = p->have_ctx || status >= 0;
    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE) {
        SECURITY_STATUS completed = p->api->CompleteAuthToken(&p->ctx, &out_desc);
        if (completed != SEC_E_OK)
            status = completed;
        else
            status = status == SEC_I_COMPLETE_NEEDED ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
    }
    /* The last leg of its server leaves cbBuffer as it found it. */
    if (status >= 0 && out.cbBuffer && out.cbBuffer != TOKEN_ROOM)
        line_say("T", out.pvBuffer, out.cbBuffer);
    free(out.pvBuffer);
    return status < 0 ? refuse(status, p->initiator ? "initiate" : "accept") : status;
}

static SECURITY_STATUS exchange(struct peer *p, struct line *line)
{
    SECURITY_STATUS status = p->initiator ? leg(p, NULL) : SEC_I_CONTINUE_NEEDED;

    while (status == SEC_I_CONTINUE_NEEDED) {
        struct bytes token;
        if (!line_read(line) || strcmp(line->word[0], "T") != 0 ||
            !line_base64(line->word[1], &token))
            return SEC_E_INCOMPLETE_MESSAGE;
        status = leg(p, &token);
        bytes_free(&token);
    }
    return status;
}

/* Who the client said it is, as WinPR's own attribute has it: UTF-8, joined as "DOMAIN\user". */
static void put_name(struct peer *p)
{
    SecPkgContext_AuthIdentity who;
    char name[sizeof who.User + sizeof who.Domain + 2];

    memset(&who, 0, sizeof who);
    if (p->initiator ||
        p->api->QueryContextAttributesA(&p->ctx, SECPKG_ATTR_AUTH_IDENTITY, &who) != SEC_E_OK) {
        line_put_text("");
        return;
    }
    (void)snprintf(name, sizeof name, "%s\\%s", who.Domain, who.User);
    line_put_text(name);
}

static void report(struct peer *p)
{
    const char *comma = "";

    printf("OK ");
    put_name(p);
    putchar(' ');
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (!(p->granted & (p->initiator ? flags[i].isc : flags[i].asc)))
            continue;
        printf("%s%s", comma, flags[i].name);
        comma = ",";
    }
    puts(*comma ? "" : "-");
    fflush(stdout);
}

static void wrap(struct peer *p, const struct bytes *message)
{
    uint8_t *all = malloc(SIGNATURE + message->len);

    if (!all)
        exit(2);
    memcpy(all + SIGNATURE, message->data, message->len);
    SecBuffer b[] = { { (ULONG)message->len, SECBUFFER_DATA, all + SIGNATURE },
                      { SIGNATURE, SECBUFFER_TOKEN, all } };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    SECURITY_STATUS status = p->api->EncryptMessage(&p->ctx, 0, &desc, p->sent++);
    if (status == SEC_E_OK)
        line_say("W", all, SIGNATURE + message->len);
    else
        (void)refuse(status, "encrypt");
    free(all);
}

static void unwrap(struct peer *p, const struct bytes *sealed)
{
    ULONG qop = 0;

    if (sealed->len < SIGNATURE) {
        (void)refuse(SEC_E_INVALID_TOKEN, "decrypt");
        return;
    }
    SecBuffer b[] = { { (ULONG)sealed->len - SIGNATURE, SECBUFFER_DATA, sealed->data + SIGNATURE },
                      { SIGNATURE, SECBUFFER_TOKEN, sealed->data } };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    SECURITY_STATUS status = p->api->DecryptMessage(&p->ctx, &desc, p->received++, &qop);
    if (status == SEC_E_OK)
        line_say("U", b[0].pvBuffer, b[0].cbBuffer);
    else
        (void)refuse(status, "decrypt");
}

static void sign(struct peer *p, const struct bytes *message)
{
    uint8_t signature[SIGNATURE];
    SecBuffer b[] = { { (ULONG)message->len, SECBUFFER_DATA, message->data },
                      { SIGNATURE, SECBUFFER_TOKEN, signature } };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    SECURITY_STATUS status = p->api->MakeSignature(&p->ctx, 0, &desc, p->sent++);

    if (status == SEC_E_OK)
        line_say("M", signature, SIGNATURE);
    else
        (void)refuse(status, "sign");
}

static void verify(struct peer *p, const struct bytes *message, const struct bytes *signature)
{
    SecBuffer b[] = { { (ULONG)message->len, SECBUFFER_DATA, message->data },
                      { (ULONG)signature->len, SECBUFFER_TOKEN, signature->data } };
    SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
    ULONG qop = 0;
    SECURITY_STATUS status = p->api->VerifySignature(&p->ctx, &desc, p->received++, &qop);

    if (status == SEC_E_OK)
        line_say_text("V", "ok");
    else
        (void)refuse(status, "verify");
}

static void command(struct peer *p, const struct line *line)
{
    struct bytes message, signature = { NULL, 0 };

    if (!line_base64(line->word[1], &message)) {
        (void)refuse(SEC_E_UNSUPPORTED_FUNCTION, "line");
        return;
    }
    if (!strcmp(line->word[0], "WRAP"))
        wrap(p, &message);
    else if (!strcmp(line->word[0], "UNWRAP"))
        unwrap(p, &message);
    else if (!strcmp(line->word[0], "MIC"))
        sign(p, &message);
    else if (!strcmp(line->word[0], "VERIFY") && line_base64(line->word[2], &signature))
        verify(p, &message, &signature);
    else
        (void)refuse(SEC_E_UNSUPPORTED_FUNCTION, "line");
    bytes_free(&signature);
    bytes_free(&message);
}

static BOOL add_flags(struct peer *p, char *list)
{
    char *save = NULL;

    for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save))
        for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
            if (!strcmp(flags[i].name, name))
                p->request |= p->initiator ? flags[i].isc : flags[i].asc;
    return TRUE;
}

static BOOL add_bindings(struct peer *p, const char *hex)
{
    struct bytes data;
    SEC_CHANNEL_BINDINGS header;

    if (!*hex)
        return TRUE;
    if (!line_hex(hex, &data))
        return FALSE;
    memset(&header, 0, sizeof header);
    header.cbApplicationDataLength = (UINT32)data.len;
    header.dwApplicationDataOffset = sizeof header;
    p->bindings.len = sizeof header + data.len;
    p->bindings.data = malloc(p->bindings.len);
    if (!p->bindings.data)
        exit(2);
    memcpy(p->bindings.data, &header, sizeof header);
    memcpy(p->bindings.data + sizeof header, data.data, data.len);
    bytes_free(&data);
    return TRUE;
}

static void identity_part(BYTE **part, UINT32 *len, char *value)
{
    *part = (BYTE *)value;
    *len = (UINT32)strlen(value);
}

/* init TARGET FLAGS CB USER DOMAIN PASSWORD, or accept SAM FLAGS CB; an empty CB is none. */
static BOOL parse(struct peer *p, int argc, char **argv)
{
    if (argc < 5)
        return FALSE;
    p->initiator = !strcmp(argv[1], "init");
    if (argc != (p->initiator ? 8 : 5))
        return FALSE;
    *(p->initiator ? &p->target : &p->sam) = argv[2];
    if (p->initiator) {
        identity_part(&p->identity.User, &p->identity.UserLength, argv[5]);
        identity_part(&p->identity.Domain, &p->identity.DomainLength, argv[6]);
        identity_part(&p->identity.Password, &p->identity.PasswordLength, argv[7]);
        p->identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    }
    return add_flags(p, argv[3]) && add_bindings(p, argv[4]);
}

int main(int argc, char **argv)
{
    static char package[] = "NTLM";
    struct peer p;
    struct line line = { 0 };
    TimeStamp expiry;
    SECURITY_STATUS status;

    memset(&p, 0, sizeof p);
    p.api = InitSecurityInterfaceExA(0);
    if (!p.api || !parse(&p, argc, argv)) {
        fputs("usage: winpr-peer init TARGET FLAGS CB USER DOMAIN PASSWORD\n"
              "       winpr-peer accept SAM-FILE FLAGS CB\n",
              stderr);
        return 2;
    }
    status = p.api->AcquireCredentialsHandleA(
        NULL, package, p.initiator ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND, NULL,
        p.initiator ? &p.identity : NULL, NULL, NULL, &p.cred, &expiry);
    if (status != SEC_E_OK)
        return refuse(status, "acquire"), 1;
    status = exchange(&p, &line);
    if (status == SEC_E_OK)
        report(&p);
    while (status == SEC_E_OK && line_read(&line) && strcmp(line.word[0], "QUIT") != 0)
        command(&p, &line);
    line_free(&line);
    bytes_free(&p.bindings);
    return status == SEC_E_OK ? 0 : 1;
}

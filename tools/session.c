/* SPDX-License-Identifier: Apache-2.0 */
/* session.c: authenticate, make sure of the protection, then carry data. */
#include "config.h"

#include "tools/session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <sspi/exchange.h>
#include <sspi/sspi.h>
#include <sspi/sspix.h>

#include "tools/clock.h"
#include "tools/net.h"
#include "tools/pump.h"
#include "tools/say.h"
#include "tools/tlsinfo.h"
#include "tools/tool.h"
#include "tools/words.h"

#define WELCOME_MS 30000 /* a client's wait for its welcome where no deadline is given */

/* What is known of a connection under way. */
struct under_way {
    const struct session *s;
    uint32_t request;
    uint32_t flags;
    uint64_t deadline; /* client: for the welcome */
    CtxtHandle context;
    struct sspi_exchange *exchange;
    struct channel *channel;
};

/* ---- the package ---- */

bool session_find_package(struct session *s)
{
    const uint32_t both = SECPKG_FLAG_STREAM | SECPKG_FLAG_NEGOTIABLE;
    PSecPkgInfoA info = NULL;
    SECURITY_STATUS status = QuerySecurityPackageInfoA(s->package, &info);

    if (status != SEC_E_OK) {
        say_status(status, "%s", s->package);
        return false;
    }
    s->capabilities = info->fCapabilities;
    s->stream = (info->fCapabilities & both) == SECPKG_FLAG_STREAM;
    FreeContextBuffer(info);
    return true;
}

bool session_takes_tls(const struct session *s, const struct tlscred *tls)
{
    const char *fault = tlscred_fault(tls);

    if (tls->first && !s->stream) {
        say("%s is for packages that bring their own stream, as TLS does; %s does not", tls->first,
            s->package);
        return false;
    }
    if (fault)
        say("%s", fault);
    return !fault;
}

/* ---- what to ask for, and whether we got it ---- */

static bool asks_for_proof(const struct session *s)
{
    if (s->server)
        return s->tls->client_cert != CLIENT_CERT_NONE;
    return s->mutual || s->capabilities & SECPKG_FLAG_MUTUAL_AUTH;
}

static uint32_t wanted(const struct session *s)
{
    uint32_t flags = ISC_REQ_CONNECTION;

    /* These bits are the same on both sides ... */
    if (s->protect != PROTECT_NONE || s->stream)
        flags |= ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT;
    if (s->protect == PROTECT_SEAL || s->stream)
        flags |= ISC_REQ_CONFIDENTIALITY;
    if (asks_for_proof(s))
        flags |= ISC_REQ_MUTUAL_AUTH;
    /* ... and these are not. */
    flags |= s->server ? ASC_REQ_EXTENDED_ERROR : ISC_REQ_EXTENDED_ERROR;
    if (s->protect != PROTECT_NONE || s->stream)
        flags |= s->server ? ASC_REQ_INTEGRITY : ISC_REQ_INTEGRITY;
    if (s->stream)
        flags |= s->server ? ASC_REQ_STREAM : ISC_REQ_STREAM;
    if (s->anonymous)
        flags |= s->server ? ASC_REQ_ALLOW_NULL_SESSION : ISC_REQ_NULL_SESSION;
    return flags;
}

static bool lacks_certificate(struct under_way *w)
{
    return w->s->server && w->s->tls->client_cert == CLIENT_CERT_REQUIRED &&
           !tlsinfo_has_certificate(&w->context);
}

/* What the context lacks of what was asked for; NULL: nothing. */
static const char *lacking(struct under_way *w)
{
    const struct session *s = w->s;
    uint32_t integrity = s->server ? ASC_RET_INTEGRITY : ISC_RET_INTEGRITY;
    uint32_t anonymous = s->server ? ASC_RET_NULL_SESSION : ISC_RET_NULL_SESSION;

    if ((s->protect == PROTECT_SEAL || s->stream) && !(w->flags & ISC_RET_CONFIDENTIALITY))
        return "data cannot be sealed (confidentiality was not obtained)";
    if (s->protect == PROTECT_SIGN && !s->stream && !(w->flags & integrity))
        return "data cannot be signed (integrity was not obtained)";
    if (s->mutual && !(w->flags & ISC_RET_MUTUAL_AUTH))
        return "the server has not proved itself (no mutual authentication)";
    if (s->server && !s->anonymous && w->flags & anonymous)
        return "the client is anonymous";
    if (lacks_certificate(w))
        return "the client has shown no certificate";
    return NULL;
}

/* ---- the exchange ---- */

static int failed_exchange(const struct session *s, SECURITY_STATUS status, int error)
{
    if (status == SEC_E_CONTEXT_EXPIRED)
        return say_status(status, "%s: the deadline passed before it was through", s->peer);
    if (status == SEC_E_INCOMPLETE_MESSAGE)
        return say_status(status, "%s: the other side closed the connection in mid-exchange",
                          s->peer);
    if (status == SEC_E_INTERNAL_ERROR && error)
        return say_status(status, "%s: %s", s->peer, strerror(error));
    return say_status(status, "%s", s->peer);
}

static int exchange(struct under_way *w)
{
    const struct session *s = w->s;
    void *names = (void *)(uintptr_t)s->tls->names; /* SecBuffer knows no const; it is read only */
    SecBuffer alpn = { (ULONG)s->tls->names_length, SECBUFFER_APPLICATION_PROTOCOLS, names };
    struct sspi_exchange_options o = { .size = sizeof o,
                                       .fd = s->fd,
                                       .server = s->server,
                                       .credential = s->credential,
                                       .target = s->target,
                                       .request = w->request,
                                       .deadline_ms = s->deadline_ms,
                                       .package = s->package,
                                       .extra = &alpn,
                                       .n_extra = alpn.cbBuffer > 0 ? 1 : 0 };
    SECURITY_STATUS status = sspi_exchange_start(&o, &w->exchange);

    if (status != SEC_E_OK)
        return say_status(status, "%s", s->peer);
    errno = 0;
    status = sspi_exchange_run(w->exchange);
    if (status != SEC_E_OK) {
        int error = errno;

        if (s->stream && status != SEC_E_CONTEXT_EXPIRED) /* then nothing was said */
            net_linger(s->fd);
        return failed_exchange(s, status, error);
    }
    w->flags = sspi_exchange_flags(w->exchange);
    status = sspi_exchange_take(w->exchange, &w->context);
    return status == SEC_E_OK ? TOOL_OK : say_status(status, "%s", s->peer);
}

/* ---- who, with what ---- */

static void put_user(struct under_way *w)
{
    SecPkgContext_NamesA names = { 0 };
    uint32_t anonymous = w->s->server ? ASC_RET_NULL_SESSION : ISC_RET_NULL_SESSION;

    if (w->flags & anonymous) {
        fputs("anonymous", stderr);
        return;
    }
    if (QueryContextAttributesA(&w->context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK &&
        names.sUserName && names.sUserName[0])
        put_safe(stderr, names.sUserName);
    else
        fputs("(no name)", stderr);
    if (names.sUserName)
        FreeContextBuffer(names.sUserName);
}

static void put_package(struct under_way *w)
{
    SecPkgContext_NegotiationInfoA chosen = { 0 };

    put_safe(stderr, w->s->package);
    if (QueryContextAttributesA(&w->context, SECPKG_ATTR_NEGOTIATION_INFO, &chosen) != SEC_E_OK ||
        !chosen.PackageInfo)
        return;
    if (strcasecmp(chosen.PackageInfo->Name, w->s->package) != 0) {
        fputs(" (", stderr);
        put_safe(stderr, chosen.PackageInfo->Name);
        fputs(")", stderr);
    }
    FreeContextBuffer(chosen.PackageInfo);
}

static const char *protection_word(const struct under_way *w)
{
    if (w->s->stream || w->s->protect == PROTECT_SEAL)
        return "sealed";
    return w->s->protect == PROTECT_SIGN ? "signed, not sealed" : "NOT protected";
}

/* "authenticated WORK\\alice by NTLM". */
static void put_account(struct under_way *w)
{
    fputs(w->s->server ? "authenticated " : "accepted as ", stderr);
    put_user(w);
    fputs(" by ", stderr);
    put_package(w);
}

/*
 * "connected to www.example.org by Schannel (TLS 1.3, ...)": the name is what the server's
 * certificate was checked against.  Whether the server accepts our certificate is not known yet.
 */
static void put_stream_peer(struct under_way *w)
{
    const struct session *s = w->s;

    if (s->server && !tlsinfo_has_certificate(&w->context)) {
        fputs("a client without certificate", stderr);
    } else if (s->server || s->tls->no_verify) {
        fputs(s->server ? "authenticated " : "connected to ", stderr);
        tlsinfo_put_peer(stderr, &w->context);
    } else {
        fputs("connected to ", stderr);
        put_safe(stderr, s->target);
    }
    fputs(s->tls->no_verify ? " (NOT verified) by " : " by ", stderr);
    put_package(w);
    tlsinfo_put_terms(stderr, &w->context);
}

/* "sspi serve: 127.0.0.1:4242: ...; data is sealed (context: ...)". */
static void announce(struct under_way *w)
{
    const char *comma = "";

    fprintf(stderr, "%s: %s: ", say_name(), w->s->peer);
    if (w->s->stream)
        put_stream_peer(w);
    else
        put_account(w);
    fprintf(stderr, "; data is %s (context: ", protection_word(w));
    for (uint32_t bit = 1; bit; bit <<= 1) {
        const char *word = w->flags & bit ? context_word(bit, w->s->server) : NULL;

        if (word) {
            fprintf(stderr, "%s%s", comma, word);
            comma = ", ";
        }
    }
    fputs(*comma ? ")\n" : "nothing)\n", stderr);
}

/* ---- the welcome ---- */

/* More from the server before the deadline; false: said. */
static bool await_more(struct under_way *w)
{
    struct pollfd p = { .fd = w->s->fd, .events = POLLIN };
    int ready;

    do
        ready = poll(&p, 1, clock_left(w->deadline));
    while (ready < 0 && errno == EINTR);
    if (ready == 0) {
        say("%s: the deadline passed before the server said that it accepts", w->s->peer);
        return false;
    }
    switch (channel_fill(w->channel)) {
    case 1:
        return true;
    case 0:
        say("%s: the server closed the connection before it said that it accepts", w->s->peer);
        return false;
    default:
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return true;
        say("%s: the connection is lost: %s", w->s->peer, strerror(errno));
        return false;
    }
}

static int refused(const struct under_way *w)
{
    say("%s: the server refused", w->s->peer);
    say_why();
    return TOOL_FAILED;
}

/* What came first was no record: a refusal may follow it, after a token that says why. */
static int doubt(struct under_way *w, SECURITY_STATUS status)
{
    struct record r;

    channel_done(w->channel);
    while (channel_next(w->channel, &r) == CHANNEL_MORE)
        if (!await_more(w))
            break;
    if (channel_next(w->channel, &r) == CHANNEL_REFUSED)
        return refused(w);
    say("%s: the server protects data otherwise than we do; is --protect the same there?",
        w->s->peer);
    return say_status(status, "its first record");
}

static int await_welcome(struct under_way *w)
{
    struct record r;

    for (;;) {
        switch (channel_next(w->channel, &r)) {
        case CHANNEL_MORE:
            if (!await_more(w))
                return TOOL_FAILED;
            break;
        case CHANNEL_REFUSED:
            return refused(w);
        case CHANNEL_BAD:
            return doubt(w, r.status);
        case CHANNEL_RECORD:
            if (r.type != RECORD_WELCOME)
                return doubt(w, SEC_E_OUT_OF_SEQUENCE);
            channel_done(w->channel);
            return TOOL_OK;
        }
    }
}

static int give_welcome(struct under_way *w)
{
    SECURITY_STATUS status = channel_put(w->channel, RECORD_WELCOME, 0);

    return status == SEC_E_OK ? TOOL_OK : say_status(status, "%s: the welcome", w->s->peer);
}

/* ---- one after the other ---- */

static int make_channel(struct under_way *w)
{
    const struct session *s = w->s;
    struct channel_options o = { s->fd,         s->server,   s->stream, s->protect,
                                 s->credential, &w->context, s->target, w->request };
    SECURITY_STATUS status = SEC_E_OK;
    const void *surplus;
    size_t length;

    surplus = sspi_exchange_surplus(w->exchange, &length);
    w->channel = channel_new(&o, surplus, length, &status);
    return w->channel ? TOOL_OK : say_status(status, "%s: no channel", s->peer);
}

/* Say no in the place of the welcome. */
static int turn_away(struct under_way *w, const char *why)
{
    say("%s: refused: %s", w->s->peer, why);
    if ((w->s->server || w->s->stream) && make_channel(w) == TOOL_OK) {
        channel_refuse(w->channel);
        (void)channel_flush(w->channel);
        net_linger(w->s->fd);
    }
    return TOOL_FAILED;
}

static int carry(struct under_way *w)
{
    const struct session *s = w->s;
    struct pump_options o = { .channel = w->channel,
                              .fd = s->fd,
                              .stream = s->stream,
                              .from = s->from,
                              .to = s->to,
                              .echo = s->echo,
                              .progress = isatty(STDERR_FILENO) == 1 };

    return pump_run(&o) ? TOOL_OK : TOOL_FAILED;
}

static int established(struct under_way *w)
{
    const char *missing = lacking(w);
    int result;

    if (missing)
        return turn_away(w, missing);
    result = make_channel(w);
    if (result == TOOL_OK && !w->s->stream)
        result = w->s->server ? give_welcome(w) : await_welcome(w);
    if (result != TOOL_OK)
        return result;
    announce(w);
    return carry(w);
}

int session_run(const struct session *s)
{
    struct under_way w = { .s = s, .request = wanted(s) };
    int result;

    w.deadline = clock_after(s->deadline_ms ? s->deadline_ms : WELCOME_MS);
    result = exchange(&w);
    if (result == TOOL_OK) {
        result = established(&w);
        channel_free(w.channel);
        DeleteSecurityContext(&w.context);
    }
    sspi_exchange_free(w.exchange);
    return result;
}

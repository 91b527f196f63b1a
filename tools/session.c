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
#include "tools/pump.h"
#include "tools/say.h"
#include "tools/tool.h"
#include "tools/words.h"

#define WELCOME_MS 30000 /* a client's wait for its welcome where no deadline is given */

/* What is known of a connection under way. */
struct under_way {
    const struct session *s;
    bool stream;
    uint32_t request;
    uint32_t flags;
    uint64_t deadline; /* client: for the welcome */
    CtxtHandle context;
    struct sspi_exchange *exchange;
    struct channel *channel;
};

/* ---- what to ask for, and whether we got it ---- */

static uint32_t wanted(const struct under_way *w, uint32_t capabilities)
{
    const struct session *s = w->s;
    uint32_t flags = ISC_REQ_CONNECTION;

    /* These bits are the same on both sides ... */
    if (s->protect != PROTECT_NONE || w->stream)
        flags |= ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT;
    if (s->protect == PROTECT_SEAL || w->stream)
        flags |= ISC_REQ_CONFIDENTIALITY;
    if (!s->server && (s->mutual || capabilities & SECPKG_FLAG_MUTUAL_AUTH))
        flags |= ISC_REQ_MUTUAL_AUTH;
    /* ... and these are not. */
    flags |= s->server ? ASC_REQ_EXTENDED_ERROR : ISC_REQ_EXTENDED_ERROR;
    if (s->protect != PROTECT_NONE || w->stream)
        flags |= s->server ? ASC_REQ_INTEGRITY : ISC_REQ_INTEGRITY;
    if (w->stream)
        flags |= s->server ? ASC_REQ_STREAM : ISC_REQ_STREAM;
    if (s->anonymous)
        flags |= s->server ? ASC_REQ_ALLOW_NULL_SESSION : ISC_REQ_NULL_SESSION;
    return flags;
}

static bool find_package(struct under_way *w)
{
    const uint32_t both = SECPKG_FLAG_STREAM | SECPKG_FLAG_NEGOTIABLE;
    PSecPkgInfoA info = NULL;
    SECURITY_STATUS status = QuerySecurityPackageInfoA(w->s->package, &info);

    if (status != SEC_E_OK) {
        say_status(status, "%s", w->s->package);
        return false;
    }
    w->stream = (info->fCapabilities & both) == SECPKG_FLAG_STREAM;
    w->request = wanted(w, info->fCapabilities);
    FreeContextBuffer(info);
    return true;
}

/* What the context lacks of what was asked for; NULL: nothing. */
static const char *lacking(const struct under_way *w)
{
    const struct session *s = w->s;
    uint32_t integrity = s->server ? ASC_RET_INTEGRITY : ISC_RET_INTEGRITY;
    uint32_t anonymous = s->server ? ASC_RET_NULL_SESSION : ISC_RET_NULL_SESSION;

    if ((s->protect == PROTECT_SEAL || w->stream) && !(w->flags & ISC_RET_CONFIDENTIALITY))
        return "data cannot be sealed (confidentiality was not obtained)";
    if (s->protect == PROTECT_SIGN && !w->stream && !(w->flags & integrity))
        return "data cannot be signed (integrity was not obtained)";
    if (s->mutual && !(w->flags & ISC_RET_MUTUAL_AUTH))
        return "the server has not proved itself (no mutual authentication)";
    if (s->server && !s->anonymous && w->flags & anonymous)
        return "the client is anonymous";
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
    struct sspi_exchange_options o = { .size = sizeof o,
                                       .fd = s->fd,
                                       .server = s->server,
                                       .credential = s->credential,
                                       .target = s->target,
                                       .request = w->request,
                                       .deadline_ms = s->deadline_ms,
                                       .package = s->package };
    SECURITY_STATUS status = sspi_exchange_start(&o, &w->exchange);

    if (status != SEC_E_OK)
        return say_status(status, "%s", s->peer);
    errno = 0;
    status = sspi_exchange_run(w->exchange);
    if (status != SEC_E_OK)
        return failed_exchange(s, status, errno);
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
    if (w->stream || w->s->protect == PROTECT_SEAL)
        return "sealed";
    return w->s->protect == PROTECT_SIGN ? "signed, not sealed" : "NOT protected";
}

/* "sspi serve: 127.0.0.1:4242: WORK\alice by NTLM; data is sealed (context: ...)". */
static void announce(struct under_way *w)
{
    const char *comma = "";

    fprintf(stderr, "%s: %s: %s", say_name(), w->s->peer,
            w->s->server ? "authenticated " : "accepted as ");
    put_user(w);
    fputs(" by ", stderr);
    put_package(w);
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
    struct channel_options o = { s->fd,         s->server,   w->stream, s->protect,
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
    if (w->s->server && make_channel(w) == TOOL_OK) {
        channel_refuse(w->channel);
        (void)channel_flush(w->channel);
    }
    return TOOL_FAILED;
}

static int carry(struct under_way *w)
{
    const struct session *s = w->s;
    struct pump_options o = { w->channel, s->fd, s->from, s->to, s->echo, false };

    o.progress = isatty(STDERR_FILENO) == 1;
    return pump_run(&o) ? TOOL_OK : TOOL_FAILED;
}

static int established(struct under_way *w)
{
    const char *missing = lacking(w);
    int result;

    if (missing)
        return turn_away(w, missing);
    result = make_channel(w);
    if (result == TOOL_OK && !w->stream)
        result = w->s->server ? give_welcome(w) : await_welcome(w);
    if (result != TOOL_OK)
        return result;
    announce(w);
    return carry(w);
}

int session_run(const struct session *s)
{
    struct under_way w = { .s = s };
    int result;

    if (!find_package(&w))
        return TOOL_FAILED;
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

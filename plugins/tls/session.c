/* SPDX-License-Identifier: Apache-2.0 */
/* session.c: a client's sessions, to be resumed with the same target. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugins/tls/host.h"
#include "plugins/tls/tls.h"

#define ENTRIES 64      /* sessions of a credential, of all targets */
#define SAME_TARGET 4   /* tickets of TLS 1.3 for one target: each serves once */
#define TARGET_MAX 1024 /* octets; a target that is longer has no sessions */

/* Free if session is NULL. */
struct entry {
    SSL_SESSION *session;
    char *target; /* secret memory */
    size_t len;
    bool datagram;
    uint64_t used; /* on the clock of struct tls_sessions */
};

struct tls_sessions {
    pthread_mutex_t lock; /* guards the rest */
    uint64_t clock;       /* counts the uses */
    struct entry entries[ENTRIES];
};

struct tls_sessions *tls_sessions_new(void)
{
    struct tls_sessions *sessions = tls_host->secret_alloc(sizeof *sessions);

    if (sessions)
        pthread_mutex_init(&sessions->lock, NULL);
    return sessions;
}

static void clear_entry(struct entry *entry)
{
    SSL_SESSION_free(entry->session);
    tls_host->secret_free(entry->target);
    *entry = (struct entry){ 0 };
}

void tls_sessions_free(struct tls_sessions *sessions)
{
    if (!sessions)
        return;
    for (size_t i = 0; i < ENTRIES; i++)
        clear_entry(&sessions->entries[i]);
    pthread_mutex_destroy(&sessions->lock);
    tls_host->secret_free(sessions);
}

/* --- what a session is ----------------------------------------------------------------------- */

static bool is_datagram(const SSL_SESSION *session)
{
    return SSL_SESSION_get_protocol_version(session) >> 8 == DTLS1_VERSION_MAJOR;
}

/* RFC 8446 C.4: a ticket used twice lets others see that it is the same client. */
static bool serves_once(const SSL_SESSION *session)
{
    return SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION;
}

/* The server's hint, where it gave one, is a bound (RFC 8446 4.6.1). */
static int64_t lifetime(const SSL_SESSION *session)
{
    int64_t ours = SSL_SESSION_get_timeout(session);
    int64_t hint = (int64_t)SSL_SESSION_get_ticket_lifetime_hint(session);

    return hint > 0 && hint < ours ? hint : ours;
}

static bool is_alive(const SSL_SESSION *session)
{
    int64_t age = (int64_t)time(NULL) - SSL_SESSION_get_time(session);

    return SSL_SESSION_is_resumable(session) && age >= 0 && age < lifetime(session);
}

/* --- looking --------------------------------------------------------------------------------- */

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Names of hosts: the case of ASCII does not matter, and other letters are not in them. */
static bool is_for(const struct entry *entry, struct span target, bool datagram)
{
    if (!entry->session || entry->datagram != datagram || entry->len != target.len)
        return false;
    for (size_t i = 0; i < target.len; i++)
        if (lower(entry->target[i]) != lower((char)target.data[i]))
            return false;
    return true;
}

static void drop_dead_locked(struct tls_sessions *sessions)
{
    for (size_t i = 0; i < ENTRIES; i++)
        if (sessions->entries[i].session && !is_alive(sessions->entries[i].session))
            clear_entry(&sessions->entries[i]);
}

/* The one that was put or used last, since it will live longest; or NULL. */
static struct entry *find_locked(struct tls_sessions *sessions, struct span target, bool datagram)
{
    struct entry *best = NULL;

    for (size_t i = 0; i < ENTRIES; i++) {
        struct entry *entry = &sessions->entries[i];

        if (is_for(entry, target, datagram) && (!best || entry->used > best->used))
            best = entry;
    }
    return best;
}

static SSL_SESSION *take_locked(struct tls_sessions *sessions, struct span target, bool datagram)
{
    struct entry *entry;
    SSL_SESSION *session;

    drop_dead_locked(sessions);
    entry = find_locked(sessions, target, datagram);
    if (!entry)
        return NULL;
    entry->used = ++sessions->clock;
    session = entry->session;
    if (serves_once(session)) {
        entry->session = NULL;
        clear_entry(entry);
        return session;
    }
    return SSL_SESSION_up_ref(session) == 1 ? session : NULL;
}

SSL_SESSION *tls_sessions_take(struct tls_sessions *sessions, struct span target, bool datagram)
{
    SSL_SESSION *session;

    pthread_mutex_lock(&sessions->lock);
    session = take_locked(sessions, target, datagram);
    pthread_mutex_unlock(&sessions->lock);
    return session;
}

/* --- keeping --------------------------------------------------------------------------------- */

static struct entry *older(struct entry *a, struct entry *b)
{
    return !a || b->used < a->used ? b : a;
}

/*
 * Where a new session of this target goes: in the place of its oldest, if it has as many as it may,
 * else where nothing is, else where nobody has been for longest.
 */
static struct entry *place_locked(struct tls_sessions *sessions, struct span target,
                                  const SSL_SESSION *session)
{
    struct entry *same = NULL, *any = NULL;
    size_t n = 0;

    for (size_t i = 0; i < ENTRIES; i++) {
        struct entry *entry = &sessions->entries[i];

        any = older(any, entry);
        if (!is_for(entry, target, is_datagram(session)) ||
            serves_once(entry->session) != serves_once(session))
            continue;
        same = older(same, entry);
        n++;
    }
    return n >= (serves_once(session) ? SAME_TARGET : 1) ? same : any;
}

static bool put_locked(struct tls_sessions *sessions, struct span target, SSL_SESSION *session)
{
    struct entry *entry;
    char *copy;

    drop_dead_locked(sessions);
    if (!is_alive(session))
        return false;
    copy = tls_host->secret_alloc(target.len);
    if (!copy)
        return false;
    memcpy(copy, target.data, target.len);
    entry = place_locked(sessions, target, session);
    clear_entry(entry);
    *entry = (struct entry){ .session = session,
                             .target = copy,
                             .len = target.len,
                             .datagram = is_datagram(session),
                             .used = ++sessions->clock };
    return true;
}

bool tls_sessions_put(struct tls_sessions *sessions, struct span target, SSL_SESSION *session)
{
    bool kept;

    if (target.len == 0 || target.len > TARGET_MAX)
        return false;
    pthread_mutex_lock(&sessions->lock);
    kept = put_locked(sessions, target, session);
    pthread_mutex_unlock(&sessions->lock);
    return kept;
}

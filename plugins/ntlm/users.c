/* SPDX-License-Identifier: Apache-2.0 */
/* users.c: look up users in a file that may change while we use it. */
#include "config.h"

#include "plugins/ntlm/users.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugins/common/utf16.h"
#include "plugins/ntlm/host.h"
#include "plugins/ntlm/smbpasswd.h"

#define FILE_MAX (512u << 20) /* bytes; an index of offsets in 32 bits would reach further */
#define COMPLAINTS_MAX 20u    /* malformed lines that the trace names, for one reading */

/* Where a user's line is.  An empty slot has at == 0. */
struct slot {
    uint32_t hash;
    uint32_t at; /* offset of the line, plus one */
};

/* What a file held at one time.  Constant once made, but for refs. */
struct snapshot {
    _Atomic unsigned refs;
    bool settled; /* what we read was old enough that a later change must show in file */
    struct stat file;
    uint8_t *text; /* secret memory */
    size_t len;
    struct slot *slots;
    size_t mask; /* number of slots less one; they are at most half full */
};

struct ntlm_users {
    _Atomic unsigned refs;
    pthread_mutex_t lock;    /* now */
    pthread_mutex_t reading; /* so that one thread reads a changed file; taken before lock */
    struct snapshot *now;
    char path[];
};

/* --- reading ------------------------------------------------------------------------------ */

static SECURITY_STATUS check_file(const char *path, const struct stat *file)
{
    if (!S_ISREG(file->st_mode))
        return refuse(SEC_E_NO_AUTHENTICATING_AUTHORITY, "%s is not a regular file", path);
    if (file->st_uid != 0 && file->st_uid != geteuid())
        return refuse(SEC_E_NO_AUTHENTICATING_AUTHORITY, "%s belongs to uid %u, not to root or %u",
                      path, (unsigned)file->st_uid, (unsigned)geteuid());
    if (file->st_mode & S_IWOTH)
        return refuse(SEC_E_NO_AUTHENTICATING_AUTHORITY, "%s may be written by everyone", path);
    if (file->st_size > (off_t)FILE_MAX)
        return refuse(SEC_E_NO_AUTHENTICATING_AUTHORITY, "%s is too large (%lld bytes)", path,
                      (long long)file->st_size);
    if (file->st_mode & S_IROTH)
        note("%s may be read by everyone, and its hashes are as good as passwords", path);
    return SEC_E_OK;
}

/* Up to n bytes; fewer if the file ends sooner.  false: errno says. */
static bool read_all(int fd, uint8_t *text, size_t n, size_t *len)
{
    *len = 0;
    while (*len < n) {
        ssize_t got = read(fd, text + *len, n - *len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        *len += (size_t)got;
    }
    return true;
}

static SECURITY_STATUS read_fd(int fd, const char *path, uint8_t **text, size_t *len,
                               struct stat *file)
{
    if (fstat(fd, file) < 0)
        return refuse(SEC_E_NO_AUTHENTICATING_AUTHORITY, "%s: %s", path, strerror(errno));
    SECURITY_STATUS status = check_file(path, file);
    if (status < 0)
        return status;
    size_t size = (size_t)file->st_size;
    uint8_t *room = ntlm_host->secret_alloc(size + 1);
    if (!room)
        return SEC_E_INSUFFICIENT_MEMORY;
    if (!read_all(fd, room, size, len)) {
        ntlm_host->secret_free(room);
        return refuse(SEC_E_NO_AUTHENTICATING_AUTHORITY, "%s: %s", path, strerror(errno));
    }
    *text = room;
    return SEC_E_OK;
}

SECURITY_STATUS ntlm_users_read(const char *path, uint8_t **text, size_t *len, struct stat *file)
{
    /* O_NONBLOCK: a pipe with that name must not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return refuse(SEC_E_NO_AUTHENTICATING_AUTHORITY, "%s: %s", path, strerror(errno));
    SECURITY_STATUS status = read_fd(fd, path, text, len, file);
    close(fd);
    return status;
}

/* --- the index ---------------------------------------------------------------------------- */

/* FNV-1a over the name in upper case.  Names in the file are the administrator's: no seed. */
static uint32_t hash_name(struct span utf16)
{
    struct wire_in in = wire_in(utf16);
    uint32_t h = 2166136261u;

    while (wire_left(&in) >= 2)
        h = (h ^ utf16_upper(wire_u16le(&in))) * 16777619u;
    return h ^ h >> 15;
}

/* The name of a line as UTF-16LE, in room for the longest. */
static struct span name_utf16(struct span name, uint8_t room[2 * SMBPASSWD_NAME_MAX])
{
    struct wire_out out = wire_out(room, 2 * SMBPASSWD_NAME_MAX);

    (void)utf16_put(&out, name); /* UTF-8: smbpasswd_get saw to that */
    return span_of(room, out.len);
}

static struct span line_at(const struct snapshot *s, size_t at)
{
    struct span rest = span_of(s->text + at, s->len - at);

    return smbpasswd_next(&rest);
}

/* The slot of a name: its own, or the empty one where it would be put.  *line: its own line. */
static struct slot *find_slot(const struct snapshot *s, struct span name, uint32_t hash,
                              struct smbpasswd_line *line)
{
    for (size_t i = hash;; i++) {
        struct slot *slot = &s->slots[i & s->mask];
        uint8_t room[2 * SMBPASSWD_NAME_MAX];

        if (slot->at == 0)
            return slot;
        if (slot->hash == hash && !smbpasswd_get(line_at(s, slot->at - 1), line) &&
            utf16_same(name_utf16(line->name, room), name))
            return slot;
    }
}

static void add_line(struct snapshot *s, const char *path, size_t at, unsigned number,
                     unsigned *complaints)
{
    uint8_t room[2 * SMBPASSWD_NAME_MAX];
    struct smbpasswd_line line, other;
    const char *fault = smbpasswd_get(line_at(s, at), &line);

    if (!fault && line.name.len == 0)
        return;
    if (!fault) {
        struct span name = name_utf16(line.name, room);
        uint32_t hash = hash_name(name);
        struct slot *slot = find_slot(s, name, hash, &other);

        if (slot->at == 0)
            *slot = (struct slot){ .hash = hash, .at = (uint32_t)at + 1 };
        else
            fault = "this user has an earlier line, which counts";
    }
    if (fault && ++*complaints <= COMPLAINTS_MAX)
        note("%s:%u: skipped: %s", path, number, fault);
}

static size_t count_lines(struct span text)
{
    size_t n = 0;

    while (text.len > 0) {
        (void)smbpasswd_next(&text);
        n++;
    }
    return n;
}

static bool index_lines(struct snapshot *s, const char *path)
{
    struct span rest = span_of(s->text, s->len);
    size_t slots = 16;
    unsigned number = 0, complaints = 0;

    while (slots < 2 * count_lines(rest))
        slots *= 2;
    s->slots = ntlm_host->secret_alloc(slots * sizeof *s->slots);
    if (!s->slots)
        return false;
    s->mask = slots - 1;
    while (rest.len > 0) {
        size_t at = s->len - rest.len;

        (void)smbpasswd_next(&rest);
        add_line(s, path, at, ++number, &complaints);
    }
    if (complaints > COMPLAINTS_MAX)
        note("%s: %u lines skipped in all", path, complaints);
    return true;
}

/* --- snapshots ---------------------------------------------------------------------------- */

static void drop_snapshot(struct snapshot *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) > 1)
        return;
    ntlm_host->secret_free(s->text);
    ntlm_host->secret_free(s->slots);
    ntlm_host->secret_free(s);
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           same_time(a->st_mtim, b->st_mtim) && same_time(a->st_ctim, b->st_ctim);
}

/*
 * A file system counts time in ticks.  A file that was changed in the tick that we read it in
 * may change once more and look the same; until the tick is over for certain it is not settled.
 */
static bool is_settled(const struct stat *file)
{
    struct timespec now;
    double tick = file->st_ctim.tv_nsec == 0 ? 2.0 : 0.05; /* seconds; whole ones: FAT, old NFS */

    clock_gettime(CLOCK_REALTIME, &now);
    double age = difftime(now.tv_sec, file->st_ctim.tv_sec) +
                 (double)(now.tv_nsec - file->st_ctim.tv_nsec) / 1e9;
    return age > tick || age < -2.0;
}

static SECURITY_STATUS make_snapshot(const char *path, struct snapshot **out)
{
    struct snapshot *s = ntlm_host->secret_alloc(sizeof *s);

    if (!s)
        return SEC_E_INSUFFICIENT_MEMORY;
    atomic_init(&s->refs, 1);
    SECURITY_STATUS status = ntlm_users_read(path, &s->text, &s->len, &s->file);
    if (status >= 0 && !index_lines(s, path))
        status = SEC_E_INSUFFICIENT_MEMORY;
    if (status < 0) {
        drop_snapshot(s);
        return status;
    }
    s->settled = is_settled(&s->file);
    *out = s;
    return SEC_E_OK;
}

/* The snapshot that is there, held, if it shows the file as it is; or NULL. */
static struct snapshot *hold_fresh(struct ntlm_users *users, const struct stat *file)
{
    struct snapshot *s;

    pthread_mutex_lock(&users->lock);
    s = users->now;
    if (s && s->settled && same_file(&s->file, file))
        atomic_fetch_add(&s->refs, 1);
    else
        s = NULL;
    pthread_mutex_unlock(&users->lock);
    return s;
}

/* The caller has users->reading. */
static SECURITY_STATUS read_again_locked(struct ntlm_users *users, struct snapshot **out)
{
    struct snapshot *s = NULL, *old;
    SECURITY_STATUS status = make_snapshot(users->path, &s);

    if (status < 0)
        return status;
    atomic_fetch_add(&s->refs, 1);
    pthread_mutex_lock(&users->lock);
    old = users->now;
    users->now = s;
    pthread_mutex_unlock(&users->lock);
    drop_snapshot(old);
    *out = s;
    return SEC_E_OK;
}

/* The users as they are now; drop_snapshot. */
static SECURITY_STATUS hold_now(struct ntlm_users *users, struct snapshot **out)
{
    SECURITY_STATUS status = SEC_E_OK;
    struct stat file;

    if (stat(users->path, &file) < 0)
        return refuse(SEC_E_NO_AUTHENTICATING_AUTHORITY, "%s: %s", users->path, strerror(errno));
    *out = hold_fresh(users, &file);
    if (*out)
        return SEC_E_OK;
    pthread_mutex_lock(&users->reading);
    *out = hold_fresh(users, &file); /* another thread may have read it while we waited */
    if (!*out)
        status = read_again_locked(users, out);
    pthread_mutex_unlock(&users->reading);
    return status;
}

/* --- the users ---------------------------------------------------------------------------- */

struct ntlm_users *ntlm_users_open(const char *path)
{
    size_t n = strlen(path) + 1;
    struct ntlm_users *users = ntlm_host->secret_alloc(sizeof *users + n);

    if (!users)
        return NULL;
    atomic_init(&users->refs, 1);
    pthread_mutex_init(&users->lock, NULL);
    pthread_mutex_init(&users->reading, NULL);
    memcpy(users->path, path, n);
    return users;
}

struct ntlm_users *ntlm_users_hold(struct ntlm_users *users)
{
    atomic_fetch_add(&users->refs, 1);
    return users;
}

void ntlm_users_drop(struct ntlm_users *users)
{
    if (!users || atomic_fetch_sub(&users->refs, 1) > 1)
        return;
    drop_snapshot(users->now);
    pthread_mutex_destroy(&users->lock);
    pthread_mutex_destroy(&users->reading);
    ntlm_host->secret_free(users);
}

const char *ntlm_users_path(const struct ntlm_users *users)
{
    return users->path;
}

/* Why a user who has a line may not log on, or NULL. */
static const char *line_refusal(const struct smbpasswd_line *line)
{
    if (line->disabled)
        return "the account is disabled";
    if (line->no_password)
        return "the account has no password";
    if (!line->has_hash)
        return "the account has no NT hash";
    return NULL;
}

/* A name that came from outside, for the trace: what is not plain ASCII is shown as '?'. */
static void note_refusal(const struct ntlm_users *users, struct span name, const char *why)
{
    struct wire_in in = wire_in(name);
    char text[65];
    size_t n = 0;

    while (wire_left(&in) >= 2 && n < sizeof text - 1) {
        uint16_t unit = wire_u16le(&in);

        text[n++] = unit > ' ' && unit < 0x7f ? (char)unit : '?';
    }
    text[n] = '\0';
    note("%s: %s: %s", users->path, text, why);
}

SECURITY_STATUS ntlm_users_find(struct ntlm_users *users, struct span name, struct secret *hash,
                                bool *found)
{
    struct smbpasswd_line line = { 0 };
    struct snapshot *s;
    SECURITY_STATUS status = hold_now(users, &s);
    const char *why = "there is no such user";

    secret_wipe(hash);
    hash->len = 16;
    *found = false;
    if (status < 0)
        return status;
    if (find_slot(s, name, hash_name(name), &line)->at != 0)
        why = line_refusal(&line);
    *found = !why;
    if (*found)
        smbpasswd_hash(&line, hash);
    else if (ntlm_host->tracing())
        note_refusal(users, name, why);
    drop_snapshot(s);
    return SEC_E_OK;
}

SECURITY_STATUS ntlm_users_each(struct ntlm_users *users, ssp_account_fn *say, void *arg)
{
    struct snapshot *s;
    SECURITY_STATUS status = hold_now(users, &s);

    if (status < 0)
        return status;
    struct span rest = span_of(s->text, s->len);
    while (rest.len > 0) {
        char name[SMBPASSWD_NAME_MAX + 1];
        struct smbpasswd_line line;

        if (smbpasswd_get(smbpasswd_next(&rest), &line) || line.name.len == 0)
            continue;
        memcpy(name, line.name.data, line.name.len);
        name[line.name.len] = '\0';
        say(arg, name, line.disabled);
    }
    drop_snapshot(s);
    return SEC_E_OK;
}

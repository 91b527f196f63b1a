/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c: one line for each decision and refusal, to whoever asked to read them. */
#include "config.h"

#include "core/trace.h"
#include "core/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sspi/sspix.h"

#define TEXT_MAX 1024u /* bytes of a message; what is longer is cut */
#define NAME_MAX_SHOWN 80u

/* Room for a whole line: each byte of the text may become the six of \u00XX. */
#define LINE_MAX_BYTES (6u * (TEXT_MAX + 2u * NAME_MAX_SHOWN) + 512u)

/*
 * Who listens, in one word so that trace_on() is one load: nobody looked at SSPI_TRACE yet, a
 * file or stderr, the sink, and above them the number of threads with an ear.
 */
#define HEARD_UNREAD 1u
#define HEARD_FILE 2u
#define HEARD_SINK 4u
#define HEARD_EAR 8u

static atomic_uint heard = HEARD_UNREAD;

/*
 * Where lines go.  The file is known by its device and inode, because a daemon that closes all
 * descriptors at its start would otherwise have our lines in whatever it opens next.
 */
static struct {
    pthread_mutex_t lock;
    bool from_environment; /* SSPI_TRACE chose: the manifest does not change it */
    bool json;
    int fd;     /* -1: none */
    char *path; /* NULL: stderr */
    dev_t dev;
    ino_t ino;
    trace_sink_fn *sink;
    void *sink_arg;
} out = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

static THREAD_LOCAL struct {
    trace_ear_fn *ear;
    void *arg;
    bool busy; /* a sink or ear is running: what it says is not traced */
} mine;

/* One thing that was said. */
struct said {
    const char *file;
    int line;
    const char *func;
    bool failed;
    SECURITY_STATUS status;
    char text[TEXT_MAX];
};

struct line {
    size_t len;
    char bytes[LINE_MAX_BYTES];
};

/* --- where ----------------------------------------------------------------------------------- */

/* Another thread may have held the lock at the fork; the child has no such thread. */
static void after_fork(void)
{
    pthread_mutex_init(&out.lock, NULL);
}

static void watch_forks(void)
{
    (void)pthread_atfork(NULL, NULL, after_fork);
}

/*
 * Open a trace file: nothing but a file of ours or root's, or a device such as /dev/null.  A
 * FIFO without a reader does not hold us up.
 */
static int open_file(const char *path, struct stat *st)
{
    int fd = open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);

    if (fd < 0)
        return -1;
    if (fstat(fd, st) != 0 || (!S_ISREG(st->st_mode) && !S_ISCHR(st->st_mode)) ||
        (st->st_uid != 0 && st->st_uid != geteuid())) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool still_ours(void)
{
    struct stat st;

    return out.fd >= 0 && fstat(out.fd, &st) == 0 && st.st_dev == out.dev && st.st_ino == out.ino;
}

static void close_locked(void)
{
    if (out.path && still_ours())
        close(out.fd);
    free(out.path);
    out.path = NULL;
    out.fd = -1;
    atomic_fetch_and(&heard, ~HEARD_FILE);
}

static void open_path_locked(void)
{
    struct stat st;

    out.fd = open_file(out.path, &st);
    if (out.fd >= 0) {
        out.dev = st.st_dev;
        out.ino = st.st_ino;
    }
}

static void open_locked(const char *where)
{
    close_locked();
    if (!where || !*where)
        return;
    out.json = strncmp(where, "json:", 5) == 0;
    where += out.json ? 5 : 0;
    if (strcmp(where, "stderr") == 0) {
        out.fd = STDERR_FILENO;
    } else if (*where == '/' && (out.path = strdup(where))) {
        open_path_locked();
    }
    if (out.fd >= 0)
        atomic_fetch_or(&heard, HEARD_FILE);
    else
        close_locked();
}

static void read_environment_locked(void)
{
    const char *where;

    if (!(atomic_load(&heard) & HEARD_UNREAD))
        return;
    where = secure_getenv("SSPI_TRACE");
    if (where && *where) {
        out.from_environment = true;
        open_locked(where);
    }
    atomic_fetch_and(&heard, ~HEARD_UNREAD);
}

static void lock_out(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&out.lock);
}

bool trace_on(void)
{
    unsigned now = atomic_load_explicit(&heard, memory_order_relaxed);

    if (now & HEARD_UNREAD) {
        int saved = errno;
        lock_out();
        read_environment_locked();
        pthread_mutex_unlock(&out.lock);
        errno = saved;
        now = atomic_load_explicit(&heard, memory_order_relaxed);
    }
    return now != 0;
}

void trace_open(const char *where)
{
    int saved = errno;

    lock_out();
    read_environment_locked();
    if (!out.from_environment)
        open_locked(where);
    pthread_mutex_unlock(&out.lock);
    errno = saved;
}

void trace_set_sink(trace_sink_fn *sink, void *arg)
{
    lock_out();
    out.sink = sink;
    out.sink_arg = arg;
    if (sink)
        atomic_fetch_or(&heard, HEARD_SINK);
    else
        atomic_fetch_and(&heard, ~HEARD_SINK);
    pthread_mutex_unlock(&out.lock);
}

void trace_hear(trace_ear_fn *ear, void *arg)
{
    if (ear && !mine.ear)
        atomic_fetch_add(&heard, HEARD_EAR);
    if (!ear && mine.ear)
        atomic_fetch_sub(&heard, HEARD_EAR);
    mine.ear = ear;
    mine.arg = arg;
}

/* --- a line ---------------------------------------------------------------------------------- */

static void put(struct line *l, const char *bytes, size_t n)
{
    /* Two bytes stay free for the end of the line; LINE_MAX_BYTES is made to be enough. */
    if (n > sizeof l->bytes - 2 - l->len)
        return;
    memcpy(l->bytes + l->len, bytes, n);
    l->len += n;
}

static void put_text(struct line *l, const char *s)
{
    put(l, s, strlen(s));
}

static void put_format(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put_format(struct line *l, const char *fmt, ...)
{
    char small[64];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    put_text(l, small);
}

/*
 * Bytes of the well-formed UTF-8 character at s that may stand in a line as it is; 0: escape
 * one byte.  Control characters of both sets are escaped, surrogates are not UTF-8.
 */
static size_t plain_char(const unsigned char *s, size_t left)
{
    uint32_t c = s[0];
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : 4;

    if (n == 1)
        return c >= 0x20 && c != 0x7f && c != '\\' && c != '"';
    if (c < 0xc2 || c > 0xf4 || n > left)
        return 0;
    c &= 0x7fu >> n;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (c < 0xa0 || (n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) ||
        (c >= 0xd800 && c < 0xe000))
        return 0;
    return n;
}

static void put_escaped_byte(struct line *l, unsigned char c, bool json)
{
    static const char letters[] = "\nn\rr\tt\\\\\"\"";

    if (c == '"' && !json) {
        put(l, "\"", 1);
        return;
    }
    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if (c == (unsigned char)letters[i]) {
            put(l, "\\", 1);
            put(l, &letters[i + 1], 1);
            return;
        }
    }
    if (json && c >= 0x80)
        put_text(l, "\\ufffd");
    else
        put_format(l, json ? "\\u%04x" : "\\x%02x", c);
}

/* At most max bytes of s, so that nothing in it can look like the end of a line or a field. */
static void put_escaped(struct line *l, const char *s, size_t max, bool json)
{
    const unsigned char *at = (const unsigned char *)s;
    size_t left = strnlen(s, max);

    while (left > 0) {
        size_t n = plain_char(at, left);
        if (n > 0)
            put(l, (const char *)at, n);
        else
            put_escaped_byte(l, *at, json);
        n = n > 0 ? n : 1;
        at += n;
        left -= n;
    }
}

/*
 * 2026-08-03T09:05:07.000123Z.  Our own arithmetic, because gmtime_r takes a lock of the C
 * library that a forked child may find held.  Days to a date after the usual shift of the
 * year's start to March.
 */
static void put_time(struct line *l)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    int64_t seconds = now.tv_sec < 0 ? 0 : now.tv_sec;
    int64_t day = seconds / 86400 + 719468;
    int64_t rest = seconds % 86400;
    int64_t era = day / 146097;
    int64_t doe = day % 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;

    put_format(l, "%04d-%02d-%02dT", (int)(yoe + era * 400 + (month <= 2)), (int)month,
               (int)(doy - (153 * mp + 2) / 5 + 1));
    put_format(l, "%02d:%02d:%02d.%06dZ", (int)(rest / 3600), (int)(rest / 60 % 60),
               (int)(rest % 60), (int)(now.tv_nsec / 1000));
}

static long thread_id(void)
{
#ifdef SYS_gettid
    return syscall(SYS_gettid);
#else
    return (long)getpid();
#endif
}

/* The folder and the file: builds see their sources under many prefixes. */
static const char *short_path(const char *path)
{
    const char *last = strrchr(path, '/');

    while (last && last > path && last[-1] != '/')
        last--;
    return last ? last : path;
}

static void end_line(struct line *l)
{
    l->bytes[l->len++] = '\n';
    l->bytes[l->len] = '\0';
}

static void put_status(struct line *l, SECURITY_STATUS status)
{
    const char *name = sspi_status_name(status);

    put_text(l, name ? name : "status");
}

static void format_text(struct line *l, const struct said *said)
{
    l->len = 0;
    put_time(l);
    put_format(l, " %ld/%ld ", (long)getpid(), thread_id());
    put_escaped(l, short_path(said->file), NAME_MAX_SHOWN, false);
    put_format(l, ":%d ", said->line);
    put_escaped(l, said->func, NAME_MAX_SHOWN, false);
    put_text(l, ": ");
    if (said->failed) {
        put_status(l, said->status);
        put_format(l, " (0x%08x) ", (unsigned)said->status);
    }
    put_escaped(l, said->text, TEXT_MAX, false);
    end_line(l);
}

static void format_json(struct line *l, const struct said *said)
{
    l->len = 0;
    put_text(l, "{\"time\":\"");
    put_time(l);
    put_format(l, "\",\"pid\":%ld,\"tid\":%ld,\"file\":\"", (long)getpid(), thread_id());
    put_escaped(l, short_path(said->file), NAME_MAX_SHOWN, true);
    put_format(l, "\",\"line\":%d,\"function\":\"", said->line);
    put_escaped(l, said->func, NAME_MAX_SHOWN, true);
    if (said->failed) {
        put_text(l, "\",\"status\":\"");
        put_status(l, said->status);
        put_format(l, "\",\"code\":\"0x%08x", (unsigned)said->status);
    }
    put_text(l, "\",\"text\":\"");
    put_escaped(l, said->text, TEXT_MAX, true);
    put_text(l, "\"}");
    end_line(l);
}

/* --- saying it ------------------------------------------------------------------------------- */

/* One write for a line, so that lines of several processes do not mix. */
static void write_locked(const struct line *l)
{
    ssize_t n;

    if (out.path && !still_ours())
        open_path_locked();
    if (out.fd < 0)
        return;
    do
        n = write(out.fd, l->bytes, l->len);
    while (n < 0 && errno == EINTR);
}

static void say(const struct said *said)
{
    unsigned now = atomic_load(&heard);
    struct line l;

    mine.busy = true;
    if (mine.ear)
        mine.ear(said->failed ? said->status : SEC_E_OK, said->text, mine.arg);
    if (now & (HEARD_FILE | HEARD_SINK)) {
        lock_out();
        if (now & HEARD_FILE) {
            if (out.json)
                format_json(&l, said);
            else
                format_text(&l, said);
            write_locked(&l);
        }
        if (out.sink) {
            format_text(&l, said);
            l.bytes[l.len - 1] = '\0'; /* a sink gets the line without its end */
            out.sink(l.bytes, out.sink_arg);
        }
        pthread_mutex_unlock(&out.lock);
    }
    mine.busy = false;
}

static void record(const char *file, int line, const char *func, const SECURITY_STATUS *status,
                   const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static void record(const char *file, int line, const char *func, const SECURITY_STATUS *status,
                   const char *fmt, va_list ap)
{
    struct said said;

    said.file = file;
    said.line = line;
    said.func = func;
    said.failed = status;
    said.status = status ? *status : SEC_E_OK;
    vsnprintf(said.text, sizeof said.text, fmt, ap);
    say(&said);
}

SECURITY_STATUS trace_fail(const char *file, int line, const char *func, SECURITY_STATUS status,
                           const char *fmt, ...)
{
    int saved = errno;
    va_list ap;

    if (!trace_on() || mine.busy)
        return status;
    va_start(ap, fmt);
    record(file, line, func, &status, fmt, ap);
    va_end(ap);
    errno = saved;
    return status;
}

void trace_note(const char *file, int line, const char *func, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;

    if (!trace_on() || mine.busy)
        return;
    va_start(ap, fmt);
    record(file, line, func, NULL, fmt, ap);
    va_end(ap);
    errno = saved;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* pump.c: data through a channel, both ways at once. */
#include "config.h"

#include "tools/pump.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/net.h"
#include "tools/progress.h"
#include "tools/say.h"

/*
 * pending is what of the record in hand is not passed on yet; the record is the channel's.
 * read_done: nothing more will be sent but the end.  It is over once end_sent and peer_done hold
 * and nothing waits to be sent or passed on.
 */
struct pump {
    struct pump_options o;
    size_t write_most; /* bytes that one write to o.to takes without waiting */
    struct record record;
    size_t passed; /* bytes of the record */
    bool has_record;
    bool read_done;
    bool end_sent;
    bool peer_done;
    bool moved; /* in this turn, without waiting: more may be there to move */
    struct progress progress;
};

static bool is_over(const struct pump *p)
{
    return p->end_sent && p->peer_done && !p->has_record && channel_idle(p->o.channel);
}

static size_t pending(const struct pump *p)
{
    return p->has_record ? p->record.len - p->passed : 0;
}

static void pass(struct pump *p, size_t n)
{
    p->passed += n;
    p->progress.received += n;
    if (p->passed == p->record.len) {
        p->has_record = false;
        channel_done(p->o.channel);
    }
}

/* ---- records ---- */

static bool take_record(struct pump *p)
{
    if (p->record.type == RECORD_WELCOME) {
        say("the other side speaks out of turn");
        return false;
    }
    p->has_record = true;
    p->passed = 0;
    p->peer_done = p->record.type == RECORD_END;
    if (p->peer_done)
        p->record.len = 0;
    if (pending(p) == 0)
        pass(p, 0);
    return true;
}

/* A stream has said by now what is wrong with it, if it is to be said. */
static void tell_bad(const struct pump *p)
{
    if (!p->o.stream) {
        say_status(p->record.status, "what came is not as it was sent");
        return;
    }
    say_status(p->record.status, "what came is a refusal, or not as it was sent");
    if (!channel_idle(p->o.channel) && channel_flush(p->o.channel))
        net_linger(p->o.fd);
}

/* The records that have come, up to the first with data. */
static bool take_records(struct pump *p)
{
    while (!p->peer_done && !p->has_record) {
        switch (channel_next(p->o.channel, &p->record)) {
        case CHANNEL_MORE:
            return true;
        case CHANNEL_RECORD:
            if (!take_record(p))
                return false;
            break;
        case CHANNEL_REFUSED:
            say("the other side broke it off");
            return false;
        case CHANNEL_BAD:
            tell_bad(p);
            return false;
        }
    }
    return true;
}

static bool put_record(struct pump *p, enum record_type type, size_t n)
{
    SECURITY_STATUS status = channel_put(p->o.channel, type, n);

    if (status != SEC_E_OK) {
        say_status(status, "cannot protect what is sent");
        return false;
    }
    p->progress.sent += n;
    p->moved = true;
    return true;
}

static bool echo_record(struct pump *p)
{
    size_t most;
    uint8_t *room = channel_room(p->o.channel, &most);
    size_t n = pending(p) < most ? pending(p) : most;

    memcpy(room, p->record.data + p->passed, n);
    pass(p, n);
    return put_record(p, RECORD_DATA, n);
}

/* A record of what is there to be sent without reading: an echo, or the end. */
static bool give_record(struct pump *p)
{
    if (!channel_takes(p->o.channel))
        return true;
    if (p->o.echo && pending(p) > 0)
        return echo_record(p);
    if (p->o.echo)
        p->read_done = p->peer_done;
    if (!p->read_done || p->end_sent)
        return true;
    p->end_sent = true;
    return put_record(p, RECORD_END, 0);
}

/* ---- bytes ---- */

static bool read_input(struct pump *p)
{
    size_t most;
    uint8_t *room = channel_room(p->o.channel, &most);
    ssize_t n = read(p->o.from, room, most);

    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        say("cannot read standard input: %s", strerror(errno));
        return false;
    }
    if (n == 0)
        p->read_done = true;
    return n <= 0 || put_record(p, RECORD_DATA, (size_t)n);
}

static bool write_output(struct pump *p)
{
    size_t n = pending(p) < p->write_most ? pending(p) : p->write_most;
    ssize_t done = write(p->o.to, p->record.data + p->passed, n);

    if (done < 0 && errno != EINTR && errno != EAGAIN) {
        say("cannot write standard output: %s", strerror(errno));
        return false;
    }
    if (done > 0)
        pass(p, (size_t)done);
    return true;
}

static bool flush(struct pump *p)
{
    bool idle = channel_idle(p->o.channel);

    if (!channel_flush(p->o.channel)) {
        say("the connection is lost: %s", strerror(errno));
        return false;
    }
    p->moved = p->moved || idle != channel_idle(p->o.channel);
    return true;
}

static bool move_socket(struct pump *p, short ready)
{
    if (!flush(p))
        return false;
    if (!(ready & ~POLLOUT) || p->peer_done || p->has_record)
        return true;
    switch (channel_fill(p->o.channel)) {
    case 1:
        return true;
    case 0:
        say("the connection was cut: it ended before the other side said that it was done");
        return false;
    default:
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return true;
        say("the connection is lost: %s", strerror(errno));
        return false;
    }
}

static bool wait_and_move(struct pump *p)
{
    bool idle = channel_idle(p->o.channel);
    bool wants_output = !p->o.echo && pending(p) > 0;
    bool wants_input = !p->o.echo && !p->read_done && channel_takes(p->o.channel);
    short events = (short)((idle ? 0 : POLLOUT) | (p->peer_done || p->has_record ? 0 : POLLIN));
    struct pollfd fds[3] = { { .fd = events ? p->o.fd : -1, .events = events },
                             { .fd = wants_input ? p->o.from : -1, .events = POLLIN },
                             { .fd = wants_output ? p->o.to : -1, .events = POLLOUT } };

    if (poll(fds, 3, p->o.progress ? PROGRESS_MS : -1) < 0 && errno != EINTR) {
        say("poll: %s", strerror(errno));
        return false;
    }
    progress_show(&p->progress);
    if (fds[0].revents && !move_socket(p, fds[0].revents))
        return false;
    if (fds[1].revents && !read_input(p))
        return false;
    return !fds[2].revents || write_output(p);
}

static bool run(struct pump *p)
{
    while (!is_over(p)) {
        p->moved = false;
        if (!take_records(p) || !give_record(p))
            return false;
        if (!flush(p))
            return false;
        if (!p->moved && !is_over(p) && !wait_and_move(p))
            return false;
    }
    return true;
}

/* A file takes all at once; a pipe or terminal that is ready takes this much for certain. */
static size_t write_room(int fd)
{
    struct stat s;

    return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) ? SIZE_MAX : PIPE_BUF;
}

bool pump_run(const struct pump_options *options)
{
    struct pump p = { .o = *options,
                      .read_done = options->from < 0 && !options->echo,
                      .progress = { .on = options->progress } };
    bool good;

    p.write_most = options->echo ? 0 : write_room(options->to);
    progress_begin(&p.progress);
    good = run(&p);
    progress_end(&p.progress);
    return good;
}

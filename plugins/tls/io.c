/* SPDX-License-Identifier: Apache-2.0 */
/* io.c: a BIO over the caller's buffers. */
#include "config.h"

#include "plugins/tls/io.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_STEP 4096u
#define UDP_OVERHEAD 48 /* octets of IPv6 and UDP headers */

/* --- writing --------------------------------------------------------------------------------- */

static bool scatter(struct tls_scatter *out, const uint8_t *from, size_t n)
{
    for (unsigned i = 0; i < out->n && n > 0; i++) {
        size_t left = out->piece[i].room - out->piece[i].used;
        size_t part = n < left ? n : left;

        memcpy(out->piece[i].to + out->piece[i].used, from, part);
        out->piece[i].used += part;
        from += part;
        n -= part;
    }
    return n == 0;
}

static bool grow(struct tls_io *io, size_t n)
{
    size_t room = (io->queued + n + QUEUE_STEP - 1) / QUEUE_STEP * QUEUE_STEP;
    uint8_t *more;

    if (n <= io->room - io->queued)
        return true;
    more = realloc(io->queue, room);
    if (!more)
        return false;
    io->queue = more;
    io->room = room;
    return true;
}

static bool enqueue(struct tls_io *io, const uint8_t *from, size_t n)
{
    if (!grow(io, n))
        return false;
    memcpy(io->queue + io->queued, from, n);
    io->queued += n;
    return true;
}

static int do_write(BIO *bio, const char *data, int n)
{
    struct tls_io *io = BIO_get_data(bio);
    const uint8_t *from = (const uint8_t *)data;

    BIO_clear_retry_flags(bio);
    if (!io || n <= 0)
        return 0;
    if (io->out.n > 0 ? scatter(&io->out, from, (size_t)n) : enqueue(io, from, (size_t)n))
        return n;
    io->failed = true;
    return -1;
}

/* --- reading --------------------------------------------------------------------------------- */

static int do_read(BIO *bio, char *data, int n)
{
    struct tls_io *io = BIO_get_data(bio);
    size_t part;

    BIO_clear_retry_flags(bio);
    if (!io || n <= 0)
        return 0;
    part = (size_t)n < io->in.len ? (size_t)n : io->in.len;
    if (part == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(data, io->in.data, part);
    io->in.data += part;
    io->in.len -= part;
    return (int)part;
}

static long do_ctrl(BIO *bio, int what, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    switch (what) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return UDP_OVERHEAD;
    default:
        return 0;
    }
}

/* --- the BIO --------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int type = -1;      /* guarded by lock */
static BIO_METHOD *method; /* guarded by lock */

static BIO_METHOD *make_method_locked(void)
{
    BIO_METHOD *m;

    if (type < 0)
        type = BIO_get_new_index(); /* there are few */
    m = type < 0 ? NULL : BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "SecBuffers");
    if (!m)
        return NULL;
    BIO_meth_set_write(m, do_write);
    BIO_meth_set_read(m, do_read);
    BIO_meth_set_ctrl(m, do_ctrl);
    return m;
}

/* Not pthread_once: where there was no memory, there may be some the next time. */
static BIO_METHOD *get_method(void)
{
    BIO_METHOD *m;

    pthread_mutex_lock(&lock);
    if (!method)
        method = make_method_locked();
    m = method;
    pthread_mutex_unlock(&lock);
    return m;
}

BIO *tls_io_bio(struct tls_io *io)
{
    BIO_METHOD *m = get_method();
    BIO *bio = m ? BIO_new(m) : NULL;

    if (!bio)
        return NULL;
    BIO_set_data(bio, io);
    BIO_set_init(bio, 1);
    return bio;
}

void tls_io_shift(struct tls_io *io, size_t n)
{
    if (n < io->queued) {
        memmove(io->queue, io->queue + n, io->queued - n);
        io->queued -= n;
        return;
    }
    free(io->queue);
    io->queue = NULL;
    io->queued = io->room = 0;
}

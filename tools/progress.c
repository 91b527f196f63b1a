/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c: how far a large transfer is. */
#include "config.h"

#include "tools/progress.h"

#include <stdio.h>

#include "tools/clock.h"

#define MUCH (1u << 20) /* bytes; a conversation is left alone */

void progress_begin(struct progress *p)
{
    p->began = p->last = clock_ms();
}

static const char *size_words(double bytes, char *text, size_t room)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    int unit = 0;

    for (; bytes >= 1024 && unit < 4; unit++)
        bytes /= 1024;
    snprintf(text, room, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return text;
}

static void put_line(const struct progress *p, uint64_t now)
{
    double seconds = (double)(now - p->began) / 1000;
    double rate = seconds > 0 ? (double)(p->sent + p->received) / seconds : 0;
    char sent[24], received[24], speed[24];

    fprintf(stderr, "\r%s sent, %s received, %s/s\033[K",
            size_words((double)p->sent, sent, sizeof sent),
            size_words((double)p->received, received, sizeof received),
            size_words(rate, speed, sizeof speed));
}

void progress_show(struct progress *p)
{
    uint64_t now;

    if (!p->on || p->sent + p->received < MUCH)
        return;
    now = clock_ms();
    if (now - p->last < PROGRESS_MS)
        return;
    p->last = now;
    p->shown = true;
    put_line(p, now);
}

void progress_end(struct progress *p)
{
    if (!p->shown)
        return;
    put_line(p, clock_ms());
    putc('\n', stderr);
}

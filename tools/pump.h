/* SPDX-License-Identifier: Apache-2.0 */
/* pump.h: data through a channel, both ways at once, until both sides have said the end. */
#ifndef SSPI_TOOL_PUMP_H
#define SSPI_TOOL_PUMP_H

#include <stdbool.h>

#include "tools/channel.h"

struct pump_options {
    struct channel *channel;
    int fd;        /* the channel's */
    bool stream;   /* so is this */
    int from;      /* what is sent comes from here; -1: nothing is sent */
    int to;        /* what is received goes here */
    bool echo;     /* what is received is sent back; from and to are not used */
    bool progress; /* show it on standard error */
};

/* false: said why.  A half that has ended does not end the other. */
bool pump_run(const struct pump_options *options);

#endif

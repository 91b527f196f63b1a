/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: one connection from its first token to its last byte, either side. */
#ifndef SSPI_TOOL_SESSION_H
#define SSPI_TOOL_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/channel.h"
#include "tools/tlscred.h"

struct session {
    bool server;
    int fd;           /* the caller's */
    const char *peer; /* its address, for messages */
    const char *package;
    bool stream;           /* it brings its own framing */
    uint32_t capabilities; /* SECPKG_FLAG_* */
    const struct tlscred *tls;
    PCredHandle credential;
    const char *target; /* client */
    enum protect protect;
    bool mutual;          /* client: the server must prove itself */
    bool anonymous;       /* server: a client without a name may in; client: is one */
    uint32_t deadline_ms; /* until both know that they are accepted; 0: as the manifest says */
    int from;             /* as in pump.h */
    int to;
    bool echo;
};

/* What the package is: stream and capabilities.  false: said. */
bool session_find_package(struct session *s);

/* Options that this package has no use for, or that contradict each other, are said: false. */
bool session_takes_tls(const struct session *s, const struct tlscred *tls);

/* An exit status; whatever went wrong has been said. */
int session_run(const struct session *s);

#endif

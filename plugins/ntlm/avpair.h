/* SPDX-License-Identifier: Apache-2.0 */
/* avpair.h: lists of AV_PAIR, [MS-NLMP] 2.2.2.1.  Pure: bytes in, bytes out. */
#ifndef NTLM_AVPAIR_H
#define NTLM_AVPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "sspi/wire.h"

enum ntlm_av {
    NTLM_AV_EOL = 0,
    NTLM_AV_NB_COMPUTER = 1, /* names are UTF-16LE, without terminator */
    NTLM_AV_NB_DOMAIN = 2,
    NTLM_AV_DNS_COMPUTER = 3,
    NTLM_AV_DNS_DOMAIN = 4,
    NTLM_AV_DNS_TREE = 5,
    NTLM_AV_FLAGS = 6,       /* u32, NTLM_AVF_* */
    NTLM_AV_TIMESTAMP = 7,   /* FILETIME, UTC */
    NTLM_AV_SINGLE_HOST = 8, /* 48 bytes or more */
    NTLM_AV_TARGET_NAME = 9, /* the service that the client means to talk to */
    NTLM_AV_BINDINGS = 10,   /* MD5 of the channel bindings; zeros: none were given */
    NTLM_AV_KNOWN = 11       /* one more than the last we know */
};

#define NTLM_AVF_CONSTRAINED 0x1u
#define NTLM_AVF_MIC 0x2u
#define NTLM_AVF_UNVERIFIED_TARGET 0x4u

/* The pairs that a server puts in a CHALLENGE, and a client gives back as they were. */
#define NTLM_AV_SERVERS                                                                            \
    (1u << NTLM_AV_NB_COMPUTER | 1u << NTLM_AV_NB_DOMAIN | 1u << NTLM_AV_DNS_COMPUTER |            \
     1u << NTLM_AV_DNS_DOMAIN | 1u << NTLM_AV_DNS_TREE | 1u << NTLM_AV_TIMESTAMP)
/* Those that a client adds. */
#define NTLM_AV_CLIENTS                                                                            \
    (1u << NTLM_AV_FLAGS | 1u << NTLM_AV_SINGLE_HOST | 1u << NTLM_AV_TARGET_NAME |                 \
     1u << NTLM_AV_BINDINGS)

/* A list taken apart.  Spans live as long as the list does. */
struct ntlm_avs {
    uint32_t present; /* bit i: value[i] was there, be it empty */
    struct span value[NTLM_AV_KNOWN];
};

static inline bool ntlm_has_av(const struct ntlm_avs *avs, enum ntlm_av id)
{
    return (avs->present & 1u << id) != 0;
}

/* The next pair, EOL included.  After it ask wire_ok: a cut list gives EOL. */
struct span ntlm_next_av(struct wire_in *in, uint16_t *id);

/*
 * Take a list apart, up to its EOL; what follows that is ignored, and so are ids we do not know.
 * NULL, or what is wrong with it: no EOL, a pair past the end, a length that the id cannot
 * have, an id given twice.  *out is written on success only.
 */
const char *ntlm_get_avs(struct span list, struct ntlm_avs *out);

uint32_t ntlm_av_flags(const struct ntlm_avs *avs);     /* 0 without the pair */
uint64_t ntlm_av_timestamp(const struct ntlm_avs *avs); /* 0 without the pair */

void ntlm_put_av(struct wire_out *out, uint16_t id, struct span value);
void ntlm_put_av_u32(struct wire_out *out, uint16_t id, uint32_t value);
void ntlm_put_av_u64(struct wire_out *out, uint16_t id, uint64_t value);
void ntlm_put_av_end(struct wire_out *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* avpair.c: read and write lists of AV_PAIR. */
#include "config.h"

#include "plugins/ntlm/avpair.h"

struct span ntlm_next_av(struct wire_in *in, uint16_t *id)
{
    *id = wire_u16le(in);
    return wire_span(in, wire_u16le(in));
}

/* May a pair of this id have this length? */
static bool length_fits(uint16_t id, size_t len)
{
    switch (id) {
    case NTLM_AV_EOL:
        return len == 0;
    case NTLM_AV_FLAGS:
        return len == 4;
    case NTLM_AV_TIMESTAMP:
        return len == 8;
    case NTLM_AV_SINGLE_HOST:
        return len >= 48;
    case NTLM_AV_BINDINGS:
        return len == 16;
    default:
        return id >= NTLM_AV_KNOWN || len % 2 == 0; /* names */
    }
}

const char *ntlm_get_avs(struct span list, struct ntlm_avs *out)
{
    struct wire_in in = wire_in(list);
    struct ntlm_avs avs = { 0 };

    for (;;) {
        uint16_t id;
        struct span value = ntlm_next_av(&in, &id);

        if (!wire_ok(&in))
            return "AV list ends without its end mark";
        if (!length_fits(id, value.len))
            return "AV pair has a length that its id cannot have";
        if (id == NTLM_AV_EOL)
            break;
        if (id >= NTLM_AV_KNOWN)
            continue;
        if (avs.present & 1u << id)
            return "AV pair is there twice"; /* CVE-2019-1166 */
        avs.present |= 1u << id;
        avs.value[id] = value;
    }
    *out = avs;
    return NULL;
}

uint32_t ntlm_av_flags(const struct ntlm_avs *avs)
{
    struct wire_in in = wire_in(avs->value[NTLM_AV_FLAGS]);

    return wire_u32le(&in);
}

uint64_t ntlm_av_timestamp(const struct ntlm_avs *avs)
{
    struct wire_in in = wire_in(avs->value[NTLM_AV_TIMESTAMP]);

    return wire_u64le(&in);
}

void ntlm_put_av(struct wire_out *out, uint16_t id, struct span value)
{
    wire_put_u16le(out, id);
    wire_put_len16le(out, value.len);
    wire_put_span(out, value);
}

void ntlm_put_av_u32(struct wire_out *out, uint16_t id, uint32_t value)
{
    wire_put_u16le(out, id);
    wire_put_len16le(out, 4);
    wire_put_u32le(out, value);
}

void ntlm_put_av_u64(struct wire_out *out, uint16_t id, uint64_t value)
{
    wire_put_u16le(out, id);
    wire_put_len16le(out, 8);
    wire_put_u64le(out, value);
}

void ntlm_put_av_end(struct wire_out *out)
{
    ntlm_put_av(out, NTLM_AV_EOL, span_of("", 0));
}

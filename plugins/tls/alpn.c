/* SPDX-License-Identifier: Apache-2.0 */
/* alpn.c: application protocols. */
#include "config.h"

#include "plugins/tls/alpn.h"

#include "plugins/tls/host.h"
#include "plugins/tls/native.h"

static bool names_are_whole(struct span list)
{
    struct wire_in in = wire_in(list);

    while (wire_left(&in) > 0)
        if (wire_span(&in, wire_u8(&in)).len == 0)
            return false;
    return wire_ok(&in);
}

SECURITY_STATUS tls_alpn_read(struct span buffer, struct span *out)
{
    struct wire_in in = wire_in(buffer);
    struct wire_in lists = wire_in(wire_span(&in, native_u32(&in)));
    struct span found = { NULL, 0 };

    lists.bad = !wire_ok(&in);
    while (wire_left(&lists) > 0) {
        uint32_t kind = native_u32(&lists);
        struct span list = wire_span(&lists, native_u16(&lists));

        if (kind == SecApplicationProtocolNegotiationExt_ALPN && found.len == 0)
            found = list;
    }
    if (!wire_ok(&lists) || !names_are_whole(found))
        return refuse(SEC_E_INVALID_TOKEN,
                      "a list of application protocols of %zu octets points past its end",
                      buffer.len);
    *out = found;
    return SEC_E_OK;
}

static bool has_name(struct span list, struct span name)
{
    struct wire_in in = wire_in(list);

    while (wire_left(&in) > 0)
        if (span_eq(wire_span(&in, wire_u8(&in)), name))
            return true;
    return false;
}

struct span tls_alpn_choose(struct span ours, struct span theirs)
{
    struct wire_in in = wire_in(ours);

    while (wire_left(&in) > 0) {
        struct span name = wire_span(&in, wire_u8(&in));

        if (name.len > 0 && has_name(theirs, name))
            return name;
    }
    return (struct span){ NULL, 0 };
}
